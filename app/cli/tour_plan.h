// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model.h"
#include "core/session/recording.h"
#include "core/store/session_store.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace statescape::cli {

/// One stretch of the tour: a workload of known name, or nothing.
struct Phase {
    std::string name; ///< class name of the label
    bool fault = false;
    std::vector<std::string> command; ///< empty: the machine by itself
    std::uint64_t lengthNs = 0;
    int half = 0; ///< 0 trained on, 1 scored
    // Filled while running: CLOCK_MONOTONIC, from before the start of the command to after its last process
    // was reaped.
    std::uint64_t beginNs = 0, endNs = 0;
};

/// Five kinds of faults twice, in another order each time, between quiet and busy-but-normal phases. The
/// second half's busy phases work on other data than the first's.
/// @param phaseNs length of a fault phase
std::vector<Phase> tourPlan(std::uint64_t phaseNs, const std::filesystem::path &scratch);

struct PhaseResult {
    std::uint64_t samples = 0; ///< wholly inside the phase
    std::uint64_t right = 0;   ///< judged good or bad as it was
    std::uint64_t unknown = 0;
    int delay =
        -1; ///< fault: intervals from the first one that saw the fault to the first judged bad; -1 never
    std::map<std::string, std::uint64_t> states; ///< predicted
};

/// What the scored half showed.
struct TourResult {
    std::vector<PhaseResult> phases; ///< by plan index; only half 1 is filled
    std::uint64_t truePositive = 0, falsePositive = 0, falseNegative = 0, trueNegative = 0;
    std::uint64_t boundary = 0;    ///< samples that hold the change from one phase to the next: not judged
    std::uint64_t falseAlarms = 0; ///< runs of @c kAlarmRun bad samples while nothing was wrong
    int worstDelay = 0;            ///< intervals; -1 when a fault was never seen
    [[nodiscard]] double precision() const { return ratio(truePositive, falsePositive); }
    [[nodiscard]] double recall() const { return ratio(truePositive, falseNegative); }
    [[nodiscard]] double f1() const;

    static constexpr int kAlarmRun = 2;

private:
    static double ratio(std::uint64_t hits, std::uint64_t others)
    {
        return hits + others == 0 ? 0.0 : static_cast<double>(hits) / static_cast<double>(hits + others);
    }
};

TourResult judge(const std::vector<Phase> &plan, const feature::SampleLog::View &samples,
                 const model::Model &model, const std::vector<int> &columns);

struct TourStory {
    std::filesystem::path folder;
    std::string sessionFile; ///< file name inside the folder
    store::SessionInfo session;
    session::Recording::Summary summary;
    double probeCpuShare = 0, helperCpuShare = 0; ///< % of one CPU, medians over the phases
    double probeCpuShareMost = 0;                 ///< % of one CPU, the dearest phase
    double budgetPercent = 0;                     ///< that the recording had; 0: off
};

/// Writes report.html and tour.json beside the pictures. @error Io
base::Result<> writeReport(const TourStory &story, const std::vector<Phase> &plan, const TourResult &result,
                           const model::Model &model, const feature::SampleLog::View &samples,
                           const std::vector<std::string> &pictures);

} // namespace statescape::cli
