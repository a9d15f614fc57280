// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/neighbour_map.h"

#include "core/ml/map_kernel.h"
#include "core/ml/map_pairs.h"
#include "core/ml/parallel.h"
#include "core/ml/pca.h"
#include "core/ml/row_neighbours.h"

#include <Eigen/SVD>
#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace statescape::ml {
using Index = Eigen::Index;

namespace {
constexpr std::size_t kFewRows = 8;
// What PaCMAP starts from: components of this spread.
constexpr double kStartSpread = 0.01;
// Of the passes, how many pull from afar, and how many still hold the large order.
constexpr double kFarShare = 100.0 / 450, kMiddleShare = 100.0 / 450;
// Points that have their places move as far as they must, not to another map as good.
constexpr double kSettledRate = 0.05;
constexpr std::size_t kRowsPerChunk = 1024;
constexpr std::size_t kRowsWorthThreads = 1500;
constexpr int kPlaceSteps = 12;

base::Error stopped()
{
    return base::fail(base::Code::Cancelled, "neighbour map stopped on request");
}

base::Result<> check(MatrixView x, const NeighbourMapOptions &options)
{
    if (x.rows() < 1 || x.cols() < 1)
        return base::fail(base::Code::NotEnoughData,
                          fmt::format("a map needs rows and columns, there are {} x {}", x.rows(), x.cols()));
    if (options.components < 2 || options.components > 3)
        return base::fail(base::Code::InvalidArgument,
                          fmt::format("a map has 2 or 3 components, not {}", options.components));
    if (options.neighbours < 0 || options.neighbours > 1000 || options.passes < 1)
        return base::fail(base::Code::InvalidArgument, "a map needs 1 to 1000 neighbours and 1 pass or more");
    for (Index i = 0; i < x.rows(); ++i)
        if (!kernel::allFinite(x.data() + i * x.outerStride(), static_cast<std::size_t>(x.cols()),
                               kernel::bestIsa()))
            return base::fail(base::Code::InvalidArgument,
                              fmt::format("row {} has a value that is not finite", i));
    return {};
}

/// As in the paper: 10, and more where more rows share the plane.
std::size_t neighboursFor(const NeighbourMapOptions &options, std::size_t rows)
{
    const double more = rows > 10'000 ? 15 * (std::log10(static_cast<double>(rows)) - 4) : 0;
    const auto wanted = options.neighbours > 0 ? static_cast<std::size_t>(options.neighbours)
                                               : static_cast<std::size_t>(std::lround(10 + more));
    // Some must be left to be pushed from.
    return std::max<std::size_t>(1, std::min(wanted, (rows - 1) / 3));
}

Matrix principal(MatrixView x, int components, const std::stop_token &stop)
{
    Matrix out = Matrix::Zero(x.rows(), components);
    const int count = static_cast<int>(std::min<Index>(components, x.cols()));
    const auto pca = Pca::fit(x, count, {stop, {}});
    if (!pca)
        return out;
    const auto scores = pca->project(x);
    if (!scores)
        return out;
    const double spread = std::sqrt(pca->variance()[0]);
    if (spread > 0)
        out.leftCols(count) = *scores / static_cast<float>(spread);
    return out;
}
} // namespace

struct NeighbourMap::Fitted {
    int components = 2;
    std::size_t neighbours = 0;
    DistinctRows distinct;
    RowTree tree;                          ///< of distinct rows
    std::vector<std::uint32_t> positionOf; ///< of each distinct row
    Matrix places;                         ///< of distinct rows, by position
    std::vector<float> scale;              ///< of distances around each position; empty with few rows
    Matrix coordinates;                    ///< of the rows given

    base::Result<> hold(MatrixView x, const NeighbourMapOptions &options, const base::Progress &progress);
    /// Coordinates of every row given from those of positions.
    void spread();
};

