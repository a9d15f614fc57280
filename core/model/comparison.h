// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace statescape::model {

/// One algorithm beside others on the same samples, time blocks and seed.
struct Compared {
    std::string algorithm;            ///< key asked for
    std::optional<Model> model;       ///< trained on everything, with its held-out figures
    std::optional<base::Error> error; ///< when there is no model
    bool best = false;
    std::string reason; ///< of the best: one sentence, why
};

/// Trains with each algorithm and says which is best: with labels by held-out F1 (balanced accuracy without
/// negatives), else by how well states repeat on held-out samples; of equals the faster to judge. The same
/// data, options and seed give the same table.
/// @param options algorithm is ignored; k is passed on to those that take it @param keys of algorithms();
/// empty: all but auto
/// @error those of Model::train that every algorithm shares: NotEnoughData, InvalidArgument, Cancelled
base::Result<std::vector<Compared>> compareAlgorithms(const TrainingSet &set, const TrainOptions &options,
                                                      std::span<const std::string> keys,
                                                      const base::Progress &progress = {});

} // namespace statescape::model
