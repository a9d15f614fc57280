// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/recorder.h"

#include "core/base/log.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace statescape::store {
namespace {
using base::Code;
using base::Result;
constexpr auto kBatchEvery = std::chrono::milliseconds(500);
constexpr std::size_t kBatchRows = 4096;
constexpr int kLastTries = 3;

struct Sample {
    SessionId session;
    feature::FeatureFrame frame;
};
struct Job {
    std::uint64_t after; ///< how many samples were queued before it
    std::function<Result<>(SessionStore &)> work;
    std::promise<Result<>> done;
};
using Losses = std::map<SessionId, std::map<std::string, std::uint64_t>>;

bool worthRetrying(Code code)
{
    return code == Code::Full || code == Code::Busy || code == Code::Io || code == Code::NotPermitted;
}
} // namespace

struct Recorder::Impl {
    using Lock = std::unique_lock<std::mutex>;

    explicit Impl(SessionStore opened)
        : store(std::move(opened))
        , thread([this] { loop(); })
    {}
    ~Impl()
    {
        {
            const std::lock_guard lock(mutex);
            stopping = true;
        }
        wake.notify_all();
        thread.join();
    }

    void loop();
    void drain(Lock &lock);
    void takeBatch();
    void runJob(Lock &lock);
    Result<> writeBatch();
    Result<> writeGroup(SessionId id, std::vector<feature::FeatureFrame> frames);
    Result<> writeLosses(Lock &lock);
    void lose(SessionId id, const char *kind, std::uint64_t count);
    void block(Lock &lock, const base::Error &error);
    void unblocked(Lock &lock);
    void giveUp(Lock &lock);

    // The thread's alone:
    SessionStore store;
    std::vector<Sample> batch; ///< being written; kept when that fails
    std::set<Code> told;
    // Under the mutex:
    std::mutex mutex;
    std::condition_variable wake;
    std::deque<Sample> queue;
    std::size_t inBatch = 0;
    std::uint64_t queuedEver = 0, takenEver = 0;
    std::deque<Job> jobs;
    Losses losses; ///< not yet in the file
    std::uint64_t droppedEver = 0;
    std::optional<base::Error> blockedBy; ///< the last try to write failed and will be repeated
    std::optional<base::Error> sinceFlush;
    std::function<void(const base::Error &)> problem;
    bool stopping = false;

    std::thread thread; ///< last: it uses all of the above
};

void Recorder::Impl::loop()
{
    Lock lock(mutex);
    for (int triesAtEnd = 0;;) {
        const auto due = [this] {
            return stopping || (!blockedBy && (!jobs.empty() || queue.size() >= kBatchRows));
        };
        wake.wait_for(lock, kBatchEvery, due);
        drain(lock);
        if (!stopping)
            continue;
        if (!blockedBy && queue.empty() && jobs.empty())
            return;
        if (blockedBy && ++triesAtEnd >= kLastTries) {
            giveUp(lock);
            return;
        }
        if (blockedBy) {
            lock.unlock();
            std::this_thread::sleep_for(kBatchEvery / 2);
            lock.lock();
        }
    }
}

// Writes and runs everything there is, in order, until nothing is left or the file cannot be written.
void Recorder::Impl::drain(Lock &lock)
{
    while (!queue.empty() || inBatch > 0 || !jobs.empty() || !losses.empty()) {
        takeBatch();
        if (inBatch > 0) {
            lock.unlock();
            const auto result = writeBatch();
            lock.lock();
            inBatch = batch.size();
            if (!result)
                return block(lock, result.error());
        }
        if (!losses.empty())
            if (const auto result = writeLosses(lock); !result)
                return block(lock, result.error());
        unblocked(lock);
        if (!jobs.empty() && jobs.front().after <= takenEver)
            runJob(lock);
    }
}

void Recorder::Impl::takeBatch()
{
    if (inBatch > 0)
        return;
    std::size_t count = std::min(queue.size(), kBatchRows);
    if (!jobs.empty())
        count = std::min<std::size_t>(count, jobs.front().after - takenEver);
    const auto end = queue.begin() + static_cast<std::ptrdiff_t>(count);
    std::move(queue.begin(), end, std::back_inserter(batch));
    queue.erase(queue.begin(), end);
    inBatch = count;
    takenEver += count;
}

void Recorder::Impl::runJob(Lock &lock)
{
    Job job = std::move(jobs.front());
    jobs.pop_front();
    lock.unlock();
    job.done.set_value(job.work(store));
    lock.lock();
}

