// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/source/csv.h"
#include "core/source/csv_reader.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace statescape::source {

/// What is told of a probe that saw only parts of intervals, see feature::Seen.
struct SeenColumns {
    std::string probe;
    int share = -1, error = -1;
};
/// @return "seen_scheduler_%": of the interval; empty where the probe saw all of it, or nothing.
std::string seenColumn(const std::string &probe);
/// @return "error_scheduler_%": relative standard error of its number of events; empty where not known.
std::string errorColumn(const std::string &probe);
/// @return whether a column of that name means something of its own in a file of our making.
bool isOurColumn(std::string_view name);

/// Which column is what.
struct CsvColumns {
    std::vector<std::string> names;
    int time = -1, duration = -1, entity = -1, label = -1;
    bool labelGuessed =
        false; ///< "label" without being asked: a feature after all when it holds numbers only
    std::vector<SeenColumns> seen; ///< of a file of our making
    std::vector<int> features;     ///< column numbers, the guessed label's not among them
};
/// @error InvalidArgument: empty or duplicate names, an asked column that is not there, no features
base::Result<CsvColumns> readHeader(CsvReader &reader, const std::string &file, const CsvOptions &options);

/// How times are written; settled by the first data row.
enum class TimeStyle : std::uint8_t { Nanoseconds, Seconds, EpochSeconds, Rfc3339 };

/// @return the number; NaN that says missing for an empty cell or nan; nothing when it is text, infinite or
/// too large.
std::optional<float> parseValue(std::string_view text);
/// @return the number, without rounding to a float; nothing when it is text or infinite.
std::optional<double> parseReal(std::string_view text);
/// @return @p text as ns without rounding; nothing when it is no plain decimal number or out of 64 bits.
std::optional<std::int64_t> parseSeconds(std::string_view text);
/// @return a whole number of 0 and above.
std::optional<std::uint64_t> parseCount(std::string_view text);
std::string_view trimmed(std::string_view text);
/// @return the style of a time column by its name and first cell; nothing when it is none.
std::optional<TimeStyle> timeStyleOf(std::string_view name, std::string_view cell);
/// @return ns; since the epoch for the two wall-clock styles.
std::optional<std::int64_t> parseTime(TimeStyle style, std::string_view text);

/// @return catalogue meaning for a known key, else a plain column.
schema::Feature featureFor(const std::string &name);

} // namespace statescape::source
