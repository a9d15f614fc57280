// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/snapshot.h"
#include "ui/point_view/point_set.h"

#include <QColor>
#include <QString>

#include <vector>

namespace statescape::ui {

enum class ColourBy : std::uint8_t { Label, State, Time, Abnormality, Feature, Entity };

/// What the colours of a picture mean.
struct Colouring {
    ColourBy by = ColourBy::Label;
    std::string feature; ///< key, for ColourBy::Feature
    bool operator==(const Colouring &) const = default;
};

/// How one label or state looks everywhere: point view, ribbon, lists. Colour never stands alone: the shape
/// (sign) tells polarity. Okabe-Ito hues; a class keeps its hue for as long as the file lives.
PointStyle labelStyle(schema::Label label, const std::vector<std::string> &classNames);
/// A state named after a class looks like that class. @param cluster index into model.states(); -1 is unknown
PointStyle stateStyle(const model::Model &model, int cluster, const std::vector<std::string> *classNames);
/// How the @p index th of the processes or cgroups told apart looks; neither good nor bad.
PointStyle entityStyle(std::size_t index, std::string name);
/// What no model knows.
PointStyle unknownStyle();
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

/// @return what Score::confidence is with this model: "confidence", or "share of the state" where the states
/// are fitted densities.
QString confidenceWord(const model::Model &model);

} // namespace statescape::ui
