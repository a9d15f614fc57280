// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/seen.h"
#include "ui/session/session_controller.h"

#include <QLabel>
#include <QWidget>

namespace statescape::ui {

/// The facts at the bottom of the window. When it gets narrow the less urgent ones go first; losses and the
/// state stay.
class StatusLine : public QWidget {
    Q_OBJECT
public:
    explicit StatusLine(SessionController &controller, QWidget *parent = nullptr);
    void setShown(std::size_t points);
    /// @return all facts in one line, for tests.
    [[nodiscard]] QString text() const;

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    struct Fact {
        QLabel *label;
        int urgency; ///< lower goes first
    };
    QLabel *add(int urgency, const QString &name);
    void update();
    void fit();

    SessionController &m_controller;
    std::vector<Fact> m_facts;
    QLabel *m_host, *m_rate, *m_dropped, *m_cost, *m_shown, *m_axes, *m_state, *m_file;
    std::size_t m_points = 0;
    SeenTracker m_seen;
};

} // namespace statescape::ui
