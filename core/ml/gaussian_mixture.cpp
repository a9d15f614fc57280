// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/gaussian_mixture.h"

#include "core/ml/gaussian_pass.h"
#include "core/ml/kmeans.h"
#include "core/ml/parallel.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>
#include <numbers>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
constexpr std::size_t kMaxChunks = 16;
constexpr double kParallelWork = 4e6;
// Beyond this spread of a factor's diagonal float sums lose the small variances.
constexpr double kFloatSpread = 64;
constexpr double kFloatReach = 1e9;

bool isFlat(Covariance kind)
{
    return kind == Covariance::Diagonal || kind == Covariance::Spherical;
}
} // namespace

/// One fit, or one look at new rows, with its scratch memory.
class GaussianMixtureRun {
public:
    GaussianMixtureRun(MatrixView x, int k, Covariance kind, double regularisation, int threads,
                       const base::Progress &progress)
        : m_x(x)
        , m_progress(progress)
        , m_kind(kind)
        , m_regularisation(regularisation)
        , m_blocks((static_cast<std::size_t>(x.rows()) + kBlockRows - 1) / kBlockRows)
        , m_blocksPerChunk(std::max<std::size_t>(4, (m_blocks + kMaxChunks - 1) / kMaxChunks))
        , m_chunks((m_blocks + m_blocksPerChunk - 1) / m_blocksPerChunk)
        , m_partials(m_chunks)
    {
        const double work = static_cast<double>(x.size()) * k * (isFlat(kind) ? 2 : x.cols());
        m_threads = work < kParallelWork ? 1 : threadCount(threads);
        m_components.resize(static_cast<std::size_t>(k));
    }

    base::Result<GaussianMixture> once(const GaussianMixtureOptions &options, std::uint64_t stream)
    {
        STATESCAPE_TRY(const std::vector<std::int32_t> labels, startLabels(options, stream));
        centre();
        start(labels);
        GaussianMixture out;
        double last = -std::numeric_limits<double>::infinity();
        for (int pass = 0; pass < options.maxPasses && !out.m_converged; ++pass) {
            m_progress.at((static_cast<double>(stream) + static_cast<double>(pass) / options.maxPasses) /
                              options.restarts,
                          "Gaussian mixture");
            const double now = expect(true, nullptr, nullptr);
            if (m_progress.stopped())
                return base::fail(Code::Cancelled, "Gaussian mixture stopped on request");
            out.m_history.push_back(now);
            update(joined());
            out.m_converged = std::abs(now - last) < options.tolerance;
            last = now;
        }
        Clustering &rows = out.m_clustering;
        rows.labels.assign(static_cast<std::size_t>(m_x.rows()), 0);
        rows.membership.resize(m_x.rows(), options.k);
        out.m_logLikelihood = expect(false, &rows.membership, nullptr);
        if (m_progress.stopped())
            return base::fail(Code::Cancelled, "Gaussian mixture stopped on request");
        label(rows, options.k);
        finish(out);
        return out;
    }

    base::Result<> look(const GaussianMixture &model, Clustering *shares, std::vector<double> *densities)
    {
        m_centre = model.m_means.colwise().mean().cast<float>();
        for (std::size_t c = 0; c < m_components.size(); ++c) {
            auto &component = m_components[c];
            component.weight = model.m_weights[static_cast<Index>(c)];
            component.mean = model.m_means.row(static_cast<Index>(c)).transpose() - m_centre.cast<double>();
            component.covariance = model.m_covariances[c];
        }
        reach();
        factorise();
        if (shares != nullptr) {
            shares->labels.assign(static_cast<std::size_t>(m_x.rows()), 0);
            shares->membership.resize(m_x.rows(), static_cast<Index>(m_components.size()));
        }
        expect(false, shares != nullptr ? &shares->membership : nullptr, densities);
        if (shares != nullptr)
            label(*shares, static_cast<int>(m_components.size()));
        return {};
    }

private:
    base::Result<std::vector<std::int32_t>> startLabels(const GaussianMixtureOptions &options,
                                                        std::uint64_t stream) const
    {
        if (!options.startLabels.empty())
            return options.startLabels;
        KMeansOptions seed;
        seed.k = options.k;
        seed.seed = options.seed + stream;
        seed.restarts = 1;
        seed.maxPasses = 50;
        seed.tolerance = 1e-4;
        seed.threads = options.threads;
        const base::Progress quiet{m_progress.stop, {}};
        STATESCAPE_TRY(const KMeans fit, KMeans::fit(m_x, seed, quiet));
        return fit.labels();
    }

