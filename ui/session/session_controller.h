// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/workspace.h"
#include "ui/point_view/point_set.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <atomic>
#include <functional>

namespace statescape::ui {

using SnapshotPtr = std::shared_ptr<const session::Snapshot>;
using session::Workspace;

/// The one place where the window meets the workspace: takes snapshots at most 20 times a second, freezes the
/// picture, and hands selections, labels and questions on. @thread GUI
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

    /// One byte a row, never null, possibly shorter than the samples. The one selection every view shows.
    [[nodiscard]] RowMaskPtr selection() const { return m_selection; }
    [[nodiscard]] std::uint64_t selectedCount() const { return m_selectedCount; }
    /// A step of the history unless nothing changes. @param what for the history: "lasso" @param geometry
    /// JSON of how it was drawn, kept for saving it by name
    void select(RowMaskPtr mask, const QString &what, const QString &geometry = {});
    /// How the present selection was drawn; empty when it was not, or was combined from several.
    [[nodiscard]] QString geometry() const { return m_geometry; }
    void selectRows(std::uint64_t fromNs, std::uint64_t toNs, SelectionOp op);

    /// What the explanation compares with; the rest unless said otherwise. Asks again.
    void setAgainst(const Workspace::Against &against);
    [[nodiscard]] const Workspace::Against &against() const { return m_against; }
    /// Named selections of the file, of every session, oldest first.
    [[nodiscard]] const std::vector<store::SavedSelection> &savedSelections() const { return m_saved; }
    void saveSelection(const QString &name);
    void removeSelection(const store::SavedSelection &saved);
    /// Selects the rows saved. @pre of this session
    void recall(const store::SavedSelection &saved);
    /// The sample the keyboard or the table points at, in every view; -1: none.
    [[nodiscard]] std::int64_t cursorRow() const { return m_cursor; }
    void setCursorRow(std::int64_t row);

    /// Selects the next sample worth a look; wraps nothing: says so when there is none.
    void nextSuggestion(Workspace::Ask what);
    /// Leaves the suggested sample for good and goes to the next.
    void skipSuggestion();
    /// What was suggested last and why, for people; empty when the selection is something else by now.
    [[nodiscard]] QString suggestionText() const { return m_suggestionText; }
    /// Selects what lies as near to the selection as its samples to each other. @param reach see
    /// model::growToNeighbours
    void growSelection(double reach);
    /// Grows the selection and gives everything in it the label the first selected sample has.
    void labelAllLike();

    void label(schema::Polarity polarity, const QString &className, bool keepClass = false);
    void clearLabels();
    void undo();
    void redo();
    /// @return what undo() would take back, for people; empty: nothing.
    [[nodiscard]] QString undoText() const;
    [[nodiscard]] QString redoText() const;

    /// Ends a comparison that runs.
    void train(const model::TrainOptions &options);
    void cancelTraining();
    [[nodiscard]] bool isTraining() const { return m_training; }
    /// Trains with each of @p keys side by side; nothing is saved. Ends a training that runs. What only one
    /// algorithm takes (radius, neighbours, smallest state) is chosen.
    void compareAlgorithms(model::TrainOptions options, std::vector<std::string> keys);
    void cancelComparison();
    [[nodiscard]] bool isComparing() const { return m_comparing; }
    /// @return the newest comparison of this session; null without one.
    [[nodiscard]] std::shared_ptr<const std::vector<model::Compared>> comparison() const
    {
        return m_comparison;
    }
    /// Saves a compared model and makes it the one in use, as one step of the history. @return whether it
    /// worked; if not, problem() has said why
    bool adoptModel(const model::Model &model);
    [[nodiscard]] const Workspace::Explanation &explanation() const { return m_explanation; }

Q_SIGNALS:
    void sessionChanged(); ///< another session: everything is new
    void shownChanged();   ///< shown() is another snapshot
    void liveChanged();
    void frozenChanged(bool frozen);
    void selectionChanged();
    void savedSelectionsChanged();
    void cursorChanged(qint64 row);
    void suggestionChanged();       ///< suggestionText() is another
    void note(const QString &what); ///< something a person should read but need not act on
    void historyChanged();
    void explanationChanged(); ///< explanation() answers the selection now
    void labelled(const QString &what);
    void trainingProgress(double fraction, const QString &stage);
    void trainingFinished(bool ok);
    void comparisonProgress(double fraction, const QString &stage);
    void comparisonFinished(bool ok, const QString &error); ///< error: rich text, why not
    void modelAdopted();                                    ///< a compared model is the one in use now
    void alarmRaised();
    void problem(const statescape::base::Error &error);

private:
    void adopt(std::unique_ptr<Workspace> workspace);
    /// Closes the session; a file made for it that got nothing is removed. @param next file opened already
    void leave(const QString &next);
    [[nodiscard]] bool hasNothing() const;
    Workspace::Callbacks callbacks();
    void wake();
    void refresh();
    void updateShown();
    void takeSelection();
    void loadSaved();
    void showSuggestion();
    void endSuggestion();
    /// Runs on the GUI thread unless another session has come by then. Any thread.
    void later(std::function<void()> work);
    void askWhy();
    std::function<void(double, std::string_view)>
    progressTo(std::uint64_t job, void (SessionController::*signal)(double, const QString &));
    void endJobs(const QString &why);
    void afterLabel(const base::Result<std::uint64_t> &changed, const QString &what);

    std::shared_ptr<std::atomic<bool>> m_wakePending = std::make_shared<std::atomic<bool>>(false);
    std::unique_ptr<Workspace> m_workspace;
    QString m_made; ///< file made by create() and still worked on
    SnapshotPtr m_live, m_frozen, m_shown;
    RowMaskPtr m_selection = std::make_shared<RowMask>();
    std::uint64_t m_selectedCount = 0;
    Workspace::Explanation m_explanation;
    std::uint64_t m_ticket = 0;
    std::uint64_t m_epoch = 0; ///< grows with every session, so that answers for an older one are dropped
    std::uint64_t m_job =
        0; ///< grows with every training and session; a stale result never reaches the screen
    QString m_geometry;
    Workspace::Against m_against;
    std::vector<store::SavedSelection> m_saved;
    std::int64_t m_cursor = -1;
    struct Suggestions {
        Workspace::Ask what = Workspace::Ask::Uncertain;
        std::vector<model::Suggestion> list;
        std::size_t next = 0;             ///< to be shown
        const model::Model *by = nullptr; ///< the model they came from
    };
    Suggestions m_suggestions;
    RowMaskPtr m_suggested; ///< the selection a suggestion made
    QString m_suggestionText;
    QTimer m_refresh, m_why;
    QElapsedTimer m_sinceRefresh;
    bool m_training = false, m_comparing = false;
    std::shared_ptr<const std::vector<model::Compared>> m_comparison;
};

} // namespace statescape::ui
