// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/attachment.h"
#include "bpf/kernel_traits.h"
#include "bpf/libbpf_log.h"
#include "bpf/user/user_probes.h"
#include "core/schema/user_probe.h"

namespace statescape::bpf {

/// Counts what passes an interface; see README.md for what each hook sees. Needs CAP_BPF and, for XDP,
/// CAP_NET_ADMIN, for a socket filter CAP_NET_RAW. The attachment comes to its end when the interface leaves
/// this network namespace; another name, down and up are nothing to it.
/// @param probe of kind Xdp or Packets
/// @error NotFound no such interface (names those there are), NotPermitted, NotSupported (XDP: the driver
/// takes no program, or another program is there, which is named and left alone), Io
AttachResult attachPackets(const schema::UserProbe &probe, const KernelTraits &traits, LibbpfLog &log);

} // namespace statescape::bpf
