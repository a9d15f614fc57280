// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/choose_k.h"

#include "core/ml/draw_rows.h"
#include "core/ml/kmeans.h"
#include "core/ml/metrics.h"
#include "core/ml/random.h"
#include "core/ml/structureless.h"
#include "core/ml/validity.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numbers>
#include <numeric>
#include <optional>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
constexpr Index kLeastRows = 20;
constexpr std::size_t kSilhouetteRows = 1000;
// A silhouette this far above that of structureless rows is worth a state of its own.
constexpr double kLeastGain = 0.02;

/// Everything one choice needs, on at most maxRows rows.
class Chooser {
public:
    Chooser(MatrixView x, const ChooseKOptions &options, const base::Progress &progress)
        : m_options(options)
        , m_progress(progress)
        , m_random(options.seed, 0xc4)
        , m_x(drawRows(x, options.maxRows, m_random))
    {}

    base::Result<KChoice> choose()
    {
        KChoice out;
        STATESCAPE_TRY(m_structureless, Structureless::fit(m_x));
        if (!m_structureless->spreads()) {
            out.sure = out.structure = 1;
            out.reason = "all rows are equal: there are no clusters here";
            return out;
        }
        for (int k = m_options.least; k <= m_options.most; ++k) {
            KCriteria one;
            one.k = k;
            STATESCAPE_CHECK(measure(m_x, one));
            STATESCAPE_TRY(one.stability, stability(k));
            out.table.push_back(one);
            m_progress.at(0.5 * (k - m_options.least + 1) / (m_options.most - m_options.least + 1),
                          "choosing k");
        }
        STATESCAPE_CHECK(compareWithNothing(out));
        decide(out);
        return out;
    }

private:
    [[nodiscard]] base::Result<KMeans> cluster(MatrixView x, int k, std::uint64_t seed) const
    {
        KMeansOptions options;
        options.k = k;
        options.seed = seed;
        options.restarts = m_options.restarts;
        options.tolerance = 1e-4;
        return KMeans::fit(x, options, {m_progress.stop, {}});
    }

    base::Result<> measure(const Matrix &x, KCriteria &one)
    {
        STATESCAPE_TRY(const KMeans fit, cluster(x, one.k, m_options.seed));
        STATESCAPE_TRY(const CentreValidity validity, centreValidity(x, fit.labels(), one.k));
        STATESCAPE_TRY(const Silhouette silhouettes, silhouette(x, fit.labels(), one.k, kSilhouetteRows,
                                                                m_options.seed, {m_progress.stop, {}}));
        one.silhouette = std::isnan(silhouettes.mean) ? -1 : silhouettes.mean;
        one.calinskiHarabasz = validity.calinskiHarabasz;
        one.daviesBouldin = validity.daviesBouldin;
        one.gap = std::log(std::max(validity.within, 1e-300));
        const auto n = static_cast<double>(x.rows());
        const auto d = static_cast<double>(x.cols());
        const double variance = std::max(validity.within / (d * std::max(1.0, n - one.k)), 1e-300);
        double likelihood = -n * d / 2 * std::log(2 * std::numbers::pi * variance) - (n - one.k) * d / 2;
        for (const auto size : fit.sizes())
            if (size > 0)
                likelihood += static_cast<double>(size) * std::log(static_cast<double>(size) / n);
        one.bic = -2 * likelihood + (one.k * (d + 1)) * std::log(n);
        return {};
    }

    /// How alike k-means sees rows that two resamples have no part in choosing.
    base::Result<double> stability(int k)
    {
        double sum = 0;
        const auto half = static_cast<std::size_t>(m_x.rows() / 2);
        if (half < static_cast<std::size_t>(2 * k))
            return 0.0;
        for (int pair = 0; pair < m_options.resamples; ++pair) {
            STATESCAPE_TRY(const KMeans a, cluster(drawRows(m_x, half, m_random), k, m_options.seed));
            STATESCAPE_TRY(const KMeans b, cluster(drawRows(m_x, half, m_random), k, m_options.seed));
            STATESCAPE_TRY(const auto inA, a.predict(m_x));
            STATESCAPE_TRY(const auto inB, b.predict(m_x));
            sum += adjustedRand(inA, inB);
        }
        return sum / std::max(1, m_options.resamples);
    }