base::Result<> NeighbourMap::Fitted::hold(MatrixView x, const NeighbourMapOptions &options,
                                          const base::Progress &progress)
{
    components = options.components;
    distinct = distinctRows(x, progress.stop);
    if (progress.stopped())
        return stopped();
    tree = RowTree(x, distinct.first, progress.stop);
    if (progress.stopped())
        return stopped();
    positionOf.resize(tree.rows());
    for (std::uint32_t p = 0; p < tree.rows(); ++p)
        positionOf[tree.rowAt(p)] = p;
    neighbours = neighboursFor(options, std::max<std::size_t>(tree.rows(), 1));
    return {};
}

void NeighbourMap::Fitted::spread()
{
    coordinates.resize(static_cast<Index>(distinct.copy.size()), components);
    for (std::size_t i = 0; i < distinct.copy.size(); ++i)
        coordinates.row(static_cast<Index>(i)) = places.row(static_cast<Index>(positionOf[distinct.copy[i]]));
}

namespace {
/// What is moved: 4 values a row, so that one load reaches a row.
class Optimiser {
public:
    Optimiser(const MapPairs &pairs, int components, const Matrix &start)
        : m_pairs(pairs)
        , m_components(components)
        , m_rows(static_cast<std::size_t>(start.rows()))
        , m_y(4 * m_rows)
        , m_next(4 * m_rows)
        , m_moment1(4 * m_rows)
        , m_moment2(4 * m_rows)
    {
        for (Index i = 0; i < start.rows(); ++i)
            for (Index c = 0; c < components; ++c)
                m_y[static_cast<std::size_t>(4 * i + c)] = start(i, c);
        m_next = m_y;
    }

    /// @param fresh nothing is in its place yet: first the large order, then neighbourhoods
    /// @return false when asked to stop
    bool run(int passes, bool fresh, int threads, const base::Progress &progress)
    {
        const double far = fresh ? kFarShare * passes : 0;
        const double middle = far + (fresh ? kMiddleShare * passes : 0);
        for (int pass = 0; pass < passes; ++pass) {
            kernel::MapWeights weights;
            if (pass < far)
                weights = {2, static_cast<float>((1 - pass / far) * 1000 + pass / far * 3), 1};
            else if (pass < middle)
                weights = {3, 3, 1};
            const double rate = (fresh ? 1 : kSettledRate) * std::sqrt(1 - std::pow(0.999, pass + 1)) /
                                (1 - std::pow(0.9, pass + 1));
            if (!once(weights, {static_cast<float>(rate), 0.1F, 0.001F}, threads, progress))
                return false;
            if (pass % 10 == 9)
                progress.at(0.4 + 0.6 * (pass + 1) / passes, "moving points");
        }
        return true;
    }

    [[nodiscard]] Matrix result() const
    {
        Matrix out(static_cast<Index>(m_rows), m_components);
        for (Index i = 0; i < out.rows(); ++i)
            for (Index c = 0; c < m_components; ++c)
                out(i, c) = m_y[static_cast<std::size_t>(4 * i + c)];
        return out;
    }

private:
    bool once(const kernel::MapWeights &weights, const kernel::MapStep &step, int threads,
              const base::Progress &progress)
    {
        forEachChunk((m_rows + kRowsPerChunk - 1) / kRowsPerChunk, threads, [&](std::size_t chunk) {
            if (progress.stopped())
                return;
            const std::size_t from = chunk * kRowsPerChunk;
            kernel::mapStep({m_pairs.start.data(), m_pairs.pair.data()}, from,
                            std::min(from + kRowsPerChunk, m_rows), m_components, weights, step, m_y.data(),
                            m_next.data(), m_moment1.data(), m_moment2.data(), m_isa);
        });
        std::swap(m_y, m_next);
        return !progress.stopped();
    }

    const MapPairs &m_pairs;
    int m_components;
    std::size_t m_rows;
    std::vector<float> m_y, m_next, m_moment1, m_moment2;
    kernel::Isa m_isa = kernel::bestIsa();
};
} // namespace

