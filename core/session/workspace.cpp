// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/workspace.h"

#include "core/session/explanation.h"
#include "core/session/row_sets.h"
#include "core/session/workspace_impl.h"

#include <algorithm>
#include <fmt/format.h>
#include <sstream>
#include <utility>

namespace statescape::session {
namespace {
constexpr const char *kAxesNote = "axes";
constexpr const char *kSkippedNote = "skipped";
constexpr const char *kMapNote = "neighbour map";

} // namespace

base::Result<> Workspace::Impl::openFile(const std::filesystem::path &path, store::OpenMode mode)
{
    STATESCAPE_TRY(auto opened, store::SessionStore::open(path, mode));
    {
        const std::lock_guard lock(mutex);
        file = opened.path();
        fileBytes = opened.fileBytes();
        readOnly = mode == store::OpenMode::ReadOnly;
    }
    recorder = std::make_unique<store::Recorder>(std::move(opened));
    recorder->onProblem([this](const base::Error &error) { report(error); });
    return {};
}

void Workspace::Impl::resetSessionLocked()
{
    roll = EntityRoll();
    entities = std::make_shared<const schema::Entities>(roll.entities());
    labels.clear();
    selection = std::make_shared<const std::vector<std::uint8_t>>();
    selected = 0;
    skipped.clear();
    history = {};
    places = {};
    scores.clear();
    projection.reset();
    axes.clear();
    axesRows = driftRows = 0;
    pictureAxes = placedOn = kPrincipalAxes;
    map.reset();
    mapPlaces = {};
    mapRows = 0;
    storedMap.clear();
    endMapLocked(true);
    lossesBefore = 0;
    outlook.reset();
}

base::Result<> Workspace::Impl::loadSession(store::SessionId id)
{
    struct Loaded {
        store::SessionInfo info;
        std::unique_ptr<feature::SampleLog> log;
        schema::Entities entities;
        std::vector<schema::Label> labels;
        std::vector<std::string> classNames;
        std::vector<store::RowRun> selection;
        store::History history;
        store::ModelRef modelRef;
        std::optional<std::string> axes, skipped, map;
        std::string model;
    };
    STATESCAPE_TRY(auto loaded, onStore<Loaded>([id](store::SessionStore &store) -> base::Result<Loaded> {
                       Loaded out;
                       STATESCAPE_TRY(out.info, store.session(id));
                       STATESCAPE_TRY(out.log, store.load(id));
                       STATESCAPE_TRY(out.entities, store.entities(id));
                       STATESCAPE_TRY(out.labels, store.labels(id));
                       STATESCAPE_TRY(out.classNames, store.classNames());
                       STATESCAPE_TRY(out.selection, store.selection(id));
                       STATESCAPE_TRY(out.history, store.history(id));
                       STATESCAPE_TRY(out.modelRef, store.activeModel(id));
                       STATESCAPE_TRY(out.axes, store.note(id, kAxesNote));
                       STATESCAPE_TRY(out.skipped, store.note(id, kSkippedNote));
                       STATESCAPE_TRY(out.map, store.note(id, kMapNote));
                       if (!out.modelRef.name.empty()) {
                           STATESCAPE_TRY(out.model, store.loadModel(out.modelRef));
                       }
                       return out;
                   }));
    std::shared_ptr<const model::Projection> axesLoaded;
    if (loaded.axes) {
        auto parsed = model::Projection::fromJson(*loaded.axes);
        // Files of before showed fewer components; new axes stay close to the old ones.
        if (parsed)
            axesLoaded = std::make_shared<const model::Projection>(std::move(*parsed));
        else
            report(parsed.error().in("stored axes"));
    }
    std::shared_ptr<const model::Model> modelLoaded;
    if (!loaded.model.empty()) {
        auto parsed = model::Model::fromJson(loaded.model);
        if (parsed)
            modelLoaded = std::make_shared<const model::Model>(std::move(*parsed));
        else
            report(base::fail(parsed.error().code,
                              "the stored model cannot be read: " + parsed.error().message,
                              "train again; samples and labels are all there"));
    }
    {
        const std::lock_guard lock(mutex);
        resetSessionLocked();
        info = loaded.info;
        lossesBefore = loaded.info.dropped;
        log = std::move(loaded.log);
        entities = std::make_shared<const schema::Entities>(loaded.entities);
        roll = EntityRoll(std::move(loaded.entities));
        labels.append(loaded.labels);
        labels.resize(log->rows());
        classNames = std::move(loaded.classNames);
        history = std::move(loaded.history);
        modelRef = loaded.modelRef;
        axesRows = log->rows();
        storedMap = std::move(loaded.map).value_or(std::string());
        setSelectionLocked(maskOf(loaded.selection, log->rows()));
        if (loaded.skipped)
            for (std::istringstream text(*loaded.skipped); text;)
                if (std::uint64_t row = 0; text >> row)
                    skipped.insert(row);
    }
    if (axesLoaded)
        adoptAxes(axesLoaded, loaded.info.lastNs);
    if (modelLoaded)
        scoreEverything(modelLoaded);
    if (!axesLoaded || axesLoaded->components() < kComponents)
        scheduleAxes(true);
    return {};
}

void Workspace::Impl::report(const base::Error &error) const
{
    if (callbacks.problem)
        callbacks.problem(error);
}

void Workspace::Impl::publishLocked()
{
    auto next = std::make_shared<Snapshot>();
    next->generation = ++generation;
    next->file = file.string();
    next->fileBytes = fileBytes;
    next->host = info.host;
    next->kernel = info.kernel;
    next->anchor = info.anchor;
    next->intervalNs = info.intervalNs;
    next->live = live;
    if (log)
        next->samples = log->view();
    next->entities = entities;
    next->labels = std::make_shared<const base::Column<schema::Label>::View>(labels.view());
    const auto &before = published->classNames;
    next->classNames = before && *before == classNames
                           ? before
                           : std::make_shared<const std::vector<std::string>>(classNames);
    next->history = history;
    next->selection = selection;
    next->selected = selected;
    next->projection = projection;
    next->axes = axes;
    next->axesFittedNs = axesFittedNs;
    next->driftDegrees = driftDegrees;
    next->axesPinned = axesPinned;
    next->pictureAxes = placedOn;
    next->map = showsMap(placedOn) ? map : nullptr;
    next->mapProgress = mapProgress;
    if (projection)
        next->coordinates = std::make_shared<const Coordinates>(
            Coordinates{places.x.view(), places.y.view(), places.z.view()});
    next->model = model;
    if (model)
        next->scores = std::make_shared<const base::Column<model::Score>::View>(scores.view());
    if (alarm)
        next->alarm = alarm->current();
    next->outlook = outlook;
    next->status = status;
    next->droppedSamples = lossesBefore + statusDropped + (recorder ? recorder->dropped() : 0);
    published = std::move(next);
}

void Workspace::Impl::publish()
{
    {
        const std::lock_guard lock(mutex);
        publishLocked();
    }
    if (callbacks.changed)
        callbacks.changed();
}

Workspace::Workspace(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{}

Workspace::~Workspace()
{
    stopLive();
    for (const auto kind : {Worker::Kind::Axes, Worker::Kind::Picture, Worker::Kind::Map, Worker::Kind::Train,
                            Worker::Kind::Explain, Worker::Kind::Suggest, Worker::Kind::Grow})
        m_impl->worker->cancel(kind);
    m_impl->discardEmptySession();
    std::string axes;
    std::shared_ptr<const PictureMap> map;
    {
        const std::lock_guard lock(m_impl->mutex);
        if (m_impl->projection && m_impl->info.id != 0)
            axes = m_impl->projection->toJson();
        if (showsMap(m_impl->placedOn) && m_impl->info.id != 0)
            map = m_impl->map;
    }
    const auto keep = [this](const char *note, const std::string &text) {
        if (const auto stored = setNote(note, text);
            !stored && stored.error().code != base::Code::NotPermitted)
            m_impl->report(stored.error());
    };
    if (!axes.empty())
        keep(kAxesNote, axes);
    if (map)
        keep(kMapNote, map->toText());
}

base::Result<std::unique_ptr<Workspace>> Workspace::create(const std::filesystem::path &file,
                                                           Callbacks callbacks)
{
    auto impl = std::make_unique<Impl>(std::move(callbacks));
    STATESCAPE_CHECK(impl->openFile(file, store::OpenMode::Create));
    impl->publish();
    return std::unique_ptr<Workspace>(new Workspace(std::move(impl)));
}

base::Result<std::unique_ptr<Workspace>> Workspace::open(const std::filesystem::path &file,
                                                         Callbacks callbacks, store::SessionId session)
{
    auto impl = std::make_unique<Impl>(std::move(callbacks));
    auto opened = impl->openFile(file, store::OpenMode::ReadWrite);
    if (!opened && opened.error().code == base::Code::NotPermitted) {
        opened = impl->openFile(file, store::OpenMode::ReadOnly);
        if (opened)
            impl->report(base::fail(base::Code::NotPermitted, file.string() + " is read-only",
                                    "labels and models cannot be stored in it; use Save as"));
    }
    STATESCAPE_CHECK(opened);
    STATESCAPE_TRY(const auto sessions, impl->onStore<std::vector<store::SessionInfo>>(
                                            [](store::SessionStore &store) { return store.sessions(); }));
    store::SessionId chosen = session;
    if (chosen == 0)
        for (const auto &info : sessions)
            if (info.samples != 0 || chosen == 0)
                chosen = info.id;
    if (chosen != 0)
        STATESCAPE_CHECK(impl->loadSession(chosen));
    impl->publish();
    return std::unique_ptr<Workspace>(new Workspace(std::move(impl)));
}

std::shared_ptr<const Snapshot> Workspace::snapshot() const
{
    const std::lock_guard lock(m_impl->mutex);
    return m_impl->published;
}

base::Result<std::vector<store::ModelInfo>> Workspace::models() const
{
    return m_impl->onStore<std::vector<store::ModelInfo>>(
        [](store::SessionStore &store) { return store.models(); });
}

base::Result<std::vector<store::SessionInfo>> Workspace::sessions() const
{
    return m_impl->onStore<std::vector<store::SessionInfo>>(
        [](store::SessionStore &store) { return store.sessions(); });
}

store::SessionId Workspace::sessionId() const
{
    const std::lock_guard lock(m_impl->mutex);
    return m_impl->info.id;
}

base::Result<> Workspace::skip(std::uint64_t row)
{
    std::string text;
    {
        const std::lock_guard lock(m_impl->mutex);
        m_impl->skipped.insert(row);
        for (const std::uint64_t each : m_impl->skipped)
            text += std::to_string(each) + ' ';
    }
    return setNote(kSkippedNote, text);
}

base::Result<> Workspace::saveCopy(const std::filesystem::path &target)
{
    return m_impl->onStore<void>([&](store::SessionStore &store) { return store.copyTo(target); });
}

base::Result<> Workspace::saveAs(const std::filesystem::path &target)
{
    const bool wasLive = snapshot()->live;
    const auto interval = snapshot()->intervalNs;
    // The writer is replaced, so nothing may be on its way to the old one.
    stopLive();
    STATESCAPE_CHECK(m_impl->recorder->flush());
    STATESCAPE_CHECK(saveCopy(target));
    STATESCAPE_CHECK(m_impl->openFile(target, store::OpenMode::ReadWrite));
    m_impl->publish();
    if (wasLive) {
        source::HelperOptions options = m_impl->helperOptions;
        options.intervalNs = interval;
        return startLive(options);
    }
    return {};
}

base::Result<> Workspace::flush()
{
    return m_impl->recorder->flush();
}

base::Result<> Workspace::setNote(const std::string &key, const std::string &text)
{
    store::SessionId id = 0;
    {
        const std::lock_guard lock(m_impl->mutex);
        id = m_impl->info.id;
    }
    if (id == 0)
        return {};
    return m_impl->onStore<void>([&](store::SessionStore &store) { return store.setNote(id, key, text); });
}

base::Result<std::optional<std::string>> Workspace::note(const std::string &key) const
{
    store::SessionId id = 0;
    {
        const std::lock_guard lock(m_impl->mutex);
        id = m_impl->info.id;
    }
    if (id == 0)
        return std::optional<std::string>{};
    return m_impl->onStore<std::optional<std::string>>(
        [&](store::SessionStore &store) { return store.note(id, key); });
}

bool perEntity(const Snapshot &snapshot)
{
    if (!snapshot.samples.sharedSchema())
        return false;
    const auto kind = snapshot.samples.schema().entityKind();
    return kind == schema::EntityKind::Process || kind == schema::EntityKind::Cgroup;
}

std::string entityText(const Snapshot &snapshot, std::size_t row)
{
    if (row >= snapshot.samples.rows())
        return {};
    static const schema::Entities kNobody(1);
    return schema::entityText(snapshot.samples.schema().entityKind(),
                              snapshot.entities ? *snapshot.entities : kNobody, snapshot.samples.entity(row));
}

std::string axisText(const Snapshot &snapshot, std::size_t axis)
{
    if (axis >= snapshot.pictureAxes.size())
        return {};
    const AxisSource source = snapshot.pictureAxes[axis];
    const auto index = static_cast<std::size_t>(source.index);
    if (source.kind == AxisSource::Kind::Component)
        return index < snapshot.axes.size() ? snapshot.axes[index].text : std::string();
    if (source.kind == AxisSource::Kind::Map)
        return fmt::format("neighbour map {} (no unit; distances between far groups mean little)", index + 1);
    if (!snapshot.samples.sharedSchema() || index >= snapshot.samples.schema().size())
        return {};
    const auto &feature = snapshot.samples.schema()[index];
    const auto unit = base::unitKey(feature.unit);
    return fmt::format("{}{}{}{}", feature.title, unit.empty() ? "" : ", ", unit,
                       feature.log1p ? ", log scale" : "");
}

} // namespace statescape::session
