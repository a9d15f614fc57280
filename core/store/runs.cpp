// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/runs.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace statescape::store {
namespace {
constexpr std::size_t kNumberBytes = 10;
constexpr std::size_t kRunBytes = 4 * kNumberBytes;

/// Checks for room once a run and not once a byte.
class Writer {
public:
    /// Makes room for @p bytes more.
    void room(std::size_t bytes)
    {
        if (m_out.size() - m_at < bytes)
            m_out.resize(2 * m_out.size() + bytes);
    }
    void number(std::uint64_t value)
    {
        for (; value >= 0x80; value >>= 7)
            m_out[m_at++] = static_cast<char>((value & 0x7f) | 0x80);
        m_out[m_at++] = static_cast<char>(value);
    }
    void text(std::string_view text)
    {
        room(kNumberBytes + text.size());
        number(text.size());
        text.copy(m_out.data() + m_at, text.size());
        m_at += text.size();
    }
    void real(float value)
    {
        room(sizeof value);
        std::memcpy(m_out.data() + m_at, &value, sizeof value);
        m_at += sizeof value;
    }
    /// Two bits of polarity, then the class.
    void label(schema::Label label)
    {
        number(static_cast<std::uint64_t>(label.classId) << 2 |
               static_cast<std::uint64_t>(static_cast<int>(label.polarity) + 1));
    }
    /// Makes room for the whole of a run, labels included.
    template <class Run>
    void stretch(const Run &run)
    {
        room(kRunBytes);
        number(run.first - m_next);
        number(run.count);
        m_next = run.first + run.count;
    }
    Bytes take()
    {
        m_out.resize(m_at);
        return std::move(m_out);
    }

private:
    Bytes m_out;
    std::size_t m_at = 0;
    std::uint64_t m_next = 0;
};

/// Reading past the end yields zeros and clears ok.
struct Cursor {
    std::span<const std::byte> bytes;
    std::size_t at = 0;
    bool ok = true;

    [[nodiscard]] bool atEnd() const { return !ok || at >= bytes.size(); }
    std::uint64_t number()
    {
        if (at < bytes.size() && std::to_integer<unsigned>(bytes[at]) < 0x80)
            return std::to_integer<std::uint64_t>(bytes[at++]);
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
    float real()
    {
        float value = 0;
        ok = ok && bytes.size() - at >= sizeof value;
        if (!ok)
            return 0;
        std::memcpy(&value, bytes.data() + at, sizeof value);
        at += sizeof value;
        return value;
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
        runs.reserve((bytes.size() - std::min(at, bytes.size())) / 2); // no run takes fewer bytes
        for (std::uint64_t next = 0; !atEnd();)
            runs.push_back(stretch<RowRun>(next, rows));
        return runs;
    }
};
} // namespace

Bytes encodeLabels(std::span<const LabelRun> runs)
{
    Writer out;
    for (const auto &run : runs) {
        if (run.label.empty())
            continue;
        out.stretch(run);
        out.label(run.label);
    }
    return out.take();
}

std::optional<std::vector<LabelRun>> decodeLabels(std::span<const std::byte> bytes, std::uint64_t rows)
{
    std::vector<LabelRun> runs;
    runs.reserve(bytes.size() / 3);
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
    Writer out;
    for (const auto &run : runs) {
        out.stretch(run);
        out.label(run.before);
        out.label(run.after);
    }
    return out.take();
}

std::optional<std::vector<ChangeRun>> decodeChanges(std::span<const std::byte> bytes, std::uint64_t rows)
{
    std::vector<ChangeRun> runs;
    runs.reserve(bytes.size() / 4);
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
    Writer out;
    for (const auto &run : runs)
        out.stretch(run);
    return out.take();
}

std::optional<std::vector<RowRun>> decodeRows(std::span<const std::byte> bytes, std::uint64_t rows)
{
    Cursor in{bytes};
    auto runs = in.rowRuns(rows);
    return in.ok ? std::optional(std::move(runs)) : std::nullopt;
}

Bytes encodeSelectionChange(const SelectionChange &change)
{
    Writer out;
    out.room(2 * kNumberBytes);
    out.number(change.selectedBefore);
    out.number(change.selectedAfter);
    for (const auto &run : change.toggled)
        out.stretch(run);
    return out.take();
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
    Writer out;
    out.room(kNumberBytes);
    out.number(rename.classId);
    out.text(rename.before);
    out.text(rename.after);
    return out.take();
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
    Writer out;
    for (const ModelRef *model : {&change.before, &change.after}) {
        out.text(model->name);
        out.room(kNumberBytes);
        out.number(static_cast<std::uint64_t>(model->revision));
    }
    return out.take();
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

std::uint64_t checksumOf(StepKind kind, std::span<const std::byte> bytes)
{
    // FNV-1a over eight bytes at a time; the shift lets high bits reach the low ones.
    std::uint64_t hash = 0xcbf29ce484222325U ^ bytes.size() ^ static_cast<std::uint64_t>(kind) << 56;
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes.data() + at, std::min(sizeof word, bytes.size() - at));
        hash = (hash ^ word) * 0x100000001b3U;
        hash ^= hash >> 32;
    }
    return hash;
}

Bytes encodeProcesses(std::span<const wire::ProcessUse> uses)
{
    Writer out;
    for (const auto &use : uses) {
        out.room(6 * kNumberBytes + use.comm.size());
        out.number(use.pid);
        out.text({use.comm.data(), ::strnlen(use.comm.data(), use.comm.size())});
        out.number(use.cpuNs);
        out.number(use.ioBytes);
        out.number(use.syscalls);
    }
    return out.take();
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

Bytes encodeSeen(std::span<const feature::Seen> parts)
{
    Writer out;
    for (const auto &part : parts) {
        out.text(part.probe);
        out.real(part.share);
        out.real(part.error);
    }
    return out.take();
}

std::optional<std::vector<feature::Seen>> decodeSeen(std::span<const std::byte> bytes)
{
    std::vector<feature::Seen> parts;
    Cursor in{bytes};
    while (!in.atEnd()) {
        feature::Seen part{in.text(), in.real(), in.real()};
        if (!in.ok || !(part.share > 0 && part.share < 1) || !std::isfinite(part.error))
            return std::nullopt;
        parts.push_back(std::move(part));
    }
    return in.ok ? std::optional(std::move(parts)) : std::nullopt;
}

std::vector<schema::Label> toLabels(std::span<const LabelRun> runs, std::uint64_t rows)
{
    std::vector<schema::Label> labels(rows);
    for (const auto &run : runs)
        std::fill_n(labels.begin() + static_cast<std::ptrdiff_t>(run.first), run.count, run.label);
    return labels;
}

} // namespace statescape::store
