// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/point_view.h"

#include <QPaintEvent>
#include <QPainter>
#include <algorithm>
#include <cmath>
#include <cstring>

namespace statescape::ui {
namespace {

constexpr double kMovingMs = 12;   // of drawing points in a frame while something moves
constexpr double kStillMs = 30;    // while nothing does: better the whole picture a little later
constexpr double kTooLongMs = 1e6; // a picture that took slices
constexpr int kTouchedMs = 120;    // the view still counts as moving after the last event
constexpr double kCrowded = 0.5;   // of the pixels with points hold more than one: density from here
constexpr double kRoomy = 0.3;     // marks again from here
constexpr std::size_t kDensityFrom = 50'000, kDensityTo = 40'000; // points
constexpr int kDensityHoldMs = 700;
constexpr float kContrastSize = 1.35F; // marks where contrast is wanted

PixelBuffer pixelsOf(QImage &image)
{
    return {reinterpret_cast<std::uint32_t *>(image.bits()), image.width(), image.height(),
            int(image.bytesPerLine() / 4)};
}

void copyPixels(const QImage &from, QImage &to)
{
    if (to.size() != from.size())
        to = QImage(from.size(), QImage::Format_RGB32);
    to.setDevicePixelRatio(from.devicePixelRatio());
    std::memcpy(to.bits(), from.constBits(), std::size_t(from.sizeInBytes()));
}

} // namespace

RasterStyle PointView::rasterStyle(qreal ratio) const
{
    const ViewColours colours = ViewColours::of(palette());
    RasterStyle style;
    style.styles = m_styles;
    style.dark = colours.dark;
    style.background = colours.background.rgb();
    style.outline = colours.text.rgb();
    style.scale = ratio;
    style.density = m_densityShown;
    style.depthCue = m_mode == ViewMode::TwoD ? DepthCue::None : m_depthCue;
    style.dimUnselected = m_dim && !colours.highContrast;
    if (!colours.highContrast)
        return style;
    for (PointStyle &s : style.styles) {
        s.size = std::min(s.size * kContrastSize, 15.0F);
        s.dimmed = false;
    }
    if (style.depthCue == DepthCue::Fog)
        style.depthCue = DepthCue::None;
    return style;
}

void PointView::paintGroundImage(QImage &image, const OverlayScene &scene, qreal ratio) const
{
    image.fill(scene.colours.background);
    image.setDevicePixelRatio(ratio);
    QPainter painter(&image);
    paintGround(painter, scene);
}

bool PointView::moving() const
{
    return m_ticker.isActive() || bool(m_morph) || m_gesture == Gesture::Move ||
           (m_touched.isValid() && m_touched.elapsed() < kTouchedMs);
}

void PointView::touch()
{
    m_touched.start();
}

bool PointView::isSettled() const
{
    return !m_ticker.isActive() && !m_morph && m_scene == m_drawnScene && m_result.complete &&
           m_drawnPoints == m_points;
}

void PointView::drawSlice(const OverlayScene &scene, qreal ratio, double budgetMs)
{
    QElapsedTimer timer;
    timer.start();
    const bool begun = m_scene != m_drawnScene;
    if (begun)
        paintGroundImage(m_ground, scene, ratio);
    // The renderer composes the whole picture, edges blended, so it starts from the bare ground.
    copyPixels(m_ground, m_frame);
    m_drawnScene = m_scene;
    m_drawnPoints = m_between ? m_between : m_points;
    m_result = {};
    if (const PointSet *points = drawn(); points && points->size() > 0) {
        const RowMask *selected = m_preview.shown ? m_preview.shown.get() : m_selection.get();
        m_result = m_renderer->draw(
            m_frame,
            {*points, selected, scene.camera.projection(ratio, m_frame.width(), m_frame.height(), scene.slab),
             rasterStyle(ratio), m_scene},
            budgetMs);
    }
    if (m_result.complete) {
        m_incomplete.invalidate();
        if (begun)
            m_wholeMs = double(timer.nsecsElapsed()) / 1e6;
        if (!m_densityTimer.isActive())
            m_densityTimer.start(0); // not while painting: its listeners may do anything
    } else {
        m_wholeMs = kTooLongMs;
        if (!m_incomplete.isValid())
            m_incomplete.start();
        m_goOn.start();
    }
}

void PointView::drawOn()
{
    if (m_result.complete || m_scene != m_drawnScene || !isVisible() || m_frame.isNull())
        return;
    drawSlice(makeScene(m_camera, size()), m_frame.devicePixelRatio(), kMovingMs);
    update();
}

const QImage &PointView::withTrail(const OverlayScene &scene, qreal ratio)
{
    if (scene.trail.size() < 2)
        return m_frame;
    copyPixels(m_frame, m_shown);
    drawTrail(pixelsOf(m_shown), scene, ratio);
    return m_shown;
}

void PointView::paintEvent(QPaintEvent *)
{
    QElapsedTimer timer;
    timer.start();
    const qreal ratio = devicePixelRatioF();
    const QSize pixels(int(std::ceil(width() * ratio)), int(std::ceil(height() * ratio)));
    if (m_ground.size() != pixels || m_ground.devicePixelRatio() != ratio) {
        m_ground = QImage(pixels, QImage::Format_RGB32);
        ++m_scene;
    }
    OverlayScene scene = makeScene(m_camera, size());
    const bool fresh = m_scene != m_drawnScene || m_drawnPoints != (m_between ? m_between : m_points);
    // Nobody waits for a window that is not on the screen, and nobody would paint it again.
    const bool offScreen = window()->testAttribute(Qt::WA_DontShowOnScreen);
    if (fresh || (offScreen && !m_result.complete))
        drawSlice(scene, ratio, offScreen ? 0 : moving() ? kMovingMs : kStillMs);
    scene.holdNames = m_layoutCamera == m_camera && m_layoutSize == size();
    m_layout = layoutOverlay(scene, occupancy(m_camera, size()), &m_layout);
    m_layoutCamera = m_camera;
    m_layoutSize = size();
    if (m_morphDone >= 1)
        m_captionsPainted = m_captions;
    QPainter painter(this);
    painter.drawImage(QPointF(0, 0), withTrail(scene, ratio));
    paintOverlay(painter, scene, m_layout);
    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(palette().color(QPalette::Highlight), scene.colours.highContrast ? 3 : 1));
        painter.drawRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5));
    }
    painter.end();
    if (fresh)
        emit frameTimed(double(timer.nsecsElapsed()) / 1e6);
}

