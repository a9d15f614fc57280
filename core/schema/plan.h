// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/schema/user_probe.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace statescape::schema {

/// What one recording is to observe. Both ends derive the same Layout from it.
struct ProbePlan {
    std::uint64_t probes = defaultProbes(); ///< bit per catalogue probe
    EntityKind entity = EntityKind::Host;
    std::vector<UserProbe> user; ///< at most kMaxUserProbes, no two alike
    double budgetPercent = 1;    ///< what all probes together may cost, % of one CPU; 0: no bound
};
/// @error InvalidArgument unknown probe bits, too many or equal user probes, a budget outside 0..100, or
/// check(UserProbe)
base::Result<> check(const ProbePlan &plan);

/// @return the probe index of the plan's user probe @p i.
constexpr Probe userProbe(std::size_t i)
{
    return static_cast<Probe>(kProbeCount + i);
}

/// One column of the plan's schema and how it follows from a sample's words.
struct DerivedFeature {
    Probe probe = Probe::kCount;
    Derivation derivation = Derivation::Rate;
    std::size_t a = 0, b = 0; ///< words; b also 0 when there is none
    double parameter = 0;
};

/// A probe of the plan, for people.
struct PlannedProbe {
    std::string key;   ///< catalogue key, or the user's probe as text
    std::string title; ///< at most 24 characters
    std::string hooks, description;
    ProbeOrigin origin = ProbeOrigin::Bpf;
    std::size_t firstWord = 0, words = 0; ///< of a sample's slots
    bool planned = false;                 ///< in the plan; every catalogue probe has an entry
};

/// Where everything of a plan is: the words of a sample, the columns of its schema. Immutable.
/// Words: all catalogue slots at slotOffset(), also of probes that are not in the plan, then each user
/// probe's. Columns that would have the same key are told apart by a mark made of the probe's text,
/// "#a1b2c3": which other probes there are, and in which order, changes no mark. Files of before number them
/// ("#2"), see Schema::indexOf(Feature).
class Layout {
public:
    /// @pre check(plan) succeeds
    explicit Layout(ProbePlan plan);

    [[nodiscard]] const ProbePlan &plan() const { return m_plan; }
    [[nodiscard]] std::size_t words() const { return m_words; }
    /// @return kProbeCount catalogue probes, then the user's; index is the Probe's value.
    [[nodiscard]] const std::vector<PlannedProbe> &probes() const { return m_probes; }
    [[nodiscard]] const PlannedProbe &operator[](Probe probe) const
    {
        return m_probes[static_cast<std::size_t>(probe)];
    }
    /// @return one entry per column of schema(); empty for entities other than the host, see entities.h.
    [[nodiscard]] const std::vector<DerivedFeature> &features() const { return m_features; }
    [[nodiscard]] const std::shared_ptr<const Schema> &schema() const { return m_schema; }
    /// @return a hash over slots and columns: both ends of the wire must agree.
    [[nodiscard]] std::uint64_t hash() const { return m_hash; }

private:
    ProbePlan m_plan;
    std::size_t m_words = 0;
    std::vector<PlannedProbe> m_probes;
    std::vector<DerivedFeature> m_features;
    std::shared_ptr<const Schema> m_schema;
    std::uint64_t m_hash = 0;
};

} // namespace statescape::schema
