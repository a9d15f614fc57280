// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/feature/sample_log.h"
#include "ui/point_view/point_set.h"

#include <QString>

namespace statescape::ui {

/// @return what a selection made with these keys held does: Ctrl adds, Alt removes, both intersect.
SelectionOp selectionOp(Qt::KeyboardModifiers modifiers);
/// @return @p rows flags: @p before and @p now combined; either may be shorter, then the rest is 0.
RowMaskPtr combined(const RowMask &before, const RowMask &now, SelectionOp op, std::size_t rows);
/// @return whether @p after can only be @p before with samples appended, or the same.
bool goesOn(const feature::SampleLog::View &before, const feature::SampleLog::View &after);
/// @return why @p value is missing, in a word or two: "no events". @pre value is missing
QString missingText(float value);

} // namespace statescape::ui
