// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/matrix.h"

#include <cstddef>
#include <span>
#include <vector>

namespace statescape::ml {

/// Squared distances |L_p (z - c_p)|^2 of rows to normal distributions, in float. A row measured alone has
/// the bits it has among others, the same on every CPU. Immutable; any thread with its own Scratch.
class GaussianDistances {
public:
    GaussianDistances() = default;
    /// @param centres k x d @param factors k lower triangles d x d; what is above the diagonal is not read
    GaussianDistances(const Matrix &centres, std::span<const Matrix> factors);

    struct Scratch {
        std::vector<float> apart;
    };
    [[nodiscard]] int size() const { return static_cast<int>(m_centres.rows()); }
    /// @param rows count x d, @p stride values apart @param dist2 count x k. O(count k d^2); several rows at
    /// a time cost less each
    void measure(const float *rows, std::ptrdiff_t stride, std::size_t count, Scratch &scratch,
                 float *dist2) const;

private:
    struct alignas(64) Line {
        float lane[16];
    };
    std::size_t m_lines = 0; ///< of one factor
    Matrix m_centres;
    std::vector<Line> m_factors; ///< 16 rows of a factor a panel, column by column up to its diagonal
};

} // namespace statescape::ml
