// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/snapshot.h"
#include "ui/models/rows_model.h"

#include <QSet>

#include <optional>

namespace statescape::ui {

struct FeatureRow {
    int column = 0; ///< in the session's schema
    float value = 0;
    bool used = false;                      ///< by the model, or by the axes when there is no model
    std::optional<feature::Seen> seen = {}; ///< of a probe that saw a part of the interval
};

/// Features with their value in one sample, the newest one, in real units.
class FeatureModel : public RowsModel<FeatureRow> {
public:
    static constexpr int kKeyRole = Qt::UserRole;
    explicit FeatureModel(QObject *parent = nullptr)
        : RowsModel(2, parent)
    {}
    /// @param row whose values, below the snapshot's rows
    void update(const session::Snapshot &snapshot, std::size_t row);
    [[nodiscard]] int used() const;
    /// Leaves a feature out of the next training, or takes it back in.
    void setLeftOut(const QString &key, bool out);
    [[nodiscard]] bool isLeftOut(const QString &key) const { return m_leftOut.contains(key); }
    [[nodiscard]] const QSet<QString> &leftOut() const { return m_leftOut; }
    QVariant data(const QModelIndex &index, int role) const override;

private:
    std::shared_ptr<const schema::Schema> m_schema;
    QSet<QString> m_leftOut;
};

} // namespace statescape::ui
