// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/training_dock.h"

#include "ui/docks/diagnostics_view.h"
#include "ui/docks/model_dock.h"
#include "ui/kit/text.h"
#include "ui/kit/theme.h"

#include <QCheckBox>
#include <QComboBox>
#include <QFormLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSpinBox>
#include <QTableWidget>
#include <QVBoxLayout>

#include <cmath>

namespace statescape::ui {

TrainingDock::TrainingDock(SessionController &controller, QWidget *parent)
    : SectionDock(QStringLiteral("training"), tr("Training"), parent)
    , m_controller(controller)
    , m_name(new QLineEdit(QStringLiteral("model")))
    , m_k(new QSpinBox)
    , m_scaler(new QComboBox)
    , m_useLabels(new QCheckBox(tr("Use the labels")))
    , m_levels(new QCheckBox(tr("Include levels")))
    , m_train(new QPushButton(tr("Train")))
    , m_cancel(new QPushButton(tr("Cancel")))
    , m_progress(new QProgressBar)
    , m_result(new QLabel)
    , m_notes(mutedLabel())
    , m_confusionHeading(new Heading(tr("Held out: truth by row, model by column")))
    , m_confusion(new QTableWidget)
    , m_diagnostics(new DiagnosticsView)
{
    auto *page = new QWidget;
    auto *box = new QVBoxLayout(page);
    box->setContentsMargins(12, 2, 12, 8);
    box->setSpacing(7);
    box->addWidget(makeForm());
    m_result->setWordWrap(true);
    m_result->setTextFormat(Qt::RichText);
    box->addWidget(m_result);
    box->addWidget(m_confusionHeading);
    m_confusion->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_confusion->setAccessibleName(tr("Confusion matrix"));
    m_confusion->setFrameShape(QFrame::NoFrame);
    m_confusion->setShowGrid(false);
    m_confusion->setCornerButtonEnabled(false);
    m_confusion->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_confusion->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    box->addWidget(m_confusion);
    box->addWidget(m_diagnostics);
    m_notes->setWordWrap(true);
    box->addWidget(m_notes);
    box->addStretch(1);
    setScrollingPage(page);
    connect(&controller, &SessionController::shownChanged, this, &TrainingDock::update);
    connect(&controller, &SessionController::sessionChanged, this, [this] {
        m_model = nullptr;
        update();
    });
    connect(&controller, &SessionController::trainingProgress, this,
            [this](double fraction, const QString &stage) {
                m_progress->setValue(int(fraction * 1000));
                m_progress->setFormat(stage);
                m_progress->setEnabled(true);
                m_train->setEnabled(false);
                m_cancel->setEnabled(true);
            });
    connect(&controller, &SessionController::trainingFinished, this, [this](bool ok) {
        m_progress->setValue(ok ? 1000 : 0);
        m_progress->setFormat(ok ? tr("done") : tr("stopped"));
        m_train->setEnabled(true);
        m_cancel->setEnabled(false);
        update();
    });
    update();
}

QWidget *TrainingDock::makeForm()
{
    auto *page = new QWidget;
    auto *form = new QFormLayout(page);
    form->setContentsMargins(0, 0, 0, 0);
    form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    m_k->setRange(0, 64);
    m_k->setSpecialValueText(tr("chosen from the data"));
    m_k->setToolTip(tr("How many clusters; at least one per labelled class"));
    m_scaler->addItem(tr("standard (mean, deviation)"));
    m_scaler->addItem(tr("robust (median, quartiles)"));
    m_scaler->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_scaler->setAccessibleName(tr("Scaling"));
    m_name->setAccessibleName(tr("Name of the model"));
    m_k->setAccessibleName(tr("Clusters"));
    m_useLabels->setChecked(true);
    m_useLabels->setToolTip(tr("Seed the clusters by the labels and name the states after them"));
    m_levels->setToolTip(
        tr("Levels such as free memory drift for hours, so they are left out unless asked for"));
    form->addRow(tr("Name"), m_name);
    form->addRow(tr("Clusters"), m_k);
    form->addRow(tr("Scaling"), m_scaler);
    form->addRow(QString(), m_useLabels);
    form->addRow(QString(), m_levels);
    auto *row = new QHBoxLayout;
    m_train->setObjectName(QStringLiteral("train"));
    m_train->setToolTip(tr("Train on everything labelled and recorded so far (Ctrl+Return)"));
    m_progress->setRange(0, 1000);
    m_progress->setFormat(tr("not running"));
    m_progress->setEnabled(false);
    m_progress->setAccessibleName(tr("Training progress"));
    m_cancel->setEnabled(false);
    row->addWidget(m_train);
    row->addWidget(m_progress, 1);
    row->addWidget(m_cancel);
    form->addRow(row);
    connect(m_train, &QPushButton::clicked, this, [this] { Q_EMIT command(QStringLiteral("model.train")); });
    connect(m_cancel, &QPushButton::clicked, &m_controller, &SessionController::cancelTraining);
    return page;
}

model::TrainOptions TrainingDock::options() const
{
    model::TrainOptions options;
    options.name = m_name->text().trimmed().isEmpty() ? "model" : m_name->text().trimmed().toStdString();
    options.k = m_k->value();
    options.scaler = m_scaler->currentIndex() == 1 ? model::Scaler::Robust : model::Scaler::Standard;
    options.useLabels = m_useLabels->isChecked();
    options.includeLevels = m_levels->isChecked();
    return options;
}

void TrainingDock::update()
{
    const auto shown = m_controller.shown();
    const auto model = shown ? shown->model : nullptr;
    m_confusionHeading->setVisible(model && model->quality().samples > 0);
    m_confusion->setVisible(model && model->quality().samples > 0);
    m_diagnostics->setVisible(model != nullptr);
    if (!model) {
        m_notes->hide();
        m_model = nullptr;
        m_result->setText(
            tr("No model yet. Held-out quality, confusion matrix and diagnostics appear here."));
        return;
    }
    if (model.get() == m_model)
        return;
    m_model = model.get();
    if (!m_name->isModified())
        m_name->setText(qt(model->name()));
    const auto &q = model->quality();
    QString text = QStringLiteral("<b>%1</b> %2<br>%3")
                       .arg(qt(model->name()).toHtmlEscaped(), modelKind(*model), modelFacts(*model));
    if (q.samples > 0)
        text +=
            tr("<br>accuracy <b>%1</b> · precision <b>%2</b> · recall <b>%3</b> on %4 held-out samples")
                .arg(q.accuracy, 0, 'f', 2)
                .arg(std::isfinite(q.precision) ? QString::number(q.precision, 'f', 2) : QStringLiteral("–"),
                     std::isfinite(q.recall) ? QString::number(q.recall, 'f', 2) : QStringLiteral("–"),
                     countText(q.samples));
    if (model->seconds() > 0) // a stored model does not say
        text += tr("<br>trained in %1").arg(durationText(std::uint64_t(model->seconds() * 1e9)));
    m_result->setText(text);
    QStringList notes;
    for (const auto &note : model->notes())
        notes << QStringLiteral("· ") + qt(note);
    m_notes->setText(notes.join(QLatin1Char('\n')));
    m_notes->setVisible(!notes.isEmpty());
    fillConfusion(q);
    m_diagnostics->show(*model);
}

void TrainingDock::fillConfusion(const model::Quality &quality)
{
    const int rows = int(quality.confusion.size());
    const int columns = rows > 0 ? int(quality.confusion.front().size()) : 0;
    m_confusion->clear();
    m_confusion->setRowCount(rows);
    m_confusion->setColumnCount(columns);
    // Columns are too narrow for names: the number before the row's name stands for it.
    QStringList names, numbers, numbered;
    for (const auto &name : quality.classes) {
        names << qt(name);
        numbers << QString::number(names.size());
        numbered << QStringLiteral("%1 %2").arg(names.size()).arg(names.last());
    }
    m_confusion->setVerticalHeaderLabels(numbered);
    m_confusion->setHorizontalHeaderLabels(QStringList(numbers) << QStringLiteral("?"));
    for (int c = 0; c < columns; ++c)
        m_confusion->horizontalHeaderItem(c)->setToolTip(c < names.size() ? names[c] : tr("unknown"));
    const Theme theme = currentTheme();
    for (int r = 0; r < rows; ++r) {
        const auto &cells = quality.confusion[std::size_t(r)];
        std::uint64_t total = 0;
        for (const auto cell : cells)
            total += cell;
        for (int c = 0; c < columns; ++c) {
            const auto count = cells[std::size_t(c)];
            auto *item = new QTableWidgetItem(countText(count));
            item->setTextAlignment(Qt::AlignCenter);
            QColor colour = r == c ? theme.positive : theme.negative;
            colour.setAlphaF(total > 0 ? float(0.55 * double(count) / double(total)) : 0.0F);
            item->setBackground(colour);
            if (r == c) {
                QFont bold = item->font();
                bold.setBold(true);
                item->setFont(bold);
            }
            item->setToolTip(tr("%1 of %2 samples labelled %3 were taken for %4")
                                 .arg(countText(count), countText(total), names.value(r),
                                      c < names.size() ? names[c] : tr("unknown")));
            m_confusion->setItem(r, c, item);
        }
    }
    m_confusion->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    m_confusion->verticalHeader()->setMaximumWidth(130);
    m_confusion->verticalHeader()->setDefaultSectionSize(m_confusion->fontMetrics().height() + 8);
    m_confusion->setFixedHeight(m_confusion->horizontalHeader()->sizeHint().height() +
                                rows * m_confusion->verticalHeader()->defaultSectionSize() + 4);
}

} // namespace statescape::ui
