// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "held_program.h"

#include <array>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <grp.h>
#include <linux/perf_event.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {
constexpr uid_t kNobody = 65534;
// Every kernel has it under this name, and nothing can inline it.
constexpr const char *kFunction = "__x64_sys_getpgid";

struct Attachment {
    const char *name;
    bpf_prog_type type;
    bpf_attach_type expected;
    const char *hook; ///< null: none is named at load or attach
};

const Attachment &attachment(HeldKind kind)
{
    static constexpr std::array<Attachment, 5> kAttachments{{
        {"tp_btf", BPF_PROG_TYPE_TRACING, BPF_TRACE_RAW_TP, "sys_exit"},
        {"raw_tp", BPF_PROG_TYPE_RAW_TRACEPOINT, bpf_attach_type{}, "sys_exit"},
        {"fentry", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, kFunction},
        {"kprobe (perf event)", BPF_PROG_TYPE_KPROBE, bpf_attach_type{}, nullptr},
        {"tracepoint (perf event)", BPF_PROG_TYPE_TRACEPOINT, bpf_attach_type{}, nullptr},
    }};
    return kAttachments[static_cast<std::size_t>(kind)];
}

int openPerfEvent(HeldKind kind)
{
    perf_event_attr attributes{};
    attributes.size = sizeof(attributes);
    if (kind == HeldKind::Kprobe) {
        std::ifstream("/sys/bus/event_source/devices/kprobe/type") >> attributes.type;
        if (attributes.type == 0) {
            errno = ENODEV;
            return -1;
        }
        attributes.kprobe_func = reinterpret_cast<std::uintptr_t>(kFunction);
    } else {
        attributes.type = PERF_TYPE_TRACEPOINT;
        std::ifstream("/sys/kernel/tracing/events/raw_syscalls/sys_exit/id") >> attributes.config;
        if (attributes.config == 0) {
            errno = ENOENT;
            return -1;
        }
    }
    return static_cast<int>(::syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC));
}
} // namespace

const char *name(HeldKind kind)
{
    return attachment(kind).name;
}

HeldProgram::HeldProgram(HeldKind kind)
    : m_kind(kind)
{
    if (!load())
        m_error = m_error + ": " + std::strerror(errno);
    else if (const int error = attach(); error != 0)
        m_error = std::string("attaching: ") + std::strerror(error);
}

bool HeldProgram::load()
{
    const auto &how = attachment(m_kind);
    m_map.reset(bpf_map_create(BPF_MAP_TYPE_ARRAY, "ss_held", sizeof(__u32), sizeof(__u64), 1, nullptr));
    if (!m_map.valid()) {
        m_error = "making a map";
        return false;
    }
    // r1 = &map[0]; r2 = 1; lock *r1 += r2; return 0
    const std::array<bpf_insn, 6> body{{
        {BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_VALUE, 0, m_map.get()},
        {},
        {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, 1},
        {BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_1, BPF_REG_2, 0, BPF_ADD},
        {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0},
        {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
    }};
    bpf_prog_load_opts options{};
    options.sz = sizeof(options);
    options.expected_attach_type = how.expected;
    if (how.type == BPF_PROG_TYPE_TRACING) {
        const int type = libbpf_find_vmlinux_btf_id(how.hook, how.expected);
        if (type < 0) {
            errno = -type;
            m_error = std::string("finding ") + how.hook;
            return false;
        }
        options.attach_btf_id = static_cast<__u32>(type);
    }
    m_program.reset(bpf_prog_load(how.type, "ss_held", "GPL", body.data(), body.size(), &options));
    if (!m_program.valid()) {
        m_error = "loading";
        return false;
    }
    if (!how.hook) {
        m_perfEvent.reset(openPerfEvent(m_kind));
        m_error = m_perfEvent.valid() ? "" : "opening the perf event";
    }
    return m_error.empty();
}

void HeldProgram::provoke(int times)
{
    for (int i = 0; i < times; ++i)
        ::syscall(SYS_getpgid, 0);
}

std::uint64_t HeldProgram::count() const
{
    const __u32 zero = 0;
    __u64 value = 0;
    bpf_map_lookup_elem(m_map.get(), &zero, &value);
    return value;
}

void HeldProgram::detach()
{
    m_link.reset();
}

int HeldProgram::attach()
{
    const auto &how = attachment(m_kind);
    if (how.hook)
        m_link.reset(bpf_raw_tracepoint_open(how.type == BPF_PROG_TYPE_RAW_TRACEPOINT ? how.hook : nullptr,
                                             m_program.get()));
    else
        m_link.reset(bpf_link_create(m_program.get(), m_perfEvent.get(), BPF_PERF_EVENT, nullptr));
    return m_link.valid() ? 0 : errno;
}

bool dropEverything()
{
    return ::setgroups(0, nullptr) == 0 && ::setresgid(kNobody, kNobody, kNobody) == 0 &&
           ::setresuid(kNobody, kNobody, kNobody) == 0 && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}