/// @return an error when what is still in the batch should be tried again.
Result<> Recorder::Impl::writeBatch()
{
    while (!batch.empty()) {
        const SessionId id = batch.front().session;
        const auto others = std::stable_partition(batch.begin(), batch.end(),
                                                  [id](const Sample &s) { return s.session == id; });
        std::vector<feature::FeatureFrame> frames;
        frames.reserve(static_cast<std::size_t>(others - batch.begin()));
        for (auto it = batch.begin(); it != others; ++it)
            frames.push_back(std::move(it->frame));
        auto result = store.append(id, frames);
        if (!result && worthRetrying(result.error().code)) {
            for (std::size_t i = 0; i < frames.size(); ++i)
                batch[i].frame = std::move(frames[i]);
            return result;
        }
        batch.erase(batch.begin(), others);
        if (!result)
            STATESCAPE_CHECK(writeGroup(id, std::move(frames)));
    }
    return {};
}

// One sample that cannot be stored must not take its whole batch with it.
Result<> Recorder::Impl::writeGroup(SessionId id, std::vector<feature::FeatureFrame> frames)
{
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const auto result = store.append(id, std::span(frames).subspan(i, 1));
        if (result)
            continue;
        if (worthRetrying(result.error().code)) {
            std::vector<Sample> rest;
            for (; i < frames.size(); ++i)
                rest.push_back({id, std::move(frames[i])});
            batch.insert(batch.begin(), std::make_move_iterator(rest.begin()),
                         std::make_move_iterator(rest.end()));
            return result;
        }
        base::log(base::LogLevel::Error, "a sample was not stored: " + result.error().text());
        const std::lock_guard lock(mutex);
        lose(id, "store", 1);
        if (!sinceFlush)
            sinceFlush = result.error();
    }
    return {};
}

Result<> Recorder::Impl::writeLosses(Lock &lock)
{
    const Losses taken = std::exchange(losses, {});
    for (auto it = taken.begin(); it != taken.end(); ++it) {
        lock.unlock();
        const auto result = store.addLosses(it->first, it->second);
        lock.lock();
        if (result || !worthRetrying(result.error().code))
            continue;
        for (; it != taken.end(); ++it)
            for (const auto &[kind, count] : it->second)
                losses[it->first][kind] += count;
        return result;
    }
    return {};
}

/// @pre the mutex is held
void Recorder::Impl::lose(SessionId id, const char *kind, std::uint64_t count)
{
    losses[id][kind] += count;
    droppedEver += count;
}

// Work that was promised to see the samples before it cannot run while these wait, so its callers learn why
// at once.
void Recorder::Impl::block(Lock &lock, const base::Error &error)
{
    blockedBy = error;
    if (!sinceFlush)
        sinceFlush = error;
    auto failed = std::exchange(jobs, {});
    const auto callback = problem;
    lock.unlock();
    for (Job &job : failed)
        job.done.set_value(error);
    if (told.insert(error.code).second && callback)
        callback(error);
    lock.lock();
}

void Recorder::Impl::unblocked(Lock &lock)
{
    blockedBy.reset();
    if (told.empty())
        return;
    told.clear();
    const auto callback = problem;
    lock.unlock();
    if (callback)
        callback(base::fail(Code::Ok, store.path().string() + " can be written again"));
    lock.lock();
}

void Recorder::Impl::giveUp(Lock &)
{
    const std::size_t lost = queue.size() + batch.size();
    droppedEver += lost;
    base::log(base::LogLevel::Error, std::to_string(lost) + " samples were not stored: " + blockedBy->text());
    for (Job &job : jobs)
        job.done.set_value(*blockedBy);
    jobs.clear();
}

Recorder::Recorder(SessionStore store)
    : m_impl(std::make_unique<Impl>(std::move(store)))
{}

Recorder::~Recorder() = default;

void Recorder::append(SessionId id, feature::FeatureFrame frame)
{
    bool full = false;
    {
        const std::lock_guard lock(m_impl->mutex);
        if (m_impl->queue.size() + m_impl->inBatch >= kQueueLimit) {
            m_impl->lose(id, "queue", 1);
            return;
        }
        m_impl->queue.push_back({id, std::move(frame)});
        ++m_impl->queuedEver;
        full = m_impl->queue.size() == kBatchRows;
    }
    if (full)
        m_impl->wake.notify_one();
}

std::future<Result<>> Recorder::run(std::function<Result<>(SessionStore &)> work)
{
    std::promise<Result<>> done;
    auto future = done.get_future();
    {
        const std::lock_guard lock(m_impl->mutex);
        m_impl->jobs.push_back({m_impl->queuedEver, std::move(work), std::move(done)});
    }
    m_impl->wake.notify_one();
    return future;
}

Result<> Recorder::flush()
{
    auto result = run([](SessionStore &) -> Result<> { return {}; }).get();
    const std::lock_guard lock(m_impl->mutex);
    if (auto first = std::exchange(m_impl->sinceFlush, std::nullopt))
        return *first;
    return result;
}

std::uint64_t Recorder::dropped() const
{
    const std::lock_guard lock(m_impl->mutex);
    return m_impl->droppedEver;
}

void Recorder::onProblem(std::function<void(const base::Error &)> callback)
{
    const std::lock_guard lock(m_impl->mutex);
    m_impl->problem = std::move(callback);
}

} // namespace statescape::store
