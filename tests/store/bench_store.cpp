// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/source/csv.h"
#include "tests/store/frames.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <optional>
#include <unistd.h>

// Rows for ./bench: what the session file and CSV import cost, beside what a user would write with python3.
namespace {
using namespace statescape;
namespace fs = std::filesystem;
constexpr std::uint64_t kRows = 100'000;
constexpr std::size_t kColumns = 64;

/// @return the best of three: what the code needs when nothing else runs.
double bestOf3(const std::function<double()> &measure)
{
    double best = measure();
    for (int i = 0; i < 2; ++i)
        best = std::min(best, measure());
    return best;
}

double seconds(const std::function<void()> &work)
{
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

template <class T>
T must(base::Result<T> result)
{
    if (!result) {
        std::cerr << "bench_store: " << result.error().text() << '\n';
        std::exit(1);
    }
    return std::move(*result);
}
void must(const base::Result<> &result)
{
    if (!result) {
        std::cerr << "bench_store: " << result.error().text() << '\n';
        std::exit(1);
    }
}

/// @return the number a python3 program prints, nothing when it cannot run here.
std::optional<double> python(const fs::path &folder, const std::string &program)
{
    const fs::path script = folder / "peer.py";
    std::FILE *file = std::fopen(script.c_str(), "w");
    if (file == nullptr)
        return std::nullopt;
    std::fputs(program.c_str(), file);
    std::fclose(file);
    std::FILE *out =
        ::popen(("python3 '" + script.string() + "' '" + folder.string() + "' 2>/dev/null").c_str(), "r");
    if (out == nullptr)
        return std::nullopt;
    double value = 0;
    const int read = std::fscanf(out, "%lf", &value);
    const bool good = ::pclose(out) == 0 && read == 1;
    return good ? std::optional(value) : std::nullopt;
}

void row(const char *name, double value, const char *unit, const char *peer, std::optional<double> peerValue,
         double ratio, const char *note)
{
    std::printf(R"({"group":"store","name":"%s","value":%.4g,"unit":"%s",)", name, value, unit);
    if (peerValue)
        std::printf(R"("peer":"%s","peer_value":%.4g,"ratio":%.3g,)", peer, *peerValue, ratio);
    else
        std::printf(R"("peer":null,"peer_value":null,"ratio":null,)");
    std::printf("\"note\":\"%s\"}\n", note);
    std::fflush(stdout);
}

void benchStore(const fs::path &folder)
{
    const auto batches = [] {
        std::vector<std::vector<feature::FeatureFrame>> out;
        for (std::uint64_t i = 0; i < kRows; i += 1000) {
            out.push_back(frames::some(i, 1000, kColumns));
            for (auto &frame : out.back())
                frame.processes.clear();
        }
        return out;
    }();
    auto file = must(store::SessionStore::open(folder / "bench.statescape", store::OpenMode::Create));
    store::SessionId id = 0;
    const double append = bestOf3([&] {
        id = must(file.beginSession(frames::session(frames::schemaOf(kColumns))));
        return seconds([&] {
            for (const auto &batch : batches)
                must(file.append(id, batch));
        });
    });
    const auto peer = python(folder, R"py(
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1] + "/peer.db", isolation_level=None)
db.execute("PRAGMA journal_mode=WAL")
db.execute("PRAGMA synchronous=NORMAL")
blob = bytes(range(256))
best = 1e9
for n in range(3):
    db.execute(f"CREATE TABLE s{n} (id INTEGER PRIMARY KEY, time_ns INTEGER, duration_ns INTEGER, entity INTEGER, vals BLOB, processes BLOB)")
    batches = [[(i, i * 250000000, 250000000, 0, blob, None) for i in range(b, b + 1000)] for b in range(0, 100000, 1000)]
    start = time.perf_counter()
    for batch in batches:
        db.execute("BEGIN IMMEDIATE")
        db.executemany(f"INSERT INTO s{n} VALUES (?, ?, ?, ?, ?, ?)", batch)
        db.execute("COMMIT")
    best = min(best, time.perf_counter() - start)
print(100000 / best)
)py");
    row("append", kRows / append, "samples/s", "python3 sqlite3 executemany", peer,
        peer ? kRows / append / *peer : 0, "64 features, batches of 1000, WAL, synchronous NORMAL");

    store::Step step{"all", {}};
    for (std::uint64_t i = 0; i < kRows; ++i)
        step.changes.push_back({i, {}, {schema::Polarity::Negative, 0}});
    row("label 100k samples", 1e3 * seconds([&] { must(file.applyStep(id, step)); }), "ms", "", {}, 0,
        "one step, stored as runs");
    row("undo 100k labels", 1e3 * seconds([&] { (void)must(file.undo(id)); }), "ms", "", {}, 0,
        "from the file");
    store::Step scattered{"every second", {}};
    for (std::uint64_t i = 0; i < kRows; i += 2)
        scattered.changes.push_back({i, {}, {schema::Polarity::Negative, 0}});
    row("label 50k scattered samples", 1e3 * seconds([&] { must(file.applyStep(id, scattered)); }), "ms", "",
        {}, 0, "every second sample: the worst case for runs");

    const double load = bestOf3([&] { return seconds([&] { (void)must(file.load(id)); }); });
    const auto peerLoad = python(folder, R"py(
import sqlite3, struct, sys, time
db = sqlite3.connect(sys.argv[1] + "/peer.db")
best = 1e9
for n in range(3):
    start = time.perf_counter()
    rows = [(t, struct.unpack("64f", v)) for t, v in db.execute(f"SELECT time_ns, vals FROM s{n} ORDER BY id")]
    best = min(best, time.perf_counter() - start)
print(1e3 * best)
)py");
    row("load 100k samples", 1e3 * load, "ms", "python3 sqlite3 and struct", peerLoad,
        peerLoad ? *peerLoad / (1e3 * load) : 0, "64 features; ratio above 1 is faster than the peer");
}

void benchCsv(const fs::path &folder)
{
    feature::SampleLog log(frames::schemaOf(kColumns));
    for (std::uint64_t i = 0; i < kRows; ++i) {
        auto frame = frames::frame(i, kColumns);
        frame.processes.clear();
        for (std::size_t c = 0; c < kColumns; ++c)
            frame.values[c] = static_cast<float>(i % 1000) * 0.37F + static_cast<float>(c) * 1.7F;
        log.append(std::move(frame));
    }
    const fs::path csv = folder / "bench.csv";
    const double out = seconds([&] { must(source::writeCsv(csv, log.view(), {}, {})); });
    row("CSV export", kRows / out, "rows/s", "", {}, 0, "64 features");
    const double in = bestOf3([&] { return seconds([&] { (void)must(source::readCsv(csv, {})); }); });
    const auto peer = python(folder, R"py(
import csv, sys, time
start = time.perf_counter()
with open(sys.argv[1] + "/bench.csv", newline="") as f:
    reader = csv.reader(f)
    next(reader)
    rows = [[float(c) if c else float("nan") for c in r[3:-1]] for r in reader]
print(len(rows) / (time.perf_counter() - start))
)py");
    row("CSV import", kRows / in, "rows/s", "python3 csv and float", peer, peer ? kRows / in / *peer : 0,
        "64 features, every cell checked");
}
} // namespace

int main()
{
    const fs::path folder = fs::temp_directory_path() / ("statescape-bench-" + std::to_string(::getpid()));
    fs::create_directories(folder);
    benchStore(folder);
    benchCsv(folder);
    fs::remove_all(folder);
    return 0;
}
