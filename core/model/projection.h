// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/ml/matrix.h"
#include "core/schema/schema.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace statescape::model {

struct AxisMeaning {
    double varianceShare = 0;    ///< 0..1
    std::vector<int> columns;    ///< schema columns that load most, largest first (up to 3)
    std::vector<float> loadings; ///< theirs, signed
    std::string text;            ///< "PC1 41 %: block latency, I/O wait"
};

/// The picture's axes: transform (log1p by catalogue), imputation, robust scaling and the first principal
/// components of some rows of a schema, without any clusters. What the point view shows before and after a
/// model exists. Immutable.
class Projection {
public:
    /// @param x n x schema.size(), NaN where missing. @param components 1..8 @param previous axes to stay
    /// close to: components are matched, signs kept, rotation inside near-equal eigenvalues aligned
    /// (orthogonal Procrustes); may be null.
    /// @param columns to use; empty: all but kind Level
    /// @error NotEnoughData fewer than 3 usable rows or no varying column
    static base::Result<Projection> fit(const schema::Schema &schema, ml::MatrixView x, int components,
                                        const Projection *previous = nullptr,
                                        std::span<const int> columns = {});

    [[nodiscard]] int components() const;
    [[nodiscard]] std::size_t rowsFitted() const;
    /// @param row schema.size() values. @param out components() values.
    void project(std::span<const float> row, std::span<float> out) const;
    /// @return n x components
    [[nodiscard]] ml::Matrix projectAll(ml::MatrixView x) const;
    [[nodiscard]] std::vector<AxisMeaning> axes(const schema::Schema &schema) const;
    /// @return schema columns the axes are made of, d of them.
    [[nodiscard]] std::vector<int> columns() const;
    /// @return d x components(): how much each standardised feature of columns() weighs on each axis; columns
    /// of unit length.
    [[nodiscard]] Eigen::MatrixXd loadings() const;
    /// @return share of the whole variance on each component, also those beyond components(): for a scree
    /// plot. At most d.
    [[nodiscard]] std::vector<double> varianceShares() const;
    /// Transform, imputation and scaling without the axes. @param out columns().size() values, robust sigmas.
    void standardise(std::span<const float> row, std::span<float> out) const;
    /// @return largest principal angle between the two subspaces of the first min(3) components, degrees
    /// 0..90.
    [[nodiscard]] double driftDegrees(const Projection &other) const;
    /// For storing the picture with the session. @error Corrupt
    [[nodiscard]] std::string toJson() const;
    static base::Result<Projection> fromJson(std::string_view text);

private:
    struct Data;
    explicit Projection(std::shared_ptr<const Data> data);
    std::shared_ptr<const Data> m_data;
};

} // namespace statescape::model
