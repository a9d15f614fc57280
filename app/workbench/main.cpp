// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/workbench/quit_signals.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/session/plan_text.h"
#include "core/wire/messages.h"
#include "ui/kit/theme.h"
#include "ui/window/main_window.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QFileInfo>
#include <QIcon>
#include <QTimer>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

using namespace statescape;

[[noreturn]] void wrongUse(const QString &text)
{
    std::fprintf(stderr, "statescape-workbench: %s: see --help\n", qPrintable(text));
    std::exit(int(base::ExitStatus::WrongUse));
}

std::uint64_t durationOption(const QCommandLineParser &parser, const QString &name)
{
    auto parsed = base::parseDuration(parser.value(name).toStdString());
    if (!parsed)
        wrongUse(QStringLiteral("--%1: %2").arg(name, QString::fromStdString(parsed.error().message)));
    return *parsed;
}

/// Qt aborts where there is no display; a person deserves a sentence, and --help works anywhere.
void insistOnDisplay(int argc, char **argv)
{
    for (const char *name : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"})
        if (const char *value = std::getenv(name); value != nullptr && *value != '\0')
            return;
    for (int i = 1; i < argc; ++i)
        for (const char *option : {"-h", "--help", "--help-all", "-v", "--version"})
            if (std::strcmp(argv[i], option) == 0) {
                setenv("QT_QPA_PLATFORM", "offscreen", 1);
                return;
            }
    std::fputs("statescape-workbench: there is no display here: run statescape tour for the whole story, or "
               "statescape record, train and watch\n",
               stderr);
    std::exit(int(base::ExitStatus::NotSupported));
}

/// @return whether the command line names the plan; else it is the one remembered.
bool takePlan(const QCommandLineParser &parser, schema::ProbePlan &plan)
{
    const QString probes = QStringLiteral("probes"), probe = QStringLiteral("probe");
    if (!parser.isSet(probes) && !parser.isSet(probe))
        return false;
    session::PlanText text;
    text.byDefault = !parser.isSet(probes);
    for (const QString &key : parser.value(probes).split(QLatin1Char(','), Qt::SkipEmptyParts))
        text.probes.push_back(key.trimmed().toStdString());
    for (const QString &own : parser.values(probe))
        text.user.push_back(own.toStdString());
    auto read = session::planFrom(text);
    if (!read)
        wrongUse(QString::fromStdString(read.error().text()));
    plan = std::move(*read);
    return true;
}

schema::EntityKind entityOption(const QCommandLineParser &parser)
{
    const QString word = parser.value(QStringLiteral("entity"));
    for (const auto kind :
         {schema::EntityKind::Host, schema::EntityKind::Process, schema::EntityKind::Cgroup})
        if (word.toStdString() == schema::entityKindKey(kind))
            return kind;
    wrongUse(QStringLiteral("--entity: host, process or cgroup, not %1").arg(word));
}

void takeScreenshot(ui::MainWindow &window, const QString &file)
{
    if (!window.grab().save(file)) {
        std::fprintf(stderr, "statescape-workbench: cannot write %s: choose another folder\n",
                     qPrintable(file));
        QApplication::exit(int(base::ExitStatus::Failed));
        return;
    }
    window.close();
}

} // namespace

