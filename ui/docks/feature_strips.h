// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/probe_trial.h"

#include <QWidget>

namespace statescape::ui {

/// The columns that a probe adds, a row each: title and unit, and while it is tried a line of its values and
/// the newest one.
class FeatureStrips : public QWidget {
    Q_OBJECT
public:
    explicit FeatureStrips(QWidget *parent = nullptr);
    void setFeatures(std::vector<schema::Feature> features);
    /// @pre of the features set
    void setReport(session::TrialReport report);
    void clearReport();
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;
    bool event(QEvent *event) override; ///< tooltips

private:
    [[nodiscard]] int rowHeight() const;
    void drawLine(QPainter &painter, const QRectF &place, std::size_t feature) const;
    std::vector<schema::Feature> m_features;
    session::TrialReport m_report;
};

} // namespace statescape::ui
