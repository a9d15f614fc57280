// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

namespace statescape::helper {

/// Asks to run before others, where that is allowed: a tick that waits for a CPU is a lost interval, and the helper
/// uses too little to be felt. Must come before dropPrivilege().
void raisePriority();

/// Becomes the user whom pkexec started us for, where it did; drops every capability from every set; sets
/// no-new-privs.
/// @error NotPermitted, Io: the caller must not go on
base::Result<> dropPrivilege();

/// Asks the kernel to send SIGHUP when the parent ends. Must come after dropPrivilege(), which would reset
/// it.
/// @error Io
base::Result<> dieWithParent();

} // namespace statescape::helper
