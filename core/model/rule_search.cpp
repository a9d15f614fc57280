// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/rule_search.h"

#include "core/ml/sorting.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace statescape::model::rules {
namespace {
constexpr std::size_t kBeam = 12;
constexpr int kMostPasses = 5;
constexpr std::size_t kQuantiles = 127;
constexpr std::size_t kMostCuts = 254;
constexpr double kHair = 1e-12;

using Rows = std::vector<std::uint32_t>;

/// Rows of each side in each bin; missing values are in no bin.
struct Histogram {
    std::array<double, 256> selected{}, all{};
};

Rows covered(const Binned &data, std::span<const Range> ranges, int except)
{
    Rows rows(data.selected.size());
    std::iota(rows.begin(), rows.end(), 0U);
    for (const Range &range : ranges) {
        if (range.column == except)
            continue;
        const auto &bins = data.columns[static_cast<std::size_t>(range.column)].bins;
        std::size_t kept = 0;
        for (const std::uint32_t row : rows) {
            rows[kept] = row;
            kept += bins[row] >= range.low && bins[row] <= range.high && bins[row] != kMissingBin ? 1 : 0;
        }
        rows.resize(kept);
    }
    return rows;
}

Histogram histogram(const Binned &data, const Rows &rows, int column)
{
    std::array<std::uint32_t, 512> counts{};
    const auto &bins = data.columns[static_cast<std::size_t>(column)].bins;
    for (const std::uint32_t row : rows)
        ++counts[2U * bins[row] + data.selected[row]];
    Histogram out;
    for (std::size_t bin = 0; bin < kMissingBin; ++bin) {
        out.selected[bin] = data.weightSelected * counts[2 * bin + 1];
        out.all[bin] = out.selected[bin] + data.weightOthers * counts[2 * bin];
    }
    return out;
}

struct Found {
    int low = 0, high = 0;
    double f1 = -1;
};

Found bestAbove(const Histogram &bins, int last, double allSelected)
{
    Found best{0, last, -1};
    double selected = 0;
    double all = 0;
    for (int low = last; low > 0; --low) {
        selected += bins.selected[static_cast<std::size_t>(low)];
        all += bins.all[static_cast<std::size_t>(low)];
        if (const double f1 = 2 * selected / (allSelected + all); f1 > best.f1)
            best = {low, last, f1};
    }
    return best;
}

Found bestBelow(const Histogram &bins, int last, double allSelected)
{
    Found best{0, last, -1};
    double selected = 0;
    double all = 0;
    for (int high = 0; high < last; ++high) {
        selected += bins.selected[static_cast<std::size_t>(high)];
        all += bins.all[static_cast<std::size_t>(high)];
        if (const double f1 = 2 * selected / (allSelected + all); f1 > best.f1)
            best = {0, high, f1};
    }
    return best;
}

/// The interval of bins with the best F1, exactly: F1 >= r asks for a run of bins with
/// sum of 2 selected - r all >= r allSelected, and the run of largest sum is found in one pass
/// (Dinkelbach 1967; Kadane).
Found bestBetween(const Histogram &bins, int last, double allSelected)
{
    Found best{0, last, 0};
    for (int pass = 0; pass < 30; ++pass) {
        double sum = 0;
        double most = -1;
        int from = 0;
        Found run{0, last, 0};
        for (int bin = 0; bin <= last; ++bin) {
            if (sum <= 0) {
                sum = 0;
                from = bin;
            }
            const auto b = static_cast<std::size_t>(bin);
            sum += 2 * bins.selected[b] - best.f1 * bins.all[b];
            if (sum > most) {
                most = sum;
                run.low = from;
                run.high = bin;
            }
        }
        double selected = 0;
        double all = 0;
        for (int bin = run.low; bin <= run.high; ++bin) {
            selected += bins.selected[static_cast<std::size_t>(bin)];
            all += bins.all[static_cast<std::size_t>(bin)];
        }
        run.f1 = 2 * selected / (allSelected + all);
        if (!(run.f1 > best.f1 + kHair))
            break;
        best = run;
    }
    return best;
}

bool sameRanges(const Box &a, const Box &b)
{
    return a.ranges.size() == b.ranges.size() &&
           std::all_of(a.ranges.begin(), a.ranges.end(), [&](const Range &range) {
               return std::find(b.ranges.begin(), b.ranges.end(), range) != b.ranges.end();
           });
}

void keepBest(std::vector<Box> &beam)
{
    std::stable_sort(beam.begin(), beam.end(),
                     [](const Box &a, const Box &b) { return a.f1 > b.f1 + kHair; });
    std::vector<Box> kept;
    for (auto &box : beam)
        if (kept.size() < kBeam &&
            std::none_of(kept.begin(), kept.end(), [&](const Box &other) { return sameRanges(box, other); }))
            kept.push_back(std::move(box));
    beam = std::move(kept);
}

/// Adds to @p beams what one more range, or one more end of a range, makes of @p box.
void extend(const Binned &data, const Box &box, int maxTerms, std::vector<std::vector<Box>> &beams)
{
    const Rows inside = covered(data, box.ranges, -1);
    for (std::size_t c = 0; c < data.columns.size(); ++c) {
        const int column = static_cast<int>(c);
        const int last = data.columns[c].last();
        if (last == 0)
            continue;
        const auto known = std::find_if(box.ranges.begin(), box.ranges.end(),
                                        [&](const Range &range) { return range.column == column; });
        const auto bins = histogram(data, inside, column);
        const auto add = [&](const Found &found) {
            Box next = box;
            if (known == box.ranges.end()) {
                next.ranges.push_back({column, found.low, found.high});
            } else {
                auto &range = next.ranges[static_cast<std::size_t>(known - box.ranges.begin())];
                range.low = std::max(range.low, found.low);
                range.high = std::min(range.high, found.high);
            }
            next.f1 = found.f1;
            const int terms = termsOf(data, next);
            if (found.f1 > 0 && terms > termsOf(data, box) && terms <= maxTerms)
                beams[static_cast<std::size_t>(terms - 1)].push_back(std::move(next));
        };
        add(bestAbove(bins, last, data.allSelected));
        add(bestBelow(bins, last, data.allSelected));
        if (known == box.ranges.end())
            add(bestBetween(bins, last, data.allSelected));
    }
}
} // namespace

