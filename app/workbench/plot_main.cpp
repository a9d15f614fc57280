// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// statescape-plot: the workbench's own views into a PNG, for the command line and the tour.
#include "core/base/error.h"
#include "core/session/workspace.h"
#include "ui/kit/theme.h"
#include "ui/offscreen/picture.h"

#include <QApplication>
#include <QCommandLineParser>

#include <algorithm>
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

struct Wanted {
    QString file, view, axes;
    std::string model;
    store::SessionId session = 0;
    QSize size;
    ui::offscreen::PointsPicture points;
};

/// @param text "PC1,PC2,block.queue.p99", or "map" for as many axes of the neighbour map as @p view has
/// @error InvalidArgument, NotFound
base::Result<session::PictureAxes> axesFrom(const QString &text, const QString &view,
                                            const schema::Schema &schema)
{
    using Kind = session::AxisSource::Kind;
    session::PictureAxes axes = session::kPrincipalAxes;
    if (text == QLatin1String("map")) {
        for (int a = 0; a < (view == QLatin1String("3d") ? 3 : 2); ++a)
            axes[std::size_t(a)] = {Kind::Map, a};
        return axes;
    }
    const QStringList names = text.split(QLatin1Char(','));
    if (names.size() != 2 && names.size() != 3)
        return base::fail(base::Code::InvalidArgument, "--axes: two or three names apart by commas",
                          "for example PC1,PC2,block.queue.p99");
    for (qsizetype a = 0; a < names.size(); ++a) {
        const QString name = names[a].trimmed();
        bool number = false;
        const int component = name.startsWith(QLatin1String("PC")) ? name.mid(2).toInt(&number) : 0;
        if (number && component >= 1 && component <= session::kComponents) {
            axes[std::size_t(a)] = {Kind::Component, component - 1};
            continue;
        }
        const int map = name.startsWith(QLatin1String("map")) ? name.mid(3).toInt(&number) : 0;
        if (number && map >= 1 && map <= 3) {
            axes[std::size_t(a)] = {Kind::Map, map - 1};
            continue;
        }
        const auto &features = schema.features();
        const auto at = std::find_if(features.begin(), features.end(),
                                     [&](const auto &feature) { return feature.key == name.toStdString(); });
        if (at == features.end())
            return base::fail(
                base::Code::NotFound, "--axes: there is no '" + name.toStdString() + "'",
                "map, PC1 to PC8, map1 to map3, or a feature's key as `statescape probes` lists them");
        axes[std::size_t(a)] = {Kind::Feature, int(at - features.begin())};
    }
    return axes;
}

base::Result<QImage> draw(const Wanted &wanted)
{
    if (wanted.view == QLatin1String("window"))
        return ui::offscreen::drawWindow(wanted.file, wanted.session, wanted.model, wanted.size);
    STATESCAPE_TRY(auto workspace, session::Workspace::open(wanted.file.toStdString(), {}, wanted.session));
    if (!wanted.model.empty())
        STATESCAPE_CHECK(workspace->useModel(wanted.model));
    auto snapshot = settled(*workspace);
    if (wanted.view == QLatin1String("timeline"))
        return ui::offscreen::drawTimeline(*snapshot, wanted.size);
    if (!wanted.axes.isEmpty() && snapshot->samples.rows() > 0) {
        STATESCAPE_TRY(const auto axes, axesFrom(wanted.axes, wanted.view, snapshot->samples.schema()));
        workspace->setPictureAxes(axes);
        // A neighbour map of a long session takes its time; without progress there is nothing to wait for.
        for (int i = 0;
             (i < 600 || workspace->snapshot()->mapProgress) && workspace->snapshot()->pictureAxes != axes;
             ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        snapshot = workspace->snapshot();
        if (snapshot->pictureAxes != axes)
            return base::fail(base::Code::NotEnoughData, "--axes: there are too few samples for these axes",
                              "record more, or draw features");
    }
    auto points = wanted.points;
    points.mode = wanted.view == QLatin1String("2d") ? ui::ViewMode::TwoD : ui::ViewMode::ThreeD;
    points.size = wanted.size;
    return ui::offscreen::drawPoints(*snapshot, points);
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
    parser.addOption({QStringLiteral("colour-by"),
                      QStringLiteral("label, state, time, abnormality or a feature's key"),
                      QStringLiteral("WHAT")});
    parser.addOption(
        {QStringLiteral("axes"),
         QStringLiteral("what the axes show: map, or PC1 to PC8, map1 to map3 or features' keys"),
         QStringLiteral("A,B[,C]")});
    parser.addOption({QStringLiteral("density"), QStringLiteral("auto, on or off"), QStringLiteral("WHEN"),
                      QStringLiteral("auto")});
    parser.addOption({QStringLiteral("depth-cue"), QStringLiteral("fog, eye-dome or none"),
                      QStringLiteral("CUE"), QStringLiteral("fog")});
    parser.addOption({QStringLiteral("around"), QStringLiteral("draw a lasso round this state or class"),
                      QStringLiteral("NAME")});
    parser.addOption({QStringLiteral("arrows"), QStringLiteral("draw what features do to a point's place")});
    parser.addOption({QStringLiteral("theme"), QStringLiteral("dark, light or contrast"),
                      QStringLiteral("NAME"), QStringLiteral("dark")});
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
    if (!QStringList{QStringLiteral("dark"), QStringLiteral("light"), QStringLiteral("contrast")}.contains(
            theme))
        return wrongUse(QStringLiteral("--theme: dark, light or contrast, not %1").arg(theme));
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
    Wanted wanted{parser.positionalArguments().first(),
                  view,
                  parser.value(QStringLiteral("axes")),
                  parser.value(QStringLiteral("model")).toStdString(),
                  id,
                  size,
                  {}};
    const QStringList densities{QStringLiteral("auto"), QStringLiteral("on"), QStringLiteral("off")};
    const auto density = densities.indexOf(parser.value(QStringLiteral("density")));
    if (density < 0)
        return wrongUse(QStringLiteral("--density: auto, on or off"));
    wanted.points.density = ui::PointView::Density(density);
    const QStringList cues{QStringLiteral("none"), QStringLiteral("fog"), QStringLiteral("eye-dome")};
    const auto cue = cues.indexOf(parser.value(QStringLiteral("depth-cue")));
    if (cue < 0)
        return wrongUse(QStringLiteral("--depth-cue: fog, eye-dome or none"));
    wanted.points.depthCue = ui::DepthCue(cue);
    if (const QString by = parser.value(QStringLiteral("colour-by")); !by.isEmpty()) {
        const QStringList known{QStringLiteral("label"), QStringLiteral("state"), QStringLiteral("time"),
                                QStringLiteral("abnormality")};
        const auto at = known.indexOf(by);
        wanted.points.colouring = at >= 0 ? ui::Colouring{ui::ColourBy(at), {}}
                                          : ui::Colouring{ui::ColourBy::Feature, by.toStdString()};
    }
    wanted.points.around = parser.value(QStringLiteral("around"));
    wanted.points.arrows = parser.isSet(QStringLiteral("arrows"));
    ui::applyTheme(theme);
    auto image = draw(wanted);
    if (!image)
        return failed(image.error());
    if (!image->save(out, "PNG"))
        return failed(
            base::fail(base::Code::Io, "cannot write " + out.toStdString(), "choose another folder"));
    return int(base::ExitStatus::Done);
}
