// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/offscreen/picture.h"

#include "ui/picture/picture_pane.h"
#include "ui/strip/time_strip.h"
#include "ui/window/main_window.h"

#include <QApplication>
#include <QElapsedTimer>

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

base::Result<QImage> drawPoints(const session::Snapshot &snapshot, ViewMode mode, const QSize &size)
{
    if (!snapshot.coordinates || snapshot.coordinates->x.empty())
        return base::fail(base::Code::NotEnoughData, "there are too few samples for a picture",
                          "record for a few seconds more");
    const ColourBy by = snapshot.model && snapshot.scores ? ColourBy::State : ColourBy::Label;
    PointView view;
    view.setAnimated(false);
    view.setHintVisible(false);
    view.setMode(mode);
    view.resize(size);
    feedPointView(view, snapshot, makeMarks(snapshot, by, 0), by);
    view.setNow(-1);
    view.setTrail(-1, -1);
    view.fit();
    return view.renderToImage(size);
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
