// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/point_set.h"
#include "ui/point_view/projection.h"

#include <array>
#include <optional>
#include <utility>

namespace statescape::ui {

using Vec3 = std::array<double, 3>;

/// A box in data space.
struct Box {
    Vec3 low{0, 0, 0};
    Vec3 high{0, 0, 0};
    bool empty = true;

    void add(const Vec3 &p);
    [[nodiscard]] Box united(const Box &other) const;
    [[nodiscard]] bool contains(const Box &other) const;
    [[nodiscard]] Vec3 centre() const;
    [[nodiscard]] Vec3 corner(int i) const; ///< bit k of i picks high on axis k
    friend bool operator==(const Box &, const Box &) = default;
};

enum class Lens : std::uint8_t { Perspective, Orthographic };
/// Equal: one data unit is as long on every axis. Fitted: the fitted box fills the view (2D) or is a cube
/// (3D).
enum class Aspect : std::uint8_t { Equal, Fitted };

/// Where a data point lands in the view, logical px from its top left corner.
struct ViewPoint {
    double x, y;
    double depth; ///< along the view direction, scaled data units; larger is farther
    bool visible; ///< in front of the eye
};

/// A view of data space: pan and zoom in 2D, a turntable in 3D. A value; every operation changes only this
/// object. View coordinates are logical px, x right, y down.
class Camera {
public:
    void setMode(ViewMode mode) { m_mode = mode; }
    void setLens(Lens lens) { m_lens = lens; }
    void setAspect(Aspect aspect) { m_aspect = aspect; }
    /// @param width,height logical px, 1 and above. Keeps what is in the middle in the middle.
    void setViewport(double width, double height);
    [[nodiscard]] ViewMode mode() const { return m_mode; }
    [[nodiscard]] Lens lens() const { return m_lens; }
    [[nodiscard]] Aspect aspect() const { return m_aspect; }
    [[nodiscard]] double yaw() const { return m_yaw; }
    [[nodiscard]] double pitch() const { return m_pitch; }
    [[nodiscard]] double width() const { return m_width; }
    [[nodiscard]] double height() const { return m_height; }

    /// Shows the whole @p box inside the viewport less @p margins (left, top, right, bottom, logical px);
    /// keeps the angles.
    void fit(const Box &box, const std::array<double, 4> &margins);
    /// Back to the angles of the start.
    void resetAngles();
    /// Moves what is under the pointer by (dx, dy) logical px.
    void pan(double dx, double dy);
    /// Turns by a drag of (dx, dy) logical px; a drag over the whole height is half a turn. 3D only.
    void orbit(double dx, double dy);
    /// @param factor above 1 comes nearer. What lies at (x, y) in the plane of the target stays there.
    void zoomAt(double x, double y, double factor);
    /// Turns the eye's target to @p data; keeps angles and zoom.
    void centreOn(const Vec3 &data);
    /// Where nearness and fog begin and end; the box of the data shown.
    void setDepthBox(const Box &box) { m_depthBox = box; }

    [[nodiscard]] ViewPoint project(const Vec3 &data) const;
    /// The data point at (x, y) and @p depth as project() gives it; in 2D depth has no effect and z is the
    /// target's.
    [[nodiscard]] Vec3 unproject(double x, double y, double depth) const;
    [[nodiscard]] double targetDepth() const;
    /// @param scale device px per logical px. @param width,height of the picture, device px.
    /// @param slab near and far depth as project() gives it; 3D only.
    [[nodiscard]] Projection projection(double scale, int width, int height,
                                        const std::optional<std::pair<double, double>> &slab = {}) const;
    struct DepthRange {
        double nearest, farthest;
    };
    /// Depths of the depth box's corners, as project() gives them; 3D.
    [[nodiscard]] DepthRange depthRange() const;
    /// Logical px of a view unit in the plane of the target.
    [[nodiscard]] double pixelsPerViewUnit() const;
    [[nodiscard]] const Vec3 &target() const { return m_target; }
    [[nodiscard]] const Vec3 &axisScale() const { return m_axisScale; } ///< view units per data unit

    /// Between two views; @p t 0..1. Mode, lens and aspect are @p to's.
    static Camera between(const Camera &from, const Camera &to, double t);
    friend bool operator==(const Camera &, const Camera &) = default;
    friend struct CameraFields; ///< keeps a camera in the session file, see ui/picture/camera_text.cpp

private:
    struct Frame {
        Vec3 right, up, back;
    };
    [[nodiscard]] Frame frame() const;
    [[nodiscard]] double focal() const;
    [[nodiscard]] Vec3 scaled(const Vec3 &data) const; ///< data less target, in view units
    void fit2d(const Box &box, const std::array<double, 4> &margins);
    void fit3d(const Box &box, const std::array<double, 4> &margins);

    ViewMode m_mode = ViewMode::TwoD;
    Lens m_lens = Lens::Perspective;
    Aspect m_aspect = Aspect::Equal;
    double m_width = 100, m_height = 100;
    Vec3 m_target{0, 0, 0};     ///< data units, in the middle of the view
    Vec3 m_axisScale{1, 1, 1};  ///< view units per data unit
    double m_pixelsPerUnit = 1; ///< 2D
    double m_distance = 3;      ///< 3D, view units from the eye to the target
    double m_yaw = -0.62, m_pitch = 0.36;
    Box m_depthBox;
};

} // namespace statescape::ui
