// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/explanation.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <utility>

namespace statescape::session {
namespace {
constexpr std::size_t kMaxProcesses = 12;
constexpr std::size_t kMaxRowsASide = 20'000;
constexpr std::size_t kMaxRuleRowsASide = 50'000;
constexpr std::size_t kHistograms = 12;

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
    // Samples of one time, about several entities, take that time once.
    std::uint64_t nowNs = 0;
    bool inside = false, before = false;
    const std::size_t rows = std::min(samples.rows(), selected.size());
    for (std::size_t i = 0; i < rows; ++i) {
        if (i == 0 || samples.timeNs(i) != nowNs) {
            nowNs = samples.timeNs(i);
            before = std::exchange(inside, false);
        }
        if (selected[i] == 0)
            continue;
        if (out.samples++ == 0)
            out.firstNs = samples.timeNs(i) - samples.durationNs(i);
        out.lastNs = samples.timeNs(i);
        if (!inside) {
            out.totalNs += samples.durationNs(i);
            out.intervals += before ? 0 : 1;
        }
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

namespace {
/// Every s-th row of each side: deterministic, and spread over the whole session.
struct Thinned {
    std::vector<std::uint32_t> rows;
    std::vector<model::Side> sides;
};

Thinned thin(std::span<const model::Side> sides, std::size_t selected, std::size_t others, std::size_t most)
{
    const std::size_t stepSelected = selected / most + 1;
    const std::size_t stepOthers = others / most + 1;
    Thinned out;
    std::size_t seenSelected = 0;
    std::size_t seenOthers = 0;
    for (std::size_t i = 0; i < sides.size(); ++i) {
        const bool keep = sides[i] == model::Side::Selected
                              ? seenSelected++ % stepSelected == 0
                              : sides[i] == model::Side::Others && seenOthers++ % stepOthers == 0;
        if (!keep)
            continue;
        out.rows.push_back(static_cast<std::uint32_t>(i));
        out.sides.push_back(sides[i]);
    }
    return out;
}

void measure(model::Rule &rule, const feature::SampleLog::View &samples, std::span<const model::Side> sides)
{
    std::uint64_t hits = 0, covered = 0, selected = 0;
    for (std::size_t i = 0; i < sides.size(); ++i) {
        if (sides[i] == model::Side::LeftOut)
            continue;
        const bool in = sides[i] == model::Side::Selected, holds = rule.holds(samples.row(i));
        selected += in ? 1 : 0;
        covered += holds ? 1 : 0;
        hits += in && holds ? 1 : 0;
    }
    rule.covered = covered;
    rule.precision = covered == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(covered);
    rule.recall = selected == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(selected);
    rule.f1 = hits == 0 ? 0 : 2 * rule.precision * rule.recall / (rule.precision + rule.recall);
}
} // namespace

void explainDifferences(const feature::SampleLog::View &samples, std::span<const model::Side> sides,
                        Workspace::Explanation &out, const base::Progress &progress)
{
    const auto selected =
        static_cast<std::size_t>(std::count(sides.begin(), sides.end(), model::Side::Selected));
    const auto others = static_cast<std::size_t>(std::count(sides.begin(), sides.end(), model::Side::Others));
    out.others = others;
    if (selected == 0 || others == 0)
        return;
    const auto &schema = samples.schema();
    {
        const Thinned part = thin(sides, selected, others, kMaxRowsASide);
        const ml::Matrix x = samples.matrix(part.rows);
        out.differences = model::whyDifferent(schema, x, part.sides);
        for (std::size_t i = 0; i < std::min(kHistograms, out.differences.size()); ++i)
            out.histograms.push_back(model::twinHistogram(schema, x, part.sides, out.differences[i].column));
    }
    if (progress.stopped())
        return;
    const Thinned part = thin(sides, selected, others, kMaxRuleRowsASide);
    out.rule = model::findRule(schema, samples.matrix(part.rows), part.sides, {}, progress);
    if (!out.rule)
        return;
    if (part.rows.size() < selected + others)
        measure(*out.rule, samples, sides);
    out.ruleText = ruleText(*out.rule, schema);
}

std::string ruleText(const model::Rule &rule, const schema::Schema &schema)
{
    std::string text;
    for (const auto &term : rule.terms) {
        const auto &feature = schema[static_cast<std::size_t>(term.column)];
        text += fmt::format("{}{} {} {}", text.empty() ? "" : " and ", feature.title, term.above ? ">" : "≤",
                            base::formatValue(term.threshold, feature.unit));
    }
    return text;
}

} // namespace statescape::session
