// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/probes/drops/reasons.h"

#include <algorithm>
#include <initializer_list>

namespace statescape::bpf {
namespace {
struct GroupMembers {
    ss_drop_group group;
    std::initializer_list<std::string_view> names;
};

// All names that kernels 5.17 to 6.18 had. @source include/net/dropreason-core.h, include/linux/skbuff.h
// clang-format off
const GroupMembers kNone{SS_DROP_NONE, {"CONSUMED", "NOT_DROPPED_YET"}};
const GroupMembers kNoSocket{SS_DROP_NO_SOCKET, {
    "NO_SOCKET", "SOCKET_CLOSE", "UNIX_DISCONNECT", "IP_NOPROTO", "PTYPE_ABSENT", "UNHANDLED_PROTO", "TCP_CLOSE"}};
const GroupMembers kBadPacket{SS_DROP_BAD_PACKET, {
    "PKT_TOO_SMALL", "PKT_TOO_BIG", "TCP_CSUM", "UDP_CSUM", "IP_CSUM", "ICMP_CSUM", "SKB_CSUM", "IP_INHDR", "IP_INADDRERRORS",
    "UNICAST_IN_L2_MULTICAST", "TCP_AUTH_HDR", "TCP_MD5NOTFOUND", "TCP_MD5UNEXPECTED", "TCP_MD5FAILURE", "TCP_AONOTFOUND",
    "TCP_AOUNEXPECTED", "TCP_AOKEYNOTFOUND", "TCP_AOFAILURE", "TCP_FLAGS", "TCP_ABORT_ON_DATA", "TCP_OLD_DATA", "TCP_OVERWINDOW",
    "TCP_RFC7323_PAWS", "TCP_RFC7323_PAWS_ACK", "TCP_RFC7323_TW_PAWS", "TCP_RFC7323_TSECR", "TCP_OLD_SEQUENCE",
    "TCP_INVALID_SEQUENCE", "TCP_INVALID_END_SEQUENCE", "TCP_INVALID_ACK_SEQUENCE", "TCP_INVALID_SYN", "TCP_OLD_ACK",
    "TCP_TOO_OLD_ACK", "TCP_ACK_UNSENT_DATA", "TCP_FASTOPEN", "INVALID_PROTO", "HDR_TRUNC", "DEV_HDR", "SKB_GSO_SEG",
    "IP_LOCAL_SOURCE", "IP_INVALID_SOURCE", "IP_INVALID_DEST", "IP_LOCALNET", "DUP_FRAG", "FRAG_TOO_FAR", "IPV6_BAD_EXTHDR",
    "IPV6_NDISC_FRAG", "IPV6_NDISC_HOP_LIMIT", "IPV6_NDISC_BAD_CODE", "IPV6_NDISC_BAD_OPTIONS", "VXLAN_INVALID_HDR",
    "MAC_INVALID_SOURCE", "IP_TUNNEL_ECN", "TUNNEL_TXINFO", "CAN_RX_INVALID_FRAME", "CANFD_RX_INVALID_FRAME",
    "CANXL_RX_INVALID_FRAME", "PSP_INPUT"}};
const GroupMembers kFull{SS_DROP_FULL, {
    "SOCKET_RCVBUFF", "PROTO_MEM", "SOCKET_BACKLOG", "TCP_ZEROWINDOW", "TCP_LISTEN_OVERFLOW", "TCP_OFO_QUEUE_PRUNE",
    "TCP_OFO_DROP", "NEIGH_QUEUEFULL", "QDISC_DROP", "QDISC_OVERLIMIT", "QDISC_CONGESTED", "CAKE_FLOOD", "FQ_BAND_LIMIT",
    "FQ_HORIZON_LIMIT", "FQ_FLOW_LIMIT", "CPU_BACKLOG", "FULL_RING", "NOMEM", "PFMEMALLOC", "DUALPI2_STEP_DROP",
    "FRAG_REASM_TIMEOUT"}};
const GroupMembers kFiltered{SS_DROP_FILTERED, {
    "SOCKET_FILTER", "NETFILTER_DROP", "XFRM_POLICY", "IP_RPFILTER", "BPF_CGROUP_EGRESS", "TC_EGRESS", "TC_INGRESS",
    "QDISC_EGRESS", "QDISC_INGRESS", "SECURITY_HOOK", "XDP", "TAP_FILTER", "TAP_TXFILTER", "TCP_MINTTL", "ARP_PVLAN_DISABLE",
    "BRIDGE_INGRESS_STP_STATE", "IPV6DISABLED"}};
// clang-format on
} // namespace

ss_drop_group dropGroup(std::string_view reason)
{
    for (const auto &members : {kNone, kNoSocket, kBadPacket, kFull, kFiltered})
        if (std::ranges::find(members.names, reason) != members.names.end())
            return members.group;
    return SS_DROP_OTHER;
}

std::array<std::uint8_t, SS_DROP_REASONS> dropGroups(const std::vector<std::string> &reasons)
{
    std::array<std::uint8_t, SS_DROP_REASONS> groups{};
    groups.fill(SS_DROP_OTHER);
    for (std::size_t i = 0; i < std::min<std::size_t>(reasons.size(), SS_DROP_REASONS); ++i) {
        std::string_view name = reasons[i];
        for (const std::string_view prefix : {"SKB_DROP_REASON_", "SKB_"})
            if (name.starts_with(prefix))
                name.remove_prefix(prefix.size());
        groups[i] = static_cast<std::uint8_t>(dropGroup(name));
    }
    return groups;
}

} // namespace statescape::bpf
