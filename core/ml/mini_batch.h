// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/ml/matrix.h"

#include <cstdint>
#include <span>
#include <vector>

namespace statescape::ml {

/// k-means of a stream: centres are means of the rows that came to them, each batch seen once. Rows before
/// the first k are kept until there are enough to start with. Not thread-safe.
/// @source Sculley 2010, Web-scale k-means clustering
class MiniBatchKMeans {
public:
    /// @param k 1 and above @param forgetting 0..1: factor on what centres remember, with every batch; 1: all
    /// @error InvalidArgument
    static base::Result<MiniBatchKMeans> create(int k, int columns, std::uint64_t seed = 1,
                                                double forgetting = 1);
    /// @param batch m x d, finite @param weights m, 0 and above, or empty @error InvalidArgument
    base::Result<> update(MatrixView batch, std::span<const float> weights = {});
    [[nodiscard]] bool ready() const { return m_centres.rows() > 0; }              ///< centres were chosen
    [[nodiscard]] const Matrix &centres() const { return m_centres; }              ///< k x d, or empty before
    [[nodiscard]] const std::vector<double> &weights() const { return m_weights; } ///< that each remembers
    /// @return nearest centre of each row @error InvalidArgument columns; NotEnoughData not ready
    [[nodiscard]] base::Result<std::vector<std::int32_t>> predict(MatrixView x) const;

private:
    MiniBatchKMeans() = default;
    base::Result<> start();
    int m_k = 1, m_columns = 1;
    std::uint64_t m_seed = 1;
    double m_forgetting = 1;
    Matrix m_waiting, m_centres;
    std::vector<float> m_waitingWeights;
    std::vector<double> m_weights;
};

} // namespace statescape::ml
