// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/kernels.h"
#include "core/ml/matrix.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace statescape::ml {

/// Exact nearest rows of a fixed set by Euclidean distance. Every row is looked at, sixteen at a time, but
/// first only in a few leading principal directions and the length of the rest, which bound the distance from
/// below; the few that could still be near are measured in full. A k-d tree (nanoflann, 10 neighbours among
/// 20,000 rows) is faster up to 8 columns, half as fast with 16 and 25 times slower with 89, where it visits
/// nearly every leaf; samples have 20 to 90. Immutable; any thread.
class NearRows {
public:
    /// @param rows m x d, finite; copied
    explicit NearRows(MatrixView rows);

    [[nodiscard]] std::size_t rows() const { return m_full.rows(); }

    /// Working memory of one thread.
    struct Scratch {
        std::vector<float> leading, bounds, exact;
    };
    struct Hit {
        float dist2 = 0; ///< squared distance
        std::uint32_t row = 0;
    };

    /// @param row d values, finite @return whether a row lies within @p radius2 (squared, inclusive).
    [[nodiscard]] bool anyWithin(const float *row, float radius2, Scratch &scratch) const;
    /// The k nearest, nearest first, the lower row first of equals.
    /// @param groups rows() values, or empty: rows of group @p own are passed over
    /// @param hits in: any rows, from which to guess how far to look (those of a query nearby); out: the
    /// answer, fewer than k when there are no more
    void nearest(const float *row, std::size_t k, std::span<const std::uint32_t> groups, std::uint32_t own,
                 std::vector<Hit> &hits, Scratch &scratch) const;

private:
    void lead(const float *row, std::vector<float> &out) const;
    [[nodiscard]] float distance2(const float *row, std::uint32_t other) const;
    void bound(const float *row, Scratch &scratch) const;

    kernel::Tiles m_full, m_leading; ///< the latter has no rows when there are few columns
    kernel::Isa m_isa = kernel::bestIsa();
    Matrix m_basis;            ///< d x kLeading, orthonormal columns
    std::vector<float> m_mean; ///< d
    float m_slack = 0;         ///< squared distance by which rounding may lift a bound
};

} // namespace statescape::ml
