// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/point_view.h"

#include <QKeyEvent>
#include <cmath>

namespace statescape::ui {
namespace {

constexpr double kThinner = 0.8;    // a key press
constexpr double kFirst = 0.5;      // of the depth, the first slab
constexpr double kThinnest = 0.005; // of the depth
constexpr double kStep = 0.05;      // of the depth, a key press away or nearer

/// View units of a slab grow with the scale of the axes, so that it stays with the data when they are fitted
/// anew.
double unit(const Camera &camera)
{
    const Vec3 &s = camera.axisScale();
    return std::cbrt(s[0] * s[1] * s[2]);
}

} // namespace

PointView::Slab PointView::slabFor(const Camera &camera) const
{
    if (!m_slab || camera.mode() == ViewMode::TwoD)
        return {};
    const double middle = camera.project(m_slab->anchor).depth;
    return std::pair(middle + m_slab->near * unit(camera), middle + m_slab->far * unit(camera));
}

void PointView::setSlab(const Slab &slab)
{
    if (!slab && !m_slab)
        return;
    if (slab && !(slab->first < slab->second))
        return;
    m_slab.reset();
    if (slab) {
        const Camera &camera = m_mode == ViewMode::ThreeD ? m_camera : m_otherCamera;
        const Vec3 anchor = m_bounds.box().centre();
        const double middle = camera.project(anchor).depth;
        m_slab =
            DataSlab{anchor, (slab->first - middle) / unit(camera), (slab->second - middle) / unit(camera)};
    }
    previewChanged();
    invalidate();
    emit slabChanged();
    describe();
}

void PointView::thinSlab(double factor)
{
    const auto [nearest, farthest] = m_camera.depthRange();
    const double whole = farthest - nearest;
    if (!m_slab) {
        const double middle = (nearest + farthest) / 2;
        if (factor < 1)
            setSlab(std::pair(middle - kFirst * whole / 2, middle + kFirst * whole / 2));
        return;
    }
    const auto now = *slab();
    const double middle = (now.first + now.second) / 2;
    const double half = std::max((now.second - now.first) * factor, kThinnest * whole) / 2;
    if (2 * half >= whole)
        return setSlab({});
    setSlab(std::pair(middle - half, middle + half));
}

void PointView::moveSlab(double share)
{
    if (!m_slab)
        return;
    const auto [nearest, farthest] = m_camera.depthRange();
    const auto now = *slab();
    double by = share * (farthest - nearest);
    // Its middle stays among the data, or nobody would find it again.
    const double middle = (now.first + now.second) / 2;
    by = std::clamp(middle + by, nearest, farthest) - middle;
    setSlab(std::pair(now.first + by, now.second + by));
}

bool PointView::slabKey(QKeyEvent *event)
{
    if (m_mode == ViewMode::TwoD)
        return false;
    const bool shift = event->modifiers() & Qt::ShiftModifier;
    switch (event->key()) {
    case Qt::Key_BracketLeft:
        shift ? moveSlab(kStep) : thinSlab(kThinner);
        return true;
    case Qt::Key_BracketRight:
        if (event->modifiers() & Qt::ControlModifier)
            setSlab({});
        else
            shift ? moveSlab(-kStep) : thinSlab(1 / kThinner);
        return true;
    case Qt::Key_BraceLeft:
        moveSlab(kStep);
        return true;
    case Qt::Key_BraceRight:
        moveSlab(-kStep);
        return true;
    default:
        return false;
    }
}

} // namespace statescape::ui
