// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/probes/syscalls/syscalls.h"

#include <array>
#include <cstdint>

namespace statescape::bpf {

/// @return enum ss_errno_class for each error number.
const std::array<std::uint8_t, SS_ERRNO_NUMBERS> &errnoClasses();

} // namespace statescape::bpf
