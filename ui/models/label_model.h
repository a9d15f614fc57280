// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/snapshot.h"
#include "ui/models/rows_model.h"
#include "ui/point_view/point_set.h"

namespace statescape::ui {

struct LabelRow {
    schema::Label label;
    bool whole = false; ///< all of this polarity, whatever the class
    std::string name;
    Shape shape = Shape::Dot;
    std::uint64_t count = 0;
};

/// How many samples carry which label: positive, its classes, negative, its classes, classes alone,
/// unlabelled.
class LabelModel : public RowsModel<LabelRow> {
public:
    explicit LabelModel(QObject *parent = nullptr)
        : RowsModel(2, parent)
    {}
    void update(const session::Snapshot &snapshot);
    /// @return flags of the samples that @p row counts.
    [[nodiscard]] RowMaskPtr samplesOf(int row, const session::Snapshot &snapshot) const;
    QVariant data(const QModelIndex &index, int role) const override;

private:
    std::vector<std::string> m_names{""};
};

} // namespace statescape::ui
