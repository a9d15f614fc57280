// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/schema/schema.h"

#include <QComboBox>

namespace statescape::ui {

/// A choice among features, found by any part of the title or key.
class FeatureChoice : public QComboBox {
    Q_OBJECT
public:
    explicit FeatureChoice(QWidget *parent = nullptr);
    /// @param first texts and data before the features @param features null: none
    void fill(const QList<QPair<QString, QString>> &first, const schema::Schema *features);
    [[nodiscard]] QString chosen() const { return currentData().toString(); }
    /// Shows @p data without telling anybody.
    void setChosen(const QString &data);

Q_SIGNALS:
    void chose(const QString &data); ///< by a person

private:
    void settle();
};

} // namespace statescape::ui
