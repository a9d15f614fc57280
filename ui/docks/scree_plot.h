// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QBarCategoryAxis>
#include <QBarSet>
#include <QChartView>
#include <QLineSeries>
#include <QStackedBarSeries>
#include <QValueAxis>

#include <vector>

namespace statescape::ui {

/// How much of the variance each component carries, and all up to it together; those shown stand out.
class ScreePlot : public QChartView {
    Q_OBJECT
public:
    explicit ScreePlot(QWidget *parent = nullptr);
    /// @param shares 0..1 of each component @param shown components in the picture @param choosable the first
    /// so many can be put on an axis
    void setShares(const std::vector<double> &shares, const std::vector<int> &shown, int choosable);
    [[nodiscard]] int bars() const { return int(m_shares.size()); }
    QSize sizeHint() const override;

Q_SIGNALS:
    void componentWanted(int component);

protected:
    void changeEvent(QEvent *event) override;

private:
    void applyTheme();
    void tell(bool on, int component);
    std::vector<double> m_shares;
    int m_choosable = 0;
    QStackedBarSeries *m_bars;
    QBarSet *m_shown, *m_others;
    QLineSeries *m_together;
    QBarCategoryAxis *m_names;
    QValueAxis *m_percent;
};

} // namespace statescape::ui
