// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/matrix.h"

#include <cstdint>
#include <memory>
#include <span>

namespace statescape::ml {

struct NeighbourMapOptions {
    int components = 2;     ///< 2 or 3
    int neighbours = 0;     ///< near rows that pull a row; 0: 10, and more beyond 10,000 rows
    std::uint64_t seed = 1; ///< of the pairs that are drawn
    int passes = 450;       ///< 1 and above
    int threads = 0;        ///< 0 chooses; the answer does not depend on it
};

/// A map of rows in two or three dimensions that keeps near rows near: PaCMAP. Pulls each row to its nearest
/// others and, at first, to some that are only fairly near, and pushes it from further ones, starting from
/// principal components, so that the large order survives as far as it can. Distances between far groups and
/// their sizes mean little. Equal rows lie in one place. Immutable; any thread.
/// @source Wang, Huang, Rudin & Shaposhnik 2021 (JMLR 22:201); Kingma & Ba 2015 (Adam)
class NeighbourMap {
public:
    /// O(n (d + passes)) and the search for neighbours, O(n log n) with few columns and up to O(n^2 d).
    /// Fewer than 8 distinct rows have no neighbourhoods worth the name: they are laid on principal
    /// components.
    /// @param x n x d, finite @param start empty, or n x components to start from and stay near: coordinates
    /// of a map of before; what comes out is turned and shifted to lie on it as well as it can
    /// @error NotEnoughData n < 1 or d < 1; InvalidArgument an option out of range, a value that is not
    /// finite, or a start of another shape; Cancelled
    static base::Result<NeighbourMap> fit(MatrixView x, const NeighbourMapOptions &options = {},
                                          const Matrix &start = {}, const base::Progress &progress = {});
    /// The map that gave @p coordinates for these rows, to place others in: the same answers as the one that
    /// was fitted. @error as fit()
    static base::Result<NeighbourMap> restore(MatrixView x, Matrix coordinates,
                                              const NeighbourMapOptions &options = {},
                                              const base::Progress &progress = {});

    [[nodiscard]] int components() const;
    [[nodiscard]] int columns() const;               ///< d
    [[nodiscard]] const Matrix &coordinates() const; ///< n x components, of the rows fitted

    /// Where a row belongs among the fitted ones, which stay where they are: at the least of PaCMAP's pull to
    /// its nearest ones. A row equal to a fitted one lies in its place. O(m d) at worst, m distinct rows.
    /// @param row d values, finite @param out components values
    void place(std::span<const float> row, std::span<float> out) const;
    /// place() for each row. @param x m x d, finite @return m x components
    /// @error InvalidArgument another number of columns or a value that is not finite; Cancelled
    [[nodiscard]] base::Result<Matrix> transform(MatrixView x, int threads = 0,
                                                 const base::Progress &progress = {}) const;

private:
    struct Fitted;
    explicit NeighbourMap(std::shared_ptr<const Fitted> fitted)
        : m_fitted(std::move(fitted))
    {}
    std::shared_ptr<const Fitted> m_fitted;
};

/// Turns, mirrors and shifts (never stretches) @p points to lie on @p reference as well as they can by least
/// squares. @param points, reference n x c, c <= 3 @source Schoenemann 1966 (orthogonal Procrustes)
void alignPoints(Matrix &points, const Matrix &reference);

} // namespace statescape::ml
