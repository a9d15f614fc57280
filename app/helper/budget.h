// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/probes.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace statescape::helper {

/// Keeps the modelled cost of all probes within a share of one CPU. An account: the budget comes in, what
/// events cost goes out; it holds at most ten seconds' worth. Overdrawn, the dearest probe goes out. From
/// then on it is tried for some ms now and then, and comes back for good when it fits. What the others leave
/// over it saves, and when that pays for one it comes for a look of a few intervals: its share of the time is
/// what is left over for it by what it costs. Pure: the caller does what it decides. Not thread-safe.
class Budget {
public:
    struct Step {
        std::optional<schema::Probe> suspend;
        std::optional<schema::Probe> resume;
        std::optional<schema::Probe> told; ///< one whose standing people should hear of
        bool shed = false;                 ///< that standing
        std::string reason;                ///< why it is out; empty when it is not
        std::uint64_t nextNs = 0;          ///< ask again after this
    };

    /// @param percent of one CPU, above 0
    explicit Budget(double percent);
    /// @param expenses of the probes there are @param cpus online
    /// @param intervalNs between samples: a look lasts three
    Step step(std::uint64_t nowNs, std::span<const bpf::Expense> expenses, unsigned cpus,
              std::uint64_t intervalNs);
    /// The probe that step() wanted out cannot leave: never asks again.
    void cannotLeave(schema::Probe probe);
    /// The probe that step() wanted back cannot come: never asks again.
    void cannotReturn(schema::Probe probe);

private:
    enum class Mode : std::uint8_t { On, Fixed, Out, Tried, Looked, Lost };
    struct Probe {
        Mode mode = Mode::On;
        std::uint64_t events = 0;
        std::uint64_t untilNs = 0; ///< Out: next try; Tried, Looked: end
        double cost = 0;           ///< ns per s, smoothed; while Out as last seen
        double saved = 0;          ///< ns, for tries and looks while it is away
        int fitted = 0;            ///< times in a row in this try
    };
    static bool isAway(const Probe &probe)
    {
        return probe.mode == Mode::Out || probe.mode == Mode::Tried || probe.mode == Mode::Looked;
    }
    Probe &of(schema::Probe probe) { return m_probes[static_cast<std::size_t>(probe)]; }
    [[nodiscard]] double standing() const;
    [[nodiscard]] double allowance() const;
    [[nodiscard]] double lookCost(const Probe &probe) const;
    [[nodiscard]] std::uint64_t nextTry(const Probe &probe) const;
    [[nodiscard]] std::string reasonOf(const Probe &probe, double total) const;
    void book(std::span<const bpf::Expense> expenses, unsigned cpus, double seconds);
    void share(double left);
    bool endTry(schema::Probe name, Step &step);
    void shedDearest(std::span<const bpf::Expense> expenses, Step &step);
    void tryOne(std::span<const bpf::Expense> expenses, Step &step);

    const double m_income;   ///< ns per s
    const double m_capacity; ///< ns
    double m_credit;         ///< ns
    std::uint64_t m_nowNs = 0;
    std::uint64_t m_intervalNs = 0;
    std::array<Probe, 64> m_probes{}; ///< by probe of the layout
};

} // namespace statescape::helper
