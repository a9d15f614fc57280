// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/runs.h"

#include <algorithm>
#include <cstring>

namespace statescape::store {
namespace {
void putNumber(Bytes &out, std::uint64_t value)
{
    while (value >= 0x80) {
        out += static_cast<char>((value & 0x7f) | 0x80);
        value >>= 7;
    }
    out += static_cast<char>(value);
}

void putText(Bytes &out, const std::string &text)
{
    putNumber(out, text.size());
    out += text;
}

void putRows(Bytes &out, std::span<const RowRun> runs)
{
    std::uint64_t next = 0;
    for (const auto &run : runs) {
        putNumber(out, run.first - next);
        putNumber(out, run.count);
        next = run.first + run.count;
    }
}

// Two bits of polarity, then the class.
void putLabel(Bytes &out, schema::Label label)
{
    putNumber(out, static_cast<std::uint64_t>(label.classId) << 2 |
                       static_cast<std::uint64_t>(static_cast<int>(label.polarity) + 1));
}

/// Reading past the end yields zeros and clears ok.
struct Cursor {
    std::span<const std::byte> bytes;
    std::size_t at = 0;
    bool ok = true;

    [[nodiscard]] bool atEnd() const { return !ok || at >= bytes.size(); }
    std::uint64_t number()
    {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 64 && at < bytes.size(); shift += 7) {
            const auto byte = std::to_integer<std::uint64_t>(bytes[at++]);
            if (shift == 63 && byte > 1)
                break;
            value |= (byte & 0x7f) << shift;
            if ((byte & 0x80) == 0)
                return value;
        }
        ok = false;
        return 0;
    }
    std::string text()
    {
        const std::uint64_t length = number();
        ok = ok && length <= bytes.size() - at;
        if (!ok)
            return {};
        std::string out(reinterpret_cast<const char *>(bytes.data()) + at, length);
        at += length;
        return out;
    }
    schema::Label label()
    {
        const std::uint64_t value = number();
        ok = ok && (value & 3) < 3 && value >> 2 <= 0xffff;
        if (!ok)
            return {};
        return {static_cast<schema::Polarity>(static_cast<int>(value & 3) - 1),
                static_cast<std::uint16_t>(value >> 2)};
    }
    /// Advances @p next over a gap and a stretch.
    template <class Run>
    Run stretch(std::uint64_t &next, std::uint64_t rows)
    {
        const std::uint64_t gap = number();
        const std::uint64_t count = number();
        ok = ok && gap <= rows - next && count > 0 && count <= rows - next - gap;
        Run run;
        if (ok) {
            run.first = next + gap;
            run.count = count;
            next = run.first + count;
        }
        return run;
    }
    std::vector<RowRun> rowRuns(std::uint64_t rows)
    {
        std::vector<RowRun> runs;
        for (std::uint64_t next = 0; !atEnd();)
            runs.push_back(stretch<RowRun>(next, rows));
        return runs;
    }
};
} // namespace

Bytes encodeLabels(std::span<const LabelRun> runs)
{
    Bytes out;
    std::uint64_t next = 0;
    for (const auto &run : runs) {
        if (run.label.empty())
            continue;
        putNumber(out, run.first - next);
        putNumber(out, run.count);
        putLabel(out, run.label);
        next = run.first + run.count;
    }
    return out;
}

std::optional<std::vector<LabelRun>> decodeLabels(std::span<const std::byte> bytes, std::uint64_t rows)
{
    std::vector<LabelRun> runs;
    Cursor in{bytes};
    for (std::uint64_t next = 0; !in.atEnd();) {
        auto run = in.stretch<LabelRun>(next, rows);
        run.label = in.label();
        runs.push_back(run);
    }
    return in.ok ? std::optional(std::move(runs)) : std::nullopt;
}

Bytes encodeChanges(std::span<const ChangeRun> runs)
{
    Bytes out;
    std::uint64_t next = 0;
    for (const auto &run : runs) {
        putNumber(out, run.first - next);
        putNumber(out, run.count);
        putLabel(out, run.before);
        putLabel(out, run.after);
        next = run.first + run.count;
    }
    return out;
}

