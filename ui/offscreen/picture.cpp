// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/offscreen/picture.h"

#include "ui/picture/picture_pane.h"
#include "ui/strip/time_strip.h"
#include "ui/window/main_window.h"

#include <QApplication>
#include <QElapsedTimer>

#include <algorithm>
#include <cmath>

namespace statescape::ui::offscreen {
namespace {

constexpr int kPasses = 20;
constexpr int kPatienceMs = 20'000;

void settle(int milliseconds)
{
    QElapsedTimer clock;
    clock.start();
    // A busy machine may take all the time for one pass, and what is drawn takes several.
    for (int passes = 0; clock.elapsed() < milliseconds || passes < kPasses; ++passes)
        QApplication::processEvents(QEventLoop::AllEvents, 20);
}

/// Waits until the views have everything there will be: what is shown is the newest, with axes where they can
/// be.
void awaitEverything(const MainWindow &window)
{
    QElapsedTimer clock;
    clock.start();
    const auto complete = [&] {
        const auto shown = window.controller().shown();
        const auto newest = window.controller().workspace()->snapshot();
        return shown && shown->generation == newest->generation &&
               (newest->coordinates || newest->samples.rows() < 3);
    };
    while (!complete() && clock.elapsed() < kPatienceMs)
        QApplication::processEvents(QEventLoop::AllEvents, 20);
}

} // namespace

namespace {

/// @return whether the sample's state or label has this name.
bool isOf(const session::Snapshot &s, std::size_t row, const std::string &name)
{
    if (s.model && s.scores && row < s.scores->size() && stateStyle(s, (*s.scores)[row].cluster).name == name)
        return true;
    return s.labels && row < s.labels->size() && !(*s.labels)[row].empty() &&
           labelStyle((*s.labels)[row], *s.classNames).name == name;
}

/// A loose outline round the rows, as a hand would draw it: the hull of those not far off, pushed outwards.
/// @return logical px; empty when there are fewer than three
DrawnShape outlineOf(const session::Snapshot &s, const std::string &name, const Camera &camera)
{
    std::vector<QPointF> places;
    for (std::size_t i = 0; i < s.samples.rows(); ++i)
        if (isOf(s, i, name)) {
            const auto p = camera.project(
                {double(s.coordinates->x[i]), double(s.coordinates->y[i]), double(s.coordinates->z[i])});
            if (p.visible)
                places.emplace_back(p.x, p.y);
        }
    DrawnShape shape;
    if (places.size() < 3)
        return shape;
    QPointF middle;
    for (const QPointF &p : places)
        middle += p / double(places.size());
    // Strays would blow the outline up, so the farthest tenth stays outside.
    const auto away = [&](const QPointF &p) { return std::hypot(p.x() - middle.x(), p.y() - middle.y()); };
    std::sort(places.begin(), places.end(),
              [&](const QPointF &a, const QPointF &b) { return away(a) < away(b); });
    places.resize(std::max<std::size_t>(3, places.size() * 9 / 10));
    std::vector<QPointF> hull;
    std::sort(places.begin(), places.end(), [](const QPointF &a, const QPointF &b) {
        return a.x() != b.x() ? a.x() < b.x() : a.y() < b.y();
    });
    for (int side = 0; side < 2; ++side) { // lower, then upper: Andrew's monotone chain
        const std::size_t keep = hull.size();
        for (const QPointF &p : places) {
            while (hull.size() >= keep + 2) {
                const QPointF a = hull[hull.size() - 1] - hull[hull.size() - 2], b = p - hull.back();
                if (a.x() * b.y() - a.y() * b.x() > 0)
                    break;
                hull.pop_back();
            }
            hull.push_back(p);
        }
        hull.pop_back();
        std::reverse(places.begin(), places.end());
    }
    for (QPointF &p : hull) {
        const double length = std::max(1.0, away(p));
        p += (p - middle) / length * 22;
    }
    for (int round = 0; round < 4; ++round) { // Chaikin's corner cutting
        std::vector<QPointF> smooth;
        for (std::size_t i = 0; i < hull.size(); ++i) {
            const QPointF &a = hull[i], &b = hull[(i + 1) % hull.size()];
            smooth.push_back(a * 0.75 + b * 0.25);
            smooth.push_back(a * 0.25 + b * 0.75);
        }
        hull = std::move(smooth);
    }
    for (const QPointF &p : hull)
        shape.points.push_back({p.x(), p.y()});
    return shape;
}

} // namespace

base::Result<QImage> drawPoints(const session::Snapshot &snapshot, const PointsPicture &picture)
{
    if (!snapshot.coordinates || snapshot.coordinates->x.empty())
        return base::fail(base::Code::NotEnoughData, "there are too few samples for a picture",
                          "record for a few seconds more");
    const Colouring colouring = picture.colouring.value_or(
        Colouring{snapshot.model && snapshot.scores ? ColourBy::State : ColourBy::Label, {}});
    if (colouring.by == ColourBy::Feature &&
        std::none_of(snapshot.samples.schema().features().begin(), snapshot.samples.schema().features().end(),
                     [&](const auto &feature) { return feature.key == colouring.feature; }))
        return base::fail(base::Code::NotFound, "there is no feature '" + colouring.feature + "'",
                          "`statescape probes` lists them");
    PointView view;
    view.setAnimated(false);
    view.setHintVisible(false);
    view.setMode(picture.mode);
    view.setDensity(picture.density);
    view.setDepthCue(picture.depthCue);
    view.resize(picture.size);
    feedPointView(view, snapshot, makeMarks(snapshot, colouring, 0), PointView::PointsChange::Grown);
    if (picture.arrows)
        view.setAxisArrows(axisArrows(snapshot, 10));
    view.setNow(-1);
    view.setTrail(-1, -1);
    view.fit();
    if (!picture.around.isEmpty()) {
        const DrawnShape outline = outlineOf(snapshot, picture.around.toStdString(), view.camera());
        if (outline.points.empty())
            return base::fail(base::Code::NotFound,
                              "fewer than three samples are of '" + picture.around.toStdString() + "'",
                              "give the name of a state or class, as `statescape info` lists them");
        view.setOpenShape(outline);
    }
    return view.renderToImage(picture.size);
}

base::Result<QImage> drawTimeline(const session::Snapshot &snapshot, const QSize &size)
{
    if (snapshot.samples.rows() == 0)
        return base::fail(base::Code::NotEnoughData, "the session has no samples to draw",
                          "record or import some");
    TimeStrip strip;
    strip.resize(size);
    strip.setSnapshot(std::make_shared<session::Snapshot>(snapshot), 0);
    return strip.toImage(size);
}

base::Result<QImage> drawWindow(const QString &file, store::SessionId session, const std::string &model,
                                const QSize &size)
{
    WorkbenchOptions options;
    options.live = false;
    MainWindow window(options);
    STATESCAPE_CHECK(window.controller().open(file, session));
    if (!model.empty())
        STATESCAPE_CHECK(window.controller().workspace()->useModel(model));
    awaitEverything(window);
    window.setAttribute(Qt::WA_DontShowOnScreen);
    window.resize(size);
    window.picture().view()->setAnimated(false);
    window.picture().setWindow(0);
    if (const auto shown = window.controller().shown(); shown && shown->model)
        window.picture().setColouring({ColourBy::State, {}});
    window.show();
    window.resize(size);
    settle(300);
    window.picture().view()->fit();
    settle(100);
    return window.grab().toImage();
}

} // namespace statescape::ui::offscreen