    base::Result<> compareWithNothing(KChoice &out)
    {
        const auto kinds = static_cast<std::size_t>(m_options.most - m_options.least + 1);
        std::vector<double> scatter(kinds, 0);
        std::vector<double> squares(kinds, 0);
        const int all = 2 * m_options.references;
        for (int r = 0; r < all; ++r) {
            const bool gaussian = r % 2 == 0;
            const Matrix x = m_structureless->make(
                m_x.rows(), gaussian ? Structureless::Kind::Gaussian : Structureless::Kind::Uniform,
                m_random);
            for (std::size_t i = 0; i < kinds; ++i) {
                KCriteria one;
                one.k = m_options.least + static_cast<int>(i);
                STATESCAPE_CHECK(measure(x, one));
                m_null.resize(kinds);
                m_null[i].push_back(one.silhouette);
                if (gaussian)
                    continue;
                scatter[i] += one.gap;
                squares[i] += one.gap * one.gap;
            }
            m_progress.at(0.5 + 0.5 * (r + 1) / all, "choosing k");
        }
        const double count = m_options.references;
        for (std::size_t i = 0; i < kinds; ++i) {
            const double mean = scatter[i] / count;
            out.table[i].gap = mean - out.table[i].gap;
            out.table[i].gapError =
                std::sqrt(std::max(0.0, squares[i] / count - mean * mean) * (1 + 1 / count));
        }
        return {};
    }

    void decide(KChoice &out)
    {
        weigh(out.table);
        const auto best = std::max_element(out.table.begin(), out.table.end(),
                                           [](const auto &a, const auto &b) { return a.score < b.score; });
        // Structure is what no structureless set shows at any k.
        double gain = -1;
        double spread = 0;
        for (std::size_t i = 0; i < out.table.size(); ++i) {
            const auto &null = m_null[i];
            const double top = *std::max_element(null.begin(), null.end());
            const double mean =
                std::accumulate(null.begin(), null.end(), 0.0) / static_cast<double>(null.size());
            if (out.table[i].silhouette - top > gain) {
                gain = out.table[i].silhouette - top;
                spread = std::max(kLeastGain, top - mean);
            }
        }
        const double margin = (gain - kLeastGain) / spread;
        const double clustered = 1 / (1 + std::exp(-2 * margin));
        if (margin <= 0) {
            out.structure = clustered;
            out.sure = 1 - clustered;
            out.reason = fmt::format("no number of clusters from {} to {} stands out from rows without any",
                                     m_options.least, m_options.most);
            return;
        }
        double second = 0;
        for (const auto &one : out.table)
            if (one.k != best->k)
                second = std::max(second, one.score);
        out.k = best->k;
        out.structure = clustered;
        const double lead = best->score > 0 ? (best->score - second) / best->score : 0;
        out.sure = clustered * std::clamp(0.5 * std::max(0.0, best->stability) + 2 * lead, 0.0, 1.0);
        out.reason = fmt::format("{} clusters: silhouette {:.2f}, two resamples agree to {:.2f}", out.k,
                                 best->silhouette, best->stability);
    }

    /// Each criterion over its range in the table, the one that says it best counting most.
    static void weigh(std::vector<KCriteria> &table)
    {
        const auto add = [&](double weight, auto value) {
            double low = value(table.front());
            double high = low;
            for (const auto &one : table) {
                low = std::min(low, value(one));
                high = std::max(high, value(one));
            }
            for (auto &one : table)
                one.score += weight * (high > low ? (value(one) - low) / (high - low) : 1);
        };
        add(0.3, [](const KCriteria &one) { return one.silhouette; });
        add(0.1, [](const KCriteria &one) { return std::log1p(std::max(0.0, one.calinskiHarabasz)); });
        add(0.15, [](const KCriteria &one) { return -one.daviesBouldin; });
        add(0.1, [](const KCriteria &one) { return -one.bic; });
        add(0.25, [](const KCriteria &one) { return one.stability; });
        // The smallest k whose gap the next one does not clearly exceed.
        std::size_t chosen = table.size() - 1;
        for (std::size_t i = 0; i + 1 < table.size(); ++i)
            if (table[i].gap >= table[i + 1].gap - table[i + 1].gapError) {
                chosen = i;
                break;
            }
        table[chosen].score += 0.1;
    }

    const ChooseKOptions &m_options;
    const base::Progress &m_progress;
    Random m_random;
    Matrix m_x;
    std::optional<Structureless> m_structureless;
    std::vector<std::vector<double>> m_null; ///< silhouettes of structureless sets, per k
};
} // namespace

base::Result<KChoice> chooseK(MatrixView x, const ChooseKOptions &options, const base::Progress &progress)
{
    if (x.rows() < kLeastRows || x.cols() < 1)
        return base::fail(
            Code::NotEnoughData,
            fmt::format("{} rows, {} are needed to choose a number of clusters", x.rows(), kLeastRows));
    if (options.least < 2 || options.most < options.least || options.restarts < 1 || options.resamples < 1 ||
        options.references < 2 || options.maxRows < static_cast<std::size_t>(kLeastRows) ||
        options.most > std::min<Index>(x.rows(), static_cast<Index>(options.maxRows)) / 2)
        return base::fail(Code::InvalidArgument,
                          fmt::format("k from {} to {} of {} rows, {} restarts, {} resamples, {} references",
                                      options.least, options.most, x.rows(), options.restarts,
                                      options.resamples, options.references));
    STATESCAPE_CHECK(checkFinite(x));
    return Chooser(x, options, progress).choose();
}

} // namespace statescape::ml
