// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Maps that keep neighbours beside umap-learn and t-SNE in one run; one JSON row a line. Arguments choose
// rows by a part of their name; without any, all are run.
#include "core/ml/neighbour_map.h"
#include "tests/bench/row.h"
#include "tests/ml/fixtures.h"
#include "tests/ml/map_figures.h"

#include <chrono>
#include <cstdio>
#include <functional>
#include <thread>
#include <unistd.h>

using namespace statescape;
using nlohmann::json;

namespace {
using bench::milliseconds;

/// @return null where no python3 has the peer.
json peer(const ml::Matrix &x, const std::string &task)
{
    if (task.empty())
        return {};
    return bench::askPython(STATESCAPE_BENCH_PEER, {x.data(), static_cast<std::size_t>(x.size())},
                            std::to_string(x.rows()) + " " + std::to_string(x.cols()) + " " + task,
                            task == "tsne" ? "sklearn" : "umap");
}

struct Bench {
    std::vector<std::string> chosen;

    [[nodiscard]] bool wants(const std::string &name) const
    {
        return chosen.empty() || std::any_of(chosen.begin(), chosen.end(), [&](const std::string &part) {
                   return name.find(part) != std::string::npos;
               });
    }
    void print(const std::string &name, double value, const std::string &unit, const json &theirs,
               bool lowerIsBetter, const std::string &note) const
    {
        json out{{"group", "map"},  {"name", name},          {"value", value},   {"unit", unit},
                 {"peer", nullptr}, {"peer_value", nullptr}, {"ratio", nullptr}, {"note", note}};
        if (theirs.is_object()) {
            const double other = theirs["ms"].get<double>();
            out["peer"] = theirs["peer"];
            out["peer_value"] = other;
            out["ratio"] = lowerIsBetter ? other / value : value / other;
        }
        std::printf("%s\n", out.dump().c_str());
        std::fflush(stdout);
    }
    void time(const std::string &name, const ml::Matrix &x, const std::string &task,
              const std::function<void()> &work, const std::string &note) const
    {
        if (wants(name))
            print(name, milliseconds(work), "ms", peer(x, task), true, note);
    }
};

void speed(const Bench &bench)
{
    const auto fit = [](const ml::Matrix &x, int components) {
        ml::NeighbourMapOptions options;
        options.components = components;
        return [&x, options] { (void)ml::NeighbourMap::fit(x, options); };
    };
    const ml::Matrix some = ml::test::blobs(10'000, 32, 8, 1, 20, 0.05).x;
    bench.time("Neighbour map, 10,000 rows, d = 32", some, "umap", fit(some, 2),
               "the peer after its compilation");
    bench.time("Neighbour map, 10,000 rows, d = 32, beside t-SNE", some, "tsne", fit(some, 2), "");
    bench.time("Neighbour map in space, 10,000 rows, d = 32", some, "", fit(some, 3), "3 components");
    if (bench.wants("Neighbour map, 100,000 rows, d = 32") ||
        bench.wants("Neighbour map, 100,000 rows, d = 5")) {
        const ml::Matrix many = ml::test::blobs(100'000, 32, 8, 1, 20, 0.05).x;
        bench.time("Neighbour map, 100,000 rows, d = 32", many, "", fit(many, 2),
                   "5 % noise, whose neighbours are far to seek");
        const ml::Matrix few = many.leftCols(5);
        bench.time("Neighbour map, 100,000 rows, d = 5", few, "", fit(few, 2), "");
    }
}

void places(const Bench &bench)
{
    const std::string name = "One new row onto a map of 10,000, d = 32";
    if (!bench.wants(name))
        return;
    const ml::Matrix x = ml::test::blobs(10'000, 32, 8, 1, 20, 0.05).x;
    const ml::Matrix asked = ml::test::blobs(2000, 32, 8, 1, 20, 0.05).x.array() + 0.001F;
    ml::NeighbourMapOptions options;
    options.passes = 50;
    const auto map = ml::NeighbourMap::fit(x, options);
    const double each = milliseconds([&] { (void)map->transform(asked, 1); }) / 2000;
    bench.print(name, each, "ms", peer(x, "umap-one"), true, "one thread");
}

void stopping(const Bench &bench)
{
    const std::string name = "Neighbour map stops when asked, 100,000 rows, d = 32, latest of 12";
    if (!bench.wants(name))
        return;
    const ml::Matrix x = ml::test::blobs(100'000, 32, 8, 1, 20, 0.05).x;
    double latest = 0;
    for (int i = 0; i < 12; ++i) {
        std::stop_source stop;
        std::chrono::steady_clock::time_point asked;
        std::jthread asker([&] {
            std::this_thread::sleep_for(std::chrono::milliseconds(i < 6 ? 20 << i : 2000 * (i - 4)));
            asked = std::chrono::steady_clock::now();
            stop.request_stop();
        });
        const auto map = ml::NeighbourMap::fit(x, {}, {}, {stop.get_token(), {}});
        const auto ended = std::chrono::steady_clock::now();
        asker.join();
        if (!map)
            latest = std::max(latest, std::chrono::duration<double, std::milli>(ended - asked).count());
    }
    bench.print(name, latest, "ms", {}, true, "asked between 20 ms and 14 s");
}
} // namespace

int main(int argc, char **argv)
{
    Bench bench;
    for (int i = 1; i < argc; ++i)
        bench.chosen.emplace_back(argv[i]);
    speed(bench);
    places(bench);
    stopping(bench);
    return 0;
}
