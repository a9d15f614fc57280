// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/snapshot.h"
#include "ui/models/rows_model.h"
#include "ui/point_view/point_set.h"

#include <QString>

namespace statescape::ui {

/// One process or cgroup of a session.
struct EntityRow {
    std::uint32_t entity = 0; ///< index into the session's list
    QString name;
    std::uint64_t samples = 0; ///< counted
    double cpu = 0;            ///< its mean over these, of the first column (CPU), NaN where none is known
};

/// Whom samples are about: processes or cgroups with their samples and mean CPU, those that took most first.
class EntityModel : public RowsModel<EntityRow> {
    Q_OBJECT
public:
    explicit EntityModel(QObject *parent = nullptr)
        : RowsModel(3, parent)
    {}
    /// @param within counts only rows flagged; null: all. O(n)
    void update(const session::Snapshot &snapshot, const RowMask *within);
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    schema::EntityKind m_kind = schema::EntityKind::Process;
    base::Unit m_unit = base::Unit::Percent;
    QString m_title;
};

/// @return "process", "cgroup"; "sample" where samples are about the host. @param many the plural
QString entityWord(const session::Snapshot &snapshot, bool many = false);
/// @return flags of the samples of @p entity. @param within only of these; null: all
RowMaskPtr samplesOf(const session::Snapshot &snapshot, std::uint32_t entity, const RowMask *within);
/// @return the row that stands for the newest interval: of several, the most abnormal one, or without a model
/// the busiest. 0 without samples.
std::size_t newestRow(const session::Snapshot &snapshot);
/// @return entities by what they took of the first column in all, most first; at most @p most. O(n), of many
/// rows an even sample.
std::vector<std::uint32_t> busiestEntities(const session::Snapshot &snapshot, std::size_t first,
                                           std::size_t most);

} // namespace statescape::ui
