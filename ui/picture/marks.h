// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/snapshot.h"
#include "ui/point_view/point_set.h"

#include <QColor>
#include <QString>

#include <vector>

namespace statescape::ui {

enum class ColourBy : std::uint8_t { Label, State, Time, Abnormality };

/// How one label or state looks everywhere: point view, ribbon, lists. Colour never stands alone: the shape
/// (sign) tells polarity. Okabe-Ito hues; a class keeps its hue for as long as the file lives.
PointStyle labelStyle(schema::Label label, const std::vector<std::string> &classNames);
/// A state named after a class looks like that class. @param cluster index into model.states(); -1 is unknown
PointStyle stateStyle(const model::Model &model, int cluster, const std::vector<std::string> *classNames);
/// @pre snapshot.model
inline PointStyle stateStyle(const session::Snapshot &snapshot, int cluster)
{
    return stateStyle(*snapshot.model, cluster, snapshot.classNames.get());
}
/// @return the style's colour for this theme.
QColor colourOf(const PointStyle &style, bool dark);
/// @return the shape as a character for lists: "+", "×", "■" …
QString signOf(Shape shape);
/// @return "positive: serving", "negative", "unlabelled" …
QString labelText(schema::Label label, const std::vector<std::string> &classNames);

/// A name that belongs at some place of the picture.
struct Caption {
    QString text;
    PointStyle style;
    float x = 0, y = 0, z = 0; ///< median of the members shown
    std::size_t members = 0;
};

/// What the point view draws for a snapshot.
struct Marks {
    std::vector<PointStyle> styles;
    std::shared_ptr<PointSet>
        points; ///< row i is sample i; rows before first are NaN, so never drawn nor selected
    std::vector<Caption> captions;
    std::size_t first = 0; ///< first sample shown
    std::size_t shown = 0; ///< samples with a place
};

/// @param first rows before it are left out @return empty points when the snapshot has no coordinates yet.
/// O(n), about 2 ms for 100,000.
Marks makeMarks(const session::Snapshot &snapshot, ColourBy by, std::size_t first);

} // namespace statescape::ui
