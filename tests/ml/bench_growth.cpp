// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// How time and memory grow with rows, columns and clusters, and how fast a fit stops; one JSON row a line.
//   bench_growth [time|columns|clusters|memory|stop] [NAME...]    all without arguments; names choose
//   algorithms bench_growth plot FILE.svg                                    draws rows of `time` from
//   standard input
#include "core/ml/choose_k.h"
#include "core/ml/clusterer.h"
#include "core/ml/low_rank_pca.h"
#include "core/ml/metrics.h"
#include "core/ml/validity.h"
#include "tests/bench/row.h"
#include "tests/ml/bench_data.h"
#include "tests/ml/growth_plot.h"

#include <atomic>
#include <cmath>
#include <functional>
#include <iostream>
#include <malloc.h>
#include <map>
#include <sys/wait.h>
#include <thread>

using namespace statescape;
using bench::bestMs;
using bench::kClusters;
using bench::milliseconds;
using bench::samples;

namespace {
/// A size is left out once the one before it took longer.
constexpr double kLongEnoughMs = 2500;

struct Algorithm {
    std::string name;
    std::function<bool(const ml::Matrix &x, int k, const base::Progress &progress)> fit;
    bool takesK = false;
    Eigen::Index most = 1000000; ///< rows to measure at
};

template <class Options>
bool fitted(const ml::Matrix &x, const Options &options, const base::Progress &progress)
{
    return ml::Clusterer::fit(x, options, progress).has_value();
}

/// Some labels that are quickly had.
std::vector<std::int32_t> someLabels(const ml::Matrix &x)
{
    std::vector<std::int32_t> out(static_cast<std::size_t>(x.rows()));
    for (std::size_t i = 0; i < out.size(); ++i) {
        const auto row = x.row(static_cast<Eigen::Index>(i));
        out[i] = (row[0] > 0 ? 1 : 0) + (x.cols() > 1 && row[1] > 0 ? 2 : 0);
    }
    return out;
}

std::vector<Algorithm> clusterers()
{
    return {
        {"k-means",
         [](const ml::Matrix &x, int k, const base::Progress &progress) {
             ml::KMeansOptions options;
             options.k = k;
             options.restarts = 1;
             options.maxPasses = 20;
             options.tolerance = 0;
             return fitted(x, options, progress);
         },
         true},
        {"Gaussian mixture",
         [](const ml::Matrix &x, int k, const base::Progress &progress) {
             ml::GaussianMixtureOptions options;
             options.k = k;
             options.maxPasses = 10;
             options.tolerance = 0;
             return fitted(x, options, progress);
         },
         true},
        {"DBSCAN", [](const ml::Matrix &x, int,
                      const base::Progress &progress) { return fitted(x, ml::DbscanOptions{}, progress); }},
        {"HDBSCAN*",
         [](const ml::Matrix &x, int, const base::Progress &progress) {
             return fitted(x, ml::HdbscanOptions{}, progress);
         }},
        {"Genie",
         [](const ml::Matrix &x, int k, const base::Progress &progress) {
             ml::GenieOptions options;
             options.k = k;
             return fitted(x, options, progress);
         }},
        {"Ward", [](const ml::Matrix &x, int k, const base::Progress &progress) {
             ml::WardOptions options;
             options.k = k;
             return fitted(x, options, progress);
         }}};
}

/// What else takes long enough that someone may want to stop it.
std::vector<Algorithm> others()
{
    return {{"PCA",
             [](const ml::Matrix &x, int, const base::Progress &progress) {
                 return ml::Pca::fit(x, static_cast<int>(x.cols()), progress).has_value();
             }},
            {"PCA, SVD",
             [](const ml::Matrix &x, int, const base::Progress &progress) {
                 return ml::Pca::fit(x, static_cast<int>(x.cols()), progress, ml::PcaRoute::Svd).has_value();
             }},
            {"PCA, randomised",
             [](const ml::Matrix &x, int, const base::Progress &progress) {
                 return ml::randomisedPca(x, 2, 6, 2, 1, progress).has_value();
             }},
            {"silhouette",
             [](const ml::Matrix &x, int, const base::Progress &progress) {
                 return ml::silhouette(x, someLabels(x), 4, SIZE_MAX, 1, progress).has_value();
             },
             false, 50000},
            {"DBCV",
             [](const ml::Matrix &x, int, const base::Progress &progress) {
                 return ml::densityValidity(x, someLabels(x), 4, progress).has_value();
             },
             false, 20000},
            {"choice of k", [](const ml::Matrix &x, int, const base::Progress &progress) {
                 return ml::chooseK(x, {}, progress).has_value();
             }}};
}

class Growth {
public:
    explicit Growth(std::vector<std::string> chosen)
        : m_chosen(std::move(chosen))
    {}

