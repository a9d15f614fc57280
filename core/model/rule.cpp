// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/rule.h"

#include "core/ml/parallel.h"
#include "core/ml/random.h"
#include "core/model/rule_exact.h"
#include "core/model/rule_search.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace statescape::model {
using Index = Eigen::Index;

namespace {
constexpr std::size_t kMostSampled = 10000; // a side
constexpr int kFewestColumns = 3;
constexpr std::size_t kTaken = 6; // of each number of terms, to all rows

using Rows = std::vector<std::uint32_t>;

Rows sampled(const Rows &rows, std::uint64_t seed)
{
    if (rows.size() <= kMostSampled)
        return rows;
    ml::Random random(seed, 0x4e1e);
    Rows out(kMostSampled);
    for (std::size_t i = 0; i < kMostSampled; ++i) {
        const std::size_t from = i * rows.size() / kMostSampled;
        const std::size_t to = (i + 1) * rows.size() / kMostSampled;
        out[i] = rows[from + random.below(to - from)];
    }
    return out;
}

/// Values of some columns of some rows, read a cache line of each row at a time.
std::vector<std::vector<float>> gathered(ml::MatrixView x, const Rows &rows, std::span<const int> columns,
                                         const base::Progress &progress)
{
    constexpr std::size_t kTogether = 4096;
    std::vector<std::vector<float>> out(columns.size(), std::vector<float>(rows.size()));
    ml::forEachChunk((rows.size() + kTogether - 1) / kTogether, ml::threadCount(0), [&](std::size_t chunk) {
        if (progress.stopped())
            return;
        const std::size_t last = std::min(rows.size(), (chunk + 1) * kTogether);
        for (std::size_t i = chunk * kTogether; i < last; ++i) {
            const float *row = x.data() + static_cast<Index>(rows[i]) * x.outerStride();
            for (std::size_t c = 0; c < columns.size(); ++c)
                out[c][i] = row[columns[c]];
        }
    });
    return out;
}

std::vector<rules::Exact::Term> exactTerms(const rules::Binned &data, const rules::Box &box)
{
    std::vector<rules::Exact::Term> terms;
    for (const auto &range : box.ranges) {
        const auto column = static_cast<std::size_t>(range.column);
        const auto &cuts = data.columns[column].cuts;
        if (range.low > 0)
            terms.push_back({column, true, cuts[static_cast<std::size_t>(range.low - 1)]});
        if (range.high < data.columns[column].last())
            terms.push_back({column, false, cuts[static_cast<std::size_t>(range.high)]});
    }
    return terms;
}

/// The sample that is searched, both sides at most kMostSampled rows.
rules::Binned sampleOf(ml::MatrixView x, const std::array<Rows, 2> &sides, const base::Progress &progress)
{
    rules::Binned data;
    Rows rows;
    std::array<std::size_t, 2> counts{};
    for (const std::size_t side : {0U, 1U}) {
        const Rows some = sampled(sides[side], side);
        counts[side] = some.size();
        rows.insert(rows.end(), some.begin(), some.end());
        data.selected.insert(data.selected.end(), some.size(), static_cast<std::uint8_t>(side));
    }
    data.weightOthers = static_cast<double>(sides[0].size()) / static_cast<double>(counts[0]);
    data.weightSelected = static_cast<double>(sides[1].size()) / static_cast<double>(counts[1]);
    data.allSelected = static_cast<double>(sides[1].size());
    std::vector<int> columns(static_cast<std::size_t>(x.cols()));
    for (std::size_t c = 0; c < columns.size(); ++c)
        columns[c] = static_cast<int>(c);
    const auto values = gathered(x, rows, columns, progress);
    data.columns.resize(columns.size());
    ml::forEachChunk(columns.size(), ml::threadCount(0), [&](std::size_t c) {
        if (progress.stopped())
            return;
        std::array<std::vector<float>, 2> split;
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (std::isfinite(values[c][i]))
                split[data.selected[i]].push_back(values[c][i]);
        data.columns[c].cuts = rules::cutsOf(split);
        data.columns[c].fill(values[c]);
    });
    return data;
}
/// The best boxes of each size, as long as their features are few enough to be read for every row.
struct Shortlist {
    std::vector<int> columns;      ///< of the schema
    std::vector<rules::Box> boxes; ///< their ranges number columns of the list
};

Shortlist shortlist(const std::vector<std::vector<rules::Box>> &beams, std::size_t mostColumns)
{
    Shortlist out;
    std::map<int, int> local;
    for (std::size_t rank = 0; rank < kTaken; ++rank)
        for (const auto &beam : beams) {
            if (rank >= beam.size())
                continue;
            auto box = beam[rank];
            std::vector<int> fresh;
            for (const auto &range : box.ranges)
                if (!local.contains(range.column))
                    fresh.push_back(range.column);
            if (out.columns.size() + fresh.size() > mostColumns)
                continue;
            for (const int column : fresh) {
                local.emplace(column, static_cast<int>(out.columns.size()));
                out.columns.push_back(column);
            }
            for (auto &range : box.ranges)
                range.column = local.at(range.column);
            out.boxes.push_back(std::move(box));
        }
    return out;
}

/// Every row in the bins the sample was sorted into.
rules::Binned wholeOf(const rules::Binned &sample, std::span<const int> columns,
                      const std::vector<std::vector<float>> &values, std::vector<std::uint8_t> selected,
                      const base::Progress &progress)
{
    rules::Binned data;
    data.selected = std::move(selected);
    data.allSelected = sample.allSelected;
    data.columns.resize(columns.size());
    ml::forEachChunk(columns.size(), ml::threadCount(0), [&](std::size_t c) {
        if (progress.stopped())
            return;
        data.columns[c].cuts = sample.columns[static_cast<std::size_t>(columns[c])].cuts;
        data.columns[c].fill(values[c]);
    });
    return data;
}

/// The best box of each size, refined; a larger one only when every term more raises F1 by @p gain.
/// @return nothing when none beats taking all rows, or when stopped
std::vector<rules::Exact::Term> choose(const rules::Binned &data, const std::vector<rules::Box> &boxes,
                                       const rules::Exact &exact, double gain, const base::Progress &progress)
{
    double best = 2 * data.allSelected / (data.allSelected + static_cast<double>(data.selected.size()));
    int bestTerms = 0;
    std::vector<rules::Exact::Term> chosen;
    for (int terms = 1; terms <= 3; ++terms) {
        const rules::Box *top = nullptr;
        for (const auto &box : boxes)
            if (rules::termsOf(data, box) == terms && (top == nullptr || box.f1 > top->f1))
                top = &box;
        if (top == nullptr)
            continue;
        auto refined = exactTerms(data, *top);
        exact.refine(refined, data.columns, progress);
        if (progress.stopped())
            return {};
        const double f1 = exact.f1(exact.count(refined));
        if (f1 >= best + gain * (bestTerms == 0 ? 1 : terms - bestTerms)) {
            best = f1;
            bestTerms = terms;
            chosen = std::move(refined);
        }
    }
    return chosen;
}
} // namespace

