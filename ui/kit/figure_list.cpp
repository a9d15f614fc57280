// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/kit/figure_list.h"

#include "ui/kit/text.h"
#include "ui/kit/theme.h"
#include "ui/models/explanation_models.h"

#include <QHeaderView>
#include <QPainter>

#include <cmath>

namespace statescape::ui {

FigureList::FigureList(QWidget *parent)
    : QTreeView(parent)
{
    setItemDelegate(new RowDelegate(this));
    setRootIsDecorated(false);
    setIndentation(0);
    setUniformRowHeights(true);
    setHeaderHidden(true);
    setFrameShape(QFrame::NoFrame);
    setAllColumnsShowFocus(true);
    setEditTriggers(NoEditTriggers);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setTextElideMode(Qt::ElideRight);
    setTabKeyNavigation(false);
    viewport()->setAutoFillBackground(false);
    header()->setStretchLastSection(false);
    header()->setMinimumSectionSize(8);
    header()->setSectionsClickable(false);
}

void FigureList::setModel(QAbstractItemModel *model)
{
    QTreeView::setModel(model);
    header()->setSectionResizeMode(0, QHeaderView::Stretch);
    if (m_mostRows > 0) {
        connect(model, &QAbstractItemModel::rowsInserted, this, &QWidget::updateGeometry);
        connect(model, &QAbstractItemModel::rowsRemoved, this, &QWidget::updateGeometry);
        connect(model, &QAbstractItemModel::modelReset, this, &QWidget::updateGeometry);
    }
}

void FigureList::setFigureWidth(int column, const QString &sample, bool figures)
{
    header()->setSectionResizeMode(column, QHeaderView::Fixed);
    header()->resizeSection(column,
                            QFontMetrics(figures ? figureFont() : font()).horizontalAdvance(sample) + 10);
}

void FigureList::setFitsRows(int most)
{
    m_mostRows = most;
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setVerticalScrollBarPolicy(Qt::ScrollBarAsNeeded);
}

QSize FigureList::sizeHint() const
{
    if (m_mostRows <= 0)
        return {200, 120};
    const int rows = model() ? std::min(model()->rowCount(), m_mostRows) : 0;
    const int row = rows > 0 && sizeHintForRow(0) > 0 ? sizeHintForRow(0) : fontMetrics().height() + 6;
    return {200, rows * row + (isHeaderHidden() ? 0 : header()->sizeHint().height()) + 2};
}

QSize FigureList::minimumSizeHint() const
{
    return m_mostRows > 0 ? QSize(80, sizeHint().height()) : QSize(80, 40);
}

QSize RowDelegate::sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    QSize size = QStyledItemDelegate::sizeHint(option, index);
    size.setHeight(option.fontMetrics.height() + 6);
    return size;
}

void BarDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const double effect = index.data(DifferenceModel::kEffectRole).toDouble();
    const double largest = std::max(index.data(DifferenceModel::kLargestRole).toDouble(), 1e-9);
    const Theme theme = currentTheme();
    const double share = std::clamp(std::abs(effect) / largest, 0.03, 1.0);
    QRectF box(option.rect.left() + 2, option.rect.center().y() - 3, (option.rect.width() - 6) * share, 8);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(Qt::NoPen);
    painter->setBrush(effect >= 0 ? theme.negative : theme.positive);
    painter->drawRoundedRect(box, 1.5, 1.5);
    painter->restore();
}

} // namespace statescape::ui
