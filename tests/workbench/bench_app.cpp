// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/clock.h"
#include "tests/session/planted_session.h"
#include "ui/picture/picture_pane.h"
#include "ui/point_view/point_view.h"
#include "ui/window/main_window.h"

#include <QApplication>
#include <QDir>
#include <QProcess>
#include <QTemporaryDir>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <unistd.h>

/// The workbench as a whole: how soon it shows something, what it takes, how old a sample is when it is seen.
namespace {
using namespace statescape;

constexpr std::size_t kRows = 100'000;

double msSince(std::uint64_t beginNs)
{
    return static_cast<double>(base::monotonicNs() - beginNs) / 1e6;
}

void row(const char *name, double value, const char *unit, const char *note)
{
    std::printf(
        R"({"group":"app","name":"%s","value":%.4g,"unit":"%s","peer":null,"peer_value":null,"ratio":null,"note":"%s"})"
        "\n",
        name, value, unit, note);
    std::fflush(stdout);
}

double residentMegabytes()
{
    std::ifstream file("/proc/self/statm");
    double pages = 0;
    file >> pages >> pages;
    return pages * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

template <class Condition>
bool waitFor(Condition condition, int milliseconds)
{
    const std::uint64_t begin = base::monotonicNs();
    while (!condition() && msSince(begin) < milliseconds)
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents | QEventLoop::AllEvents, 20);
    return condition();
}

void wholeProgram(const QString &file, const QTemporaryDir &folder)
{
    std::vector<double> times;
    for (int i = 0; i < 5; ++i) {
        const std::uint64_t begin = base::monotonicNs();
        QProcess::execute(QStringLiteral(STATESCAPE_BENCH_BIN "/statescape-workbench"),
                          {file, "--no-live", "--screenshot", folder.filePath("shot.png"), "--after", "0ms"});
        times.push_back(msSince(begin));
    }
    std::sort(times.begin(), times.end());
    row("workbench process: open 100,000 samples, draw, save a picture, quit", times[2], "ms",
        "89 features, median of 5");
}

void firstPicture(const QString &file)
{
    const std::uint64_t begin = base::monotonicNs();
    ui::WorkbenchOptions options;
    options.live = false;
    ui::MainWindow window(options);
    window.resize(1280, 800);
    bool painted = false;
    QObject::connect(window.findChild<ui::PointView *>(), &ui::PointView::frameTimed, &window, [&] {
        const auto shown = window.controller().shown();
        painted = painted || (shown && shown->coordinates && shown->samples.rows() == kRows);
    });
    window.show();
    if (!window.openFile(file) || !waitFor([&] { return painted; }, 30'000)) {
        std::fprintf(stderr, "bench_app: no picture of 100,000 samples\n");
        return;
    }
    row("window to first picture of 100,000 samples", msSince(begin), "ms", "89 features, axes fitted anew");
    row("resident memory with 100,000 samples", residentMegabytes(), "MB", "89 features");
    window.close();
}

void sampleAge()
{
    ui::WorkbenchOptions options;
    options.helper.program = STATESCAPE_BENCH_BIN "/statescape-helper";
    options.helper.intervalNs = 100'000'000;
    ui::MainWindow window(options);
    window.resize(1280, 800);
    window.show();
    std::vector<double> ages;
    std::size_t seen = 0;
    QObject::connect(window.findChild<ui::PointView *>(), &ui::PointView::frameTimed, &window, [&] {
        const auto shown = window.controller().shown();
        if (!shown || !shown->coordinates || shown->samples.rows() <= seen)
            return;
        seen = shown->samples.rows();
        ages.push_back(msSince(shown->samples.timeNs(seen - 1)));
    });
    if (!window.newLiveSession() || !waitFor([&] { return ages.size() >= 60; }, 30'000)) {
        std::fprintf(stderr, "bench_app: no live samples; is statescape-helper built?\n");
        return;
    }
    std::sort(ages.begin(), ages.end());
    row("age of a sample when painted, median", ages[ages.size() / 2], "ms",
        "from the interval's end in the helper");
    row("age of a sample when painted, 95th percentile", ages[ages.size() * 95 / 100], "ms",
        "60 samples, 100 ms interval");
    window.close();
}
} // namespace

int main(int argc, char **argv)
{
    qputenv("QT_QPA_PLATFORM", "offscreen");
    const QTemporaryDir folder;
    // Settings and session files of the person who measures stay out of it.
    for (const char *name : {"HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"})
        qputenv(name, folder.path().toUtf8());
    QApplication app(argc, argv);
    const QString file = folder.filePath("planted.statescape");
    if (test::writePlanted(file.toStdString(), kRows) == 0)
        return 1;
    wholeProgram(file, folder);
    firstPicture(file);
    sampleAge();
    return 0;
}
