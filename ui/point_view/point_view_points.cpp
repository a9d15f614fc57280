// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/point_view.h"

#include <algorithm>
#include <cmath>

namespace statescape::ui {
namespace {

constexpr int kMorphMs = 350;
constexpr std::size_t kMorphMost = 300'000; // points; more would not keep the pace
constexpr double kAlike = 1.5;              // boxes within this factor are of the same axes

bool beginsWith(const PointSet &now, const PointSet &before)
{
    const std::size_t n = before.size();
    return now.first == before.first && now.z.empty() == before.z.empty() &&
           now.x.sharesPrefix(before.x, n) && now.y.sharesPrefix(before.y, n) &&
           now.z.sharesPrefix(before.z, before.z.size()) &&
           now.style.sharesPrefix(before.style, before.style.size()) &&
           (before.style.size() == n || now.style.size() == before.style.size());
}

Box boxOfRows(const PointSet &points, std::size_t from)
{
    Box box;
    for (std::size_t i = from; i < points.size(); ++i) {
        const Vec3 p{points.x[i], points.y[i], points.z.empty() ? 0.0 : points.z[i]};
        if (std::isfinite(p[0]) && std::isfinite(p[1]) && std::isfinite(p[2]))
            box.add(p);
    }
    return box;
}

/// Whether somebody who looks at a part of one finds the same part in the other.
bool alike(const Box &a, const Box &b)
{
    if (a.empty || b.empty)
        return false;
    for (std::size_t i = 0; i < 3; ++i) {
        const double ea = a.high[i] - a.low[i], eb = b.high[i] - b.low[i];
        if (ea > eb * kAlike || eb > ea * kAlike ||
            std::abs(a.centre()[i] - b.centre()[i]) > std::max(ea, eb) / 2)
            return false;
    }
    return true;
}

} // namespace

const PointSet *PointView::drawn() const
{
    return m_between ? m_between.get() : m_points.get();
}

void PointView::setPoints(std::shared_ptr<const PointSet> points, PointsChange change)
{
    const auto old = m_points;
    if (points == old)
        return;
    const bool first = !old || old->size() == 0;
    const bool appended = points && !first && beginsWith(*points, *old);
    m_points = std::move(points);
    const auto rows = std::int64_t(m_points ? m_points->size() : 0);
    if (m_hover >= rows)
        m_hover = -1;
    if (m_cursor >= rows)
        setCursorRow(-1);
    m_data = rows == 0  ? Box()
             : appended ? m_data.united(boxOfRows(*m_points, old->size()))
                        : boundsOf(*m_points);
    if (first != (rows == 0))
        describe();
    if (m_drawing.isOpen())
        previewChanged();
    if (change == PointsChange::Morph && !first && rows > 0)
        return startMorph(old);
    if (m_morph)
        endMorph();
    const bool grew = rows > 0 && m_bounds.update(m_data);
    if (grew)
        m_camera.setDepthBox(m_bounds.box());
    if (grew && m_follow && !m_drawing.isOpen())
        fitNow(m_bounds.box(), !first);
    else if (grew && m_follow)
        m_fitAfterDraw = true; // the ground must not move while somebody draws on it
    if (!appended || grew)
        return invalidate();
    if (m_slab)
        previewChanged();
    update(); // the picture is gone on with
}

void PointView::startMorph(const std::shared_ptr<const PointSet> &old)
{
    const auto from = m_between ? m_between : old;
    const Camera before = m_camera;
    const Box boxBefore = m_bounds.box();
    m_ticker.stop();
    m_bounds.reset(m_data);
    if (m_drawing.isOpen() || (!m_follow && alike(boxBefore, m_bounds.box()))) {
        m_camera.setDepthBox(m_bounds.box());
        m_fitAfterDraw = m_fitAfterDraw || m_follow;
    } else {
        setFollow(true);
        fitNow(m_bounds.box(), false);
    }
    if (m_slab) // its depths mean nothing on other axes
        setSlab({});
    m_captionsBefore = m_captionsPainted;
    const bool animate = motionAllowed() && isVisible() && m_gesture == Gesture::None &&
                         !m_drawing.isOpen() && m_points->size() <= kMorphMost;
    if (!animate)
        return endMorph();
    m_morph = Morph(from, before, m_points, m_camera);
    m_morphDone = 0;
    m_between = m_morph.at(0);
    m_morphClock.start();
    m_morphTicker.start();
    invalidate();
}

void PointView::morphTick()
{
    m_morphDone = std::min(double(m_morphClock.elapsed()) / kMorphMs, 1.0);
    if (m_morphDone >= 1)
        return endMorph();
    const double eased = m_morphDone * m_morphDone * (3 - 2 * m_morphDone);
    m_between = m_morph.at(eased);
    invalidate();
}

void PointView::endMorph()
{
    m_morphTicker.stop();
    m_morph = {};
    m_between.reset();
    m_morphDone = 1;
    invalidate();
}

} // namespace statescape::ui