bool Rule::holds(std::span<const float> row) const
{
    return std::all_of(terms.begin(), terms.end(), [&](const RuleTerm &term) {
        const auto column = static_cast<std::size_t>(term.column);
        if (column >= row.size() || !std::isfinite(row[column]))
            return false;
        return term.above ? row[column] > term.threshold : row[column] <= term.threshold;
    });
}

std::optional<Rule> findRule(const schema::Schema &schema, ml::MatrixView x, std::span<const Side> sides,
                             const RuleOptions &options, const base::Progress &progress)
{
    if (static_cast<std::size_t>(x.rows()) != sides.size() ||
        static_cast<std::size_t>(x.cols()) != schema.size())
        return std::nullopt;
    std::array<Rows, 2> rowsOf; // others, selected
    Rows rows;
    for (std::uint32_t i = 0; i < sides.size(); ++i)
        if (sides[i] != Side::LeftOut) {
            rowsOf[sides[i] == Side::Selected ? 1 : 0].push_back(i);
            rows.push_back(i);
        }
    if (rowsOf[0].empty() || rowsOf[1].empty())
        return std::nullopt;

    progress.at(0, "rule");
    const auto sample = sampleOf(x, rowsOf, progress);
    const auto beams = rules::search(sample, std::clamp(options.maxTerms, 1, 3), progress);
    if (progress.stopped())
        return std::nullopt;
    progress.at(0.4, "rule");

    auto [columns, boxes] =
        shortlist(beams, static_cast<std::size_t>(std::max(options.candidates, kFewestColumns)));
    const auto values = gathered(x, rows, columns, progress);
    std::vector<std::uint8_t> selected;
    for (const auto row : rows)
        selected.push_back(sides[row] == Side::Selected ? 1 : 0);
    const auto data = wholeOf(sample, columns, values, std::move(selected), progress);
    progress.at(0.6, "rule");
    ml::forEachChunk(boxes.size(), ml::threadCount(0), [&data, &boxes = boxes, &progress](std::size_t b) {
        rules::improve(data, boxes[b], progress);
    });
    if (progress.stopped())
        return std::nullopt;
    progress.at(0.8, "rule");

    const rules::Exact exact(values, data.selected, rowsOf[1].size());
    auto chosen = choose(data, boxes, exact, options.gain, progress);
    if (chosen.empty())
        return std::nullopt;
    exact.prune(chosen, options.gain);
    exact.round(chosen);

    Rule rule;
    const auto counts = exact.count(chosen);
    for (const auto &term : chosen)
        rule.terms.push_back({columns[term.column], term.above, term.threshold});
    rule.covered = counts.covered;
    rule.precision = static_cast<double>(counts.hits) / static_cast<double>(counts.covered);
    rule.recall = static_cast<double>(counts.hits) / data.allSelected;
    rule.f1 = exact.f1(counts);
    progress.at(1, "rule");
    return rule;
}

} // namespace statescape::model
