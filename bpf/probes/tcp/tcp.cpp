// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/probes/tcp/tcp.h"

#include "bpf/probe_program.h"

#include <array>
#include <cassert>
#include <cstddef>
#include <tcp.skel.h>

namespace statescape::bpf {
namespace {
constexpr std::array<Hook, SS_TCP_HOOKS> kHooks{
    {{"tcp_retransmit_skb"}, {"tcp_send_reset"}, {"tcp_receive_reset"}, {"inet_sock_set_state"}}};

Opened open(const KernelTraits &)
{
    using schema::Slot;
    assert(slotAtWord(Slot::TcpStateChanges, Slot::TcpRetransmits, offsetof(ss_tcp_bank, state_changes)));
    return adopt(tcp_bpf::open());
}
} // namespace

const ProbeProgram &tcpProbe()
{
    static constexpr ProbeProgram kProgram{
        schema::Probe::Tcp, kHooks, sizeof(ss_tcp_bank), offsetof(ss_tcp_bank, hits) / 8, 0, open};
    return kProgram;
}

} // namespace statescape::bpf
