// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/outlook.h"
#include "core/session/recording.h"
#include "core/session/workspace_impl.h"

#include <algorithm>
#include <utility>

namespace statescape::session {
base::Result<> Workspace::Impl::ensureLiveSession(std::uint64_t intervalNs, const schema::ProbePlan &plan)
{
    const auto anchor = base::ClockAnchor::now();
    const auto schema = schema::Layout(plan).schema();
    {
        const std::lock_guard lock(mutex);
        const bool sameClock = info.id != 0 && info.anchor.bootId == anchor.bootId && !anchor.bootId.empty();
        if (sameClock && log && log->schema()->hash() == schema->hash() && info.origin == "live")
            return {};
    }
    discardEmptySession();
    store::SessionInfo next = describeMachine(intervalNs, plan);
    STATESCAPE_TRY(next.id, onStore<store::SessionId>(
                                [&](store::SessionStore &store) { return store.beginSession(next); }));
    const std::lock_guard lock(mutex);
    info = next;
    begun = next.id;
    log = std::make_unique<feature::SampleLog>(schema);
    resetSessionLocked();
    // A model of another schema does not fit the new columns.
    if (model) {
        auto columns = model->bind(*schema);
        if (columns)
            modelColumns = std::move(*columns);
        else
            model.reset();
        alarm.reset();
        if (model)
            alarm.emplace(alarmRule);
    }
    return {};
}

void Workspace::Impl::discardEmptySession()
{
    store::SessionId id = 0;
    {
        const std::lock_guard lock(mutex);
        if (begun == 0 || begun != info.id || !log || log->rows() != 0)
            return;
        id = std::exchange(begun, 0);
        info.id = 0;
    }
    // One that cannot be taken out, as in a file that was taken away meanwhile, has nothing to lose.
    (void)onStore<void>([id](store::SessionStore &store) { return store.removeEmptySession(id); }).has_value();
}

base::Result<> Workspace::startLive(const source::HelperOptions &options)
{
    STATESCAPE_CHECK(schema::check(options.plan));
    stopLive();
    STATESCAPE_CHECK(m_impl->ensureLiveSession(options.intervalNs, options.plan));
    {
        const std::lock_guard lock(m_impl->mutex);
        m_impl->live = true;
        m_impl->info.intervalNs = options.intervalNs;
        m_impl->lossesBefore += m_impl->statusDropped;
        m_impl->statusDropped = 0;
        m_impl->ledger = {};
    }
    const std::lock_guard sourceLock(m_impl->sourceMutex);
    m_impl->helperOptions = options;
    auto *impl = m_impl.get();
    auto started = source::HelperSource::start(
        options, {[impl](feature::FeatureFrame frame) { impl->onSample(std::move(frame)); },
                  [impl](const source::SourceStatus &status) { impl->onStatus(status); }});
    if (!started) {
        {
            const std::lock_guard lock(m_impl->mutex);
            m_impl->live = false;
        }
        m_impl->publish();
        return started.error();
    }
    m_impl->source = std::move(*started);
    m_impl->publish();
    return {};
}

void Workspace::stopLive()
{
    std::unique_ptr<source::HelperSource> ending;
    {
        const std::lock_guard lock(m_impl->sourceMutex);
        ending = std::move(m_impl->source);
    }
    if (!ending)
        return;
    ending.reset();
    {
        const std::lock_guard lock(m_impl->mutex);
        m_impl->live = false;
        m_impl->status.state = source::HelperState::Stopped;
    }
    m_impl->publish();
}

void Workspace::setInterval(std::uint64_t intervalNs)
{
    {
        const std::lock_guard lock(m_impl->sourceMutex);
        if (m_impl->source)
            m_impl->source->setInterval(intervalNs);
        m_impl->helperOptions.intervalNs = intervalNs;
    }
    const std::lock_guard lock(m_impl->mutex);
    m_impl->info.intervalNs = intervalNs;
}

void Workspace::Impl::onSample(feature::FeatureFrame frame)
{
    const bool more = frame.more;
    {
        const std::lock_guard lock(mutex);
        if (roll.place(frame))
            entitiesChanged = true;
        recorder->append(info.id, frame);
        appendDerived(frame);
        log->append(std::move(frame));
        labels.resize(log->rows());
        // Views show whole intervals, and pay for one of them once.
        if (!more) {
            if (std::exchange(entitiesChanged, false))
                entities = std::make_shared<const schema::Entities>(roll.entities());
            updateOutlook();
            publishLocked();
        }
    }
    if (more)
        return;
    scheduleAxes(false);
    scheduleMap(false);
    if (callbacks.changed)
        callbacks.changed();
}

void Workspace::Impl::appendDerived(const feature::FeatureFrame &frame)
{
    const std::span<const float> row = frame.values;
    std::array<float, 3> onMap{};
    if (map && mapPlaces.x.size() == log->rows() && (showsMap(placedOn) || showsMap(pictureAxes))) {
        onMap = map->place(row);
        mapPlaces.push_back(onMap);
    }
    if (projection) {
        std::array<float, 8> position{};
        projection->project(row,
                            std::span(position).first(static_cast<std::size_t>(projection->components())));
        places.x.push_back(placeOn(placedOn[0], *log->schema(), row, position, onMap));
        places.y.push_back(placeOn(placedOn[1], *log->schema(), row, position, onMap));
        places.z.push_back(placeOn(placedOn[2], *log->schema(), row, position, onMap));
    }
    if (model) {
        scores.push_back(model->score(row, modelColumns));
        if (alarm)
            alarm->add(frame.timeNs, scores.back(), *model, frame.entity);
    }
}

void Workspace::Impl::updateOutlook()
{
    outlook.reset();
    if (!model || info.intervalNs == 0)
        return;
    const std::size_t first = scores.size() - std::min(scores.size(), kOutlookScores);
    std::vector<model::Score> recent;
    recent.reserve(scores.size() - first);
    for (std::size_t i = first; i < scores.size(); ++i)
        recent.push_back(scores[i]);
    if (!perEntityLocked()) {
        outlook = outlookOf(*model, recent, alarmRule, info.intervalNs);
        return;
    }
    const auto view = log->view();
    std::vector<std::uint32_t> whose;
    whose.reserve(recent.size());
    std::size_t newest = 0;
    for (std::size_t i = first; i < scores.size() && i < view.rows(); ++i) {
        whose.push_back(view.entity(i));
        newest += view.timeNs(i) == view.timeNs(view.rows() - 1) ? 1 : 0;
    }
    recent.resize(whose.size());
    outlook = outlookOf(*model, recent, alarmRule, info.intervalNs, {whose, newest});
}

void Workspace::Impl::onStatus(const source::SourceStatus &next)
{
    std::map<std::string, std::uint64_t> fresh;
    store::SessionId id = 0;
    {
        const std::lock_guard lock(mutex);
        status = next;
        statusDropped = next.gaps;
        id = info.id;
        fresh = ledger.grown(next);
    }
    if (!fresh.empty())
        recorder->run([id, fresh](store::SessionStore &store) { return store.addLosses(id, fresh); });
    recorder->run([this](store::SessionStore &store) -> base::Result<> {
        const std::uint64_t bytes = store.fileBytes();
        const std::lock_guard lock(mutex);
        fileBytes = bytes;
        return {};
    });
    publish();
}

} // namespace statescape::session
