// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QChartView>

class QAbstractAxis;
class QAbstractSeries;

namespace statescape::ui {

/// A quiet chart inside a scrolling dock: follows theme and font, leaves the wheel to the dock, and says in a
/// tooltip what is under the pointer.
class DiagnosticChart : public QChartView {
    Q_OBJECT
public:
    /// @param name for screen readers
    explicit DiagnosticChart(const QString &name, QWidget *parent = nullptr);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;
    /// @return what a tooltip at @p at says, empty for none. @param at in the chart's coordinates
    [[nodiscard]] virtual QString tipAt(const QPointF &at) const = 0;

protected:
    /// Fills the empty chart. Called again when theme or font change.
    virtual void fill() = 0;
    [[nodiscard]] virtual int lines() const { return 11; } ///< height in lines of text
    void redraw();
    [[nodiscard]] static QFont smallFont(); ///< of the axes
    /// In theme and small font, put where @p side says.
    void addAxis(QAbstractAxis *axis, Qt::Alignment side, const QString &title = {});
    /// Adds @p series and binds it to the axes there are.
    void addSeries(QAbstractSeries *series);
    /// @return distance in pixels from @p at to a point in values, along the first series.
    [[nodiscard]] double pixelsTo(const QPointF &value, const QPointF &at) const;

    void changeEvent(QEvent *event) override;
    bool viewportEvent(QEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;

private:
    void clear();
};

/// @return @p value with @p digits decimals and a proper minus, a dash when it is not finite.
QString figureText(double value, int digits = 2);

} // namespace statescape::ui
