// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/command_table.h"

#include <QActionGroup>

#include <array>

namespace statescape::ui {
namespace {

constexpr MenuInfo kMenus[] = {{"session", "&Session"}, {"edit", "&Edit"}, {"view", "&View"},
                               {"select", "Se&lect"},   {"label", ""},     {"model", "&Model"},
                               {"watch", "&Watch"},     {"help", "&Help"}};

// Single letters act anywhere in the window except while text is being typed.
constexpr Command kCommands[] = {
    {"session.new", "&New recording…", "Ctrl+N",
     "Record into a new session file: the whole machine, each process or each cgroup", "", false},
    {"session.open", "&Open…", "Ctrl+O", "Open a session file", "", false},
    {"session.record", "&Recording", "Ctrl+R", "Record this machine into the session; off stops the probes",
     "!", false},
    {"session.probes", "&Probes…", "Ctrl+P",
     "Search what this machine offers, try it, and choose what is recorded", "", false},
    {"session.save", "&Save as…", "Ctrl+S Ctrl+Shift+S",
     "Continue in a file of your own; everything is written as it happens", "", true},
    {"session.copy", "Save a &copy…", "", "Write a consistent copy and stay on this file", "", false},
    {"session.quit", "&Quit", "Ctrl+Q", "Close the window; nothing is lost", "", true},

    {"edit.undo", "&Undo", "Ctrl+Z", "Take back the last selection, label, name or training", "", false},
    {"edit.redo", "&Redo", "Ctrl+Shift+Z Ctrl+Y", "Do again what was taken back", "", false},
    {"label.positive", "Label &positive", "P", "Label the selection as good", "", true},
    {"label.negative", "Label &negative", "N", "Label the selection as bad", "", false},
    {"label.clear", "Clear la&bels", "U", "Take the labels off the selection", "", false},
    {"edit.class", "Class &name…", "C", "Go to the box that names a class for the selection", "", false},
    {"label.like", "Label &all like this", "A",
     "Give the label of the selected sample to all that lie as near", "", true},
    {"label.uncertain", "Next un&certain sample", "E", "Go to the sample the model would learn most from", "",
     false},
    {"label.suspect", "Next &suspected wrong label", "Shift+E",
     "Go to the label that its neighbours contradict most", "", false},
    {"label.skip", "S&kip the suggestion", "S", "Leave this sample as it is and go to the next", "", false},

    {"view.freeze", "&Freeze", "F", "Hold the picture still; collection goes on", "!", false},
    {"view.live", "&Live", "G", "Follow the newest sample again", "!", false},
    {"view.2d", "&2D", "Ctrl+2", "Two principal components", "mode", true},
    {"view.3d", "&3D", "Ctrl+3", "Three principal components", "mode", false},
    {"view.fit", "Show a&ll points", "Home", "Show all points and follow them as they grow", "", true},
    {"view.fit-selection", "Show the &selection", "Z", "Zoom to the selected points", "", false},
    {"view.reset", "&Reset the camera", "Shift+Home", "The angles of the start", "", false},
    {"view.ortho", "&Orthographic", "Ctrl+L", "Parallel lines stay parallel; off: perspective", "!", true},
    {"view.cue-none", "No depth cue", "", "Near and far look alike", "cue", false},
    {"view.cue-fog", "Fog", "", "Far points fade", "cue", false},
    {"view.cue-edl", "Eye-dome lighting", "", "Points before others cast a dark rim", "cue", false},
    {"view.density", "&Density", "D", "How many points lie where, instead of the points", "!", true},
    {"view.density-auto", "Density when cro&wded", "",
     "Change to density by itself when points cover each other", "!", false},
    {"view.arrows", "&Arrows of features", "Ctrl+B", "What each feature does to a point's place", "!", false},
    {"view.principal", "Principal a&xes", "Ctrl+0", "PC1, PC2 and PC3 on the axes", "", false},
    {"view.animate", "A&nimate changes", "", "Let the camera and the points glide to where they go", "!",
     false},
    {"view.details", "Sample d&etails…", "Ctrl+J", "Everything about the sample at the cursor", "", false},
    {"view.pin", "&Pin the axes", "", "Keep these axes whatever comes in", "!", true},
    {"view.refit", "Fi&t the axes again", "Ctrl+T", "Fit the axes on everything seen, staying close to these",
     "", false},
    {"view.observe", "&Observe", "Ctrl+F1", "Probes, features, labels, selection and model", "perspective",
     true},
    {"view.label", "La&bel", "Ctrl+F2", "Selection and labels, with all the room for the picture",
     "perspective", false},
    {"view.train", "&Train", "Ctrl+F3", "Training options, held-out quality and diagnostics", "perspective",
     false},
    {"view.watch", "&Watch", "Ctrl+F4", "The picture and the states over time", "perspective", false},

    {"select.pan", "Pa&n", "V", "Drag moves the picture (2D) or turns it (3D)", "tool", false},
    {"select.lasso", "&Lasso", "L", "Draw round points; Ctrl adds, Alt removes", "tool", false},
    {"select.rectangle", "&Rectangle", "R", "Drag a rectangle round points; Ctrl adds, Alt removes", "tool",
     false},
    {"select.polygon", "P&olygon", "O", "Click corner by corner; the first corner or Enter closes", "tool",
     false},
    {"select.brush", "&Brush", "B", "Paint over points; the wheel changes the size", "tool", false},
    {"select.replace", "Replace", "", "A drawing becomes the selection", "op", true},
    {"select.add", "Add", "", "A drawing adds to the selection (or hold Ctrl)", "op", false},
    {"select.subtract", "Remove", "", "A drawing takes away from the selection (or hold Alt)", "op", false},
    {"select.intersect", "Keep within", "", "Only what the drawing holds stays selected (or hold Ctrl+Alt)",
     "op", false},
    {"select.grow", "&Grow to neighbours", "Ctrl+G",
     "Add what lies as near as the selected lie to each other", "", true},
    {"select.keep", "&Keep the selection…", "Ctrl+D", "Keep the selection under a name, with the area drawn",
     "", false},
    {"select.all", "&All", "Ctrl+A", "Select every sample shown", "", true},
    {"select.none", "&None", "Ctrl+Shift+A", "Select nothing", "", false},
    {"select.invert", "&Invert", "Ctrl+I", "Select what is not selected", "", false},
    {"select.unlabelled", "&Unlabelled", "", "Select samples without a label", "", false},
    {"select.unknown", "Un&known states", "", "Select samples the model does not know", "", false},
    {"select.find", "&Find a feature", "Ctrl+F", "Search in the list of features", "", true},

    {"model.train", "&Train", "Ctrl+Return Ctrl+Enter", "Train on everything labelled and recorded so far",
     "", false},
    {"model.compare", "C&ompare algorithms…", "Ctrl+Shift+C",
     "Train several algorithms side by side and use the one that judges held-out samples best", "", false},
    {"model.cancel", "&Cancel training", "", "Stop the training or comparison that runs", "", false},
    {"model.export", "&Export…", "Ctrl+E", "Write the model as JSON for other programs", "", true},

    {"watch.alarm", "&Alarm rule…", "", "When a run of samples becomes an alarm", "", false},
    {"watch.notify", "&Desktop notification", "", "Tell of an alarm through the system tray", "!", false},

    {"help.keys", "&Keys", "F1", "All shortcuts", "", false},
    {"help.about", "A&bout Statescape", "", "Version and licence", "", false},
};

} // namespace

std::span<const Command> commands()
{
    return kCommands;
}

std::span<const MenuInfo> menus()
{
    return kMenus;
}

CommandSet::CommandSet(QWidget *window)
    : QObject(window)
{
    QHash<QString, QActionGroup *> groups;
    for (const Command &command : kCommands) {
        auto *action = new QAction(tr(command.text), this);
        action->setObjectName(QString::fromLatin1(command.id));
        QList<QKeySequence> keys;
        for (const QString &key :
             QString::fromLatin1(command.shortcut).split(QLatin1Char(' '), Qt::SkipEmptyParts))
            keys << QKeySequence(key, QKeySequence::PortableText);
        action->setShortcuts(keys);
        action->setToolTip(keys.isEmpty()
                               ? tr(command.tip)
                               : QStringLiteral("%1 (%2)").arg(
                                     tr(command.tip), keys.first().toString(QKeySequence::NativeText)));
        action->setStatusTip(QString());
        const QString group = QString::fromLatin1(command.group);
        if (!group.isEmpty()) {
            action->setCheckable(true);
            if (group != QLatin1String("!")) {
                if (!groups.contains(group))
                    groups[group] = new QActionGroup(this);
                groups[group]->addAction(action);
            }
        }
        window->addAction(action);
        m_actions[action->objectName()] = action;
    }
}

QAction *CommandSet::action(const QString &id) const
{
    QAction *found = m_actions.value(id);
    Q_ASSERT_X(found, "CommandSet", qPrintable(id));
    return found;
}

void CommandSet::on(const QString &id, std::function<void()> run)
{
    connect(action(id), &QAction::triggered, this, [run] { run(); });
}

void CommandSet::onToggled(const QString &id, std::function<void(bool)> run)
{
    connect(action(id), &QAction::triggered, this, [run](bool on) { run(on); });
}

void CommandSet::setChecked(const QString &id, bool checked)
{
    // Commands run on triggered(), which this does not send; exclusive groups follow.
    action(id)->setChecked(checked);
}

void CommandSet::fill(QMenuBar *bar)
{
    for (const MenuInfo &menu : kMenus)
        if (*menu.text)
            m_menus[QString::fromLatin1(menu.id)] = bar->addMenu(tr(menu.text));
    // Labels are edits to a person, whatever their id.
    m_menus[QStringLiteral("label")] = m_menus[QStringLiteral("edit")];
    for (const Command &command : kCommands) {
        QMenu *menu = m_menus.value(QString::fromLatin1(command.id).section(QLatin1Char('.'), 0, 0));
        if (command.separatorBefore)
            menu->addSeparator();
        menu->addAction(action(QString::fromLatin1(command.id)));
        menu->setToolTipsVisible(true);
    }
}

} // namespace statescape::ui
