// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/kit/message_bar.h"
#include "ui/session/session_controller.h"

class QSystemTrayIcon;

namespace statescape::ui {

/// Tells of an alarm: message bar, system tray where there is one, and a line on standard error.
class AlarmNotice : public QObject {
    Q_OBJECT
public:
    AlarmNotice(SessionController &controller, MessageBar &messages, QWidget *window);
    void setNotify(bool on) { m_notify = on; }
    [[nodiscard]] const session::AlarmRule &rule() const { return m_rule; }
    /// Asks for the rule and hands it to the workspace. @return whether it changed
    bool editRule(QWidget *parent);
    /// Gives the remembered rule to a workspace that was just opened.
    void apply();

private:
    void raise();
    /// Selects what the alarm is about. @param entity whose, where there are several at a time
    void selectSince(std::uint64_t sinceNs, std::uint32_t entity);
    SessionController &m_controller;
    MessageBar &m_messages;
    QSystemTrayIcon *m_tray = nullptr;
    session::AlarmRule m_rule;
    bool m_notify = true;
};

} // namespace statescape::ui
