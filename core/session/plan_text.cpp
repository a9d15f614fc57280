// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/plan_text.h"

#include "core/hooks/checked_probe.h"
#include "core/hooks/text_file.h"
#include "core/schema/entities.h"
#include "core/schema/script_maps.h"

#include <algorithm>
#include <filesystem>

namespace statescape::session {
namespace {
using schema::HookKind;

base::Result<> readScript(schema::UserProbe &probe)
{
    std::error_code error;
    const auto path = std::filesystem::absolute(probe.target, error);
    if (!error)
        probe.target = path.lexically_normal().string();
    auto text = hooks::readText(probe.target, schema::kMaxScriptBytes);
    if (!text)
        return text.error();
    if (const auto maps = schema::scriptMaps(*text); !maps) {
        auto why = maps.error();
        why.message = probe.target + ": " + why.message;
        return why;
    }
    probe.script = std::move(*text);
    return schema::check(probe);
}
} // namespace

base::Result<std::uint64_t> probeMask(std::span<const std::string> keys)
{
    std::uint64_t mask = 0;
    for (const auto &key : keys) {
        if (key == "default" || key == "all") {
            mask |= key == "all" ? (std::uint64_t{1} << schema::kProbeCount) - 1 : schema::defaultProbes();
            continue;
        }
        const auto probe = schema::probeFromKey(key);
        if (probe == schema::Probe::kCount) {
            std::string known = "default, all";
            for (const auto &row : schema::probes())
                known.append(", ").append(row.key);
            return base::fail(base::Code::InvalidArgument, "there is no probe '" + key + "'",
                              "there are " + known);
        }
        mask |= schema::bitOf(probe);
    }
    return mask;
}

base::Result<schema::UserProbe> readUserProbe(std::string_view text)
{
    STATESCAPE_TRY(auto probe, schema::parseUserProbe(text));
    if (probe.kind == HookKind::Script) {
        STATESCAPE_CHECK(readScript(probe));
        return probe;
    }
    // What was recorded has a symbol; only what a person wrote may have to be looked up.
    const bool written =
        probe.kind == HookKind::UserFunction && probe.symbol.find_first_of(":( <~") != std::string::npos;
    return written ? hooks::withFullNames(std::move(probe)) : hooks::withFullPath(std::move(probe));
}

base::Result<schema::ProbePlan> planFrom(const PlanText &text)
{
    schema::ProbePlan plan;
    if (!text.byDefault) {
        STATESCAPE_TRY(plan.probes, probeMask(text.probes));
    }
    for (const auto &each : text.user) {
        auto probe = readUserProbe(each);
        if (!probe)
            return probe.error();
        plan.user.push_back(std::move(*probe));
    }
    plan.budgetPercent = text.budgetPercent;
    STATESCAPE_CHECK(schema::check(plan));
    return plan;
}

PlanText textOf(const schema::ProbePlan &plan)
{
    PlanText text;
    text.byDefault = plan.probes == schema::defaultProbes();
    for (std::size_t i = 0; i < schema::kProbeCount; ++i)
        if ((plan.probes >> i & 1U) != 0)
            text.probes.emplace_back(schema::probes()[i].key);
    for (const auto &probe : plan.user)
        text.user.push_back(schema::format(probe));
    text.budgetPercent = plan.budgetPercent;
    return text;
}

schema::ProbePlan planOf(const schema::Schema &schema)
{
    schema::ProbePlan plan;
    plan.entity = schema.entityKind();
    // Columns about processes or cgroups come from the tasks' table, whatever probes there are beside it.
    if (plan.entity != schema::EntityKind::Host) {
        plan.probes = schema::entityProbes();
        return plan;
    }
    plan.probes = 0;
    std::string last;
    for (const auto &feature : schema.features()) {
        if (feature.probe == last)
            continue;
        last = feature.probe;
        if (const auto probe = schema::probeFromKey(feature.probe); probe != schema::Probe::kCount)
            plan.probes |= schema::bitOf(probe);
        else if (auto own = readUserProbe(feature.probe))
            if (auto more = with(plan, std::move(*own)))
                plan = std::move(*more);
    }
    return plan;
}

bool sameColumns(const schema::ProbePlan &before, const schema::ProbePlan &after)
{
    return schema::Layout(before).schema()->hash() == schema::Layout(after).schema()->hash();
}

schema::ProbePlan with(schema::ProbePlan plan, schema::Probe probe, bool on)
{
    plan.probes = on ? plan.probes | schema::bitOf(probe) : plan.probes & ~schema::bitOf(probe);
    return plan;
}

base::Result<schema::ProbePlan> with(schema::ProbePlan plan, schema::UserProbe probe)
{
    const auto text = schema::format(probe);
    if (std::ranges::any_of(plan.user, [&](const auto &each) { return schema::format(each) == text; }))
        return plan;
    plan.user.push_back(std::move(probe));
    STATESCAPE_CHECK(schema::check(plan));
    return plan;
}

schema::ProbePlan without(schema::ProbePlan plan, std::string_view text)
{
    std::erase_if(plan.user, [&](const auto &each) { return schema::format(each) == text; });
    return plan;
}

} // namespace statescape::session
