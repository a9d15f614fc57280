// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/comparison.h"

#include <QAbstractTableModel>
#include <QSortFilterProxyModel>
#include <QTableView>

#include <memory>
#include <vector>

namespace statescape::ui {

using ComparedPtr = std::shared_ptr<const std::vector<model::Compared>>;

/// Algorithms trained side by side, one a row.
class AlgorithmModel : public QAbstractTableModel {
    Q_OBJECT
public:
    enum Column : int {
        kAlgorithm,
        kStates,
        kNone,
        kF1,
        kBalanced,
        kSilhouette,
        kAgreement,
        kCalibration,
        kTime,
        kRemark,
        kColumns
    };
    static constexpr int kSortRole = Qt::UserRole; ///< a number or a text; invalid where undefined
    using QAbstractTableModel::QAbstractTableModel;
    void setRows(ComparedPtr rows);
    [[nodiscard]] const model::Compared *at(int row) const;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    ComparedPtr m_rows;
};

/// What is undefined comes last, whichever way one sorts.
class UndefinedLast : public QSortFilterProxyModel {
    Q_OBJECT
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;

protected:
    bool lessThan(const QModelIndex &left, const QModelIndex &right) const override;
};

/// The table of a comparison: sortable, the best in bold with its reason, Ctrl+C copies it as text.
class AlgorithmTable : public QTableView {
    Q_OBJECT
public:
    explicit AlgorithmTable(QWidget *parent = nullptr);
    void setRows(const ComparedPtr &rows);
    /// @return the row chosen, null without one or when its training failed.
    [[nodiscard]] const model::Compared *chosen() const;
    /// @return a header and a line per algorithm in the order shown, separated by tabs.
    [[nodiscard]] QString toText() const;
    void copy() const;
    QSize sizeHint() const override;

Q_SIGNALS:
    void chosenChanged();
    void used(); ///< Enter or a double click on the row chosen

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void fitColumns();
    AlgorithmModel *m_rows;
    UndefinedLast *m_sorted;
};

} // namespace statescape::ui
