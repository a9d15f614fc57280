// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/session/plan_keeper.h"

#include "ui/kit/text.h"

#include <QMessageBox>
#include <QPushButton>
#include <QSettings>

namespace statescape::ui {
namespace {
const QString kShipped = QStringLiteral("probes/shipped"), kOwn = QStringLiteral("probes/own"),
              kBudget = QStringLiteral("probes/budget"), kBefore = QStringLiteral("probes/before");
constexpr int kMostBefore = 50;

QStringList texts(const std::vector<std::string> &list)
{
    QStringList out;
    for (const auto &each : list)
        out << qt(each);
    return out;
}
} // namespace

QString budgetText(double percent)
{
    return percent > 0 ? QObject::tr("%1 %").arg(percent, 0, 'g', 3) : QObject::tr("off");
}

PlanKeeper::PlanKeeper(SessionController &controller, source::HelperOptions how, bool fromSettings,
                       QObject *parent)
    : QObject(parent)
    , m_controller(controller)
    , m_options(std::move(how))
    , m_remembered(m_options.plan)
{
    if (fromSettings)
        load();
}

void PlanKeeper::load()
{
    const QSettings settings;
    schema::ProbePlan plan = m_options.plan;
    if (settings.contains(kShipped)) {
        plan.probes = 0;
        for (const QString &key : settings.value(kShipped).toStringList()) {
            const auto probe = schema::probeFromKey(key.toStdString());
            if (probe != schema::Probe::kCount)
                plan.probes |= schema::bitOf(probe);
        }
    }
    bool isNumber = false;
    const double budget = settings.value(kBudget, plan.budgetPercent).toDouble(&isNumber);
    if (isNumber && budget >= 0 && budget <= 100)
        plan.budgetPercent = budget;
    for (const QString &text : settings.value(kOwn).toStringList()) {
        auto probe = session::readUserProbe(text.toStdString());
        auto more =
            probe ? session::with(plan, std::move(*probe)) : base::Result<schema::ProbePlan>(probe.error());
        if (more)
            plan = std::move(*more);
        else
            m_lost << QStringLiteral("%1: %2").arg(text, qt(more.error().text()));
    }
    m_options.plan = m_remembered = std::move(plan);
}

void PlanKeeper::remember() const
{
    QSettings settings;
    const auto text = session::textOf(m_remembered);
    // Those by default may be others in a later version, or on another machine.
    if (text.byDefault)
        settings.remove(kShipped);
    else
        settings.setValue(kShipped, texts(text.probes));
    settings.setValue(kOwn, texts(text.user));
    settings.setValue(kBudget, text.budgetPercent);
    QStringList before = settings.value(kBefore).toStringList();
    for (const QString &own : texts(text.user)) {
        before.removeAll(own);
        before.prepend(own);
    }
    settings.setValue(kBefore, before.mid(0, kMostBefore));
}

QString PlanKeeper::consequence(const schema::ProbePlan &plan) const
{
    const auto live = m_controller.live();
    if (!live || !live->live || live->samples.rows() == 0)
        return {};
    const schema::Layout layout(plan);
    if (layout.schema()->hash() == live->samples.schema().hash())
        return {};
    QString text =
        tr("The columns change, so a new session begins in this file. The %1 recorded so far stay in "
           "the one before, with their labels and selections (Session → Sessions in this file).")
            .arg(pluralText(live->samples.rows(), tr("sample")));
    if (live->model && !live->model->bind(*layout.schema()))
        text += QLatin1Char(' ') + tr("The model %1 needs columns that would be gone and is put aside.")
                                       .arg(qt(live->model->name()));
    return text;
}

base::Result<> PlanKeeper::apply(const schema::ProbePlan &plan)
{
    STATESCAPE_CHECK(schema::check(plan));
    m_options.plan = plan;
    if (plan.entity == schema::EntityKind::Host)
        m_remembered = plan;
    else
        m_remembered.budgetPercent = plan.budgetPercent;
    remember();
    Q_EMIT planChanged();
    if (const auto live = m_controller.live(); live && live->live)
        Q_EMIT restartWanted();
    return {};
}

void PlanKeeper::ask(const schema::ProbePlan &plan, QWidget *parent)
{
    const auto go = [this, plan] {
        if (auto applied = apply(plan); !applied)
            Q_EMIT m_controller.problem(applied.error());
    };
    const QString told = consequence(plan);
    if (told.isEmpty())
        return go();
    auto *box =
        new QMessageBox(QMessageBox::Question, tr("A new session"), told, QMessageBox::Cancel, parent);
    box->setObjectName(QStringLiteral("newSession"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    auto *begin = box->addButton(tr("&Begin a new session"), QMessageBox::AcceptRole);
    box->setDefaultButton(begin);
    connect(begin, &QPushButton::clicked, this, go);
    box->open();
}

void PlanKeeper::follow(const schema::Schema &schema)
{
    auto plan = session::planOf(schema);
    if (plan.probes == 0 && plan.user.empty())
        return;
    plan.budgetPercent = m_remembered.budgetPercent;
    m_options.plan = std::move(plan);
    Q_EMIT planChanged();
}

void PlanKeeper::begin(schema::EntityKind entity)
{
    m_options.plan = m_remembered;
    if (entity != schema::EntityKind::Host) {
        m_options.plan.entity = entity;
        m_options.plan.probes = schema::entityProbes();
        m_options.plan.user.clear();
    }
    Q_EMIT planChanged();
}

QStringList PlanKeeper::usedBefore() const
{
    QStringList out;
    if (const auto live = m_controller.live(); live && live->samples.sharedSchema())
        for (const auto &probe : session::planOf(live->samples.schema()).user)
            out << qt(schema::format(probe));
    out += QSettings().value(kBefore).toStringList();
    out.removeDuplicates();
    return out;
}

QStringList PlanKeeper::takeLost()
{
    return std::exchange(m_lost, {});
}

} // namespace statescape::ui
