// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/attachment.h"
#include "bpf/kernel_traits.h"
#include "bpf/libbpf_log.h"
#include "core/hooks/checked_probe.h"

#include <memory>
#include <span>
#include <vector>

/// The kinds of hook that this folder attaches itself. Each needs privilege; everything that read() touches
/// afterwards is memory.
namespace statescape::bpf {

using AttachResult = base::Result<std::unique_ptr<Attachment>>;

/// A kernel function by fentry/fexit, or else by kprobe/kretprobe.
/// @error NotPermitted, NotSupported, NotFound
AttachResult attachFunction(const hooks::CheckedProbe &checked, const KernelTraits &traits, LibbpfLog &log);
/// A tracepoint, by its name where only counted, by its record for a field.
AttachResult attachTracepoint(const hooks::CheckedProbe &checked, const KernelTraits &traits, LibbpfLog &log);
/// A function or the USDT markers of a binary. @error NotFound also when the file was replaced since it was
/// checked
AttachResult attachUserCode(const hooks::CheckedProbe &checked, const KernelTraits &traits, LibbpfLog &log);
/// All watched system calls with one program, a second one where somebody asked for times.
/// @return one answer per probe, in order
std::vector<AttachResult> attachCalls(std::span<const hooks::CheckedProbe *const> checked,
                                      const KernelTraits &traits, LibbpfLog &log);

} // namespace statescape::bpf
