// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/predict_rows.h"

#include "core/ml/kmeans.h"
#include "core/ml/parallel.h"

#include <algorithm>
#include <fmt/format.h>

namespace statescape::ml {

base::Result<Clustering> predictRows(MatrixView x, Eigen::Index columns, int clusters, const PlaceRow &place)
{
    if (x.cols() != columns)
        return base::fail(base::Code::InvalidArgument,
                          fmt::format("rows have {} columns, those fitted on {}", x.cols(), columns));
    STATESCAPE_CHECK(checkFinite(x));
    std::vector<std::int32_t> labels(static_cast<std::size_t>(x.rows()), kNoise);
    constexpr std::size_t kRows = 512;
    forEachChunk((labels.size() + kRows - 1) / kRows, labels.size() < 4 * kRows ? 1 : threadCount(0),
                 [&](std::size_t chunk) {
                     std::vector<RowTree::Hit> hits;
                     for (std::size_t i = chunk * kRows; i < std::min((chunk + 1) * kRows, labels.size());
                          ++i)
                         labels[i] = place(x.data() + static_cast<Eigen::Index>(i) * x.outerStride(), hits);
                 });
    return countedClustering(std::move(labels), clusters);
}

} // namespace statescape::ml