base::Result<NeighbourMap> NeighbourMap::fit(MatrixView x, const NeighbourMapOptions &options,
                                             const Matrix &start, const base::Progress &progress)
{
    STATESCAPE_CHECK(check(x, options));
    const bool fresh = start.size() == 0;
    if (!fresh && (start.rows() != x.rows() || start.cols() != options.components || !start.allFinite()))
        return base::fail(
            base::Code::InvalidArgument,
            fmt::format("the start of a map must be {} x {} finite values", x.rows(), options.components));
    auto out = std::make_shared<Fitted>();
    progress.at(0, "looking for neighbours");
    STATESCAPE_CHECK(out->hold(x, options, progress));
    const std::size_t m = out->tree.rows();
    Matrix rows(static_cast<Index>(m), x.cols());
    Matrix reference(static_cast<Index>(m), options.components);
    for (std::uint32_t p = 0; p < m; ++p) {
        const auto given = static_cast<Index>(out->distinct.first[out->tree.rowAt(p)]);
        rows.row(p) = x.row(given);
        if (!fresh)
            reference.row(p) = start.row(given);
    }
    if (fresh)
        reference = principal(rows, options.components, progress.stop);
    if (m < kFewRows) {
        out->places = reference;
        out->spread();
        return NeighbourMap(std::move(out));
    }
    const int threads = m < kRowsWorthThreads ? 1 : threadCount(options.threads);
    STATESCAPE_TRY(const auto pairs,
                   drawMapPairs(out->tree, out->neighbours, options.seed, threads, progress));
    out->scale = pairs.scale;
    Optimiser optimiser(pairs, options.components,
                        fresh ? Matrix(reference * static_cast<float>(kStartSpread)) : reference);
    if (!optimiser.run(options.passes, fresh, threads, progress))
        return stopped();
    out->places = optimiser.result();
    alignPoints(out->places, reference);
    out->spread();
    return NeighbourMap(std::move(out));
}

base::Result<NeighbourMap> NeighbourMap::restore(MatrixView x, Matrix coordinates,
                                                 const NeighbourMapOptions &options,
                                                 const base::Progress &progress)
{
    STATESCAPE_CHECK(check(x, options));
    if (coordinates.rows() != x.rows() || coordinates.cols() != options.components ||
        !coordinates.allFinite())
        return base::fail(
            base::Code::InvalidArgument,
            fmt::format("coordinates of a map must be {} x {} finite values", x.rows(), options.components));
    auto out = std::make_shared<Fitted>();
    STATESCAPE_CHECK(out->hold(x, options, progress));
    const std::size_t m = out->tree.rows();
    out->places.resize(static_cast<Index>(m), options.components);
    for (std::uint32_t p = 0; p < m; ++p)
        out->places.row(p) = coordinates.row(static_cast<Index>(out->distinct.first[out->tree.rowAt(p)]));
    out->coordinates = std::move(coordinates);
    if (m >= kFewRows) {
        STATESCAPE_TRY(out->scale, mapScales(out->tree, threadCount(options.threads), progress));
    }
    return NeighbourMap(std::move(out));
}

int NeighbourMap::components() const
{
    return m_fitted->components;
}

int NeighbourMap::columns() const
{
    return m_fitted->tree.columns();
}

const Matrix &NeighbourMap::coordinates() const
{
    return m_fitted->coordinates;
}

