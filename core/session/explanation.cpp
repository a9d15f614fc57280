// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/explanation.h"

#include <algorithm>
#include <map>
#include <utility>

namespace statescape::session {
namespace {
constexpr std::size_t kMaxProcesses = 12;
constexpr std::size_t kMaxRowsASide = 20'000;

std::string commOf(const wire::ProcessUse &use)
{
    return {use.comm.begin(), std::find(use.comm.begin(), use.comm.end(), '\0')};
}
} // namespace

Workspace::Explanation describeSelection(const feature::SampleLog::View &samples,
                                         std::span<const std::uint8_t> selected)
{
    struct Sum {
        std::uint64_t cpuNs = 0, ioBytes = 0, syscalls = 0;
    };
    Workspace::Explanation out;
    // A short-lived worker forked a thousand times is one line to a person, so the name is the identity and
    // the pid an example.
    std::map<std::string, std::pair<Sum, std::uint32_t>> uses;
    bool inside = false;
    const std::size_t rows = std::min(samples.rows(), selected.size());
    for (std::size_t i = 0; i < rows; ++i) {
        if (selected[i] == 0) {
            inside = false;
            continue;
        }
        if (out.samples++ == 0)
            out.firstNs = samples.timeNs(i) - samples.durationNs(i);
        out.lastNs = samples.timeNs(i);
        out.totalNs += samples.durationNs(i);
        out.intervals += inside ? 0 : 1;
        inside = true;
        for (const auto &process : samples.processes(i)) {
            auto &[sum, pid] = uses[commOf(process)];
            sum.cpuNs += process.cpuNs;
            sum.ioBytes += process.ioBytes;
            sum.syscalls += process.syscalls;
            pid = process.pid;
        }
    }
    if (out.totalNs == 0)
        return out;
    Sum total;
    for (const auto &[name, use] : uses) {
        total.cpuNs += use.first.cpuNs;
        total.ioBytes += use.first.ioBytes;
        total.syscalls += use.first.syscalls;
    }
    const auto share = [](std::uint64_t part, std::uint64_t whole) {
        return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
    };
    std::vector<std::pair<double, Workspace::Explanation::Who>> ranked;
    const double seconds = static_cast<double>(out.totalNs) / 1e9;
    for (const auto &[name, use] : uses) {
        const auto &[sum, pid] = use;
        const double weight = share(sum.cpuNs, total.cpuNs) + share(sum.ioBytes, total.ioBytes) +
                              share(sum.syscalls, total.syscalls);
        ranked.emplace_back(weight, Workspace::Explanation::Who{
                                        name, pid, 100.0 * static_cast<double>(sum.cpuNs) / 1e9 / seconds,
                                        static_cast<double>(sum.ioBytes) / seconds,
                                        static_cast<double>(sum.syscalls) / seconds});
    }
    std::stable_sort(ranked.begin(), ranked.end(),
                     [](const auto &a, const auto &b) { return a.first > b.first; });
    ranked.resize(std::min(ranked.size(), kMaxProcesses));
    for (auto &entry : ranked)
        out.processes.push_back(std::move(entry.second));
    return out;
}

void explainDifferences(const feature::SampleLog::View &samples, std::span<const std::uint8_t> selected,
                        Workspace::Explanation &out)
{
    const std::size_t rows = samples.rows();
    const std::size_t others = rows - out.samples;
    if (out.samples == 0 || others == 0)
        return;
    // Every s-th row of each side: deterministic, and spread over the whole session.
    const std::size_t stepSelected = out.samples / kMaxRowsASide + 1;
    const std::size_t stepOthers = others / kMaxRowsASide + 1;
    std::vector<std::uint32_t> kept;
    std::vector<std::uint8_t> flags;
    std::size_t seenSelected = 0;
    std::size_t seenOthers = 0;
    for (std::size_t i = 0; i < rows; ++i) {
        const bool in = i < selected.size() && selected[i] != 0;
        const bool keep = in ? seenSelected++ % stepSelected == 0 : seenOthers++ % stepOthers == 0;
        if (!keep)
            continue;
        kept.push_back(static_cast<std::uint32_t>(i));
        flags.push_back(in ? 1 : 0);
    }
    out.differences = model::whyDifferent(samples.schema(), samples.matrix(kept), flags);
}

} // namespace statescape::session
