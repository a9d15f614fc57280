// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model.h"

#include <QWidget>

class QChartView;

namespace statescape::ui {

/// Two charts of a model: variance explained by each component, and silhouette of each state.
class DiagnosticsView : public QWidget {
    Q_OBJECT
public:
    explicit DiagnosticsView(QWidget *parent = nullptr);
    void show(const model::Model &model);

private:
    QChartView *m_scree, *m_silhouette;
};

} // namespace statescape::ui
