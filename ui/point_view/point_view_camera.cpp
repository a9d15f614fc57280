// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/point_view.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace statescape::ui {
namespace {

constexpr int kAnimationMs = 260;

} // namespace

void PointView::setMode(ViewMode mode)
{
    if (mode == m_mode)
        return;
    cancelDraw();
    endMorph();
    m_ticker.stop();
    m_mode = mode;
    std::swap(m_camera, m_otherCamera);
    m_camera.setMode(mode);
    m_camera.setViewport(width(), height());
    m_layout = {};
    setFollow(true);
    fitNow(m_bounds.box(), false);
    updatePointer();
    if (m_slab)
        emit slabChanged();
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
    fitNow(m_bounds.box(), true);
}

void PointView::fit()
{
    setFollow(true);
    if (m_points)
        m_bounds.reset(m_data);
    fitNow(m_bounds.box(), true);
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
    fitNow(bounds.box(), true);
}

void PointView::reset()
{
    Camera target = m_camera;
    target.resetAngles();
    m_ticker.stop();
    setFollow(true);
    if (m_points)
        m_bounds.reset(m_data);
    target.fit(m_bounds.box(), fitMargins(m_mode, m_topInset));
    moveTo(target, true);
}

void PointView::fitNow(const Box &box, bool animated)
{
    Camera target = m_ticker.isActive() ? m_to : m_camera;
    target.setViewport(width(), height());
    target.setLens(m_camera.lens());
    target.setAspect(m_camera.aspect());
    target.fit(box, fitMargins(m_mode, m_topInset));
    target.setDepthBox(m_bounds.box());
    moveTo(target, animated);
}

void PointView::setCamera(const Camera &camera)
{
    setMode(camera.mode());
    Camera wanted = camera;
    wanted.setViewport(width(), height());
    wanted.setDepthBox(m_bounds.box());
    m_ticker.stop();
    userMoved(wanted);
}

void PointView::moveTo(const Camera &target, bool animated)
{
    if (!animated || !motionAllowed() || !isVisible()) {
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
    if (m_camera == camera)
        return;
    m_camera = camera;
    if (m_drawing.isOpen())
        previewChanged();
    invalidate();
}

void PointView::userMoved(const Camera &camera)
{
    m_ticker.stop();
    setFollow(false);
    touch();
    applyCamera(camera);
}

void PointView::setFollow(bool follow)
{
    if (m_follow == follow)
        return;
    m_follow = follow;
    emit followChanged(follow);
}

Projection PointView::projectionFor(const Camera &camera, const QSizeF &size, qreal ratio) const
{
    return camera.projection(ratio, int(std::lround(size.width() * ratio)),
                             int(std::lround(size.height() * ratio)), slabFor(camera));
}

std::int64_t PointView::rowAt(const QPointF &position) const
{
    if (!m_points)
        return -1;
    const qreal ratio = devicePixelRatioF();
    return m_renderer->pick(*drawn(), projectionFor(m_camera, size(), ratio), float(position.x() * ratio),
                            float(position.y() * ratio), float(9 * ratio));
}

} // namespace statescape::ui
