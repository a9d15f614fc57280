// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/point_view/point_clouds.h"
#include "ui/point_view/point_view.h"

#include <QTest>
#include <QWheelEvent>
#include <cmath>

namespace statescape::ui {

inline QPalette themed(bool dark)
{
    QPalette palette;
    palette.setColor(QPalette::Base, dark ? QColor("#1b1e23") : QColor("#f0f1f5"));
    palette.setColor(QPalette::Text, dark ? QColor("#e6e8eb") : QColor("#1f2328"));
    return palette;
}

inline std::vector<PointStyle> fourStyles()
{
    return {makeStyle(unlabelledColour(), Shape::Dot, 3, "Unlabelled"),
            makeStyle(positiveColour(), Shape::Plus, 6, "Positive"),
            makeStyle(negativeColour(), Shape::Cross, 6, "Negative"),
            makeStyle(classColour(0), classShape(0), 6, "backup")};
}

/// A view as the main window has it, with 4,000 points.
struct Shown {
    std::shared_ptr<PointSet> points = makeClusters(4000, 4, 21);
    PointView view;
    QList<QPair<RowMaskPtr, SelectionOp>> made;
    QList<DrawnArea> areas;

    explicit Shown(ViewMode mode = ViewMode::TwoD)
    {
        view.setAnimated(false);
        view.setPalette(themed(true));
        view.resize(640, 480);
        view.setMode(mode);
        view.setStyles(fourStyles());
        view.setAxes(
            {"PC1 41 %: block latency, I/O wait", "PC2 19 %: run-queue latency", "PC3 11 %: TCP, packets"});
        view.setPoints(points);
        QObject::connect(&view, &PointView::selectionMade, &view,
                         [this](const RowMaskPtr &rows, SelectionOp op, const DrawnArea &area) {
                             made.append({rows, op});
                             areas.append(area);
                         });
        view.show();
        view.activateWindow();
        view.setFocus();
        QVERIFY(QTest::qWaitForWindowExposed(&view));
    }
    void press(const QPoint &at, Qt::KeyboardModifiers m = {})
    {
        QTest::mousePress(&view, Qt::LeftButton, m, at);
    }
    void move(const QPoint &to) { QTest::mouseMove(&view, to); }
    void release(const QPoint &at, Qt::KeyboardModifiers m = {})
    {
        QTest::mouseRelease(&view, Qt::LeftButton, m, at);
    }
    void draw(const QList<QPoint> &path, Qt::KeyboardModifiers m = {})
    {
        press(path.first(), m);
        for (const auto &p : path.mid(1))
            move(p);
        release(path.last(), m);
    }
    void wheel(const QPoint &at, int delta)
    {
        QWheelEvent event(at, view.mapToGlobal(at), {}, {0, delta}, Qt::NoButton, Qt::NoModifier,
                          Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(&view, &event);
    }
    /// Rows inside the polygon by the camera alone, in double.
    [[nodiscard]] RowMask expected(const QList<QPoint> &path) const
    {
        std::vector<AreaPoint> polygon;
        for (const auto &p : path)
            polygon.push_back({double(p.x()), double(p.y())});
        RowMask rows(points->size(), 0);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto v = view.camera().project({points->x[i], points->y[i], points->z[i]});
            rows[i] = insidePolygon(polygon, v.x, v.y) ? 1 : 0;
        }
        return rows;
    }
    [[nodiscard]] QPoint placeOf(std::size_t row) const
    {
        const auto v = view.camera().project({points->x[row], points->y[row], points->z[row]});
        return QPointF(v.x, v.y).toPoint();
    }
};

/// Rows whose float and double positions lie on different sides of an edge; there may be hardly any.
inline std::size_t differing(const RowMask &a, const RowMask &b)
{
    std::size_t n = a.size() == b.size() ? 0 : a.size() + b.size();
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        n += a[i] != b[i] ? 1 : 0;
    return n;
}

/// @p points and then @p more, style 0, in memory of their own.
inline std::shared_ptr<const PointSet> withMore(const PointSet &points, const std::vector<Vec3> &more)
{
    auto x = points.x.toVector(), y = points.y.toVector(), z = points.z.toVector();
    auto style = points.style.toVector();
    for (const Vec3 &p : more) {
        x.push_back(float(p[0]));
        y.push_back(float(p[1]));
        z.push_back(float(p[2]));
        style.push_back(0);
    }
    return std::make_shared<PointSet>(PointSet{floats(x), floats(y), floats(z), styles(style), points.first});
}

} // namespace statescape::ui
