// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/helper/request.h"
#include "core/base/result.h"
#include "core/base/rights.h"

/// What the helper may hold, when. The table and the reasons: docs/security.md.
namespace statescape::helper {

/// @return the most that may stay permitted in that mode.
base::Rights rightsOf(Mode mode);
/// First thing in main. Forgets descriptors and environment it was started with, becomes the user whom pkexec
/// started it for, where it did; keeps what rightsOf() says in the permitted set, nothing in any other.
/// @error NotPermitted, Io, InvalidArgument, NotFound: the caller must not go on
base::Result<> keepOnly(Mode mode);

/// Asks to run before others, where that is allowed: a tick that waits for a CPU is a lost interval, and the
/// helper uses too little to be felt. Must come before dropPrivilege().
void raisePriority();

/// Drops every capability from every set and, when it is root's process, root's say over files; no-new-privs.
/// @error NotPermitted, Io: the caller must not go on
base::Result<> dropPrivilege();

/// Asks the kernel to send SIGHUP when the parent ends. Must come after dropPrivilege(), which would reset
/// it.
/// @error Io
base::Result<> dieWithParent();

} // namespace statescape::helper
