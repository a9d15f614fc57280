// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/source/csv.h"
#include "core/source/csv_columns.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <memory>
#include <set>
#include <string_view>
#include <unistd.h>

namespace statescape::source {
namespace {
using base::Code;
using base::fail;
using base::Result;

template <class T>
void putNumber(std::string &out, T value)
{
    std::array<char, 48> buffer{};
    const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
    out.append(buffer.data(), end);
}

void putText(std::string &out, std::string_view text)
{
    if (text.find_first_of(",\"\r\n") == std::string_view::npos && text.substr(0, 1) != " " &&
        (text.empty() || text.back() != ' ')) {
        out += text;
        return;
    }
    out += '"';
    for (const char c : text) {
        out += c;
        if (c == '"')
            out += c;
    }
    out += '"';
}

std::string labelText(schema::Label label, std::span<const std::string> names)
{
    const std::string name = label.classId < names.size() ? names[label.classId] : std::string();
    if (label.polarity == schema::Polarity::None)
        return name;
    const std::string polarity(schema::polarityKey(label.polarity));
    return name.empty() ? polarity : polarity + ":" + name;
}

/// In as few digits as bring the same share back.
void putPercent(std::string &out, float share)
{
    std::array<char, 48> buffer{};
    const double percent = static_cast<double>(share) * 100;
    for (int digits = 4; digits <= 17; ++digits) {
        const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), percent,
                                                std::chars_format::general, digits);
        const std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
        if (digits == 17 || static_cast<float>(parseReal(text).value_or(0) / 100) == share) {
            out += text;
            return;
        }
    }
}

/// @return the probes that saw only a part of some sample written, in alphabetical order.
template <class Wanted>
std::set<std::string> sampledProbes(const feature::SampleLog::View &view, const Wanted &wanted)
{
    std::set<std::string> probes;
    for (std::size_t row = 0; row < view.rows(); ++row)
        if (const auto seen = view.seen(row); !seen.empty() && wanted(row))
            for (const auto &part : seen)
                probes.insert(part.probe);
    return probes;
}

bool put(std::FILE *out, std::string &text, std::size_t atLeast)
{
    if (text.size() < atLeast)
        return true;
    const bool done = std::fwrite(text.data(), 1, text.size(), out) == text.size();
    text.clear();
    return done;
}

base::Error writeError(const std::string &where)
{
    return fail(errno == ENOSPC ? Code::Full : Code::Io, where + " cannot be written", "check the disk",
                errno);
}
} // namespace

Result<> writeCsv(std::FILE *out, const feature::SampleLog::View &view, std::span<const schema::Label> labels,
                  std::span<const std::string> classNames, std::span<const std::uint8_t> only,
                  const base::Progress &progress, const schema::Entities *entities)
{
    if (!labels.empty() && labels.size() != view.rows())
        return fail(Code::Mismatch, std::to_string(labels.size()) + " labels for " +
                                        std::to_string(view.rows()) + " samples");
    constexpr std::size_t kBlock = 1 << 16;
    std::string text = "time_ns,duration_ns,entity";
    const std::size_t columns = view.rows() == 0 && !view.sharedSchema() ? 0 : view.schema().size();
    for (std::size_t column = 0; column < columns; ++column) {
        text += ',';
        // Columns of ours have the names to themselves: two of one name could not be read again.
        const auto &key = view.schema()[column].key;
        putText(text, isOurColumn(key) ? key + "_" : key);
    }
    const auto wanted = [&](std::size_t row) {
        return only.empty() || (row < only.size() && only[row] != 0);
    };
    const auto probes = sampledProbes(view, wanted);
    for (const auto &probe : probes) {
        text += ',';
        putText(text, seenColumn(probe));
        text += ',';
        putText(text, errorColumn(probe));
    }
    text += ",label\n";
    constexpr std::size_t kReportEvery = 4096;
    for (std::size_t row = 0; row < view.rows(); ++row) {
        if (row % kReportEvery == 0) {
            if (progress.stopped())
                return fail(Code::Cancelled, "the export was cancelled");
            progress.at(double(row) / double(view.rows()), "writing samples");
        }
        if (!wanted(row))
            continue;
        putNumber(text, view.timeNs(row));
        text += ',';
        putNumber(text, view.durationNs(row));
        text += ',';
        if (entities)
            putText(text, schema::entityText(view.schema().entityKind(), *entities, view.entity(row)));
        else
            putNumber(text, view.entity(row));
        for (const float value : view.row(row)) {
            text += ',';
            if (!schema::isMissing(value))
                putNumber(text, value);
        }
        for (const auto &probe : probes) {
            const auto *seen = view.seenBy(probe, row);
            text += ',';
            if (seen != nullptr)
                putPercent(text, seen->share);
            text += ',';
            if (seen != nullptr && seen->error >= 0)
                putPercent(text, seen->error);
        }
        text += ',';
        if (!labels.empty())
            putText(text, labelText(labels[row], classNames));
        text += '\n';
        if (!put(out, text, kBlock))
            return writeError("the CSV text");
    }
    if (!put(out, text, 1) || std::fflush(out) != 0)
        return writeError("the CSV text");
    return {};
}

Result<> writeCsv(const std::filesystem::path &path, const feature::SampleLog::View &view,
                  std::span<const schema::Label> labels, std::span<const std::string> classNames,
                  std::span<const std::uint8_t> only, const base::Progress &progress,
                  const schema::Entities *entities)
{
    // Beside the target and moved, so that a full disk leaves the old file as it was.
    const std::string temporary = path.string() + ".new-" + std::to_string(::getpid());
    std::FILE *file = std::fopen(temporary.c_str(), "we");
    if (file == nullptr)
        return fail(errno == EACCES || errno == EROFS ? Code::NotPermitted
                    : errno == ENOENT                 ? Code::NotFound
                                                      : Code::Io,
                    path.string() + " cannot be written", "check the folder and its permissions", errno);
    auto result = writeCsv(file, view, labels, classNames, only, progress, entities);
    if (std::fclose(file) != 0 && result)
        result = writeError(path.string());
    if (result && std::rename(temporary.c_str(), path.c_str()) != 0)
        result = writeError(path.string());
    if (!result) {
        ::unlink(temporary.c_str());
        return result.error().in(path.string());
    }
    return {};
}

} // namespace statescape::source