void BinnedColumn::fill(std::span<const float> values)
{
    bins.resize(values.size());
    // A search of fixed length has no branch to mispredict.
    std::array<float, 256> padded;
    padded.fill(INFINITY);
    std::copy(cuts.begin(), cuts.end(), padded.begin());
    for (std::size_t i = 0; i < values.size(); ++i) {
        const float value = values[i];
        std::uint32_t below = 0;
        for (std::uint32_t step = 128; step > 0; step /= 2)
            below += padded[below + step - 1] < value ? step : 0;
        bins[i] = std::isfinite(value) ? static_cast<std::uint8_t>(below) : kMissingBin;
    }
}

std::vector<float> cutsOf(std::array<std::vector<float>, 2> &sides)
{
    std::vector<std::uint32_t> scratch;
    std::vector<float> distinct;
    for (auto &side : sides) {
        ml::sortValues(side, scratch);
        distinct.insert(distinct.end(), side.begin(), side.end());
    }
    ml::sortValues(distinct, scratch);
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    std::vector<std::size_t> at;
    if (distinct.size() <= kMostCuts + 1) {
        at.resize(distinct.empty() ? 0 : distinct.size() - 1);
        std::iota(at.begin(), at.end(), std::size_t{0});
    } else {
        for (const auto &side : sides)
            for (std::size_t q = 1; q < kQuantiles && !side.empty(); ++q) {
                const float value = side[q * (side.size() - 1) / kQuantiles];
                const auto i = static_cast<std::size_t>(
                    std::lower_bound(distinct.begin(), distinct.end(), value) - distinct.begin());
                if (i + 1 < distinct.size())
                    at.push_back(i);
            }
        std::sort(at.begin(), at.end());
        at.erase(std::unique(at.begin(), at.end()), at.end());
    }
    std::vector<float> cuts;
    for (const std::size_t i : at) {
        const float middle = std::midpoint(distinct[i], distinct[i + 1]);
        cuts.push_back(middle < distinct[i + 1] ? middle : distinct[i]);
    }
    return cuts;
}

int termsOf(const Binned &data, const Box &box)
{
    int terms = 0;
    for (const Range &range : box.ranges)
        terms += (range.low > 0 ? 1 : 0) +
                 (range.high < data.columns[static_cast<std::size_t>(range.column)].last() ? 1 : 0);
    return terms;
}

void improve(const Binned &data, Box &box, const base::Progress &progress)
{
    for (int pass = 0; pass < kMostPasses; ++pass) {
        bool moved = false;
        for (Range &range : box.ranges) {
            if (progress.stopped())
                return;
            const int last = data.columns[static_cast<std::size_t>(range.column)].last();
            const auto bins = histogram(data, covered(data, box.ranges, range.column), range.column);
            const bool low = range.low > 0;
            const bool high = range.high < last;
            const Found found = low && high ? bestBetween(bins, last, data.allSelected)
                                : low       ? bestAbove(bins, last, data.allSelected)
                                            : bestBelow(bins, last, data.allSelected);
            // Where one end has become useless the box keeps its kind; fewer terms are another box.
            if (low && high && (found.low == 0 || found.high == last))
                continue;
            moved = moved || found.f1 > box.f1 + kHair;
            if (found.f1 > box.f1 + kHair || pass == 0) {
                range.low = found.low;
                range.high = found.high;
                box.f1 = found.f1;
            }
        }
        if (!moved && pass > 0)
            break;
    }
}

std::vector<std::vector<Box>> search(const Binned &data, int maxTerms, const base::Progress &progress)
{
    std::vector<std::vector<Box>> beams(static_cast<std::size_t>(maxTerms));
    extend(data, {}, maxTerms, beams);
    for (int terms = 1; terms <= maxTerms; ++terms) {
        auto &beam = beams[static_cast<std::size_t>(terms - 1)];
        keepBest(beam);
        for (auto &box : beam) {
            if (progress.stopped())
                return {};
            improve(data, box, progress);
        }
        keepBest(beam);
        if (terms == maxTerms)
            break;
        for (const auto &box : beam) {
            if (progress.stopped())
                return {};
            extend(data, box, maxTerms, beams);
        }
    }
    return beams;
}

} // namespace statescape::model::rules
