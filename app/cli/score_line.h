// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/feature/feature_frame.h"
#include "core/model/model.h"

#include <optional>
#include <span>
#include <string>

namespace statescape::cli {

/// Columns of `score --csv`, in this order; stable.
inline constexpr const char *kScoreHeader = "time_ns,entity,cluster,state,polarity,confidence,abnormality";

/// @return ",membership:NAME" for each state: what follows the fixed columns with --memberships.
std::string membershipHeader(const model::Model &model);
/// @param shares one of each state, or empty
/// @param entity whom the sample is about, see schema::entityText()
std::string scoreCsv(std::uint64_t timeNs, const std::string &entity, const model::Score &score,
                     const model::Model &model, std::span<const float> shares = {});
/// One JSON object on one line with the same names. @param seen probes that saw only a part, left out when
/// there are none @param alarm left out when there is none
std::string scoreJson(std::uint64_t timeNs, const std::string &entity, const model::Score &score,
                      const model::Model &model, std::span<const feature::Seen> seen = {},
                      std::optional<bool> alarm = {}, std::span<const float> shares = {});
/// @return "  estimate: scheduler seen 4 %, error about 6 %" when one of the features that lead the judgement
/// of @p row comes from a probe that saw only a part; else nothing.
std::string estimateText(std::span<const float> row, std::span<const int> columns, const model::Model &model,
                         std::span<const feature::Seen> seen);
/// @return "4 %", "0.35 %" of a share; never 0 or 100 % of one between them.
std::string percentText(double share);
/// @return the state's name, or "unknown".
std::string stateName(const model::Score &score, const model::Model &model);

} // namespace statescape::cli
