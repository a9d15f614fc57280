// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Speed of the numerics beside scikit-learn in one run; one JSON row a line.
#include "core/ml/kmeans.h"
#include "core/ml/pca.h"
#include "core/ml/random.h"
#include "core/model/model.h"
#include "tests/model/planted.h"

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <unistd.h>

using namespace statescape;
using nlohmann::json;

namespace {
constexpr Eigen::Index kRows = 100000;
constexpr Eigen::Index kColumns = 32;
constexpr int kClusters = 8;
constexpr int kPasses = 20;
constexpr int kRuns = 3;

/// 8 blobs and 5 % noise, as in the reference measurements.
ml::Matrix samples()
{
    ml::Random random(1);
    ml::Matrix centres(kClusters, kColumns);
    for (Eigen::Index i = 0; i < centres.size(); ++i)
        centres.data()[i] = static_cast<float>(10 * (random.uniform() - 0.5));
    ml::Matrix x(kRows, kColumns);
    for (Eigen::Index i = 0; i < kRows; ++i) {
        const bool noise = random.uniform() < 0.05;
        const auto c = static_cast<Eigen::Index>(random.below(kClusters));
        for (Eigen::Index j = 0; j < kColumns; ++j)
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
                                  std::to_string(kRows) + " " + std::to_string(kColumns) + " " +
                                  std::to_string(kClusters) + " " + std::to_string(kPasses);
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
} // namespace

int main()
{
    const ml::Matrix x = samples();
    const json theirs = peer(x);

    ml::KMeansOptions options;
    options.k = kClusters;
    options.start = x.topRows(kClusters);
    options.maxPasses = kPasses;
    options.tolerance = 0;
    std::size_t passes = 0;
    const double lloyd = bestMs([&] { passes = ml::KMeans::fit(x, options)->history().size(); });
    std::string note = "fit from given centres, 100,000 x 32, k = 8, " + std::to_string(passes) + " passes";
    if (theirs.is_object())
        note += ", peer " + std::to_string(theirs["kmeans_passes"].get<int>());
    print("k-means, Lloyd, 20 passes", lloyd, "ms", theirs, "kmeans", note);
    options.threads = 1;
    print("k-means, Lloyd, 20 passes, one thread", bestMs([&] { (void)ml::KMeans::fit(x, options); }), "ms",
          theirs, "kmeans", "as above; the peer uses every core");
    print("PCA, exact", bestMs([&] { (void)ml::Pca::fit(x, kColumns); }), "ms", theirs, "pca",
          "100,000 x 32, covariance route against full SVD, one thread");

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
