// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Speed of the clusterers beside scikit-learn in one run; one JSON row a line.
// Arguments choose rows by a part of their name; without any, all are run.
#include "core/ml/clusterer.h"
#include "core/ml/pca.h"
#include "core/ml/random.h"

#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <unistd.h>

using namespace statescape;
using nlohmann::json;

namespace {
constexpr int kClusters = 8;

/// 8 blobs of spread 1 and 5 % noise, as in the reference measurements.
ml::Matrix samples(Eigen::Index rows, Eigen::Index columns)
{
    ml::Random random(1);
    ml::Matrix centres(kClusters, columns);
    for (Eigen::Index i = 0; i < centres.size(); ++i)
        centres.data()[i] = static_cast<float>(20 * (random.uniform() - 0.5));
    ml::Matrix x(rows, columns);
    for (Eigen::Index i = 0; i < rows; ++i) {
        const bool noise = random.uniform() < 0.05;
        const auto c = static_cast<Eigen::Index>(random.below(kClusters));
        for (Eigen::Index j = 0; j < columns; ++j)
            x(i, j) = noise ? static_cast<float>(30 * (random.uniform() - 0.5))
                            : centres(c, j) + static_cast<float>(random.normal());
    }
    return x;
}

ml::Matrix onAxes(const ml::Matrix &x, int axes)
{
    const auto pca = ml::Pca::fit(x, axes);
    ml::Matrix out(x.rows(), axes);
    for (Eigen::Index i = 0; i < x.rows(); ++i)
        pca->project({x.row(i).data(), static_cast<std::size_t>(x.cols())},
                     {out.row(i).data(), static_cast<std::size_t>(axes)});
    return out;
}

double milliseconds(const std::function<void()> &work)
{
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

double bestMs(const std::function<void()> &work)
{
    const double first = milliseconds(work);
    return first > 2000 ? first : std::min({first, milliseconds(work), milliseconds(work)});
}

/// Runs the peer with the first python3 that has it. @return null where none has.
json peer(const ml::Matrix &x, const std::string &task)
{
    const auto file =
        std::filesystem::temp_directory_path() / ("statescape-bench-" + std::to_string(::getpid()));
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char *>(x.data()),
               static_cast<std::streamsize>(sizeof(float)) * x.size());
    const std::string arguments = " '" STATESCAPE_BENCH_PEER "' '" + file.string() + "' " +
                                  std::to_string(x.rows()) + " " + std::to_string(x.cols()) + " " + task;
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
        const json theirs = task.empty() ? json() : peer(x, task);
        const double value = bestMs(work);
        json out{{"group", "ml"},   {"name", name},          {"value", value},   {"unit", "ms"},
                 {"peer", nullptr}, {"peer_value", nullptr}, {"ratio", nullptr}, {"note", note}};
        if (theirs.is_object()) {
            out["peer"] = theirs["peer"];
            out["peer_value"] = theirs["ms"];
            out["ratio"] = theirs["ms"].get<double>() / value;
        }
        std::printf("%s\n", out.dump().c_str());
        std::fflush(stdout);
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
    bench.row(
        "HDBSCAN*, 10,000 rows, d = 32", few, "", [&] { (void)ml::Hdbscan::fit(few, hdbscan); },
        "ELKI 0.7.1 took 8.3 s, hdbscan 5.2 s on such data on a like machine");
    bench.row(
        "HDBSCAN*, 100,000 rows, 5 axes", axes, "", [&] { (void)ml::Hdbscan::fit(axes, hdbscan); },
        "hdbscan took 10.7 s on such data on a like machine");
    ml::GenieOptions genie;
    genie.k = kClusters;
    bench.row(
        "Genie, 100,000 rows, 5 axes", axes, "", [&] { (void)ml::Genie::fit(axes, genie); }, "k = 8");
    ml::WardOptions ward;
    ward.k = kClusters;
    bench.row(
        "Ward, 10,000 rows, d = 32", few, "ward", [&] { (void)ml::Ward::fit(few, ward); }, "k = 8, exact");
    bench.row(
        "Ward, 100,000 rows, d = 32", x, "", [&] { (void)ml::Ward::fit(x, ward); }, "k = 8, by groups");
}

/// How cost grows: one row a size, for the table and plot of docs/numerics.md. Only when asked for by name.
void growth(const Bench &bench)
{
    if (bench.chosen.empty() || !bench.wants("growth"))
        return;
    for (const Eigen::Index n : {2000, 5000, 10000, 20000, 50000, 100000, 200000, 500000, 1000000})
        for (const int d : {3, 8, 32}) {
            const ml::Matrix x = samples(n, d);
            const auto row = [&](const std::string &name, Eigen::Index most,
                                 const ml::ClustererOptions &options) {
                const std::string full =
                    "growth " + name + ", n = " + std::to_string(n) + ", d = " + std::to_string(d);
                if (n <= most)
                    bench.row(
                        full, x, "", [&] { (void)ml::Clusterer::fit(x, options); }, "");
            };
            ml::GaussianMixtureOptions mixture;
            mixture.k = kClusters;
            mixture.maxPasses = 10;
            mixture.tolerance = 0;
            row("mixture", 1000000, mixture);
            row("DBSCAN", d == 32 ? 100000 : 1000000,
                ml::DbscanOptions{d == 32  ? 6.0
                                  : d == 8 ? 1.2
                                           : 0.3,
                                  5, 0});
            ml::HdbscanOptions hdbscan;
            hdbscan.minClusterSize = 15;
            hdbscan.minSamples = 5;
            row("HDBSCAN*", d == 32 ? 20000 : d == 8 ? 100000 : 1000000, hdbscan);
            ml::GenieOptions genie;
            genie.k = kClusters;
            row("Genie", d == 32 ? 20000 : d == 8 ? 100000 : 1000000, genie);
            ml::WardOptions ward;
            ward.k = kClusters;
            row("Ward", 1000000, ward);
        }
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
    growth(bench);
    return 0;
}
