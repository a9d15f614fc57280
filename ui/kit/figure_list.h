// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>
#include <QTreeView>

namespace statescape::ui {

/// A plain list of names with figures at the right, as in the docks: no frame, no tree, the name elided where
/// needed.
class FigureList : public QTreeView {
    Q_OBJECT
public:
    explicit FigureList(QWidget *parent = nullptr);
    /// @param sample the widest figure of @p column, which sets its width once and for all
    void setFigureWidth(int column, const QString &sample, bool figures = true);
    /// Takes as much height as the rows need, at most @p most rows.
    void setFitsRows(int most);
    /// Names that are too long for column 0 go on in a second line instead of being elided.
    void setWrapsNames();
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    void setModel(QAbstractItemModel *model) override;

private:
    int m_mostRows = 0;
};

/// Rows with some air, as in the pictures.
class RowDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    using QStyledItemDelegate::QStyledItemDelegate;
    QSize sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const override;

protected:
    /// The row chosen keeps its colours: it lies on a shade, a stronger one while the list has the keyboard.
    void initStyleOption(QStyleOptionViewItem *option, const QModelIndex &index) const override;
};

/// A list of differences: the name, a bar that has what is left of the width, the figure.
class DifferenceList : public FigureList {
    Q_OBJECT
public:
    explicit DifferenceList(QWidget *parent = nullptr);
    void setModel(QAbstractItemModel *model) override;

protected:
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void shareWidth();
};

/// Paints the effect of a difference as a bar and its 95 % interval as a whisker (column 1 of
/// DifferenceModel). What is not certain is hollow.
class BarDelegate : public RowDelegate {
    Q_OBJECT
public:
    using RowDelegate::RowDelegate;
    void paint(QPainter *painter, const QStyleOptionViewItem &option,
               const QModelIndex &index) const override;
};

} // namespace statescape::ui