    void time() const
    {
        for (const int d : {3, 8, 32})
            for (const auto &algorithm : wanted(clusterers(), others())) {
                std::vector<std::pair<double, double>> points;
                for (const Eigen::Index n : {1000, 3000, 10000, 30000, 100000, 300000, 1000000}) {
                    if (n > algorithm.most || (!points.empty() && points.back().second > kLongEnoughMs))
                        break;
                    const ml::Matrix x = samples(n, d);
                    const double ms = bestMs([&] { (void)algorithm.fit(x, kClusters, {}); });
                    points.emplace_back(static_cast<double>(n), ms);
                    bench::printRow("growth",
                                    algorithm.name + ", d = " + std::to_string(d) +
                                        ", n = " + std::to_string(n),
                                    ms, "ms");
                }
                printExponent(algorithm.name + ", d = " + std::to_string(d) + ", exponent of n", points,
                              10000);
            }
    }

    void columns() const
    {
        for (const auto &algorithm : wanted(clusterers(), others())) {
            std::vector<std::pair<double, double>> points;
            for (const int d : {2, 4, 8, 16, 32, 64, 128}) {
                const ml::Matrix x = samples(10000, d);
                points.emplace_back(d, bestMs([&] { (void)algorithm.fit(x, kClusters, {}); }));
                bench::printRow("growth", algorithm.name + ", n = 10000, d = " + std::to_string(d),
                                points.back().second, "ms");
            }
            printExponent(algorithm.name + ", exponent of d", points, 8);
        }
    }

    void clusters() const
    {
        const ml::Matrix x = samples(20000, 32);
        for (const auto &algorithm : wanted(clusterers(), {})) {
            if (!algorithm.takesK)
                continue;
            std::vector<std::pair<double, double>> points;
            for (const int k : {4, 8, 16, 32, 64}) {
                points.emplace_back(k, bestMs([&] { (void)algorithm.fit(x, k, {}); }));
                bench::printRow("growth", algorithm.name + ", 20000 x 32, k = " + std::to_string(k),
                                points.back().second, "ms");
            }
            printExponent(algorithm.name + ", exponent of k", points, 4);
        }
    }

    /// Each fit in a process of its own, whose largest size tells what it needed.
    void memory() const
    {
        for (const auto &algorithm : wanted(clusterers(), others())) {
            const ml::Matrix x = samples(std::min<Eigen::Index>(algorithm.most, 100000), 32);
            std::fflush(stdout);
            // What this process has freed would hide what the next one needs.
            ::malloc_trim(0);
            const pid_t child = ::fork();
            if (child == 0) {
                const double before = megabytes("VmRSS:");
                const bool good = algorithm.fit(x, kClusters, {});
                bench::printRow("growth", algorithm.name + ", " + std::to_string(x.rows()) + " x 32, memory",
                                megabytes("VmHWM:") - before, "MB", {},
                                good ? "beside the rows themselves, " +
                                           std::to_string(4 * x.size() / 1000000) + " MB"
                                     : "failed");
                std::_Exit(0);
            }
            ::waitpid(child, nullptr, 0);
        }
    }

    /// How long a fit goes on after it was asked to stop, the worst of several moments.
    void stop() const
    {
        for (const auto &algorithm : wanted(clusterers(), others())) {
            const Eigen::Index n = algorithm.takesK || algorithm.name.starts_with("PCA") ? 1000000
                                   : algorithm.name == "Ward"
                                       ? 300000
                                       : std::min<Eigen::Index>(algorithm.most, 100000);
            const ml::Matrix x = samples(n, 32);
            double whole = kLongEnoughMs;
            double worst = 0;
            double worstAt = 0;
            constexpr int kMoments = 9;
            for (int m = 0; m < kMoments; ++m) {
                const double after = std::pow(2.0, m) / std::pow(2.0, kMoments) * whole;
                const double delay = delayMs(algorithm, x, after, whole);
                if (delay > worst) {
                    worst = delay;
                    worstAt = after;
                }
            }
            bench::printRow("growth", algorithm.name + ", " + std::to_string(n) + " x 32, time to stop",
                            worst, "ms", {},
                            "worst of " + std::to_string(kMoments) + " moments, asked after " +
                                std::to_string(static_cast<int>(worstAt)) + " ms");
        }
    }

private:
    /// @param whole in and out: how long it takes at most
    static double delayMs(const Algorithm &algorithm, const ml::Matrix &x, double after, double &whole)
    {
        std::stop_source source;
        std::atomic<double> asked{0};
        const auto start = std::chrono::steady_clock::now();
        const auto since = [&] {
            return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
                .count();
        };
        std::jthread waiter([&] {
            std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(after));
            asked = since();
            source.request_stop();
        });
        const bool finished = algorithm.fit(x, kClusters, {source.get_token(), {}});
        const double end = since();
        waiter.join();
        if (finished)
            whole = std::min(whole, end);
        return finished && end < after ? 0 : end - asked;
    }

