// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/snapshot.h"
#include "ui/point_view/drawn_area.h"

#include <QString>
#include <QStringList>

namespace statescape::ui {

/// A drawn area with the picture it was drawn in, as the session file keeps it: JSON with the camera, the
/// shape, the axes and the projection, so that it means the same when the axes have been fitted again and in
/// another session.
QString areaToText(const DrawnArea &area, const session::Snapshot &snapshot);

struct StoredArea {
    DrawnArea area;
    session::PictureAxes axes = session::kPrincipalAxes;
    std::shared_ptr<const model::Projection> projection;
    QStringList features; ///< keys of the schema it was drawn on
};
/// @error Corrupt saying what is wrong with the text; NotSupported for an area drawn on a neighbour map,
/// which has no place for other samples that would mean the same
base::Result<StoredArea> areaFromText(const QString &text);

/// @return the rows of @p snapshot that lie in @p stored, on the axes it was drawn on. @error Mismatch when
/// the session's features are not those of the axes
base::Result<RowMask> rowsIn(const session::Snapshot &snapshot, const StoredArea &stored);

} // namespace statescape::ui
