// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/clusterer.h"
#include "core/model/judge.h"

#include <string>
#include <vector>

namespace statescape::model::states {

/// How states will be looked for, with every choice made.
struct Plan {
    std::string algorithm;      ///< key, never "auto"
    bool byClass = false;       ///< one state a labelled class; else options says what to fit
    bool single = false;        ///< nothing separates the rows: one state
    int k = 0;                  ///< states wanted, 0 where the algorithm finds their number
    ml::ClustererOptions fit{}; ///< unless byClass
    std::size_t rows = 0;       ///< that fit's sizes were chosen for; 0: nobody chose them
    Choice choice;
    std::vector<std::string> notes;
};

/// @error InvalidArgument an algorithm that does not exist or an option it does not have
base::Result<> checkAlgorithm(const TrainOptions &options);

/// Decides algorithm and number of states. @param in scaled rows
/// @error NotEnoughData, InvalidArgument, Cancelled
base::Result<Plan> planStates(const JudgeInput &in, const TrainOptions &options,
                              const base::Progress &progress);

/// Where the rows belong according to a plan for them, before anything is calibrated. Labels are not looked
/// at. @return n, -1 for noise @error NotEnoughData, InvalidArgument, Cancelled
base::Result<std::vector<int>> partitionOf(const JudgeInput &in, const TrainOptions &options,
                                           const base::Progress &progress);

/// States of rows as a fitted judge answers, -1 for none. @error Cancelled
base::Result<std::vector<int>> answersOf(const Judge &judge, ml::MatrixView z,
                                         const base::Progress &progress);

/// Judge::fit with the choices made. @error NotEnoughData, InvalidArgument, Cancelled
base::Result<Judge> fitJudge(const JudgeInput &in, const TrainOptions &options, const Plan &plan,
                             const base::Progress &progress);

} // namespace statescape::model::states