    static double megabytes(const std::string &field)
    {
        std::ifstream status("/proc/self/status");
        for (std::string word; status >> word;)
            if (word == field) {
                double kilobytes = 0;
                status >> kilobytes;
                return kilobytes / 1000;
            }
        return 0;
    }

    [[nodiscard]] std::vector<Algorithm> wanted(std::vector<Algorithm> all, std::vector<Algorithm> more) const
    {
        all.insert(all.end(), more.begin(), more.end());
        std::erase_if(all, [&](const Algorithm &one) {
            return !m_chosen.empty() &&
                   std::find(m_chosen.begin(), m_chosen.end(), one.name) == m_chosen.end();
        });
        return all;
    }

    /// Slope of ln time over ln size, from @p least on.
    static void printExponent(const std::string &name, const std::vector<std::pair<double, double>> &points,
                              double least)
    {
        double n = 0;
        double sx = 0;
        double sy = 0;
        double sxx = 0;
        double sxy = 0;
        for (const auto &[size, ms] : points) {
            if (size < least)
                continue;
            const double x = std::log(size);
            const double y = std::log(ms);
            n += 1;
            sx += x;
            sy += y;
            sxx += x * x;
            sxy += x * y;
        }
        if (n > 1)
            bench::printRow("growth", name, (n * sxy - sx * sy) / (n * sxx - sx * sx), "", {},
                            "from " + std::to_string(static_cast<int>(least)) + " to " +
                                std::to_string(static_cast<int>(points.back().first)));
    }

    std::vector<std::string> m_chosen;
};

int plot(const char *file)
{
    std::vector<bench::Panel> panels{{"3 columns", {}}, {"8 columns", {}}, {"32 columns", {}}};
    const auto algorithms = clusterers();
    for (std::string line; std::getline(std::cin, line);) {
        const auto row = bench::json::parse(line, nullptr, false);
        if (!row.is_object())
            continue;
        const auto name = row["name"].get<std::string>();
        for (int a = 0; a < static_cast<int>(algorithms.size()); ++a)
            for (std::size_t p = 0; p < panels.size(); ++p) {
                const std::string start = algorithms[static_cast<std::size_t>(a)].name +
                                          ", d = " + std::array{"3", "8", "32"}[p] + ", n = ";
                if (!name.starts_with(start))
                    continue;
                auto &curves = panels[p].curves;
                if (curves.empty() || curves.back().which != a)
                    curves.push_back({algorithms[static_cast<std::size_t>(a)].name, a, {}});
                curves.back().points.emplace_back(std::stod(name.substr(start.size())),
                                                  row["value"].get<double>());
            }
    }
    std::ofstream out(file);
    out << bench::GrowthPlot(std::move(panels)).svg();
    return out.good() ? 0 : 1;
}
} // namespace

int main(int argc, char **argv)
{
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (arguments.size() == 2 && arguments[0] == "plot")
        return plot(argv[2]);
    const std::map<std::string, void (Growth::*)() const> parts{{"time", &Growth::time},
                                                                {"columns", &Growth::columns},
                                                                {"clusters", &Growth::clusters},
                                                                {"memory", &Growth::memory},
                                                                {"stop", &Growth::stop}};
    if (arguments.empty()) {
        for (const auto &[name, part] : parts)
            (Growth({}).*part)();
        return 0;
    }
    const auto part = parts.find(arguments[0]);
    if (part == parts.end()) {
        std::fprintf(stderr,
                     "bench_growth: no part \"%s\"; there are time, columns, clusters, memory, stop, plot\n",
                     arguments[0].c_str());
        return 2;
    }
    (Growth({arguments.begin() + 1, arguments.end()}).*part->second)();
    return 0;
}
