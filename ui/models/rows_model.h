// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractTableModel>

#include <vector>

namespace statescape::ui {

/// A table over a vector of rows that is replaced as a whole: views keep their place because only the tail is
/// inserted or removed.
template <class Row>
class RowsModel : public QAbstractTableModel {
public:
    RowsModel(int columns, QObject *parent)
        : QAbstractTableModel(parent)
        , m_columns(columns)
    {}
    int rowCount(const QModelIndex &parent = {}) const override
    {
        return parent.isValid() ? 0 : int(m_rows.size());
    }
    int columnCount(const QModelIndex &parent = {}) const override
    {
        return parent.isValid() ? 0 : m_columns;
    }
    [[nodiscard]] const std::vector<Row> &rows() const { return m_rows; }

protected:
    void replace(std::vector<Row> rows)
    {
        const int before = int(m_rows.size()), after = int(rows.size());
        if (after > before) {
            beginInsertRows({}, before, after - 1);
            m_rows.insert(m_rows.end(), rows.begin() + before, rows.end());
            endInsertRows();
        } else if (after < before) {
            beginRemoveRows({}, after, before - 1);
            m_rows.erase(m_rows.begin() + after, m_rows.end());
            endRemoveRows();
        }
        m_rows = std::move(rows);
        if (const int common = std::min(before, after); common > 0)
            Q_EMIT this->dataChanged(this->index(0, 0), this->index(common - 1, m_columns - 1));
    }
    [[nodiscard]] const Row *rowAt(const QModelIndex &index) const
    {
        return index.isValid() && index.row() < int(m_rows.size()) && index.column() < m_columns
                   ? &m_rows[std::size_t(index.row())]
                   : nullptr;
    }

private:
    int m_columns;
    std::vector<Row> m_rows;
};

} // namespace statescape::ui
