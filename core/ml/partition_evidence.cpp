// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/partition_evidence.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace statescape::ml {
using Index = Eigen::Index;

namespace {
// Between more clusters there is always some gap.
constexpr Index kMostCompared = 64;
// Of the way between two centres: rows nearer than this to a centre or to halfway count there.
constexpr double kNearEnough = 0.15;
constexpr double kLeastRows = 3;

/// Clusters as round clouds whose columns share one spread.
struct Clouds {
    Clouds(MatrixView x, const Clustering &found)
        : centres(Eigen::MatrixXd::Zero(found.clusters(), x.cols()))
        , scale(Eigen::RowVectorXd::Constant(x.cols(), 1e-12))
    {
        for (Index i = 0; i < x.rows(); ++i)
            if (const Index c = found.labels[static_cast<std::size_t>(i)]; c >= 0)
                centres.row(c) +=
                    x.row(i).cast<double>() / static_cast<double>(found.sizes[static_cast<std::size_t>(c)]);
        for (Index i = 0; i < x.rows(); ++i)
            if (const Index c = found.labels[static_cast<std::size_t>(i)]; c >= 0)
                scale += (x.row(i).cast<double>() - centres.row(c)).array().square().matrix() /
                         static_cast<double>(x.rows());
        scale = scale.cwiseInverse().eval();
    }
    [[nodiscard]] Eigen::VectorXd distances(const Eigen::RowVectorXd &row) const
    {
        return ((centres.rowwise() - row).array().square().rowwise() * scale.array()).rowwise().sum();
    }
    Eigen::MatrixXd centres;
    Eigen::RowVectorXd scale;
};
} // namespace

std::vector<std::vector<double>> sharedRows(std::span<const std::int32_t> a, int clustersA,
                                            std::span<const std::int32_t> b, int clustersB)
{
    std::vector<std::vector<double>> out(static_cast<std::size_t>(clustersA),
                                         std::vector<double>(static_cast<std::size_t>(clustersB), 0));
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i] >= 0 && b[i] >= 0)
            ++out[static_cast<std::size_t>(a[i])][static_cast<std::size_t>(b[i])];
    return out;
}

std::vector<double> lastingOf(std::span<const std::int32_t> before, int clusters, const Clustering &again)
{
    const auto cells = sharedRows(before, clusters, again.labels, again.clusters());
    std::vector<double> sizes(cells.size(), 0);
    for (const std::int32_t label : before)
        if (label >= 0)
            ++sizes[static_cast<std::size_t>(label)];
    std::vector<double> out(cells.size(), 0.5);
    for (std::size_t c = 0; c < cells.size(); ++c) {
        if (!(sizes[c] > 0))
            continue;
        out[c] = 0;
        for (std::size_t o = 0; o < cells[c].size(); ++o)
            out[c] = std::max(out[c],
                              cells[c][o] / (sizes[c] + static_cast<double>(again.sizes[o]) - cells[c][o]));
    }
    return out;
}

double emptinessBetween(MatrixView x, const Clustering &found, MatrixView others)
{
    const Index k = found.clusters();
    if (k < 2 || k > kMostCompared)
        return 0;
    const Clouds clouds(x, found);
    // At the lower centre, at the higher, halfway.
    Eigen::MatrixXd counts = Eigen::MatrixXd::Zero(k * k, 3);
    for (Index i = 0; i < others.rows(); ++i) {
        const Eigen::RowVectorXd row = others.row(i).cast<double>();
        Index own = 0;
        clouds.distances(row).minCoeff(&own);
        for (Index other = 0; other < k; ++other) {
            if (other == own)
                continue;
            const Eigen::RowVectorXd way = clouds.centres.row(other) - clouds.centres.row(own);
            const Eigen::RowVectorXd weighed = way.cwiseProduct(clouds.scale);
            const double at =
                (row - clouds.centres.row(own)).dot(weighed) / std::max(1e-300, way.dot(weighed));
            const Index pair = std::min(own, other) * k + std::max(own, other);
            if (std::fabs(at) < kNearEnough)
                ++counts(pair, own < other ? 0 : 1);
            else if (std::fabs(at - 0.5) < kNearEnough)
                ++counts(pair, 2);
        }
    }
    double best = -1;
    for (Index c = 0; c < k; ++c) {
        // Between clusters that are no neighbours lies a third.
        Eigen::VectorXd apart = clouds.distances(clouds.centres.row(c));
        apart[c] = std::numeric_limits<double>::infinity();
        Index neighbour = 0;
        apart.minCoeff(&neighbour);
        const Index pair = std::min(c, neighbour) * k + std::max(c, neighbour);
        const double ends = std::min(counts(pair, 0), counts(pair, 1));
        if (ends >= kLeastRows)
            best = std::max(best, 1 - (counts(pair, 2) + 2) / (ends + 2));
    }
    return best;
}

} // namespace statescape::ml
