// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/ward.h"

#include "core/ml/kernels.h"
#include "core/ml/kmeans.h"
#include "core/ml/spanning_tree.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
constexpr std::size_t kGroups = 4096;
// Float decides which pairs are measured in double.
constexpr float kMargin = 1.0002F;

struct Merge {
    double cost;
    std::uint32_t a, b; ///< rows of the start
};

/// Nearest-neighbour chain over weighted centres.
class WardChain {
public:
    WardChain(Eigen::MatrixXd centres, std::vector<double> weights, const base::Progress &progress)
        : m_progress(progress)
        , m_d(static_cast<std::size_t>(centres.cols()))
        , m_weight(std::move(weights))
        , m_row(m_weight.size())
    {
        // Float holds no more than 1e38 squared; scale and centre change no merge.
        const Eigen::RowVectorXd mean = centres.colwise().mean();
        centres.rowwise() -= mean;
        const double reach = centres.cwiseAbs().maxCoeff();
        m_scale = reach > 0 ? 1 / reach : 1;
        for (std::uint32_t i = 0; i < m_row.size(); ++i) {
            m_row[i] = i;
            for (Index j = 0; j < centres.cols(); ++j)
                m_centre.push_back(centres(i, j) * m_scale);
        }
        pack();
    }

    base::Result<std::vector<Merge>> run()
    {
        std::vector<Merge> out;
        const std::size_t wanted = m_weight.size() - 1;
        std::size_t alive = m_weight.size();
        std::vector<std::uint32_t> chain;
        while (alive > 1) {
            if (m_progress.stopped())
                return base::fail(Code::Cancelled, "Ward stopped on request");
            if ((out.size() & 255U) == 0)
                m_progress.at(static_cast<double>(out.size()) / static_cast<double>(wanted), "merging");
            if (chain.empty()) {
                if (2 * alive <= m_weight.size()) {
                    compact();
                    pack();
                }
                chain.push_back(static_cast<std::uint32_t>(
                    std::find_if(m_weight.begin(), m_weight.end(), [](double w) { return w > 0; }) -
                    m_weight.begin()));
            }
            const std::uint32_t top = chain.back();
            const std::uint32_t before = chain.size() > 1 ? chain[chain.size() - 2] : top;
            const auto [next, cost] = nearest(top, before);
            if (next != before || chain.size() < 2) {
                chain.push_back(next);
                continue;
            }
            chain.resize(chain.size() - 2);
            out.push_back({cost / (m_scale * m_scale), m_row[top], m_row[next]});
            join(std::min(top, next), std::max(top, next));
            --alive;
        }
        std::stable_sort(out.begin(), out.end(),
                         [](const Merge &a, const Merge &b) { return a.cost < b.cost; });
        return out;
    }

private:
    [[nodiscard]] double costOf(std::uint32_t a, std::uint32_t b) const
    {
        double sum = 0;
        for (std::size_t j = 0; j < m_d; ++j) {
            const double difference = m_centre[a * m_d + j] - m_centre[b * m_d + j];
            sum += difference * difference;
        }
        return sum * (m_weight[a] * m_weight[b] / (m_weight[a] + m_weight[b]));
    }

    /// @return the cheapest partner; @p before of equals, so that a chain ends.
    std::pair<std::uint32_t, double> nearest(std::uint32_t at, std::uint32_t before)
    {
        const float *tile = m_tiles.data() + at / kernel::kLanes * m_d * kernel::kLanes;
        for (std::size_t j = 0; j < m_d; ++j)
            m_query[j] = tile[j * kernel::kLanes + at % kernel::kLanes];
        kernel::distances(m_tiles.data(), m_dist2.size() / kernel::kLanes, static_cast<int>(m_d),
                          m_query.data(), m_dist2.data(), m_isa);
        const auto weight = static_cast<float>(m_weight[at]);
        m_dist2[at] = std::numeric_limits<float>::infinity();
        float least = std::numeric_limits<float>::infinity();
        for (std::size_t i = 0; i < m_weight.size(); ++i) {
            m_dist2[i] *= weight * m_weightFloat[i] / (weight + m_weightFloat[i]);
            // A merged slot has a weight that is not a number.
            least = m_dist2[i] < least ? m_dist2[i] : least;
        }
        // Rounding of centres is relative to the reach, which is 1.
        const float limit = least * kMargin + weight * 1e-11F + 6e-6F * std::sqrt(least * weight);
        std::uint32_t best = before;
        double cost = best == at ? std::numeric_limits<double>::infinity() : costOf(at, before);
        for (std::uint32_t i = 0; i < m_weight.size(); ++i) {
            if (!(m_dist2[i] <= limit) || i == at)
                continue;
            const double exact = costOf(at, i);
            if (exact < cost || best == at) {
                cost = exact;
                best = i;
            }
        }
        return {best, cost};
    }

