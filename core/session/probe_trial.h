// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/source/source.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace statescape::session {

/// What a probe showed and cost while it was tried.
struct TrialReport {
    enum class State : std::uint8_t { Starting, Running, Done, Failed };
    State state = State::Starting;
    base::Error error; ///< Failed: in the helper's words, with what to do
    std::uint64_t elapsedNs = 0, lengthNs = 0;
    std::shared_ptr<const schema::Layout> layout; ///< of the probe alone; never null
    wire::ProbeState standing;                    ///< as the helper says
    std::vector<double> seconds;                  ///< end of each sample since the first one's beginning
    std::vector<std::vector<float>> values;       ///< by feature, one a sample; missing values are NaN
    double eventsPerSecond = 0;                   ///< mean over the samples
    double mostPerSecond = 0;                     ///< of one sample
    double cpuShare = 0;                          ///< mean, % of one CPU, modelled
    double helperCpuShare = 0;                    ///< % of one CPU, measured
    std::uint64_t helperRssBytes = 0, mapBytes = 0;
    wire::Losses losses;
    std::uint64_t gaps = 0;
};

/// A probe tried for some seconds by a helper of its own, with nothing else in it. Recordings are not
/// touched. Thread-safe.
class ProbeTrial {
public:
    static constexpr std::uint64_t kLengthNs = 5'000'000'000;
    static constexpr std::uint64_t kIntervalNs = 100'000'000;

    /// @param how program and launch are taken from it @param changed on the trial's thread, at every sample
    /// and at the end; may be empty
    /// @error as schema::check(). What the helper refuses becomes a report.
    static base::Result<std::unique_ptr<ProbeTrial>> start(const source::HelperOptions &how,
                                                           schema::UserProbe probe,
                                                           std::function<void()> changed,
                                                           std::uint64_t lengthNs = kLengthNs);
    /// Ends the helper.
    ~ProbeTrial();
    ProbeTrial(const ProbeTrial &) = delete;
    ProbeTrial &operator=(const ProbeTrial &) = delete;

    [[nodiscard]] TrialReport report() const;
    /// Ends it early: what was seen so far is the report.
    void stop();

private:
    struct Impl;
    explicit ProbeTrial(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

} // namespace statescape::session
