// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model.h"

#include <string>

namespace statescape::cli {

/// Columns of `score --csv`, in this order; stable.
inline constexpr const char *kScoreHeader = "time_ns,entity,cluster,state,polarity,confidence,abnormality";

std::string scoreCsv(std::uint64_t timeNs, const model::Score &score, const model::Model &model);
/// One JSON object on one line with the same names.
std::string scoreJson(std::uint64_t timeNs, const model::Score &score, const model::Model &model,
                      bool alarm = false, bool withAlarm = false);
/// @return the state's name, or "unknown".
std::string stateName(const model::Score &score, const model::Model &model);

} // namespace statescape::cli
