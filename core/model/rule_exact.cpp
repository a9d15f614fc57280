// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/rule_exact.h"

#include "core/ml/sorting.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace statescape::model::rules {
namespace {
constexpr int kMostRounds = 4;

/// The number with the fewest significant digits in low <= number < high, nearest their middle.
double shortest(double low, double high)
{
    if (low <= 0 && high > 0)
        return 0;
    const double middle = low + (high - low) / 2;
    for (int digits = 1; digits <= 17; ++digits) {
        // Not printf: that follows the locale.
        std::array<char, 40> text;
        double number = low;
        const auto end =
            std::to_chars(text.begin(), text.end(), middle, std::chars_format::scientific, digits - 1);
        std::from_chars(text.begin(), end.ptr, number);
        if (low <= number && number < high)
            return number;
    }
    return low;
}

} // namespace

Exact::Counts Exact::count(const std::vector<Term> &terms) const
{
    Counts out;
    for (std::size_t i = 0; i < m_selected.size(); ++i) {
        const bool in = holds(terms, i, terms.size());
        out.covered += in ? 1 : 0;
        out.hits += in && m_selected[i] != 0 ? 1 : 0;
    }
    return out;
}

void Exact::refine(std::vector<Term> &terms, const std::vector<BinnedColumn> &columns,
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

void Exact::round(std::vector<Term> &terms) const
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

bool Exact::holds(const std::vector<Term> &terms, std::size_t row, std::size_t except) const
{
    for (std::size_t t = 0; t < terms.size(); ++t)
        if (t != except && !terms[t].holds(m_values[terms[t].column][row]))
            return false;
    return true;
}

void Exact::refineOne(std::vector<Term> &terms, std::size_t t, const std::vector<float> &cuts,
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
        const double next =
            i + 1 < window.size() ? ml::orderedValue(static_cast<std::uint32_t>(window[i + 1] >> 32)) : from;
        if (const double now = f1(counts); now > best && (!term.above || std::isfinite(next))) {
            best = now;
            term.threshold = term.above ? next : value;
        }
    }
}

void Exact::prune(std::vector<Term> &terms, double gain) const
{
    while (terms.size() > 1) {
        const double whole = f1(count(terms));
        double best = -1;
        std::size_t drop = 0;
        for (std::size_t t = 0; t < terms.size(); ++t) {
            auto fewer = terms;
            fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(t));
            if (const double now = f1(count(fewer)); now > best) {
                best = now;
                drop = t;
            }
        }
        if (best <= whole - gain)
            return;
        terms.erase(terms.begin() + static_cast<std::ptrdiff_t>(drop));
    }
}

} // namespace statescape::model::rules
