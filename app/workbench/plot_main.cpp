// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// statescape-plot: the workbench's own views into a PNG, for the command line and the tour.
#include "core/base/error.h"
#include "core/session/workspace.h"
#include "ui/kit/theme.h"
#include "ui/offscreen/picture.h"

#include <QApplication>
#include <QCommandLineParser>

#include <chrono>
#include <cstdio>
#include <thread>

namespace {

using namespace statescape;

int wrongUse(const QString &text)
{
    std::fprintf(stderr, "statescape-plot: %s: see --help\n", qPrintable(text));
    return int(base::ExitStatus::WrongUse);
}

int failed(const base::Error &error)
{
    std::fprintf(stderr, "statescape-plot: %s\n", error.text().c_str());
    return int(base::exitStatusOf(error.code));
}

/// The axes of a file without a stored picture are fitted on the analysis thread; this waits for them.
std::shared_ptr<const session::Snapshot> settled(const session::Workspace &workspace)
{
    auto snapshot = workspace.snapshot();
    for (int i = 0; i < 600 && snapshot->samples.rows() >= 8 &&
                    (!snapshot->coordinates || (snapshot->model && !snapshot->scores));
         ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        snapshot = workspace.snapshot();
    }
    return snapshot;
}

base::Result<QImage> draw(const QString &file, const QString &view, const std::string &model,
                          store::SessionId id, const QSize &size)
{
    if (view == QLatin1String("window"))
        return ui::offscreen::drawWindow(file, id, model, size);
    STATESCAPE_TRY(auto workspace, session::Workspace::open(file.toStdString(), {}, id));
    if (!model.empty())
        STATESCAPE_CHECK(workspace->useModel(model));
    const auto snapshot = settled(*workspace);
    if (view == QLatin1String("timeline"))
        return ui::offscreen::drawTimeline(*snapshot, size);
    return ui::offscreen::drawPoints(
        *snapshot, view == QLatin1String("2d") ? ui::ViewMode::TwoD : ui::ViewMode::ThreeD, size);
}

} // namespace

int main(int argc, char **argv)
{
    if (qEnvironmentVariableIsEmpty("DISPLAY") && qEnvironmentVariableIsEmpty("WAYLAND_DISPLAY") &&
        qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication app(argc, argv);
    QApplication::setOrganizationName(QStringLiteral("Statescape"));
    QApplication::setApplicationName(
        QStringLiteral("statescape-plot")); // its own settings: the window's arrangement stays the user's
    QCommandLineParser parser;
    parser.setApplicationDescription(
        QStringLiteral("Draw the workbench's views of a session file into a PNG."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument(QStringLiteral("FILE"), QStringLiteral("session file"));
    parser.addOption({{QStringLiteral("o"), QStringLiteral("output")},
                      QStringLiteral("picture to write"),
                      QStringLiteral("PNG")});
    parser.addOption({QStringLiteral("view"), QStringLiteral("2d, 3d, timeline or window"),
                      QStringLiteral("VIEW"), QStringLiteral("2d")});
    parser.addOption({QStringLiteral("model"),
                      QStringLiteral("model whose states are shown; the newest without"),
                      QStringLiteral("NAME")});
    parser.addOption({QStringLiteral("session"), QStringLiteral("session in the file; the newest without"),
                      QStringLiteral("ID"), QStringLiteral("0")});
    parser.addOption({QStringLiteral("theme"), QStringLiteral("dark or light"), QStringLiteral("NAME"),
                      QStringLiteral("dark")});
    parser.addOption({QStringLiteral("size"), QStringLiteral("pixels"), QStringLiteral("WxH")});
    if (!parser.parse(QApplication::arguments()))
        return wrongUse(parser.errorText());
    if (parser.isSet(QStringLiteral("help")))
        parser.showHelp();
    if (parser.isSet(QStringLiteral("version")))
        parser.showVersion();

    const QString view = parser.value(QStringLiteral("view")), theme = parser.value(QStringLiteral("theme"));
    const QString out = parser.value(QStringLiteral("output"));
    const QStringList views{QStringLiteral("2d"), QStringLiteral("3d"), QStringLiteral("timeline"),
                            QStringLiteral("window")};
    if (parser.positionalArguments().size() != 1 || out.isEmpty())
        return wrongUse(QStringLiteral("one session file and -o PNG are needed"));
    if (!views.contains(view))
        return wrongUse(QStringLiteral("--view: 2d, 3d, timeline or window, not %1").arg(view));
    if (theme != QLatin1String("dark") && theme != QLatin1String("light"))
        return wrongUse(QStringLiteral("--theme: dark or light, not %1").arg(theme));
    bool isNumber = false;
    const store::SessionId id = parser.value(QStringLiteral("session")).toLongLong(&isNumber);
    if (!isNumber || id < 0)
        return wrongUse(
            QStringLiteral("--session: a number, not %1").arg(parser.value(QStringLiteral("session"))));
    QSize size = view == QLatin1String("timeline") ? QSize(1280, 240) : QSize(1280, 800);
    if (parser.isSet(QStringLiteral("size"))) {
        const QStringList parts = parser.value(QStringLiteral("size")).split(QLatin1Char('x'));
        size = parts.size() == 2 ? QSize(parts[0].toInt(), parts[1].toInt()) : QSize();
        if (size.width() < 100 || size.height() < 80 || size.width() > 16384 || size.height() > 16384)
            return wrongUse(QStringLiteral("--size: WxH, 100x80 to 16384x16384"));
    }
    ui::applyTheme(theme);
    auto image = draw(parser.positionalArguments().first(), view,
                      parser.value(QStringLiteral("model")).toStdString(), id, size);
    if (!image)
        return failed(image.error());
    if (!image->save(out, "PNG"))
        return failed(
            base::fail(base::Code::Io, "cannot write " + out.toStdString(), "choose another folder"));
    return int(base::ExitStatus::Done);
}
