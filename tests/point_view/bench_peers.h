// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// What a user would draw points with instead. Each measures one frame of the points the bench draws itself.
#pragma once

#include "ui/point_view/camera.h"
#include "ui/point_view/point_set.h"

#include <QString>
#include <QStringList>
#include <functional>
#include <memory>
#include <optional>

namespace statescape::ui {

inline constexpr int kBenchWidth = 1280;
inline constexpr int kBenchHeight = 800;

/// QCustomPlot the way its users draw a scatter: no line, discs of 4 px, into a pixmap of the same size.
/// @return what paints one frame
std::function<void()> discPlot(const PointSet &points);

struct PeerTime {
    std::optional<double> ms; ///< median of a frame
    QString note;             ///< why there is none
};

/// Peers that need OpenGL run in a process of their own, so that a driver that ends it ends nothing else:
/// this program, started with --peer @p name. @param display run under xvfb-run
PeerTime peerTime(const QString &program, const QString &name, bool display);
/// What that process does. Prints the milliseconds. @return exit status
int runPeer(const QString &name, int argc, char **argv);

/// 1M points, round, 3 px, depth test, on whatever OpenGL there is without a display.
PeerTime openGlPoints(const PointSet &points, const Camera &camera);
/// 1M points as Q3DScatter's point mesh, its fastest.
PeerTime scatter3d(const PointSet &points);

} // namespace statescape::ui
