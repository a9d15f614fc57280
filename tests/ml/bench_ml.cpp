// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Speed of the numerics beside scikit-learn in one run; one JSON row a line.
#include "core/ml/isolation_forest.h"
#include "core/ml/kmeans.h"
#include "core/ml/metrics.h"
#include "core/ml/pca.h"
#include "core/ml/random.h"
#include "core/ml/scorer.h"
#include "core/ml/streaming_pca.h"
#include "core/model/model.h"
#include "tests/model/planted.h"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <unistd.h>
#include <vector>

using namespace statescape;
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

template <class Work>
double bestMs(Work work)
{
    double best = 1e300;
    for (int run = 0; run < kRuns; ++run) {
        const auto start = std::chrono::steady_clock::now();
        work();
        const auto took = std::chrono::steady_clock::now() - start;
        best = std::min(best, std::chrono::duration<double, std::milli>(took).count());
    }
    return best;
}

/// Runs the peer with the first python3 that has it. @return null where none has.
json peer(const ml::Matrix &x)
{
    const auto file =
        std::filesystem::temp_directory_path() / ("statescape-bench-" + std::to_string(::getpid()));
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char *>(x.data()),
               static_cast<std::streamsize>(sizeof(float)) * x.size());
    const std::string arguments = " '" STATESCAPE_BENCH_PEER "' '" + file.string() + "' " +
                                  std::to_string(x.rows()) + " " + std::to_string(x.cols()) + " " +
                                  std::to_string(kClusters) + " " + std::to_string(kPasses) + " " +
                                  std::to_string(x.rows() > kRows ? 1 : kRuns);
    // PATH may put a python3 without scikit-learn before the system's.
    const std::string command =
        "for p in $(which -a python3 2>/dev/null); do \"$p\" -c 'import sklearn' 2>/dev/null && exec \"$p\"" +
        arguments + " 2>/dev/null; done";
    std::string text;
    if (FILE *pipe = ::popen(command.c_str(), "r")) {
        for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe))
            text += static_cast<char>(c);
        ::pclose(pipe);
    }
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
    const json out = json::parse(text, nullptr, false);
    return out.is_object() ? out : json();
}

