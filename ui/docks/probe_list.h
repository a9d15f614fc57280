// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/kit/figure_list.h"

namespace statescape::ui {

class ProbeModel;
class ProbeOrder;

/// The panel's list: sortable by its header, figures as wide as they can ever be, and where a probe has none
/// the reason in their place. Too narrow for all columns it leaves out ns/event first, then events/s.
class ProbeList : public FigureList {
    Q_OBJECT
public:
    explicit ProbeList(ProbeModel *model, QWidget *parent = nullptr);
    [[nodiscard]] ProbeOrder *order() const { return m_order; }
    QSize minimumSizeHint() const override;

protected:
    void drawRow(QPainter *painter, const QStyleOptionViewItem &option,
                 const QModelIndex &index) const override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void sortBy(int column);
    void fitColumns();
    void measure();
    ProbeOrder *m_order;
    int m_figure[4] = {0, 0, 0, 0}; ///< widths of the figures' columns
    int m_reason = 0;               ///< width of the longest reason
    int m_name = 0;                 ///< width that a name needs at least
};

} // namespace statescape::ui
