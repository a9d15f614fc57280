// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/axes_dock.h"
#include "ui/docks/compare_dialog.h"
#include "ui/docks/features_dock.h"
#include "ui/docks/histograms_dock.h"
#include "ui/docks/labels_dock.h"
#include "ui/docks/model_dock.h"
#include "ui/docks/model_words.h"
#include "ui/docks/probe_dialog.h"
#include "ui/docks/probes_dock.h"
#include "ui/docks/sample_details.h"
#include "ui/docks/selection_dock.h"
#include "ui/docks/table_dock.h"
#include "ui/docks/timeline_dock.h"
#include "ui/docks/training_dock.h"
#include "ui/kit/message_bar.h"
#include "ui/kit/text.h"
#include "ui/picture/picture_pane.h"
#include "ui/session/plan_keeper.h"
#include "ui/session/session_files.h"
#include "ui/strip/time_strip.h"
#include "ui/window/alarm_notice.h"
#include "ui/window/command_table.h"
#include "ui/window/main_window.h"
#include "ui/window/shortcut_sheet.h"
#include "ui/window/tool_bar.h"

#include <QComboBox>
#include <QFileDialog>
#include <QMessageBox>
#include <QSaveFile>
#include <QSettings>
#include <QShortcut>

#include <algorithm>
#include <array>

