// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/clock.h"
#include "core/session/workspace.h"
#include "tests/session/planted_session.h"

#include <QCoreApplication>
#include <QTemporaryDir>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <mutex>
#include <thread>
#include <unistd.h>

/// A million samples in hand: what a person waits for.
namespace {
using namespace statescape;
using session::Workspace;

constexpr std::size_t kRows = 1'000'000;

void row(const char *name, double value, const char *unit, const char *note)
{
    std::printf(
        R"({"group":"session","name":"%s","value":%.4g,"unit":"%s","peer":null,"peer_value":null,"ratio":null,"note":"%s"})"
        "\n",
        name, value, unit, note);
    std::fflush(stdout);
}

template <class Work>
double milliseconds(Work work)
{
    const std::uint64_t begin = base::monotonicNs();
    work();
    return static_cast<double>(base::monotonicNs() - begin) / 1e6;
}

template <class T>
T must(base::Result<T> result)
{
    if (!result)
        qFatal("%s", result.error().text().c_str());
    if constexpr (!std::is_void_v<T>)
        return std::move(*result);
}

double residentMegabytes()
{
    std::ifstream file("/proc/self/statm");
    double pages = 0;
    file >> pages >> pages;
    return pages * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

/// Median of @p times rounds of a step and its undo, both to disk.
void stepAndUndo(Workspace &workspace, const char *name, const std::function<void()> &step)
{
    std::vector<double> steps, undos;
    for (int i = 0; i < 5; ++i) {
        steps.push_back(milliseconds(step));
        undos.push_back(milliseconds([&] { must(workspace.undo()); }));
    }
    std::sort(steps.begin(), steps.end());
    std::sort(undos.begin(), undos.end());
    row(name, steps[2], "ms", "until it is on disk");
    row((std::string("undo: ") + name).c_str(), undos[2], "ms", "until it is on disk");
}

template <class Start>
double waitFor(Start start)
{
    std::mutex mutex;
    std::condition_variable wake;
    bool done = false;
    return milliseconds([&] {
        start([&] {
            const std::lock_guard lock(mutex);
            done = true;
            wake.notify_all();
        });
        std::unique_lock lock(mutex);
        wake.wait(lock, [&] { return done; });
    });
}
} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication app(argc, argv);
    const QTemporaryDir folder;
    const std::string file = folder.filePath(QStringLiteral("million.statescape")).toStdString();
    test::writePlanted(file, kRows);
    std::unique_ptr<Workspace> workspace;
    row("open 1M samples with 89 features", milliseconds([&] {
                                                workspace = must(Workspace::open(file, {}));
                                                while (!workspace->snapshot()->coordinates)
                                                    std::this_thread::sleep_for(std::chrono::milliseconds(2));
                                            }) / 1e3,
        "s", "from the file to places on fitted axes");
    row("resident memory with 1M samples", residentMegabytes(), "MB", "356 MB of it are the features");
    const auto all = std::make_shared<const std::vector<std::uint8_t>>(kRows, std::uint8_t{1});
    auto half = std::make_shared<std::vector<std::uint8_t>>(kRows, std::uint8_t{0});
    for (std::size_t i = 0; i < kRows; i += 2)
        (*half)[i] = 1;
    stepAndUndo(*workspace, "label 1M samples",
                [&] { must(workspace->label(*all, schema::Polarity::Negative, "stall")); });
    stepAndUndo(*workspace, "label 500k scattered samples",
                [&] { must(workspace->label(*half, schema::Polarity::Positive, "calm")); });
    must(workspace->label(*all, schema::Polarity::Negative, "stall"));
    stepAndUndo(*workspace, "clear 1M labels", [&] { must(workspace->clearLabels(*all)); });
    row("select 500k scattered of 1M", milliseconds([&] { must(workspace->select(half, "half")); }), "ms",
        "until every view may show it; the disk follows");
    row("explain 500k of 1M samples", waitFor([&](const std::function<void()> &done) {
            workspace->explain(half, {}, [done](Workspace::Explanation) { done(); });
        }),
        "ms", "89 features, histograms and a rule measured on all");
    const auto axes = session::PictureAxes{session::AxisSource{session::AxisSource::Kind::Feature, 5},
                                           session::AxisSource{session::AxisSource::Kind::Component, 3},
                                           session::AxisSource{session::AxisSource::Kind::Component, 0}};
    row("put 1M samples on other axes", milliseconds([&] {
            workspace->setPictureAxes(axes);
            while (workspace->snapshot()->pictureAxes != axes)
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }),
        "ms", "");
    return 0;
}