QImage PointView::renderToImage(const QSize &size, qreal devicePixelRatio)
{
    Camera camera = m_ticker.isActive() ? m_to : m_camera;
    camera.setViewport(size.width(), size.height());
    if (m_follow)
        camera.fit(m_bounds.box(), fitMargins(m_mode, m_topInset));
    else if (m_mode == ViewMode::TwoD) // in 3D the eye's distance does this
        camera.zoomAt(size.width() / 2.0, size.height() / 2.0,
                      std::min(size.width() / m_camera.width(), size.height() / m_camera.height()));
    endMorph();
    refreshPreview();
    OverlayScene scene = makeScene(camera, size);
    scene.progressText.clear();
    QImage image(int(std::lround(size.width() * devicePixelRatio)),
                 int(std::lround(size.height() * devicePixelRatio)), QImage::Format_RGB32);
    paintGroundImage(image, scene, devicePixelRatio);
    if (m_points && m_points->size() > 0) {
        const QImage ground = image.copy();
        const RowMask *selected = m_preview.shown ? m_preview.shown.get() : m_selection.get();
        const Projection projection =
            camera.projection(devicePixelRatio, image.width(), image.height(), scene.slab);
        RasterStyle style = rasterStyle(devicePixelRatio);
        m_renderer->draw(image, {*m_points, selected, projection, style, 0});
        const bool crowded = m_density == Density::Automatic && !isVisible() &&
                             m_points->size() - m_points->first >= kDensityFrom &&
                             m_renderer->crowding() > kCrowded;
        if (crowded && !style.density) {
            style.density = true;
            copyPixels(ground, image);
            m_renderer->draw(image, {*m_points, selected, projection, style, 0});
        }
        ++m_scene; // the renderer holds another picture now
        update();
        drawTrail(pixelsOf(image), scene, devicePixelRatio);
    }
    QPainter painter(&image);
    paintOverlay(painter, scene, layoutOverlay(scene, occupancy(camera, size), nullptr));
    return image;
}

void PointView::setDensity(Density density)
{
    if (density == m_density)
        return;
    m_density = density;
    m_densitySince.invalidate();
    if (density != Density::Automatic)
        return setDensityShown(density == Density::On);
    if (m_result.complete && m_scene == m_drawnScene)
        decideDensity();
}

void PointView::setDensityShown(bool shown)
{
    if (shown == m_densityShown)
        return;
    m_densityShown = shown;
    m_densitySince.start();
    invalidate();
    emit densityShownChanged(shown);
    describe();
}

void PointView::decideDensity()
{
    if (m_density != Density::Automatic || !m_result.complete)
        return;
    const PointSet *points = drawn();
    const std::size_t rows = points && points->size() > points->first ? points->size() - points->first : 0;
    const double crowding = rows < kDensityTo ? 0 : m_renderer->crowding();
    const bool wanted = m_densityShown ? rows >= kDensityTo && crowding >= kRoomy
                                       : rows >= kDensityFrom && crowding > kCrowded;
    if (wanted == m_densityShown)
        return;
    const bool held = m_densitySince.isValid() && m_densitySince.elapsed() < kDensityHoldMs;
    if (!moving() && !held && !m_drawing.isOpen())
        return setDensityShown(wanted);
    m_densityTimer.start(kDensityHoldMs / 2);
}

} // namespace statescape::ui
