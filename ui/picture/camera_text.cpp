// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/picture/camera_text.h"

#include <QJsonArray>

#include <cmath>

namespace statescape::ui {

/// The one place that names a camera's fields outside the point view.
struct CameraFields {
    static QJsonObject write(const Camera &c)
    {
        QJsonObject o;
        o[QStringLiteral("mode")] =
            c.m_mode == ViewMode::ThreeD ? QStringLiteral("3d") : QStringLiteral("2d");
        o[QStringLiteral("lens")] = int(c.m_lens);
        o[QStringLiteral("aspect")] = int(c.m_aspect);
        o[QStringLiteral("target")] = array(c.m_target);
        o[QStringLiteral("axisScale")] = array(c.m_axisScale);
        o[QStringLiteral("pixelsPerUnit")] = c.m_pixelsPerUnit;
        o[QStringLiteral("distance")] = c.m_distance;
        o[QStringLiteral("yaw")] = c.m_yaw;
        o[QStringLiteral("pitch")] = c.m_pitch;
        if (!c.m_depthBox.empty) {
            o[QStringLiteral("low")] = array(c.m_depthBox.low);
            o[QStringLiteral("high")] = array(c.m_depthBox.high);
        }
        return o;
    }

    static bool read(const QJsonObject &o, Camera &c)
    {
        c.m_mode =
            o[QStringLiteral("mode")].toString() == QLatin1String("3d") ? ViewMode::ThreeD : ViewMode::TwoD;
        c.m_lens = Lens(std::clamp(o[QStringLiteral("lens")].toInt(), 0, 1));
        c.m_aspect = Aspect(std::clamp(o[QStringLiteral("aspect")].toInt(), 0, 1));
        // A depth slab lies between depths of this box; files of before have none.
        Box box;
        box.empty =
            !vector(o[QStringLiteral("low")], box.low) || !vector(o[QStringLiteral("high")], box.high);
        if (!box.empty)
            c.m_depthBox = box;
        return vector(o[QStringLiteral("target")], c.m_target) &&
               vector(o[QStringLiteral("axisScale")], c.m_axisScale) &&
               positive(o[QStringLiteral("pixelsPerUnit")], c.m_pixelsPerUnit) &&
               positive(o[QStringLiteral("distance")], c.m_distance) &&
               number(o[QStringLiteral("yaw")], c.m_yaw) && number(o[QStringLiteral("pitch")], c.m_pitch);
    }

private:
    static QJsonArray array(const Vec3 &v) { return {v[0], v[1], v[2]}; }
    static bool number(const QJsonValue &value, double &out)
    {
        out = value.toDouble(out);
        return value.isDouble() && std::isfinite(out);
    }
    static bool positive(const QJsonValue &value, double &out) { return number(value, out) && out > 0; }
    static bool vector(const QJsonValue &value, Vec3 &out)
    {
        const QJsonArray a = value.toArray();
        return a.size() == 3 && number(a[0], out[0]) && number(a[1], out[1]) && number(a[2], out[2]);
    }
};

QJsonObject cameraToJson(const Camera &camera)
{
    return CameraFields::write(camera);
}

std::optional<Camera> cameraFromJson(const QJsonObject &object, const Camera &like)
{
    Camera camera = like;
    if (!CameraFields::read(object, camera))
        return std::nullopt;
    return camera;
}

} // namespace statescape::ui
