// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Speed of the numerics beside scikit-learn in one run; one JSON row a line.
#include "core/ml/isolation_forest.h"
#include "core/ml/kernels.h"
#include "core/ml/kmeans.h"
#include "core/ml/metrics.h"
#include "core/ml/parallel.h"
#include "core/ml/pca.h"
#include "core/ml/random.h"
#include "core/ml/scorer.h"
#include "core/ml/streaming_pca.h"
#include "core/model/model.h"
#include "tests/bench/row.h"
#include "tests/model/planted.h"

#include <string>
#include <vector>

using namespace statescape;
using bench::bestMs;
using nlohmann::json;

namespace {
constexpr Eigen::Index kRows = 100000;
constexpr Eigen::Index kManyRows = 1000000;
constexpr Eigen::Index kColumns = 32;
constexpr int kClusters = 8;
constexpr int kPasses = 20;
constexpr int kRuns = 3;

/// 8 blobs and 5 % noise, as in the reference measurements.
ml::Matrix samples(Eigen::Index rows, Eigen::Index columns = kColumns)
{
    ml::Random random(1);
    ml::Matrix centres(kClusters, columns);
    for (Eigen::Index i = 0; i < centres.size(); ++i)
        centres.data()[i] = static_cast<float>(10 * (random.uniform() - 0.5));
    ml::Matrix x(rows, columns);
    for (Eigen::Index i = 0; i < rows; ++i) {
        const bool noise = random.uniform() < 0.05;
        const auto c = static_cast<Eigen::Index>(random.below(kClusters));
        for (Eigen::Index j = 0; j < columns; ++j)
            x(i, j) = noise ? static_cast<float>(10 * (random.uniform() - 0.5))
                            : centres(c, j) + 2 * static_cast<float>(random.normal());
    }
    return x;
}

/// The peer's times, all asked at once.
class Theirs {
public:
    explicit Theirs(const ml::Matrix &x)
        : m_answer(bench::askPython(STATESCAPE_BENCH_PEER, {x.data(), static_cast<std::size_t>(x.size())},
                                    std::to_string(x.rows()) + " " + std::to_string(x.cols()) + " " +
                                        std::to_string(kClusters) + " " + std::to_string(kPasses) + " " +
                                        std::to_string(x.rows() > kRows ? 1 : kRuns)))
    {}
    [[nodiscard]] bool has(const char *key) const { return m_answer.is_object() && m_answer.contains(key); }
    [[nodiscard]] double value(const char *key) const { return has(key) ? m_answer[key].get<double>() : 0; }
    [[nodiscard]] bench::Peer peer(const char *key) const
    {
        return has(key) ? bench::Peer{"scikit-learn " + m_answer["version"].get<std::string>(), value(key)}
                        : bench::Peer{};
    }

private:
    json m_answer;
};

void print(const std::string &name, double value, const char *unit, const bench::Peer &peer,
           const std::string &note)
{
    bench::printRow("ml", name, value, unit, peer, note);
}

double readMs(const ml::Matrix &x, int threads)
{
    constexpr std::size_t kParts = 64;
    const std::size_t values = static_cast<std::size_t>(x.size()) / kParts;
    return bestMs([&] {
        ml::forEachChunk(kParts, threads, [&](std::size_t part) {
            (void)ml::kernel::allFinite(x.data() + part * values, values, ml::kernel::bestIsa());
        });
    });
}

std::string sizeOf(const ml::Matrix &x)
{
    return std::to_string(x.rows()) + " x " + std::to_string(x.cols());
}

ml::KMeansOptions fromFirstRows(const ml::Matrix &x, int passes, int threads = 0, int k = kClusters)
{
    ml::KMeansOptions options;
    options.k = k;
    options.start = x.topRows(k);
    options.maxPasses = passes;
    options.tolerance = 0;
    options.threads = threads;
    return options;
}

void lloyd(const ml::Matrix &x, const Theirs &theirs)
{
    std::size_t passes = 0;
    const double fit =
        bestMs([&] { passes = ml::KMeans::fit(x, fromFirstRows(x, kPasses))->history().size(); });
    std::string note =
        "fit from given centres, " + sizeOf(x) + ", k = 8, " + std::to_string(passes) + " passes";
    if (theirs.has("kmeans_passes"))
        note += ", peer " + std::to_string(static_cast<int>(theirs.value("kmeans_passes")));
    const std::string rows = x.rows() > kRows ? ", 1M" : "";
    print("k-means, Lloyd, 20 passes" + rows, fit, "ms", theirs.peer("kmeans"), note);
    print("k-means, Lloyd, 20 passes, one thread" + rows,
          bestMs([&] { (void)ml::KMeans::fit(x, fromFirstRows(x, kPasses, 1)); }), "ms",
          theirs.peer("kmeans"), "as above; the peer uses every core");
    print("PCA, exact" + rows, bestMs([&] { (void)ml::Pca::fit(x, kColumns); }), "ms", theirs.peer("pca"),
          sizeOf(x) + ", covariance route against full SVD");
}

/// What one pass of Lloyd's algorithm costs beside reading its rows once, which nothing can beat.
void onePass(const ml::Matrix &x, const Theirs &theirs)
{
    const auto fit = ml::KMeans::fit(x, fromFirstRows(x, kPasses));
    for (const int threads : {1, 2}) {
        const std::string name = threads == 1 ? ", one thread, 1M" : ", two threads, 1M";
        const bench::Peer read{"reading every value once", readMs(x, threads)};
        const auto fitMs = [&](int passes) {
            std::size_t made = 0;
            const double ms = bestMs(
                [&] { made = ml::KMeans::fit(x, fromFirstRows(x, passes, threads))->history().size(); });
            return std::pair{ms, static_cast<double>(made)};
        };
        const auto one = fitMs(1);
        const auto four = fitMs(4);
        const auto all = fitMs(kPasses);
        print("k-means, Lloyd pass, every row looked at" + name, (four.first - one.first) / 3, "ms", read,
              sizeOf(x) + ", k = 8, mean of passes 2 to 4");
        bench::Peer peer = theirs.peer("kmeans");
        if (theirs.has("kmeans_passes"))
            peer.value /= theirs.value("kmeans_passes");
        print("k-means, Lloyd pass, mean of a fit" + name, all.first / all.second, "ms", peer,
              "all of a fit shared out to its passes; the peer's alike, on every core");
        if (threads == 2)
            print("k-means, label every row, 1M", bestMs([&] { (void)fit->predict(x); }), "ms", read,
                  sizeOf(x) + ", k = 8");
    }
}

void follow()
{
    const ml::Matrix wide = samples(2000, 64);
    for (const int components : {8, 16}) {
        auto stream = ml::StreamingPca::create(64, components);
        const double ms = bestMs([&] {
            for (Eigen::Index i = 0; i < wide.rows(); ++i)
                (void)stream->update({wide.row(i).data(), 64});
        });
        print("PCA, follow one sample, " + std::to_string(components) + " components",
              1e3 * ms / static_cast<double>(wide.rows()), "us", {}, "64 columns, axes included");
    }
}

void others(const ml::Matrix &x, const Theirs &theirs)
{
    ml::KMeansOptions options;
    options.k = kClusters;
    double inertia = 0;
    const double restarts = bestMs([&] { inertia = ml::KMeans::fit(x, options)->inertia(); });
    std::string note = sizeOf(x) + ", 10 restarts to convergence, k-means++";
    if (theirs.has("restarts_inertia"))
        note += ", inertia over peer's " + std::to_string(inertia / theirs.value("restarts_inertia"));
    print("k-means, 10 restarts", restarts, "ms", theirs.peer("restarts"), note);

    const ml::Matrix some = x.topRows(10000);
    const auto labels = ml::KMeans::fit(some, options)->labels();
    print("silhouette, exact", bestMs([&] { (void)ml::silhouette(some, labels, kClusters, 10000, 1); }), "ms",
          theirs.peer("silhouette"), sizeOf(some));

    constexpr int kScores = 20000;
    const auto forest = ml::IsolationForest::fit(x);
    double sum = 0;
    const double forestMs = bestMs([&] {
        for (int i = 0; i < kScores; ++i)
            sum += forest->score({x.row(i).data(), static_cast<std::size_t>(kColumns)});
    });
    print("isolation forest, score one row", 1e6 * forestMs / kScores, "ns", theirs.peer("forest_ns"),
          "100 trees of 256 rows, one thread" + std::string(sum > 0 ? "" : ", nothing scored"));
    follow();
}

/// The compiled scorer that a model can stand on.
void scoring()
{
    const ml::Matrix raw = 20 * samples(kManyRows / 4, 64);
    std::vector<ml::ScorerColumn> columns(64);
    for (std::size_t j = 0; j < columns.size(); j += 2)
        columns[j].log1p = true;
    const ml::Matrix metric = ml::Matrix::Identity(64, 64);
    const auto scorer = ml::Scorer::create(columns, 8, samples(16, 64), metric);
    constexpr int kScores = 20000;
    ml::Scorer::Scratch scratch;
    double sum = 0;
    const double one = bestMs([&] {
        for (int i = 0; i < kScores; ++i)
            sum += scorer->distances(raw.row(i).data(), scratch)[0];
    });
    print("scale and measure one sample", 1e6 * one / kScores, "ns", {},
          "64 features, half of them log1p, whitened, 16 prototypes" + std::string(sum > 0 ? "" : "?"));
    print("scale and measure a million", 4 * bestMs([&] { (void)scorer->nearest(raw); }), "ms", {},
          "as above, 250,000 measured");
}

} // namespace

int main()
{
    {
        const ml::Matrix x = samples(kRows);
        const Theirs theirs(x);
        lloyd(x, theirs);
        others(x, theirs);
    }
    {
        const ml::Matrix x = samples(kManyRows);
        const Theirs theirs(x);
        lloyd(x, theirs);
        onePass(x, theirs);
    }
    scoring();

    const auto data = model::test::plant({.kinds = 6, .rounds = 4});
    const auto model = model::Model::train(data.set(), {});
    if (!model)
        return 1;
    const auto columns = model->bind(*data.schema);
    constexpr int kScores = 200000;
    double sum = 0;
    const double ms = bestMs([&] {
        for (int i = 0; i < kScores; ++i)
            sum += model->score(data.row(1 + i % (data.x.rows() - 1)), *columns).confidence;
    });
    print("score one sample", 1e6 * ms / kScores, "ns", {},
          std::to_string(model->features().size()) + " features, " + std::to_string(model->states().size()) +
              " states" + (sum > 0 ? "" : ", nothing scored"));
    print("train", bestMs([&] { (void)model::Model::train(data.set(), {}); }), "ms", {},
          std::to_string(data.x.rows()) + " labelled samples, held-out evaluation included");
    return 0;
}