void print(const char *name, double value, const char *unit, const json &theirs, const char *key,
           const std::string &note)
{
    json row{{"group", "ml"},   {"name", name},          {"value", value},   {"unit", unit},
             {"peer", nullptr}, {"peer_value", nullptr}, {"ratio", nullptr}, {"note", note}};
    if (theirs.is_object() && theirs.contains(key)) {
        row["peer"] = "scikit-learn " + theirs["version"].get<std::string>();
        row["peer_value"] = theirs[key];
        row["ratio"] = theirs[key].get<double>() / value;
    }
    std::printf("%s\n", row.dump().c_str());
    std::fflush(stdout);
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

void lloyd(const ml::Matrix &x, const json &theirs)
{
    std::size_t passes = 0;
    const double fit =
        bestMs([&] { passes = ml::KMeans::fit(x, fromFirstRows(x, kPasses))->history().size(); });
    std::string note =
        "fit from given centres, " + sizeOf(x) + ", k = 8, " + std::to_string(passes) + " passes";
    if (theirs.is_object())
        note += ", peer " + std::to_string(theirs["kmeans_passes"].get<int>());
    const std::string rows = x.rows() > kRows ? ", 1M" : "";
    print(("k-means, Lloyd, 20 passes" + rows).c_str(), fit, "ms", theirs, "kmeans", note);
    print(("k-means, Lloyd, 20 passes, one thread" + rows).c_str(),
          bestMs([&] { (void)ml::KMeans::fit(x, fromFirstRows(x, kPasses, 1)); }), "ms", theirs, "kmeans",
          "as above; the peer uses every core");
    print(("PCA, exact" + rows).c_str(), bestMs([&] { (void)ml::Pca::fit(x, kColumns); }), "ms", theirs,
          "pca", sizeOf(x) + ", covariance route against full SVD");
}

/// A full look at every row, as the first passes of a fit need it.
void onePass(const ml::Matrix &x)
{
    const auto fit = ml::KMeans::fit(x, fromFirstRows(x, kPasses));
    const double ms = bestMs([&] { (void)fit->predict(x); });
    print("k-means, one look at every row, 1M", ms, "ms", json(), "",
          sizeOf(x) + ", k = 8, distances and labels");
}

void others(const ml::Matrix &x, const json &theirs)
{
    ml::KMeansOptions options;
    options.k = kClusters;
    double inertia = 0;
    const double restarts = bestMs([&] { inertia = ml::KMeans::fit(x, options)->inertia(); });
    std::string note = sizeOf(x) + ", 10 restarts to convergence, k-means++";
    if (theirs.is_object())
        note += ", inertia over peer's " + std::to_string(inertia / theirs["restarts_inertia"].get<double>());
    print("k-means, 10 restarts", restarts, "ms", theirs, "restarts", note);

    const ml::Matrix some = x.topRows(10000);
    const auto labels = ml::KMeans::fit(some, options)->labels();
    print("silhouette, exact", bestMs([&] { (void)ml::silhouette(some, labels, kClusters, 10000, 1); }), "ms",
          theirs, "silhouette", sizeOf(some));

    constexpr int kScores = 20000;
    const auto forest = ml::IsolationForest::fit(x);
    double sum = 0;
    const double forestMs = bestMs([&] {
        for (int i = 0; i < kScores; ++i)
            sum += forest->score({x.row(i).data(), static_cast<std::size_t>(kColumns)});
    });
    print("isolation forest, score one row", 1e6 * forestMs / kScores, "ns", theirs, "forest_ns",
          "100 trees of 256 rows, one thread" + std::string(sum > 0 ? "" : ", nothing scored"));

    const ml::Matrix wide = samples(2000, 64);
    auto stream = ml::StreamingPca::create(64, 8);
    const double streamMs = bestMs([&] {
        for (Eigen::Index i = 0; i < wide.rows(); ++i)
            (void)stream->update({wide.row(i).data(), 64});
    });
    print("PCA, follow one sample", 1e3 * streamMs / static_cast<double>(wide.rows()), "us", json(), "",
          "64 columns, 8 components, axes included");
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
    print("scale and measure one sample", 1e6 * one / kScores, "ns", json(), "",
          "64 features, half of them log1p, whitened, 16 prototypes" + std::string(sum > 0 ? "" : "?"));
    print("scale and measure a million", 4 * bestMs([&] { (void)scorer->nearest(raw); }), "ms", json(), "",
          "as above, 250,000 measured");
}

/// Slope of ln time over ln size.
template <class Work>
double exponent(const std::vector<int> &sizes, Work work)
{
    double sx = 0;
    double sy = 0;
    double sxx = 0;
    double sxy = 0;
    for (const int size : sizes) {
        const double x = std::log(static_cast<double>(size));
        const double y = std::log(work(size));
        sx += x;
        sy += y;
        sxx += x * x;
        sxy += x * y;
    }
    const auto n = static_cast<double>(sizes.size());
    return (n * sxy - sx * sy) / (n * sxx - sx * sx);
}

void growth()
{
    const auto fit = [](const ml::Matrix &x, int k) {
        return bestMs([&] { (void)ml::KMeans::fit(x, fromFirstRows(x, 5, 1, k)); });
    };
    const auto rows = [&](int n) { return fit(samples(n), kClusters); };
    const auto columns = [&](int d) { return fit(samples(20000, d), kClusters); };
    const ml::Matrix x = samples(20000);
    const auto clusters = [&](int k) { return fit(x, k); };
    print("k-means, exponent of n", exponent({10000, 40000, 160000, 640000}, rows), "", json(), "",
          "10,000 to 640,000 rows x 32, k = 8, 5 passes, one thread");
    print("k-means, exponent of d", exponent({8, 16, 32, 64, 128}, columns), "", json(), "",
          "20,000 rows, 8 to 128 columns, k = 8");
    print("k-means, exponent of k", exponent({4, 8, 16, 32, 64}, clusters), "", json(), "",
          "20,000 x 32, k from 4 to 64");
}
} // namespace

int main()
{
    {
        const ml::Matrix x = samples(kRows);
        const json theirs = peer(x);
        lloyd(x, theirs);
        others(x, theirs);
    }
    {
        const ml::Matrix x = samples(kManyRows);
        lloyd(x, peer(x));
        onePass(x);
    }
    scoring();
    growth();

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
    print("score one sample", 1e6 * ms / kScores, "ns", json(), "",
          std::to_string(model->features().size()) + " features, " + std::to_string(model->states().size()) +
              " states" + (sum > 0 ? "" : ", nothing scored"));
    print("train", bestMs([&] { (void)model::Model::train(data.set(), {}); }), "ms", json(), "",
          std::to_string(data.x.rows()) + " labelled samples, held-out evaluation included");
    return 0;
}