void NeighbourMap::place(std::span<const float> row, std::span<float> out) const
{
    const Fitted &map = *m_fitted;
    const auto c = static_cast<std::size_t>(map.components);
    const auto at = [&](std::uint32_t position) { return map.places.data() + position * c; };
    std::vector<RowTree::Hit> hits;
    map.tree.nearest(row.data(), std::max<std::size_t>(map.neighbours, kScaleNeighbours) + kPlaceExtra,
                     std::numeric_limits<double>::infinity(), hits);
    if (hits.front().dist2 == 0 || map.scale.empty()) {
        std::copy_n(at(hits.front().position), c, out.data());
        return;
    }
    // The nearest as the map knows them: by distance over how wide the rows lie there.
    const auto scaled = [&](const RowTree::Hit &hit) { return hit.dist2 / map.scale[hit.position]; };
    std::stable_sort(hits.begin(), hits.end(),
                     [&](const auto &a, const auto &b) { return scaled(a) < scaled(b); });
    hits.resize(std::min(hits.size(), map.neighbours));
    const auto apart2 = [&](const float *a, const float *b) {
        float sum = 0;
        for (std::size_t k = 0; k < c; ++k)
            sum += (a[k] - b[k]) * (a[k] - b[k]);
        return sum;
    };
    // Pulls to two groups have two least points; the start decides for the better one.
    std::array<float, 3> y{};
    float least = std::numeric_limits<float>::infinity();
    for (const auto &from : hits) {
        float loss = 0;
        for (const auto &to : hits) {
            const float d = 1 + apart2(at(from.position), at(to.position));
            loss += d / (10 + d);
        }
        if (loss < least) {
            least = loss;
            std::copy_n(at(from.position), c, y.data());
        }
    }
    for (int step = 0; step < kPlaceSteps; ++step) {
        std::array<float, 3> sum{};
        float total = 0;
        for (const auto &hit : hits) {
            const float d = 11 + apart2(y.data(), at(hit.position));
            const float weight = 1 / (d * d);
            total += weight;
            for (std::size_t k = 0; k < c; ++k)
                sum[k] += weight * at(hit.position)[k];
        }
        for (std::size_t k = 0; k < c; ++k)
            y[k] = sum[k] / total;
    }
    std::copy_n(y.data(), c, out.data());
}

base::Result<Matrix> NeighbourMap::transform(MatrixView x, int threads, const base::Progress &progress) const
{
    if (x.cols() != columns())
        return base::fail(base::Code::InvalidArgument,
                          fmt::format("rows have {} columns, the map was made of {}", x.cols(), columns()));
    Matrix out(x.rows(), components());
    if (x.rows() == 0)
        return out;
    NeighbourMapOptions options;
    STATESCAPE_CHECK(check(x, options));
    constexpr std::size_t kChunk = 64;
    const auto n = static_cast<std::size_t>(x.rows());
    forEachChunk((n + kChunk - 1) / kChunk, n < kChunk * 4 ? 1 : threadCount(threads),
                 [&](std::size_t chunk) {
                     const std::size_t end = std::min((chunk + 1) * kChunk, n);
                     for (std::size_t i = chunk * kChunk; i < end && !progress.stopped(); ++i) {
                         const auto row = static_cast<Index>(i);
                         place({x.data() + row * x.outerStride(), static_cast<std::size_t>(x.cols())},
                               {out.data() + row * out.cols(), static_cast<std::size_t>(out.cols())});
                     }
                 });
    if (progress.stopped())
        return stopped();
    return out;
}

void alignPoints(Matrix &points, const Matrix &reference)
{
    if (points.rows() == 0)
        return;
    const Eigen::RowVectorXd mean = points.cast<double>().colwise().mean();
    const Eigen::RowVectorXd target = reference.cast<double>().colwise().mean();
    const Eigen::MatrixXd a = points.cast<double>().rowwise() - mean;
    const Eigen::MatrixXd b = reference.cast<double>().rowwise() - target;
    const Eigen::JacobiSVD<Eigen::MatrixXd> svd(a.transpose() * b, Eigen::ComputeFullU | Eigen::ComputeFullV);
    points = ((a * (svd.matrixU() * svd.matrixV().transpose())).rowwise() + target).cast<float>();
}

} // namespace statescape::ml
