// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/snapshot.h"
#include "ui/models/rows_model.h"
#include "ui/models/seen.h"

#include <QHash>
#include <QSortFilterProxyModel>

namespace statescape::ui {

struct ProbeRow {
    enum class Standing : std::uint8_t {
        Idle,     ///< planned, nothing records
        Starting, ///< the helper has not spoken yet
        Running,
        Sampled, ///< sees a part of the time, to stay within the budget
        Shed,    ///< sees nothing, to stay within the budget
        Absent,  ///< not available here
    };
    schema::PlannedProbe probe;
    wire::ProbeState state;
    Standing standing = Standing::Idle;
    double eventsPerSecond = -1; ///< smoothed; below 0: not known
    double cpuShare = -1;        ///< smoothed, % of one CPU; below 0: not known
    SeenTracker::Part seen;      ///< of one that is sampled
    QStringList columns;         ///< features with units, for the tip
};

/// Probes of the plan: a sign for how each stands, its name, events a second, ns an event and share of one
/// CPU. Those that cost come first, then one's own, then those read from /proc.
class ProbeModel : public RowsModel<ProbeRow> {
public:
    enum Column { kName, kEvents, kCost, kShare, kColumns };
    static constexpr int kKeyRole = Qt::UserRole;
    static constexpr int kReasonRole = Qt::UserRole + 1; ///< why there are no figures, in a few words
    static constexpr int kSortRole = Qt::UserRole + 2;
    static constexpr int kHintRole = Qt::UserRole + 3; ///< what to do, may be a command
    static constexpr int kOwnRole = Qt::UserRole + 4;  ///< a probe of one's own

    explicit ProbeModel(QObject *parent = nullptr)
        : RowsModel(kColumns, parent)
    {}
    /// @param plan shown while nothing records
    void update(const session::Snapshot &snapshot, const schema::ProbePlan &plan);
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    void smooth(ProbeRow &row, double events, double share);
    struct Figures {
        double events = 0, share = 0;
    };
    QHash<QString, Figures> m_figures; ///< by key
    SeenTracker m_seen;
};

/// The order asked for. It is made anew when told to, not with every figure: rows that change places cannot
/// be read.
class ProbeOrder : public QSortFilterProxyModel {
public:
    explicit ProbeOrder(QObject *parent = nullptr);
    /// Sorts again by what was asked for last.
    void refresh();
    /// Marks of the column that is sorted by.
    inline static const QString kDown = QStringLiteral(" ▾"), kUp = QStringLiteral(" ▴");
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
};

} // namespace statescape::ui
