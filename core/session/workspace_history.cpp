// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/row_sets.h"
#include "core/session/workspace_impl.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

// Everything that is a step of the history: selections, labels, names of classes, the model in use.
namespace statescape::session {
namespace {

bool sameRows(const std::vector<std::uint8_t> &a, const std::vector<std::uint8_t> &b)
{
    const auto &longer = a.size() >= b.size() ? a : b;
    const auto common = static_cast<std::ptrdiff_t>(std::min(a.size(), b.size()));
    return std::equal(a.begin(), a.begin() + common, b.begin()) &&
           std::all_of(longer.begin() + common, longer.end(), [](auto flag) { return flag == 0; });
}

/// Adds one changed row behind the others. @pre rows rise
void addChange(std::vector<store::ChangeRun> &runs, std::uint64_t row, schema::Label before,
               schema::Label after)
{
    if (!runs.empty() && runs.back().first + runs.back().count == row && runs.back().before == before &&
        runs.back().after == after)
        ++runs.back().count;
    else
        runs.push_back({row, 1, before, after});
}

std::uint64_t rowsIn(std::span<const store::ChangeRun> runs)
{
    std::uint64_t rows = 0;
    for (const auto &run : runs)
        rows += run.count;
    return rows;
}

std::string samplesText(std::uint64_t count)
{
    return fmt::format("{} {}", count, count == 1 ? "sample" : "samples");
}
} // namespace

void Workspace::Impl::setLabelsLocked(std::span<const store::ChangeRun> runs, bool after)
{
    for (const auto &run : runs)
        for (std::uint64_t row = run.first;
             row < std::min<std::uint64_t>(run.first + run.count, labels.size()); ++row)
            labels.set(row, after ? run.after : run.before);
}

void Workspace::Impl::setSelectionLocked(Rows rows)
{
    selection = rows ? std::move(rows) : std::make_shared<const std::vector<std::uint8_t>>();
    selected = static_cast<std::uint64_t>(
        std::count_if(selection->begin(), selection->end(), [](auto flag) { return flag != 0; }));
}

base::Result<> Workspace::Impl::storeStep(store::Step step, const std::function<void()> &takeBack)
{
    store::SessionId id = 0;
    {
        const std::lock_guard lock(mutex);
        id = info.id;
    }
    const auto shared = std::make_shared<const store::Step>(std::move(step));
    auto stored =
        onStore<store::History>([id, shared](store::SessionStore &store) -> base::Result<store::History> {
            STATESCAPE_CHECK(store.applyStep(id, *shared));
            return store.history(id);
        });
    {
        const std::lock_guard lock(mutex);
        if (stored)
            history = std::move(*stored);
        else
            takeBack(); // what the file refused must not look stored
    }
    publish();
    return stored ? base::Result<>() : stored.error();
}

base::Result<> Workspace::select(Rows rows, const std::string &what)
{
    if (!rows)
        rows = std::make_shared<const std::vector<std::uint8_t>>();
    auto *impl = m_impl.get();
    Rows before;
    store::SessionId id = 0;
    {
        const std::lock_guard lock(impl->mutex);
        before = impl->selection;
        if (sameRows(*before, *rows))
            return {};
        id = impl->info.id;
        impl->setSelectionLocked(rows);
        // Behind a sample that never was, memory and file count differently: what is selected is then not
        // worth a step.
        if (id == 0 || impl->readOnly || impl->recorder->dropped() != 0) {
            id = 0;
        } else {
            ++impl->history.undo;
            impl->history.redo = 0;
            impl->history.undoWhat = what;
            impl->history.redoWhat.clear();
        }
    }
    impl->publish();
    if (id == 0)
        return {};
    // Nobody waits for the disk to look at points.
    impl->recorder->run([impl, id, before, rows, what](store::SessionStore &store) -> base::Result<> {
        store::Step step;
        step.what = what;
        step.kind = store::StepKind::Select;
        step.selectedBefore = runsOf(*before);
        step.selectedAfter = runsOf(*rows);
        auto stored = store.applyStep(id, step);
        if (stored)
            return {};
        auto truth = store.history(id);
        if (truth) {
            const std::lock_guard lock(impl->mutex);
            impl->history = std::move(*truth);
        }
        impl->report(stored.error().in("keep the selection for undo"));
        return {};
    });
    return {};
}

base::Result<> Workspace::Impl::applyLabels(const std::string &what, std::vector<store::ChangeRun> runs)
{
    if (runs.empty())
        return {};
    // Rows are numbered as they are stored: behind a sample that never was, memory and file count
    // differently.
    if (const auto lost = recorder->dropped(); lost != 0)
        return base::fail(base::Code::Full,
                          std::to_string(lost) +
                              " samples could not be stored, so labels would land on others",
                          "make room, then close and open the session again");
    {
        const std::lock_guard lock(mutex);
        setLabelsLocked(runs, true);
    }
    publish();
    const auto count = rowsIn(runs);
    store::Step step;
    step.what = what;
    step.runs = runs;
    auto stored = storeStep(std::move(step), [this, &runs] { setLabelsLocked(runs, false); });
    return stored ? stored : stored.error().in("label " + samplesText(count));
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
    std::vector<store::ChangeRun> runs;
    {
        const std::lock_guard lock(m_impl->mutex);
        const std::size_t rows = std::min(selected.size(), m_impl->labels.size());
        for (std::size_t i = 0; i < rows; ++i) {
            if (selected[i] == 0)
                continue;
            const schema::Label before = m_impl->labels[i];
            const schema::Label after{polarity, keepClass ? before.classId : classId};
            if (!(before == after))
                addChange(runs, i, before, after);
        }
    }
    const std::uint64_t count = rowsIn(runs);
    std::string what = "label " + samplesText(count);
    if (polarity != schema::Polarity::None)
        what.append(" ").append(schema::polarityKey(polarity));
    if (!className.empty())
        what.append(": ").append(className);
    STATESCAPE_CHECK(m_impl->applyLabels(what, std::move(runs)));
    return count;
}

base::Result<std::uint64_t> Workspace::clearLabels(std::span<const std::uint8_t> selected)
{
    std::vector<store::ChangeRun> runs;
    {
        const std::lock_guard lock(m_impl->mutex);
        const std::size_t rows = std::min(selected.size(), m_impl->labels.size());
        for (std::size_t i = 0; i < rows; ++i)
            if (selected[i] != 0 && !m_impl->labels[i].empty())
                addChange(runs, i, m_impl->labels[i], {});
    }
    const std::uint64_t count = rowsIn(runs);
    STATESCAPE_CHECK(m_impl->applyLabels(fmt::format("clear {} {}", count, count == 1 ? "label" : "labels"),
                                         std::move(runs)));
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
    struct Travelled {
        std::optional<store::Step> step;
        store::History history;
        std::vector<std::string> classNames;
    };
    STATESCAPE_TRY(auto travelled,
                   onStore<Travelled>([id, back](store::SessionStore &store) -> base::Result<Travelled> {
                       Travelled out;
                       STATESCAPE_TRY(out.step, back ? store.undo(id) : store.redo(id));
                       STATESCAPE_TRY(out.history, store.history(id));
                       STATESCAPE_TRY(out.classNames, store.classNames());
                       return out;
                   }));
    if (!travelled.step)
        return std::string();
    const store::Step &step = *travelled.step;
    base::Result<> adopted;
    if (step.kind == store::StepKind::UseModel)
        adopted = adoptModel(step.modelAfter);
    {
        const std::lock_guard lock(mutex);
        history = std::move(travelled.history);
        if (step.kind == store::StepKind::UseModel && adopted)
            modelRef = step.modelAfter;
        classNames = std::move(travelled.classNames);
        if (step.kind == store::StepKind::Label)
            setLabelsLocked(step.runs, true);
        if (step.kind == store::StepKind::Select)
            setSelectionLocked(maskOf(step.selectedAfter, log ? log->rows() : 0));
    }
    publish();
    STATESCAPE_CHECK(adopted);
    return step.what;
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
    store::Step step;
    step.kind = store::StepKind::RenameClass;
    step.what = fmt::format("rename {} to {}", from, to);
    step.nameBefore = from;
    step.nameAfter = to;
    {
        const std::lock_guard lock(m_impl->mutex);
        auto &names = m_impl->classNames;
        const auto found = std::find(names.begin() + 1, names.end(), from);
        if (found == names.end())
            return base::fail(base::Code::NotFound, "there is no class '" + from + "'");
        step.classId = static_cast<std::uint16_t>(found - names.begin());
    }
    const auto id = step.classId;
    STATESCAPE_CHECK(m_impl->storeStep(std::move(step), [] {}));
    {
        const std::lock_guard lock(m_impl->mutex);
        if (id < m_impl->classNames.size())
            m_impl->classNames[id] = to;
    }
    m_impl->publish();
    return {};
}

base::Result<> Workspace::saveSelection(const std::string &name, const std::string &geometry)
{
    Rows rows;
    store::SavedSelection saved;
    {
        const std::lock_guard lock(m_impl->mutex);
        rows = m_impl->selection;
        saved.session = m_impl->info.id;
        if (m_impl->selected == 0)
            return base::fail(base::Code::InvalidArgument, "nothing is selected", "select samples first");
    }
    saved.name = name;
    saved.rows = runsOf(*rows);
    saved.geometry = geometry;
    saved.createdNs = base::realtimeNs();
    return m_impl->onStore<void>([&](store::SessionStore &store) { return store.saveSelection(saved); });
}

base::Result<std::vector<store::SavedSelection>> Workspace::savedSelections() const
{
    return m_impl->onStore<std::vector<store::SavedSelection>>(
        [](store::SessionStore &store) { return store.savedSelections(); });
}

base::Result<> Workspace::removeSelection(store::SessionId session, const std::string &name)
{
    return m_impl->onStore<void>(
        [&](store::SessionStore &store) { return store.removeSelection(session, name); });
}

} // namespace statescape::session
