// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/probes.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace statescape::helper {

/// Keeps the modelled cost of all probes within a share of one CPU. An account: the budget comes in, what
/// events, attaching and detaching cost goes out; it holds at most ten seconds' worth. When it runs dry, the
/// dearest probe goes out and is from then on let in for windows: each interval is cut into slots, one window
/// lies somewhere in each. What the others leave over is shared among those that are out; when it does not
/// pay for a window in each interval the slots are several intervals long. A probe comes back for good when
/// it fits. Pure: the caller does what it decides. Not thread-safe.
class Budget {
public:
    /// The new standing of a probe that people should hear of.
    struct Told {
        schema::Probe probe = schema::Probe::kCount;
        bool shed = false;
        std::string reason; ///< why it is out, and what of it is still seen; empty when it is not
    };
    struct Step {
        std::vector<schema::Probe> close; ///< to be taken out, first
        std::vector<schema::Probe> open;  ///< to be put back
        std::vector<Told> told;
        std::uint64_t nextNs = 0; ///< ask again after this
    };

    /// @param percent of one CPU, above 0 @param seed of where in their slots windows lie
    explicit Budget(double percent, std::uint32_t seed = 1);
    /// @param expenses of the probes there are @param cpus online
    /// @param intervalNs between samples @param tickNs time of any of them: slots end with intervals
    Step step(std::uint64_t nowNs, std::span<const bpf::Expense> expenses, unsigned cpus,
              std::uint64_t intervalNs, std::uint64_t tickNs);
    /// Taking @p probe out or putting it back, as step() wanted, is done at @p nowNs and took this much CPU
    /// time, and this long. Until then, or one of the next two, step() asks nothing more of it.
    void moved(schema::Probe probe, bool in, std::uint64_t nowNs, std::uint64_t cpuNs, std::uint64_t wallNs);
    /// The probe that step() wanted out cannot leave: never asks again.
    void cannotLeave(schema::Probe probe);
    /// The probe that step() wanted back cannot come: never asks again.
    void cannotReturn(schema::Probe probe);

private:
    enum class Mode : std::uint8_t {
        On,
        Fixed,  ///< on, and cannot leave
        Closed, ///< sampled, out at the moment
        Open,   ///< sampled, in at the moment
        Lost,
    };
    /// When a sampled probe is let in.
    struct Plan {
        std::uint64_t periodNs = 0; ///< of its slots; 0: nothing is left for it
        std::uint64_t windowNs = 0;
    };
    struct Probe {
        Mode mode = Mode::On;
        bool moving = false; ///< to the mode it has
        std::uint64_t events = 0;
        double cost = 0;    ///< while in, ns per s, smoothed
        double moveIn = 0;  ///< CPU time to put it back, ns, smoothed; 0: not known
        double moveOut = 0; ///< the same to take it out
        Plan plan;
        std::uint64_t fromNs = 0;    ///< of the window that is open, or the next one
        std::uint64_t untilNs = 0;   ///< of the window that is open
        std::uint64_t slotEndNs = 0; ///< of that window's slot
        std::uint64_t pauseNs = 0;   ///< least time between windows
        double windowCost = 0;       ///< events' in the window so far, ns
        int fitted = 0;              ///< windows in a row
    };
    static bool isSampled(const Probe &probe)
    {
        return probe.mode == Mode::Closed || probe.mode == Mode::Open;
    }
    Probe &of(schema::Probe probe) { return m_probes[static_cast<std::size_t>(probe)]; }
    [[nodiscard]] double standing() const;
    [[nodiscard]] bool someOut() const { return std::ranges::any_of(m_probes, isSampled); }
    /// @return of one window as short as they come, ns
    [[nodiscard]] static double leastPrice(const Probe &probe);
    /// @return what a sampled probe may spend, ns per s.
    [[nodiscard]] double shareOf(const Probe &probe) const;
    [[nodiscard]] Plan planFor(const Probe &probe) const;
    [[nodiscard]] std::uint64_t slotEnd(std::uint64_t begin, std::uint64_t period) const;
    [[nodiscard]] std::string reasonOf(const Probe &probe, double total) const;
    void book(std::span<const bpf::Expense> expenses, unsigned cpus, double seconds);
    void schedule(Probe &probe);
    void openOrClose(schema::Probe name, Step &step);
    bool comesBack(Probe &probe);
    void shedDearest(std::span<const bpf::Expense> expenses, Step &step);
    void tellOthers(schema::Probe but, double total, Step &step);
    [[nodiscard]] std::uint64_t nextStep() const;

    const double m_income;   ///< ns per s
    const double m_capacity; ///< ns
    double m_credit;         ///< ns
    std::uint64_t m_nowNs = 0;
    std::uint64_t m_intervalNs = 0;
    std::uint64_t m_tickNs = 0;
    std::minstd_rand m_random;
    std::array<Probe, 64> m_probes{}; ///< by probe of the layout
};

} // namespace statescape::helper
