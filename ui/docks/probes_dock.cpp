// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/probes_dock.h"

#include "ui/kit/figure_list.h"

#include <QVBoxLayout>

namespace statescape::ui {

ProbesDock::ProbesDock(SessionController &controller, QWidget *parent)
    : SectionDock(QStringLiteral("probes"), tr("Probes on this machine"), parent)
    , m_controller(controller)
    , m_model(new ProbeModel(this))
    , m_list(new FigureList)
    , m_empty(mutedLabel(tr("Listed while recording.")))
{
    auto *page = new QWidget;
    auto *box = new QVBoxLayout(page);
    box->setContentsMargins(10, 0, 10, 4);
    box->setSpacing(0);
    m_list->setFitsRows(16);
    m_list->setModel(m_model);
    m_list->setFigureWidth(1, QStringLiteral("99.9k ev/s 9999 ns"));
    m_list->setAccessibleName(windowTitle());
    m_empty->setWordWrap(true);
    box->addWidget(m_list);
    box->addWidget(m_empty);
    box->addStretch(1);
    setWidget(page);
    connect(&controller, &SessionController::liveChanged, this, &ProbesDock::update);
}

void ProbesDock::update()
{
    if (const auto live = m_controller.live())
        m_model->update(*live);
    m_list->setVisible(m_model->rowCount() > 0);
    m_empty->setVisible(m_model->rowCount() == 0);
    // The features below have use for the height that is left.
    widget()->setMaximumHeight(std::max(40, widget()->layout()->sizeHint().height()));
}

} // namespace statescape::ui
