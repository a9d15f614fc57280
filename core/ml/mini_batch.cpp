// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/mini_batch.h"

#include "core/ml/kmeans.h"
#include "core/ml/nearest_centre.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
// k-means++ on a few rows a cluster starts better than on just k.
constexpr Index kRowsPerCentre = 20;
} // namespace

base::Result<MiniBatchKMeans> MiniBatchKMeans::create(int k, int columns, std::uint64_t seed,
                                                      double forgetting)
{
    if (k < 1 || columns < 1 || !(forgetting > 0 && forgetting <= 1))
        return base::fail(Code::InvalidArgument,
                          fmt::format("{} centres of {} columns, forgetting {}", k, columns, forgetting));
    MiniBatchKMeans out;
    out.m_k = k;
    out.m_columns = columns;
    out.m_seed = seed;
    out.m_forgetting = forgetting;
    out.m_waiting.resize(0, columns);
    return out;
}

base::Result<> MiniBatchKMeans::update(MatrixView batch, std::span<const float> weights)
{
    if (batch.cols() != m_columns || (!weights.empty() && static_cast<Index>(weights.size()) != batch.rows()))
        return base::fail(Code::InvalidArgument,
                          fmt::format("a batch of {} x {} values with {} weights for {} columns",
                                      batch.rows(), batch.cols(), weights.size(), m_columns));
    if (!std::all_of(weights.begin(), weights.end(), [](float w) { return w >= 0 && std::isfinite(w); }))
        return base::fail(Code::InvalidArgument, "a weight is negative or not finite");
    STATESCAPE_CHECK(checkFinite(batch));
    if (!ready()) {
        const Index before = m_waiting.rows();
        m_waiting.conservativeResize(before + batch.rows(), m_columns);
        m_waiting.bottomRows(batch.rows()) = batch;
        for (Index i = 0; i < batch.rows(); ++i)
            m_waitingWeights.push_back(weights.empty() ? 1 : weights[static_cast<std::size_t>(i)]);
        const bool enough =
            m_waiting.rows() >= kRowsPerCentre * m_k &&
            std::any_of(m_waitingWeights.begin(), m_waitingWeights.end(), [](float w) { return w > 0; });
        return enough ? start() : base::Result<>{};
    }
    STATESCAPE_TRY(const auto labels, predict(batch));
    for (auto &weight : m_weights)
        weight *= m_forgetting;
    Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(m_k, m_columns);
    std::vector<double> added(m_weights.size(), 0);
    for (Index i = 0; i < batch.rows(); ++i) {
        const auto c = static_cast<std::size_t>(labels[static_cast<std::size_t>(i)]);
        const double weight = weights.empty() ? 1 : weights[static_cast<std::size_t>(i)];
        sums.row(static_cast<Index>(c)) += weight * batch.row(i).cast<double>();
        added[c] += weight;
    }
    for (std::size_t c = 0; c < added.size(); ++c) {
        if (!(added[c] > 0))
            continue;
        const auto row = static_cast<Index>(c);
        m_centres.row(row) =
            ((m_weights[c] * m_centres.row(row).cast<double>() + sums.row(row)) / (m_weights[c] + added[c]))
                .cast<float>();
        m_weights[c] += added[c];
    }
    return {};
}

base::Result<> MiniBatchKMeans::start()
{
    KMeansOptions options;
    options.k = m_k;
    options.seed = m_seed;
    options.restarts = 3;
    options.weights = m_waitingWeights;
    STATESCAPE_TRY(const KMeans fit, KMeans::fit(m_waiting, options));
    m_centres = fit.centres();
    m_weights.assign(static_cast<std::size_t>(m_k), 0);
    for (std::size_t i = 0; i < fit.labels().size(); ++i)
        m_weights[static_cast<std::size_t>(fit.labels()[i])] += m_waitingWeights[i];
    m_waiting.resize(0, m_columns);
    m_waitingWeights = {};
    return {};
}

base::Result<std::vector<std::int32_t>> MiniBatchKMeans::predict(MatrixView x) const
{
    if (!ready())
        return base::fail(Code::NotEnoughData, fmt::format("{} rows so far, {} start {} centres",
                                                           m_waiting.rows(), kRowsPerCentre * m_k, m_k));
    if (x.cols() != m_columns)
        return base::fail(Code::InvalidArgument,
                          fmt::format("clustered {} columns, got {}", m_columns, x.cols()));
    return nearestLabels(x, m_centres);
}

} // namespace statescape::ml
