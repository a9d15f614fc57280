// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/fd.h"
#include "core/source/csv.h"
#include "core/source/csv_columns.h"

#include <cerrno>
#include <cmath>
#include <fcntl.h>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

namespace statescape::source {
namespace {
using base::Code;
using base::fail;
using base::Result;
constexpr std::uint64_t kRowNs = 1'000'000'000;
constexpr std::size_t kMaxNameBytes = 64;
constexpr std::size_t kMaxEntityBytes = 4096;

Result<std::string> readWhole(const std::filesystem::path &path)
{
    const std::string name = path.string();
    const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid())
        return fail(errno == ENOENT   ? Code::NotFound
                    : errno == EACCES ? Code::NotPermitted
                                      : Code::Io,
                    name + " cannot be opened", "check the path and its permissions", errno);
    struct stat status {};
    if (::fstat(file.get(), &status) == 0 && S_ISDIR(status.st_mode))
        return fail(Code::InvalidArgument, name + " is a folder", "give a CSV file");
    std::string text;
    for (;;) {
        const std::size_t at = text.size();
        const auto known = static_cast<std::size_t>(status.st_size);
        text.resize(at + (known > at ? known - at + 1 : 65536));
        const ssize_t got = ::read(file.get(), text.data() + at, text.size() - at);
        if (got < 0 && errno != EINTR)
            return fail(Code::Io, name + " cannot be read", "check the disk", errno);
        text.resize(at + (got > 0 ? static_cast<std::size_t>(got) : 0));
        if (got == 0)
            return text;
    }
}

class Importer {
public:
    Importer(const std::filesystem::path &path, std::string_view text)
        : m_name(path.string())
        , m_reader(m_name, text)
    {}
    Result<CsvData> run(const CsvOptions &options);

private:
    Result<> readRow();
    Result<> readTime(feature::FeatureFrame &frame);
    Result<> readLabel();
    Result<> readOurs(feature::FeatureFrame &frame);
    Result<> readSeen(feature::FeatureFrame &frame);
    Result<> readEntity(feature::FeatureFrame &frame);
    void finishDurations();
    void finishLabels();

    [[nodiscard]] const CsvCell &cell(int column) const
    {
        return m_reader.row()[static_cast<std::size_t>(column)];
    }
    [[nodiscard]] const std::string &nameOf(int column) const
    {
        return m_columns.names[static_cast<std::size_t>(column)];
    }