std::optional<std::vector<ChangeRun>> decodeChanges(std::span<const std::byte> bytes, std::uint64_t rows)
{
    std::vector<ChangeRun> runs;
    Cursor in{bytes};
    for (std::uint64_t next = 0; !in.atEnd();) {
        auto run = in.stretch<ChangeRun>(next, rows);
        run.before = in.label();
        run.after = in.label();
        runs.push_back(run);
    }
    return in.ok ? std::optional(std::move(runs)) : std::nullopt;
}

Bytes encodeRows(std::span<const RowRun> runs)
{
    Bytes out;
    putRows(out, runs);
    return out;
}

std::optional<std::vector<RowRun>> decodeRows(std::span<const std::byte> bytes, std::uint64_t rows)
{
    Cursor in{bytes};
    auto runs = in.rowRuns(rows);
    return in.ok ? std::optional(std::move(runs)) : std::nullopt;
}

Bytes encodeSelectionChange(const SelectionChange &change)
{
    Bytes out;
    putNumber(out, change.selectedBefore);
    putNumber(out, change.selectedAfter);
    putRows(out, change.toggled);
    return out;
}

std::optional<SelectionChange> decodeSelectionChange(std::span<const std::byte> bytes, std::uint64_t rows)
{
    Cursor in{bytes};
    SelectionChange change;
    change.selectedBefore = in.number();
    change.selectedAfter = in.number();
    change.toggled = in.rowRuns(rows);
    return in.ok ? std::optional(std::move(change)) : std::nullopt;
}

Bytes encodeRename(const Rename &rename)
{
    Bytes out;
    putNumber(out, rename.classId);
    putText(out, rename.before);
    putText(out, rename.after);
    return out;
}

std::optional<Rename> decodeRename(std::span<const std::byte> bytes)
{
    Cursor in{bytes};
    const std::uint64_t id = in.number();
    Rename rename{static_cast<std::uint16_t>(id), in.text(), in.text()};
    const bool whole = in.ok && in.atEnd() && id <= 0xffff;
    return whole ? std::optional(std::move(rename)) : std::nullopt;
}

Bytes encodeModelChange(const ModelChange &change)
{
    Bytes out;
    for (const ModelRef *model : {&change.before, &change.after}) {
        putText(out, model->name);
        putNumber(out, static_cast<std::uint64_t>(model->revision));
    }
    return out;
}

std::optional<ModelChange> decodeModelChange(std::span<const std::byte> bytes)
{
    Cursor in{bytes};
    ModelChange change;
    for (ModelRef *model : {&change.before, &change.after}) {
        model->name = in.text();
        model->revision = static_cast<std::int64_t>(in.number());
    }
    const bool whole = in.ok && in.atEnd();
    return whole ? std::optional(std::move(change)) : std::nullopt;
}

Bytes encodeProcesses(std::span<const wire::ProcessUse> uses)
{
    Bytes out;
    for (const auto &use : uses) {
        const std::size_t length = ::strnlen(use.comm.data(), use.comm.size());
        putNumber(out, use.pid);
        putNumber(out, length);
        out.append(use.comm.data(), length);
        putNumber(out, use.cpuNs);
        putNumber(out, use.ioBytes);
        putNumber(out, use.syscalls);
    }
    return out;
}

std::optional<std::vector<wire::ProcessUse>> decodeProcesses(std::span<const std::byte> bytes)
{
    std::vector<wire::ProcessUse> uses;
    Cursor in{bytes};
    while (!in.atEnd()) {
        wire::ProcessUse use;
        use.pid = static_cast<std::uint32_t>(in.number());
        const std::uint64_t length = in.number();
        if (!in.ok || length > use.comm.size() || length > bytes.size() - in.at)
            return std::nullopt;
        std::memcpy(use.comm.data(), bytes.data() + in.at, length);
        in.at += length;
        use.cpuNs = in.number();
        use.ioBytes = in.number();
        use.syscalls = in.number();
        uses.push_back(use);
    }
    return in.ok ? std::optional(std::move(uses)) : std::nullopt;
}

std::vector<schema::Label> toLabels(std::span<const LabelRun> runs, std::uint64_t rows)
{
    std::vector<schema::Label> labels(rows);
    for (const auto &run : runs)
        std::fill_n(labels.begin() + static_cast<std::ptrdiff_t>(run.first), run.count, run.label);
    return labels;
}

} // namespace statescape::store
