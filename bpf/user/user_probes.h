// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/attachment.h"
#include "bpf/kernel_traits.h"
#include "bpf/libbpf_log.h"
#include "core/schema/user_probe.h"

#include <memory>
#include <span>
#include <vector>

namespace statescape::bpf {

using AttachResult = base::Result<std::unique_ptr<Attachment>>;

/// Checks every name against what the kernel or the binary lists, then loads and attaches. One answer per
/// probe, in order; one that fails does not keep the others out. Needs privilege.
/// @error NotFound (no such name; the nearest ones as hint), NotPermitted, NotSupported (in the kernel's
/// words), InvalidArgument
std::vector<AttachResult> attachUserProbes(std::span<const schema::UserProbe> probes,
                                           const KernelTraits &traits, LibbpfLog &log);

} // namespace statescape::bpf
