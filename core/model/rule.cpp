// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/rule.h"

#include "core/ml/parallel.h"
#include "core/ml/random.h"
#include "core/ml/sorting.h"
#include "core/model/rule_search.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>

namespace statescape::model {
using Index = Eigen::Index;

namespace {
constexpr std::size_t kMostSampled = 10000; // a side
constexpr std::size_t kTaken = 6;           // of each number of terms, to all rows
constexpr int kMostRounds = 4;

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
std::vector<std::vector<float>> gathered(ml::MatrixView x, const Rows &rows, std::span<const int> columns)
{
    constexpr std::size_t kTogether = 4096;
    std::vector<std::vector<float>> out(columns.size(), std::vector<float>(rows.size()));
    ml::forEachChunk((rows.size() + kTogether - 1) / kTogether, ml::threadCount(0), [&](std::size_t chunk) {
        const std::size_t last = std::min(rows.size(), (chunk + 1) * kTogether);
        for (std::size_t i = chunk * kTogether; i < last; ++i) {
            const float *row = x.data() + static_cast<Index>(rows[i]) * x.outerStride();
            for (std::size_t c = 0; c < columns.size(); ++c)
                out[c][i] = row[columns[c]];
        }
    });
    return out;
}

/// The number with the fewest significant digits in low <= number < high, nearest their middle.
double shortest(double low, double high)
{
    if (low <= 0 && high > 0)
        return 0;
    const double middle = low + (high - low) / 2;
    for (int digits = 1; digits <= 17; ++digits) {
        char text[40];
        std::snprintf(text, sizeof text, "%.*e", digits - 1, middle);
        const double number = std::strtod(text, nullptr);
        if (low <= number && number < high)
            return number;
    }
    return low;
}

/// Terms over whole columns of values.
class Exact {
public:
    struct Term {
        std::size_t column = 0; ///< of values
        bool above = true;
        double threshold = 0;
        [[nodiscard]] bool holds(float value) const
        {
            return std::isfinite(value) && (above ? value > threshold : value <= threshold);
        }
    };
    struct Counts {
        std::uint64_t covered = 0, hits = 0;
    };

    Exact(const std::vector<std::vector<float>> &values, const std::vector<std::uint8_t> &selected,
          std::uint64_t allSelected)
        : m_values(values)
        , m_selected(selected)
        , m_allSelected(allSelected)
    {}

    [[nodiscard]] double f1(const Counts &counts) const
    {
        return 2.0 * static_cast<double>(counts.hits) / static_cast<double>(m_allSelected + counts.covered);
    }
    [[nodiscard]] Counts count(const std::vector<Term> &terms) const
    {
        Counts out;
        for (std::size_t i = 0; i < m_selected.size(); ++i) {
            const bool in = holds(terms, i, terms.size());
            out.covered += in ? 1 : 0;
            out.hits += in && m_selected[i] != 0 ? 1 : 0;
        }
        return out;
    }

    /// Moves thresholds to where F1 is best among all values within @p width bins, one term at a time.
    void refine(std::vector<Term> &terms, const std::vector<rules::BinnedColumn> &columns,
                const base::Progress &progress) const
    {
        double best = f1(count(terms));
        for (int round = 0; round < kMostRounds; ++round) {
            const double before = best;
            for (std::size_t t = 0; t < terms.size() && !progress.stopped(); ++t)
                refineOne(terms, t, columns[terms[t].column].cuts, best);
            if (!(best > before))
                break;
        }
    }

    void round(std::vector<Term> &terms) const
    {
        for (Term &term : terms) {
            double low = -INFINITY;
            double high = INFINITY;
            for (const float value : m_values[term.column]) {
                if (!std::isfinite(value))
                    continue;
                if (value <= term.threshold)
                    low = std::max<double>(low, value);
                else
                    high = std::min<double>(high, value);
            }
            if (std::isfinite(low) && std::isfinite(high))
                term.threshold = shortest(low, high);
        }
    }

private:
    [[nodiscard]] bool holds(const std::vector<Term> &terms, std::size_t row, std::size_t except) const
    {
        for (std::size_t t = 0; t < terms.size(); ++t)
            if (t != except && !terms[t].holds(m_values[terms[t].column][row]))
                return false;
        return true;
    }

