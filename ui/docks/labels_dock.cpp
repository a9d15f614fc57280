// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/labels_dock.h"

#include "ui/kit/figure_list.h"
#include "ui/kit/text.h"

#include <QInputDialog>
#include <QMenu>
#include <QVBoxLayout>

namespace statescape::ui {

LabelsDock::LabelsDock(SessionController &controller, QWidget *parent)
    : SectionDock(QStringLiteral("labels"), tr("Labels"), parent)
    , m_controller(controller)
    , m_model(new LabelModel(this))
    , m_list(new FigureList)
{
    auto *page = new QWidget;
    auto *box = new QVBoxLayout(page);
    box->setContentsMargins(10, 0, 10, 4);
    m_list->setFitsRows(12);
    m_list->setModel(m_model);
    m_list->setFigureWidth(1, QStringLiteral("9 999 999"));
    m_list->setAccessibleName(windowTitle());
    m_list->setContextMenuPolicy(Qt::CustomContextMenu);
    box->addWidget(m_list);
    box->addStretch(1);
    setWidget(page);
    const auto pick = [this](const QModelIndex &index) {
        if (const auto shown = m_controller.shown())
            m_controller.select(m_model->samplesOf(index.row(), *shown), tr("select by label"));
    };
    connect(m_list, &QAbstractItemView::clicked, this, pick);
    connect(m_list, &QAbstractItemView::activated, this, pick);
    connect(m_list, &QWidget::customContextMenuRequested, this, &LabelsDock::menu);
    connect(&controller, &SessionController::shownChanged, this, &LabelsDock::update);
}

void LabelsDock::update()
{
    const auto shown = m_controller.shown();
    if (!shown || (shown->labels.get() == m_labels && shown->samples.rows() == m_rows))
        return;
    m_labels = shown->labels.get();
    m_rows = shown->samples.rows();
    m_model->update(*shown);
    // The features below have use for the height that is left.
    widget()->setMaximumHeight(std::max(40, widget()->layout()->sizeHint().height()));
}

void LabelsDock::menu(const QPoint &at)
{
    const QModelIndex index = m_list->indexAt(at);
    if (!index.isValid())
        return;
    QMenu menu(this);
    menu.addAction(tr("Select these samples"), this, [this, index] {
        if (const auto shown = m_controller.shown())
            m_controller.select(m_model->samplesOf(index.row(), *shown), tr("select by label"));
    });
    if (m_model->rows()[std::size_t(index.row())].label.classId != 0)
        menu.addAction(tr("Rename the class…"), this, [this, index] { rename(index.row()); });
    menu.exec(m_list->viewport()->mapToGlobal(at));
}

void LabelsDock::rename(int row)
{
    const std::string before = m_model->rows()[std::size_t(row)].name;
    bool ok = false;
    const QString after =
        QInputDialog::getText(this, tr("Rename the class"), tr("New name of “%1”:").arg(qt(before)),
                              QLineEdit::Normal, qt(before), &ok);
    if (!ok || after.isEmpty() || !m_controller.workspace())
        return;
    if (auto renamed = m_controller.workspace()->renameClass(before, after.toStdString()); !renamed)
        Q_EMIT m_controller.problem(renamed.error());
}

} // namespace statescape::ui