namespace statescape::ui {

void MainWindow::connectSessionCommands()
{
    auto &c = *m_commands;
    c.on(QStringLiteral("session.new"), [this] { askNew(); });
    c.on(QStringLiteral("session.open"), [this] { askOpen(); });
    c.onToggled(QStringLiteral("session.record"), [this](bool on) { setRecording(on); });
    c.on(QStringLiteral("session.save"), [this] { askSave(false); });
    c.on(QStringLiteral("session.copy"), [this] { askSave(true); });
    c.on(QStringLiteral("session.quit"), [this] { close(); });
    c.on(QStringLiteral("edit.undo"), [this] { m_controller->undo(); });
    c.on(QStringLiteral("edit.redo"), [this] { m_controller->redo(); });
    c.on(QStringLiteral("help.keys"), [this] { showShortcutSheet(this); });
    c.on(QStringLiteral("help.about"), [this] {
        QMessageBox::about(this, tr("About Statescape"),
                           tr("<b>Statescape %1</b><br>Kernel behaviour as points you can look at, name and "
                              "watch for.<br><br>"
                              "GPL-3.0-or-later. Uses Qt, QCustomPlot, Eigen, SQLite and libbpf.")
                               .arg(QStringLiteral(STATESCAPE_VERSION)));
    });
    QMenu *menu = c.menu(QStringLiteral("session"));
    m_recentMenu = new QMenu(tr("Open &recent"), this);
    menu->insertMenu(c.action(QStringLiteral("session.record")), m_recentMenu);
    connect(m_recentMenu, &QMenu::aboutToShow, this, &MainWindow::fillRecent);
    m_sessionsMenu = new QMenu(tr("S&essions in this file"), this);
    menu->insertMenu(c.action(QStringLiteral("session.record")), m_sessionsMenu);
    connect(m_sessionsMenu, &QMenu::aboutToShow, this, &MainWindow::fillSessions);
    connect(m_controller, &SessionController::historyChanged, this, &MainWindow::updateCommands);
}

void MainWindow::connectViewCommands()
{
    auto &c = *m_commands;
    PointView *view = m_picture->view();
    c.onToggled(QStringLiteral("view.freeze"), [this](bool on) { m_controller->setFrozen(on); });
    c.onToggled(QStringLiteral("view.live"), [this, view](bool) {
        m_controller->setFrozen(false);
        view->fit();
        updateCommands();
    });
    c.on(QStringLiteral("view.2d"), [view] { view->setMode(ViewMode::TwoD); });
    c.on(QStringLiteral("view.3d"), [view] { view->setMode(ViewMode::ThreeD); });
    c.on(QStringLiteral("view.fit"), [view] { view->fit(); });
    c.on(QStringLiteral("view.fit-selection"), [view] { view->fitSelection(); });
    c.on(QStringLiteral("view.reset"), [view] { view->reset(); });
    c.onToggled(QStringLiteral("view.pin"), [this](bool on) {
        if (m_controller->workspace())
            m_controller->workspace()->setAxesPinned(on);
    });
    c.on(QStringLiteral("view.refit"), [this] {
        if (m_controller->workspace())
            m_controller->workspace()->refitAxes();
    });
    for (const char *id : {"view.observe", "view.label", "view.train", "view.watch"})
        c.on(QString::fromLatin1(id), [this, id] { showPerspective(QString::fromLatin1(id)); });
    c.onToggled(QStringLiteral("view.ortho"),
                [view](bool on) { view->setLens(on ? Lens::Orthographic : Lens::Perspective); });
    const std::pair<const char *, DepthCue> cues[] = {{"view.cue-none", DepthCue::None},
                                                      {"view.cue-fog", DepthCue::Fog},
                                                      {"view.cue-edl", DepthCue::EyeDome}};
    for (const auto &[id, cue] : cues)
        c.on(QString::fromLatin1(id), [this, cue = cue] { m_picture->setDepthCue(cue); });
    c.onToggled(QStringLiteral("view.density"), [this, view](bool on) {
        view->setDensity(on ? PointView::Density::On : PointView::Density::Off);
        updateCommands();
    });
    c.onToggled(QStringLiteral("view.density-auto"), [this, view](bool on) {
        view->setDensity(on                     ? PointView::Density::Automatic
                         : view->densityShown() ? PointView::Density::On
                                                : PointView::Density::Off);
        updateCommands();
    });
    connect(view, &PointView::densityShownChanged, this, &MainWindow::updateCommands);
    c.onToggled(QStringLiteral("view.arrows"), [this](bool on) { m_picture->setArrows(on); });
    c.on(QStringLiteral("view.principal"), [this] {
        if (m_controller->workspace())
            m_controller->workspace()->setPictureAxes(session::kPrincipalAxes);
    });
    c.onToggled(QStringLiteral("view.animate"), [view](bool on) {
        view->setAnimated(on);
        QSettings().setValue(QStringLiteral("view/animate"), on);
    });
    const bool animate = QSettings().value(QStringLiteral("view/animate"), true).toBool();
    view->setAnimated(animate);
    c.setChecked(QStringLiteral("view.animate"), animate);
    c.on(QStringLiteral("view.details"), [this] { showDetails(m_controller->cursorRow()); });
    connect(view, &PointView::rowActivated, this, &MainWindow::showDetails);
    connect(m_tools, &ToolBar::colouringChosen, m_picture, &PicturePane::setColouring);
    connect(m_tools, &ToolBar::windowChosen, m_picture, &PicturePane::setWindow);
    connect(m_picture, &PicturePane::settingsChanged, this, &MainWindow::updateCommands);
    connect(m_controller, &SessionController::frozenChanged, this, &MainWindow::updateCommands);
    m_tools->setColouring(m_picture->colouring());
    m_tools->setWindow(m_picture->window());
}

void MainWindow::showDetails(qint64 row)
{
    const auto shown = m_controller->shown();
    if (!shown || shown->samples.rows() == 0)
        return;
    if (row < 0)
        row = qint64(shown->samples.rows()) - 1;
    m_controller->setCursorRow(row);
    showSampleDetails(this, *m_controller, row);
}

void MainWindow::featureAction(const QString &key, const QString &action)
{
    const auto shown = m_controller->shown();
    if (!shown || !shown->samples.sharedSchema())
        return;
    const auto &features = shown->samples.schema().features();
    const auto at = std::find_if(features.begin(), features.end(),
                                 [&](const auto &feature) { return qt(feature.key) == key; });
    if (at == features.end())
        return;
    if (action == QLatin1String("colour"))
        m_picture->setColouring({ColourBy::Feature, at->key});
    else if (action == QLatin1String("line"))
        m_timeline->showFeature(key);
    else if (const auto axis = QStringLiteral("xyz").indexOf(action); axis >= 0)
        m_picture->setAxis(std::size_t(axis),
                           {session::AxisSource::Kind::Feature, int(at - features.begin())});
}

void MainWindow::connectSelectionCommands()
{
    auto &c = *m_commands;
    PointView *view = m_picture->view();
    const std::pair<const char *, PointView::Tool> tools[] = {
        {"select.pan", PointView::Tool::Move},
        {"select.lasso", PointView::Tool::Lasso},
        {"select.rectangle", PointView::Tool::Rectangle},
        {"select.polygon", PointView::Tool::Polygon},
        {"select.brush", PointView::Tool::Brush}};
    for (const auto &[id, tool] : tools)
        c.on(QString::fromLatin1(id), [view, tool = tool] { view->setTool(tool); });
    connect(view, &PointView::toolChanged, this, [this](PointView::Tool tool) {
        constexpr std::array ids{"select.pan", "select.lasso", "select.rectangle", "select.polygon",
                                 "select.brush"};
        m_commands->setChecked(QString::fromLatin1(ids[std::size_t(tool)]), true);
    });
    constexpr std::array ops{"select.replace", "select.add", "select.subtract", "select.intersect"};
    for (std::size_t op = 0; op < ops.size(); ++op)
        c.on(QString::fromLatin1(ops[op]), [view, op] { view->setSelectionOp(SelectionOp(op)); });
    c.setChecked(QStringLiteral("select.replace"), true);
    c.on(QStringLiteral("select.keep"), [this] {
        m_selection->show();
        m_selection->startSaving();
    });
    c.on(QStringLiteral("select.grow"), [this] { m_controller->growSelection(1); });
    c.on(QStringLiteral("label.like"), [this] { m_controller->labelAllLike(); });
    c.on(QStringLiteral("label.uncertain"),
         [this] { m_controller->nextSuggestion(Workspace::Ask::Uncertain); });
    c.on(QStringLiteral("label.suspect"), [this] { m_controller->nextSuggestion(Workspace::Ask::Suspect); });
    c.on(QStringLiteral("label.skip"), [this] { m_controller->skipSuggestion(); });
    connect(m_controller, &SessionController::suggestionChanged, this, &MainWindow::updateCommands);
    view->setTool(PointView::Tool::Lasso);
    c.setChecked(QStringLiteral("select.lasso"), true);
    connect(view, &PointView::menuRequested, this, &MainWindow::pointMenu);

    c.on(QStringLiteral("select.all"),
         [this] { selectWhere([](std::size_t) { return true; }, tr("select all")); });
    c.on(QStringLiteral("select.none"),
         [this] { m_controller->select(std::make_shared<RowMask>(), tr("select nothing")); });
    c.on(QStringLiteral("select.invert"), [this] {
        const auto before = m_controller->selection();
        selectWhere([before](std::size_t i) { return i >= before->size() || (*before)[i] == 0; },
                    tr("invert the selection"));
    });
    c.on(QStringLiteral("select.unlabelled"), [this] {
        const auto shown = m_controller->shown();
        selectWhere(
            [shown](std::size_t i) {
                return !shown->labels || i >= shown->labels->size() || (*shown->labels)[i].empty();
            },
            tr("select unlabelled"));
    });
    c.on(QStringLiteral("select.unknown"), [this] {
        const auto shown = m_controller->shown();
        selectWhere(
            [shown](std::size_t i) {
                return shown->scores && i < shown->scores->size() && (*shown->scores)[i].cluster < 0;
            },
            tr("select unknown"));
    });
    c.on(QStringLiteral("select.find"), [this] { m_features->focusSearch(); });
    c.on(QStringLiteral("label.positive"), [this] { m_selection->label(schema::Polarity::Positive); });
    c.on(QStringLiteral("label.negative"), [this] { m_selection->label(schema::Polarity::Negative); });
    c.on(QStringLiteral("label.clear"), [this] { m_controller->clearLabels(); });
    c.on(QStringLiteral("edit.class"), [this] {
        m_selection->show();
        m_selection->classBox()->setFocus(Qt::ShortcutFocusReason);
    });
    connect(m_selection, &SelectionDock::labelCommand, m_commands, &CommandSet::trigger);
    connect(m_controller, &SessionController::selectionChanged, this, &MainWindow::updateCommands);
}

void MainWindow::selectWhere(const std::function<bool(std::size_t)> &wanted, const QString &what)
{
    const auto shown = m_controller->shown();
    if (!shown)
        return;
    auto mask = std::make_shared<RowMask>(shown->samples.rows(), std::uint8_t{0});
    for (std::size_t i = m_picture->first(); i < mask->size(); ++i)
        (*mask)[i] = wanted(i) ? 1 : 0;
    m_controller->select(mask, what);
}

void MainWindow::connectModelCommands()
{
    auto &c = *m_commands;
    const auto options = [this] {
        model::TrainOptions options = m_training->options();
        const auto shown = m_controller->shown();
        if (shown && shown->samples.sharedSchema() && !m_features->model()->leftOut().isEmpty())
            for (const auto &feature : shown->samples.schema().features())
                if ((options.includeLevels || feature.kind != schema::FeatureKind::Level) &&
                    !m_features->model()->isLeftOut(qt(feature.key)))
                    options.features.push_back(feature.key);
        return options;
    };
    c.on(QStringLiteral("model.train"), [this, options] { m_controller->train(options()); });
    c.on(QStringLiteral("model.compare"), [this, options] {
        if (!m_compare)
            m_compare = new CompareDialog(*m_controller, options, this);
        m_compare->show();
        m_compare->raise();
        m_compare->activateWindow();
    });
    c.on(QStringLiteral("model.cancel"), [this] {
        m_controller->cancelTraining();
        m_controller->cancelComparison();
    });
    c.on(QStringLiteral("model.export"), [this] { exportModel(); });
    c.on(QStringLiteral("watch.alarm"), [this] {
        if (m_alarm->editRule(this))
            m_timeline->strip()->setAlarmThreshold(double(m_alarm->rule().abnormality));
    });
    c.onToggled(QStringLiteral("watch.notify"), [this](bool on) { m_alarm->setNotify(on); });
    c.setChecked(QStringLiteral("watch.notify"), true);
    m_timeline->strip()->setAlarmThreshold(double(m_alarm->rule().abnormality));
    m_modelMenu = c.menu(QStringLiteral("model"))->addMenu(tr("&Use model"));
    connect(m_modelMenu, &QMenu::aboutToShow, this, &MainWindow::fillModelMenu);
    connect(m_model, &ModelDock::command, m_commands, &CommandSet::trigger);
    connect(m_training, &TrainingDock::command, m_commands, &CommandSet::trigger);
    connect(m_controller, &SessionController::trainingProgress, this, &MainWindow::updateCommands);
    connect(m_controller, &SessionController::comparisonProgress, this, &MainWindow::updateCommands);
    connect(m_controller, &SessionController::comparisonFinished, this, &MainWindow::updateCommands);
    connect(m_controller, &SessionController::modelAdopted, this, [this] {
        m_picture->setColouring({ColourBy::State, {}});
        updateCommands();
    });
    connect(m_controller, &SessionController::trainingFinished, this, [this](bool ok) {
        const auto live = m_controller->live();
        // A model that has just come is what the user wants to see.
        if (ok)
            m_picture->setColouring({ColourBy::State, {}});
        updateCommands();
        if (ok && live && live->model)
            m_messages->show(QStringLiteral("trained"), MessageBar::Kind::Note,
                             tr("Trained <b>%1</b>: %2")
                                 .arg(qt(live->model->name()).toHtmlEscaped(), modelFacts(*live->model)),
                             {}, {}, 10000);
    });
}

void MainWindow::connectProbes()
{
    connect(m_plan, &PlanKeeper::restartWanted, this, [this] { setRecording(true); });
    connect(m_probes, &ProbesDock::addWanted, this,
            [this] { m_commands->trigger(QStringLiteral("session.probes")); });
    m_commands->on(QStringLiteral("session.probes"), [this] {
        if (m_plan->perEntity()) {
            m_messages->show(
                QStringLiteral("perEntity"), MessageBar::Kind::Note,
                tr("Samples of processes and cgroups come from a fixed set of probes. Others, and "
                   "your own, count for the whole machine: begin a recording of it."),
                tr("New recording…"), [this] { askNew(); });
            return;
        }
        if (!m_probeDialog)
            m_probeDialog = new ProbeDialog(*m_controller, *m_plan, this);
        else if (!m_probeDialog->isVisible())
            m_probeDialog->begin();
        m_probeDialog->show();
        m_probeDialog->raise();
        m_probeDialog->activateWindow();
    });
}

void MainWindow::fillModelMenu()
{
    m_modelMenu->clear();
    if (!m_controller->workspace())
        return;
    const auto live = m_controller->live();
    auto models = m_controller->workspace()->models();
    if (!models) {
        showProblem(models.error());
        return;
    }
    const auto add = [this](const QString &text, const QString &name, bool on) {
        QAction *action = m_modelMenu->addAction(text, this, [this, name] {
            if (auto used = m_controller->workspace()->useModel(name.toStdString()); !used)
                showProblem(used.error());
        });
        action->setCheckable(true);
        action->setChecked(on);
    };
    add(tr("none"), QString(), !live || !live->model);
    for (const auto &model : *models)
        add(tr("%1 (%2 states)").arg(qt(model.name)).arg(model.states.size()), qt(model.name),
            live && live->model && live->model->name() == model.name);
}

void MainWindow::exportModel()
{
    const auto live = m_controller->live();
    if (!live || !live->model)
        return;
    QString file = QFileDialog::getSaveFileName(this, tr("Export the model"),
                                                session_files::lastFolder() + QLatin1Char('/') +
                                                    qt(live->model->name()) + QStringLiteral(".json"),
                                                tr("Model (*.json)"));
    if (file.isEmpty())
        return;
    if (!file.endsWith(QLatin1String(".json")))
        file += QStringLiteral(".json");
    const std::string text = live->model->toJson();
    QSaveFile out(file);
    if (!out.open(QIODevice::WriteOnly) ||
        out.write(text.data(), qint64(text.size())) != qint64(text.size()) || !out.commit()) {
        m_messages->show(QStringLiteral("export"), MessageBar::Kind::Problem,
                         tr("The model could not be written to %1: %2 · choose another folder")
                             .arg(file.toHtmlEscaped(), out.errorString().toHtmlEscaped()));
        return;
    }
    m_messages->show(QStringLiteral("export"), MessageBar::Kind::Note,
                     tr("Model written to %1").arg(file.toHtmlEscaped()), {}, {}, 5000);
}

void MainWindow::connectDigits()
{
    for (int digit = 1; digit <= 9; ++digit) {
        auto *key = new QShortcut(QKeySequence(Qt::Key_0 + digit), this);
        connect(key, &QShortcut::activated, this, [this, digit] { m_selection->assignClass(digit); });
    }
}

void MainWindow::pointMenu(const QPoint &at)
{
    QMenu menu(this);
    for (const char *id : {"label.positive", "label.negative", "label.clear", "label.like", "", "select.grow",
                           "select.all", "select.none", "select.invert", "", "view.details", "view.fit",
                           "view.fit-selection", "view.reset", "view.freeze"})
        if (*id)
            menu.addAction(m_commands->action(QString::fromLatin1(id)));
        else
            menu.addSeparator();
    menu.exec(at);
}

void MainWindow::updateCommands()
{
    auto &c = *m_commands;
    const auto live = m_controller->live();
    const bool session = live != nullptr, selected = m_controller->selectedCount() > 0;
    const bool model = session && live->model;
    const auto enable = [&](const char *id, bool on) {
        if (QAction *action = c.action(QString::fromLatin1(id)); action->isEnabled() != on)
            action->setEnabled(on);
    };
    const auto check = [&](const char *id, bool on) {
        if (c.action(QString::fromLatin1(id))->isChecked() != on)
            c.setChecked(QString::fromLatin1(id), on);
    };
    for (const char *id : {"session.save", "session.copy", "view.freeze", "view.live", "view.pin",
                           "view.refit", "view.details", "view.principal", "label.suspect", "select.all",
                           "select.invert", "select.unlabelled"})
        enable(id, session);
    for (const char *id : {"label.positive", "label.negative", "label.clear", "label.like", "select.none",
                           "select.grow", "select.keep", "view.fit-selection"})
        enable(id, selected);
    enable("label.skip", !m_controller->suggestionText().isEmpty());
    enable("label.uncertain", model);
    enable("select.unknown", model);
    enable("model.export", model);
    enable("model.train", session && !m_controller->isTraining());
    enable("model.compare", session);
    enable("model.cancel", m_controller->isTraining() || m_controller->isComparing());
    // A helper that gave up gives nothing, whatever was asked for.
    const bool records = session && live->live && live->status.state != source::HelperState::Failed;
    check("session.record", records);
    check("view.freeze", m_controller->isFrozen());
    check("view.live", records && !m_controller->isFrozen());
    check("view.pin", session && live->axesPinned);
    check("view.2d", m_picture->view()->mode() == ViewMode::TwoD);
    check("view.3d", m_picture->view()->mode() == ViewMode::ThreeD);
    check("view.ortho", m_picture->view()->camera().lens() == Lens::Orthographic);
    check("view.density", m_picture->view()->densityShown());
    check("view.density-auto", m_picture->view()->density() == PointView::Density::Automatic);
    check("view.arrows", m_picture->arrows());
    check("view.cue-none", m_picture->depthCue() == DepthCue::None);
    check("view.cue-fog", m_picture->depthCue() == DepthCue::Fog);
    check("view.cue-edl", m_picture->depthCue() == DepthCue::EyeDome);
    if (session && live->samples.sharedSchema() && m_schema != live->samples.sharedSchema()) {
        m_schema = live->samples.sharedSchema();
        std::vector<std::pair<QString, QString>> features;
        for (const auto &feature : m_schema->features())
            features.emplace_back(qt(feature.key), qt(feature.title));
        m_tools->setFeatures(std::move(features));
    }
    m_tools->setEntityWord(!session || !session::perEntity(*live) ? QString()
                           : live->samples.schema().entityKind() == schema::EntityKind::Cgroup
                               ? tr("Cgroup")
                               : tr("Process"));
    m_tools->setColouring(m_picture->colouring());
    m_tools->setWindow(m_picture->window());
    const QString undo = m_controller->undoText(), redo = m_controller->redoText();
    const auto name = [&](const char *id, const QString &plain, const QString &what) {
        enable(id, !what.isEmpty());
        const QString text = what.isEmpty() ? plain : plain + QLatin1Char(' ') + what;
        if (QAction *action = c.action(QString::fromLatin1(id)); action->text() != text)
            action->setText(text);
    };
    name("edit.undo", tr("&Undo"), undo);
    name("edit.redo", tr("&Redo"), redo);
}

} // namespace statescape::ui
