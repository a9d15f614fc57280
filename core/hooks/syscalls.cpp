// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hooks/syscalls.h"

#include <cstdlib>
#include <memory>
#include <seccomp.h>

namespace statescape::hooks {

NameList loadSyscalls()
{
    NameList names;
    for (std::uint64_t number = 0; number < kSyscallNumbers; ++number) {
        const std::unique_ptr<char, decltype(&std::free)> name(
            seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, static_cast<int>(number)), std::free);
        if (name)
            names.add(name.get(), {}, 0, number);
    }
    return names;
}

} // namespace statescape::hooks