    void refineOne(std::vector<Term> &terms, std::size_t t, const std::vector<float> &cuts,
                   double &best) const
    {
        Term &term = terms[t];
        constexpr std::ptrdiff_t kWidth = 2;
        const auto at = std::lower_bound(cuts.begin(), cuts.end(), term.threshold) - cuts.begin();
        const auto size = static_cast<std::ptrdiff_t>(cuts.size());
        const double from = at > kWidth ? cuts[static_cast<std::size_t>(at - kWidth - 1)] : -INFINITY;
        const double to = at + kWidth < size ? cuts[static_cast<std::size_t>(at + kWidth)] : INFINITY;
        // Beyond the window on the side that stays inside: always covered.
        Counts counts;
        std::vector<std::uint64_t> window;
        for (std::size_t i = 0; i < m_selected.size(); ++i) {
            const float value = m_values[term.column][i];
            if (!std::isfinite(value) || !holds(terms, i, t))
                continue;
            const bool outside = term.above ? value <= from : value > to;
            const bool always = term.above ? value > to : value <= from;
            if (!outside && !always)
                window.push_back(static_cast<std::uint64_t>(ml::orderKey(value)) << 32 | m_selected[i]);
            counts.covered += always ? 1 : 0;
            counts.hits += always && m_selected[i] != 0 ? 1 : 0;
        }
        std::vector<std::uint64_t> scratch;
        ml::sortByKey(window, scratch);
        if (term.above)
            std::reverse(window.begin(), window.end());
        for (std::size_t i = 0; i < window.size(); ++i) {
            ++counts.covered;
            counts.hits += window[i] & 1;
            const std::uint64_t key = window[i] >> 32;
            if (i + 1 < window.size() && window[i + 1] >> 32 == key)
                continue;
            const double value = ml::orderedValue(static_cast<std::uint32_t>(key));
            // Above needs the next smaller value; without one the window's end, which rounding then centres.
            const double next = i + 1 < window.size()
                                    ? ml::orderedValue(static_cast<std::uint32_t>(window[i + 1] >> 32))
                                    : from;
            if (const double now = f1(counts); now > best && (!term.above || std::isfinite(next))) {
                best = now;
                term.threshold = term.above ? next : value;
            }
        }
    }

    const std::vector<std::vector<float>> &m_values;
    const std::vector<std::uint8_t> &m_selected;
    std::uint64_t m_allSelected;
};

std::vector<Exact::Term> exactTerms(const rules::Binned &data, const rules::Box &box)
{
    std::vector<Exact::Term> terms;
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

/// Drops terms that do not raise F1 by @p gain, the least useful first.
void prune(std::vector<Exact::Term> &terms, const Exact &exact, double gain)
{
    while (terms.size() > 1) {
        const double whole = exact.f1(exact.count(terms));
        double best = -1;
        std::size_t drop = 0;
        for (std::size_t t = 0; t < terms.size(); ++t) {
            auto fewer = terms;
            fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(t));
            if (const double f1 = exact.f1(exact.count(fewer)); f1 > best) {
                best = f1;
                drop = t;
            }
        }
        if (best <= whole - gain)
            return;
        terms.erase(terms.begin() + static_cast<std::ptrdiff_t>(drop));
    }
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
    const auto values = gathered(x, rows, columns);
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

    // The best boxes of each size, as long as their features are few enough to be read for every row.
    std::map<int, int> local;
    std::vector<int> columns;
    std::vector<rules::Box> boxes;
    for (std::size_t rank = 0; rank < kTaken; ++rank)
        for (const auto &beam : beams) {
            if (rank >= beam.size())
                continue;
            auto box = beam[rank];
            std::vector<int> fresh;
            for (const auto &range : box.ranges)
                if (!local.contains(range.column))
                    fresh.push_back(range.column);
            if (columns.size() + fresh.size() > static_cast<std::size_t>(std::max(options.candidates, 3)))
                continue;
            for (const int column : fresh) {
                local.emplace(column, static_cast<int>(columns.size()));
                columns.push_back(column);
            }
            for (auto &range : box.ranges)
                range.column = local.at(range.column);
            boxes.push_back(std::move(box));
        }
    const auto values = gathered(x, rows, columns);
    rules::Binned data;
    data.allSelected = static_cast<double>(rowsOf[1].size());
    for (const auto row : rows)
        data.selected.push_back(sides[row] == Side::Selected ? 1 : 0);
    data.columns.resize(columns.size());
    ml::forEachChunk(columns.size(), ml::threadCount(0), [&](std::size_t c) {
        if (progress.stopped())
            return;
        data.columns[c].cuts = sample.columns[static_cast<std::size_t>(columns[c])].cuts;
        data.columns[c].fill(values[c]);
    });
    progress.at(0.6, "rule");
    ml::forEachChunk(boxes.size(), ml::threadCount(0),
                     [&](std::size_t b) { rules::improve(data, boxes[b], progress); });
    if (progress.stopped())
        return std::nullopt;
    progress.at(0.8, "rule");

    const Exact exact(values, data.selected, rowsOf[1].size());
    double best = 2 * data.allSelected / (data.allSelected + static_cast<double>(rows.size()));
    int bestTerms = 0;
    std::vector<Exact::Term> chosen;
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
            return std::nullopt;
        const double f1 = exact.f1(exact.count(refined));
        if (f1 >= best + options.gain * (bestTerms == 0 ? 1 : terms - bestTerms)) {
            best = f1;
            bestTerms = terms;
            chosen = std::move(refined);
        }
    }
    if (chosen.empty())
        return std::nullopt;
    prune(chosen, exact, options.gain);
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
