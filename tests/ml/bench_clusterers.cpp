// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Speed of the clusterers beside scikit-learn and ELKI in one run; one JSON row a line.
// Arguments choose rows by a part of their name; without any, all are run.
#include "core/ml/clusterer.h"
#include "tests/bench/row.h"
#include "tests/ml/bench_data.h"

#include <functional>
#include <string>

using namespace statescape;
using bench::bestMs;
using bench::kClusters;
using bench::onAxes;
using bench::samples;

namespace {
struct Bench {
    std::vector<std::string> chosen;

    [[nodiscard]] bool wants(const std::string &name) const
    {
        return chosen.empty() || std::any_of(chosen.begin(), chosen.end(), [&](const std::string &part) {
                   return name.find(part) != std::string::npos;
               });
    }

    void row(const std::string &name, const ml::Matrix &x, const std::string &task,
             const std::function<void()> &work, const std::string &note) const
    {
        if (!wants(name))
            return;
        const bench::json theirs =
            task.empty()
                ? bench::json()
                : bench::askPython(STATESCAPE_BENCH_PEER, {x.data(), static_cast<std::size_t>(x.size())},
                                   std::to_string(x.rows()) + " " + std::to_string(x.cols()) + " " + task);
        bench::Peer peer;
        if (theirs.is_object())
            peer = {theirs["peer"].get<std::string>(), theirs["ms"].get<double>()};
        bench::printRow("clusterers", name, bestMs(work), "ms", peer, note);
    }
};

void mixtures(const Bench &bench, const ml::Matrix &x)
{
    ml::GaussianMixtureOptions options;
    options.k = kClusters;
    options.maxPasses = 10;
    options.tolerance = 0;
    const auto fit = [&] { (void)ml::GaussianMixture::fit(x, options); };
    bench.row("Gaussian mixture, full, 10 passes", x, "gmm full", fit,
              "100,000 x 32, k = 8, k-means start included");
    options.threads = 1;
    bench.row("Gaussian mixture, full, 10 passes, one thread", x, "gmm full", fit,
              "the peer uses every core");
    options.threads = 0;
    options.covariance = ml::Covariance::Diagonal;
    bench.row("Gaussian mixture, diagonal, 10 passes", x, "gmm diag", fit, "100,000 x 32, k = 8");
}

void densities(const Bench &bench, const ml::Matrix &x)
{
    const auto dbscan = [&](const char *name, const ml::Matrix &rows, double radius, int samples) {
        char task[64];
        std::snprintf(task, sizeof task, "dbscan %g %d", radius, samples);
        bench.row(
            name, rows, task,
            [&] {
                (void)ml::Dbscan::fit(rows, {radius, samples, 0});
            },
            "100,000 rows, radius " + std::to_string(radius) + ", " + std::to_string(samples) + " samples");
    };
    dbscan("DBSCAN, d = 32", x, 6, 5);
    dbscan("DBSCAN, 3 axes", onAxes(x, 3), 0.3, 5);
}

void trees(const Bench &bench, const ml::Matrix &x)
{
    const ml::Matrix few = x.topRows(10000);
    const ml::Matrix axes = onAxes(x, 5);
    ml::HdbscanOptions hdbscan;
    hdbscan.minClusterSize = 15;
    hdbscan.minSamples = 5;
    const auto densities = [&](const char *name, const ml::Matrix &rows, const char *task, const char *note) {
        bench.row(
            name, rows, task, [&] { (void)ml::Hdbscan::fit(rows, hdbscan); }, note);
    };
    densities("HDBSCAN*, 10,000 rows, d = 32", few, "elki 15 5",
              "the Python package hdbscan took 5.2 s on such data on a like machine");
    densities("HDBSCAN*, 100,000 rows, 5 axes", axes, "",
              "the Python package hdbscan took 10.7 s on such data on a like machine");
    densities("HDBSCAN*, 100,000 rows, d = 32", x, "", "");
    ml::GenieOptions genie;
    genie.k = kClusters;
    const auto shapes = [&](const char *name, const ml::Matrix &rows) {
        bench.row(
            name, rows, "", [&] { (void)ml::Genie::fit(rows, genie); }, "k = 8");
    };
    shapes("Genie, 10,000 rows, d = 32", few);
    shapes("Genie, 100,000 rows, 5 axes", axes);
    shapes("Genie, 100,000 rows, d = 32", x);
    ml::WardOptions ward;
    ward.k = kClusters;
    bench.row(
        "Ward, 10,000 rows, d = 32", few, "ward", [&] { (void)ml::Ward::fit(few, ward); }, "k = 8, exact");
    bench.row(
        "Ward, 100,000 rows, d = 32", x, "", [&] { (void)ml::Ward::fit(x, ward); }, "k = 8, by groups");
}
} // namespace

int main(int argc, char **argv)
{
    Bench bench;
    for (int i = 1; i < argc; ++i)
        bench.chosen.emplace_back(argv[i]);
    const ml::Matrix x = samples(100000, 32);
    mixtures(bench, x);
    densities(bench, x);
    trees(bench, x);
    return 0;
}
