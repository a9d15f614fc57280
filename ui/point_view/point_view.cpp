// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/point_view.h"

#include "ui/point_view/pick.h"

#include <QEvent>
#include <QPaintEvent>
#include <algorithm>
#include <cmath>

namespace statescape::ui {
namespace {

constexpr int kAnimationMs = 260;
constexpr std::size_t kOccupancySample = 20000; // points looked at to keep names off them
constexpr std::size_t kTrailSegments = 400;

} // namespace

PointView::PointView(QWidget *parent)
    : QWidget(parent)
    , m_renderer(makeCpuPointRenderer())
    , m_emptyText(tr("Waiting for the first samples…"))
{
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAttribute(Qt::WA_OpaquePaintEvent);
    setAccessibleName(tr("Point view"));
    setAccessibleDescription(tr("No samples yet"));
    m_otherCamera.setMode(ViewMode::ThreeD);
    m_ticker.setInterval(15);
    connect(&m_ticker, &QTimer::timeout, this, &PointView::tick);
    m_hoverTimer.setSingleShot(true);
    m_hoverTimer.setInterval(12);
    connect(&m_hoverTimer, &QTimer::timeout, this,
            [this] { setHover(rowAt(mapFromGlobal(m_hoverPosition)), m_hoverPosition); });
    updateCursor();
}

PointView::~PointView() = default;

void PointView::invalidate()
{
    m_frameValid = false;
    update();
}

void PointView::setPoints(std::shared_ptr<const PointSet> points)
{
    const bool first = !m_points || m_points->size() == 0;
    m_points = std::move(points);
    const auto rows = std::int64_t(m_points ? m_points->size() : 0);
    if (m_hover >= rows)
        m_hover = -1;
    setAccessibleDescription(rows == 0 ? tr("No samples yet") : tr("%n samples", nullptr, int(rows)));
    const bool grew = rows > 0 && m_bounds.update(boundsOf(*m_points));
    if (grew)
        m_camera.setDepthBox(m_bounds.box());
    if (grew && m_follow && m_gesture != Gesture::Draw)
        fitNow(m_bounds.box(), !first);
    else if (grew && m_follow)
        m_fitAfterDraw = true; // the ground must not move while somebody draws on it
    invalidate();
}

void PointView::setStyles(std::vector<PointStyle> styles)
{
    m_styles = std::move(styles);
    invalidate();
}

void PointView::setSelection(RowMaskPtr rows)
{
    m_selection = std::move(rows);
    invalidate();
}

void PointView::setAxes(const std::array<QString, 3> &captions)
{
    m_captions = captions;
    update();
}

void PointView::setNow(std::int64_t row)
{
    m_now = row;
    update();
}

void PointView::setTrail(std::int64_t first, std::int64_t last)
{
    m_trailFirst = first;
    m_trailLast = last;
    invalidate();
}

void PointView::setNames(std::vector<StateName> names)
{
    m_names = std::move(names);
    m_layout.names.clear();
    update();
}

void PointView::setEmptyText(const QString &text)
{
    m_emptyText = text;
    update();
}

void PointView::setLegendVisible(bool visible)
{
    m_legend = visible;
    update();
}

void PointView::setHintVisible(bool visible)
{
    m_hint = visible;
    update();
}

void PointView::setDimUnselected(bool dim)
{
    m_dim = dim;
    invalidate();
}

void PointView::setMode(ViewMode mode)
{
    if (mode == m_mode)
        return;
    cancelDraw();
    m_ticker.stop();
    m_mode = mode;
    std::swap(m_camera, m_otherCamera);
    m_camera.setMode(mode);
    m_camera.setViewport(width(), height());
    m_layout.names.clear();
    setFollow(true);
    fitNow(m_bounds.box(), false);
    updateCursor();
}

void PointView::setLens(Lens lens)
{
    m_camera.setLens(lens);
    m_otherCamera.setLens(lens);
    fitNow(m_bounds.box(), false);
}

void PointView::setAspect(Aspect aspect)
{
    m_camera.setAspect(aspect);
    m_otherCamera.setAspect(aspect);
    fitNow(m_bounds.box(), m_animated);
}

void PointView::fit()
{
    setFollow(true);
    if (m_points)
        m_bounds.reset(boundsOf(*m_points));
    fitNow(m_bounds.box(), m_animated);
}

void PointView::fitSelection()
{
    if (!m_points || !m_selection)
        return fit();
    const Box box = boundsOf(*m_points, *m_selection);
    if (box.empty)
        return fit();
    setFollow(false);
    ViewBounds bounds;
    bounds.reset(box);
    fitNow(bounds.box(), m_animated);
}

void PointView::reset()
{
    Camera target = m_camera;
    target.resetAngles();
    m_ticker.stop();
    setFollow(true);
    if (m_points)
        m_bounds.reset(boundsOf(*m_points));
    target.fit(m_bounds.box(), fitMargins(m_mode));
    moveTo(target, m_animated);
}

void PointView::fitNow(const Box &box, bool animated)
{
    Camera target = m_ticker.isActive() ? m_to : m_camera;
    target.setViewport(width(), height());
    target.setLens(m_camera.lens());
    target.setAspect(m_camera.aspect());
    target.fit(box, fitMargins(m_mode));
    target.setDepthBox(m_bounds.box());
    moveTo(target, animated && m_animated);
}

void PointView::setCamera(const Camera &camera)
{
    setMode(camera.mode());
    Camera wanted = camera;
    wanted.setViewport(width(), height());
    m_ticker.stop();
    userMoved(wanted);
}

void PointView::moveTo(const Camera &target, bool animated)
{
    if (!animated || !isVisible()) {
        m_ticker.stop();
        applyCamera(target);
        return;
    }
    m_from = m_camera;
    m_to = target;
    m_animation.start();
    m_ticker.start();
}

void PointView::tick()
{
    const double t = std::min(double(m_animation.elapsed()) / kAnimationMs, 1.0);
    if (t >= 1)
        m_ticker.stop();
    applyCamera(Camera::between(m_from, m_to, 1 - std::pow(1 - t, 3)));
}

void PointView::applyCamera(const Camera &camera)
{
    // An open lasso belongs to the data it was drawn round, so it moves with them.
    if (m_gesture == Gesture::Draw)
        for (QPointF &v : m_lasso) {
            const auto p = camera.project(m_camera.unproject(v.x(), v.y(), m_camera.targetDepth()));
            v = {p.x, p.y};
        }
    m_camera = camera;
    invalidate();
}

void PointView::userMoved(const Camera &camera)
{
    m_ticker.stop();
    setFollow(false);
    applyCamera(camera);
}

void PointView::setFollow(bool follow)
{
    if (m_follow == follow)
        return;
    m_follow = follow;
    emit followChanged(follow);
}

Vec3 PointView::positionOf(std::int64_t row) const
{
    const auto i = std::size_t(row);
    return {m_points->x[i], m_points->y[i], m_points->z.empty() ? 0.0 : m_points->z[i]};
}

Projection PointView::projectionFor(const Camera &camera, const QSizeF &size, qreal ratio) const
{
    return camera.projection(ratio, int(std::lround(size.width() * ratio)),
                             int(std::lround(size.height() * ratio)));
}

std::int64_t PointView::rowAt(const QPointF &position) const
{
    if (!m_points)
        return -1;
    const qreal ratio = devicePixelRatioF();
    return pickNearest(*m_points, projectionFor(m_camera, size(), ratio), float(position.x() * ratio),
                       float(position.y() * ratio), float(9 * ratio));
}

RasterStyle PointView::rasterStyle(qreal ratio) const
{
    const ViewColours colours = ViewColours::of(palette());
    RasterStyle style;
    style.styles = m_styles;
    style.dark = colours.dark;
    style.background = colours.background.rgb();
    style.outline = colours.text.rgb();
    style.scale = ratio;
    style.dimUnselected = m_dim;
    return style;
}

OverlayScene PointView::makeScene(const Camera &camera, const QSizeF &size) const
{
    OverlayScene scene;
    scene.camera = camera;
    scene.size = size;
    scene.colours = ViewColours::of(palette());
    scene.font = font();
    scene.styles = m_styles;
    scene.showLegend = m_legend;
    if (!m_points || m_points->size() == 0) {
        scene.emptyText = m_emptyText;
        return scene;
    }
    const auto rows = std::int64_t(m_points->size());
    const auto known = [&](std::int64_t row) {
        if (row < 0 || row >= rows)
            return false;
        const Vec3 p = positionOf(row);
        return std::isfinite(p[0]) && std::isfinite(p[1]) && std::isfinite(p[2]);
    };
    scene.box = m_bounds.box();
    scene.captions = m_captions;
    scene.names = m_names;
    if (m_hint)
        scene.hint = m_mode == ViewMode::TwoD ? tr("Scroll to zoom · drag to move · hold Space to move while "
                                                   "a lasso is open · Ctrl adds, Alt removes")
                                              : tr("Scroll to zoom · drag to orbit · hold Space to move "
                                                   "while a lasso is open · Ctrl adds, Alt removes");
    scene.hasNow = known(m_now);
    if (scene.hasNow)
        scene.now = positionOf(m_now);
    scene.nowText = tr("now");
    scene.hasHover = known(m_hover) && m_gesture != Gesture::Draw;
    if (scene.hasHover)
        scene.hover = positionOf(m_hover);
    const std::int64_t last = std::min(m_trailLast, rows - 1);
    if (m_trailFirst >= 0 && last > m_trailFirst) {
        const auto step = std::max<std::int64_t>(1, (last - m_trailFirst) / std::int64_t(kTrailSegments));
        for (std::int64_t row = m_trailFirst; row <= last; row += step)
            if (known(row))
                scene.trail.push_back(positionOf(row));
    }
    if (m_gesture == Gesture::Draw) {
        scene.lasso = m_lasso;
        scene.lassoText = describeDrawing();
    }
    return scene;
}

Occupancy PointView::occupancy(const Camera &camera, const QSizeF &size) const
{
    Occupancy out(size);
    if (m_points && !m_names.empty()) {
        const Projection projection = projectionFor(camera, size, 1);
        const std::size_t step = m_points->size() / kOccupancySample + 1;
        for (std::size_t i = 0; i < m_points->size(); i += step) {
            const auto p = projection.project(m_points->x[i], m_points->y[i],
                                              m_points->z.empty() ? 0.0F : m_points->z[i]);
            if (p.visible)
                out.add(p.x, p.y);
        }
    }
    out.finish();
    return out;
}

void PointView::drawFrame(QImage &image, const OverlayScene &scene, qreal ratio)
{
    image.fill(scene.colours.background);
    image.setDevicePixelRatio(ratio);
    {
        QPainter painter(&image);
        paintGround(painter, scene);
    }
    if (!m_points || m_points->size() == 0)
        return;
    const RasterStyle style = rasterStyle(ratio);
    const Projection projection = scene.camera.projection(ratio, image.width(), image.height());
    m_renderer->draw(image, {*m_points, m_selection.get(), projection, style});
    drawTrail({reinterpret_cast<std::uint32_t *>(image.bits()), image.width(), image.height(),
               int(image.bytesPerLine() / 4)},
              scene, ratio);
}

void PointView::paintEvent(QPaintEvent *)
{
    QElapsedTimer timer;
    timer.start();
    const qreal ratio = devicePixelRatioF();
    const QSize pixels(int(std::ceil(width() * ratio)), int(std::ceil(height() * ratio)));
    const OverlayScene scene = makeScene(m_camera, size());
    const bool fresh = !m_frameValid || m_frame.size() != pixels || m_frame.devicePixelRatio() != ratio;
    if (fresh) {
        if (m_frame.size() != pixels)
            m_frame = QImage(pixels, QImage::Format_RGB32);
        drawFrame(m_frame, scene, ratio);
        m_frameValid = true;
    }
    m_layout = layoutOverlay(scene, occupancy(m_camera, size()), &m_layout);
    QPainter painter(this);
    painter.drawImage(QPointF(0, 0), m_frame);
    paintOverlay(painter, scene, m_layout);
    if (hasFocus()) {
        painter.setPen(QPen(palette().color(QPalette::Highlight), 1));
        painter.setBrush(Qt::NoBrush);
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
        camera.fit(m_bounds.box(), fitMargins(m_mode));
    else if (m_mode == ViewMode::TwoD) // in 3D the eye's distance does this
        camera.zoomAt(size.width() / 2.0, size.height() / 2.0,
                      std::min(size.width() / m_camera.width(), size.height() / m_camera.height()));
    const OverlayScene scene = makeScene(camera, size);
    QImage image(int(std::lround(size.width() * devicePixelRatio)),
                 int(std::lround(size.height() * devicePixelRatio)), QImage::Format_RGB32);
    drawFrame(image, scene, devicePixelRatio);
    QPainter painter(&image);
    paintOverlay(painter, scene, layoutOverlay(scene, occupancy(camera, size), nullptr));
    return image;
}

void PointView::resizeEvent(QResizeEvent *)
{
    m_camera.setViewport(width(), height());
    if (m_follow)
        fitNow(m_bounds.box(), false);
    invalidate();
}

void PointView::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        invalidate();
    QWidget::changeEvent(event);
}

} // namespace statescape::ui
