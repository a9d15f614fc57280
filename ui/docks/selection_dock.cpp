// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/selection_dock.h"

#include "ui/kit/figure_list.h"
#include "ui/kit/key_button.h"
#include "ui/kit/text.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace statescape::ui {

SelectionDock::SelectionDock(SessionController &controller, QWidget *parent)
    : SectionDock(QStringLiteral("selection"), tr("Selection"), parent)
    , m_controller(controller)
    , m_differences(new DifferenceModel(this))
    , m_processes(new ProcessModel(this))
    , m_summary(new QLabel)
    , m_whyHeading(new Heading(tr("Why it differs from the rest")))
    , m_whoHeading(new Heading(tr("Who was running")))
    , m_why(new FigureList)
    , m_who(new FigureList)
    , m_nothing(mutedLabel(tr("Nothing selected. Freeze (F), then draw a lasso (L) round points, or drag an "
                              "interval in the strip below.")))
{
    auto *page = new QWidget;
    auto *box = new QVBoxLayout(page);
    box->setContentsMargins(12, 0, 12, 4);
    box->setSpacing(6);
    m_nothing->setWordWrap(true);
    m_summary->setWordWrap(true);
    box->addWidget(m_nothing);
    box->addWidget(m_summary);
    box->addWidget(m_labelling = makeButtons());
    box->addWidget(m_whyHeading);
    box->addWidget(m_why);
    box->addWidget(m_whoHeading);
    box->addWidget(m_who);
    box->addStretch(1);
    m_why->setFitsRows(DifferenceModel::kRows);
    m_why->setModel(m_differences);
    m_why->setFigureWidth(0, tr("run-queue latency p99"), false);
    m_why->header()->setSectionResizeMode(1, QHeaderView::Stretch);
    m_why->setFigureWidth(2, QStringLiteral("+99.9 σ"));
    m_why->setItemDelegateForColumn(1, new BarDelegate(m_why));
    m_why->setAccessibleName(tr("Why it differs from the rest"));
    m_who->setFitsRows(6);
    m_who->setModel(m_processes);
    m_who->setHeaderHidden(false);
    m_who->setFigureWidth(1, QStringLiteral("88.8 %"));
    m_who->setFigureWidth(2, QStringLiteral("88.8 MB/s"));
    m_who->setFigureWidth(3, QStringLiteral("88.8 k/s"));
    m_who->setAccessibleName(tr("Who was running"));
    setScrollingPage(page);
    connect(&controller, &SessionController::selectionChanged, this, &SelectionDock::updateSelection);
    connect(&controller, &SessionController::explanationChanged, this, &SelectionDock::updateExplanation);
    connect(&controller, &SessionController::shownChanged, this, &SelectionDock::updateClasses);
    updateSelection();
}

QWidget *SelectionDock::makeButtons()
{
    auto *page = new QWidget;
    auto *column = new QVBoxLayout(page);
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
        connect(button, &QPushButton::clicked, this, [this, id] { Q_EMIT labelCommand(id); });
        row->addWidget(button);
        return button;
    };
    m_positive = add(tr("+ Positive"), QStringLiteral("P"), QStringLiteral("positive"),
                     QStringLiteral("label.positive"), tr("Label the selection as good (P)"));
    m_negative = add(tr("× Negative"), QStringLiteral("N"), QStringLiteral("negative"),
                     QStringLiteral("label.negative"), tr("Label the selection as bad (N)"));
    m_clear = add(tr("Clear"), QStringLiteral("U"), QStringLiteral("plain"), QStringLiteral("label.clear"),
                  tr("Take the labels off the selection (U)"));
    column->addLayout(row);
    m_class = new QComboBox;
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
    return page;
}

void SelectionDock::updateSelection()
{
    const std::uint64_t count = m_controller.selectedCount();
    const auto shown = m_controller.shown();
    setHeading(count == 0 ? tr("Selection") : tr("Selection · %1").arg(pluralText(count, tr("point"))));
    const bool any = count > 0;
    m_nothing->setVisible(!any);
    m_summary->setVisible(any);
    m_labelling->setVisible(any);
    if (any && shown)
        m_summary->setText(
            tr("%1 % of %2 samples")
                .arg(100.0 * double(count) / double(std::max<std::size_t>(1, shown->samples.rows())), 0, 'f',
                     1)
                .arg(countText(shown->samples.rows())));
    for (QWidget *widget : {static_cast<QWidget *>(m_whyHeading), static_cast<QWidget *>(m_whoHeading),
                            static_cast<QWidget *>(m_why), static_cast<QWidget *>(m_who)})
        if (!any)
            widget->hide();
}

void SelectionDock::updateExplanation()
{
    const auto shown = m_controller.shown();
    const Explanation &e = m_controller.explanation();
    if (!shown || m_controller.selectedCount() == 0)
        return;
    const double share = 100.0 * double(m_controller.selectedCount()) /
                         double(std::max<std::size_t>(1, shown->samples.rows()));
    m_summary->setText(pluralText(e.intervals, tr("interval")) +
                       tr(", %1, first %2 · %3 %")
                           .arg(durationText(e.totalNs), localTime(shown->anchor, e.firstNs))
                           .arg(share, 0, 'f', share < 10 ? 1 : 0));
    m_differences->update(e, shown->samples.sharedSchema());
    m_processes->update(e);
    m_whyHeading->setVisible(true);
    m_whyHeading->setHeading(m_differences->rowCount() > 0 ? tr("Why it differs from the rest")
                             : e.samples < 3               ? tr("Too few to compare: select three or more")
                                                           : tr("It differs from the rest in nothing"));
    m_why->setVisible(m_differences->rowCount() > 0);
    m_who->setVisible(m_processes->rowCount() > 0);
    m_whoHeading->setVisible(m_processes->rowCount() > 0);
}

void SelectionDock::updateClasses()
{
    const auto shown = m_controller.shown();
    if (!shown || !shown->classNames || shown->classNames.get() == m_names)
        return;
    m_names = shown->classNames.get();
    QStringList names;
    for (std::size_t i = 1; i < shown->classNames->size(); ++i)
        names << qt((*shown->classNames)[i]);
    const QString typed = m_class->currentText();
    m_class->clear();
    m_class->addItems(names);
    m_class->setCurrentText(typed);
}

void SelectionDock::label(schema::Polarity polarity)
{
    const QString name = m_class->currentText().trimmed();
    m_controller.label(polarity, name, name.isEmpty());
}

void SelectionDock::assignClass(int number)
{
    const auto shown = m_controller.shown();
    if (shown && shown->classNames && number >= 1 && std::size_t(number) < shown->classNames->size())
        assignClassNamed(qt((*shown->classNames)[std::size_t(number)]));
}

void SelectionDock::assignClassNamed(const QString &name)
{
    const auto shown = m_controller.shown();
    if (name.isEmpty() || !shown)
        return;
    // A class that already has a polarity keeps it: "disk stall" stays bad without saying so again.
    std::int64_t balance = 0;
    if (shown->labels && shown->classNames) {
        const auto at = std::find(shown->classNames->begin(), shown->classNames->end(), name.toStdString());
        const auto id = at - shown->classNames->begin();
        for (const auto &label : *shown->labels)
            balance += label.classId == id ? int(label.polarity) : 0;
    }
    m_controller.label(balance > 0   ? schema::Polarity::Positive
                       : balance < 0 ? schema::Polarity::Negative
                                     : schema::Polarity::None,
                       name);
}

} // namespace statescape::ui
