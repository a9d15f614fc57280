// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/wire/messages.h"

#include <span>
#include <string>

namespace statescape::helper {

/// @return what the helper is, for a person who started it.
std::string aboutText();
/// @return one line per probe: key, available or why not, hint.
std::string standingText(std::span<const wire::ProbeState> probes);
/// @return whether standard input and output can carry frames: pipes or sockets.
bool startedByProgram();
/// @return the path of this program, for hints.
std::string ownPath();
/// @return `uname -r`.
std::string kernelRelease();

} // namespace statescape::helper
