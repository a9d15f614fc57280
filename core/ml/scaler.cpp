// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/scaler.h"

#include "core/ml/statistics.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace statescape::ml {
using base::Code;

float signedLog1p(float value)
{
    return value < 0 ? -std::log1p(-value) : std::log1p(value);
}

double signedExpm1(double value)
{
    return value < 0 ? -std::expm1(-value) : std::expm1(value);
}

ColumnScale fitColumn(std::vector<float> &values, ScaleKind kind)
{
    ColumnScale column;
    column.present = values.size();
    if (values.empty()) {
        column.constant = true;
        return column;
    }
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    if (*low == *high) {
        column.centre = *low;
        column.constant = true;
        return column;
    }
    const Moments m = moments(values);
    column.standardDeviation = m.standardDeviation;
    column.centre = m.mean;
    column.scale = m.standardDeviation;
    if (kind == ScaleKind::Robust) {
        const double iqr = quantileInPlace(values, 0.75) - quantileInPlace(values, 0.25);
        column.centre = medianInPlace(values);
        const double mad = madInPlace(values, column.centre);
        column.scale = mad > 0 ? 1.4826 * mad : iqr > 0 ? iqr / 1.349 : m.standardDeviation;
    }
    // Denormal spreads would overflow the division.
    if (!(column.scale > 1e-30)) {
        column.scale = 1;
        column.constant = true;
    }
    return column;
}

base::Result<ColumnScaler> ColumnScaler::fit(MatrixView x, ScaleKind kind)
{
    if (x.rows() == 0 || x.cols() == 0)
        return base::fail(Code::NotEnoughData,
                          fmt::format("nothing to scale: {} x {} values", x.rows(), x.cols()));
    std::vector<ColumnScale> columns;
    std::vector<float> values;
    for (Eigen::Index j = 0; j < x.cols(); ++j) {
        values.clear();
        for (Eigen::Index i = 0; i < x.rows(); ++i) {
            const float value = x(i, j);
            if (std::isinf(value))
                return base::fail(Code::InvalidArgument,
                                  fmt::format("infinite value in row {} column {}", i, j));
            if (!std::isnan(value))
                values.push_back(value);
        }
        columns.push_back(fitColumn(values, kind));
    }
    return ColumnScaler(std::move(columns));
}

base::Result<Matrix> ColumnScaler::transform(MatrixView x) const
{
    if (static_cast<std::size_t>(x.cols()) != m_columns.size())
        return base::fail(Code::InvalidArgument,
                          fmt::format("scaler fitted on {} columns, got {}", m_columns.size(), x.cols()));
    Matrix out(x.rows(), x.cols());
    for (Eigen::Index i = 0; i < x.rows(); ++i)
        for (Eigen::Index j = 0; j < x.cols(); ++j) {
            const auto &column = m_columns[static_cast<std::size_t>(j)];
            out(i, j) = static_cast<float>((x(i, j) - column.centre) / column.scale);
        }
    return out;
}

} // namespace statescape::ml
