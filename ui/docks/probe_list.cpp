// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/probe_list.h"

#include "ui/kit/text.h"
#include "ui/kit/theme.h"
#include "ui/models/probe_model.h"

#include <QEvent>
#include <QHeaderView>
#include <QPainter>
#include <QSettings>

#include <algorithm>

namespace statescape::ui {
namespace {
const QString kSortColumn = QStringLiteral("probes/sort column"),
              kSortDown = QStringLiteral("probes/sort down");
constexpr int kMostRows = 15, kFewestRows = 5, kMargin = 10, kSign = 22;
// Left out first when there is no room.
constexpr ProbeModel::Column kLeaving[] = {ProbeModel::kCost, ProbeModel::kEvents};
} // namespace

ProbeList::ProbeList(ProbeModel *model, QWidget *parent)
    : FigureList(parent)
    , m_order(new ProbeOrder(this))
{
    m_order->setSourceModel(model);
    setFitsRows(kMostRows);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    setWrapsNames();
    setModel(m_order);
    setHeaderHidden(false);
    header()->setSectionsClickable(true);
    header()->setSortIndicatorShown(false);
    header()->setFocusPolicy(Qt::NoFocus);
    header()->setSectionsMovable(false);
    header()->setHighlightSections(false);
    measure();
    const QSettings settings;
    const int column = settings.value(kSortColumn, -1).toInt();
    const bool down = settings.value(kSortDown, true).toBool();
    m_order->sort(std::clamp(column, -1, int(ProbeModel::kShare)),
                  down ? Qt::DescendingOrder : Qt::AscendingOrder);
    connect(header(), &QHeaderView::sectionClicked, this, &ProbeList::sortBy);
}

void ProbeList::sortBy(int column)
{
    // Names begin at A, figures with the largest; the third click brings the usual order back.
    const Qt::SortOrder first = column == ProbeModel::kName ? Qt::AscendingOrder : Qt::DescendingOrder;
    const Qt::SortOrder second = column == ProbeModel::kName ? Qt::DescendingOrder : Qt::AscendingOrder;
    int by = column;
    Qt::SortOrder order = first;
    if (m_order->sortColumn() == column) {
        order = second;
        if (m_order->sortOrder() == second)
            by = -1;
    }
    m_order->sort(by, order);
    header()->viewport()->update();
    QSettings settings;
    settings.setValue(kSortColumn, by);
    settings.setValue(kSortDown, order == Qt::DescendingOrder);
}

void ProbeList::measure()
{
    const QFontMetrics figures(figureFont()), words(font());
    const QFontMetrics heads(header()->font());
    const QString widest[] = {{}, QStringLiteral("99.9k"), QStringLiteral("9999"), QStringLiteral("99.99")};
    for (int column = ProbeModel::kEvents; column <= ProbeModel::kShare; ++column) {
        const QString head = m_order->sourceModel()->headerData(column, Qt::Horizontal).toString();
        m_figure[column] = std::max(figures.horizontalAdvance(widest[column]) + kMargin,
                                    heads.horizontalAdvance(head + ProbeOrder::kDown) + kMargin);
        header()->setSectionResizeMode(column, QHeaderView::Fixed);
        header()->resizeSection(column, m_figure[column]);
    }
    m_reason = words.horizontalAdvance(tr("not in this kernel")) + kMargin;
    m_name = kSign + words.horizontalAdvance(tr("System calls"));
    fitColumns();
}

void ProbeList::fitColumns()
{
    int room = viewport()->width() - m_name - m_figure[1] - m_figure[2] - m_figure[3];
    for (const auto column : kLeaving) {
        const bool out = room < 0;
        if (isColumnHidden(column) != out)
            setColumnHidden(column, out);
        if (out)
            room += m_figure[column];
    }
}

QSize ProbeList::minimumSizeHint() const
{
    const int row = fontMetrics().height() + 6;
    const int rows = std::min(model() ? model()->rowCount() : 0, kFewestRows);
    return {m_name + std::max(m_figure[ProbeModel::kShare], m_reason - kSign),
            header()->sizeHint().height() + 2 + rows * row};
}

void ProbeList::drawRow(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    FigureList::drawRow(painter, option, index);
    QString reason = index.data(ProbeModel::kReasonRole).toString();
    if (reason.isEmpty())
        return;
    const QModelIndex called = index.siblingAtColumn(ProbeModel::kName);
    const QRect name = visualRect(called);
    // A probe that is sampled has a share of a CPU beside what it saw.
    const QModelIndex share = index.siblingAtColumn(ProbeModel::kShare);
    const int end = share.data().toString().isEmpty() ? viewport()->width() : visualRect(share).left();
    // How far off it may be is in the tooltip too.
    const int taken = name.left() + kSign + fontMetrics().horizontalAdvance(called.data().toString());
    if (taken + kMargin + fontMetrics().horizontalAdvance(reason) > end)
        reason = reason.section(QStringLiteral(", "), 0, 0);
    const int needed = fontMetrics().horizontalAdvance(reason) + 6;
    const QRect place(std::min(name.right() + 1, end - needed), name.top(),
                      std::max(end - name.right() - 1, needed), name.height());
    painter->save();
    painter->setPen(currentTheme().muted);
    painter->drawText(place.adjusted(0, 0, -3, 0), Qt::AlignRight | Qt::AlignVCenter, reason);
    painter->restore();
}

void ProbeList::resizeEvent(QResizeEvent *event)
{
    FigureList::resizeEvent(event);
    fitColumns();
}

void ProbeList::changeEvent(QEvent *event)
{
    FigureList::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        measure();
}

} // namespace statescape::ui
