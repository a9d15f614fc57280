// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/nearest_labels.h"

#include "core/ml/predict_rows.h"

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
    return predictRows(x, m_rows->columns(), m_clusters,
                       [this](const float *row, std::vector<RowTree::Hit> &hits) {
                           m_rows->nearest(row, 1, std::numeric_limits<double>::infinity(), hits);
                           return hits.empty() ? kNoise : m_labels[m_rows->rowAt(hits.front().position)];
                       });
}

} // namespace statescape::ml
