// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/schema/plan.h"
#include "core/wire/messages.h"

#include <cstddef>
#include <string>

/// Probes of one's own on the command line.
namespace statescape::cli {

struct ProbeSearch {
    std::string text, kind, program;
    std::size_t limit = 40;
    bool json = false;
};
/// Prints what can be hooked. @error InvalidArgument, NotFound (nothing fits), what kept a list from being
/// read
base::Result<> searchProbes(const ProbeSearch &search);

struct ProbeTry {
    std::string probe, duration = "5s", helper;
    bool pkexec = false, json = false;
};
/// Attaches only that probe for a while and prints what it would collect and cost.
/// @error as readExistingProbe(), and what the helper says
base::Result<> tryProbe(const ProbeTry &options);

/// @return the probe, with its whole path, all of whose names exist as far as this user may see.
/// @error InvalidArgument, NotFound, NotSupported, Corrupt
base::Result<schema::UserProbe> readExistingProbe(const std::string &text);

/// @error why a probe that was asked for by name does not stand
base::Result<> requireOwnProbes(const wire::Hello &hello, const schema::Layout &layout);

} // namespace statescape::cli
