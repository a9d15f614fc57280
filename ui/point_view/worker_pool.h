// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace statescape::ui {

/// One helper thread beside the caller, asleep while there is nothing to do: a spinning thread costs more
/// than it gives on two cores that others use too.
/// @thread run() from one thread at a time.
class WorkerPool {
public:
    /// @param threads 1 or 2; 0 takes what the machine has, at most 2.
    explicit WorkerPool(int threads = 0);
    ~WorkerPool();
    WorkerPool(const WorkerPool &) = delete;
    WorkerPool &operator=(const WorkerPool &) = delete;

    [[nodiscard]] int threads() const { return m_helper.joinable() ? 2 : 1; }
    /// Calls @p work(0) here and @p work(1) on the helper at once; returns when both are done. With one
    /// thread, work(0) only.
    void run(const std::function<void(int)> &work);

private:
    void loop();

    std::mutex m_mutex;
    std::condition_variable m_wake;
    std::condition_variable m_done;
    const std::function<void(int)> *m_work = nullptr;
    bool m_stop = false;
    std::thread m_helper;
};

} // namespace statescape::ui
