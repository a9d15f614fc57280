// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/algorithm_table.h"

#include "ui/docks/diagnostic_chart.h"
#include "ui/docks/model_words.h"
#include "ui/kit/text.h"
#include "ui/kit/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QEvent>
#include <QHeaderView>
#include <QKeyEvent>

#include <cmath>
#include <limits>

namespace statescape::ui {
namespace {

using Column = AlgorithmModel::Column;
constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

QString nameOf(const model::Compared &one)
{
    const model::Algorithm *algorithm = model::algorithmOf(one.algorithm);
    return algorithm ? qt(algorithm->name) : qt(one.algorithm);
}

double noneShare(const model::Model &model)
{
    std::uint64_t in = 0;
    for (const auto &state : model.states())
        in += state.samples;
    const double all = double(in) + double(model.noise());
    return all > 0 ? double(model.noise()) / all : kUndefined;
}

double valueOf(const model::Compared &one, int column)
{
    if (!one.model)
        return kUndefined;
    const model::Model &model = *one.model;
    const auto &q = model.quality();
    switch (column) {
    case Column::kStates:
        return double(model.states().size());
    case Column::kNone:
        return 100 * noneShare(model);
    case Column::kF1:
        return q.samples > 0 ? q.f1 : kUndefined;
    case Column::kBalanced:
        return q.samples > 0 ? q.balancedAccuracy : kUndefined;
    case Column::kSilhouette:
        return model.silhouette();
    case Column::kAgreement:
        return q.agreement;
    case Column::kCalibration:
        return q.confidenceError;
    case Column::kTime:
        return model.seconds() > 0 ? model.seconds() : kUndefined;
    default:
        return kUndefined;
    }
}

QString figureOf(const model::Compared &one, int column)
{
    const double value = valueOf(one, column);
    if (!std::isfinite(value))
        return QStringLiteral("–");
    switch (column) {
    case Column::kStates:
        return countText(std::uint64_t(value));
    case Column::kNone:
        return figureText(value, 1) + QStringLiteral(" %");
    case Column::kTime:
        return durationText(std::uint64_t(value * 1e9));
    default:
        return figureText(value);
    }
}

QString remarkOf(const model::Compared &one)
{
    if (one.error)
        return AlgorithmModel::tr("failed: %1").arg(qt(one.error->text()));
    if (one.best && !one.reason.empty())
        return AlgorithmModel::tr("best: %1").arg(qt(one.reason));
    return one.model && !one.model->story().empty() ? qt(one.model->story().front()) : QString();
}

/// Why there is a dash.
QString whyUndefined(const model::Compared &one, int column)
{
    if (one.error)
        return AlgorithmModel::tr("Not trained: %1").arg(qt(one.error->text()));
    switch (column) {
    case Column::kF1:
    case Column::kBalanced:
        return AlgorithmModel::tr("Undefined: too few labelled samples to hold some out");
    case Column::kSilhouette:
        return AlgorithmModel::tr("Undefined: it takes two states");
    case Column::kAgreement:
        return AlgorithmModel::tr("Undefined: too few held-out samples to find states among them");
    case Column::kCalibration:
        return AlgorithmModel::tr("Undefined: it takes labelled held-out samples that were given a state");
    default:
        return AlgorithmModel::tr("Undefined");
    }
}

QString headerTip(int column)
{
    switch (column) {
    case Column::kAlgorithm:
        return AlgorithmModel::tr("What found the states");
    case Column::kStates:
        return AlgorithmModel::tr("How many states were found");
    case Column::kNone:
        return AlgorithmModel::tr("Share of the samples trained on that belong to no state, 0 to 100 %");
    case Column::kF1:
        return AlgorithmModel::tr("F1 on labelled samples held out by time blocks: of negative against the "
                                  "rest, without negatives the mean of the classes; 0 to 1, high is good");
    case Column::kBalanced:
        return AlgorithmModel::tr("Balanced accuracy on the same samples: mean of the classes' shares judged "
                                  "right; 0 to 1, high is good");
    case Column::kSilhouette:
        return AlgorithmModel::tr("How clearly the states stand apart, −1 to 1, high is good; it favours "
                                  "round states");
    case Column::kAgreement:
        return AlgorithmModel::tr("Whether the same states are found on held-out samples by themselves "
                                  "(adjusted Rand index), −1 to 1; 1: the same, 0: chance");
    case Column::kCalibration:
        return AlgorithmModel::tr(
            "How far confidence lies from the share judged right, on average, held out; "
            "0 to 1, low is good");
    case Column::kTime:
        return AlgorithmModel::tr("Training took, with its held-out evaluation");
    default:
        return AlgorithmModel::tr("Why it is best, what went wrong, or what it found");
    }
}

} // namespace

void AlgorithmModel::setRows(ComparedPtr rows)
{
    beginResetModel();
    m_rows = std::move(rows);
    endResetModel();
}

const model::Compared *AlgorithmModel::at(int row) const
{
    return m_rows && row >= 0 && row < int(m_rows->size()) ? &(*m_rows)[std::size_t(row)] : nullptr;
}

int AlgorithmModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() || !m_rows ? 0 : int(m_rows->size());
}

int AlgorithmModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(kColumns);
}

QVariant AlgorithmModel::data(const QModelIndex &index, int role) const
{
    const model::Compared *one = index.isValid() ? at(index.row()) : nullptr;
    if (!one)
        return {};
    const int column = index.column();
    const bool figure = column != kAlgorithm && column != kRemark;
    switch (role) {
    case Qt::DisplayRole:
        if (column == kAlgorithm)
            return (one->best ? QStringLiteral("★ ") : QString()) + nameOf(*one);
        return figure ? figureOf(*one, column) : remarkOf(*one);
    case Qt::AccessibleTextRole:
        return column == kAlgorithm && one->best ? tr("%1, best").arg(nameOf(*one)) : QVariant();
    case Qt::ToolTipRole: {
        if (column == kRemark)
            return one->model && !one->best ? QVariant(storyHtml(*one->model)) : QVariant(remarkOf(*one));
        const model::Algorithm *algorithm = model::algorithmOf(one->algorithm);
        if (column == kAlgorithm)
            return algorithm ? QStringLiteral("<p>%1</p><p>%2</p>")
                                   .arg(qt(algorithm->when).toHtmlEscaped(),
                                        tr("New samples: %1").arg(qt(algorithm->prediction)).toHtmlEscaped())
                             : QVariant();
        return std::isfinite(valueOf(*one, column)) ? QVariant(headerTip(column))
                                                    : QVariant(whyUndefined(*one, column));
    }
    case Qt::TextAlignmentRole:
        return int((figure ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    case Qt::FontRole: {
        QFont font = figure ? figureFont() : QApplication::font();
        font.setBold(one->best);
        return font;
    }
    case Qt::ForegroundRole:
        return one->error ? QVariant(currentTheme().muted) : QVariant();
    case kSortRole:
        if (!figure)
            return column == kAlgorithm ? nameOf(*one) : remarkOf(*one);
        return std::isfinite(valueOf(*one, column)) ? QVariant(valueOf(*one, column)) : QVariant();
    default:
        return {};
    }
}

QVariant AlgorithmModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || section < 0 || section >= int(kColumns))
        return {};
    if (role == Qt::ToolTipRole)
        return headerTip(section);
    if (role == Qt::TextAlignmentRole)
        return int((section == kAlgorithm || section == kRemark ? Qt::AlignLeft : Qt::AlignRight) |
                   Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    static const QStringList names{tr("algorithm"), tr("states"),     tr("in none"),   tr("F1"),
                                   tr("bal. acc."), tr("silhouette"), tr("agreement"), tr("calib. error"),
                                   tr("time"),      tr("remark")};
    return names[section];
}

bool UndefinedLast::lessThan(const QModelIndex &left, const QModelIndex &right) const
{
    const QVariant a = left.data(AlgorithmModel::kSortRole), b = right.data(AlgorithmModel::kSortRole);
    if (!a.isValid() || !b.isValid())
        return a.isValid() != b.isValid() && a.isValid() == (sortOrder() == Qt::AscendingOrder);
    if (a.typeId() == QMetaType::Double && b.typeId() == QMetaType::Double)
        return a.toDouble() < b.toDouble();
    return QString::localeAwareCompare(a.toString().toCaseFolded(), b.toString().toCaseFolded()) < 0;
}

AlgorithmTable::AlgorithmTable(QWidget *parent)
    : QTableView(parent)
    , m_rows(new AlgorithmModel(this))
    , m_sorted(new UndefinedLast(this))
{
    m_sorted->setSourceModel(m_rows);
    setModel(m_sorted);
    setAccessibleName(tr("Algorithms compared"));
    setSelectionBehavior(SelectRows);
    setSelectionMode(SingleSelection);
    setSortingEnabled(true);
    sortByColumn(-1, Qt::DescendingOrder);
    setShowGrid(false);
    setWordWrap(false);
    setTextElideMode(Qt::ElideRight);
    setTabKeyNavigation(false);
    setEditTriggers(NoEditTriggers);
    setHorizontalScrollMode(ScrollPerPixel);
    verticalHeader()->hide();
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setStretchLastSection(true);
    horizontalHeader()->setMinimumSectionSize(40);
    connect(selectionModel(), &QItemSelectionModel::selectionChanged, this, &AlgorithmTable::chosenChanged);
    connect(this, &QAbstractItemView::activated, this, &AlgorithmTable::used);
    fitColumns();
}

void AlgorithmTable::setRows(const ComparedPtr &rows)
{
    m_rows->setRows(rows);
    fitColumns();
    for (int row = 0; row < m_sorted->rowCount(); ++row)
        if (m_rows->at(m_sorted->mapToSource(m_sorted->index(row, 0)).row())->best)
            selectRow(row);
    Q_EMIT chosenChanged();
}

const model::Compared *AlgorithmTable::chosen() const
{
    const auto rows = selectionModel()->selectedRows();
    const model::Compared *one = rows.isEmpty() ? nullptr : m_rows->at(m_sorted->mapToSource(rows[0]).row());
    return one && one->model ? one : nullptr;
}

QString AlgorithmTable::toText() const
{
    QStringList lines;
    for (int row = -1; row < m_sorted->rowCount(); ++row) {
        QStringList cells;
        for (int column = 0; column < m_sorted->columnCount(); ++column)
            cells << (row < 0 ? m_sorted->headerData(column, Qt::Horizontal).toString()
                              : m_sorted->index(row, column).data().toString());
        lines << cells.join(QLatin1Char('\t'));
    }
    return lines.join(QLatin1Char('\n')) + QLatin1Char('\n');
}

void AlgorithmTable::copy() const
{
    QApplication::clipboard()->setText(toText());
}

QSize AlgorithmTable::sizeHint() const
{
    return {fontMetrics().averageCharWidth() * 110, fontMetrics().height() * 14};
}

void AlgorithmTable::fitColumns()
{
    verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 8);
    for (int column = 0; column < Column::kRemark; ++column)
        resizeColumnToContents(column);
}

void AlgorithmTable::keyPressEvent(QKeyEvent *event)
{
    if (event->matches(QKeySequence::Copy)) {
        copy();
        return;
    }
    QTableView::keyPressEvent(event);
}

void AlgorithmTable::changeEvent(QEvent *event)
{
    QTableView::changeEvent(event);
    if (event->type() == QEvent::FontChange && m_sorted)
        fitColumns();
}

} // namespace statescape::ui
