// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Rows for ./bench: one JSON object a line, the peer measured in the same run, alternating with ours so that
// other load hits both alike.
#include "tests/point_view/point_clouds.h"
#include "ui/point_view/area_selection.h"
#include "ui/point_view/point_view.h"

#include <QApplication>
#include <QElapsedTimer>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <qcustomplot.h>

using namespace statescape::ui;

namespace {

constexpr int kWidth = 1280;
constexpr int kHeight = 800;

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

void row(const char *name, double value, const char *unit, const char *peer, double peerValue, double ratio,
         const char *note)
{
    std::printf("{\"group\":\"point_view\",\"name\":\"%s\",\"value\":%.3f,\"unit\":\"%s\",\"peer\":\"%s\","
                "\"peer_value\":%.3f,"
                "\"ratio\":%.2f,\"note\":\"%s\"}\n",
                name, value, unit, peer, peerValue, ratio, note);
    std::fflush(stdout);
}

std::vector<PointStyle> smallDots()
{
    return {makeStyle(unlabelledColour(), Shape::Dot, 3), makeStyle(positiveColour(), Shape::Dot, 3),
            makeStyle(negativeColour(), Shape::Dot, 3), makeStyle(classColour(0), Shape::Dot, 3)};
}

/// QCustomPlot the way its users draw a scatter: no line, discs of 4 px, into a pixmap of the same size.
class DiscPlot {
public:
    explicit DiscPlot(const PointSet &points)
    {
        m_plot.resize(kWidth, kHeight);
        m_plot.setViewport(QRect(0, 0, kWidth, kHeight));
        auto *graph = m_plot.addGraph();
        graph->setLineStyle(QCPGraph::lsNone);
        graph->setAdaptiveSampling(false); // every point, as we do
        graph->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, 4));
        QVector<double> x;
        QVector<double> y;
        for (std::size_t i = 0; i < points.size(); ++i) {
            x.append(points.x[i]);
            y.append(points.y[i]);
        }
        graph->setData(x, y);
        m_plot.rescaleAxes();
    }
    void paint() { m_plot.replot(QCustomPlot::rpImmediateRefresh); }

private:
    QCustomPlot m_plot;
};

void frames()
{
    const auto small = makeClusters(100'000, 4, 1);
    DiscPlot discs(*small);
    WorkerPool pool;
    Raster raster(pool);
    RasterStyle style;
    style.styles = smallDots();
    for (const std::size_t count : {std::size_t(100'000), std::size_t(1'000'000)}) {
        const auto points = count == small->size() ? small : makeClusters(count, 4, 1);
        Camera camera = cameraFor(*points, ViewMode::ThreeD, kWidth, kHeight);
        QImage image(kWidth, kHeight, QImage::Format_RGB32);
        const auto ours = [&] {
            camera.orbit(3, 0);
            image.fill(0xff1b1e23);
            raster.draw({reinterpret_cast<std::uint32_t *>(image.bits()), kWidth, kHeight,
                         int(image.bytesPerLine() / 4)},
                        camera.projection(1, kWidth, kHeight), *points, nullptr, style);
        };
        const auto [a, b] = measure(
            ours, [&] { discs.paint(); }, 12, 5);
        row(count == small->size() ? "frame 100k points 3D" : "frame 1M points 3D", a, "ms",
            "QCustomPlot discs 100k", b, b / a,
            count == small->size() ? "3 px, depth and fog, 1280x800, median while orbiting"
                                   : "3 px, depth and fog, 1280x800, median while orbiting; the peer draws a "
                                     "tenth of the points");
    }
}

void orbit()
{
    const auto points = makeClusters(100'000, 4, 1);
    DiscPlot discs(*points);
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
    const auto [a, b] = measure(
        ours, [&] { discs.paint(); }, 12, 5);
    row("orbit 100k points, whole paint", 1000 / a, "frames/s", "QCustomPlot discs 100k", 1000 / b, b / a,
        "with floor, axes, names, trail and legend, 1280x800");
}

void live()
{
    // Two sets taken in turn stand for the next batch of samples: bounds, camera, points and everything over
    // them are done anew.
    const std::shared_ptr<const PointSet> sets[2] = {makeClusters(1'000'000, 4, 1),
                                                     makeClusters(1'000'000, 4, 2)};
    DiscPlot discs(*makeClusters(100'000, 4, 1));
    PointView view;
    view.setAnimated(false);
    view.resize(kWidth, kHeight);
    view.setMode(ViewMode::ThreeD);
    view.setStyles(smallDots());
    view.setPoints(sets[0]);
    view.show();
    QApplication::processEvents();
    int turn = 0;
    const auto ours = [&] {
        view.setPoints(sets[++turn % 2]);
        view.repaint();
    };
    const auto [a, b] = measure(
        ours, [&] { discs.paint(); }, 12, 5);
    row("new samples at 1M points, whole paint", a, "ms", "QCustomPlot discs 100k", b, b / a,
        "from setPoints() to the painted window; the peer draws a tenth of the points");
}

void lasso()
{
    const auto points = makeClusters(1'000'000, 4, 1);
    const Camera camera = cameraFor(*points, ViewMode::ThreeD, kWidth, kHeight);
    const auto projection = camera.projection(1, kWidth, kHeight);
    std::vector<AreaPoint> polygon;
    for (int i = 0; i < 64; ++i) {
        const double angle = i / 64.0 * 2 * 3.14159265358979;
        const double r = 300 + 60 * std::sin(angle * 5);
        polygon.push_back({640 + r * std::cos(angle), 400 + r * std::sin(angle)});
    }
    WorkerPool pool;
    RowMask fast;
    RowMask naive(points->size());
    const auto ours = [&] { fast = selectArea(*points, projection, polygon, &pool); };
    const auto plain = [&] {
        for (std::size_t i = 0; i < points->size(); ++i) {
            const auto p = projection.project(points->x[i], points->y[i], points->z[i]);
            naive[i] = p.visible && insidePolygon(polygon, p.x, p.y) ? 1 : 0;
        }
    };
    const auto [a, b] = measure(ours, plain, 12, 5);
    row("lasso 1M points, 64 vertices", a, "ms", "even-odd test of every point", b, b / a,
        fast == naive ? "projection included; same rows" : "ROWS DIFFER");
}

} // namespace

int main(int argc, char **argv)
{
    if (!qEnvironmentVariableIsSet("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication app(argc, argv);
    frames();
    orbit();
    live();
    lasso();
    return 0;
}