    /// Values far from zero would lose their digits in float.
    void centre()
    {
        Eigen::VectorXd sum = Eigen::VectorXd::Zero(m_x.cols());
        for (Index i = 0; i < m_x.rows(); ++i)
            sum += m_x.row(i).transpose().cast<double>();
        m_centre = (sum / static_cast<double>(m_x.rows())).cast<float>();
        reach();
    }

    void reach()
    {
        m_reach = m_x.size() > 0 ? static_cast<double>(m_x.cwiseAbs().maxCoeff()) : 0;
        m_reach = std::max(m_reach, static_cast<double>(m_centre.cwiseAbs().maxCoeff()));
    }

    void start(const std::vector<std::int32_t> &labels)
    {
        const Index d = m_x.cols();
        const auto k = m_components.size();
        std::vector<GaussianSums> sums(k, GaussianSums{0, Eigen::VectorXd::Zero(d), {}});
        for (auto &component : m_components)
            component.mean = Eigen::VectorXd::Zero(d);
        const auto row = [&](Index i) -> Eigen::VectorXd {
            return (m_x.row(i).transpose() - m_centre).cast<double>();
        };
        for (Index i = 0; i < m_x.rows(); ++i) {
            auto &sum = sums[static_cast<std::size_t>(labels[static_cast<std::size_t>(i)])];
            sum.weight += 1;
            sum.first += row(i);
        }
        for (std::size_t c = 0; c < k; ++c)
            if (sums[c].weight > 0)
                m_components[c].mean = sums[c].first / sums[c].weight;
        // The moments of hard shares are those of one pass whose shares are given.
        m_hard = &labels;
        m_wide = true;
        for (auto &component : m_components) {
            component.weight = 1.0 / static_cast<double>(k);
            component.covariance = Eigen::MatrixXd::Identity(d, d);
        }
        factorise();
        expect(true, nullptr, nullptr);
        m_hard = nullptr;
        update(joined());
    }

    template <class T>
    double expectAs(bool collect, Matrix *shares, std::vector<double> *densities)
    {
        const GaussianPass<T> pass(m_x, m_centre, m_components, isFlat(m_kind), m_hard);
        if (densities != nullptr)
            densities->assign(static_cast<std::size_t>(m_x.rows()), 0);
        forEachChunk(m_chunks, m_threads, [&](std::size_t chunk) {
            auto &partial = m_partials[chunk];
            const std::size_t from = chunk * m_blocksPerChunk;
            pass.run(from, std::min(from + m_blocksPerChunk, m_blocks), collect, m_progress.stop, partial,
                     shares, densities);
        });
        double total = 0;
        for (const auto &partial : m_partials)
            total += partial.logLikelihood;
        return total / static_cast<double>(std::max<Index>(m_x.rows(), 1));
    }

    double expect(bool collect, Matrix *shares, std::vector<double> *densities)
    {
        return m_wide ? expectAs<double>(collect, shares, densities)
                      : expectAs<float>(collect, shares, densities);
    }

    std::vector<GaussianSums> joined() const
    {
        std::vector<GaussianSums> out = m_partials.front().sums;
        for (std::size_t chunk = 1; chunk < m_partials.size(); ++chunk)
            for (std::size_t c = 0; c < out.size(); ++c) {
                out[c].weight += m_partials[chunk].sums[c].weight;
                out[c].first += m_partials[chunk].sums[c].first;
                out[c].second += m_partials[chunk].sums[c].second;
            }
        return out;
    }