    void join(std::uint32_t into, std::uint32_t gone)
    {
        const double total = m_weight[into] + m_weight[gone];
        for (std::size_t j = 0; j < m_d; ++j) {
            double &centre = m_centre[into * m_d + j];
            centre = (centre * m_weight[into] + m_centre[gone * m_d + j] * m_weight[gone]) / total;
            m_tiles[into / kernel::kLanes * m_d * kernel::kLanes + j * kernel::kLanes +
                    into % kernel::kLanes] = static_cast<float>(centre);
        }
        m_weight[into] = total;
        m_weight[gone] = 0;
        m_weightFloat[into] = static_cast<float>(total);
        m_weightFloat[gone] = std::numeric_limits<float>::quiet_NaN();
    }

    void compact()
    {
        std::size_t to = 0;
        for (std::size_t i = 0; i < m_weight.size(); ++i) {
            if (!(m_weight[i] > 0))
                continue;
            m_weight[to] = m_weight[i];
            m_row[to] = m_row[i];
            std::copy_n(m_centre.data() + i * m_d, m_d, m_centre.data() + to * m_d);
            ++to;
        }
        m_weight.resize(to);
        m_row.resize(to);
        m_centre.resize(to * m_d);
    }

    void pack()
    {
        const std::size_t n = m_weight.size();
        const std::size_t padded = (n + kernel::kLanes - 1) / kernel::kLanes * kernel::kLanes;
        m_tiles.assign(padded * m_d, 0);
        m_dist2.assign(padded, 0);
        m_query.resize(m_d);
        m_weightFloat.assign(m_weight.begin(), m_weight.end());
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t j = 0; j < m_d; ++j)
                m_tiles[i / kernel::kLanes * m_d * kernel::kLanes + j * kernel::kLanes + i % kernel::kLanes] =
                    static_cast<float>(m_centre[i * m_d + j]);
    }

    const base::Progress &m_progress;
    std::size_t m_d;
    std::vector<double> m_centre, m_weight; ///< weight 0: merged into another
    std::vector<std::uint32_t> m_row;
    std::vector<float> m_tiles, m_dist2, m_query, m_weightFloat;
    double m_scale = 1;
    kernel::Isa m_isa = kernel::bestIsa();
};

/// Centres of rows that lie together, with their number.
struct Groups {
    Matrix centres;
    std::vector<std::int32_t> of; ///< n
};

base::Result<Groups> groupRows(MatrixView x, const DistinctRows &distinct, int threads,
                               const base::Progress &progress)
{
    const RowTree tree(x, distinct.first, progress.stop);
    if (progress.stopped())
        return base::fail(Code::Cancelled, "Ward stopped on request");
    const std::size_t most = std::max<std::size_t>(1, distinct.first.size() / kGroups);
    std::vector<Eigen::VectorXd> means;
    std::vector<std::uint32_t> open{0};
    while (!open.empty()) {
        const auto &node = tree.nodes()[open.back()];
        open.pop_back();
        if (node.left != 0 && node.to - node.from > most) {
            open.push_back(node.left + 1);
            open.push_back(node.left);
            continue;
        }
        Eigen::VectorXd mean = Eigen::VectorXd::Zero(x.cols());
        for (std::uint32_t i = node.from; i < node.to; ++i)
            mean += Eigen::Map<const Eigen::VectorXf>(tree.values(i), x.cols()).cast<double>();
        means.push_back(mean / static_cast<double>(node.to - node.from));
    }
    KMeansOptions options;
    options.k = static_cast<int>(means.size());
    options.maxPasses = 2;
    options.threads = threads;
    options.start.resize(static_cast<Index>(means.size()), x.cols());
    for (std::size_t g = 0; g < means.size(); ++g)
        options.start.row(static_cast<Index>(g)) = means[g].transpose().cast<float>();
    STATESCAPE_TRY(const KMeans fit, KMeans::fit(x, options, base::Progress{progress.stop, {}}));
    return Groups{fit.centres(), fit.labels()};
}
} // namespace

