// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/model_dock.h"

#include "ui/docks/model_words.h"
#include "ui/kit/key_button.h"
#include "ui/kit/text.h"

#include <QEvent>
#include <QFrame>
#include <QHBoxLayout>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

namespace statescape::ui {
ModelDock::ModelDock(SessionController &controller, QWidget *parent)
    : SectionDock(QStringLiteral("model"), tr("Model"), parent)
    , m_controller(controller)
    , m_title(new QLabel)
    , m_story(new QLabel)
    , m_facts(new QLabel)
    , m_notes(mutedLabel())
    , m_train(new KeyPushButton(QString(), QStringLiteral("Ctrl ⏎")))
    , m_export(new QPushButton(tr("Export…")))
    , m_cancel(new QPushButton(tr("Cancel")))
    , m_progress(new QProgressBar)
{
    auto *page = new QWidget;
    auto *outer = new QVBoxLayout(page);
    outer->setContentsMargins(12, 2, 12, 8);
    auto *card = new QFrame;
    card->setObjectName(QStringLiteral("card"));
    auto *box = new QVBoxLayout(card);
    box->setContentsMargins(10, 8, 10, 10);
    box->setSpacing(5);
    for (QLabel *label : {m_title, m_story, m_facts, m_notes}) {
        label->setWordWrap(true);
        label->setTextFormat(Qt::RichText);
        box->addWidget(label);
    }
    auto *running = new QHBoxLayout;
    m_progress->setRange(0, 1000);
    m_progress->setAccessibleName(tr("Training progress"));
    running->addWidget(m_progress, 1);
    running->addWidget(m_cancel);
    box->addLayout(running);
    auto *row = new QHBoxLayout;
    row->setSpacing(6);
    m_train->setObjectName(QStringLiteral("train"));
    m_train->setToolTip(tr("Train on everything labelled and recorded so far (Ctrl+Return)"));
    m_export->setToolTip(tr("Write the model as JSON for other programs"));
    row->addWidget(m_train, 1);
    row->addWidget(m_export, 1);
    box->addLayout(row);
    outer->addWidget(card);
    outer->addStretch(1);
    setWidget(page);
    page->installEventFilter(this);
    m_progress->hide();
    m_cancel->hide();
    connect(m_train, &QPushButton::clicked, this, [this] { Q_EMIT command(QStringLiteral("model.train")); });
    connect(m_export, &QPushButton::clicked, this,
            [this] { Q_EMIT command(QStringLiteral("model.export")); });
    connect(m_cancel, &QPushButton::clicked, &controller, &SessionController::cancelTraining);
    connect(&controller, &SessionController::shownChanged, this, &ModelDock::update);
    connect(&controller, &SessionController::trainingProgress, this,
            [this](double fraction, const QString &stage) {
                m_progress->setValue(int(fraction * 1000));
                m_progress->setFormat(stage);
                m_progress->show();
                m_cancel->show();
                m_train->setEnabled(false);
            });
    connect(&controller, &SessionController::trainingFinished, this, [this] {
        m_progress->hide();
        m_cancel->hide();
        m_train->setEnabled(true);
        update();
    });
    update();
}

bool ModelDock::eventFilter(QObject *watched, QEvent *event)
{
    // Docks do not ask for height by width, so wrapped text would be cut.
    if (watched == widget() && (event->type() == QEvent::Resize || event->type() == QEvent::LayoutRequest)) {
        const int wanted = widget()->layout()->totalHeightForWidth(widget()->width());
        const int height = wanted > 0 ? wanted : widget()->layout()->sizeHint().height();
        widget()->setMinimumHeight(height);
        widget()->setMaximumHeight(height + 8);
    }
    return SectionDock::eventFilter(watched, event);
}

void ModelDock::update()
{
    const auto shown = m_controller.shown();
    const auto model = shown ? shown->model : nullptr;
    m_export->setVisible(model != nullptr);
    m_facts->setVisible(model != nullptr);
    m_story->setVisible(model && !model->story().empty());
    m_train->setText(model ? tr("Train again") : tr("Train"));
    if (!model) {
        m_title->setText(tr(
            "No model yet. Label some points good (P) and bad (N), then train: the clusters become states."));
        m_notes->hide();
        m_model.reset();
        return;
    }
    if (model == m_model)
        return;
    m_model = model;
    m_title->setText(
        QStringLiteral("<b>%1</b> %2").arg(qt(model->name()).toHtmlEscaped(), modelKind(*model)));
    if (!model->story().empty()) {
        m_story->setText(qt(model->story().front()).toHtmlEscaped());
        m_story->setToolTip(storyHtml(*model));
    }
    m_facts->setText(modelFacts(*model));
    QStringList notes;
    for (const auto &note : model->notes())
        notes << qt(note).toHtmlEscaped();
    m_notes->setVisible(!notes.isEmpty());
    m_notes->setText(pluralText(std::uint64_t(notes.size()), tr("note")) +
                     tr(" on what was left out (in the tooltip)"));
    m_notes->setToolTip(notes.join(QStringLiteral("<br>")));
}

} // namespace statescape::ui
