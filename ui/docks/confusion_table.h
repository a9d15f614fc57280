// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/model_facts.h"

#include <QTableWidget>

namespace statescape::ui {

/// Truth by row, model by column; the last column is "unknown". A cell is the deeper the larger its share of
/// the row, and says in its tooltip what it means.
class ConfusionTable : public QTableWidget {
    Q_OBJECT
public:
    explicit ConfusionTable(QWidget *parent = nullptr);
    void setQuality(const model::Quality &quality);

protected:
    void changeEvent(QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void wheelEvent(QWheelEvent *event) override;

private:
    void fill();
    void fitHeight();
    QTableWidgetItem *makeCell(std::size_t row, std::size_t column, const QStringList &names) const;
    std::vector<std::string> m_classes;
    std::vector<std::vector<std::uint64_t>> m_counts;
};

} // namespace statescape::ui
