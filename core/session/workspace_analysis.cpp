// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/placing.h"
#include "core/session/workspace_impl.h"

#include <algorithm>

namespace statescape::session {
namespace {
constexpr std::size_t kFitRows = 20'000;    // enough for 3 axes; more only costs time
constexpr std::size_t kDriftEveryRows = 40; // 10 s at the default interval

ml::Matrix thinned(const feature::SampleLog::View &samples)
{
    const std::size_t step = (samples.rows() + kFitRows - 1) / kFitRows;
    if (step <= 1)
        return samples.matrix();
    std::vector<std::uint32_t> rows;
    for (std::size_t i = 0; i < samples.rows(); i += step)
        rows.push_back(static_cast<std::uint32_t>(i));
    return samples.matrix(rows);
}

/// Axes that stay near @p previous, unless that would keep a small component where a far larger one belongs:
/// what a few early samples took for the second direction need not be the second of a thousand.
base::Result<model::Projection> fitNear(const feature::SampleLog::View &samples,
                                        const model::Projection *previous)
{
    constexpr double kFarLarger = 1.5;
    constexpr double kSlack = 0.02; // of the whole variance
    const ml::Matrix x = thinned(samples);
    auto fitted = model::Projection::fit(samples.schema(), x, kComponents, previous);
    if (!fitted || previous == nullptr)
        return fitted;
    const auto axes = fitted->axes(samples.schema());
    for (std::size_t shown = 0; shown < std::min<std::size_t>(3, axes.size()); ++shown)
        for (std::size_t later = shown + 1; later < axes.size(); ++later)
            if (axes[later].varianceShare > kFarLarger * axes[shown].varianceShare + kSlack)
                return model::Projection::fit(samples.schema(), x, kComponents);
    return fitted;
}
} // namespace

void Workspace::Impl::scheduleAxes(bool force)
{
    {
        const std::lock_guard lock(mutex);
        if (!log || log->rows() < 3)
            return;
        // Refits at doublings only: the picture settles instead of swimming. Between them the drift is
        // measured and shown.
        const bool grown = !projection || (!axesPinned && log->rows() >= 2 * axesRows && log->rows() >= 8);
        const bool check = log->rows() >= driftRows + std::max(kDriftEveryRows, log->rows() / 20);
        if (!force && !grown && !check)
            return;
        driftRows = log->rows();
        if (grown || force)
            axesRows = log->rows();
        force = force || grown;
    }
    worker->submit(Worker::Kind::Axes, [this, force](const std::stop_token &stop) { fitAxes(stop, force); });
}

void Workspace::Impl::fitAxes(const std::stop_token &stop, bool force)
{
    feature::SampleLog::View samples;
    std::shared_ptr<const model::Projection> previous;
    {
        const std::lock_guard lock(mutex);
        if (!log || log->rows() < 3)
            return;
        samples = log->view();
        previous = projection;
    }
    auto fitted = fitNear(samples, previous.get());
    if (!fitted || stop.stop_requested())
        return; // too few varying samples yet; the next one tries again
    if (force) {
        adoptAxes(std::make_shared<const model::Projection>(std::move(*fitted)),
                  samples.timeNs(samples.rows() - 1));
    } else {
        const std::lock_guard lock(mutex);
        if (projection)
            driftDegrees = fitted->driftDegrees(*projection);
    }
    publish();
}

void Workspace::Impl::adoptAxes(std::shared_ptr<const model::Projection> fitted, std::uint64_t fittedNs)
{
    feature::SampleLog::View samples;
    PictureAxes picture;
    Coordinates onMap;
    {
        const std::lock_guard lock(mutex);
        samples = log->view();
        picture = placeableLocked();
        onMap = onMapLocked();
    }
    Places next;
    placeInto(*fitted, picture, samples, 0, next, {}, onMap);
    auto meanings = fitted->axes(samples.schema());
    const std::lock_guard lock(mutex);
    if (log->schema() != samples.sharedSchema() || log->rows() < samples.rows())
        return; // another session began meanwhile
    projection = std::move(fitted);
    axes = std::move(meanings);
    axesFittedNs = fittedNs;
    driftDegrees = 0;
    std::size_t done = samples.rows();
    if (const PictureAxes now = placeableLocked(); picture != now) {
        next = {}; // other axes were asked for meanwhile
        done = 0;
        picture = now;
    }
    placeInto(*projection, picture, log->view(), done, next, {}, onMapLocked());
    places = std::move(next);
    placedOn = picture;
}

void Workspace::Impl::placeEverything(const std::stop_token &stop)
{
    feature::SampleLog::View samples;
    PictureAxes picture;
    std::shared_ptr<const model::Projection> axesNow;
    Coordinates onMap;
    {
        const std::lock_guard lock(mutex);
        if (!log || !projection)
            return;
        samples = log->view();
        picture = placeableLocked();
        axesNow = projection;
        onMap = onMapLocked();
    }
    Places next;
    if (!placeInto(*axesNow, picture, samples, 0, next, stop, onMap))
        return;
    {
        const std::lock_guard lock(mutex);
        if (projection != axesNow || placeableLocked() != picture || log->rows() < samples.rows())
            return; // whoever changed it places everything again
        placeInto(*axesNow, picture, log->view(), samples.rows(), next, {}, onMapLocked());
        places = std::move(next);
        placedOn = picture;
    }
    publish();
}

void Workspace::refitAxes()
{
    m_impl->scheduleAxes(true);
    m_impl->scheduleMap(true);
}

void Workspace::setAxesPinned(bool pinned)
{
    {
        const std::lock_guard lock(m_impl->mutex);
        m_impl->axesPinned = pinned;
    }
    m_impl->publish();
}

void Workspace::setPictureAxes(const PictureAxes &axes)
{
    {
        const std::lock_guard lock(m_impl->mutex);
        const std::size_t features = m_impl->log ? m_impl->log->schema()->size() : 0;
        for (const AxisSource &axis : axes) {
            const int limit = axis.kind == AxisSource::Kind::Component ? kComponents
                              : axis.kind == AxisSource::Kind::Map     ? 3
                                                                       : static_cast<int>(features);
            if (axis.index < 0 || axis.index >= limit)
                return;
        }
        if (m_impl->pictureAxes == axes)
            return;
        m_impl->pictureAxes = axes;
        m_impl->endMapLocked(true);
    }
    auto *impl = m_impl.get();
    impl->worker->cancel(Worker::Kind::Map);
    if (showsMap(axes)) {
        impl->scheduleMap(false);
        return;
    }
    impl->worker->submit(Worker::Kind::Picture,
                         [impl](const std::stop_token &stop) { impl->placeEverything(stop); });
}

} // namespace statescape::session
