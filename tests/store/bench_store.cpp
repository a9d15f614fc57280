// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/source/csv.h"
#include "tests/store/frames.h"

#include <algorithm>
#include <array>
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
constexpr std::uint64_t kMillion = 1'000'000;
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

/// @return @p runs stretches of @p count rows each, evenly over a million.
template <class Run>
std::vector<Run> stretches(std::uint64_t runs, std::uint64_t count)
{
    std::vector<Run> out(runs);
    for (std::uint64_t i = 0; i < runs; ++i) {
        out[i].first = i * (kMillion / runs);
        out[i].count = count;
    }
    return out;
}

store::Step labels(std::uint64_t runs, std::uint64_t count)
{
    store::Step step{"label"};
    step.runs = stretches<store::ChangeRun>(runs, count);
    for (std::size_t i = 0; i < step.runs.size(); ++i)
        step.runs[i].after = {i % 2 == 0 ? schema::Polarity::Negative : schema::Polarity::Positive, 0};
    return step;
}

void benchSteps(const fs::path &folder)
{
    const fs::path path = folder / "steps.statescape";
    auto file = must(store::SessionStore::open(path, store::OpenMode::Create));
    const auto id = must(file.beginSession(frames::session(frames::schemaOf(1))));
    for (std::uint64_t i = 0; i < kMillion; i += 20'000) {
        auto batch = frames::some(i, 20'000, 1);
        for (auto &frame : batch)
            frame.processes.clear();
        must(file.append(id, batch));
    }
    store::Step select{"select", {}, store::StepKind::Select};
    select.selectedAfter = stretches<store::RowRun>(500'000, 1);
    store::Step clear{"clear"};
    clear.runs = stretches<store::ChangeRun>(1, kMillion);
    const std::vector<std::pair<std::string, store::Step>> steps{
        {"label 1M samples", labels(1, kMillion)},
        {"label 1M samples in 100k runs", labels(100'000, 10)},
        {"clear 1M samples of 100k runs", clear},
        {"select 500k scattered samples", select}};
    constexpr int kRounds = 9;
    for (const auto &[name, step] : steps) {
        std::array<double, kRounds> there{};
        std::array<double, kRounds> back{};
        std::array<double, kRounds> again{};
        for (int i = 0; i < kRounds; ++i) {
            const auto at = static_cast<std::size_t>(i);
            there[at] = 1e3 * seconds([&, &todo = step] { must(file.applyStep(id, todo)); });
            back[at] = 1e3 * seconds([&] { (void)must(file.undo(id)); });
            again[at] = 1e3 * seconds([&] { (void)must(file.redo(id)); });
            if (i + 1 < kRounds)
                (void)must(file.undo(id));
        }
        for (auto &[what, times] :
             {std::pair(name, &there), std::pair("undo " + name, &back), std::pair("redo " + name, &again)}) {
            std::sort(times->begin(), times->end());
            const std::string note =
                "median of 9, commit included; the slowest took " + std::to_string(times->back()) + " ms";
            row(what.c_str(), (*times)[kRounds / 2], "ms", "", {}, 0, note.c_str());
        }
    }
    must(file.applyStep(id, labels(100'000, 10)));
    const auto microseconds = [](const std::function<void()> &work) {
        return 1e6 * bestOf3([&] { return seconds(work); });
    };
    row("history after a step", microseconds([&] { (void)must(file.history(id)); }), "us", "", {}, 0,
        "depths and names");
    row("labels of 1M samples in 100k runs", 1e-3 * microseconds([&] { (void)must(file.labels(id)); }), "ms",
        "", {}, 0, "one per sample");
    row("selection of 500k scattered samples", 1e-3 * microseconds([&] { (void)must(file.selection(id)); }),
        "ms", "", {}, 0, "as runs");
    row("what is known of 1M samples", 1e-3 * microseconds([&] { (void)must(file.session(id)); }), "ms", "",
        {}, 0, "session(), labels counted");
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
    benchSteps(folder);
    benchCsv(folder);
    fs::remove_all(folder);
    return 0;
}
