// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/source/csv_columns.h"

#include "core/base/clock.h"
#include "core/schema/entities.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <set>

namespace statescape::source {
namespace {
using base::Code;
using base::fail;
using base::Result;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;
// 2001-09-09: a smaller number of seconds is taken as time since some start.
constexpr std::int64_t kEpochFromNs = 1'000'000'000 * kNsPerSecond;

template <class T>
bool parseWhole(std::string_view text, T &out)
{
    if (text.starts_with('+'))
        text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc{} && end == text.data() + text.size();
}

std::string listed(const std::vector<std::string> &names)
{
    std::string out;
    for (std::size_t i = 0; i < names.size() && i < 12; ++i)
        out += (i == 0 ? "" : ", ") + names[i];
    return names.size() > 12 ? out + ", …" : out;
}

Result<int> asked(const CsvColumns &columns, const std::string &file, const std::string &name)
{
    const auto found = std::find(columns.names.begin(), columns.names.end(), name);
    if (found == columns.names.end())
        return fail(Code::InvalidArgument, file + ":1: there is no column '" + name + "'",
                    "the columns are: " + listed(columns.names));
    return static_cast<int>(found - columns.names.begin());
}

const std::string kSeenPrefix = "seen_";
const std::string kErrorPrefix = "error_";
const std::string kPercentSuffix = "_%";

/// @return the probe that a column named @p name tells of; empty when it does not.
std::string_view probeOf(std::string_view name, std::string_view prefix)
{
    if (!name.starts_with(prefix) || !name.ends_with(kPercentSuffix) ||
        name.size() <= prefix.size() + kPercentSuffix.size())
        return {};
    return name.substr(prefix.size(), name.size() - prefix.size() - kPercentSuffix.size());
}

int indexOf(const CsvColumns &columns, std::string_view name)
{
    const auto found = std::find(columns.names.begin(), columns.names.end(), name);
    return found == columns.names.end() ? -1 : static_cast<int>(found - columns.names.begin());
}

void findSeen(CsvColumns &columns, std::set<int> &ours)
{
    for (const auto &name : columns.names) {
        const std::string probe(probeOf(name, kSeenPrefix));
        const int share = indexOf(columns, name);
        if (probe.empty() || ours.contains(share))
            continue;
        int error = indexOf(columns, errorColumn(probe));
        error = ours.contains(error) ? -1 : error;
        columns.seen.push_back({probe, share, error});
        ours.insert({share, error});
    }
}
} // namespace

std::string seenColumn(const std::string &probe)
{
    return kSeenPrefix + probe + kPercentSuffix;
}

std::string errorColumn(const std::string &probe)
{
    return kErrorPrefix + probe + kPercentSuffix;
}

bool isOurColumn(std::string_view name)
{
    static constexpr std::array<std::string_view, 4> kOurs{"time_ns", "duration_ns", "entity", "label"};
    return std::ranges::find(kOurs, name) != kOurs.end() || !probeOf(name, kSeenPrefix).empty() ||
           !probeOf(name, kErrorPrefix).empty();
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

Result<CsvColumns> readHeader(CsvReader &reader, const std::string &file, const CsvOptions &options)
{
    STATESCAPE_TRY(const bool any, reader.next());
    if (!any)
        return fail(Code::InvalidArgument, file + ":1: the file is empty",
                    "the first row must hold the feature keys");
    CsvColumns columns;
    std::set<std::string> seen;
    for (const auto &cell : reader.row()) {
        const std::string name(trimmed(cell.text));
        const std::string number = std::to_string(columns.names.size() + 1);
        if (name.empty())
            return reader.errorAt(cell, number, "the header has no name here", "name every column");
        if (!seen.insert(name).second)
            return reader.errorAt(cell, name, "the header has this name twice",
                                  "give each column a name of its own");
        columns.names.push_back(name);
    }
    if (columns.names.size() == 1 && columns.names[0].find_first_of(";\t") != std::string::npos)
        return reader.errorAt(reader.row()[0], columns.names[0], "the header holds no comma",
                              "separate cells by commas");

    columns.time = indexOf(columns, "time_ns");
    if (columns.time < 0)
        columns.time = indexOf(columns, "time");
    if (!options.timeColumn.empty()) {
        STATESCAPE_TRY(columns.time, asked(columns, file, options.timeColumn));
    }
    // These names mean something only in a file of our own making.
    if (columns.time >= 0 && columns.names[static_cast<std::size_t>(columns.time)] == "time_ns") {
        columns.duration = indexOf(columns, "duration_ns");
        columns.entity = indexOf(columns, "entity");
    }
    if (options.labelColumn.empty()) {
        columns.label = indexOf(columns, "label");
        // In our own export it is the label even when all class names are numbers.
        columns.labelGuessed = columns.label >= 0 && (columns.duration < 0 || columns.entity < 0);
    } else {
        STATESCAPE_TRY(columns.label, asked(columns, file, options.labelColumn));
    }
    if (columns.label >= 0 && columns.label == columns.time)
        return fail(Code::InvalidArgument, file + ":1: one column cannot be both time and label",
                    "name two columns");
    std::set<int> ours{columns.time, columns.duration, columns.entity, columns.label};
    if (columns.duration >= 0 && columns.entity >= 0)
        findSeen(columns, ours);
    for (int i = 0; i < static_cast<int>(columns.names.size()); ++i)
        if (!ours.contains(i))
            columns.features.push_back(i);
    if (columns.features.empty() && !columns.labelGuessed)
        return fail(Code::InvalidArgument, file + ":1: there is no feature column", "add columns of numbers");
    return columns;
}

std::optional<float> parseValue(std::string_view text)
{
    text = trimmed(text);
    if (text.empty())
        return schema::missingValue(schema::Missing::Unknown);
    if (text.starts_with('+'))
        text.remove_prefix(1);
    float value = 0;
    const char *last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value);
    if (end != last || error == std::errc::invalid_argument)
        return std::nullopt;
    if (error == std::errc::result_out_of_range) {
        // Too small is 0 for us, too large is an error; from_chars calls both out of range.
        double wide = 0;
        const auto [wideEnd, wideError] = std::from_chars(text.data(), last, wide);
        const bool tiny = wideError == std::errc{} && std::fabs(wide) < 1;
        if (!tiny)
            return std::nullopt;
        return static_cast<float>(wide);
    }
    if (std::isnan(value))
        return schema::missingValue(schema::Missing::Unknown);
    return std::isinf(value) ? std::nullopt : std::optional(value);
}

std::optional<double> parseReal(std::string_view text)
{
    double value = 0;
    return parseWhole(trimmed(text), value) && std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::optional<std::uint64_t> parseCount(std::string_view text)
{
    std::uint64_t value = 0;
    return parseWhole(trimmed(text), value) ? std::optional(value) : std::nullopt;
}

std::optional<std::int64_t> parseSeconds(std::string_view text)
{
    text = trimmed(text);
    // By digits: a double would round epoch seconds to some hundred ns.
    const bool negative = text.starts_with('-');
    const std::size_t dot = text.find('.');
    std::int64_t whole = 0;
    const std::string_view head = text.substr(0, dot);
    const std::string_view digits = dot == std::string_view::npos ? std::string_view{} : text.substr(dot + 1);
    const bool plain = digits.find_first_not_of("0123456789") == std::string_view::npos &&
                       text.find_first_of("eE") == std::string_view::npos && !text.empty() && text != ".";
    if (!plain) {
        double value = 0;
        if (!parseWhole(text, value) || !std::isfinite(value) || std::fabs(value) > 9.2e9)
            return std::nullopt;
        return static_cast<std::int64_t>(std::llround(value * 1e9));
    }
    if (!head.empty() && head != "-" && head != "+" && !parseWhole(head, whole))
        return std::nullopt;
    if ((head.empty() || head == "-" || head == "+") && digits.empty())
        return std::nullopt;
    if (std::abs(whole) > std::numeric_limits<std::int64_t>::max() / kNsPerSecond - 1)
        return std::nullopt;
    std::int64_t fraction = 0;
    std::int64_t scale = kNsPerSecond / 10;
    for (std::size_t i = 0; i < digits.size() && i < 9; ++i, scale /= 10)
        fraction += (digits[i] - '0') * scale;
    return whole * kNsPerSecond + (negative ? -fraction : fraction);
}

std::optional<TimeStyle> timeStyleOf(std::string_view name, std::string_view cell)
{
    if (name == "time_ns")
        return parseCount(cell) ? std::optional(TimeStyle::Nanoseconds) : std::nullopt;
    if (base::parseRfc3339(trimmed(cell)))
        return TimeStyle::Rfc3339;
    const auto ns = parseSeconds(cell);
    if (!ns)
        return std::nullopt;
    return *ns >= kEpochFromNs ? TimeStyle::EpochSeconds : TimeStyle::Seconds;
}

std::optional<std::int64_t> parseTime(TimeStyle style, std::string_view text)
{
    if (style == TimeStyle::Rfc3339) {
        const auto time = base::parseRfc3339(trimmed(text));
        return time ? std::optional(*time) : std::nullopt;
    }
    if (style != TimeStyle::Nanoseconds)
        return parseSeconds(text);
    const auto count = parseCount(text);
    if (!count || *count > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return std::nullopt;
    return static_cast<std::int64_t>(*count);
}

schema::Feature featureFor(const std::string &name)
{
    const auto known = schema::Schema::catalogue();
    if (const int column = known->indexOf(name); column >= 0)
        return (*known)[static_cast<std::size_t>(column)];
    for (const auto &row : schema::entityFeatures())
        if (row.feature.key == name)
            return row.feature;
    schema::Feature feature;
    feature.key = name;
    feature.title = name;
    // Not Level: that kind drifts and training leaves it out, which would leave nothing of a file of one's
    // own.
    feature.kind = schema::FeatureKind::Mean;
    feature.description = "imported column";
    return feature;
}

} // namespace statescape::source
