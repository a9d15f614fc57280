// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/confusion_table.h"

#include "ui/kit/text.h"
#include "ui/kit/theme.h"

#include <QHeaderView>
#include <QScrollBar>
#include <QWheelEvent>

#include <algorithm>

namespace statescape::ui {
namespace {
constexpr double kDeepest = 0.5; // of a cell's colour, so that text keeps its contrast in every theme
constexpr int kMostNameWidth = 130;
} // namespace

ConfusionTable::ConfusionTable(QWidget *parent)
    : QTableWidget(parent)
{
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setAccessibleName(tr("Confusion matrix"));
    setFrameShape(QFrame::NoFrame);
    setShowGrid(false);
    setCornerButtonEnabled(false);
    setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    setTabKeyNavigation(false);
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    verticalHeader()->setMaximumWidth(kMostNameWidth);
    verticalHeader()->setTextElideMode(Qt::ElideRight);
    verticalHeader()->setSectionsClickable(false);
    horizontalHeader()->setSectionsClickable(false);
    horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
}

void ConfusionTable::setQuality(const model::Quality &quality)
{
    m_classes = quality.classes;
    m_counts = quality.confusion;
    fill();
}

QTableWidgetItem *ConfusionTable::makeCell(std::size_t row, std::size_t column,
                                           const QStringList &names) const
{
    const auto &cells = m_counts[row];
    std::uint64_t total = 0;
    for (const auto cell : cells)
        total += cell;
    const auto count = cells[column];
    const Theme theme = currentTheme();
    auto *item = new QTableWidgetItem(countText(count));
    item->setTextAlignment(Qt::AlignCenter);
    QColor colour = row == column ? theme.positive : theme.negative;
    colour.setAlphaF(total > 0 ? float(kDeepest * double(count) / double(total)) : 0.0F);
    item->setBackground(colour);
    item->setForeground(count > 0 ? theme.text : theme.muted);
    QFont bold = item->font();
    bold.setBold(row == column);
    item->setFont(bold);
    const double percent = total > 0 ? 100 * double(count) / double(total) : 0;
    item->setToolTip(tr("%1 of %2 labelled %3 (%4 %) were taken for %5")
                         .arg(countText(count), pluralText(total, tr("sample")), names.value(qsizetype(row)))
                         .arg(percent, 0, 'f', 1)
                         .arg(names.value(qsizetype(column), tr("unknown"))));
    return item;
}

void ConfusionTable::fill()
{
    const int rows = int(m_counts.size()), columns = rows > 0 ? int(m_counts.front().size()) : 0;
    clear();
    setRowCount(rows);
    setColumnCount(columns);
    // Columns are too narrow for names: the number before the row's name stands for it.
    QStringList names, numbers, numbered;
    for (const auto &name : m_classes) {
        names << qt(name);
        numbers << QString::number(names.size());
        numbered << QStringLiteral("%1 %2").arg(names.size()).arg(names.last());
    }
    setVerticalHeaderLabels(numbered);
    setHorizontalHeaderLabels(numbers << QStringLiteral("?"));
    int widest = fontMetrics().horizontalAdvance(QStringLiteral("99"));
    for (int c = 0; c < columns; ++c)
        horizontalHeaderItem(c)->setToolTip(names.value(c, tr("unknown")));
    for (int r = 0; r < rows; ++r) {
        verticalHeaderItem(r)->setToolTip(names.value(r));
        for (int c = 0; c < columns; ++c) {
            auto *cell = makeCell(std::size_t(r), std::size_t(c), names);
            widest = std::max(widest, QFontMetrics(cell->font()).horizontalAdvance(cell->text()));
            setItem(r, c, cell);
        }
    }
    horizontalHeader()->setMinimumSectionSize(widest + 10);
    verticalHeader()->setDefaultSectionSize(fontMetrics().height() + 8);
    fitHeight();
}

void ConfusionTable::fitHeight()
{
    const int least = horizontalHeader()->minimumSectionSize() * columnCount();
    const bool wide = verticalHeader()->sizeHint().width() + least > width();
    setFixedHeight(horizontalHeader()->sizeHint().height() +
                   rowCount() * verticalHeader()->defaultSectionSize() + 4 +
                   (wide ? horizontalScrollBar()->sizeHint().height() : 0));
}

void ConfusionTable::changeEvent(QEvent *event)
{
    QTableWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange)
        fill();
}

void ConfusionTable::resizeEvent(QResizeEvent *event)
{
    QTableWidget::resizeEvent(event);
    fitHeight();
}

void ConfusionTable::wheelEvent(QWheelEvent *event)
{
    if (event->angleDelta().x() != 0)
        QTableWidget::wheelEvent(event);
    else
        event->ignore(); // the dock scrolls
}

} // namespace statescape::ui
