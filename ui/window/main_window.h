// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/session/session_controller.h"

#include <QMainWindow>

namespace statescape::ui {

class AlarmNotice;
class AxesDock;
class CommandSet;
class CompareDialog;
class FeaturesDock;
class HistogramsDock;
class LabelsDock;
class MessageBar;
class ModelDock;
class PicturePane;
class PlanKeeper;
class ProbeDialog;
class ProbesDock;
class RecordingDialog;
class SelectionDock;
class StatusLine;
class TableDock;
class TimelineDock;
class ToolBar;
class TrainingDock;

/// What the command line of the workbench asks for.
struct WorkbenchOptions {
    source::HelperOptions helper;
    bool planGiven = false; ///< helper.plan was asked for; else the plan is the one remembered
    bool live = true;       ///< record this machine when no file was named
};

/// The workbench's window: arranges the docks round the picture and wires the command table to them; it holds
/// no data of its own.
class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    explicit MainWindow(WorkbenchOptions options, QWidget *parent = nullptr);
    ~MainWindow() override;

    /// Opens a session file; a problem becomes a message and the session before stays. @return whether it
    /// opened
    bool openFile(const QString &file, store::SessionId id = 0);
    /// A new session file, recording at once. @param entity whom its samples are about
    bool newLiveSession(schema::EntityKind entity = schema::EntityKind::Host);
    /// Asks what a new recording is about.
    void askNew();
    bool saveAs(const QString &file);

    [[nodiscard]] SessionController &controller() const { return *m_controller; }
    [[nodiscard]] CommandSet &commandSet() const { return *m_commands; }
    [[nodiscard]] PlanKeeper &planKeeper() const { return *m_plan; }
    [[nodiscard]] PicturePane &picture() const { return *m_picture; }
    [[nodiscard]] TimelineDock &timeline() const { return *m_timeline; }
    [[nodiscard]] MessageBar &messages() const { return *m_messages; }
    [[nodiscard]] StatusLine &statusLine() const { return *m_status; }

protected:
    void closeEvent(QCloseEvent *event) override;
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    // main_window.cpp
    void makeDocks();
    void connectDocks();
    void arrange();
    void showPerspective(const QString &id);
    // main_window_commands.cpp
    void connectSessionCommands();
    void connectViewCommands();
    void connectSelectionCommands();
    void connectModelCommands();
    void connectProbes();
    void connectDigits();
    void updateCommands();
    void fillModelMenu();
    void selectWhere(const std::function<bool(std::size_t)> &wanted, const QString &what);
    void exportModel();
    void pointMenu(const QPoint &at);
    void showDetails(qint64 row);
    /// @param action "colour", "x", "y", "z" or "line"
    void featureAction(const QString &key, const QString &action);
    // main_window_session.cpp
    void setRecording(bool on);
    void leaveSession();
    void enteredSession();
    void updateTitle();
    void fillRecent();
    void fillSessions();
    void showProblem(const base::Error &error);
    /// Why the helper gives nothing, and what can be done.
    void showRefusal(const source::SourceStatus &status);
    void watchSource();
    void askOpen();
    void askSave(bool copy);

    SessionController *m_controller;
    PlanKeeper *m_plan;
    CommandSet *m_commands;
    MessageBar *m_messages;
    PicturePane *m_picture;
    ToolBar *m_tools;
    StatusLine *m_status;
    AlarmNotice *m_alarm;
    ProbesDock *m_probes;
    FeaturesDock *m_features;
    LabelsDock *m_labels;
    SelectionDock *m_selection;
    ModelDock *m_model;
    TrainingDock *m_training;
    CompareDialog *m_compare = nullptr;   ///< made when first asked for
    ProbeDialog *m_probeDialog = nullptr; ///< made when first asked for
    TimelineDock *m_timeline;
    TableDock *m_table;
    HistogramsDock *m_histograms;
    AxesDock *m_axes;
    QMenu *m_recentMenu = nullptr, *m_sessionsMenu = nullptr, *m_modelMenu = nullptr;
    std::shared_ptr<const schema::Schema> m_schema; ///< whose features the tool bar offers
    source::HelperState m_sourceState = source::HelperState::Starting;
};

} // namespace statescape::ui