int main(int argc, char **argv)
{
    insistOnDisplay(argc, argv);
    const workbench::QuitSignals quitSignals;
    QApplication app(argc, argv);
    QApplication::setOrganizationName(QStringLiteral("Statescape"));
    QApplication::setApplicationName(QStringLiteral("Statescape"));
    QApplication::setApplicationVersion(QStringLiteral(STATESCAPE_VERSION));
    QApplication::setDesktopFileName(QStringLiteral("org.statescape.Statescape"));
    QApplication::setWindowIcon(QIcon(QStringLiteral(":/statescape.svg")));

    QCommandLineParser parser;
    parser.setApplicationDescription(
        QStringLiteral("Look at what this machine's kernel does, name its states, and watch for them."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument(
        QStringLiteral("FILE"),
        QStringLiteral("session file to open; without one this machine is recorded into a new one"),
        QStringLiteral("[FILE]"));
    parser.addOption({QStringLiteral("interval"), QStringLiteral("length of one sample, 50ms to 60s"),
                      QStringLiteral("DURATION"), QStringLiteral("250ms")});
    parser.addOption(
        {QStringLiteral("probes"),
         QStringLiteral("keys of the shipped probes to run, separated by commas; see statescape probes"),
         QStringLiteral("LIST")});
    parser.addOption(
        {QStringLiteral("probe"),
         QStringLiteral("a probe of your own, such as kprobe:vfs_fsync:latency; may be repeated"),
         QStringLiteral("PROBE")});
    parser.addOption(
        {QStringLiteral("entity"),
         QStringLiteral("what one sample is about: host, process or cgroup (the most active ones; "
                        "needs the kernel probes)"),
         QStringLiteral("KIND"), QStringLiteral("host")});
    parser.addOption(
        {QStringLiteral("helper"), QStringLiteral("path of statescape-helper"), QStringLiteral("PATH")});
    parser.addOption({QStringLiteral("theme"), QStringLiteral("dark, light, contrast or system"),
                      QStringLiteral("NAME"), QStringLiteral("system")});
    parser.addOption(
        {QStringLiteral("size"), QStringLiteral("size of the window, e.g. 1280x800"), QStringLiteral("WxH")});
    parser.addOption({QStringLiteral("screenshot"), QStringLiteral("save a picture of the window and quit"),
                      QStringLiteral("PNG")});
    parser.addOption({QStringLiteral("after"), QStringLiteral("when to take it"), QStringLiteral("DURATION"),
                      QStringLiteral("5s")});
    parser.addOption({QStringLiteral("no-live"), QStringLiteral("do not record until asked")});
    parser.process(app);

    const QString theme = parser.value(QStringLiteral("theme"));
    if (!QStringList{QStringLiteral("dark"), QStringLiteral("light"), QStringLiteral("contrast"),
                     QStringLiteral("system")}
             .contains(theme))
        wrongUse(QStringLiteral("--theme: dark, light, contrast or system, not %1").arg(theme));
    if (parser.positionalArguments().size() > 1)
        wrongUse(QStringLiteral("one session file at a time"));
    ui::WorkbenchOptions options;
    options.helper.intervalNs = durationOption(parser, QStringLiteral("interval"));
    if (options.helper.intervalNs < wire::kMinIntervalNs || options.helper.intervalNs > wire::kMaxIntervalNs)
        wrongUse(QStringLiteral("--interval: 50ms to 60s"));
    options.helper.program = parser.value(QStringLiteral("helper")).toStdString();
    options.planGiven = takePlan(parser, options.helper.plan);
    const schema::EntityKind entity = entityOption(parser);
    if (entity != schema::EntityKind::Host && options.planGiven)
        wrongUse(QStringLiteral("--entity: samples of processes and cgroups come from a fixed set of probes; "
                                "leave --probes and --probe out"));
    options.live = !parser.isSet(QStringLiteral("no-live"));
    const std::uint64_t afterNs = durationOption(parser, QStringLiteral("after"));

    ui::applyTheme(theme);
    ui::MainWindow window(options);
    quitSignals.listen(&window, [&window] {
        window.close();
        QApplication::quit();
    });
    if (parser.isSet(QStringLiteral("size"))) {
        const QStringList parts = parser.value(QStringLiteral("size")).split(QLatin1Char('x'));
        if (parts.size() != 2 || parts[0].toInt() < 320 || parts[1].toInt() < 240)
            wrongUse(QStringLiteral("--size: WxH, at least 320x240"));
        window.resize(parts[0].toInt(), parts[1].toInt());
    }
    window.show();
    const QStringList files = parser.positionalArguments();
    if (!files.isEmpty())
        window.openFile(files.first());
    else if (options.live)
        window.newLiveSession(entity);
    if (parser.isSet(QStringLiteral("screenshot")))
        QTimer::singleShot(
            int(afterNs / 1'000'000), &window,
            [&window, file = parser.value(QStringLiteral("screenshot"))] { takeScreenshot(window, file); });
    return QApplication::exec();
}
