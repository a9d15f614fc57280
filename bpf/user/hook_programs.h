// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/libbpf_log.h"
#include "bpf/mapped_array.h"
#include "bpf/probe_program.h"
#include "core/base/result.h"

#include <functional>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>
#include <vector>

struct bpf_program;

namespace statescape::bpf {

/// Programs of one object, in the kernel, not yet attached.
struct HookPrograms {
    Opened object;
    std::vector<int> programs; ///< descriptors, in the order they were asked for
};

struct WantedProgram {
    const char *name;
    std::function<int(bpf_program *)> prepare = {}; ///< before loading; 0 or a negative errno
};

/// Loads exactly @p wanted of @p opened, with @p maps in the place of its maps of those names; a map that is
/// not among them and that no wanted program uses is not made.
/// @error NotPermitted, NotSupported in the verifier's or libbpf's words
base::Result<HookPrograms>
loadPrograms(Opened opened, std::span<const WantedProgram> wanted,
             std::initializer_list<std::pair<const char *, const MappedArray *>> maps, LibbpfLog &log);

} // namespace statescape::bpf
