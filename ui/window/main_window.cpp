// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/main_window.h"

#include "ui/docks/axes_dock.h"
#include "ui/docks/features_dock.h"
#include "ui/docks/histograms_dock.h"
#include "ui/docks/labels_dock.h"
#include "ui/docks/model_dock.h"
#include "ui/docks/probes_dock.h"
#include "ui/docks/selection_dock.h"
#include "ui/docks/table_dock.h"
#include "ui/docks/timeline_dock.h"
#include "ui/docks/training_dock.h"
#include "ui/kit/message_bar.h"
#include "ui/kit/text.h"
#include "ui/picture/picture_pane.h"
#include "ui/session/plan_keeper.h"
#include "ui/window/alarm_notice.h"
#include "ui/window/command_table.h"
#include "ui/window/status_line.h"
#include "ui/window/tool_bar.h"

#include <QCloseEvent>
#include <QDragEnterEvent>
#include <QGridLayout>
#include <QLabel>
#include <QMimeData>
#include <QSettings>
#include <QStatusBar>

namespace statescape::ui {
namespace {
constexpr int kLayoutVersion = 2;
}

MainWindow::MainWindow(WorkbenchOptions options, QWidget *parent)
    : QMainWindow(parent)
    , m_controller(new SessionController(this))
    , m_plan(new PlanKeeper(*m_controller, std::move(options.helper), !options.planGiven, this))
    , m_commands(new CommandSet(this))
    , m_messages(new MessageBar)
    , m_picture(new PicturePane(*m_controller))
    , m_tools(new ToolBar(*m_commands))
    , m_status(new StatusLine(*m_controller))
{
    setWindowTitle(QStringLiteral("Statescape"));
    setAcceptDrops(true);
    setAnimated(false);
    setDockNestingEnabled(true);
    m_commands->fill(menuBar());
    auto *name = new QLabel(QStringLiteral("<b>Statescape</b>"));
    name->setContentsMargins(12, 0, 6, 0);
    menuBar()->setCornerWidget(name, Qt::TopLeftCorner);
    addToolBar(m_tools);
    auto *centre = new QWidget;
    centre->setObjectName(QStringLiteral("centre"));
    centre->setAttribute(Qt::WA_StyledBackground);
    auto *box = new QGridLayout(centre);
    box->setContentsMargins(1, 0, 1, 1);
    box->setSpacing(0);
    // Messages lie over the picture: one that comes or goes must not move the points under the pointer.
    box->addWidget(m_picture, 0, 0);
    box->addWidget(m_messages, 0, 0, Qt::AlignTop);
    setCentralWidget(centre);
    statusBar()->setSizeGripEnabled(false);
    statusBar()->addWidget(m_status, 1);
    m_alarm = new AlarmNotice(*m_controller, *m_messages, this);
    makeDocks();
    connectSessionCommands();
    connectViewCommands();
    connectSelectionCommands();
    connectModelCommands();
    connectProbes();
    connectDigits();
    arrange();
    connect(m_picture, &PicturePane::pictureChanged, this,
            [this] { m_status->setShown(m_picture->shownPoints()); });
    connect(m_controller, &SessionController::problem, this, &MainWindow::showProblem);
    connect(m_controller, &SessionController::liveChanged, this, &MainWindow::watchSource);
    connect(m_controller, &SessionController::note, this, [this](const QString &what) {
        m_messages->show(QStringLiteral("note"), MessageBar::Kind::Note, what.toHtmlEscaped(), {}, {}, 5000);
    });
    connect(m_messages, &MessageBar::heightChanged, m_picture, &PicturePane::setTopInset);
    connect(m_controller, &SessionController::labelled, this, [this](const QString &what) {
        m_messages->show(
            QStringLiteral("labelled"), MessageBar::Kind::Note, what.toHtmlEscaped(), tr("Undo"),
            [this] { m_commands->trigger(QStringLiteral("edit.undo")); }, 4000);
    });
    updateCommands();
    for (const QString &lost : m_plan->takeLost())
        m_messages->show(QStringLiteral("plan:") + lost, MessageBar::Kind::Warning,
                         tr("A probe of your own is left out: %1").arg(lost.toHtmlEscaped()));
}

MainWindow::~MainWindow()
{
    m_controller->disconnect(this);
}

void MainWindow::makeDocks()
{
    m_probes = new ProbesDock(*m_controller, *m_plan, this);
    m_features = new FeaturesDock(*m_controller, this);
    m_labels = new LabelsDock(*m_controller, this);
    m_selection = new SelectionDock(*m_controller, this);
    m_model = new ModelDock(*m_controller, this);
    m_training = new TrainingDock(*m_controller, this);
    m_timeline = new TimelineDock(*m_controller, *m_picture, this);
    setCorner(Qt::BottomLeftCorner, Qt::BottomDockWidgetArea);
    setCorner(Qt::BottomRightCorner, Qt::BottomDockWidgetArea);
    for (QDockWidget *dock : {static_cast<QDockWidget *>(m_probes), static_cast<QDockWidget *>(m_features),
                              static_cast<QDockWidget *>(m_labels)})
        addDockWidget(Qt::LeftDockWidgetArea, dock);
    for (QDockWidget *dock : {static_cast<QDockWidget *>(m_training), static_cast<QDockWidget *>(m_selection),
                              static_cast<QDockWidget *>(m_model)})
        addDockWidget(Qt::RightDockWidgetArea, dock);
    addDockWidget(Qt::BottomDockWidgetArea, m_timeline);
    m_table = new TableDock(*m_controller, this);
    m_histograms = new HistogramsDock(*m_controller, this);
    m_axes = new AxesDock(*m_controller, this);
    addDockWidget(Qt::BottomDockWidgetArea, m_table);
    tabifyDockWidget(m_timeline, m_table);
    m_timeline->raise();
    addDockWidget(Qt::LeftDockWidgetArea, m_histograms);
    addDockWidget(Qt::LeftDockWidgetArea, m_axes);
    for (QDockWidget *dock : {static_cast<QDockWidget *>(m_training),
                              static_cast<QDockWidget *>(m_histograms), static_cast<QDockWidget *>(m_axes)})
        dock->hide();
    connectDocks();
    QMenu *docks = m_commands->menu(QStringLiteral("view"))->addMenu(tr("&Docks"));
    for (QDockWidget *dock : findChildren<QDockWidget *>())
        docks->addAction(dock->toggleViewAction());
}

void MainWindow::connectDocks()
{
    connect(m_features, &FeaturesDock::lineWanted, m_timeline, &TimelineDock::showFeature);
    connect(m_features, &FeaturesDock::featureAction, this, &MainWindow::featureAction);
    connect(m_selection, &SelectionDock::featureAction, this, &MainWindow::featureAction);
    connect(m_selection, &SelectionDock::areaWanted, m_picture, &PicturePane::drawAgain);
    connect(m_selection, &SelectionDock::ruleWanted, this, [this](const model::Rule &rule) {
        if (const auto shown = m_controller->shown())
            selectWhere(
                [&rule, &samples = shown->samples](std::size_t row) { return rule.holds(samples.row(row)); },
                tr("select by rule"));
    });
    connect(m_table, &TableDock::rowActivated, this, &MainWindow::showDetails);
    connect(m_table, &TableDock::exported, this, [this](const QString &path, quint64 samples) {
        m_messages->show(QStringLiteral("export"), MessageBar::Kind::Note,
                         tr("%1 written to %2").arg(pluralText(samples, tr("sample")), path.toHtmlEscaped()),
                         {}, {}, 6000);
    });
    connect(m_axes, &AxesDock::arrowsWanted, m_picture, &PicturePane::setArrows);
    connect(m_axes, &AxesDock::command, m_commands, &CommandSet::trigger);
}

void MainWindow::arrange()
{
    const QSettings settings;
    if (!restoreGeometry(settings.value(QStringLiteral("window/geometry")).toByteArray()))
        resize(1600, 1000);
    resizeDocks({m_probes, m_selection}, {296, 340}, Qt::Horizontal);
    resizeDocks({m_timeline}, {218}, Qt::Vertical);
    if (!restoreState(settings.value(QStringLiteral("window/state")).toByteArray(), kLayoutVersion))
        showPerspective(QStringLiteral("view.observe"));
    m_commands->setChecked(
        settings.value(QStringLiteral("window/perspective"), QStringLiteral("view.observe")).toString() ==
                QLatin1String("view.observe")
            ? QStringLiteral("view.observe")
            : settings.value(QStringLiteral("window/perspective")).toString(),
        true);
}

void MainWindow::showPerspective(const QString &id)
{
    const bool observe = id == QLatin1String("view.observe"), label = id == QLatin1String("view.label");
    const bool train = id == QLatin1String("view.train");
    m_probes->setVisible(observe);
    m_features->setVisible(observe);
    m_labels->setVisible(observe || label || train);
    m_histograms->setVisible(label);
    m_axes->setVisible(train);
    m_selection->setVisible(observe || label);
    m_model->setVisible(observe);
    m_training->setVisible(train);
    m_timeline->setVisible(true);
    m_table->setVisible(label);
    m_timeline->raise();
    const int side = train ? 390 : 340;
    resizeDocks({m_labels}, {observe || label || train ? 296 : 210}, Qt::Horizontal);
    resizeDocks({train ? static_cast<QDockWidget *>(m_training) : static_cast<QDockWidget *>(m_selection)},
                {side}, Qt::Horizontal);
    resizeDocks({m_timeline}, {id == QLatin1String("view.watch") ? 300 : 218}, Qt::Vertical);
    if (observe) {
        resizeDocks({m_probes, m_features, m_labels}, {400, 200, 120}, Qt::Vertical);
        resizeDocks({m_selection, m_model}, {480, 170}, Qt::Vertical);
    }
    if (label)
        resizeDocks({m_labels, m_histograms}, {200, 420}, Qt::Vertical);
    if (train)
        resizeDocks({m_labels, m_axes}, {180, 440}, Qt::Vertical);
    QSettings().setValue(QStringLiteral("window/perspective"), id);
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    QSettings settings;
    settings.setValue(QStringLiteral("window/geometry"), saveGeometry());
    settings.setValue(QStringLiteral("window/state"), saveState(kLayoutVersion));
    leaveSession();
    event->accept();
}

void MainWindow::dragEnterEvent(QDragEnterEvent *event)
{
    if (event->mimeData()->hasUrls() && event->mimeData()->urls().first().isLocalFile())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent *event)
{
    event->acceptProposedAction();
    openFile(event->mimeData()->urls().first().toLocalFile());
}

} // namespace statescape::ui
