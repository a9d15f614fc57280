// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/probe_trial.h"

#include "core/base/clock.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>

namespace statescape::session {
namespace {
using State = TrialReport::State;

bool isOver(State state)
{
    return state == State::Done || state == State::Failed;
}
} // namespace

struct ProbeTrial::Impl {
    void run(const std::stop_token &stop);
    void take(const feature::FeatureFrame &frame);
    void take(const source::SourceStatus &status);
    void end(State state, const base::Error &error = {});
    [[nodiscard]] bool isEnough() const
    {
        const std::lock_guard lock(mutex);
        return isOver(now.state) || now.elapsedNs >= now.lengthNs;
    }

    source::HelperOptions options;
    std::function<void()> changed;
    const schema::Probe index = schema::userProbe(0);

    mutable std::mutex mutex;
    std::condition_variable_any wake;
    bool news = false; ///< under mutex
    std::vector<feature::FeatureFrame> frames;
    std::optional<source::SourceStatus> status;
    TrialReport now;
    std::size_t costed = 0; ///< samples in the means of now
    std::jthread thread;
};

void ProbeTrial::Impl::run(const std::stop_token &stop)
{
    const auto tell = [this](auto store) {
        const std::lock_guard lock(mutex);
        store();
        news = true;
        wake.notify_all();
    };
    auto source = source::HelperSource::start(
        options, {[&](feature::FeatureFrame frame) { tell([&] { frames.push_back(std::move(frame)); }); },
                  [&](const source::SourceStatus &next) { tell([&] { status = next; }); }});
    if (!source)
        return end(State::Failed, source.error());
    while (!stop.stop_requested()) {
        std::vector<feature::FeatureFrame> fresh;
        std::optional<source::SourceStatus> said;
        {
            std::unique_lock lock(mutex);
            if (!wake.wait(lock, stop, [this] { return news; }))
                break;
            news = false;
            fresh.swap(frames);
            said = std::exchange(status, std::nullopt);
        }
        if (said)
            take(*said);
        for (const auto &frame : fresh)
            take(frame);
        if (!fresh.empty())
            take((*source)->status());
        if (isEnough())
            break;
        if (changed)
            changed();
    }
    // What the helper costs is only known for sure when it is gone: nothing must run on unseen.
    source->reset();
    end(State::Done);
}

void ProbeTrial::Impl::take(const feature::FeatureFrame &frame)
{
    const std::lock_guard lock(mutex);
    if (isOver(now.state))
        return;
    now.state = State::Running;
    now.elapsedNs += frame.durationNs;
    now.seconds.push_back(static_cast<double>(now.elapsedNs) / 1e9);
    now.values.resize(frame.values.size());
    for (std::size_t i = 0; i < frame.values.size(); ++i)
        now.values[i].push_back(frame.values[i]);
}

void ProbeTrial::Impl::take(const source::SourceStatus &next)
{
    const auto at = static_cast<std::size_t>(index);
    base::Error refusal;
    {
        const std::lock_guard lock(mutex);
        if (at < next.probes.size())
            now.standing = next.probes[at];
        now.losses = next.losses;
        now.gaps = next.gaps;
        now.mapBytes = next.mapBytes;
        now.helperCpuShare = next.helperCpuShare;
        now.helperRssBytes = next.helperRssBytes;
        if (at < next.eventsPerSecond.size() && now.seconds.size() > costed) {
            costed = now.seconds.size();
            const auto rate = static_cast<double>(next.eventsPerSecond[at]);
            const double share = 1.0 / static_cast<double>(costed);
            now.eventsPerSecond += share * (rate - now.eventsPerSecond);
            now.mostPerSecond = std::max(now.mostPerSecond, rate);
            now.cpuShare += share * (next.cpuShare[at] - now.cpuShare);
        }
        const bool greeted = at < next.probes.size();
        if (greeted && !now.standing.available && !now.standing.shed)
            refusal = {now.standing.code, now.standing.reason, now.standing.hint};
        else if (next.state == source::HelperState::Failed || next.state == source::HelperState::Restarting)
            refusal = {base::Code::Disconnected, next.text, next.hint};
    }
    if (!refusal.message.empty())
        end(State::Failed, refusal);
}

void ProbeTrial::Impl::end(State state, const base::Error &error)
{
    {
        const std::lock_guard lock(mutex);
        if (isOver(now.state))
            return;
        now.state = state;
        now.error = error;
    }
    if (changed)
        changed();
}

ProbeTrial::ProbeTrial(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{
    auto *self = m_impl.get();
    self->thread = std::jthread([self](const std::stop_token &stop) { self->run(stop); });
}

ProbeTrial::~ProbeTrial()
{
    m_impl->thread.request_stop();
    m_impl->thread.join();
}

base::Result<std::unique_ptr<ProbeTrial>> ProbeTrial::start(const source::HelperOptions &how,
                                                            schema::UserProbe probe,
                                                            std::function<void()> changed,
                                                            std::uint64_t lengthNs)
{
    auto impl = std::make_unique<Impl>();
    impl->options = how;
    impl->options.intervalNs = kIntervalNs;
    impl->options.plan = {};
    impl->options.plan.probes = 0;
    // A trial is to show the cost, not to hide it.
    impl->options.plan.budgetPercent = 0;
    impl->options.plan.user = {std::move(probe)};
    STATESCAPE_CHECK(schema::check(impl->options.plan));
    impl->changed = std::move(changed);
    impl->now.lengthNs = lengthNs;
    impl->now.layout = std::make_shared<const schema::Layout>(impl->options.plan);
    return std::unique_ptr<ProbeTrial>(new ProbeTrial(std::move(impl)));
}

TrialReport ProbeTrial::report() const
{
    const std::lock_guard lock(m_impl->mutex);
    return m_impl->now;
}

void ProbeTrial::stop()
{
    m_impl->thread.request_stop();
}

} // namespace statescape::session
