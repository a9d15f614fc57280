// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAccessibleWidget>

namespace statescape::ui {

class PointView;

/// The point view for screen readers: a chart whose description says how much is shown and selected, and
/// whose value is the text of the row under the cursor.
class AccessiblePointView final : public QAccessibleWidget {
public:
    explicit AccessiblePointView(PointView *view);
    [[nodiscard]] QString text(QAccessible::Text kind) const override;
    [[nodiscard]] QAccessible::State state() const override;

private:
    [[nodiscard]] PointView *view() const;
    [[nodiscard]] QString description() const;
};

/// Once for all; safe to call again.
void installAccessiblePointView();

} // namespace statescape::ui