    std::string m_name;
    CsvReader m_reader;
    CsvColumns m_columns;
    CsvData m_data;
    std::optional<TimeStyle> m_style;
    std::int64_t m_firstNs = 0;
    bool m_entitiesAreNamed = false;
    bool m_allProcesses = true;
    std::map<std::string, std::shared_ptr<const feature::Subject>> m_entities;
    bool m_labelIsNumeric = true;
    std::vector<float> m_labelValues;
};

Result<CsvData> Importer::run(const CsvOptions &options)
{
    STATESCAPE_TRY(m_columns, readHeader(m_reader, m_name, options));
    const bool skipBlank = m_columns.names.size() > 1;
    for (;;) {
        STATESCAPE_TRY(const bool more, m_reader.next(skipBlank));
        if (!more)
            break;
        STATESCAPE_CHECK(readRow());
    }
    if (m_data.frames.empty())
        return fail(Code::InvalidArgument, m_name + ": there is a header but no data row",
                    "add rows of numbers");
    finishDurations();
    finishLabels();
    std::vector<schema::Feature> features;
    for (const int column : m_columns.features)
        features.push_back(featureFor(nameOf(column)));
    if (features.empty())
        return fail(Code::InvalidArgument, m_name + ":1: there is no feature column",
                    "add columns of numbers");
    const auto kind = m_entities.empty() ? schema::EntityKind::Host
                      : m_allProcesses   ? schema::EntityKind::Process
                                         : schema::EntityKind::Cgroup;
    m_data.schema = std::make_shared<const schema::Schema>(std::move(features), kind);
    return std::move(m_data);
}

Result<> Importer::readRow()
{
    const auto &row = m_reader.row();
    if (row.size() != m_columns.names.size()) {
        const bool longer = row.size() > m_columns.names.size();
        const auto &at = longer ? row[m_columns.names.size()] : row.back();
        return m_reader.errorAt(at,
                                longer ? std::to_string(m_columns.names.size() + 1)
                                       : nameOf(static_cast<int>(row.size()) - 1),
                                "the row has " + std::to_string(row.size()) + " cells, the header has " +
                                    std::to_string(m_columns.names.size()),
                                "every row needs as many cells as the header");
    }
    feature::FeatureFrame frame;
    STATESCAPE_CHECK(readTime(frame));
    STATESCAPE_CHECK(readOurs(frame));
    frame.values.reserve(m_columns.features.size());
    for (const int column : m_columns.features) {
        const auto value = parseValue(cell(column).text);
        if (!value)
            return m_reader.errorAt(
                cell(column), nameOf(column),
                "'" + std::string(cell(column).text) + "' is not a number in range",
                "use numbers, an empty cell for a missing value, or --label-column for text");
        frame.values.push_back(*value);
    }
    STATESCAPE_CHECK(readLabel());
    m_data.frames.push_back(std::move(frame));
    return {};
}

Result<> Importer::readTime(feature::FeatureFrame &frame)
{
    if (m_columns.time < 0) {
        frame.timeNs = m_data.frames.size() * kRowNs;
        frame.durationNs = kRowNs;
        return {};
    }
    const CsvCell &at = cell(m_columns.time);
    if (!m_style)
        m_style = timeStyleOf(nameOf(m_columns.time), at.text);
    const auto time = m_style ? parseTime(*m_style, at.text) : std::nullopt;
    if (!time)
        return m_reader.errorAt(
            at, nameOf(m_columns.time), "'" + std::string(at.text) + "' is not a time",
            "use whole ns in a column named time_ns, seconds, or RFC 3339, the same way in every row");
    m_data.hasWallClock = m_style == TimeStyle::Rfc3339 || m_style == TimeStyle::EpochSeconds;
    if (m_data.frames.empty()) {
        m_firstNs = m_data.hasWallClock ? *time : 0;
        m_data.realtimeOfFirstNs = m_data.hasWallClock ? *time : 0;
    }
    if (*time < m_firstNs ||
        (!m_data.frames.empty() && static_cast<std::uint64_t>(*time) - static_cast<std::uint64_t>(m_firstNs) <
                                       m_data.frames.back().timeNs))
        return m_reader.errorAt(at, nameOf(m_columns.time),
                                "'" + std::string(at.text) + "' goes back in time",
                                "sort the rows by time; times start at 0 or later");
    frame.timeNs = static_cast<std::uint64_t>(*time) - static_cast<std::uint64_t>(m_firstNs);
    return {};
}

Result<> Importer::readOurs(feature::FeatureFrame &frame)
{
    if (m_columns.duration >= 0) {
        const auto duration = parseCount(cell(m_columns.duration).text);
        if (!duration)
            return m_reader.errorAt(cell(m_columns.duration), "duration_ns", "not a whole number of ns",
                                    "use 0 or more");
        frame.durationNs = *duration;
    }
    if (m_columns.entity >= 0) {
        STATESCAPE_CHECK(readEntity(frame));
    }
    STATESCAPE_CHECK(readSeen(frame));
    return {};
}

Result<> Importer::readSeen(feature::FeatureFrame &frame)
{
    for (const auto &columns : m_columns.seen) {
        const CsvCell &share = cell(columns.share);
        if (trimmed(share.text).empty())
            continue;
        const auto percent = parseReal(share.text);
        feature::Seen seen{columns.probe, static_cast<float>(percent.value_or(0) / 100), -1};
        if (!(seen.share > 0 && seen.share < 1))
            return m_reader.errorAt(share, nameOf(columns.share),
                                    "'" + std::string(share.text) + "' is no part of an interval in percent",
                                    "use more than 0 and less than 100, or an empty cell");
        if (columns.error >= 0 && !trimmed(cell(columns.error).text).empty()) {
            const auto error = parseReal(cell(columns.error).text);
            seen.error = static_cast<float>(error.value_or(-1) / 100);
            if (!(seen.error >= 0 && std::isfinite(seen.error)))
                return m_reader.errorAt(cell(columns.error), nameOf(columns.error),
                                        "'" + std::string(cell(columns.error).text) +
                                            "' is no standard error in percent",
                                        "use 0 or more, or an empty cell where it is not known");
        }
        frame.seen.push_back(std::move(seen));
    }
    return {};
}

/// Numbers, or names that get their numbers in the order they come.
Result<> Importer::readEntity(feature::FeatureFrame &frame)
{
    const CsvCell &at = cell(m_columns.entity);
    const auto number = parseCount(at.text);
    if (m_data.frames.empty())
        m_entitiesAreNamed = !number;
    const std::string text(trimmed(at.text));
    if (number.has_value() == m_entitiesAreNamed || text.empty() || text.size() > kMaxEntityBytes ||
        (number && *number > 0xffffffffU))
        return m_reader.errorAt(
            at, "entity", "neither the number nor the name of an entity",
            "use 0 for the host, or names of at most 4096 bytes, the same way in every row");
    if (number) {
        frame.entity = static_cast<std::uint32_t>(*number);
        return {};
    }
    if (text == "host")
        return {};
    auto known = m_entities.find(text);
    if (known == m_entities.end()) {
        feature::Subject about{0, static_cast<std::uint32_t>(m_entities.size() + 1), 0, text};
        // "postgres [4711]" is a process.
        const auto open = text.rfind(" [");
        if (open != text.npos && text.back() == ']')
            if (const auto id = parseCount(std::string_view(text).substr(open + 2, text.size() - open - 3))) {
                about.id = *id;
                about.name = text.substr(0, open);
            }
        m_allProcesses = m_allProcesses && about.id != 0;
        known = m_entities.emplace(text, std::make_shared<const feature::Subject>(std::move(about))).first;
    }
    frame.entity = known->second->number;
    frame.about = known->second;
    return {};
}

Result<> Importer::readLabel()
{
    if (m_columns.label < 0) {
        m_data.labels.emplace_back();
        return {};
    }
    const CsvCell &at = cell(m_columns.label);
    const std::string_view text = trimmed(at.text);
    const std::string_view name =
        text.substr(text.find(':') == std::string_view::npos ? 0 : text.find(':') + 1);
    if (name.size() > kMaxNameBytes)
        return m_reader.errorAt(at, nameOf(m_columns.label),
                                "a class name of " + std::to_string(name.size()) + " bytes",
                                "use at most 64 bytes");
    if (m_columns.labelGuessed && m_labelIsNumeric) {
        const auto value = parseValue(text);
        m_labelIsNumeric = value.has_value();
        m_labelValues.push_back(value.value_or(0));
    }
    m_data.labels.emplace_back(text);
    return {};
}

void Importer::finishDurations()
{
    if (m_columns.time < 0 || m_columns.duration >= 0)
        return;
    auto &frames = m_data.frames;
    for (std::size_t i = 1; i < frames.size(); ++i)
        frames[i].durationNs = frames[i].timeNs - frames[i - 1].timeNs;
    // The first interval's length is not in the file; the next one is the best witness.
    if (frames.size() > 1)
        frames[0].durationNs = frames[1].durationNs;
}

void Importer::finishLabels()
{
    if (!m_columns.labelGuessed || !m_labelIsNumeric)
        return;
    bool anyNumber = false;
    for (const float value : m_labelValues)
        anyNumber = anyNumber || !std::isnan(value);
    // An export without labels has the column, all empty.
    if (!anyNumber)
        return;
    for (std::size_t i = 0; i < m_data.frames.size(); ++i) {
        m_data.frames[i].values.push_back(m_labelValues[i]);
        m_data.labels[i].clear();
    }
    m_columns.features.push_back(m_columns.label);
}
} // namespace

Result<CsvData> readCsv(const std::filesystem::path &path, const CsvOptions &options)
{
    STATESCAPE_TRY(const std::string text, readWhole(path));
    return Importer(path, text).run(options);
}

} // namespace statescape::source
