// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

namespace statescape::helper {

/// From here on any system call but the few that the loop needs kills the process: read and write on what is
/// open, open for reading, memory without execute permission, time, exit, and BPF program information.
/// @error NotSupported on a kernel without seccomp filters, Io
base::Result<> enterSandbox();

} // namespace statescape::helper
