// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

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
/// One JSON object on one line with the same names. @param alarm left out when there is none
std::string scoreJson(std::uint64_t timeNs, const std::string &entity, const model::Score &score,
                      const model::Model &model, std::optional<bool> alarm = {},
                      std::span<const float> shares = {});
/// @return the state's name, or "unknown".
std::string stateName(const model::Score &score, const model::Model &model);

} // namespace statescape::cli
