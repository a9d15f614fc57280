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
        for (unsigned shift = 0; shift < 64; shift += 7) {
            if (at >= bytes.size())
                break;
            const auto byte = std::to_integer<std::uint64_t>(bytes[at++]);
            value |= (byte & 0x7f) << shift;
            if ((byte & 0x80) == 0)
                return value;
        }
        ok = false;
        return 0;
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

std::vector<LabelRun> toRuns(std::span<const schema::Label> labels)
{
    std::vector<LabelRun> runs;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (labels[i].empty())
            continue;
        if (!runs.empty() && runs.back().first + runs.back().count == i && runs.back().label == labels[i])
            ++runs.back().count;
        else
            runs.push_back({i, 1, labels[i]});
    }
    return runs;
}

std::vector<schema::Label> toLabels(std::span<const LabelRun> runs, std::uint64_t rows)
{
    std::vector<schema::Label> labels(rows);
    for (const auto &run : runs)
        std::fill_n(labels.begin() + static_cast<std::ptrdiff_t>(run.first), run.count, run.label);
    return labels;
}

} // namespace statescape::store
