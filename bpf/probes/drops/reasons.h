// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/probes/drops/drops.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace statescape::bpf {

/// @param reason name in the kernel's enum skb_drop_reason, without SKB_ or SKB_DROP_REASON_
/// @return SS_DROP_OTHER for a name that no kernel had when this was written.
ss_drop_group dropGroup(std::string_view reason);

/// @param reasons the enum's full names by number, empty where a number has none
/// @return group by number, for the program.
std::array<std::uint8_t, SS_DROP_REASONS> dropGroups(const std::vector<std::string> &reasons);

} // namespace statescape::bpf
