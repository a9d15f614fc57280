// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/compare.h"

#include <QLabel>
#include <QWidget>

#include <optional>

namespace statescape::ui {

/// A place on the axis and what stands there.
struct AxisTick {
    double value = 0; ///< in the feature's unit
    double at = 0;    ///< 0..1 along the axis
    QString text;
};
/// @return round values with their unit, as many as fit side by side into @p width px.
std::vector<AxisTick> ticksFor(const model::TwinHistogram &histogram, base::Unit unit, double width,
                               const QFontMetrics &metrics);

/// Selected above, others below a common axis in real units; each side as shares of itself. Missing values
/// have a bar of their own. Arrow keys and the pointer go from bar to bar.
class TwinHistogramPlot : public QWidget {
    Q_OBJECT
public:
    explicit TwinHistogramPlot(QWidget *parent = nullptr);
    void setHistogram(const model::TwinHistogram &histogram, base::Unit unit);
    /// Bins, and one more for missing values when there are any.
    [[nodiscard]] int bars() const;
    [[nodiscard]] bool isMissingBar(int bar) const { return bar >= int(m_histogram.selected.size()); }
    [[nodiscard]] std::uint64_t count(model::Side side, int bar) const;
    /// @return 0..1 of all samples of that side.
    [[nodiscard]] double share(model::Side side, int bar) const;
    [[nodiscard]] int current() const { return m_current; }
    void setCurrent(int bar);
    /// @return "12 ms to 18 ms".
    [[nodiscard]] QString rangeText(int bar) const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return {80, sizeHint().height()}; }

Q_SIGNALS:
    void currentChanged(int bar); ///< -1: none

protected:
    void paintEvent(QPaintEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void leaveEvent(QEvent *event) override;
    void focusInEvent(QFocusEvent *event) override;
    void focusOutEvent(QFocusEvent *event) override;

private:
    [[nodiscard]] std::uint64_t total(model::Side side) const;
    [[nodiscard]] QRectF plotRect() const;
    [[nodiscard]] QRectF columnOf(int bar) const;
    void paintSide(QPainter &painter, model::Side side) const;
    void paintAxis(QPainter &painter) const;

    model::TwinHistogram m_histogram;
    base::Unit m_unit = base::Unit::None;
    double m_tallest = 1; ///< share that fills a half
    int m_current = -1;
};

/// The plot with a line of words above it: medians, or what the bar pointed at says.
class TwinHistogramView : public QWidget {
    Q_OBJECT
public:
    explicit TwinHistogramView(QWidget *parent = nullptr);
    /// @param other what the selection is compared with, see againstText()
    void setDifference(const model::Difference &difference, const schema::Feature &feature,
                       const QString &other, const model::TwinHistogram *histogram);
    [[nodiscard]] TwinHistogramPlot *plot() const { return m_plot; }
    [[nodiscard]] QString caption() const { return m_caption->text(); }

private:
    void updateCaption();
    QLabel *m_caption;
    TwinHistogramPlot *m_plot;
    QString m_medians, m_other;
};

} // namespace statescape::ui