base::Result<Ward> Ward::fit(MatrixView x, const WardOptions &options, const base::Progress &progress)
{
    if (options.k < 1 || options.mostExactRows < 1)
        return base::fail(Code::InvalidArgument,
                          fmt::format("k {} and the most exact rows {} must be 1 or more", options.k,
                                      options.mostExactRows));
    if (x.rows() < options.k || x.cols() < 1)
        return base::fail(Code::NotEnoughData, fmt::format("{} rows of {} columns cannot make {} clusters",
                                                           x.rows(), x.cols(), options.k));
    STATESCAPE_CHECK(checkFinite(x));
    const DistinctRows distinct = distinctRows(x, progress.stop);
    Ward out;
    out.m_exact = distinct.first.size() <= static_cast<std::size_t>(options.mostExactRows);
    Matrix start;
    std::vector<std::int32_t> of;
    if (out.m_exact) {
        start.resize(static_cast<Index>(distinct.first.size()), x.cols());
        for (std::size_t u = 0; u < distinct.first.size(); ++u)
            start.row(static_cast<Index>(u)) = x.row(static_cast<Index>(distinct.first[u]));
        of.assign(distinct.copy.begin(), distinct.copy.end());
    } else {
        STATESCAPE_TRY(Groups groups, groupRows(x, distinct, options.threads, progress));
        // A group that ran empty has no part in any sum.
        const int used = renumberByFirstRow(groups.of);
        Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(used, x.cols());
        Eigen::VectorXd sizes = Eigen::VectorXd::Zero(used);
        for (Index i = 0; i < x.rows(); ++i) {
            sums.row(groups.of[static_cast<std::size_t>(i)]) += x.row(i).cast<double>();
            sizes[groups.of[static_cast<std::size_t>(i)]] += 1;
        }
        start = (sizes.cwiseInverse().asDiagonal() * sums).cast<float>();
        of = std::move(groups.of);
    }
    std::vector<double> weights(static_cast<std::size_t>(start.rows()), 0);
    for (const std::int32_t group : of)
        weights[static_cast<std::size_t>(group)] += 1;
    const std::size_t groups = weights.size();
    STATESCAPE_TRY(const std::vector<Merge> merges,
                   WardChain(start.cast<double>(), std::move(weights), progress).run());
    DisjointSets sets(groups);
    for (std::size_t m = 0; m < merges.size(); ++m) {
        out.m_costs.push_back(merges[m].cost);
        if (groups - m > static_cast<std::size_t>(options.k))
            sets.join(merges[m].a, merges[m].b);
    }
    std::vector<std::int32_t> groupLabels(groups);
    for (std::uint32_t g = 0; g < groups; ++g)
        groupLabels[g] = static_cast<std::int32_t>(sets.find(g));
    std::vector<std::int32_t> labels;
    labels.reserve(of.size());
    for (const std::int32_t group : of)
        labels.push_back(groupLabels[static_cast<std::size_t>(group)]);
    // Groups come in order of their first rows, so both are numbered alike.
    const int clusters = renumberByFirstRow(labels);
    renumberByFirstRow(groupLabels);
    out.m_nearest = NearestLabels(start, groupLabels, clusters);
    out.m_clustering = countedClustering(std::move(labels), clusters);
    return out;
}

} // namespace statescape::ml
