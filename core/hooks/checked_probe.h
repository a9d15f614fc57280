// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/hooks/kernel.h"
#include "core/schema/user_probe.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace statescape::hooks {

/// A user's probe all of whose names exist, with what attaching it needs. Only such a one may come near the
/// kernel.
struct CheckedProbe {
    schema::UserProbe probe;
    std::uint64_t number = 0;   ///< Syscall: its number; Xdp, Packets: the interface's index
    bool fentry = false;        ///< Function, Fentry: can be tried so
    bool kprobe = false;        ///< Function, Kprobe: can be tried so
    bool rawTracepoint = false; ///< Tracepoint: can be hooked by its name alone
    std::string system, event;  ///< Tracepoint
    std::uint32_t eventId = 0;  ///< Tracepoint: for perf_event_open(), 0 where tracefs cannot be read
    std::optional<TracepointField> field; ///< Field
    std::shared_ptr<const Binary> binary; ///< UserFunction, Usdt: held open
    std::vector<ProbePoint> points;       ///< UserFunction, Usdt: where in it
};

/// Holds every name of @p probe against what @p kernel or the binary lists. Opens nothing but lists and the
/// binary named. A script is not looked into.
/// @error InvalidArgument (schema::check(), a path that is not absolute), NotFound (no such name: what is
/// near it as hint), NotSupported (this machine has no such hooks), NotPermitted (a list or a file that only
/// root may read), Corrupt
base::Result<CheckedProbe> checkProbe(const schema::UserProbe &probe, Kernel &kernel);

/// @return @p probe with "libc" or "bash" in the place of a path made into the path. @error NotFound
base::Result<schema::UserProbe> withFullPath(schema::UserProbe probe);

/// @return the probe with a path as withFullPath(), and with "ns::f" or "f(int)" in the place of a symbol
/// made into the symbol; a name that the file has as it is, or that nothing in it reads as, stays. Not for
/// the helper.
/// @error as Binary::open() and functions(); InvalidArgument when it is the name of several functions, told
/// apart in the hint
base::Result<schema::UserProbe> withFullNames(schema::UserProbe probe);

} // namespace statescape::hooks
