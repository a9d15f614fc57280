// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace statescape::session {

/// One thread that runs jobs in order. A job gets a stop token that fires when its kind is cancelled or
/// superseded.
class Worker {
public:
    enum class Kind { Axes, Picture, Map, Train, Explain, Suggest, Grow, Search, Preview, Programs };

    Worker()
        : m_thread([this](const std::stop_token &stop) { run(stop); })
    {}
    ~Worker()
    {
        {
            const std::lock_guard lock(m_mutex);
            m_jobs.clear();
            m_current.second.request_stop();
        }
        m_thread.request_stop();
        m_wake.notify_all();
    }
    Worker(const Worker &) = delete;
    Worker &operator=(const Worker &) = delete;

    /// Replaces waiting jobs of the same kind and asks a running one of that kind to stop.
    void submit(Kind kind, std::function<void(std::stop_token)> job)
    {
        const std::lock_guard lock(m_mutex);
        cancelLocked(kind);
        m_jobs.emplace_back(kind, std::move(job));
        m_wake.notify_all();
    }
    void cancel(Kind kind)
    {
        const std::lock_guard lock(m_mutex);
        cancelLocked(kind);
    }

private:
    void cancelLocked(Kind kind)
    {
        std::erase_if(m_jobs, [kind](const auto &job) { return job.first == kind; });
        if (m_running && m_current.first == kind)
            m_current.second.request_stop();
    }
    void run(const std::stop_token &stop)
    {
        while (!stop.stop_requested()) {
            std::function<void(std::stop_token)> job;
            std::stop_token token;
            {
                std::unique_lock lock(m_mutex);
                if (!m_wake.wait(lock, stop, [this] { return !m_jobs.empty(); }))
                    return;
                m_current = {m_jobs.front().first, std::stop_source()};
                token = m_current.second.get_token();
                job = std::move(m_jobs.front().second);
                m_jobs.pop_front();
                m_running = true;
            }
            job(token);
            const std::lock_guard lock(m_mutex);
            m_running = false;
        }
    }

    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::deque<std::pair<Kind, std::function<void(std::stop_token)>>> m_jobs;
    std::pair<Kind, std::stop_source> m_current{Kind::Axes, std::stop_source()};
    bool m_running = false;
    std::jthread m_thread; // last: starts when all else is there
};

} // namespace statescape::session
