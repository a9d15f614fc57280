// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/training_dock.h"

#include "ui/docks/diagnostics_view.h"
#include "ui/docks/fold.h"
#include "ui/docks/model_words.h"
#include "ui/kit/text.h"

#include <QHBoxLayout>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

namespace statescape::ui {

TrainingDock::TrainingDock(SessionController &controller, QWidget *parent)
    : SectionDock(QStringLiteral("training"), tr("Training"), parent)
    , m_controller(controller)
    , m_form(new TrainingForm)
    , m_train(new QPushButton(tr("Train")))
    , m_cancel(new QPushButton(tr("Cancel")))
    , m_progress(new QProgressBar)
    , m_title(new QLabel)
    , m_story(new QLabel)
    , m_changes(new QLabel)
    , m_figures(mutedLabel())
    , m_notes(mutedLabel())
    , m_diagnostics(new DiagnosticsView)
{
    auto *page = new QWidget;
    auto *box = new QVBoxLayout(page);
    box->setContentsMargins(12, 2, 12, 8);
    box->setSpacing(7);
    box->addWidget(m_form);
    box->addWidget(makeButtons());
    box->addWidget(makeResult());
    box->addStretch(1);
    setScrollingPage(page);
    connect(&controller, &SessionController::shownChanged, this, &TrainingDock::update);
    connect(&controller, &SessionController::sessionChanged, this, [this] {
        m_model.reset();
        setRunning(m_controller.isTraining());
        update();
    });
    connect(&controller, &SessionController::trainingProgress, this,
            [this](double fraction, const QString &stage) {
                m_progress->setValue(int(fraction * 1000));
                m_progress->setFormat(stage);
                setRunning(true);
            });
    connect(&controller, &SessionController::trainingFinished, this, [this] {
        setRunning(false);
        update();
    });
    setRunning(false);
    update();
}

QWidget *TrainingDock::makeButtons()
{
    auto *part = new QWidget;
    auto *box = new QVBoxLayout(part);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(6);
    auto *row = new QHBoxLayout;
    row->setSpacing(6);
    m_train->setObjectName(QStringLiteral("train"));
    m_train->setToolTip(tr("Train on everything labelled and recorded so far (Ctrl+Return)"));
    auto *compare = new QPushButton(tr("Compare…"));
    compare->setObjectName(QStringLiteral("compare"));
    compare->setToolTip(
        tr("Train several algorithms side by side and see which judges held-out samples best"));
    row->addWidget(m_train, 1);
    row->addWidget(compare, 1);
    box->addLayout(row);
    auto *running = new QHBoxLayout;
    m_progress->setRange(0, 1000);
    m_progress->setAccessibleName(tr("Training progress"));
    running->addWidget(m_progress, 1);
    running->addWidget(m_cancel);
    box->addLayout(running);
    connect(m_train, &QPushButton::clicked, this, [this] { Q_EMIT command(QStringLiteral("model.train")); });
    connect(compare, &QPushButton::clicked, this,
            [this] { Q_EMIT command(QStringLiteral("model.compare")); });
    connect(m_cancel, &QPushButton::clicked, &m_controller, &SessionController::cancelTraining);
    return part;
}

QWidget *TrainingDock::makeResult()
{
    auto *part = new QWidget;
    auto *box = new QVBoxLayout(part);
    box->setContentsMargins(0, 4, 0, 0);
    box->setSpacing(6);
    for (QLabel *label : {m_title, m_story, m_changes, m_figures}) {
        label->setWordWrap(true);
        label->setTextFormat(Qt::RichText);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    }
    m_notes->setWordWrap(true);
    m_notes->setTextFormat(Qt::PlainText);
    m_notes->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_changesFold = new Fold(QStringLiteral("changes"), tr("Since the last model"), m_changes, true);
    m_notesFold = new Fold(QStringLiteral("notes"), tr("Notes"), m_notes, false);
    for (QWidget *each : {static_cast<QWidget *>(m_title), static_cast<QWidget *>(m_story),
                          static_cast<QWidget *>(m_changesFold), static_cast<QWidget *>(m_figures),
                          static_cast<QWidget *>(m_diagnostics), static_cast<QWidget *>(m_notesFold)})
        box->addWidget(each);
    return part;
}

void TrainingDock::setRunning(bool running)
{
    m_progress->setVisible(running);
    m_cancel->setVisible(running);
    m_train->setEnabled(!running);
}

void TrainingDock::update()
{
    const auto shown = m_controller.shown();
    const bool any = shown && shown->model;
    if (any && shown->model == m_model)
        return;
    m_model = any ? shown->model : nullptr;
    for (QWidget *each : {static_cast<QWidget *>(m_title), static_cast<QWidget *>(m_figures),
                          static_cast<QWidget *>(m_diagnostics)})
        each->setVisible(any);
    if (any) {
        showModel(*shown);
        return;
    }
    m_changesFold->hide();
    m_notesFold->hide();
    m_story->show();
    m_story->setText(tr("No model yet. What was found, how good it is and how it was chosen appear here."));
}

void TrainingDock::showModel(const session::Snapshot &snapshot)
{
    const model::Model &model = *m_model;
    m_form->suggestName(qt(model.name()));
    m_title->setText(QStringLiteral("<b>%1</b> %2").arg(qt(model.name()).toHtmlEscaped(), modelKind(model)));
    m_story->setText(storyHtml(model));
    m_story->setVisible(!model.story().empty());
    m_changes->setText(changesHtml(model.changes()));
    m_changesFold->setTitle(
        tr("Since the last model · %1").arg(pluralText(std::uint64_t(model.changes().size()), tr("change"))));
    m_changesFold->setVisible(!model.changes().empty());
    m_figures->setText(figuresHtml(model));
    m_figures->setToolTip(figuresTip());
    QStringList notes;
    for (const auto &note : model.notes())
        notes << QStringLiteral("· ") + qt(note);
    m_notes->setText(notes.join(QLatin1Char('\n')));
    m_notesFold->setTitle(tr("Notes · %1").arg(notes.size()));
    m_notesFold->setVisible(!notes.isEmpty());
    m_diagnostics->setSnapshot(snapshot);
}

} // namespace statescape::ui
