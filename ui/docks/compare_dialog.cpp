// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/compare_dialog.h"

#include "ui/docks/algorithm_table.h"
#include "ui/kit/section.h"
#include "ui/kit/text.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QProgressBar>
#include <QPushButton>
#include <QScreen>
#include <QSettings>
#include <QVBoxLayout>

namespace statescape::ui {
namespace {
const QString kLeftOut = QStringLiteral("compare/left out");
} // namespace

CompareDialog::CompareDialog(SessionController &controller, std::function<model::TrainOptions()> options,
                             QWidget *parent)
    : QDialog(parent)
    , m_controller(controller)
    , m_options(std::move(options))
    , m_list(new QListWidget)
    , m_table(new AlgorithmTable)
    , m_words(mutedLabel())
    , m_run(new QPushButton(tr("&Compare")))
    , m_cancel(new QPushButton(tr("Cance&l")))
    , m_use(new QPushButton(tr("&Use this")))
    , m_copy(new QPushButton(tr("Cop&y")))
    , m_progress(new QProgressBar)
{
    setObjectName(QStringLiteral("compare"));
    setWindowTitle(tr("Compare algorithms"));
    const QSize wanted(fontMetrics().averageCharWidth() * 190, fontMetrics().height() * 22);
    resize(wanted.boundedTo(screen()->availableSize() * 0.9));
    auto *box = new QVBoxLayout(this);
    box->setContentsMargins(12, 12, 12, 12);
    box->setSpacing(8);
    auto *middle = new QHBoxLayout;
    middle->setSpacing(12);
    middle->addWidget(makeList());
    middle->addWidget(m_table, 1);
    box->addLayout(middle, 1);
    m_words->setWordWrap(true);
    m_words->setTextFormat(Qt::RichText);
    m_words->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    box->addWidget(m_words);
    box->addWidget(makeFoot());
    connect(m_table, &AlgorithmTable::chosenChanged, this, &CompareDialog::update);
    connect(m_table, &AlgorithmTable::used, this, &CompareDialog::useChosen);
    connect(&controller, &SessionController::comparisonProgress, this,
            [this](double fraction, const QString &stage) {
                m_progress->setValue(int(fraction * 1000));
                m_progress->setFormat(stage);
                update();
            });
    connect(&controller, &SessionController::comparisonFinished, this, &CompareDialog::showResult);
    connect(&controller, &SessionController::trainingProgress, this, &CompareDialog::update);
    connect(&controller, &SessionController::trainingFinished, this, &CompareDialog::update);
    connect(&controller, &SessionController::sessionChanged, this, [this] { showResult(true, {}); });
    restoreList();
    showResult(true, {});
}

QWidget *CompareDialog::makeList()
{
    auto *part = new QWidget;
    auto *box = new QVBoxLayout(part);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(6);
    m_list->setAccessibleName(tr("Algorithms to compare"));
    for (const model::Algorithm &one : model::algorithms()) {
        if (one.key == "auto")
            continue;
        auto *item = new QListWidgetItem(qt(one.name), m_list);
        item->setData(Qt::UserRole, qt(one.key));
        item->setToolTip(QStringLiteral("<p>%1</p>").arg(qt(one.when).toHtmlEscaped()));
        item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable);
        item->setCheckState(Qt::Checked);
    }
    m_list->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Expanding);
    m_list->setFixedWidth(m_list->sizeHintForColumn(0) + 2 * m_list->fontMetrics().height());
    m_run->setObjectName(QStringLiteral("train"));
    m_run->setDefault(true);
    m_run->setToolTip(
        tr("Train each of them on the same samples, time blocks and seed; name, scaling, labels, "
           "features and number of states are those of the training dock"));
    box->addWidget(m_list, 1);
    box->addWidget(m_run);
    connect(m_run, &QPushButton::clicked, this, &CompareDialog::run);
    connect(m_list, &QListWidget::itemChanged, this, [this] {
        rememberList();
        update();
    });
    return part;
}

