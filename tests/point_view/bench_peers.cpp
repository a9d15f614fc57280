// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/point_view/bench_peers.h"

#include "tests/point_view/point_clouds.h"

#include <QApplication>
#include <QProcess>
#include <QStandardPaths>
#include <cstdio>
#include <qcustomplot.h>

namespace statescape::ui {

std::function<void()> discPlot(const PointSet &points)
{
    auto plot = std::make_shared<QCustomPlot>();
    plot->resize(kBenchWidth, kBenchHeight);
    plot->setViewport(QRect(0, 0, kBenchWidth, kBenchHeight));
    auto *graph = plot->addGraph();
    graph->setLineStyle(QCPGraph::lsNone);
    graph->setAdaptiveSampling(false); // every point, as we do
    graph->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, 4));
    QVector<double> x;
    QVector<double> y;
    for (std::size_t i = 0; i < points.size(); ++i) {
        x.append(points.x[i]);
        y.append(points.y[i]);
    }
    graph->setData(x, y);
    plot->rescaleAxes();
    return [plot] { plot->replot(QCustomPlot::rpImmediateRefresh); };
}

PeerTime peerTime(const QString &program, const QString &name, bool display)
{
    QStringList command{program, QStringLiteral("--peer"), name};
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    if (display) {
        const QString xvfb = QStandardPaths::findExecutable(QStringLiteral("xvfb-run"));
        if (xvfb.isEmpty())
            return {{}, QStringLiteral("xvfb-run is not installed")};
        command = QStringList{xvfb, QStringLiteral("-a")} + command;
        environment.insert(QStringLiteral("QT_QPA_PLATFORM"), QStringLiteral("xcb"));
    }
    QProcess process;
    process.setProcessEnvironment(environment);
    process.start(command.takeFirst(), command);
    if (!process.waitForFinished(120'000)) {
        process.kill();
        process.waitForFinished();
        return {{}, QStringLiteral("did not end within two minutes")};
    }
    bool ok = false;
    const double ms = QString::fromLatin1(process.readAllStandardOutput()).trimmed().toDouble(&ok);
    if (process.exitStatus() != QProcess::NormalExit || process.exitCode() != 0 || !ok) {
        const QStringList lines =
            QString::fromLocal8Bit(process.readAllStandardError()).trimmed().split(QLatin1Char('\n'));
        return {{}, lines.last().isEmpty() ? QStringLiteral("ended without a figure") : lines.last()};
    }
    return {ms, {}};
}

int runPeer(const QString &name, int argc, char **argv)
{
    PeerTime time;
    const auto points = makeClusters(1'000'000, 4, 1);
    if (name == QLatin1String("opengl")) {
        time = openGlPoints(*points, cameraFor(*points, ViewMode::ThreeD, kBenchWidth, kBenchHeight));
    } else {
        QApplication app(argc, argv);
        time = scatter3d(*points);
    }
    if (!time.ms) {
        std::fprintf(stderr, "%s\n", qPrintable(time.note));
        return 1;
    }
    std::printf("%.3f\n", *time.ms);
    return 0;
}

} // namespace statescape::ui
