// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/hooks/name_list.h"
#include "core/hooks/text_file.h"

namespace statescape::hooks {

/// Flags of an interface.
enum InterfaceFlag : std::uint8_t {
    kUp = 1,
};

/// @return the network interfaces of this network namespace; the group is the kind in a word ("loopback",
/// "ethernet", "wireless", "bridge", "tunnel", "virtual", "other"), the value the index.
NameList loadInterfaces(const KernelFiles &files = {});

} // namespace statescape::hooks
