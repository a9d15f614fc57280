// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/diagnostics_view.h"

#include "ui/docks/confusion_table.h"
#include "ui/docks/diagnostic_charts.h"
#include "ui/docks/diagnostic_words.h"
#include "ui/docks/fold.h"
#include "ui/kit/section.h"
#include "ui/kit/text.h"
#include "ui/picture/marks.h"

#include <QEvent>
#include <QVBoxLayout>

namespace statescape::ui {
namespace {

QVBoxLayout *boxOf(QWidget *widget)
{
    auto *box = qobject_cast<QVBoxLayout *>(widget->layout());
    if (!box) {
        box = new QVBoxLayout(widget);
        box->setContentsMargins(0, 0, 0, 6);
        box->setSpacing(4);
    }
    return box;
}

bool fromLabels(const model::Model &model)
{
    bool polar = false;
    for (const auto &state : model.states())
        polar = polar || state.polarity != schema::Polarity::None;
    return model.options().useLabels && (polar || model.quality().samples > 0);
}

} // namespace

DiagnosticsView::DiagnosticsView(QWidget *parent)
    : QWidget(parent)
    , m_confusion(new ConfusionTable)
    , m_silhouette(new SilhouetteChart(tr("Silhouette of each state")))
    , m_confidence(new ReliabilityChart(tr("Calibration of the confidence"), tr("confidence said"),
                                        tr("share right"), tr("confidence %1, right %2 of the time, in %3")))
    , m_abnormality(new ReliabilityChart(
          tr("Calibration of the abnormality"), tr("abnormality said"), tr("share at or below"),
          tr("abnormality %1: %2 of known-good samples read at most that, %3")))
    , m_choice(new ChoiceChart(tr("Score over the number of states")))
    , m_variance(new VarianceChart(tr("Variance explained by each component")))
    , m_legend(new QLabel)
{
    auto *box = boxOf(this);
    box->setContentsMargins(0, 2, 0, 0);
    m_confusionPart = addFold(QStringLiteral("confusion"), tr("Confusion, held out"), m_confusion, true);
    m_silhouettePart = addFold(QStringLiteral("silhouette"), tr("Silhouette"), m_silhouette, true);
    auto *calibration = new QWidget;
    boxOf(calibration)->addWidget(new QLabel(tr("Confidence")));
    m_confidencePart = makePart(calibration, m_confidence);
    boxOf(calibration)->addWidget(new QLabel(tr("Abnormality of known-good samples")));
    m_abnormalityPart = makePart(calibration, m_abnormality);
    box->addWidget(new Fold(QStringLiteral("calibration"), tr("Calibration, held out"), calibration, true));
    auto *choice = new QWidget;
    m_choicePart = makePart(choice, m_choice);
    m_legend->setWordWrap(true);
    m_legend->setTextFormat(Qt::RichText);
    boxOf(choice)->addWidget(m_legend);
    box->addWidget(new Fold(QStringLiteral("choice"), tr("Choice of algorithm and states"), choice, true));
    m_variancePart = addFold(QStringLiteral("variance"), tr("Variance explained"), m_variance, false);
}

DiagnosticsView::Part DiagnosticsView::makePart(QWidget *content, QWidget *drawing)
{
    QLabel *words = mutedLabel();
    words->setWordWrap(true);
    words->setTextFormat(Qt::PlainText);
    boxOf(content)->addWidget(words);
    boxOf(content)->addWidget(drawing);
    return {words, drawing};
}

DiagnosticsView::Part DiagnosticsView::addFold(const QString &key, const QString &title, QWidget *drawing,
                                               bool open)
{
    auto *content = new QWidget;
    const Part part = makePart(content, drawing);
    boxOf(this)->addWidget(new Fold(key, title, content, open));
    return part;
}

void DiagnosticsView::say(const Part &part, const DiagnosticWords &words)
{
    part.words->setText(words.text);
    part.drawing->setVisible(words.drawable);
}

void DiagnosticsView::setSnapshot(const session::Snapshot &snapshot)
{
    const model::Model &model = *snapshot.model;
    const auto &quality = model.quality();
    m_confusion->setQuality(quality);
    say(m_confusionPart, confusionWords(quality));

    std::vector<SilhouetteChart::Bar> bars;
    for (std::size_t i = 0; i < model.states().size(); ++i) {
        const auto &state = model.states()[i];
        bars.push_back({qt(state.name), stateStyle(snapshot, int(i)), state.silhouette, state.samples});
    }
    m_silhouette->setBars(std::move(bars));
    say(m_silhouettePart, silhouetteWords(model.states()));

    m_confidence->setPoints(quality.confidence);
    say(m_confidencePart, confidenceWords(quality));
    m_abnormality->setPoints(quality.abnormality);
    say(m_abnormalityPart, abnormalityWords(quality));

    m_choice->setCandidates(model.choice().table);
    const DiagnosticWords choice = choiceWords(model.choice(), model.options(), fromLabels(model));
    say(m_choicePart, choice);
    m_legend->setText(m_choice->legendText());
    m_legend->setVisible(choice.drawable);

    const auto ratios = model.explainedVarianceRatio();
    m_variance->setRatios(ratios);
    say(m_variancePart, varianceWords(ratios));
}

void DiagnosticsView::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange)
        m_legend->setText(m_choice->legendText());
}

} // namespace statescape::ui
