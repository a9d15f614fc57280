// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/workspace_impl.h"

#include <algorithm>
#include <utility>

// The neighbour map behind axes that show one: the picture keeps what it shows until the map is ready.
namespace statescape::session {
namespace {
constexpr std::size_t kLeastRows = 8;
// A job places so many rows and then lets others have the thread.
constexpr std::size_t kRowsPerJob = 8192;
// Those that came meanwhile are placed at once.
constexpr std::size_t kFewRows = 64;
constexpr double kFitShare = 0.5; // of the progress shown
constexpr double kProgressStep = 0.02;
} // namespace

bool Workspace::Impl::mapReadyLocked(const PictureAxes &axes) const
{
    return !showsMap(axes) ||
           (map && log && map->components() >= mapComponents(axes) && mapPlaces.x.size() == log->rows());
}

PictureAxes Workspace::Impl::placeableLocked() const
{
    if (mapReadyLocked(pictureAxes))
        return pictureAxes;
    return mapReadyLocked(placedOn) ? placedOn : kPrincipalAxes;
}

Coordinates Workspace::Impl::onMapLocked() const
{
    return {mapPlaces.x.view(), mapPlaces.y.view(), mapPlaces.z.view()};
}

void Workspace::Impl::endMapLocked(bool keepAsking)
{
    nextMap.reset();
    nextPlaces = {};
    mapProgress.reset();
    if (!keepAsking && !mapReadyLocked(pictureAxes))
        pictureAxes = placedOn;
}

void Workspace::Impl::scheduleMap(bool again)
{
    {
        const std::lock_guard lock(mutex);
        if (!log || !projection || log->rows() < kLeastRows || !showsMap(pictureAxes))
            return;
        const bool grown = map && !axesPinned && log->rows() >= 2 * mapRows;
        const bool missing = !map || map->components() != mapComponents(pictureAxes) ||
                             mapPlaces.x.size() != log->rows() || placedOn != pictureAxes;
        if (!again && (mapProgress || (!grown && !missing)))
            return;
        again = again || grown;
        mapProgress = 0;
        nextMap.reset();
    }
    worker->submit(Worker::Kind::Map, [this, again](const std::stop_token &stop) { fitMap(stop, again); });
    publish();
}

void Workspace::Impl::showMapProgress(double fraction)
{
    {
        const std::lock_guard lock(mutex);
        if (!mapProgress || fraction < *mapProgress + kProgressStep)
            return;
        mapProgress = fraction;
    }
    publish();
}

void Workspace::Impl::fitMap(const std::stop_token &stop, bool again)
{
    feature::SampleLog::View samples;
    std::shared_ptr<const model::Projection> axesNow;
    std::shared_ptr<const PictureMap> before;
    std::string stored;
    int components = 2;
    {
        const std::lock_guard lock(mutex);
        if (!log || !projection)
            return;
        samples = log->view();
        axesNow = projection;
        before = map;
        components = mapComponents(pictureAxes);
        stored = std::exchange(storedMap, {});
    }
    const base::Progress progress{
        stop, [this](double fraction, std::string_view) { showMapProgress(kFitShare * fraction); }};
    std::shared_ptr<const PictureMap> found;
    if (!again && before && before->components() == components)
        found = before;
    if (!before && !stored.empty()) {
        auto read = PictureMap::fromText(stored, samples, progress);
        if (read && read->components() == components)
            found = std::make_shared<const PictureMap>(std::move(*read));
        else if (!read && read.error().code != base::Code::Cancelled)
            report(read.error());
        if (found)
            again = false;
    }
    base::Result<> made;
    if (!found) {
        auto fitted = PictureMap::fit(axesNow, samples, components, before.get(), progress);
        if (fitted)
            found = std::make_shared<const PictureMap>(std::move(*fitted));
        else
            made = fitted.error();
    }
    {
        const std::lock_guard lock(mutex);
        if (stop.stop_requested() || !mapProgress) {
            if (!before && storedMap.empty())
                storedMap = std::move(stored); // for when it is asked for again
            return;
        }
        if (!made) {
            endMapLocked(false);
        } else if (log->schema() == samples.sharedSchema() && log->rows() >= samples.rows()) {
            nextMap = found;
            nextPlaces = found == map ? mapPlaces : Places();
            mapRows = found->rows();
        }
    }
    if (!made) {
        publish();
        report(made.error().in("neighbour map"));
        return;
    }
    placeOnMap(stop);
}

void Workspace::Impl::placeOnMap(const std::stop_token &stop)
{
    feature::SampleLog::View samples;
    std::shared_ptr<const PictureMap> placing;
    std::size_t first = 0;
    {
        const std::lock_guard lock(mutex);
        if (!nextMap || !log)
            return;
        placing = nextMap;
        samples = log->view();
        first = nextPlaces.x.size();
    }
    const std::size_t count = std::min(kRowsPerJob, samples.rows() - std::min(first, samples.rows()));
    const auto block = placing->place(samples, first, count, stop);
    if (!block) {
        if (block.error().code == base::Code::Cancelled)
            return;
        {
            const std::lock_guard lock(mutex);
            endMapLocked(false);
        }
        publish();
        report(block.error().in("neighbour map"));
        return;
    }
    bool more = false;
    {
        const std::lock_guard lock(mutex);
        if (stop.stop_requested() || nextMap != placing || nextPlaces.x.size() != first)
            return;
        nextPlaces.append(*block);
        more = nextPlaces.x.size() + kFewRows < log->rows();
        if (!more) {
            for (std::size_t row = nextPlaces.x.size(); row < log->rows(); ++row)
                nextPlaces.push_back(placing->place(log->view().row(row)));
            map = placing;
            mapPlaces = std::move(nextPlaces);
            endMapLocked(true);
        }
    }
    if (more) {
        const double share = static_cast<double>(first + count) / static_cast<double>(samples.rows());
        showMapProgress(kFitShare + (1 - kFitShare) * share);
        worker->submit(Worker::Kind::Map, [this](const std::stop_token &next) { placeOnMap(next); });
        return;
    }
    placeEverything(stop);
}

void Workspace::cancelMap()
{
    m_impl->worker->cancel(Worker::Kind::Map);
    {
        const std::lock_guard lock(m_impl->mutex);
        m_impl->endMapLocked(true);
        m_impl->pictureAxes = m_impl->placedOn;
    }
    m_impl->publish();
}

} // namespace statescape::session
