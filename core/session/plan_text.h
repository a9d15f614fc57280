// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/schema/plan.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Plans as people write, keep and change them.
namespace statescape::session {

/// A plan in words: what a command line or a settings file says.
struct PlanText {
    bool byDefault = true;           ///< the shipped probes of a recording that names none
    std::vector<std::string> probes; ///< keys of shipped probes, when not byDefault
    std::vector<std::string> user;   ///< as parseUserProbe() takes them
    double budgetPercent = 1;
};

/// @return bits of the shipped probes with these keys; "default" and "all" stand for many. @error
/// InvalidArgument, says which there are
base::Result<std::uint64_t> probeMask(std::span<const std::string> keys);

/// Reads a probe as a person writes it: a program by its name alone becomes its path, "ns::f(int)" the
/// symbol, a script is read.
/// @error as parseUserProbe(), hooks::withFullNames(); NotFound, NotPermitted, Io for a script's file;
/// InvalidArgument for a script too long or without maps
base::Result<schema::UserProbe> readUserProbe(std::string_view text);

/// @error as probeMask(), readUserProbe(), check(ProbePlan)
base::Result<schema::ProbePlan> planFrom(const PlanText &text);
PlanText textOf(const schema::ProbePlan &plan);

/// @return the plan that gives a recording the columns of @p schema again, as far as it says so; the budget
/// is the default one. Scripts that cannot be read any more and columns of no known probe are left out.
schema::ProbePlan planOf(const schema::Schema &schema);

/// @return whether a recording goes on in the same session when @p after follows @p before.
bool sameColumns(const schema::ProbePlan &before, const schema::ProbePlan &after);

/// @return @p plan with @p probe switched.
schema::ProbePlan with(schema::ProbePlan plan, schema::Probe probe, bool on);
/// @return @p plan with one more probe of one's own; the same plan when it has it already.
/// @error as check(ProbePlan)
base::Result<schema::ProbePlan> with(schema::ProbePlan plan, schema::UserProbe probe);
/// @return @p plan without the user's probe of that text.
schema::ProbePlan without(schema::ProbePlan plan, std::string_view text);

} // namespace statescape::session
