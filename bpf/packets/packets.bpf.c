// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#include "bpf/packets/packets_bank.h"

#define SS_BANK struct ss_packets_bank
#include "bpf/common.bpf.h"

#include <bpf/bpf_endian.h>

// @source include/uapi/linux/if_ether.h, if_packet.h, in.h, in6.h
#define ETHERNET_BYTES 14
#define ETHERTYPE_AT 12
#define ETH_P_IP 0x0800
#define ETH_P_8021Q 0x8100
#define ETH_P_8021AD 0x88A8
#define ETH_P_IPV6 0x86DD
#define PACKET_OUTGOING 4
#define IPPROTO_HOPOPTS 0
#define IPPROTO_ICMP 1
#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define IPPROTO_ROUTING 43
#define IPPROTO_FRAGMENT 44
#define IPPROTO_AH 51
#define IPPROTO_ICMPV6 58
#define IPPROTO_NONE 59
#define IPPROTO_DSTOPTS 60

#define MAX_TAGS 2
#define MAX_EXTENSIONS 6
#define IPV4_BYTES 20
#define IPV6_BYTES 40

// Interfaces such as tun and wireguard begin with the IP header.
const volatile __u8 has_ethernet = 1;

struct packet {
    __u32 protocol; // IPPROTO_NONE where there is none, or where the header was cut off
    bool ipv6;
};

static __always_inline bool read_xdp(struct xdp_md *frame, __u32 at, void *to, __u32 bytes)
{
    void *data = (void *)(long)frame->data;
    void *end = (void *)(long)frame->data_end;
    // What the verifier lets be added to a packet's address.
    if (at > 0x3fff)
        return false;
    if (data + at + bytes > end)
        return false;
    __builtin_memcpy(to, data + at, bytes);
    return true;
}

static __always_inline bool read_socket(struct __sk_buff *packet, __u32 at, void *to, __u32 bytes)
{
    return bpf_skb_load_bytes(packet, at, to, bytes) == 0;
}

// A later fragment begins in the middle of what the first one's headers describe.
#define DEFINE_EXTENSIONS(context, read)                                                                     \
    static __always_inline __u32 skip_extensions_##context(struct context *from, __u32 at, __u32 next)       \
    {                                                                                                        \
        for (int i = 0; i < MAX_EXTENSIONS; ++i) {                                                           \
            __u8 header[4];                                                                                  \
            if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_FRAGMENT &&            \
                next != IPPROTO_DSTOPTS && next != IPPROTO_AH)                                               \
                return next;                                                                                 \
            if (!read(from, at, header, sizeof(header)))                                                     \
                return IPPROTO_NONE;                                                                         \
            if (next == IPPROTO_FRAGMENT && ((header[2] << 8 | header[3]) & 0xfff8))                         \
                return header[0];                                                                            \
            at += next == IPPROTO_FRAGMENT ? 8                                                               \
                  : next == IPPROTO_AH     ? (header[1] + 2) * 4                                             \
                                           : (header[1] + 1) * 8;                                                \
            next = header[0];                                                                                \
        }                                                                                                    \
        return IPPROTO_NONE;                                                                                 \
    }

#define DEFINE_DISSECT(context, read)                                                                        \
    DEFINE_EXTENSIONS(context, read)                                                                         \
    static __always_inline struct packet dissect_##context(struct context *from, __u32 type, __u32 at)       \
    {                                                                                                        \
        struct packet found = {IPPROTO_NONE, false};                                                         \
        __u8 protocol = IPPROTO_NONE;                                                                        \
        __u8 last;                                                                                           \
        for (int i = 0; i < MAX_TAGS; ++i) {                                                                 \
            __be16 inner;                                                                                    \
            if (type != ETH_P_8021Q && type != ETH_P_8021AD)                                                 \
                break;                                                                                       \
            if (!read(from, at + 2, &inner, sizeof(inner)))                                                  \
                return found;                                                                                \
            type = bpf_ntohs(inner);                                                                         \
            at += 4;                                                                                         \
        }                                                                                                    \
        if (type == ETH_P_IP) {                                                                              \
            if (read(from, at + IPV4_BYTES - 1, &last, 1) && read(from, at + 9, &protocol, 1))               \
                found.protocol = protocol;                                                                   \
        } else if (type == ETH_P_IPV6) {                                                                     \
            found.ipv6 = true;                                                                               \
            if (read(from, at + IPV6_BYTES - 1, &last, 1) && read(from, at + 6, &protocol, 1))               \
                found.protocol = skip_extensions_##context(from, at + IPV6_BYTES, protocol);                 \
        }                                                                                                    \
        return found;                                                                                        \
    }

DEFINE_DISSECT(xdp_md, read_xdp)
DEFINE_DISSECT(__sk_buff, read_socket)

static __always_inline void count(struct ss_packets_bank *bank, struct packet packet, __u64 bytes)
{
    bank->packets++;
    bank->bytes += bytes;
    if (packet.protocol == IPPROTO_TCP)
        bank->tcp++;
    else if (packet.protocol == IPPROTO_UDP)
        bank->udp++;
    else if (packet.protocol == (packet.ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP))
        bank->icmp++;
    else
        bank->other++;
    if (packet.ipv6)
        bank->ipv6++;
    ss_observe(bank->sizes, bytes << SS_BUCKET_SHIFT);
}

static __always_inline void on_frame(struct xdp_md *frame, struct ss_packets_bank *bank, __u64 bytes)
{
    __u32 type = 0;
    if (has_ethernet) {
        __be16 ethertype;
        if (read_xdp(frame, ETHERTYPE_AT, &ethertype, sizeof(ethertype)))
            type = bpf_ntohs(ethertype);
    } else {
        __u8 version = 0;
        read_xdp(frame, 0, &version, 1);
        type = version >> 4 == 4 ? ETH_P_IP : version >> 4 == 6 ? ETH_P_IPV6 : 0;
    }
    count(bank, dissect_xdp_md(frame, type, has_ethernet ? ETHERNET_BYTES : 0), bytes);
}

// Drivers with frames of several buffers take only programs that know of them (since 5.18).
SEC("xdp.frags")
int count_frames_frags(struct xdp_md *frame)
{
    struct ss_packets_bank *bank = ss_bank();
    if (bank && !bank->paused)
        on_frame(frame, bank, bpf_xdp_get_buff_len(frame));
    return XDP_PASS;
}

SEC("xdp")
int count_frames(struct xdp_md *frame)
{
    struct ss_packets_bank *bank = ss_bank();
    if (bank && !bank->paused)
        on_frame(frame, bank, frame->data_end - frame->data);
    return XDP_PASS;
}

// Keeping 0 bytes of a packet hands nothing to the socket.
SEC("socket")
int count_packets(struct __sk_buff *packet)
{
    struct ss_packets_bank *bank = ss_bank();
    if (!bank || bank->paused)
        return 0;
    // A tag that the interface or the kernel took off was on the wire all the same.
    __u64 bytes = packet->len + (packet->vlan_present ? 4 : 0);
    if (packet->pkt_type == PACKET_OUTGOING) {
        bank->sent_packets++;
        bank->sent_bytes += bytes;
        return 0;
    }
    count(bank, dissect___sk_buff(packet, bpf_ntohs(packet->protocol), has_ethernet ? ETHERNET_BYTES : 0),
          bytes);
    return 0;
}
