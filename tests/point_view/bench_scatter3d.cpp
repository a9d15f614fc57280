// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/point_view/bench_peers.h"

#ifdef STATESCAPE_BENCH_SCATTER3D
#include <Q3DCamera>
#include <Q3DScatter>
#include <Q3DScene>
#include <QElapsedTimer>
#include <QGuiApplication>
#include <QImage>
#include <QOpenGLContext>
#include <algorithm>
#include <vector>
#endif

namespace statescape::ui {

#ifdef STATESCAPE_BENCH_SCATTER3D
PeerTime scatter3d(const PointSet &points)
{
    constexpr int frames = 5;
    QOpenGLContext probe;
    if (!probe.create())
        return {{}, QStringLiteral("no OpenGL on this display")};
    Q3DScatter graph;
    graph.setFlags(graph.flags() | Qt::FramelessWindowHint);
    graph.setShadowQuality(QAbstract3DGraph::ShadowQualityNone);
    graph.setOptimizationHints(QAbstract3DGraph::OptimizationStatic);
    graph.resize(kBenchWidth, kBenchHeight);
    auto *proxy = new QScatterDataProxy;
    auto *series = new QScatter3DSeries(proxy);
    series->setMesh(QAbstract3DSeries::MeshPoint); // its cheapest mark
    auto *data = new QScatterDataArray;
    data->resize(int(points.size()));
    for (std::size_t i = 0; i < points.size(); ++i)
        (*data)[int(i)].setPosition({points.x[i], points.y[i], points.z[i]});
    proxy->resetArray(data);
    graph.addSeries(series);
    graph.show();
    for (int i = 0; i < 20; ++i)
        QGuiApplication::processEvents();
    std::vector<double> times;
    for (int i = 0; i < frames; ++i) {
        auto *camera = graph.scene()->activeCamera();
        camera->setXRotation(camera->xRotation() + 0.7F);
        QElapsedTimer timer;
        timer.start();
        const QImage image = graph.renderToImage(0, QSize(kBenchWidth, kBenchHeight));
        times.push_back(double(timer.nsecsElapsed()) / 1e6);
        if (image.isNull())
            return {{}, QStringLiteral("Q3DScatter drew nothing")};
    }
    std::nth_element(times.begin(), times.begin() + frames / 2, times.end());
    return {times[frames / 2], {}};
}
#else
PeerTime scatter3d(const PointSet &)
{
    return {{}, QStringLiteral("Qt Data Visualization was not there when this was built")};
}
#endif

} // namespace statescape::ui
