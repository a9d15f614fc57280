// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/plan_text.h"
#include "ui/session/session_controller.h"

namespace statescape::ui {

/// The plan that recordings follow: from the settings or the command line, changed by the panel of probes and
/// its dialog, remembered. @thread GUI
class PlanKeeper : public QObject {
    Q_OBJECT
public:
    /// @param how what else a recording is started with, and the plan when it does not come from the settings
    PlanKeeper(SessionController &controller, source::HelperOptions how, bool fromSettings,
               QObject *parent = nullptr);

    [[nodiscard]] const source::HelperOptions &options() const { return m_options; }
    [[nodiscard]] const schema::ProbePlan &plan() const { return m_options.plan; }
    /// The plan remembered, which is about the whole machine.
    [[nodiscard]] const schema::ProbePlan &machinePlan() const { return m_remembered; }
    /// Whether samples are about processes or cgroups: their columns come from a fixed set of probes.
    [[nodiscard]] bool perEntity() const { return m_options.plan.entity != schema::EntityKind::Host; }
    /// What a recording by @p plan means for the session that is recorded now, in a sentence or two; empty:
    /// it goes on.
    [[nodiscard]] QString consequence(const schema::ProbePlan &plan) const;
    /// Takes @p plan and remembers it (of one about processes or cgroups, the budget only); a recording is
    /// started again with it. @error as schema::check()
    base::Result<> apply(const schema::ProbePlan &plan);
    /// Tells the consequence, if there is one, and applies @p plan once the user agrees.
    void ask(const schema::ProbePlan &plan, QWidget *parent);

    /// Takes the plan that gives the columns of the session opened, for this session only.
    void follow(const schema::Schema &schema);
    /// The plan for a new recording about @p entity: what is remembered, or the probes that samples of
    /// processes and cgroups come from. Not remembered.
    void begin(schema::EntityKind entity);
    void setInterval(std::uint64_t intervalNs) { m_options.intervalNs = intervalNs; }

    /// Probes of one's own used before or by the session shown, as text, newest first.
    [[nodiscard]] QStringList usedBefore() const;
    /// What the settings asked for and cannot be had any more, for people; told once.
    QStringList takeLost();

Q_SIGNALS:
    void planChanged();
    void restartWanted(); ///< a recording runs by another plan

private:
    void load();
    void remember() const;

    SessionController &m_controller;
    source::HelperOptions m_options;
    schema::ProbePlan m_remembered;
    QStringList m_lost;
};

/// @return "off", "0.5 %", "1 %".
QString budgetText(double percent);

} // namespace statescape::ui
