// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/snapshot.h"
#include "ui/models/column_tally.h"
#include "ui/models/rows_model.h"
#include "ui/point_view/point_set.h"

namespace statescape::ui {

struct LabelRow {
    enum class Kind : std::uint8_t { Label, Heading, State };
    schema::Label label;
    bool whole = false; ///< all of this polarity, whatever the class
    std::string name;
    Shape shape = Shape::Dot;
    std::uint64_t count = 0;
    Kind kind = Kind::Label;
    int cluster = -1; ///< State: index into the model's states, -1 is unknown
    bool operator==(const LabelRow &) const = default;
};

/// How many samples carry which label: positive, its classes, negative, its classes, classes alone,
/// unlabelled; then how many are in which state of the model.
class LabelModel : public RowsModel<LabelRow> {
    Q_OBJECT
public:
    static constexpr int kDigitRole = Qt::UserRole; ///< int, the key 1..9 that gives this class, else 0
    explicit LabelModel(QObject *parent = nullptr)
        : RowsModel(2, parent)
    {}
    /// Looks only at rows that are new or changed since the last call.
    void update(const session::Snapshot &snapshot);
    void clear();
    /// @return flags of the samples that @p row counts. O(n).
    [[nodiscard]] RowMaskPtr samplesOf(int row, const session::Snapshot &snapshot) const;
    /// @return for the history: "select disk stall".
    [[nodiscard]] QString stepText(int row) const;
    [[nodiscard]] std::uint64_t visited() const { return m_labels.visited() + m_states.visited(); }
    QVariant data(const QModelIndex &index, int role) const override;
    /// A class's name; anything else refuses.
    bool setData(const QModelIndex &index, const QVariant &value, int role) override;
    Qt::ItemFlags flags(const QModelIndex &index) const override;

Q_SIGNALS:
    void renameWanted(const QString &from, const QString &to);

private:
    struct LabelSlot {
        std::size_t operator()(schema::Label label) const
        {
            return std::size_t(label.classId) * 3 + std::size_t(int(label.polarity) + 1);
        }
    };
    struct StateSlot {
        std::size_t operator()(const model::Score &score) const { return std::size_t(score.cluster + 1); }
    };
    [[nodiscard]] std::vector<LabelRow> labelRows(std::size_t samples) const;
    [[nodiscard]] QString tip(const LabelRow &row) const;
    [[nodiscard]] int digitOf(const LabelRow &row) const;

    std::vector<std::string> m_names{""};
    std::shared_ptr<const model::Model> m_model;
    ColumnTally<schema::Label, LabelSlot> m_labels;
    ColumnTally<model::Score, StateSlot> m_states;
};

} // namespace statescape::ui
