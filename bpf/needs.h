// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/rights.h"
#include "core/schema/plan.h"
#include "core/wire/messages.h"

#include <string>

/// Which capabilities what needs. The table and the reasons: docs/security.md.
namespace statescape::bpf {

/// To load and attach a shipped probe.
base::Rights needsOfShipped();
/// To load and attach a user's probe, in addition to needsOfShipped().
base::Rights needsOf(const schema::UserProbe &probe);
/// To load and attach all of @p plan.
base::Rights needsOf(const schema::ProbePlan &plan);

/// Adds to a probe that was refused which capabilities it lacks, and the one command that gives the whole
/// plan what it needs; where it lacks none, that the kernel refuses.
void nameMissing(wire::ProbeState &state, const schema::ProbePlan &plan, const std::string &program);

} // namespace statescape::bpf
