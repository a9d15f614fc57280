// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model.h"

#include <QString>

#include <span>

namespace statescape::ui {

/// What a diagnostic says and what would be good. Where it is undefined the words say why and there is
/// nothing to draw.
struct DiagnosticWords {
    QString text; ///< plain, one or two sentences
    bool drawable = false;
};

DiagnosticWords confusionWords(const model::Quality &quality);
DiagnosticWords silhouetteWords(std::span<const model::State> states);
DiagnosticWords confidenceWords(const model::Quality &quality);
DiagnosticWords abnormalityWords(const model::Quality &quality);
/// @param labelled the model learnt from labels
DiagnosticWords choiceWords(const model::Choice &choice, const model::TrainOptions &options, bool labelled);
DiagnosticWords varianceWords(std::span<const double> ratios);

} // namespace statescape::ui
