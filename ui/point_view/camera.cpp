// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/camera.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace statescape::ui {
namespace {

constexpr double kStartYaw = -0.62;
constexpr double kStartPitch = 0.36;
constexpr double kHalfFovTangent = 0.32; // about 35 degrees from top to bottom: little distortion
constexpr double kNearShare = 1e-3;

double dot(const Vec3 &a, const Vec3 &b)
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

double extent(const Box &box, int axis)
{
    return box.high[axis] - box.low[axis];
}

} // namespace

void Box::add(const Vec3 &p)
{
    for (int i = 0; i < 3; ++i) {
        low[i] = empty ? p[i] : std::min(low[i], p[i]);
        high[i] = empty ? p[i] : std::max(high[i], p[i]);
    }
    empty = false;
}

Box Box::united(const Box &other) const
{
    if (other.empty)
        return *this;
    Box box = *this;
    box.add(other.low);
    box.add(other.high);
    return box;
}

bool Box::contains(const Box &other) const
{
    if (other.empty)
        return true;
    if (empty)
        return false;
    for (int i = 0; i < 3; ++i)
        if (other.low[i] < low[i] || other.high[i] > high[i])
            return false;
    return true;
}

Vec3 Box::centre() const
{
    return {(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, (low[2] + high[2]) / 2};
}

Vec3 Box::corner(int i) const
{
    return {(i & 1) ? high[0] : low[0], (i & 2) ? high[1] : low[1], (i & 4) ? high[2] : low[2]};
}

void Camera::setViewport(double width, double height)
{
    m_width = std::max(width, 1.0);
    m_height = std::max(height, 1.0);
}

Camera::Frame Camera::frame() const
{
    const double cy = std::cos(m_yaw);
    const double sy = std::sin(m_yaw);
    const double cp = std::cos(m_pitch);
    const double sp = std::sin(m_pitch);
    return {{cy, 0, -sy}, {-sy * sp, cp, -cy * sp}, {sy * cp, sp, cy * cp}};
}

double Camera::focal() const
{
    return std::min(m_height, m_width) / 2 / kHalfFovTangent;
}

Vec3 Camera::scaled(const Vec3 &data) const
{
    return {(data[0] - m_target[0]) * m_axisScale[0], (data[1] - m_target[1]) * m_axisScale[1],
            (data[2] - m_target[2]) * m_axisScale[2]};
}

void Camera::fit(const Box &box, const std::array<double, 4> &margins)
{
    if (box.empty)
        return;
    m_depthBox = box;
    m_mode == ViewMode::TwoD ? fit2d(box, margins) : fit3d(box, margins);
}

void Camera::fit2d(const Box &box, const std::array<double, 4> &margins)
{
    const double w = std::max(m_width - margins[0] - margins[2], m_width * 0.2);
    const double h = std::max(m_height - margins[1] - margins[3], m_height * 0.2);
    const double largest = std::max(extent(box, 0), extent(box, 1));
    const double floor = largest > 0 ? largest * 1e-9 : 1;
    const double ex = std::max(extent(box, 0), floor);
    const double ey = std::max(extent(box, 1), floor);
    if (m_aspect == Aspect::Equal) {
        m_axisScale = {1, 1, 1};
        m_pixelsPerUnit = std::min(w / ex, h / ey);
    } else {
        m_axisScale = {1, (h / ey) / (w / ex), 1};
        m_pixelsPerUnit = w / ex;
    }
    m_target = box.centre();
    m_target[0] += (margins[2] - margins[0]) / 2 / (m_pixelsPerUnit * m_axisScale[0]);
    m_target[1] += (margins[1] - margins[3]) / 2 / (m_pixelsPerUnit * m_axisScale[1]);
}

void Camera::fit3d(const Box &box, const std::array<double, 4> &margins)
{
    double largest = std::max({extent(box, 0), extent(box, 1), extent(box, 2)});
    if (largest <= 0)
        largest = 1;
    for (int i = 0; i < 3; ++i) {
        const double e = m_aspect == Aspect::Equal ? largest : std::max(extent(box, i), largest * 1e-9);
        m_axisScale[i] = 2 / e;
    }
    m_target = box.centre();
    const auto f = frame();
    const double halfW = std::max(m_width - margins[0] - margins[2], m_width * 0.2) / 2;
    const double halfH = std::max(m_height - margins[1] - margins[3], m_height * 0.2) / 2;
    double distance = 1e-3;
    for (int i = 0; i < 8; ++i) {
        const Vec3 c = scaled(box.corner(i));
        const double towards = m_lens == Lens::Perspective ? dot(f.back, c) : 0;
        distance = std::max({distance, std::abs(dot(f.right, c)) * focal() / halfW + towards,
                             std::abs(dot(f.up, c)) * focal() / halfH + towards});
    }
    m_distance = distance;
    // That fits round the centre; perspective leaves room on the far side, so centre and fill what it really
    // covers.
    for (int pass = 0; pass < 30; ++pass) {
        double left = 1e300, right = -1e300, top = 1e300, bottom = -1e300;
        for (int i = 0; i < 8; ++i) {
            const auto v = project(box.corner(i));
            left = std::min(left, v.x);
            right = std::max(right, v.x);
            top = std::min(top, v.y);
            bottom = std::max(bottom, v.y);
        }
        pan(margins[0] + halfW - (left + right) / 2, margins[1] + halfH - (top + bottom) / 2);
        const double over = std::max((right - left) / (2 * halfW), (bottom - top) / (2 * halfH));
        m_distance *= over;
        if (std::abs(over - 1) < 1e-4)
            break;
    }
}

void Camera::resetAngles()
{
    m_yaw = kStartYaw;
    m_pitch = kStartPitch;
}

void Camera::pan(double dx, double dy)
{
    if (m_mode == ViewMode::TwoD) {
        m_target[0] -= dx / (m_pixelsPerUnit * m_axisScale[0]);
        m_target[1] += dy / (m_pixelsPerUnit * m_axisScale[1]);
        return;
    }
    const auto f = frame();
    const double unit = m_distance / focal();
    for (int i = 0; i < 3; ++i)
        m_target[i] += (-dx * f.right[i] + dy * f.up[i]) * unit / m_axisScale[i];
}

void Camera::orbit(double dx, double dy)
{
    if (m_mode == ViewMode::TwoD)
        return;
    m_yaw = std::remainder(m_yaw - dx / m_height * std::numbers::pi, 2 * std::numbers::pi);
    m_pitch =
        std::clamp(m_pitch + dy / m_height * std::numbers::pi, -std::numbers::pi / 2, std::numbers::pi / 2);
}

void Camera::centreOn(const Vec3 &data)
{
    for (int i = 0; i < (m_mode == ViewMode::TwoD ? 2 : 3); ++i)
        m_target[i] = data[i];
}

double Camera::pixelsPerViewUnit() const
{
    return m_mode == ViewMode::TwoD ? m_pixelsPerUnit : focal() / m_distance;
}

void Camera::zoomAt(double x, double y, double factor)
{
    const double mx = x - m_width / 2;
    const double my = y - m_height / 2;
    if (m_mode == ViewMode::TwoD) {
        const double wanted = std::clamp(m_pixelsPerUnit * factor, 1e-12, 1e15);
        const double shift = 1 / m_pixelsPerUnit - 1 / wanted;
        m_target[0] += mx * shift / m_axisScale[0];
        m_target[1] -= my * shift / m_axisScale[1];
        m_pixelsPerUnit = wanted;
        return;
    }
    const double wanted = std::clamp(m_distance / factor, 1e-7, 1e7);
    const double shift = (m_distance - wanted) / focal();
    const auto f = frame();
    for (int i = 0; i < 3; ++i)
        m_target[i] += (mx * f.right[i] - my * f.up[i]) * shift / m_axisScale[i];
    m_distance = wanted;
}

ViewPoint Camera::project(const Vec3 &data) const
{
    const Vec3 p = scaled(data);
    if (m_mode == ViewMode::TwoD)
        return {m_width / 2 + p[0] * m_pixelsPerUnit, m_height / 2 - p[1] * m_pixelsPerUnit, 0, true};
    const auto f = frame();
    const double depth = m_distance - dot(f.back, p);
    const double divisor = m_lens == Lens::Perspective ? depth : m_distance;
    const double k = focal() / divisor;
    return {m_width / 2 + dot(f.right, p) * k, m_height / 2 - dot(f.up, p) * k, depth,
            m_lens == Lens::Orthographic || depth > m_distance * kNearShare};
}

double Camera::targetDepth() const
{
    return m_mode == ViewMode::TwoD ? 0 : m_distance;
}

Vec3 Camera::unproject(double x, double y, double depth) const
{
    const double mx = x - m_width / 2;
    const double my = y - m_height / 2;
    if (m_mode == ViewMode::TwoD)
        return {m_target[0] + mx / (m_pixelsPerUnit * m_axisScale[0]),
                m_target[1] - my / (m_pixelsPerUnit * m_axisScale[1]), m_target[2]};
    const auto f = frame();
    const double unit = (m_lens == Lens::Perspective ? depth : m_distance) / focal();
    Vec3 out = m_target;
    for (int i = 0; i < 3; ++i)
        out[i] += (mx * unit * f.right[i] - my * unit * f.up[i] + (m_distance - depth) * f.back[i]) /
                  m_axisScale[i];
    return out;
}

Camera::DepthRange Camera::depthRange() const
{
    const auto f = frame();
    DepthRange out{m_distance - 1, m_distance + 1};
    for (int i = 0; i < 8 && !m_depthBox.empty; ++i) {
        const double depth = m_distance - dot(f.back, scaled(m_depthBox.corner(i)));
        out.nearest = i == 0 ? depth : std::min(out.nearest, depth);
        out.farthest = i == 0 ? depth : std::max(out.farthest, depth);
    }
    return out;
}

Projection Camera::projection(double scale, int width, int height,
                              const std::optional<std::pair<double, double>> &slab) const
{
    Projection out;
    out.width = width;
    out.height = height;
    // Data are float: taking off the float nearest to the target first keeps deep zoom exact; what that
    // rounding left goes in row 3.
    Vec3 rest;
    for (int i = 0; i < 3; ++i) {
        out.origin[i] = float(m_target[i]);
        rest[i] = double(out.origin[i]) - m_target[i];
    }
    const double cx = m_width / 2 * scale;
    const double cy = m_height / 2 * scale;
    const auto row = [&](float *to, const Vec3 &v, double constant) {
        double last = constant;
        for (int i = 0; i < 3; ++i) {
            to[i] = float(v[i] * m_axisScale[i]);
            last += v[i] * m_axisScale[i] * rest[i];
        }
        to[3] = float(last);
    };
    if (m_mode == ViewMode::TwoD) {
        const double k = m_pixelsPerUnit * scale;
        row(out.x, {k, 0, 0}, cx);
        row(out.y, {0, -k, 0}, cy);
        return out;
    }
    const auto f = frame();
    const Vec3 away{-f.back[0], -f.back[1], -f.back[2]};
    const double k = focal() * scale;
    if (m_lens == Lens::Perspective) {
        out.perspective = true;
        out.wMin = float(m_distance * kNearShare);
        const auto mixed = [&](const Vec3 &v, double sign, double centre) {
            return Vec3{sign * k * v[0] + centre * away[0], sign * k * v[1] + centre * away[1],
                        sign * k * v[2] + centre * away[2]};
        };
        row(out.x, mixed(f.right, 1, cx), cx * m_distance);
        row(out.y, mixed(f.up, -1, cy), cy * m_distance);
        row(out.w, away, m_distance);
    } else {
        const double o = k / m_distance;
        row(out.x, {o * f.right[0], o * f.right[1], o * f.right[2]}, cx);
        row(out.y, {-o * f.up[0], -o * f.up[1], -o * f.up[2]}, cy);
    }
    auto [nearest, farthest] = depthRange();
    if (m_lens == Lens::Perspective)
        nearest = std::max(nearest, m_distance * kNearShare);
    const double step = (double(kNearest) - kFarthest) / std::max(farthest - nearest, 1e-9);
    row(out.n, {-away[0] * step, -away[1] * step, -away[2] * step},
        double(kFarthest) + (farthest - m_distance) * step);
    if (slab) {
        const auto nearness = [&](double depth) {
            return float(double(kFarthest) + (farthest - depth) * step);
        };
        out.slabNear = nearness(slab->first);
        out.slabFar = nearness(slab->second);
    }
    return out;
}

Camera Camera::between(const Camera &from, const Camera &to, double t)
{
    Camera out = to;
    if (t >= 1 || from.m_mode != to.m_mode)
        return out;
    const auto linear = [t](double a, double b) { return a + (b - a) * t; };
    const auto ratio = [t](double a, double b) { return a * std::pow(b / a, t); };
    // Zooming multiplies, so the target has to move by what the zoom leaves to go or it would swing out of
    // view.
    const double za = from.m_mode == ViewMode::TwoD ? 1 / from.m_pixelsPerUnit : from.m_distance;
    const double zb = from.m_mode == ViewMode::TwoD ? 1 / to.m_pixelsPerUnit : to.m_distance;
    const double z = ratio(za, zb);
    const double s = std::abs(zb / za - 1) < 1e-6 ? t : (z - za) / (zb - za);
    for (int i = 0; i < 3; ++i) {
        out.m_target[i] = from.m_target[i] + (to.m_target[i] - from.m_target[i]) * s;
        out.m_axisScale[i] = ratio(from.m_axisScale[i], to.m_axisScale[i]);
    }
    out.m_pixelsPerUnit = ratio(from.m_pixelsPerUnit, to.m_pixelsPerUnit);
    out.m_distance = ratio(from.m_distance, to.m_distance);
    out.m_yaw = from.m_yaw + std::remainder(to.m_yaw - from.m_yaw, 2 * std::numbers::pi) * t;
    out.m_pitch = linear(from.m_pitch, to.m_pitch);
    return out;
}

} // namespace statescape::ui
