// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/probes/syscalls/syscalls.h"

#include <array>
#include <cstdint>

namespace statescape::bpf {

/// @return ss_syscall_class by x86-64 system call number; SS_SYS_OTHER for what is in no class.
const std::array<std::uint8_t, SS_SYSCALL_NUMBERS> &syscallClasses();

} // namespace statescape::bpf
