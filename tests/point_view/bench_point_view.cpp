// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Rows for ./bench: one JSON object a line, the peer measured in the same run, alternating with ours so that
// other load hits both alike.
#include "tests/point_view/bench_peers.h"
#include "tests/point_view/point_clouds.h"
#include "ui/point_view/area_selection.h"
#include "ui/point_view/pick.h"
#include "ui/point_view/point_view.h"

#include <QApplication>
#include <QElapsedTimer>
#include <QFile>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <malloc.h>

using namespace statescape::ui;
namespace base = statescape::base;

namespace {

constexpr int kWidth = kBenchWidth;
constexpr int kHeight = kBenchHeight;
constexpr std::uint32_t kGround = 0xff1b1e23;

double milliseconds(const std::function<void()> &work)
{
    QElapsedTimer timer;
    timer.start();
    work();
    return double(timer.nsecsElapsed()) / 1e6;
}

double median(std::vector<double> values)
{
    std::nth_element(values.begin(), values.begin() + std::ptrdiff_t(values.size() / 2), values.end());
    return values[values.size() / 2];
}

double medianOf(const std::function<void()> &work, int rounds)
{
    std::vector<double> times;
    work();
    for (int i = 0; i < rounds; ++i)
        times.push_back(milliseconds(work));
    return median(times);
}

struct Pair {
    double ours, peer;
};

Pair measure(const std::function<void()> &ours, const std::function<void()> &peer, int oursPerRound,
             int rounds)
{
    std::vector<double> a;
    std::vector<double> b;
    ours();
    peer();
    for (int i = 0; i < rounds; ++i) {
        for (int k = 0; k < oursPerRound; ++k)
            a.push_back(milliseconds(ours));
        b.push_back(milliseconds(peer));
    }
    return {median(a), median(b)};
}

void row(const QString &name, double value, const char *unit, const char *peer,
         std::optional<double> peerValue, std::optional<double> ratio, const QString &note)
{
    const auto number = [](const std::optional<double> &v) {
        return v ? QByteArray::number(*v, 'f', 3) : QByteArray("null");
    };
    const QByteArray peerName = peer ? '"' + QByteArray(peer) + '"' : QByteArray("null");
    QString text = note;
    text.replace(QLatin1Char('"'), QLatin1Char('\''));
    std::printf("{\"group\":\"point_view\",\"name\":\"%s\",\"value\":%.3f,\"unit\":\"%s\",\"peer\":%s,"
                "\"peer_value\":%s,\"ratio\":%s,\"note\":\"%s\"}\n",
                qPrintable(name), value, unit, peerName.constData(), number(peerValue).constData(),
                number(ratio).constData(), qPrintable(text));
    std::fflush(stdout);
}

void alone(const QString &name, double value, const char *unit, const QString &note)
{
    row(name, value, unit, nullptr, {}, {}, note);
}

std::vector<PointStyle> smallDots()
{
    return {makeStyle(unlabelledColour(), Shape::Dot, 3), makeStyle(positiveColour(), Shape::Dot, 3),
            makeStyle(negativeColour(), Shape::Dot, 3), makeStyle(classColour(0), Shape::Dot, 3)};
}

/// The clusters over and over, each copy moved a little: a hundred million gaussian numbers take too long.
PointSet repeated(const PointSet &clusters, std::size_t count)
{
    base::Column<float> x, y, z;
    base::Column<std::uint16_t> style;
    std::uint32_t hash = 1;
    while (x.size() < count) {
        clusters.x.forEachRun(0, std::min(clusters.size(), count - x.size()),
                              [&](std::size_t first, std::span<const float> run) {
                                  std::vector<float> a(run.begin(), run.end());
                                  std::vector<float> b(run.size()), c(run.size());
                                  for (std::size_t i = 0; i < run.size(); ++i) {
                                      hash = hash * 1664525U + 1013904223U;
                                      const float by = float(hash >> 16) / 65536.0F * 0.05F;
                                      a[i] += by;
                                      b[i] = clusters.y[first + i] - by;
                                      c[i] = clusters.z[first + i] + by * 0.3F;
                                  }
                                  x.append(a);
                                  y.append(b);
                                  z.append(c);
                                  style.append(clusters.style.run(first).first(run.size()));
                              });
    }
    return {x.view(), y.view(), z.view(), style.view(), 0};
}

double residentBytes()
{
    QFile file(QStringLiteral("/proc/self/statm"));
    return file.open(QIODevice::ReadOnly) ? file.readAll().split(' ').value(1).toDouble() * 4096 : 0;
}

/// A raster and the picture it draws into, turning a little before each frame.
class Turning {
public:
    explicit Turning(const PointSet &points, DepthCue cue = DepthCue::Fog, bool density = false)
        : m_points(points)
        , m_camera(cameraFor(points, ViewMode::ThreeD, kWidth, kHeight))
        , m_image(kWidth, kHeight, QImage::Format_RGB32)
    {
        m_style.styles = smallDots();
        m_style.depthCue = cue;
        m_style.density = density;
    }
    void turn()
    {
        m_camera.orbit(3, 0);
        ++m_scene;
    }
    DrawResult draw(double budgetMs = 0) { return draw(m_points, budgetMs); }
    DrawResult draw(const PointSet &points, double budgetMs)
    {
        m_image.fill(kGround);
        return m_raster.draw(
            {reinterpret_cast<std::uint32_t *>(m_image.bits()), kWidth, kHeight,
             int(m_image.bytesPerLine() / 4)},
            {m_camera.projection(1, kWidth, kHeight), points, nullptr, m_style, m_scene, budgetMs});
    }
    void frame()
    {
        turn();
        draw();
    }

private:
    const PointSet &m_points;
    WorkerPool m_pool;
    Raster m_raster{m_pool};
    RasterStyle m_style;
    Camera m_camera;
    QImage m_image;
    std::uint64_t m_scene = 0;
};

const QString kHow = QStringLiteral("3 px, depth and fog, 1280x800, median while orbiting");

void frames(const QString &program, const std::function<void()> &discs)
{
    const auto small = makeClusters(100'000, 4, 1);
    const auto points = makeClusters(1'000'000, 4, 1);
    Turning hundred(*small);
    const auto [a, b] = measure([&] { hundred.frame(); }, discs, 12, 5);
    row(QStringLiteral("frame 100k points 3D"), a, "ms", "QCustomPlot discs 100k", b, b / a, kHow);
    Turning million(*points);
    const auto [c, d] = measure([&] { million.frame(); }, discs, 12, 5);
    row(QStringLiteral("frame 1M points 3D"), c, "ms", "QCustomPlot discs 100k", d, d / c,
        kHow + QStringLiteral("; the peer draws a tenth of the points"));
    const PeerTime gl = peerTime(program, QStringLiteral("opengl"), false);
    row(QStringLiteral("frame 1M points 3D"), c, "ms", "OpenGL points 1M, llvmpipe", gl.ms,
        gl.ms ? std::optional(*gl.ms / c) : std::nullopt,
        gl.ms ? QStringLiteral("both 3 px round with depth; the peer without reading the picture back")
              : gl.note);
    const PeerTime scatter = peerTime(program, QStringLiteral("q3dscatter"), true);
    row(QStringLiteral("frame 1M points 3D"), c, "ms", "Q3DScatter 1M, llvmpipe", scatter.ms,
        scatter.ms ? std::optional(*scatter.ms / c) : std::nullopt,
        scatter.ms ? QStringLiteral("the peer's point mesh, under xvfb-run") : scatter.note);
    Turning density(*points, DepthCue::None, true);
    alone(QStringLiteral("frame 1M points 3D, density"), medianOf([&] { density.frame(); }, 30), "ms", {});
    Turning eyeDome(*points, DepthCue::EyeDome);
    alone(QStringLiteral("frame 1M points 3D, eye-dome lighting"), medianOf([&] { eyeDome.frame(); }, 30),
          "ms", {});
}

/// Points until complete in slices of @p budgetMs, and what the longest took.
std::pair<double, double> complete(Turning &turning, double budgetMs)
{
    turning.turn();
    double all = 0;
    double longest = 0;
    for (bool done = false; !done;) {
        const double took = milliseconds([&] { done = turning.draw(budgetMs).complete; });
        all += took;
        longest = std::max(longest, took);
    }
    return {all, longest};
}

void manyPoints(const PointSet &million)
{
    malloc_trim(0); // what rows before left to the allocator is not these points'
    const double before = residentBytes();
    for (const std::size_t count : {std::size_t(10'000'000), std::size_t(100'000'000)}) {
        const bool ten = count == 10'000'000;
        const QString name = ten ? QStringLiteral("10M") : QStringLiteral("100M");
        const PointSet points = repeated(million, count);
        Turning turning(points);
        alone(QStringLiteral("frame %1 points 3D").arg(name),
              medianOf([&] { turning.frame(); }, ten ? 15 : 3), "ms", kHow);
        const double budget = ten ? 8 : 16;
        std::size_t drawn = 0;
        const double first = medianOf(
            [&] {
                turning.turn();
                drawn = turning.draw(budget - 0.3).drawn;
            },
            ten ? 30 : 15);
        alone(QStringLiteral("first image of %1 points 3D").arg(name), first, "ms",
              QStringLiteral("an even sample of %1 points").arg(drawn));
        const auto [all, longest] = complete(turning, budget - 0.3);
        alone(QStringLiteral("complete image of %1 points 3D in slices").arg(name), all, "ms",
              QStringLiteral("of which the longest takes %1 ms").arg(longest, 0, 'f', 1));
        alone(QStringLiteral("memory of %1 points").arg(name), (residentBytes() - before) / double(count),
              "bytes/point", QStringLiteral("coordinates, styles, picture and depth images, resident"));
    }
}

void orbit(const std::function<void()> &discs)
{
    const auto points = makeClusters(100'000, 4, 1);
    PointView view;
    view.setAnimated(false);
    view.resize(kWidth, kHeight);
    view.setMode(ViewMode::ThreeD);
    auto styles = smallDots();
    styles[0].name = "Unlabelled";
    styles[1].name = "Positive";
    view.setStyles(styles);
    view.setAxes(
        {"PC1 41 %: block latency, I/O wait", "PC2 19 %: run-queue latency", "PC3 11 %: TCP, packets"});
    view.setNames({{"serving", positiveColour(), {0.55, 0.5, 0.6}},
                   {"idle", positiveColour(), {-0.55, -0.5, -0.6}},
                   {"disk stall", negativeColour(), {0.55, -0.5, 0.6}}});
    view.setPoints(points);
    view.setNow(10);
    view.setTrail(100, 340);
    view.show();
    QApplication::processEvents();
    const auto ours = [&] {
        Camera camera = view.camera();
        camera.orbit(3, 0);
        view.setCamera(camera);
        view.repaint();
    };
    const auto [a, b] = measure(ours, discs, 12, 5);
    row(QStringLiteral("orbit 100k points, whole paint"), 1000 / a, "frames/s", "QCustomPlot discs 100k",
        1000 / b, b / a, QStringLiteral("with floor, axes, names, trail and legend, 1280x800"));
}

void live()
{
    constexpr std::size_t perFrame = 1667; // 100,000 a second at 60 frames a second
    ClusterColumns columns(4, 1);
    columns.append(1'000'000);
    {
        PointSet points = columns.view();
        Turning turning(points);
        turning.turn();
        turning.draw();
        std::vector<double> times;
        for (int i = 0; i < 300; ++i) {
            columns.append(perFrame);
            times.push_back(milliseconds([&] { turning.draw(columns.view(), 16); }));
        }
        alone(QStringLiteral("append 100k points/s at 1M shown, drawing"),
              *std::max_element(times.begin(), times.end()), "ms",
              QStringLiteral("longest of 300 frames, median %1 ms; a frame has 16.7 ms")
                  .arg(median(times), 0, 'f', 2));
    }
    PointView view;
    view.setAnimated(false);
    view.resize(kWidth, kHeight);
    view.setMode(ViewMode::ThreeD);
    view.setStyles(smallDots());
    view.setPoints(std::make_shared<PointSet>(columns.view()));
    view.show();
    QApplication::processEvents();
    view.repaint();
    std::vector<double> times;
    for (int i = 0; i < 300; ++i) {
        columns.append(perFrame);
        auto points = std::make_shared<PointSet>(columns.view());
        times.push_back(milliseconds([&] {
            view.setPoints(points);
            view.repaint();
        }));
    }
    const auto dropped = std::count_if(times.begin(), times.end(), [](double ms) { return ms > 16.7; });
    alone(QStringLiteral("append 100k points/s at 1M shown, whole paint"),
          *std::max_element(times.begin(), times.end()), "ms",
          QStringLiteral(
              "longest of 300 frames from setPoints() to the painted window, median %1 ms, %2 dropped")
              .arg(median(times), 0, 'f', 2)
              .arg(dropped));
}

DrawnShape hand(int vertices)
{
    DrawnShape shape;
    for (int i = 0; i < vertices; ++i) {
        const double angle = i * 2 * 3.14159265358979 / vertices;
        const double r = 300 + 60 * std::sin(angle * 5) + (vertices > 100 ? 3 * std::sin(angle * 700) : 0);
        shape.points.push_back({640 + r * std::cos(angle), 400 + r * std::sin(angle)});
    }
    return shape;
}

void lasso(const PointSet &million)
{
    WorkerPool pool;
    const auto renderer = makeCpuPointRenderer();
    {
        const DrawnShape shape = hand(64);
        const Projection projection =
            cameraFor(million, ViewMode::ThreeD, kWidth, kHeight).projection(1, kWidth, kHeight);
        RowMask fast;
        RowMask naive(million.size());
        const auto plain = [&] {
            for (std::size_t i = 0; i < million.size(); ++i) {
                const auto p = projection.project(million.x[i], million.y[i], million.z[i]);
                naive[i] = p.visible && insidePolygon(shape.points, p.x, p.y) ? 1 : 0;
            }
        };
        const auto [a, b] =
            measure([&] { fast = renderer->select(million, projection, shape); }, plain, 12, 5);
        row(QStringLiteral("lasso 1M points, 64 vertices, commit"), a, "ms", "even-odd test of every point",
            b, b / a,
            fast == naive ? QStringLiteral("projection included; same rows") : QStringLiteral("ROWS DIFFER"));
    }
    const PointSet ten = repeated(million, 10'000'000);
    for (const PointSet *points : {&million, &ten}) {
        const QString name = points == &ten ? QStringLiteral("10M") : QStringLiteral("1M");
        Camera camera = cameraFor(*points, ViewMode::ThreeD, kWidth, kHeight);
        for (const int vertices : {64, 5000}) {
            DrawnShape shape = hand(vertices);
            const Projection projection = camera.projection(1, kWidth, kHeight);
            std::size_t previewed = 0;
            const double preview = medianOf(
                [&] {
                    shape.points[0].x += 0.01; // another polygon each time, as while it is drawn
                    previewed = renderer->count(*points, projection, shape);
                },
                15);
            RowMask rows;
            const double commit = medianOf([&] { rows = renderer->select(*points, projection, shape); }, 15);
            const QString note =
                previewed == countRows(rows) ? QStringLiteral("exact") : QStringLiteral("COUNTS DIFFER");
            alone(QStringLiteral("lasso %1 points, %2 vertices, preview").arg(name).arg(vertices), preview,
                  "ms", note);
            alone(QStringLiteral("lasso %1 points, %2 vertices, commit").arg(name).arg(vertices), commit,
                  "ms", note);
        }
        DrawnShape stroke = hand(400);
        stroke.kind = DrawnShape::Kind::Stroke;
        stroke.radius = 25;
        const Projection projection = camera.projection(1, kWidth, kHeight);
        alone(QStringLiteral("brush %1 points, path of 400, preview").arg(name),
              medianOf([&] { renderer->count(*points, projection, stroke); }, 15), "ms", {});
        int at = 0;
        alone(
            QStringLiteral("pick among %1 points").arg(name),
            medianOf([&] { renderer->pick(*points, projection, float(300 + 13 * (at++ % 40)), 300, 9); }, 15),
            "ms", QStringLiteral("pointer moving, camera at rest"));
        camera.orbit(3, 0);
        alone(QStringLiteral("first pick among %1 points").arg(name),
              medianOf(
                  [&] {
                      camera.orbit(3, 0);
                      renderer->pick(*points, camera.projection(1, kWidth, kHeight), 500, 300, 9);
                  },
                  15),
              "ms", QStringLiteral("after the camera moved"));
    }
}

} // namespace

int main(int argc, char **argv)
{
    if (argc == 3 && QLatin1String(argv[1]) == QLatin1String("--peer"))
        return runPeer(QString::fromLocal8Bit(argv[2]), argc, argv);
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication app(argc, argv);
    const auto million = makeClusters(1'000'000, 4, 1);
    const auto discs = discPlot(*makeClusters(100'000, 4, 1));
    frames(QApplication::applicationFilePath(), discs);
    orbit(discs);
    live();
    lasso(*million);
    manyPoints(*million);
    return 0;
}