    void update(const std::vector<GaussianSums> &sums)
    {
        const Index d = m_x.cols();
        const double tiny = 10 * std::numeric_limits<double>::epsilon();
        Eigen::MatrixXd tied = Eigen::MatrixXd::Zero(d, d);
        double total = 0;
        for (std::size_t c = 0; c < sums.size(); ++c) {
            auto &component = m_components[c];
            const double weight = sums[c].weight + tiny;
            component.weight = weight;
            total += weight;
            // Sums are about the old mean, as float knows it.
            const Eigen::VectorXd shift = sums[c].first / weight;
            component.mean += shift;
            Eigen::MatrixXd second;
            if (isFlat(m_kind))
                second = Eigen::MatrixXd(sums[c].second.col(0).head(d).asDiagonal());
            else
                second = sums[c].second.topLeftCorner(d, d).template selfadjointView<Eigen::Lower>();
            component.covariance = second / weight - shift * shift.transpose();
            tied += component.covariance * weight;
            if (isFlat(m_kind))
                component.covariance = Eigen::MatrixXd(component.covariance.diagonal().asDiagonal());
            if (m_kind == Covariance::Spherical)
                component.covariance.diagonal().setConstant(component.covariance.diagonal().mean());
        }
        for (auto &component : m_components) {
            if (m_kind == Covariance::Tied)
                component.covariance = tied / total;
            component.weight /= total;
            component.covariance.diagonal() =
                component.covariance.diagonal().cwiseMax(0).array() + m_regularisation;
        }
        factorise();
    }

    void factorise()
    {
        const Index d = m_x.cols();
        double spread = 1;
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t c = 0; c < m_components.size(); ++c) {
            auto &component = m_components[c];
            if (m_kind == Covariance::Tied && c > 0) {
                component.factor = m_components[0].factor;
                component.logDeterminant = m_components[0].logDeterminant;
                continue;
            }
            Eigen::VectorXd diagonal;
            // Without regularisation, or beside values of 1e30, rounding can leave no positive variance.
            double more = std::max(component.covariance.trace() / static_cast<double>(d) * 1e-14,
                                   std::numeric_limits<double>::min());
            for (;; more *= 10) {
                if (isFlat(m_kind)) {
                    diagonal = component.covariance.diagonal().array().sqrt();
                    component.factor = Eigen::MatrixXd(diagonal.cwiseInverse().asDiagonal());
                } else {
                    const Eigen::LLT<Eigen::MatrixXd> llt(component.covariance);
                    diagonal = llt.info() == Eigen::Success ? Eigen::VectorXd(llt.matrixLLT().diagonal())
                                                            : Eigen::VectorXd::Zero(d);
                    if (diagonal.minCoeff() > 0)
                        component.factor = llt.matrixL().solve(Eigen::MatrixXd::Identity(d, d));
                }
                if (diagonal.minCoeff() > 0 && component.factor.allFinite())
                    break;
                component.covariance.diagonal().array() += more;
            }
            component.logDeterminant = 2 * diagonal.array().log().sum();
            spread = std::max(spread, diagonal.maxCoeff() / diagonal.minCoeff());
            least = std::min(least, diagonal.minCoeff());
        }
        m_wide = spread > kFloatSpread || m_reach > kFloatReach || least < 1 / kFloatReach;
    }

    void label(Clustering &rows, int k) const
    {
        for (Index i = 0; i < m_x.rows(); ++i) {
            Index best = 0;
            rows.membership.row(i).maxCoeff(&best);
            rows.labels[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(best);
        }
        Matrix membership = std::move(rows.membership);
        rows = countedClustering(std::move(rows.labels), k);
        rows.membership = std::move(membership);
    }

    void finish(GaussianMixture &out) const
    {
        const auto k = static_cast<Index>(m_components.size());
        out.m_kind = m_kind;
        out.m_weights.resize(k);
        out.m_means.resize(k, m_x.cols());
        for (Index c = 0; c < k; ++c) {
            const auto &component = m_components[static_cast<std::size_t>(c)];
            out.m_weights[c] = component.weight;
            out.m_means.row(c) = (component.mean + m_centre.cast<double>()).transpose();
            out.m_covariances.push_back(component.covariance);
        }
    }

    MatrixView m_x;
    const base::Progress &m_progress;
    Covariance m_kind;
    double m_regularisation;
    std::size_t m_blocks, m_blocksPerChunk, m_chunks;
    std::vector<GaussianPartial> m_partials;
    std::vector<GaussianComponent> m_components;
    const std::vector<std::int32_t> *m_hard = nullptr;
    Eigen::VectorXf m_centre;
    double m_reach = 0;
    int m_threads = 1;
    bool m_wide = false;
};

