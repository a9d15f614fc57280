// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model_facts.h"
#include "ui/docks/diagnostic_chart.h"
#include "ui/point_view/point_set.h"

#include <QStringList>

#include <vector>

class QXYSeries;

namespace statescape::ui {

/// How clearly each state stands apart: a bar a state, in the colour it has in the picture.
class SilhouetteChart : public DiagnosticChart {
    Q_OBJECT
public:
    struct Bar {
        QString name;
        PointStyle style;
        double silhouette = 0; ///< -1..1, NaN where it has none
        std::uint64_t samples = 0;
    };
    using DiagnosticChart::DiagnosticChart;
    void setBars(std::vector<Bar> bars);
    [[nodiscard]] const std::vector<Bar> &bars() const { return m_bars; }
    [[nodiscard]] QString tipAt(const QPointF &at) const override;

protected:
    void fill() override;
    [[nodiscard]] int lines() const override;
    void resizeEvent(QResizeEvent *event) override;
    void drawForeground(QPainter *painter, const QRectF &rect) override;

private:
    /// Gives names and figures the room they need at both sides; Qt Charts gives them too little.
    void placePlot();
    std::vector<Bar> m_bars;
};

/// What was claimed against what was seen; the diagonal is perfect, a point is the larger the more samples it
/// stands for.
class ReliabilityChart : public DiagnosticChart {
    Q_OBJECT
public:
    /// @param claimed, seen titles of the axes @param tip with %1 claimed, %2 seen and %3 "12 samples"
    ReliabilityChart(const QString &name, QString claimed, QString seen, QString tip,
                     QWidget *parent = nullptr);
    void setPoints(std::vector<model::Reliability> points);
    [[nodiscard]] const std::vector<model::Reliability> &points() const { return m_points; }
    [[nodiscard]] QString tipAt(const QPointF &at) const override;

protected:
    void fill() override;

private:
    QString m_claimed, m_seen, m_tip;
    std::vector<model::Reliability> m_points;
};

/// How good each algorithm is with each number of states: a line an algorithm, a ring round what was chosen.
class ChoiceChart : public DiagnosticChart {
    Q_OBJECT
public:
    using DiagnosticChart::DiagnosticChart;
    void setCandidates(std::vector<model::Candidate> candidates);
    /// @return candidates with a score, which are those drawn.
    [[nodiscard]] const std::vector<model::Candidate> &candidates() const { return m_candidates; }
    /// @return rich text: the mark and the name of each line.
    [[nodiscard]] QString legendText() const;
    [[nodiscard]] QString tipAt(const QPointF &at) const override;

protected:
    void fill() override;
    [[nodiscard]] int lines() const override { return 12; }

private:
    [[nodiscard]] std::vector<std::string> keys() const;
    std::vector<model::Candidate> m_candidates;
};

/// Share of the variance of each component as bars, of all up to it as a line.
class VarianceChart : public DiagnosticChart {
    Q_OBJECT
public:
    using DiagnosticChart::DiagnosticChart;
    void setRatios(std::vector<double> ratios); ///< 0..1
    [[nodiscard]] QString tipAt(const QPointF &at) const override;

protected:
    void fill() override;
    [[nodiscard]] int lines() const override { return 9; }

private:
    std::vector<double> m_ratios;
};

} // namespace statescape::ui
