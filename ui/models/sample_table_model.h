// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/background.h"
#include "ui/models/sample_order.h"
#include "ui/point_view/point_set.h"
#include "ui/session/session_controller.h"

#include <QAbstractTableModel>
#include <QFont>

#include <optional>

namespace statescape::ui {

/// Every sample of a snapshot as a row: time, state, confidence, abnormality, label, whom it is about, then
/// the features in the units their headers name. Copies nothing but, when sorted or filtered, the order of
/// rows. While another column than time is sorted by, samples that arrive stand below the sorted ones until
/// sorted again, so that nothing moves under the eyes; orderText() says so.
class SampleTableModel : public QAbstractTableModel {
    Q_OBJECT
public:
    static constexpr int kRowRole = Qt::UserRole; ///< qint64, sample row
    /// Rows beyond are not shown: a header of Qt holds 16 bytes for each and an int of pixels for all.
    static constexpr std::size_t kMostRows = 10'000'000;
    static constexpr std::size_t kSortAtOnce = 50'000; ///< more rows are sorted on a thread of their own

    explicit SampleTableModel(QObject *parent = nullptr);

    void setSnapshot(SnapshotPtr snapshot);
    [[nodiscard]] const SnapshotPtr &snapshot() const { return m_snapshot; }
    /// @param mask only these rows; null: all
    void setFilter(RowMaskPtr mask);
    [[nodiscard]] bool isFiltered() const { return m_filter != nullptr; }
    /// Comes into force at once, or after sortingChanged(false).
    void sort(int column, Qt::SortOrder order = Qt::AscendingOrder) override;
    void sortAgain() { sort(m_column, m_descending ? Qt::DescendingOrder : Qt::AscendingOrder); }
    [[nodiscard]] bool isSorting() const { return m_sorter.busy(); }
    /// @return what the order lacks, for people: "sorted as of 10:21:07 · 12 newer samples below"; empty when
    /// nothing.
    [[nodiscard]] QString orderText() const;

    [[nodiscard]] std::size_t sampleOf(int row) const;
    /// @return the row that shows this sample, -1 when none does.
    [[nodiscard]] int rowOf(std::int64_t sample) const;
    /// @return flags of the samples in rows [first, last] of this table, set in @p mask. @pre mask has one
    /// flag a sample
    void mark(int first, int last, RowMask &mask) const;
    /// @return the cell as other programs read it: plain numbers in the header's unit, the reason where
    /// missing. @param sample row of the snapshot
    [[nodiscard]] QString plainText(std::size_t sample, int column) const;
    [[nodiscard]] QString plainHeader(int column) const;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    /// Takes the application's font and theme again.
    void refreshLook();

Q_SIGNALS:
    void sortingChanged(bool sorting);
    void orderChanged(); ///< orderText() may be another

private:
    struct Sorted {
        std::vector<std::uint32_t> rows;
        SnapshotPtr as; ///< sorted then; its values ruled
    };
    [[nodiscard]] std::size_t samples() const { return m_snapshot ? m_snapshot->samples.rows() : 0; }
    [[nodiscard]] bool isReversed() const { return !m_sorted && m_column == kTime && m_descending; }
    void append(std::size_t from);
    void adopt(std::shared_ptr<const Sorted> sorted);
    void relist();
    [[nodiscard]] bool valuesMoved() const;
    [[nodiscard]] const schema::Feature *featureOf(int column) const;
    [[nodiscard]] QVariant lookOf(std::size_t sample, int column, int role) const;
    [[nodiscard]] QString textOf(std::size_t sample, int column) const;
    [[nodiscard]] QString tipOf(std::size_t sample, int column) const;
    [[nodiscard]] bool isMissing(std::size_t sample, int column) const;

    SnapshotPtr m_snapshot;
    RowMaskPtr m_filter;
    int m_column = kTime;
    bool m_descending = false;
    std::shared_ptr<const Sorted> m_sorted;           ///< null: in order of time
    std::optional<std::vector<std::uint32_t>> m_list; ///< the rows shown, when they are not all
    std::size_t m_count = 0;                          ///< rows shown
    std::size_t m_mapped = 0; ///< samples those rows were chosen from; newer ones are told of first
    bool m_dated = false;     ///< the session lasts more than a day
    QFont m_figures;
    Background m_sorter;
};

} // namespace statescape::ui
