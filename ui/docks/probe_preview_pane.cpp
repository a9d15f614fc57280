// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/probe_preview_pane.h"

#include "ui/docks/feature_strips.h"
#include "ui/kit/section.h"
#include "ui/kit/text.h"
#include "ui/models/trial_words.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

namespace statescape::ui {
namespace {
using State = session::TrialReport::State;
constexpr int kSweepMs = 200;

bool isOver(State state)
{
    return state == State::Done || state == State::Failed;
}

QLabel *textLabel(const QString &name)
{
    auto *label = new QLabel;
    label->setObjectName(name);
    label->setWordWrap(true);
    label->setTextFormat(Qt::RichText);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    label->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    return label;
}
} // namespace

ProbePreviewPane::ProbePreviewPane(QWidget *parent)
    : QWidget(parent)
    , m_text(new QLineEdit)
    , m_copy(new QPushButton(tr("&Copy")))
    , m_try(new QPushButton)
    , m_add(new QPushButton(tr("&Add")))
    , m_measure(new QComboBox)
    , m_verdict(textLabel(QStringLiteral("verdict")))
    , m_details(textLabel(QStringLiteral("details")))
    , m_result(textLabel(QStringLiteral("result")))
    , m_columns(new Heading(tr("Columns it adds")))
    , m_progress(new QProgressBar)
    , m_strips(new FeatureStrips)
{
    auto *box = new QVBoxLayout(this);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(6);
    auto *top = new QHBoxLayout;
    top->setSpacing(6);
    m_text->setReadOnly(true);
    m_text->setFont(figureFont());
    m_text->setObjectName(QStringLiteral("probeText"));
    m_text->setAccessibleName(tr("The probe as text"));
    m_copy->setToolTip(tr("Copy as words of a command line: statescape record --probe …"));
    m_copy->setAutoDefault(false);
    top->addWidget(m_text, 1);
    top->addWidget(m_copy);
    box->addLayout(top);
    m_facts = makeFacts();
    auto *scroll = new QScrollArea;
    scroll->setWidget(m_facts);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->viewport()->setAutoFillBackground(false);
    m_facts->setAutoFillBackground(false);
    box->addWidget(scroll, 1);
    box->addWidget(makeFoot());
    m_sweep.setInterval(kSweepMs);
    connect(&m_sweep, &QTimer::timeout, this, [this] {
        std::erase_if(m_ending, [](const auto &trial) { return isOver(trial->report().state); });
        if (m_ending.empty())
            m_sweep.stop();
    });
    connect(m_copy, &QPushButton::clicked, this,
            [this] { QApplication::clipboard()->setText(commandLineText(m_preview.text)); });
    clear();
}

ProbePreviewPane::~ProbePreviewPane() = default;

QWidget *ProbePreviewPane::makeFacts()
{
    auto *part = new QWidget;
    auto *box = new QVBoxLayout(part);
    box->setContentsMargins(0, 0, 6, 0);
    box->setSpacing(7);
    auto *row = new QHBoxLayout;
    auto *name = new QLabel(tr("&Measure"));
    name->setBuddy(m_measure);
    m_measure->setObjectName(QStringLiteral("measure"));
    m_measure->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    row->addWidget(name);
    row->addWidget(m_measure, 1);
    box->addLayout(row);
    box->addWidget(m_verdict);
    box->addWidget(m_columns);
    box->addWidget(m_strips);
    box->addWidget(m_result);
    box->addWidget(m_details);
    box->addStretch(1);
    connect(m_measure, &QComboBox::activated, this, &ProbePreviewPane::chooseMeasure);
    return part;
}

QWidget *ProbePreviewPane::makeFoot()
{
    auto *part = new QWidget;
    auto *row = new QHBoxLayout(part);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(6);
    m_try->setObjectName(QStringLiteral("try"));
    m_try->setAutoDefault(false);
    m_try->setToolTip(tr("Run a helper of its own with just this probe, and see what it shows and costs"));
    m_add->setObjectName(QStringLiteral("addToPlan"));
    m_add->setAutoDefault(false);
    m_add->setToolTip(tr("Put it on the list of what is to be recorded (Enter)"));
    m_progress->setTextVisible(false);
    m_progress->setRange(0, 1000);
    m_progress->setMaximumHeight(8);
    m_progress->setAccessibleName(tr("Progress of the trial"));
    QSizePolicy stay = m_progress->sizePolicy();
    stay.setRetainSizeWhenHidden(true);
    m_progress->setSizePolicy(stay);
    row->addWidget(m_try);
    row->addWidget(m_progress, 1);
    row->addWidget(m_add);
    connect(m_try, &QPushButton::clicked, this, [this] { isTrying() ? stopTrial() : startTrial(); });
    connect(m_add, &QPushButton::clicked, this, &ProbePreviewPane::addWanted);
    return part;
}

void ProbePreviewPane::show(const session::ProbePreview &preview)
{
    if (m_has && m_preview.text == preview.text)
        return;
    stopTrial();
    m_preview = preview;
    m_has = true;
    m_text->setText(qt(preview.text));
    m_text->setCursorPosition(0);
    m_measure->clear();
    for (const auto &choice : preview.measures) {
        m_measure->addItem(qt(choice.text));
        const bool same = choice.measure == preview.probe.measure &&
                          (choice.measure != schema::Measure::Field || choice.field == preview.probe.symbol);
        if (same)
            m_measure->setCurrentIndex(m_measure->count() - 1);
    }
    m_verdict->setText(verdictText(preview));
    m_strips->setFeatures(preview.features);
    m_details->setText(previewText(preview));
    m_result->clear();
    update();
}

void ProbePreviewPane::clear()
{
    stopTrial();
    m_has = false;
    m_preview = {};
    m_text->clear();
    m_measure->clear();
    m_strips->setFeatures({});
    for (QLabel *label : {m_verdict, m_details, m_result})
        label->clear();
    update();
}

void ProbePreviewPane::chooseMeasure(int index)
{
    if (!m_has || index < 0 || std::size_t(index) >= m_preview.measures.size())
        return;
    const auto &choice = m_preview.measures[std::size_t(index)];
    auto probe = m_preview.probe;
    probe.measure = choice.measure;
    if (probe.kind == schema::HookKind::Tracepoint)
        probe.symbol = choice.field;
    Q_EMIT measureChosen(probe);
}

void ProbePreviewPane::startTrial()
{
    if (!m_has || isTrying())
        return;
    m_strips->clearReport();
    // The callback runs on the trial's thread, which ends before this does.
    auto trial = session::ProbeTrial::start(m_how, m_preview.probe, [this] {
        if (!m_newsPending.exchange(true))
            QMetaObject::invokeMethod(this, &ProbePreviewPane::takeReport, Qt::QueuedConnection);
    });
    if (trial)
        m_trial = std::move(*trial);
    else
        m_result->setText(errorText(trial.error()));
    takeReport();
}

void ProbePreviewPane::stopTrial()
{
    if (!m_trial)
        return;
    // A helper may take a moment to go; nobody waits for it here.
    m_trial->stop();
    m_ending.push_back(std::move(m_trial));
    m_sweep.start();
    m_result->setText(tr("Stopped. %1").arg(m_result->text()));
    update();
}

void ProbePreviewPane::takeReport()
{
    m_newsPending = false;
    if (m_trial) {
        auto report = m_trial->report();
        m_result->setText(trialText(report));
        m_progress->setValue(int(1000 * report.elapsedNs / std::max<std::uint64_t>(1, report.lengthNs)));
        const bool over = isOver(report.state);
        if (!report.values.empty())
            m_strips->setReport(std::move(report));
        if (over)
            m_trial.reset();
    }
    update();
}

void ProbePreviewPane::update()
{
    const bool possible = m_has && m_preview.verdict != session::ProbePreview::Verdict::Impossible;
    m_facts->setVisible(m_has);
    m_copy->setEnabled(m_has);
    m_columns->setVisible(m_has && !m_preview.features.empty());
    m_result->setVisible(!m_result->text().isEmpty());
    m_try->setEnabled(possible || isTrying());
    m_try->setText(isTrying() ? tr("S&top") : tr("&Try for 5 s"));
    m_add->setEnabled(possible);
    m_progress->setVisible(isTrying());
}

} // namespace statescape::ui
