// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/draw_rows.h"

#include <algorithm>
#include <numeric>

namespace statescape::ml {
using Index = Eigen::Index;

Matrix drawRows(MatrixView x, std::size_t count, Random &random, std::vector<std::size_t> *which)
{
    std::vector<std::size_t> rows(static_cast<std::size_t>(x.rows()));
    std::iota(rows.begin(), rows.end(), std::size_t{0});
    count = std::min(count, rows.size());
    for (std::size_t i = 0; i < count; ++i)
        std::swap(rows[i], rows[i + random.below(rows.size() - i)]);
    rows.resize(count);
    std::sort(rows.begin(), rows.end());
    Matrix out(static_cast<Index>(count), x.cols());
    for (std::size_t i = 0; i < count; ++i)
        out.row(static_cast<Index>(i)) = x.row(static_cast<Index>(rows[i]));
    if (which != nullptr)
        *which = std::move(rows);
    return out;
}

} // namespace statescape::ml
