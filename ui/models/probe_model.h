// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/snapshot.h"
#include "ui/models/rows_model.h"

namespace statescape::ui {

struct ProbeRow {
    schema::PlannedProbe probe;
    wire::ProbeState state;
    std::uint64_t eventsPerSecond = 0;
    bool reporting = false; ///< a source is connected
};

/// Probes of this machine: name with a sign for its standing, and events a second with ns an event, or the
/// short reason.
class ProbeModel : public RowsModel<ProbeRow> {
public:
    explicit ProbeModel(QObject *parent = nullptr)
        : RowsModel(2, parent)
    {}
    void update(const session::Snapshot &snapshot);
    QVariant data(const QModelIndex &index, int role) const override;
};

} // namespace statescape::ui
