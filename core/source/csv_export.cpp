// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/source/csv.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <memory>
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
    constexpr std::array<std::string_view, 4> kOurs{"time_ns", "duration_ns", "entity", "label"};
    std::string text = "time_ns,duration_ns,entity";
    const std::size_t columns = view.rows() == 0 && !view.sharedSchema() ? 0 : view.schema().size();
    for (std::size_t column = 0; column < columns; ++column) {
        text += ',';
        // Columns of ours have the names to themselves: two of one name could not be read again.
        const auto &key = view.schema()[column].key;
        putText(text, std::ranges::find(kOurs, key) != kOurs.end() ? key + "_" : key);
    }
    text += ",label\n";
    constexpr std::size_t kReportEvery = 4096;
    for (std::size_t row = 0; row < view.rows(); ++row) {
        if (row % kReportEvery == 0) {
            if (progress.stopped())
                return fail(Code::Cancelled, "the export was cancelled");
            progress.at(double(row) / double(view.rows()), "writing samples");
        }
        if (!only.empty() && (row >= only.size() || only[row] == 0))
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
