// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/training_form.h"

#include "ui/kit/section.h"
#include "ui/kit/text.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QEvent>
#include <QFormLayout>
#include <QLineEdit>
#include <QSettings>
#include <QSpinBox>

#include <algorithm>

namespace statescape::ui {
namespace {

constexpr int kMostStates = 256;
const QString kSettings = QStringLiteral("training/");

bool takesRadius(const std::string &key)
{
    return key == "dbscan";
}
bool takesMinSamples(const std::string &key)
{
    return key == "dbscan" || key == "hdbscan";
}
bool takesMinClusterSize(const std::string &key)
{
    return key == "hdbscan";
}

} // namespace

TrainingForm::TrainingForm(QWidget *parent)
    : QWidget(parent)
    , m_form(new QFormLayout(this))
    , m_name(new QLineEdit(QStringLiteral("model")))
    , m_algorithm(new QComboBox)
    , m_when(mutedLabel())
    , m_k(new QSpinBox)
    , m_minSamples(new QSpinBox)
    , m_minClusterSize(new QSpinBox)
    , m_radius(new QDoubleSpinBox)
    , m_scaler(new QComboBox)
    , m_useLabels(new QCheckBox(tr("Use the labels")))
    , m_levels(new QCheckBox(tr("Include levels")))
{
    addAlgorithms();
    setUpFields();
    m_form->setContentsMargins(0, 0, 0, 0);
    m_form->setFieldGrowthPolicy(QFormLayout::AllNonFixedFieldsGrow);
    m_form->addRow(tr("Name"), m_name);
    m_form->addRow(tr("Algorithm"), m_algorithm);
    m_form->addRow(m_when);
    m_form->addRow(tr("States"), m_k);
    m_form->addRow(tr("Radius"), m_radius);
    m_form->addRow(tr("Neighbours"), m_minSamples);
    m_form->addRow(tr("Smallest state"), m_minClusterSize);
    m_form->addRow(tr("Scaling"), m_scaler);
    m_form->addRow(QString(), m_useLabels);
    m_form->addRow(QString(), m_levels);
    restore();
    showFields();
    connect(m_algorithm, &QComboBox::currentIndexChanged, this, [this] {
        showFields();
        remember();
    });
    for (QSpinBox *box : {m_k, m_minSamples, m_minClusterSize})
        connect(box, &QSpinBox::valueChanged, this, &TrainingForm::remember);
    connect(m_radius, &QDoubleSpinBox::valueChanged, this, &TrainingForm::remember);
    connect(m_scaler, &QComboBox::currentIndexChanged, this, &TrainingForm::remember);
    for (QCheckBox *box : {m_useLabels, m_levels})
        connect(box, &QCheckBox::toggled, this, &TrainingForm::remember);
}

void TrainingForm::addAlgorithms()
{
    for (const model::Algorithm &one : model::algorithms()) {
        m_algorithm->addItem(qt(one.name), qt(one.key));
        m_algorithm->setItemData(m_algorithm->count() - 1,
                                 QStringLiteral("<b>%1</b><p>%2</p><p>%3</p>")
                                     .arg(qt(one.name).toHtmlEscaped(), qt(one.when).toHtmlEscaped(),
                                          tr("New samples: %1").arg(qt(one.prediction)).toHtmlEscaped()),
                                 Qt::ToolTipRole);
    }
}

void TrainingForm::setUpFields()
{
    const QString chosen = tr("chosen from the data");
    m_name->setAccessibleName(tr("Name of the model"));
    m_algorithm->setAccessibleName(tr("Algorithm"));
    m_when->setWordWrap(true);
    m_when->setTextFormat(Qt::PlainText);
    m_k->setRange(0, kMostStates);
    m_k->setAccessibleName(tr("Number of states"));
    m_radius->setRange(0, 1000);
    m_radius->setDecimals(2);
    m_radius->setSingleStep(0.1);
    m_radius->setSuffix(QStringLiteral(" σ"));
    m_radius->setAccessibleName(tr("Radius"));
    m_radius->setToolTip(tr("How far apart two samples may lie and still count as near, in scaled units "
                            "(0 to 1000 σ); 0 chooses"));
    m_minSamples->setRange(0, 10'000);
    m_minSamples->setAccessibleName(tr("Neighbours that make a sample dense"));
    m_minSamples->setToolTip(tr("How many samples near another make it the inside of a state; more leaves "
                                "more samples in none. 0 chooses"));
    m_minClusterSize->setRange(0, 1'000'000);
    m_minClusterSize->setAccessibleName(tr("Samples of the smallest state"));
    m_minClusterSize->setToolTip(tr("Fewer samples than this are no state. 0 chooses"));
    for (QSpinBox *box : {m_k, m_minSamples, m_minClusterSize})
        box->setSpecialValueText(chosen);
    m_radius->setSpecialValueText(chosen);
    m_scaler->addItem(tr("standard (mean, deviation)"));
    m_scaler->addItem(tr("robust (median, quartiles)"));
    m_scaler->setAccessibleName(tr("Scaling"));
    for (QComboBox *box : {m_algorithm, m_scaler}) {
        box->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
        box->setMinimumContentsLength(8);
    }
    m_useLabels->setChecked(true);
    m_useLabels->setToolTip(tr("Keep apart what the labels tell apart, and name the states after them"));
    m_levels->setToolTip(
        tr("Levels such as free memory drift for hours, so they are left out unless asked for"));
    for (QWidget *field : {static_cast<QWidget *>(m_algorithm), static_cast<QWidget *>(m_k),
                           static_cast<QWidget *>(m_radius), static_cast<QWidget *>(m_minSamples),
                           static_cast<QWidget *>(m_minClusterSize), static_cast<QWidget *>(m_scaler)}) {
        field->setFocusPolicy(Qt::StrongFocus);
        field->installEventFilter(this);
    }
}

bool TrainingForm::eventFilter(QObject *watched, QEvent *event)
{
    // Whoever scrolls the dock does not mean the field under the pointer.
    if (event->type() == QEvent::Wheel && !static_cast<QWidget *>(watched)->hasFocus()) {
        event->ignore();
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

std::string TrainingForm::key() const
{
    return m_algorithm->currentData().toString().toStdString();
}

void TrainingForm::showFields()
{
    const std::string key = this->key();
    const model::Algorithm *algorithm = model::algorithmOf(key);
    if (!algorithm)
        return;
    m_when->setText(qt(algorithm->when));
    m_algorithm->setToolTip(m_algorithm->currentData(Qt::ToolTipRole).toString());
    m_k->setEnabled(algorithm->takesK);
    m_k->setToolTip(
        algorithm->takesK
            ? tr("How many states, at least one per labelled class (0 to %1); 0 chooses").arg(kMostStates)
            : tr("%1 finds the number of states itself").arg(qt(algorithm->name)));
    m_form->setRowVisible(m_radius, takesRadius(key));
    m_form->setRowVisible(m_minSamples, takesMinSamples(key));
    m_form->setRowVisible(m_minClusterSize, takesMinClusterSize(key));
}

void TrainingForm::restore()
{
    const QSettings settings;
    const int at = m_algorithm->findData(settings.value(kSettings + QStringLiteral("algorithm")));
    m_algorithm->setCurrentIndex(std::max(0, at));
    m_k->setValue(settings.value(kSettings + QStringLiteral("states"), 0).toInt());
    m_radius->setValue(settings.value(kSettings + QStringLiteral("radius"), 0).toDouble());
    m_minSamples->setValue(settings.value(kSettings + QStringLiteral("neighbours"), 0).toInt());
    m_minClusterSize->setValue(settings.value(kSettings + QStringLiteral("smallest"), 0).toInt());
    m_scaler->setCurrentIndex(settings.value(kSettings + QStringLiteral("robust"), false).toBool() ? 1 : 0);
    m_useLabels->setChecked(settings.value(kSettings + QStringLiteral("labels"), true).toBool());
    m_levels->setChecked(settings.value(kSettings + QStringLiteral("levels"), false).toBool());
}

void TrainingForm::remember() const
{
    QSettings settings;
    settings.setValue(kSettings + QStringLiteral("algorithm"), m_algorithm->currentData());
    settings.setValue(kSettings + QStringLiteral("states"), m_k->value());
    settings.setValue(kSettings + QStringLiteral("radius"), m_radius->value());
    settings.setValue(kSettings + QStringLiteral("neighbours"), m_minSamples->value());
    settings.setValue(kSettings + QStringLiteral("smallest"), m_minClusterSize->value());
    settings.setValue(kSettings + QStringLiteral("robust"), m_scaler->currentIndex() == 1);
    settings.setValue(kSettings + QStringLiteral("labels"), m_useLabels->isChecked());
    settings.setValue(kSettings + QStringLiteral("levels"), m_levels->isChecked());
}

model::TrainOptions TrainingForm::options() const
{
    model::TrainOptions options;
    const QString name = m_name->text().trimmed();
    options.name = name.isEmpty() ? "model" : name.toStdString();
    const std::string key = this->key();
    const model::Algorithm *algorithm = model::algorithmOf(key);
    if (algorithm) {
        options.algorithm = key;
        options.k = algorithm->takesK ? m_k->value() : 0;
    }
    options.radius = takesRadius(key) ? m_radius->value() : 0;
    options.minSamples = takesMinSamples(key) ? m_minSamples->value() : 0;
    options.minClusterSize = takesMinClusterSize(key) ? m_minClusterSize->value() : 0;
    options.scaler = m_scaler->currentIndex() == 1 ? model::Scaler::Robust : model::Scaler::Standard;
    options.useLabels = m_useLabels->isChecked();
    options.includeLevels = m_levels->isChecked();
    return options;
}

void TrainingForm::suggestName(const QString &name)
{
    if (!m_name->isModified())
        m_name->setText(name);
}

} // namespace statescape::ui
