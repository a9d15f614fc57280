// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/schema/plan.h"
#include "core/wire/codec.h"

#include <optional>
#include <string_view>

namespace statescape::helper {

/// What whoever started the helper was authorised for; each includes the ones before it.
enum class Mode : std::uint8_t {
    Shipped,    ///< --shipped or no argument: the catalogue's probes and packet counters of an interface
    UserProbes, ///< --user-probes: also hooks of the user's choice
    Scripts,    ///< --scripts: also bpftrace scripts
};
/// @return nothing for an unknown argument.
std::optional<Mode> modeFromArgument(std::string_view argument);

/// @error NotPermitted when the plan asks for more than @p mode
base::Result<> permit(const schema::ProbePlan &plan, Mode mode);

/// Reads the one request that comes before Hello; blocks at most @p timeoutMs. @param[in,out] decoder keeps
/// what came behind it
/// @error Timeout, Disconnected (input ended: nobody wants us), Corrupt, InvalidArgument (another message),
/// Io
base::Result<schema::ProbePlan> readPlan(int fd, wire::Decoder &decoder, int timeoutMs);

} // namespace statescape::helper
