// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"

#include <QObject>

#include <functional>
#include <thread>

namespace statescape::ui {

/// One job at a time on a thread that lives as long as it. A newer job takes the place of an older one, whose
/// result never reaches the screen. @thread GUI
class Background : public QObject {
    Q_OBJECT
public:
    /// What a job leaves to be done on the GUI thread; may be empty.
    using Finish = std::function<void()>;
    using Job = std::function<Finish(const base::Progress &)>;

    explicit Background(QObject *parent = nullptr)
        : QObject(parent)
    {}
    /// Stops and waits for what runs.
    ~Background() override;

    void start(Job job);
    /// Nothing more comes of what was started.
    void cancel();
    [[nodiscard]] bool busy() const { return m_busy; }

Q_SIGNALS:
    void progress(double fraction); ///< 0..1
    void busyChanged(bool busy);

private:
    void launch();
    void setBusy(bool busy);

    Job m_next;
    std::uint64_t m_ticket = 0; ///< of the newest job
    bool m_busy = false;        ///< something asked for is not done
    bool m_running = false;     ///< a thread runs, perhaps for a job no one wants any more
    std::jthread m_thread;      // last: ends while all else is there
};

} // namespace statescape::ui
