// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/hooks/name_list.h"

namespace statescape::hooks {

/// System call numbers are below this. @source arch/x86/entry/syscalls/syscall_64.tbl, whose 512 and up are
/// x32
inline constexpr std::uint64_t kSyscallNumbers = 512;

/// @return this machine's system calls by name; the value is the number.
NameList loadSyscalls();

} // namespace statescape::hooks
