// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-2.0-only OR BSD-3-Clause
#include "bpf/probes/tcp/tcp.h"

#define SS_BANK struct ss_tcp_bank
#include "bpf/common.bpf.h"

// @source include/uapi/linux/in.h, include/net/tcp_states.h
#define IPPROTO_TCP 6
#define TCP_ESTABLISHED 1
#define TCP_SYN_SENT 2
#define TCP_SYN_RECV 3
#define TCP_CLOSE 7

#define SS_COUNTING_PROGRAM(hook, word, index)                                                               \
    static __always_inline int count_##hook(void)                                                            \
    {                                                                                                        \
        struct ss_tcp_bank *bank = ss_bank();                                                                \
        if (!bank)                                                                                           \
            return 0;                                                                                        \
        bank->hits[index]++;                                                                                 \
        bank->word++;                                                                                        \
        return 0;                                                                                            \
    }                                                                                                        \
    SEC("tp_btf/" #hook) int hook##_btf(void *ctx)                                                           \
    {                                                                                                        \
        return count_##hook();                                                                               \
    }                                                                                                        \
    SEC("raw_tp/" #hook) int hook##_raw(void *ctx)                                                           \
    {                                                                                                        \
        return count_##hook();                                                                               \
    }

SS_COUNTING_PROGRAM(tcp_retransmit_skb, retransmits, SS_TCP_RETRANSMIT)
SS_COUNTING_PROGRAM(tcp_send_reset, resets_sent, SS_TCP_SEND_RESET)
SS_COUNTING_PROGRAM(tcp_receive_reset, resets_received, SS_TCP_RECEIVE_RESET)

static __always_inline int on_state(struct sock *sock, int from, int to, bool direct)
{
    struct ss_tcp_bank *bank = ss_bank();
    if (!bank)
        return 0;
    bank->hits[SS_TCP_SET_STATE]++;
    // The hook serves SCTP, DCCP and MPTCP sockets too.
    if (SS_READ(direct, sock, sk_protocol) != IPPROTO_TCP)
        return 0;
    bank->state_changes++;
    if (from == TCP_SYN_SENT && to == TCP_ESTABLISHED)
        bank->connects++;
    else if (from == TCP_SYN_SENT && to == TCP_CLOSE)
        bank->connects_failed++;
    else if (from == TCP_SYN_RECV && to == TCP_ESTABLISHED)
        bank->accepts++;
    else if (from == TCP_ESTABLISHED)
        bank->closes++;
    return 0;
}

SEC("tp_btf/inet_sock_set_state")
int inet_sock_set_state_btf(__u64 *ctx)
{
    return on_state((void *)ctx[0], ctx[1], ctx[2], true);
}

SEC("raw_tp/inet_sock_set_state")
int inet_sock_set_state_raw(__u64 *ctx)
{
    return on_state((void *)ctx[0], ctx[1], ctx[2], false);
}
