// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/feature_choice.h"

#include "ui/kit/text.h"

#include <QCompleter>
#include <QLineEdit>

namespace statescape::ui {

FeatureChoice::FeatureChoice(QWidget *parent)
    : QComboBox(parent)
{
    setEditable(true);
    setInsertPolicy(NoInsert);
    setSizeAdjustPolicy(AdjustToMinimumContentsLengthWithIcon);
    setMinimumContentsLength(12);
    completer()->setCompletionMode(QCompleter::PopupCompletion);
    completer()->setFilterMode(Qt::MatchContains);
    completer()->setCaseSensitivity(Qt::CaseInsensitive);
    connect(this, &QComboBox::activated, this, [this] { Q_EMIT chose(chosen()); });
    connect(lineEdit(), &QLineEdit::editingFinished, this, &FeatureChoice::settle);
}

void FeatureChoice::fill(const QList<QPair<QString, QString>> &first, const schema::Schema *features)
{
    const QSignalBlocker quiet(this);
    const QString before = chosen();
    clear();
    for (const auto &[text, data] : first)
        addItem(text, data);
    if (features)
        for (const auto &feature : features->features()) {
            addItem(qt(feature.title.empty() ? feature.key : feature.title), qt(feature.key));
            setItemData(count() - 1, qt(feature.key) + QStringLiteral(": ") + qt(feature.description),
                        Qt::ToolTipRole);
        }
    setChosen(before);
}

void FeatureChoice::setChosen(const QString &data)
{
    const QSignalBlocker quiet(this);
    const int index = findData(data);
    setCurrentIndex(index);
    setEditText(index < 0 ? QString() : itemText(index));
}

void FeatureChoice::settle()
{
    // What was typed and is no feature gives way to what is chosen.
    int index = findText(currentText(), Qt::MatchFixedString);
    if (index < 0)
        index = findData(currentText());
    if (index >= 0 && index != currentIndex()) {
        setCurrentIndex(index);
        Q_EMIT chose(chosen());
    } else {
        setEditText(currentIndex() < 0 ? QString() : itemText(currentIndex()));
    }
}

} // namespace statescape::ui
