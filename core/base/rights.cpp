// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/rights.h"

#include <array>
#include <cstdlib>
#include <linux/capability.h>
#include <string_view>
#include <sys/syscall.h>
#include <unistd.h>

namespace statescape::base {
namespace {
// By number. @source include/uapi/linux/capability.h
constexpr std::array<std::string_view, 41> kNames{"chown",
                                                  "dac_override",
                                                  "dac_read_search",
                                                  "fowner",
                                                  "fsetid",
                                                  "kill",
                                                  "setgid",
                                                  "setuid",
                                                  "setpcap",
                                                  "linux_immutable",
                                                  "net_bind_service",
                                                  "net_broadcast",
                                                  "net_admin",
                                                  "net_raw",
                                                  "ipc_lock",
                                                  "ipc_owner",
                                                  "sys_module",
                                                  "sys_rawio",
                                                  "sys_chroot",
                                                  "sys_ptrace",
                                                  "sys_pacct",
                                                  "sys_admin",
                                                  "sys_boot",
                                                  "sys_nice",
                                                  "sys_resource",
                                                  "sys_time",
                                                  "sys_tty_config",
                                                  "mknod",
                                                  "lease",
                                                  "audit_write",
                                                  "audit_control",
                                                  "setfcap",
                                                  "mac_override",
                                                  "mac_admin",
                                                  "syslog",
                                                  "wake_alarm",
                                                  "block_suspend",
                                                  "audit_read",
                                                  "perfmon",
                                                  "bpf",
                                                  "checkpoint_restore"};

struct Sets {
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> words{};

    // libcap is for the helper alone; two system calls are not worth it elsewhere.
    static Sets get()
    {
        Sets sets;
        __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
        if (::syscall(SYS_capget, &header, sets.words.data()) != 0)
            sets.words = {};
        return sets;
    }
    [[nodiscard]] bool put() const
    {
        __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
        return ::syscall(SYS_capset, &header, words.data()) == 0;
    }
    void setEffective(Rights rights)
    {
        words[0].effective = static_cast<__u32>(rights.bits());
        words[1].effective = static_cast<__u32>(rights.bits() >> 32);
    }
};
} // namespace

Rights Rights::permitted()
{
    const auto sets = Sets::get();
    return fromBits(std::uint64_t{sets.words[1].permitted} << 32 | sets.words[0].permitted);
}

Rights Rights::effective()
{
    const auto sets = Sets::get();
    return fromBits(std::uint64_t{sets.words[1].effective} << 32 | sets.words[0].effective);
}

std::string Rights::names() const
{
    std::string names;
    // Highest first: what every probe needs is the youngest.
    for (std::size_t i = kNames.size(); i-- > 0;)
        if (has(static_cast<int>(i)))
            names.append(names.empty() ? "cap_" : ",cap_").append(kNames[i]);
    return names.empty() ? "nothing" : names;
}

RightsScope::RightsScope(Rights wanted)
    : m_before(Rights::effective())
{
    auto sets = Sets::get();
    sets.setEffective(wanted.within(Rights::permitted()));
    // Going on with more than was asked for would make every later claim about rights untrue.
    if (!sets.put())
        std::abort();
}

RightsScope::~RightsScope()
{
    auto sets = Sets::get();
    sets.setEffective(m_before.within(Rights::permitted()));
    if (!sets.put())
        std::abort();
}

} // namespace statescape::base
