// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/snapshot.h"
#include "ui/models/rows_model.h"

#include <optional>

namespace statescape::ui {

/// One feature of one sample.
struct FactRow {
    int column = 0; ///< in the session's schema
    float value = 0;
    double median = 0;                      ///< of the session, in the feature's unit; NaN where unknown
    double sigmas = 0;                      ///< how far from it, robust; 0 when missing
    std::optional<feature::Seen> seen = {}; ///< of a probe that saw a part of the interval
};

/// Everything measured in one sample: feature, value, what is usual, how unusual it is. Most unusual first,
/// missing ones last.
class SampleFacts : public RowsModel<FactRow> {
    Q_OBJECT
public:
    static constexpr int kKeyRole = Qt::UserRole; ///< the feature's key
    explicit SampleFacts(QObject *parent = nullptr)
        : RowsModel(4, parent)
    {}
    /// @pre row < snapshot.samples.rows()
    void update(const session::Snapshot &snapshot, std::size_t row);
    /// @return a header and one line per feature, separated by tabs: key, value, unit, median, sigmas, the
    /// share of the interval seen and the relative error of an estimate; a missing value is its reason.
    [[nodiscard]] QString toTsv() const;
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    std::shared_ptr<const schema::Schema> m_schema;
};

/// @return why a value is missing, for people: "no events in this interval".
QString missingWords(schema::Missing reason);

} // namespace statescape::ui
