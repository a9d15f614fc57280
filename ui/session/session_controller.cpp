// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/session/session_controller.h"

#include "ui/kit/text.h"
#include "ui/models/row_selection.h"

#include <QFile>

#include <algorithm>
#include <utility>

namespace statescape::ui {
namespace {
constexpr int kRefreshMs = 50;
constexpr int kWhyMs = 120;

} // namespace

SessionController::SessionController(QObject *parent)
    : QObject(parent)
{
    m_refresh.setSingleShot(true);
    m_why.setSingleShot(true);
    connect(&m_refresh, &QTimer::timeout, this, &SessionController::refresh);
    connect(&m_why, &QTimer::timeout, this, &SessionController::askWhy);
    m_sinceRefresh.start();
}

SessionController::~SessionController()
{
    leave({});
}

bool SessionController::hasNothing() const
{
    const auto sessions = m_workspace->sessions();
    const auto models = m_workspace->models();
    return sessions && models && models->empty() &&
           std::ranges::all_of(*sessions, [](const auto &each) { return each.samples == 0; });
}

void SessionController::leave(const QString &next)
{
    QString empty;
    if (m_workspace && !m_made.isEmpty()) {
        m_workspace->stopLive();
        if (m_made != next && hasNothing())
            empty = m_made;
    }
    m_workspace.reset();
    if (m_made != next)
        m_made.clear();
    if (!empty.isEmpty())
        for (const char *part : {"", "-wal", "-shm"})
            QFile::remove(empty + QLatin1String(part));
}

Workspace::Callbacks SessionController::callbacks()
{
    // The callbacks run on the workspace's threads; the guard keeps one wake-up in the queue at most.
    auto pending = m_wakePending = std::make_shared<std::atomic<bool>>(false);
    return {[this, pending] {
                if (!pending->exchange(true))
                    QMetaObject::invokeMethod(this, &SessionController::wake, Qt::QueuedConnection);
            },
            [this](const base::Error &error) {
                QMetaObject::invokeMethod(
                    this, [this, error] { Q_EMIT problem(error); }, Qt::QueuedConnection);
            }};
}

base::Result<> SessionController::create(const QString &file)
{
    auto before = m_wakePending;
    auto made = Workspace::create(file.toStdString(), callbacks());
    if (!made) {
        m_wakePending = before;
        return made.error();
    }
    adopt(std::move(*made));
    m_made = qt(m_live->file);
    return {};
}

base::Result<> SessionController::open(const QString &file, store::SessionId id)
{
    auto before = m_wakePending;
    // The same file again: what was done last is still on its way there. A failure shows when it is next
    // written to.
    if (m_workspace)
        (void)m_workspace->flush().has_value();
    auto opened = Workspace::open(file.toStdString(), callbacks(), id);
    if (!opened) {
        m_wakePending = before;
        return opened.error();
    }
    adopt(std::move(*opened));
    return {};
}

void SessionController::adopt(std::unique_ptr<Workspace> workspace)
{
    ++m_epoch;
    ++m_job;
    leave(qt(workspace->snapshot()->file));
    m_frozen.reset();
    m_training = m_comparing = false;
    m_comparison.reset();
    m_against = {};
    m_cursor = -1;
    m_suggestions = {};
    m_workspace = std::move(workspace);
    m_live = m_workspace->snapshot();
    m_shown = m_live;
    m_geometry.clear();
    takeSelection();
    loadSaved();
    Q_EMIT cursorChanged(m_cursor);
    Q_EMIT sessionChanged();
    Q_EMIT frozenChanged(false);
    Q_EMIT liveChanged();
    Q_EMIT shownChanged();
    Q_EMIT historyChanged();
}

base::Result<> SessionController::startLive(const source::HelperOptions &options)
{
    if (!m_workspace)
        return base::fail(base::Code::NotFound, "there is no session to record into", "make a new one first");
    return m_workspace->startLive(options);
}

void SessionController::stopLive()
{
    if (m_workspace)
        m_workspace->stopLive();
}

base::Result<> SessionController::saveAs(const QString &file)
{
    if (!m_workspace)
        return base::fail(base::Code::NotFound, "there is no session to save");
    const QString made = std::exchange(m_made, {});
    STATESCAPE_CHECK(m_workspace->saveAs(file.toStdString()));
    if (!made.isEmpty() && hasNothing())
        QFile::remove(made);
    refresh();
    return {};
}

void SessionController::wake()
{
    if (m_refresh.isActive())
        return;
    m_refresh.start(std::max(0, kRefreshMs - int(m_sinceRefresh.elapsed())));
}

void SessionController::refresh()
{
    m_wakePending->store(false);
    m_sinceRefresh.restart();
    if (!m_workspace)
        return;
    SnapshotPtr before = m_live;
    m_live = m_workspace->snapshot();
    if (!m_live || (before && before->generation == m_live->generation))
        return;
    // Recording may begin another session in the same file; rows then mean other samples.
    if (before && before->samples.rows() > 0 &&
        (m_live->samples.rows() < before->samples.rows() ||
         m_live->samples.timeNs(0) != before->samples.timeNs(0))) {
        m_frozen.reset();
        setCursorRow(-1);
        loadSaved();
        Q_EMIT frozenChanged(false);
    }
    const bool alarm =
        m_live->alarm && !(before && before->alarm && before->alarm->raisedNs == m_live->alarm->raisedNs);
    Q_EMIT liveChanged();
    updateShown();
    if (m_selection != m_live->selection)
        takeSelection();
    if (before &&
        (before->history.undo != m_live->history.undo || before->history.redo != m_live->history.redo ||
         before->history.undoWhat != m_live->history.undoWhat))
        Q_EMIT historyChanged();
    if (alarm)
        Q_EMIT alarmRaised();
}

void SessionController::updateShown()
{
    if (!m_frozen) {
        m_shown = m_live;
    } else {
        // Samples and axes stand still; labels, model and source are those of now. Longer vectors are fine:
        // rows() rules.
        auto shown = std::make_shared<session::Snapshot>(*m_live);
        shown->samples = m_frozen->samples;
        shown->projection = m_frozen->projection;
        shown->axes = m_frozen->axes;
        shown->axesFittedNs = m_frozen->axesFittedNs;
        shown->coordinates = m_frozen->coordinates;
        shown->pictureAxes = m_frozen->pictureAxes;
        shown->map = m_frozen->map;
        m_shown = std::move(shown);
    }
    Q_EMIT shownChanged();
}

void SessionController::setFrozen(bool frozen)
{
    if (frozen == isFrozen() || !m_live)
        return;
    m_frozen = frozen ? m_live : nullptr;
    Q_EMIT frozenChanged(frozen);
    updateShown();
}

std::uint64_t SessionController::newerSamples() const
{
    return m_frozen && m_live ? m_live->samples.rows() - m_frozen->samples.rows() : 0;
}

void SessionController::select(RowMaskPtr mask, const QString &what, const QString &geometry)
{
    if (!m_workspace)
        return;
    if (!mask)
        mask = std::make_shared<RowMask>();
    const RowMaskPtr before = m_selection;
    if (auto selected = m_workspace->select(std::move(mask), what.toStdString()); !selected)
        Q_EMIT problem(selected.error());
    refresh();
    if (m_selection != before)
        m_geometry = geometry;
}

void SessionController::selectRows(std::uint64_t fromNs, std::uint64_t toNs, SelectionOp op)
{
    if (!m_shown)
        return;
    const auto &samples = m_shown->samples;
    RowMask made(samples.rows(), std::uint8_t{0});
    const std::size_t first = samples.lowerBound(fromNs), end = samples.lowerBound(toNs + 1);
    if (first < end)
        std::fill(made.begin() + std::ptrdiff_t(first), made.begin() + std::ptrdiff_t(end), std::uint8_t{1});
    select(combined(*m_selection, made, op, made.size()), tr("select an interval"));
}

void SessionController::takeSelection()
{
    m_selection = m_live->selection;
    m_selectedCount = m_live->selected;
    m_geometry.clear();
    m_explanation = {};
    m_ticket = 0;
    if (m_suggested && m_selection != m_suggested)
        endSuggestion();
    Q_EMIT selectionChanged();
    if (m_selectedCount > 0)
        m_why.start(kWhyMs);
    else
        m_why.stop();
}

void SessionController::later(std::function<void()> work)
{
    QMetaObject::invokeMethod(
        this,
        [this, epoch = m_epoch, work = std::move(work)] {
            if (epoch == m_epoch)
                work();
        },
        Qt::QueuedConnection);
}

void SessionController::setCursorRow(std::int64_t row)
{
    if (row == m_cursor || (row >= 0 && (!m_live || std::uint64_t(row) >= m_live->samples.rows())))
        return;
    m_cursor = row;
    Q_EMIT cursorChanged(row);
}

void SessionController::label(schema::Polarity polarity, const QString &className, bool keepClass)
{
    if (!m_workspace || m_selectedCount == 0)
        return;
    const QString name = className.isEmpty() ? qt(schema::polarityKey(polarity)) : className;
    afterLabel(m_workspace->label(*m_selection, polarity, className.toStdString(), keepClass),
               tr("label %1").arg(name));
}

void SessionController::clearLabels()
{
    if (m_workspace && m_selectedCount > 0)
        afterLabel(m_workspace->clearLabels(*m_selection), tr("clear labels"));
}

void SessionController::afterLabel(const base::Result<std::uint64_t> &changed, const QString &what)
{
    if (!changed) {
        Q_EMIT problem(changed.error());
        return;
    }
    if (*changed == 0)
        return;
    Q_EMIT labelled(tr("%1: %2").arg(what, pluralText(*changed, tr("sample"))));
    refresh();
}

void SessionController::undo()
{
    if (m_workspace)
        if (auto undone = m_workspace->undo(); !undone)
            Q_EMIT problem(undone.error());
    refresh();
}

void SessionController::redo()
{
    if (m_workspace)
        if (auto redone = m_workspace->redo(); !redone)
            Q_EMIT problem(redone.error());
    refresh();
}

QString SessionController::undoText() const
{
    return m_live && m_live->history.undo > 0 ? qt(m_live->history.undoWhat) : QString();
}

QString SessionController::redoText() const
{
    return m_live && m_live->history.redo > 0 ? qt(m_live->history.redoWhat) : QString();
}

} // namespace statescape::ui
