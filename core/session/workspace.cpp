// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/workspace.h"

#include "core/session/explanation.h"
#include "core/session/workspace_impl.h"

#include <algorithm>
#include <utility>

namespace statescape::session {
namespace {
constexpr const char *kAxesNote = "axes";
} // namespace

base::Result<> Workspace::Impl::openFile(const std::filesystem::path &path, store::OpenMode mode)
{
    STATESCAPE_TRY(auto opened, store::SessionStore::open(path, mode));
    {
        const std::lock_guard lock(mutex);
        file = opened.path();
        fileBytes = opened.fileBytes();
    }
    recorder = std::make_unique<store::Recorder>(std::move(opened));
    recorder->onProblem([this](const base::Error &error) { report(error); });
    return {};
}

base::Result<> Workspace::Impl::loadSession(store::SessionId id)
{
    struct Loaded {
        store::SessionInfo info;
        std::unique_ptr<feature::SampleLog> log;
        std::vector<schema::Label> labels;
        std::vector<std::string> classNames;
        std::pair<std::uint64_t, std::uint64_t> depths;
        std::optional<std::string> axes;
        std::string model;
    };
    STATESCAPE_TRY(auto loaded, onStore<Loaded>([id](store::SessionStore &store) -> base::Result<Loaded> {
                       Loaded out;
                       STATESCAPE_TRY(out.info, store.session(id));
                       STATESCAPE_TRY(out.log, store.load(id));
                       STATESCAPE_TRY(out.labels, store.labels(id));
                       STATESCAPE_TRY(out.classNames, store.classNames());
                       STATESCAPE_TRY(out.depths, store.undoDepths(id));
                       STATESCAPE_TRY(out.axes, store.note(id, kAxesNote));
                       // A file without a model is not an error.
                       out.model = store.loadModel("").value_or("");
                       return out;
                   }));
    std::shared_ptr<const model::Projection> axesLoaded;
    if (loaded.axes) {
        auto parsed = model::Projection::fromJson(*loaded.axes);
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
            report(parsed.error().in("stored model"));
    }
    {
        const std::lock_guard lock(mutex);
        info = loaded.info;
        lossesBefore = loaded.info.dropped;
        log = std::move(loaded.log);
        labels = std::move(loaded.labels);
        labels.resize(log->rows());
        classNames = std::move(loaded.classNames);
        std::tie(undoDepth, redoDepth) = loaded.depths;
        axesRows = log->rows();
    }
    if (axesLoaded)
        adoptAxes(axesLoaded, loaded.info.lastNs);
    if (modelLoaded)
        scoreEverything(modelLoaded);
    if (!axesLoaded)
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
    next->labels = std::make_shared<const std::vector<schema::Label>>(labels);
    const auto &before = published->classNames;
    next->classNames = before && *before == classNames
                           ? before
                           : std::make_shared<const std::vector<std::string>>(classNames);
    next->undoDepth = undoDepth;
    next->redoDepth = redoDepth;
    next->projection = projection;
    next->axes = axes;
    next->axesFittedNs = axesFittedNs;
    next->driftDegrees = driftDegrees;
    next->axesPinned = axesPinned;
    if (projection)
        next->coordinates = std::make_shared<const Coordinates>(coordinates);
    next->model = model;
    if (model)
        next->scores = std::make_shared<const std::vector<model::Score>>(scores);
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
    m_impl->worker->cancel(Worker::Kind::Axes);
    m_impl->worker->cancel(Worker::Kind::Train);
    m_impl->worker->cancel(Worker::Kind::Explain);
    std::string axes;
    {
        const std::lock_guard lock(m_impl->mutex);
        if (m_impl->projection && m_impl->info.id != 0)
            axes = m_impl->projection->toJson();
    }
    if (!axes.empty())
        if (const auto stored = setNote(kAxesNote, axes);
            !stored && stored.error().code != base::Code::NotPermitted)
            m_impl->report(stored.error());
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

base::Result<> Workspace::Impl::applyChanges(const std::string &what, std::vector<store::LabelChange> changes)
{
    if (changes.empty())
        return {};
    // Rows are numbered as they are stored: behind a sample that never was, memory and file count
    // differently.
    if (const auto lost = recorder->dropped(); lost != 0)
        return base::fail(base::Code::Full,
                          std::to_string(lost) +
                              " samples could not be stored, so labels would land on others",
                          "make room, then close and open the session again");
    store::SessionId id = 0;
    {
        const std::lock_guard lock(mutex);
        for (const auto &change : changes)
            labels[change.row] = change.after;
        ++undoDepth;
        redoDepth = 0;
        id = info.id;
    }
    publish();
    const auto count = changes.size();
    const auto step = std::make_shared<store::Step>(store::Step{what, std::move(changes)});
    auto stored =
        recorder->run([id, step](store::SessionStore &store) { return store.applyStep(id, *step); }).get();
    if (stored)
        return {};
    // What the file refused must not look stored.
    {
        const std::lock_guard lock(mutex);
        for (const auto &change : step->changes)
            labels[change.row] = change.before;
        --undoDepth;
    }
    publish();
    return stored.error().in("label " + std::to_string(count) + " samples");
}

base::Result<std::uint64_t> Workspace::label(std::span<const std::uint8_t> selected,
                                             schema::Polarity polarity, const std::string &className,
                                             bool keepClass)
{
    std::uint16_t classId = 0;
    if (!className.empty()) {
        STATESCAPE_TRY(classId, m_impl->onStore<std::uint16_t>(
                                    [&](store::SessionStore &store) { return store.classId(className); }));
        STATESCAPE_TRY(auto names, m_impl->onStore<std::vector<std::string>>(
                                       [](store::SessionStore &store) { return store.classNames(); }));
        const std::lock_guard lock(m_impl->mutex);
        m_impl->classNames = std::move(names);
    }
    std::vector<store::LabelChange> changes;
    {
        const std::lock_guard lock(m_impl->mutex);
        const std::size_t rows = std::min(selected.size(), m_impl->labels.size());
        for (std::size_t i = 0; i < rows; ++i) {
            if (selected[i] == 0)
                continue;
            const schema::Label before = m_impl->labels[i];
            const schema::Label after{polarity, keepClass ? before.classId : classId};
            if (!(before == after))
                changes.push_back({i, before, after});
        }
    }
    const std::uint64_t count = changes.size();
    std::string what = "label " + std::to_string(count) + (count == 1 ? " sample" : " samples");
    if (polarity != schema::Polarity::None)
        what.append(" ").append(schema::polarityKey(polarity));
    if (!className.empty())
        what.append(": ").append(className);
    STATESCAPE_CHECK(m_impl->applyChanges(what, std::move(changes)));
    return count;
}

base::Result<std::uint64_t> Workspace::clearLabels(std::span<const std::uint8_t> selected)
{
    std::vector<store::LabelChange> changes;
    {
        const std::lock_guard lock(m_impl->mutex);
        const std::size_t rows = std::min(selected.size(), m_impl->labels.size());
        for (std::size_t i = 0; i < rows; ++i)
            if (selected[i] != 0 && !m_impl->labels[i].empty())
                changes.push_back({i, m_impl->labels[i], {}});
    }
    const std::uint64_t count = changes.size();
    STATESCAPE_CHECK(m_impl->applyChanges(
        "clear " + std::to_string(count) + (count == 1 ? " label" : " labels"), std::move(changes)));
    return count;
}

base::Result<std::string> Workspace::Impl::stepHistory(bool back)
{
    store::SessionId id = 0;
    {
        const std::lock_guard lock(mutex);
        id = info.id;
    }
    if (id == 0)
        return std::string();
    STATESCAPE_TRY(auto step, onStore<std::optional<store::Step>>([id, back](store::SessionStore &store) {
                       return back ? store.undo(id) : store.redo(id);
                   }));
    if (!step)
        return std::string();
    {
        const std::lock_guard lock(mutex);
        for (const auto &change : step->changes)
            if (change.row < labels.size())
                labels[change.row] = change.after;
        undoDepth += back ? -1 : 1;
        redoDepth += back ? 1 : -1;
    }
    publish();
    return step->what;
}

base::Result<std::string> Workspace::undo()
{
    return m_impl->stepHistory(true);
}

base::Result<std::string> Workspace::redo()
{
    return m_impl->stepHistory(false);
}

base::Result<> Workspace::renameClass(const std::string &from, const std::string &to)
{
    STATESCAPE_TRY(auto names,
                   m_impl->onStore<std::vector<std::string>>(
                       [&](store::SessionStore &store) -> base::Result<std::vector<std::string>> {
                           STATESCAPE_TRY(const auto known, store.classNames());
                           const auto found = std::find(known.begin() + 1, known.end(), from);
                           if (found == known.end())
                               return base::fail(base::Code::NotFound, "there is no class '" + from + "'");
                           STATESCAPE_CHECK(
                               store.renameClass(static_cast<std::uint16_t>(found - known.begin()), to));
                           return store.classNames();
                       }));
    {
        const std::lock_guard lock(m_impl->mutex);
        m_impl->classNames = std::move(names);
    }
    m_impl->publish();
    return {};
}

base::Result<std::vector<store::ModelInfo>> Workspace::models() const
{
    return m_impl->onStore<std::vector<store::ModelInfo>>(
        [](store::SessionStore &store) { return store.models(); });
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

} // namespace statescape::session
