// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model.h"

#include <QString>

#include <span>

namespace statescape::ui {

/// @return "k-means, 6 states, seeded by labels".
QString modelKind(const model::Model &model);
/// @return "held-out F1 0.94 · silhouette 0.61 · unknown beyond 3.2 σ" as rich text.
QString modelFacts(const model::Model &model);
/// @return all figures of a model, held-out ones first, as rich text; what is undefined is left out.
QString figuresHtml(const model::Model &model);
/// @return what each figure of figuresHtml() means, its range and what is good.
QString figuresTip();
/// @return Model::story(), a paragraph a sentence; empty without.
QString storyHtml(const model::Model &model);
/// @return a line a change with a sign for its kind, the most important first.
QString changesHtml(std::span<const model::StateChange> changes);

} // namespace statescape::ui
