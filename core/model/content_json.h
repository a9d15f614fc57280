// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/json_io.h"
#include "core/model/judge.h"
#include "core/model/model_facts.h"

#include <span>
#include <string>
#include <vector>

/// Parts of a model's JSON. Readers take the version of the file: 1 knew k-means and one form of prototypes
/// only. They check every value against bounds and leave the first fault in the reader.
namespace statescape::model {

inline constexpr int kModelVersion = 2;
inline constexpr double kMostNumber = 3.4e38;
inline constexpr std::int64_t kMostCount = std::int64_t{1} << 53;
inline constexpr std::size_t kMostListed = 4096;
/// Bytes of a sentence, which may list names.
inline constexpr std::size_t kMostSentence = 65536;

/// @return the double nearest to the shortest decimal that reads back as @p value: a third of the digits of
/// the float itself.
double shortest(float value);
std::vector<double> shortest(std::span<const float> values);
schema::Polarity readPolarity(const JsonReader &in);
std::vector<std::string> readTexts(const JsonReader &in, std::size_t mostBytes = kMostSentence);

nlohmann::json toJson(const Judge &judge);
/// @param dimensions of the scaled space @return without report; finish() is still to be called
Judge readJudge(const JsonReader &in, std::size_t dimensions, int version);
nlohmann::json toJson(const JudgeReport &report);
JudgeReport readReport(const JsonReader &in);
nlohmann::json toJson(const Quality &quality);
Quality readQuality(const JsonReader &in, int version);
nlohmann::json toJson(const std::vector<StateChange> &changes);
std::vector<StateChange> readChanges(const JsonReader &in);

} // namespace statescape::model
