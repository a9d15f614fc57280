// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/nearest_labels.h"

#include "core/ml/kmeans.h"
#include "core/ml/parallel.h"

#include <algorithm>
#include <fmt/format.h>
#include <limits>

namespace statescape::ml {

NearestLabels::NearestLabels(MatrixView x, std::span<const std::int32_t> labels, int clusters)
{
    const DistinctRows distinct = distinctRows(x);
    *this = NearestLabels(std::make_shared<const RowTree>(x, distinct.first), distinct, labels, clusters);
}

NearestLabels::NearestLabels(std::shared_ptr<const RowTree> rows, const DistinctRows &distinct,
                             std::span<const std::int32_t> labels, int clusters)
    : m_rows(std::move(rows))
    , m_clusters(clusters)
{
    for (const std::uint32_t row : distinct.first)
        m_labels.push_back(labels[row]);
}

base::Result<Clustering> NearestLabels::predict(MatrixView x) const
{
    if (x.cols() != m_rows->columns())
        return base::fail(base::Code::InvalidArgument,
                          fmt::format("rows have {} columns, those seen {}", x.cols(), m_rows->columns()));
    STATESCAPE_CHECK(checkFinite(x));
    std::vector<std::int32_t> labels(static_cast<std::size_t>(x.rows()), kNoise);
    constexpr std::size_t kRows = 512;
    forEachChunk((labels.size() + kRows - 1) / kRows, labels.size() < 4 * kRows ? 1 : threadCount(0),
                 [&](std::size_t chunk) {
                     std::vector<RowTree::Hit> hits;
                     for (std::size_t i = chunk * kRows; i < std::min((chunk + 1) * kRows, labels.size());
                          ++i) {
                         m_rows->nearest(x.data() + static_cast<Eigen::Index>(i) * x.outerStride(), 1,
                                         std::numeric_limits<double>::infinity(), hits);
                         if (!hits.empty())
                             labels[i] = m_labels[m_rows->rowAt(hits.front().position)];
                     }
                 });
    return countedClustering(std::move(labels), m_clusters);
}

} // namespace statescape::ml
