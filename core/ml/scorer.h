// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/ml/kernels.h"
#include "core/ml/matrix.h"

#include <cstdint>
#include <span>
#include <vector>

namespace statescape::ml {

/// log1p of |value| with its sign, in vectors: at most 2 units in the last place from signedLog1p(), the same
/// bits on every CPU. @param value, out finite, count values; may be the same
void signedLog1p(const float *value, float *out, std::size_t count);

/// How one column comes into the scaled space: (value or its signed log1p, less centre) / scale.
struct ScorerColumn {
    bool log1p = false;
    double centre = 0;
    double scale = 1; ///< > 0
};

/// Rows into the scaled space: columns in whole vectors. Immutable; any thread.
class RowScaler {
public:
    RowScaler() = default;
    /// @param columns with scales above 0, centres finite @param clip > 0: scaled values beyond are cut
    RowScaler(std::span<const ScorerColumn> columns, float clip);
    [[nodiscard]] int columns() const { return m_columns; }
    /// @param raw d finite values @param out d values; may be @p raw
    void scale(const float *raw, float *out) const;
    /// @return what scale() makes of @p value in column @p column once its logarithm is taken.
    [[nodiscard]] float scaled(std::size_t column, float value) const;

private:
    int m_columns = 0;
    float m_clip = 1;
    std::vector<std::int32_t> m_log;         ///< all bits set where log1p applies; whole vectors
    std::vector<double> m_centre, m_inverse; ///< whole vectors
};

/// Squared distances from a row to prototypes in tiles. Immutable; any thread.
class PrototypeDistances {
public:
    PrototypeDistances() = default;
    /// @param prototypes k x d @param metric d x d, or empty: distances are between rows times metric
    explicit PrototypeDistances(const Matrix &prototypes, const Matrix &metric = {});
    [[nodiscard]] std::size_t room() const { return m_tiles.count() * kernel::kLanes; }
    /// @param z d values @param turned scratch @param dist2 room() values, the first k mean something.
    /// O(d (d + k))
    void measure(const float *z, std::vector<float> &turned, float *dist2) const;

private:
    std::vector<float> m_metric; ///< d rows of whole vectors, or empty
    kernel::Tiles m_tiles;
};

/// A fitted preparation and its prototypes, laid out for speed: transforms and distances without a call
/// between. Immutable; any thread with its own Scratch.
class Scorer {
public:
    /// @param columns d >= 1 @param clip > 0: scaled values beyond are cut @param prototypes k x d in the
    /// scaled space, k >= 1 @param metric d x d, or empty: distances are between rows times metric
    /// @error InvalidArgument shapes, a scale or clip that is not above 0, a value that is not finite
    static base::Result<Scorer> create(std::span<const ScorerColumn> columns, float clip,
                                       const Matrix &prototypes, const Matrix &metric = {});

    /// Working memory of one thread; keep it from row to row.
    struct Scratch {
        std::vector<float> scaled, turned, dist2;
    };
    [[nodiscard]] int columns() const { return m_scaler.columns(); }
    [[nodiscard]] int prototypes() const { return m_prototypes; }
    /// @param raw d finite values @return d scaled values, valid until the next call with @p scratch
    std::span<const float> scale(const float *raw, Scratch &scratch) const;
    /// @param raw d finite values @return squared distance to each prototype, likewise. O(d (d + k))
    std::span<const float> distances(const float *raw, Scratch &scratch) const;

    struct Nearest {
        std::vector<std::int32_t> prototype; ///< the first of equals
        std::vector<float> dist2;
    };
    /// @param raw n x d, finite @param threads 0 chooses @error InvalidArgument another number of columns
    [[nodiscard]] base::Result<Nearest> nearest(MatrixView raw, int threads = 0) const;

private:
    Scorer() = default;
    int m_prototypes = 0;
    RowScaler m_scaler;
    PrototypeDistances m_distances;
};

} // namespace statescape::ml