namespace {
base::Result<> checkOptions(MatrixView x, const GaussianMixtureOptions &options)
{
    if (options.k < 1 || options.restarts < 1 || options.maxPasses < 1)
        return base::fail(Code::InvalidArgument,
                          fmt::format("k {}, restarts {} and passes {} must be 1 or more", options.k,
                                      options.restarts, options.maxPasses));
    if (!(options.regularisation >= 0) || !std::isfinite(options.regularisation))
        return base::fail(Code::InvalidArgument, "regularisation must be a finite number, 0 or more");
    if (x.rows() < options.k || x.cols() < 1)
        return base::fail(Code::NotEnoughData, fmt::format("{} rows of {} columns cannot make {} components",
                                                           x.rows(), x.cols(), options.k));
    if (options.startLabels.empty())
        return {};
    if (options.startLabels.size() != static_cast<std::size_t>(x.rows()))
        return base::fail(Code::InvalidArgument,
                          fmt::format("{} start labels for {} rows", options.startLabels.size(), x.rows()));
    const auto [low, high] = std::minmax_element(options.startLabels.begin(), options.startLabels.end());
    if (*low < 0 || *high >= options.k)
        return base::fail(Code::InvalidArgument,
                          fmt::format("start labels {}..{} are not in 0..{}", *low, *high, options.k - 1));
    return {};
}

base::Result<> checkRows(MatrixView x, Index columns)
{
    if (x.cols() != columns)
        return base::fail(Code::InvalidArgument,
                          fmt::format("rows have {} columns, the mixture {}", x.cols(), columns));
    return checkFinite(x);
}
} // namespace

base::Result<GaussianMixture> GaussianMixture::fit(MatrixView x, const GaussianMixtureOptions &options,
                                                   const base::Progress &progress)
{
    STATESCAPE_CHECK(checkOptions(x, options));
    STATESCAPE_CHECK(checkFinite(x));
    const int restarts = options.startLabels.empty() ? options.restarts : 1;
    base::Result<GaussianMixture> best = base::fail(Code::Internal, "Gaussian mixture made no pass");
    GaussianMixtureRun run(x, options.k, options.covariance, options.regularisation, options.threads,
                           progress);
    for (int r = 0; r < restarts; ++r) {
        STATESCAPE_TRY(GaussianMixture one, run.once(options, static_cast<std::uint64_t>(r)));
        if (!best || one.m_logLikelihood > best->m_logLikelihood)
            best = std::move(one);
    }
    return best;
}

double GaussianMixture::freeParameters() const
{
    const auto k = static_cast<double>(m_means.rows());
    const auto d = static_cast<double>(m_means.cols());
    double covariance = k;
    if (m_kind == Covariance::Full)
        covariance = k * d * (d + 1) / 2;
    else if (m_kind == Covariance::Tied)
        covariance = d * (d + 1) / 2;
    else if (m_kind == Covariance::Diagonal)
        covariance = k * d;
    return covariance + k * d + k - 1;
}

double GaussianMixture::bic() const
{
    const auto n = static_cast<double>(m_clustering.labels.size());
    return freeParameters() * std::log(n) - 2 * n * m_logLikelihood;
}

double GaussianMixture::aic() const
{
    return 2 * freeParameters() - 2 * static_cast<double>(m_clustering.labels.size()) * m_logLikelihood;
}

base::Result<Clustering> GaussianMixture::predict(MatrixView x) const
{
    STATESCAPE_CHECK(checkRows(x, m_means.cols()));
    Clustering out;
    const base::Progress none;
    STATESCAPE_CHECK(GaussianMixtureRun(x, static_cast<int>(m_means.rows()), m_kind, 0, 0, none)
                         .look(*this, &out, nullptr));
    return out;
}

base::Result<std::vector<double>> GaussianMixture::scoreSamples(MatrixView x) const
{
    STATESCAPE_CHECK(checkRows(x, m_means.cols()));
    std::vector<double> out;
    const base::Progress none;
    STATESCAPE_CHECK(GaussianMixtureRun(x, static_cast<int>(m_means.rows()), m_kind, 0, 0, none)
                         .look(*this, nullptr, &out));
    return out;
}

} // namespace statescape::ml
