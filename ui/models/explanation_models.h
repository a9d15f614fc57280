// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/workspace.h"
#include "ui/models/rows_model.h"

namespace statescape::ui {

using Explanation = session::Workspace::Explanation;

/// Why the selection differs from the rest: feature, bar of robust sigmas, figure.
class DifferenceModel : public RowsModel<model::Difference> {
public:
    static constexpr int kEffectRole = Qt::UserRole;      ///< double, signed sigmas
    static constexpr int kLargestRole = Qt::UserRole + 1; ///< double, the longest bar
    static constexpr int kRows = 8;
    explicit DifferenceModel(QObject *parent = nullptr)
        : RowsModel(3, parent)
    {}
    void update(const Explanation &explanation, std::shared_ptr<const schema::Schema> schema);
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::shared_ptr<const schema::Schema> m_schema;
};

/// Who was running during the selection.
class ProcessModel : public RowsModel<Explanation::Who> {
public:
    explicit ProcessModel(QObject *parent = nullptr)
        : RowsModel(4, parent)
    {}
    void update(const Explanation &explanation) { replace(explanation.processes); }
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
};

} // namespace statescape::ui
