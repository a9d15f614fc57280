// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/alarm_notice.h"

#include "core/base/log.h"
#include "ui/kit/text.h"

#include <QCheckBox>
#include <QDialog>
#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLabel>
#include <QSettings>
#include <QSpinBox>
#include <QSystemTrayIcon>

namespace statescape::ui {

AlarmNotice::AlarmNotice(SessionController &controller, MessageBar &messages, QWidget *window)
    : QObject(window)
    , m_controller(controller)
    , m_messages(messages)
{
    const QSettings settings;
    m_rule.run = std::clamp(settings.value(QStringLiteral("alarm/run"), m_rule.run).toInt(), 1, 1000);
    m_rule.unknownCounts =
        settings.value(QStringLiteral("alarm/unknownCounts"), m_rule.unknownCounts).toBool();
    m_rule.abnormality = std::clamp(
        settings.value(QStringLiteral("alarm/abnormality"), m_rule.abnormality).toFloat(), 0.0F, 1.0F);
    if (QSystemTrayIcon::isSystemTrayAvailable()) {
        m_tray = new QSystemTrayIcon(window->windowIcon(), this);
        m_tray->setToolTip(QStringLiteral("Statescape"));
        m_tray->show();
    }
    connect(&controller, &SessionController::alarmRaised, this, &AlarmNotice::raise);
    connect(&controller, &SessionController::sessionChanged, this, &AlarmNotice::apply);
    connect(&controller, &SessionController::liveChanged, this, [this] {
        const auto live = m_controller.live();
        if (!live || !live->alarm)
            m_messages.close(QStringLiteral("alarm"));
    });
}

void AlarmNotice::apply()
{
    if (m_controller.workspace())
        m_controller.workspace()->setAlarmRule(m_rule);
}

void AlarmNotice::raise()
{
    const auto live = m_controller.live();
    // A stored session that ended badly is no alarm.
    if (!live || !live->alarm || !live->live)
        return;
    const auto &alarm = *live->alarm;
    QString state = qt(alarm.state);
    if (session::perEntity(*live) && live->entities) {
        state = tr("%1 is %2")
                    .arg(qt(schema::entityText(live->samples.schema().entityKind(), *live->entities,
                                               alarm.entity)),
                         state);
        if (alarm.others > 0)
            state += tr(" (and %1 more)").arg(alarm.others);
    }
    const QString text =
        tr("%1 for %2, since %3")
            .arg(state, pluralText(alarm.samples, tr("sample")), localTime(live->anchor, alarm.sinceNs));
    base::log(base::LogLevel::Warning, QStringLiteral("alarm: %1").arg(text).toStdString());
    m_messages.show(QStringLiteral("alarm"), MessageBar::Kind::Problem,
                    tr("<b>Alarm:</b> %1").arg(text.toHtmlEscaped()), tr("Select these"),
                    [this, since = alarm.sinceNs, entity = alarm.entity] { selectSince(since, entity); });
    if (m_tray && m_notify)
        m_tray->showMessage(tr("Statescape: alarm"), text, QSystemTrayIcon::Warning);
}

void AlarmNotice::selectSince(std::uint64_t sinceNs, std::uint32_t entity)
{
    const auto now = m_controller.live();
    if (!now || now->samples.rows() == 0)
        return;
    if (!session::perEntity(*now)) {
        m_controller.selectRows(sinceNs, now->samples.timeNs(now->samples.rows() - 1), SelectionOp::Replace);
        return;
    }
    auto rows = std::make_shared<RowMask>(now->samples.rows(), std::uint8_t{0});
    for (std::size_t row = now->samples.lowerBound(sinceNs); row < rows->size(); ++row)
        (*rows)[row] = now->samples.entity(row) == entity ? 1 : 0;
    m_controller.select(std::move(rows), tr("select the alarm"));
}

bool AlarmNotice::editRule(QWidget *parent)
{
    QDialog dialog(parent);
    dialog.setWindowTitle(tr("Alarm rule"));
    auto *form = new QFormLayout(&dialog);
    auto *run = new QSpinBox;
    run->setRange(1, 1000);
    run->setValue(m_rule.run);
    run->setSuffix(tr(" samples in a row"));
    auto *unknown = new QCheckBox(tr("unknown is as bad as negative"));
    unknown->setChecked(m_rule.unknownCounts);
    auto *abnormality = new QDoubleSpinBox;
    abnormality->setRange(0.01, 1);
    abnormality->setSingleStep(0.01);
    abnormality->setValue(double(m_rule.abnormality));
    abnormality->setToolTip(tr("also bad at or above this abnormality (0 to 1); 1 switches it off"));
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    form->addRow(tr("Raise after"), run);
    form->addRow(QString(), unknown);
    form->addRow(tr("Bad at abnormality"), abnormality);
    form->addRow(buttons);
    connect(buttons, &QDialogButtonBox::accepted, &dialog, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
    if (dialog.exec() != QDialog::Accepted)
        return false;
    m_rule = {run->value(), unknown->isChecked(), float(abnormality->value())};
    QSettings settings;
    settings.setValue(QStringLiteral("alarm/run"), m_rule.run);
    settings.setValue(QStringLiteral("alarm/unknownCounts"), m_rule.unknownCounts);
    settings.setValue(QStringLiteral("alarm/abnormality"), double(m_rule.abnormality));
    apply();
    return true;
}

} // namespace statescape::ui
