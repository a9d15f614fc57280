// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/picture/area_text.h"

#include "core/session/placing.h"
#include "ui/kit/text.h"
#include "ui/picture/camera_text.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>
#include <cmath>

namespace statescape::ui {
namespace {

base::Error damaged(const char *what)
{
    return base::fail(base::Code::Corrupt, std::string("the stored area is damaged: ") + what,
                      "select the samples again and keep them under a new name");
}

} // namespace

QString areaToText(const DrawnArea &area, const session::Snapshot &snapshot)
{
    QJsonObject o;
    o[QStringLiteral("camera")] = cameraToJson(area.camera);
    o[QStringLiteral("viewport")] = QJsonArray{area.camera.width(), area.camera.height()};
    QJsonArray points;
    for (const AreaPoint &p : area.shape.points)
        points << QJsonValue(p.x) << QJsonValue(p.y);
    o[QStringLiteral("points")] = points;
    if (area.shape.kind == DrawnShape::Kind::Stroke)
        o[QStringLiteral("radius")] = area.shape.radius;
    if (area.slab)
        o[QStringLiteral("slab")] = QJsonArray{area.slab->first, area.slab->second};
    QJsonArray axes;
    for (const session::AxisSource &axis : snapshot.pictureAxes)
        axes << (axis.kind == session::AxisSource::Kind::Feature
                     ? QJsonValue(qt(snapshot.samples.schema()[std::size_t(axis.index)].key))
                 : axis.kind == session::AxisSource::Kind::Map
                     ? QJsonValue(QJsonObject{{QStringLiteral("map"), axis.index}})
                     : QJsonValue(axis.index));
    o[QStringLiteral("axes")] = axes;
    if (snapshot.projection)
        o[QStringLiteral("projection")] =
            QJsonDocument::fromJson(QByteArray::fromStdString(snapshot.projection->toJson())).object();
    QJsonArray features;
    if (snapshot.samples.sharedSchema())
        for (const auto &feature : snapshot.samples.schema().features())
            features << qt(feature.key);
    o[QStringLiteral("features")] = features;
    return QString::fromUtf8(QJsonDocument(o).toJson(QJsonDocument::Compact));
}

base::Result<StoredArea> areaFromText(const QString &text)
{
    const QJsonObject o = QJsonDocument::fromJson(text.toUtf8()).object();
    const QJsonArray viewport = o[QStringLiteral("viewport")].toArray(),
                     points = o[QStringLiteral("points")].toArray();
    StoredArea out;
    if (viewport.size() != 2 || points.size() % 2 != 0 || points.isEmpty())
        return damaged("no viewport or no points");
    const double width = viewport[0].toDouble(), height = viewport[1].toDouble();
    if (!(width >= 1 && width <= 65'536 && height >= 1 && height <= 65'536))
        return damaged("the viewport");
    const QJsonArray drawnOn = o[QStringLiteral("axes")].toArray();
    if (std::any_of(drawnOn.begin(), drawnOn.end(), [](const QJsonValue &axis) { return axis.isObject(); }))
        return base::fail(base::Code::NotSupported,
                          "the area was drawn on a neighbour map, which is of that session's samples only",
                          "recall the selection in its own session, or draw on components or features");
    Camera like;
    like.setViewport(width, height);
    const auto camera = cameraFromJson(o[QStringLiteral("camera")].toObject(), like);
    if (!camera)
        return damaged("the camera");
    out.area.camera = *camera;
    out.area.camera.setViewport(width, height);
    for (qsizetype i = 0; i + 1 < points.size(); i += 2)
        out.area.shape.points.push_back({points[i].toDouble(), points[i + 1].toDouble()});
    if (const QJsonValue radius = o[QStringLiteral("radius")]; radius.isDouble()) {
        out.area.shape.kind = DrawnShape::Kind::Stroke;
        out.area.shape.radius = radius.toDouble();
    }
    if (const QJsonArray slab = o[QStringLiteral("slab")].toArray(); slab.size() == 2)
        out.area.slab = {slab[0].toDouble(), slab[1].toDouble()};
    const QJsonObject projection = o[QStringLiteral("projection")].toObject();
    STATESCAPE_TRY(auto parsed, model::Projection::fromJson(
                                    QJsonDocument(projection).toJson(QJsonDocument::Compact).toStdString()));
    out.projection = std::make_shared<const model::Projection>(std::move(parsed));
    const QJsonArray axes = o[QStringLiteral("axes")].toArray();
    QStringList features;
    for (const QJsonValue &feature : o[QStringLiteral("features")].toArray())
        features << feature.toString();
    if (axes.size() != 3)
        return damaged("the axes");
    for (std::size_t a = 0; a < 3; ++a) {
        const QJsonValue axis = axes[qsizetype(a)];
        if (axis.isString()) {
            const auto column = features.indexOf(axis.toString());
            if (column < 0)
                return damaged("an axis shows a feature that is not there");
            out.axes[a] = {session::AxisSource::Kind::Feature, int(column)};
        } else {
            out.axes[a] = {session::AxisSource::Kind::Component,
                           std::clamp(axis.toInt(), 0, session::kComponents - 1)};
        }
    }
    out.features = features;
    return out;
}

base::Result<RowMask> rowsIn(const session::Snapshot &snapshot, const StoredArea &stored)
{
    if (!snapshot.samples.sharedSchema())
        return base::fail(base::Code::NotEnoughData, "the session has no samples");
    QStringList features;
    for (const auto &feature : snapshot.samples.schema().features())
        features << qt(feature.key);
    if (features != stored.features)
        return base::fail(base::Code::Mismatch, "the area was drawn on other features than this session has",
                          "recall it in a session recorded with the same probes");
    const auto places = session::placeAll(*stored.projection, stored.axes, snapshot.samples);
    PointSet points;
    points.x = places.x;
    points.y = places.y;
    points.z = places.z;
    return rowsIn(points, stored.area);
}

} // namespace statescape::ui
