// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/kit/figure_list.h"

#include "ui/kit/text.h"
#include "ui/kit/theme.h"
#include "ui/models/explanation_models.h"

#include <QEvent>
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

void FigureList::setWrapsNames()
{
    setWordWrap(true);
    setUniformRowHeights(false);
    connect(header(), &QHeaderView::sectionResized, this, [this] {
        scheduleDelayedItemsLayout();
        updateGeometry();
    });
}

QSize FigureList::sizeHint() const
{
    if (m_mostRows <= 0)
        return {200, 120};
    const int rows = model() ? std::min(model()->rowCount(), m_mostRows) : 0;
    int height = (isHeaderHidden() ? 0 : header()->sizeHint().height()) + 2;
    if (uniformRowHeights()) {
        const int row = rows > 0 && sizeHintForRow(0) > 0 ? sizeHintForRow(0) : fontMetrics().height() + 6;
        return {200, height + rows * row};
    }
    for (int row = 0; row < rows; ++row)
        height += indexRowSizeHint(model()->index(row, 0));
    return {200, height};
}

QSize FigureList::minimumSizeHint() const
{
    return m_mostRows > 0 ? QSize(80, sizeHint().height()) : QSize(80, 40);
}

QSize RowDelegate::sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    QSize size = QStyledItemDelegate::sizeHint(option, index);
    size.setHeight(option.fontMetrics.height() + 6);
    const auto *view = qobject_cast<const QTreeView *>(option.widget);
    if (view && view->wordWrap() && index.column() == 0) {
        const int margin = view->style()->pixelMetric(QStyle::PM_FocusFrameHMargin, nullptr, view) + 1;
        const bool sign = index.data(Qt::DecorationRole).isValid();
        const int beside = 2 * margin + (sign ? option.decorationSize.width() + 2 * margin : 0);
        const QRect room(0, 0, std::max(20, view->columnWidth(0) - beside), 1000);
        const QString text = index.data().toString();
        size.setHeight(option.fontMetrics.boundingRect(room, Qt::TextWordWrap, text).height() + 6);
    }
    return size;
}

void RowDelegate::initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const
{
    QStyledItemDelegate::initStyleOption(option, index);
    const Theme theme = currentTheme();
    QColor shade = theme.text;
    if (option->widget && option->widget->hasFocus())
        shade = option->widget->palette().color(QPalette::Link);
    const double share = option->widget && option->widget->hasFocus() ? 0.28 : 0.10;
    const auto part = [share](int under, int over) { return int(under + (over - under) * share); };
    const QColor &ground = theme.window;
    option->palette.setColor(QPalette::Highlight,
                             QColor(part(ground.red(), shade.red()), part(ground.green(), shade.green()),
                                    part(ground.blue(), shade.blue())));
    option->palette.setColor(QPalette::HighlightedText, option->palette.color(QPalette::Text));
}

DifferenceList::DifferenceList(QWidget *parent)
    : FigureList(parent)
{
    setWrapsNames();
    setItemDelegateForColumn(1, new BarDelegate(this));
}

void DifferenceList::setModel(QAbstractItemModel *model)
{
    FigureList::setModel(model);
    for (int column = 0; column < 3; ++column)
        header()->setSectionResizeMode(column, QHeaderView::Fixed);
    connect(model, &QAbstractItemModel::dataChanged, this, &DifferenceList::shareWidth);
    connect(model, &QAbstractItemModel::rowsInserted, this, &DifferenceList::shareWidth);
    connect(model, &QAbstractItemModel::rowsRemoved, this, &DifferenceList::shareWidth);
    shareWidth();
}

void DifferenceList::resizeEvent(QResizeEvent *event)
{
    FigureList::resizeEvent(event);
    shareWidth();
}

void DifferenceList::changeEvent(QEvent *event)
{
    FigureList::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        shareWidth();
}

void DifferenceList::shareWidth()
{
    if (!model() || model()->columnCount() < 3)
        return;
    const int figure = QFontMetrics(figureFont()).horizontalAdvance(QStringLiteral("+99.9 σ")) + 8;
    int name = 60;
    for (int row = 0; row < model()->rowCount(); ++row)
        name = std::max(name, fontMetrics().horizontalAdvance(model()->index(row, 0).data().toString()) + 10);
    const int width = viewport()->width();
    name = std::max(60, std::min(name, width - figure - std::max(44, width / 4)));
    header()->resizeSection(0, name);
    header()->resizeSection(1, std::max(20, width - figure - name));
    header()->resizeSection(2, figure);
}

void BarDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    const double effect = index.data(DifferenceModel::kEffectRole).toDouble();
    const double sign = effect < 0 ? -1 : 1;
    const double ends[2] = {sign * index.data(DifferenceModel::kLowRole).toDouble(),
                            sign * index.data(DifferenceModel::kHighRole).toDouble()};
    const double below = index.data(DifferenceModel::kBelowZeroRole).toDouble();
    const double largest = std::max(index.data(DifferenceModel::kLargestRole).toDouble(), 1e-9);
    const bool certain = index.data(DifferenceModel::kCertainRole).toBool();
    const Theme theme = currentTheme();
    const double left = option.rect.left() + 3, width = option.rect.width() - 10;
    const auto place = [&](double sigmas) {
        return left + width * (std::clamp(sigmas, -below, largest) + below) / (largest + below);
    };
    const double y = option.rect.center().y() + 0.5, zero = place(0);
    const QColor colour = effect >= 0 ? theme.negative : theme.positive;
    QStyledItemDelegate::paint(painter, option, index); // the row's selection and focus
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    if (below > 0) {
        painter->setPen(QPen(theme.line, 1));
        painter->drawLine(QPointF(zero, option.rect.top()), QPointF(zero, option.rect.bottom() + 1));
    }
    const QRectF bar(zero, y - 4, std::max(2.0, place(std::abs(effect)) - zero), 8);
    painter->setPen(certain ? QPen(Qt::NoPen) : QPen(colour, 1));
    painter->setBrush(certain ? QBrush(colour) : QBrush(Qt::NoBrush));
    painter->drawRoundedRect(certain ? bar : bar.adjusted(0.5, 0.5, -0.5, -0.5), 1.5, 1.5);
    if (std::abs(effect) > largest) {
        painter->setPen(QPen(theme.window, 2));
        for (const double at : {bar.right() - 12, bar.right() - 7})
            painter->drawLine(QPointF(at - 2, y + 5), QPointF(at + 2, y - 5));
    }
    const double low = std::min(ends[0], ends[1]), high = std::max(ends[0], ends[1]);
    if (std::isfinite(low) && std::isfinite(high) && low < largest) {
        painter->setPen(QPen(certain ? theme.text : theme.muted, 1.3));
        painter->drawLine(QPointF(place(low), y), QPointF(place(high), y));
        for (const double end : {low, high})
            if (end >= -below && end <= largest)
                painter->drawLine(QPointF(place(end), y - 3), QPointF(place(end), y + 3));
    }
    painter->restore();
}

} // namespace statescape::ui
