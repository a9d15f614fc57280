// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/background.h"

namespace statescape::ui {

Background::~Background()
{
    m_thread.request_stop();
    if (m_thread.joinable())
        m_thread.join();
}

void Background::start(Job job)
{
    ++m_ticket;
    m_next = std::move(job);
    m_thread.request_stop();
    if (!m_running)
        launch();
    setBusy(true);
}

void Background::cancel()
{
    ++m_ticket;
    m_next = {};
    m_thread.request_stop();
    setBusy(false);
}

void Background::launch()
{
    m_running = true;
    m_thread = std::jthread([this, job = std::exchange(m_next, {}), ticket = m_ticket](std::stop_token stop) {
        base::Progress told;
        told.stop = stop;
        told.report = [this, ticket](double fraction, std::string_view) {
            QMetaObject::invokeMethod(
                this,
                [this, ticket, fraction] {
                    if (ticket == m_ticket)
                        Q_EMIT progress(fraction);
                },
                Qt::QueuedConnection);
        };
        Finish finish = job(told);
        QMetaObject::invokeMethod(
            this,
            [this, ticket, finish = std::move(finish)] {
                m_running = false;
                if (m_next) {
                    launch();
                } else if (ticket == m_ticket) {
                    setBusy(false);
                    if (finish)
                        finish();
                }
            },
            Qt::QueuedConnection);
    });
}

void Background::setBusy(bool busy)
{
    if (busy == m_busy)
        return;
    m_busy = busy;
    Q_EMIT busyChanged(busy);
}

} // namespace statescape::ui
