// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/user/user_probes.h"
#include "core/schema/user_probe.h"

namespace statescape::bpf {

/// Starts the installed bpftrace with the probe's script and a clause that prints its maps, and waits until
/// it counts, for 8 s at most; what goes wrong later comes as the attachment's end. bpftrace runs as root, so
/// this one must be able to become root: being root, or with CAP_SETUID as under pkexec. It dies with this
/// process, whatever that dies of; see README.md.
/// @param probe of kind Script, with its text
/// @error NotFound (no bpftrace), NotPermitted, InvalidArgument (schema::scriptMaps()), NotSupported (in
/// bpftrace's words), Io
AttachResult attachScript(const schema::UserProbe &probe);

} // namespace statescape::bpf