QWidget *CompareDialog::makeFoot()
{
    auto *part = new QWidget;
    auto *row = new QHBoxLayout(part);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(6);
    m_progress->setRange(0, 1000);
    m_progress->setAccessibleName(tr("Progress of the comparison"));
    m_use->setToolTip(tr("Take the model of the row chosen into use and save it (Ctrl+Z takes it back)"));
    m_copy->setToolTip(tr("Copy the table as text (Ctrl+C)"));
    auto *close = new QPushButton(tr("Close"));
    for (QPushButton *button : {m_cancel, m_use, m_copy, close})
        button->setAutoDefault(false);
    row->addWidget(m_progress, 1);
    row->addWidget(m_cancel);
    row->addStretch(1);
    row->addWidget(m_use);
    row->addWidget(m_copy);
    row->addWidget(close);
    connect(m_cancel, &QPushButton::clicked, &m_controller, &SessionController::cancelComparison);
    connect(m_use, &QPushButton::clicked, this, &CompareDialog::useChosen);
    connect(m_copy, &QPushButton::clicked, m_table, &AlgorithmTable::copy);
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    return part;
}

void CompareDialog::restoreList()
{
    const QStringList leftOut = QSettings().value(kLeftOut).toStringList();
    const QSignalBlocker quiet(m_list);
    for (int i = 0; i < m_list->count(); ++i)
        if (leftOut.contains(m_list->item(i)->data(Qt::UserRole).toString()))
            m_list->item(i)->setCheckState(Qt::Unchecked);
}

void CompareDialog::rememberList() const
{
    QStringList leftOut;
    for (int i = 0; i < m_list->count(); ++i)
        if (m_list->item(i)->checkState() != Qt::Checked)
            leftOut << m_list->item(i)->data(Qt::UserRole).toString();
    QSettings().setValue(kLeftOut, leftOut);
}

std::vector<std::string> CompareDialog::keys() const
{
    std::vector<std::string> out;
    for (int i = 0; i < m_list->count(); ++i)
        if (m_list->item(i)->checkState() == Qt::Checked)
            out.push_back(m_list->item(i)->data(Qt::UserRole).toString().toStdString());
    return out;
}

void CompareDialog::run()
{
    if (!m_run->isEnabled())
        return;
    m_words->setText(tr("Training; the model in use stays as it is."));
    m_controller.compareAlgorithms(m_options(), keys());
    update();
}

void CompareDialog::useChosen()
{
    const model::Compared *one = m_table->chosen();
    if (!one || !m_use->isEnabled())
        return;
    const QString name = qt(model::algorithmOf(one->algorithm)->name);
    if (m_controller.adoptModel(*one->model))
        m_words->setText(tr("In use now: <b>%1</b>, saved as %2. Ctrl+Z in the main window takes it back.")
                             .arg(name.toHtmlEscaped(), qt(one->model->name()).toHtmlEscaped()));
}

void CompareDialog::showResult(bool ok, const QString &html)
{
    const auto rows = m_controller.comparison();
    if (ok)
        m_table->setRows(rows);
    QString text = html;
    if (ok && !rows)
        text = tr("Each algorithm is trained on the same samples and judged on time blocks it never saw. "
                  "Nothing is saved until you use one.");
    else if (ok)
        for (const auto &one : *rows)
            if (one.best)
                text = tr("Best: %1").arg(qt(one.reason).toHtmlEscaped());
    m_words->setText(text);
    update();
}

void CompareDialog::update()
{
    const bool comparing = m_controller.isComparing();
    m_progress->setVisible(comparing);
    m_cancel->setVisible(comparing);
    m_list->setEnabled(!comparing);
    m_run->setEnabled(!comparing && !m_controller.isTraining() && m_controller.workspace() &&
                      !keys().empty());
    m_use->setEnabled(!comparing && m_table->chosen() != nullptr);
    m_copy->setEnabled(m_table->model()->rowCount() > 0);
}

} // namespace statescape::ui
