// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/workspace.h"
#include "ui/point_view/point_set.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <QUndoStack>

#include <atomic>

namespace statescape::ui {

using SnapshotPtr = std::shared_ptr<const session::Snapshot>;
using session::Workspace;

/// The one place where the window meets the workspace: takes snapshots at most 20 times a second, freezes the
/// picture, holds the selection, and keeps one history of selections and labels. @thread GUI
class SessionController : public QObject {
    Q_OBJECT
public:
    explicit SessionController(QObject *parent = nullptr);
    ~SessionController() override;

    /// Replaces the session; the one before stays when this fails.
    base::Result<> create(const QString &file);
    base::Result<> open(const QString &file, store::SessionId id = 0);
    base::Result<> startLive(const source::HelperOptions &options);
    void stopLive();
    base::Result<> saveAs(const QString &file);
    [[nodiscard]] Workspace *workspace() const { return m_workspace.get(); }

    /// @return the newest snapshot; null without a session.
    [[nodiscard]] SnapshotPtr live() const { return m_live; }
    /// @return what the views show: the newest, or while frozen the frozen samples with today's labels and
    /// scores.
    [[nodiscard]] SnapshotPtr shown() const { return m_shown; }
    [[nodiscard]] bool isFrozen() const { return m_frozen != nullptr; }
    void setFrozen(bool frozen);
    /// @return samples collected since the picture was frozen.
    [[nodiscard]] std::uint64_t newerSamples() const;

    /// One byte a row, never null, possibly shorter than the samples.
    [[nodiscard]] RowMaskPtr selection() const { return m_selection; }
    [[nodiscard]] std::uint64_t selectedCount() const { return m_selectedCount; }
    /// A step of the history unless nothing changes. @param what for the history: "lasso"
    void select(RowMaskPtr mask, const QString &what);
    void selectRows(std::uint64_t fromNs, std::uint64_t toNs, SelectionOp op);

    void label(schema::Polarity polarity, const QString &className, bool keepClass = false);
    void clearLabels();
    void undo();
    void redo();
    /// @return what undo() would take back, for people; empty: nothing.
    [[nodiscard]] QString undoText() const;
    [[nodiscard]] QString redoText() const;

    void train(const model::TrainOptions &options);
    void cancelTraining();
    [[nodiscard]] bool isTraining() const { return m_training; }
    [[nodiscard]] const Workspace::Explanation &explanation() const { return m_explanation; }

Q_SIGNALS:
    void sessionChanged(); ///< another session: everything is new
    void shownChanged();   ///< shown() is another snapshot
    void liveChanged();
    void frozenChanged(bool frozen);
    void selectionChanged();
    void historyChanged();
    void explanationChanged(); ///< explanation() answers the selection now
    void labelled(const QString &what);
    void trainingProgress(double fraction, const QString &stage);
    void trainingFinished(bool ok);
    void alarmRaised();
    void problem(const statescape::base::Error &error);

private:
    friend class SelectStep;
    friend class LabelStep;
    void adopt(std::unique_ptr<Workspace> workspace);
    Workspace::Callbacks callbacks();
    void wake();
    void refresh();
    void updateShown();
    void setSelection(RowMaskPtr mask);
    void askWhy();
    void afterLabel(const base::Result<std::uint64_t> &changed, const QString &what);

    std::shared_ptr<std::atomic<bool>> m_wakePending = std::make_shared<std::atomic<bool>>(false);
    std::unique_ptr<Workspace> m_workspace;
    SnapshotPtr m_live, m_frozen, m_shown;
    RowMaskPtr m_selection = std::make_shared<RowMask>();
    std::uint64_t m_selectedCount = 0;
    Workspace::Explanation m_explanation;
    std::uint64_t m_ticket = 0;
    std::uint64_t m_epoch = 0; ///< grows with every session, so that answers for an older one are dropped
    std::uint64_t m_job =
        0; ///< grows with every training and session; a stale result never reaches the screen
    QUndoStack m_history;
    QTimer m_refresh, m_why;
    QElapsedTimer m_sinceRefresh;
    bool m_training = false;
};

} // namespace statescape::ui
