// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/rule_search.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

/// The last step of findRule(): thresholds between values that occur, not between bins.
namespace statescape::model::rules {

/// Conjunctions measured on every row. Keeps references: the columns outlive it.
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

    /// @param values columns of n values @param selected n flags @param allSelected how many of them are set
    Exact(const std::vector<std::vector<float>> &values, const std::vector<std::uint8_t> &selected,
          std::uint64_t allSelected)
        : m_values(values)
        , m_selected(selected)
        , m_allSelected(allSelected)
    {}

    [[nodiscard]] Counts count(const std::vector<Term> &terms) const;
    [[nodiscard]] double f1(const Counts &counts) const
    {
        return 2.0 * static_cast<double>(counts.hits) / static_cast<double>(m_allSelected + counts.covered);
    }
    /// Moves thresholds to where F1 is best among all values within two bins, one term at a time, while it
    /// rises.
    void refine(std::vector<Term> &terms, const std::vector<BinnedColumn> &columns,
                const base::Progress &progress) const;
    /// Drops terms that do not raise F1 by @p gain, the least useful first.
    void prune(std::vector<Term> &terms, double gain) const;
    /// Gives each threshold as few significant digits as keep the same rows on each side.
    void round(std::vector<Term> &terms) const;

private:
    [[nodiscard]] bool holds(const std::vector<Term> &terms, std::size_t row, std::size_t except) const;
    void refineOne(std::vector<Term> &terms, std::size_t t, const std::vector<float> &cuts,
                   double &best) const;

    const std::vector<std::vector<float>> &m_values;
    const std::vector<std::uint8_t> &m_selected;
    std::uint64_t m_allSelected;
};

} // namespace statescape::model::rules
