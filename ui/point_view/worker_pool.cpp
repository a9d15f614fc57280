// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/worker_pool.h"

namespace statescape::ui {

WorkerPool::WorkerPool(int threads)
{
    if (threads == 0)
        threads = std::thread::hardware_concurrency() > 1 ? 2 : 1;
    if (threads > 1)
        m_helper = std::thread([this] { loop(); });
}

WorkerPool::~WorkerPool()
{
    if (!m_helper.joinable())
        return;
    {
        const std::lock_guard lock(m_mutex);
        m_stop = true;
    }
    m_wake.notify_one();
    m_helper.join();
}

void WorkerPool::run(const std::function<void(int)> &work)
{
    if (!m_helper.joinable()) {
        work(0);
        return;
    }
    {
        const std::lock_guard lock(m_mutex);
        m_work = &work;
    }
    m_wake.notify_one();
    work(0);
    std::unique_lock lock(m_mutex);
    m_done.wait(lock, [this] { return m_work == nullptr; });
}

void WorkerPool::loop()
{
    std::unique_lock lock(m_mutex);
    for (;;) {
        m_wake.wait(lock, [this] { return m_stop || m_work != nullptr; });
        if (m_stop)
            return;
        const auto *work = m_work;
        lock.unlock();
        (*work)(1);
        lock.lock();
        m_work = nullptr;
        m_done.notify_one();
    }
}

} // namespace statescape::ui
