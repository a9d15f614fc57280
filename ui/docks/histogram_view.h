// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/schema/schema.h"
#include "core/session/feature_bins.h"
#include "ui/point_view/point_set.h"

#include <QWidget>

class QToolButton;

namespace statescape::ui {

/// One feature's histogram: all samples in quiet bars, the selected ones outlined in colour, each to its own
/// height; bars of their own for what lies beyond the axis and what is missing. Drag, or arrow keys with
/// Shift and Enter, chooses bars. Counts only when it is seen.
class HistogramView : public QWidget {
    Q_OBJECT
public:
    static constexpr int kBars = 48; ///< then one for beyond and one for missing
    static constexpr int kBeyondBar = kBars, kMissingBar = kBars + 1;

    explicit HistogramView(const schema::Feature &feature, QWidget *parent = nullptr);

    [[nodiscard]] const QString &key() const { return m_key; }
    /// @param bins null: not counted yet @param selection flags of its rows
    void show(std::shared_ptr<const session::FeatureBins> bins, RowMaskPtr selection);
    void setPinned(bool pinned);
    /// Counts of each bar as drawn, kBars + 2 of them.
    [[nodiscard]] std::vector<std::uint64_t> all() const;
    [[nodiscard]] std::vector<std::uint64_t> selected();
    /// @return "2 418 selected, median about 18 ms; all 100 000, median about 1.8 ms".
    [[nodiscard]] QString summary();
    /// @return px of the middle of a bar, for tests and the caret.
    [[nodiscard]] QPoint placeOfBar(int bar) const;
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

Q_SIGNALS:
    /// @param firstCode, lastCode as session::FeatureBins @param what "block queue p99 1.2 ms to 5 ms"
    void intervalWanted(quint8 firstCode, quint8 lastCode, const QString &what,
                        statescape::ui::SelectionOp op);
    void pinWanted(bool pinned);
    void closeWanted();

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;

private:
    void countSelected();
    void choose(int from, int to, SelectionOp op);
    [[nodiscard]] QFont fineFont() const;
    [[nodiscard]] int asideWidth() const;
    [[nodiscard]] QRectF plot() const;
    [[nodiscard]] QRectF barRect(int bar) const;
    [[nodiscard]] int barAt(int x) const;
    [[nodiscard]] bool hasBeyond() const;
    [[nodiscard]] bool hasMissing() const;
    [[nodiscard]] QString valueAt(int bin) const;
    [[nodiscard]] QString intervalText(int from, int to) const;
    [[nodiscard]] QString tipOf(int bar);
    void paintBars(QPainter &painter, const session::BinCounts &counts, bool quiet) const;
    void paintMedian(QPainter &painter, const session::BinCounts &counts, const QColor &colour) const;
    void paintAxis(QPainter &painter) const;
    void paintTexts(QPainter &painter);

    QString m_key, m_title;
    base::Unit m_unit;
    QToolButton *m_pin, *m_close;
    std::shared_ptr<const session::FeatureBins> m_bins;
    RowMaskPtr m_selection;
    session::BinCounts m_selected{};
    bool m_counted = false;
    int m_from = -1, m_to = -1; ///< bars being chosen; -1: none
    bool m_dragging = false;
};

} // namespace statescape::ui
