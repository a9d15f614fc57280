// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/label_buttons.h"

#include "ui/kit/key_button.h"
#include "ui/kit/text.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QVBoxLayout>

#include <algorithm>

namespace statescape::ui {

LabelButtons::LabelButtons(SessionController &controller, QWidget *parent)
    : QWidget(parent)
    , m_controller(controller)
    , m_class(new QComboBox)
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(6);
    auto *row = new QHBoxLayout;
    row->setSpacing(6);
    const auto add = [&](const QString &text, const QString &key, const QString &name, const QString &id,
                         const QString &tip) {
        auto *button = new KeyPushButton(text, key);
        button->setObjectName(name);
        button->setToolTip(tip);
        button->setAccessibleName(tip);
        button->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
        button->setMinimumWidth(40);
        connect(button, &QPushButton::clicked, this, [this, id] { Q_EMIT command(id); });
        row->addWidget(button);
    };
    add(tr("+ Positive"), QStringLiteral("P"), QStringLiteral("positive"), QStringLiteral("label.positive"),
        tr("Label the selection as good (P)"));
    add(tr("× Negative"), QStringLiteral("N"), QStringLiteral("negative"), QStringLiteral("label.negative"),
        tr("Label the selection as bad (N)"));
    add(tr("Clear"), QStringLiteral("U"), QStringLiteral("plain"), QStringLiteral("label.clear"),
        tr("Take the labels off the selection (U)"));
    column->addLayout(row);
    m_class->setEditable(true);
    m_class->setInsertPolicy(QComboBox::NoInsert);
    m_class->setAccessibleName(tr("Class name"));
    m_class->setToolTip(tr("Class name that + Positive and × Negative give; Enter gives the class alone; 1 "
                           "to 9 give the classes in this list"));
    m_class->lineEdit()->setPlaceholderText(tr("class name (optional)"));
    m_class->setMinimumWidth(60);
    column->addWidget(m_class);
    connect(m_class->lineEdit(), &QLineEdit::returnPressed, this,
            [this] { assignClassNamed(m_class->currentText().trimmed()); });
    connect(&controller, &SessionController::shownChanged, this, &LabelButtons::updateClasses);
    updateClasses();
}

void LabelButtons::updateClasses()
{
    const auto shown = m_controller.shown();
    if (!shown || !shown->classNames || shown->classNames == m_names)
        return;
    m_names = shown->classNames;
    QStringList names;
    for (std::size_t i = 1; i < shown->classNames->size(); ++i)
        names << qt((*shown->classNames)[i]);
    const QString typed = m_class->currentText();
    m_class->clear();
    m_class->addItems(names);
    m_class->setCurrentText(typed);
}

void LabelButtons::label(schema::Polarity polarity)
{
    const QString name = m_class->currentText().trimmed();
    m_controller.label(polarity, name, name.isEmpty());
}

void LabelButtons::assignClass(int number)
{
    const auto shown = m_controller.shown();
    if (shown && shown->classNames && number >= 1 && std::size_t(number) < shown->classNames->size())
        assignClassNamed(qt((*shown->classNames)[std::size_t(number)]));
}

void LabelButtons::assignClassNamed(const QString &name)
{
    const auto shown = m_controller.shown();
    if (name.isEmpty() || !shown)
        return;
    // A class that already has a polarity keeps it: "disk stall" stays bad without saying so again.
    std::int64_t balance = 0;
    if (shown->labels && shown->classNames) {
        const auto at = std::find(shown->classNames->begin(), shown->classNames->end(), name.toStdString());
        const auto id = at - shown->classNames->begin();
        shown->labels->forEachRun(0, shown->labels->size(), [&](std::size_t, auto piece) {
            for (const schema::Label label : piece)
                balance += label.classId == id ? int(label.polarity) : 0;
        });
    }
    m_controller.label(balance > 0   ? schema::Polarity::Positive
                       : balance < 0 ? schema::Polarity::Negative
                                     : schema::Polarity::None,
                       name);
}

} // namespace statescape::ui
