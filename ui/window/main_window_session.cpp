// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/recording_dialog.h"
#include "ui/kit/message_bar.h"
#include "ui/kit/text.h"
#include "ui/picture/picture_pane.h"
#include "ui/session/plan_keeper.h"
#include "ui/session/session_files.h"
#include "ui/window/command_table.h"
#include "ui/window/main_window.h"
#include "ui/window/tool_bar.h"

#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>

namespace statescape::ui {
namespace {
const std::string kViewNote = "camera";
constexpr std::uint64_t kRecordingWindowNs = 900'000'000'000;
} // namespace

bool MainWindow::openFile(const QString &file, store::SessionId id)
{
    const auto before = m_controller->live();
    if (before && QFileInfo(qt(before->file)) == QFileInfo(file) && id == 0) {
        m_messages->show(QStringLiteral("open"), MessageBar::Kind::Note,
                         tr("%1 is already open").arg(QFileInfo(file).fileName().toHtmlEscaped()), {}, {},
                         4000);
        return true;
    }
    const bool wasLive = before && before->live;
    const QString was = before ? qt(before->file) : QString();
    leaveSession();
    if (auto opened = m_controller->open(file, id); !opened) {
        m_messages->show(QStringLiteral("open"), MessageBar::Kind::Problem,
                         tr("%1 could not be opened: %2")
                             .arg(QFileInfo(file).fileName().toHtmlEscaped(), errorText(opened.error())));
        return false;
    }
    m_messages->close(QStringLiteral("open"));
    enteredSession();
    if (const auto live = m_controller->live(); live->samples.sharedSchema())
        m_plan->follow(live->samples.schema());
    if (wasLive)
        m_messages->show(QStringLiteral("kept"), MessageBar::Kind::Note,
                         tr("Recording stopped; the live session is kept in %1").arg(was.toHtmlEscaped()), {},
                         {}, 8000);
    return true;
}

void MainWindow::askNew()
{
    if (auto *open = findChild<RecordingDialog *>()) {
        open->raise();
        open->activateWindow();
        return;
    }
    auto *dialog = new RecordingDialog(*m_controller, *m_plan, this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &RecordingDialog::startWanted, this,
            [this](schema::EntityKind entity, quint64 intervalNs) {
                m_plan->setInterval(intervalNs);
                newLiveSession(entity);
            });
    dialog->open();
}

bool MainWindow::newLiveSession(schema::EntityKind entity)
{
    leaveSession();
    m_plan->begin(entity);
    const QString file = session_files::newFile();
    if (auto made = m_controller->create(file); !made) {
        showProblem(made.error().in(file.toStdString()));
        return false;
    }
    enteredSession();
    setRecording(true);
    return true;
}

bool MainWindow::saveAs(const QString &file)
{
    leaveSession();
    if (auto saved = m_controller->saveAs(file); !saved) {
        showProblem(saved.error());
        return false;
    }
    session_files::addRecent(file);
    updateTitle();
    m_messages->show(QStringLiteral("saved"), MessageBar::Kind::Note,
                     tr("Saved; the session goes on in %1").arg(file.toHtmlEscaped()), {}, {}, 5000);
    return true;
}

void MainWindow::setRecording(bool on)
{
    if (!on) {
        m_controller->stopLive();
    } else if (!m_controller->workspace()) {
        newLiveSession();
        return;
    } else if (auto started = m_controller->startLive(m_plan->options()); !started) {
        m_messages->show(QStringLiteral("source"), MessageBar::Kind::Problem, errorText(started.error()),
                         tr("Try again"), [this] { setRecording(true); });
    } else {
        m_messages->close(QStringLiteral("source"));
    }
    updateCommands();
}

void MainWindow::leaveSession()
{
    // Kept with the session, so that tomorrow's picture is today's.
    if (!m_controller->workspace())
        return;
    if (auto noted = m_controller->workspace()->setNote(kViewNote, m_picture->toText().toStdString()); !noted)
        showProblem(noted.error());
}

void MainWindow::enteredSession()
{
    m_sourceState = source::HelperState::Starting;
    m_messages->clear();
    const auto live = m_controller->live();
    session_files::addRecent(qt(live->file));
    if (auto note = m_controller->workspace()->note(kViewNote); note && *note) {
        m_picture->restore(qt(**note));
    } else {
        // A file never looked at here is shown whole, a recording by its last minutes.
        m_picture->setWindow(live->samples.rows() > 0 ? 0 : kRecordingWindowNs);
        m_picture->setColouring({live->model ? ColourBy::State : ColourBy::Label, {}});
    }
    updateTitle();
    updateCommands();
}

void MainWindow::updateTitle()
{
    const auto live = m_controller->live();
    setWindowTitle(live ? QStringLiteral("%1 — Statescape").arg(QFileInfo(qt(live->file)).fileName())
                        : QStringLiteral("Statescape"));
    setWindowFilePath(live ? qt(live->file) : QString());
}

void MainWindow::showProblem(const base::Error &error)
{
    m_messages->show(QStringLiteral("problem:") + qt(base::codeName(error.code)), MessageBar::Kind::Problem,
                     errorText(error));
}

void MainWindow::watchSource()
{
    updateCommands();
    const auto live = m_controller->live();
    if (!live)
        return;
    const auto &status = live->status;
    if (!live->live || status.state == m_sourceState)
        return;
    m_sourceState = status.state;
    const QString text = qt(status.text).toHtmlEscaped();
    switch (status.state) {
    case source::HelperState::Reduced: {
        const QString hint = qt(status.hint);
        m_messages->close(QStringLiteral("source"));
        m_messages->show(QStringLiteral("reduced"), MessageBar::Kind::Warning,
                         tr("<b>Reduced:</b> no eBPF, features from /proc and PSI only (%1). For all of "
                            "them: <code>%2</code>")
                             .arg(text, hint.toHtmlEscaped()),
                         hint.isEmpty() ? QString() : tr("Copy the command"),
                         [hint] { QApplication::clipboard()->setText(hint); });
        break;
    }
    case source::HelperState::Silent:
    case source::HelperState::Restarting:
        m_messages->show(QStringLiteral("source"), MessageBar::Kind::Warning, text);
        break;
    case source::HelperState::Failed:
        showRefusal(status);
        break;
    case source::HelperState::Running:
        m_messages->close(QStringLiteral("source"));
        m_messages->close(QStringLiteral("reduced"));
        break;
    case source::HelperState::Starting:
    case source::HelperState::Stopped:
        break;
    }
}

void MainWindow::showRefusal(const source::SourceStatus &status)
{
    const QString text = qt(status.text).toHtmlEscaped(), hint = qt(status.hint).toHtmlEscaped();
    if (!m_plan->perEntity() || m_controller->live()->samples.rows() > 0) {
        m_messages->show(QStringLiteral("source"), MessageBar::Kind::Problem,
                         QStringLiteral("%1 %2").arg(text, hint), tr("Try again"),
                         [this] { setRecording(true); });
        return;
    }
    // Each probe would say the same again.
    const auto at = std::size_t(schema::Probe::Scheduler);
    const bool one = at < status.probes.size() && !status.probes[at].reason.empty();
    const QString why = one ? tr("samples of processes and cgroups need the kernel probes (%1)")
                                  .arg(qt(status.probes[at].reason).toHtmlEscaped())
                            : text;
    m_messages->show(
        QStringLiteral("source"), MessageBar::Kind::Problem,
        tr("<b>No samples will come:</b> %1.%2 Recording (Ctrl+R) tries again; the whole machine can be "
           "recorded without.")
            .arg(why, hint.isEmpty() ? QString() : tr(" First: <code>%1</code>").arg(hint)),
        tr("Record the whole machine"), [this] { newLiveSession(); });
}

void MainWindow::askOpen()
{
    const QString file = QFileDialog::getOpenFileName(this, tr("Open a session"), session_files::lastFolder(),
                                                      session_files::kFilter);
    if (!file.isEmpty())
        openFile(file);
}

void MainWindow::askSave(bool copy)
{
    const auto live = m_controller->live();
    if (!live)
        return;
    QString file = QFileDialog::getSaveFileName(this, copy ? tr("Save a copy") : tr("Save the session as"),
                                                session_files::lastFolder() + QLatin1Char('/') +
                                                    QFileInfo(qt(live->file)).fileName(),
                                                session_files::kFilter);
    if (file.isEmpty())
        return;
    if (QFileInfo(file).suffix().isEmpty())
        file += QStringLiteral(".statescape");
    if (!copy) {
        saveAs(file);
    } else if (auto saved = m_controller->workspace()->saveCopy(file.toStdString()); !saved) {
        showProblem(saved.error());
    } else {
        m_messages->show(QStringLiteral("saved"), MessageBar::Kind::Note,
                         tr("A copy is in %1").arg(file.toHtmlEscaped()), {}, {}, 5000);
    }
}

void MainWindow::fillRecent()
{
    m_recentMenu->clear();
    for (const QString &file : session_files::recent())
        m_recentMenu->addAction(QFileInfo(file).fileName(), this, [this, file] { openFile(file); })
            ->setToolTip(file);
    m_recentMenu->setToolTipsVisible(true);
    if (m_recentMenu->isEmpty())
        m_recentMenu->addAction(tr("none yet"))->setEnabled(false);
    else
        m_recentMenu->addAction(tr("Forget these"), this, [] { session_files::clearRecent(); });
}

void MainWindow::fillSessions()
{
    m_sessionsMenu->clear();
    const auto live = m_controller->live();
    if (!live || !m_controller->workspace())
        return;
    const auto sessions = m_controller->workspace()->sessions();
    if (!sessions) {
        showProblem(sessions.error());
        return;
    }
    const auto now = m_controller->workspace()->sessionId();
    for (auto each = sessions->rbegin(); each != sessions->rend(); ++each) {
        if (each->samples == 0)
            continue;
        QAction *action = m_sessionsMenu->addAction(
            tr("%1 · %2, %3 · %4")
                .arg(localTime(each->anchor, each->firstNs, QStringLiteral("yyyy-MM-dd HH:mm:ss")),
                     durationText(each->lastNs - each->firstNs), pluralText(each->samples, tr("sample")),
                     qt(each->host)),
            this, [this, file = qt(live->file), id = each->id] { openFile(file, id); });
        action->setCheckable(true);
        action->setChecked(each->id == now);
        action->setEnabled(each->id != now);
    }
    if (m_sessionsMenu->isEmpty())
        m_sessionsMenu->addAction(tr("none with samples yet"))->setEnabled(false);
}

} // namespace statescape::ui
