// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/point_view/point_clouds.h"
#include "ui/point_view/colours.h"
#include "ui/point_view/raster.h"

#include <QTest>
#include <algorithm>
#include <cmath>

using namespace statescape::ui;

namespace {

constexpr int kWidth = 480;
constexpr int kHeight = 360;
constexpr std::uint32_t kBackground = 0xff1b1e23;

using Pixels = std::vector<std::uint32_t>;

RasterStyle styleOf(DepthCue cue = DepthCue::None, bool density = false)
{
    RasterStyle style;
    style.background = kBackground;
    style.depthCue = cue;
    style.density = density;
    for (int i = 0; i < 8; ++i)
        style.styles.push_back(makeStyle(classColour(i % kClassColours), Shape(i), 2.0F + float(i % 3) * 2));
    return style;
}

RowMask everySeventh(std::size_t count)
{
    RowMask rows(count, 0);
    for (std::size_t i = 0; i < count; i += 7)
        rows[i] = 1;
    return rows;
}

Pixels paint(Raster &raster, const RasterFrame &frame, DrawResult *result = nullptr)
{
    Pixels pixels(std::size_t(kWidth) * kHeight, kBackground);
    const DrawResult r = raster.draw({pixels.data(), kWidth, kHeight, kWidth}, frame);
    if (result)
        *result = r;
    return pixels;
}

Pixels paintFresh(const RasterFrame &frame, int threads = 1, Isa isa = bestIsa())
{
    WorkerPool pool(threads);
    Raster raster(pool, isa);
    return paint(raster, frame);
}

Projection projectionOf(const PointSet &points, ViewMode mode = ViewMode::ThreeD)
{
    return cameraFor(points, mode, kWidth, kHeight).projection(1, kWidth, kHeight);
}

struct Looks {
    const char *name;
    RasterStyle style;
    bool slab;
};

std::vector<Looks> allLooks()
{
    return {{"marks", styleOf(), false},
            {"fog", styleOf(DepthCue::Fog), false},
            {"eye dome", styleOf(DepthCue::EyeDome), false},
            {"density", styleOf(DepthCue::None, true), false},
            {"marks in a slab", styleOf(), true},
            {"density in a slab", styleOf(DepthCue::None, true), true}};
}

void setSlab(Projection &projection, bool on)
{
    if (!on)
        return;
    projection.slabFar = kNearest * 0.4F;
    projection.slabNear = kNearest * 0.7F;
}

} // namespace

class TestRasterScenes : public QObject {
    Q_OBJECT
private slots:
    void orderVisitsEveryRowOnce();
    void orderBeginsEvenly();
    void slicesGiveTheSamePixels();
    void appendedRowsGiveTheSamePixels();
    void threadsAndVersionsGiveTheSamePixels();
    void rowsBeforeFirstAreNotThere();
    void shortStyleColumn();
    void manyStyles();
    void crowdingIsTheShare();
    void densityCountsEveryPoint();
    void densityLeavesEmptyGround();
    void densityIsBrighterWhereMoreLie();
    void densityMarksSelected();
    void eyeDomeLeavesFlatScenes();
    void eyeDomeDarkensBehindEdges();
};

void TestRasterScenes::orderVisitsEveryRowOnce()
{
    const std::pair<std::size_t, std::size_t> ranges[] = {
        {0, 0}, {5, 5}, {0, 1}, {0, 512}, {511, 513}, {3, 70000}, {65530, 200001}, {1000, 1300000}};
    for (const auto &[first, last] : ranges) {
        const DrawOrder order(first, last);
        for (const std::size_t passes :
             {std::size_t(0), std::size_t(1), order.passes() / 2, order.passes()}) {
            std::vector<std::uint8_t> seen(last + 1, 0);
            const auto visit = [&](std::size_t a, std::size_t b) {
                QVERIFY(a >= first && a <= b && b <= last);
                QVERIFY(a == b || a / DrawOrder::kChunk == (b - 1) / DrawOrder::kChunk);
                for (; a < b; ++a)
                    ++seen[a];
            };
            for (std::size_t pass = 0; pass < std::min(passes, order.passes()); ++pass) {
                for (std::size_t stride = 0; stride < order.strides(); ++stride) {
                    const auto rows = order.grain(pass, stride);
                    if (rows.first < rows.last)
                        visit(rows.first, rows.last);
                }
            }
            for (std::size_t place = 0; place < order.chunkPlaces(); ++place)
                order.chunk(place, passes, visit);
            QCOMPARE(std::size_t(std::count(seen.begin(), seen.end(), 1)), last - first);
        }
    }
}

void TestRasterScenes::orderBeginsEvenly()
{
    const std::size_t last = 3'000'017;
    const DrawOrder order(0, last);
    QVERIFY(order.passes() >= 8);
    constexpr std::size_t parts = 64;
    std::vector<std::size_t> rows(parts, 0);
    for (std::size_t pass = 0; pass < 2; ++pass) {
        for (std::size_t stride = 0; stride < order.strides(); ++stride) {
            const auto grain = order.grain(pass, stride);
            for (std::size_t row = grain.first; row < grain.last; ++row)
                ++rows[row * parts / last];
        }
    }
    const std::size_t even = 2 * order.rowsPerPass() / parts;
    for (const std::size_t n : rows)
        QVERIFY2(n > even / 2 && n < even * 2, qPrintable(QString::number(n)));
}

void TestRasterScenes::slicesGiveTheSamePixels()
{
    auto points = makeClusters(400'003, 8, 21);
    points->first = 777;
    const RowMask rows = everySeventh(points->size() - 5000);
    for (const auto &look : allLooks()) {
        Projection projection = projectionOf(*points);
        setSlab(projection, look.slab);
        const Pixels once = paintFresh({projection, *points, &rows, look.style});
        for (const int threads : {1, 2}) {
            WorkerPool pool(threads);
            Raster raster(pool);
            DrawResult result;
            Pixels sliced;
            int slices = 0;
            std::size_t before = 0;
            do {
                sliced = paint(raster, {projection, *points, &rows, look.style, 5, 0.01}, &result);
                QVERIFY(result.drawn >= before); // a chunk may have been drawn by the passes
                before = result.drawn;
            } while (!result.complete && ++slices < 100000);
            QVERIFY(slices > 2);
            QCOMPARE(result.drawn, points->size() - points->first);
            QVERIFY2(sliced == once, look.name);
            // complete: the next call draws the same without looking at a point
            QVERIFY2(paint(raster, {projection, *points, &rows, look.style, 5, 0.01}, &result) == once,
                     look.name);
            // begun in a slice, ended in one go
            QVERIFY(paint(raster, {projection, *points, &rows, look.style, 6, 0.01}, &result) != once);
            QVERIFY2(paint(raster, {projection, *points, &rows, look.style, 6, 0}, &result) == once,
                     look.name);
            QVERIFY(result.complete);
        }
    }
}

void TestRasterScenes::appendedRowsGiveTheSamePixels()
{
    for (const auto &look : allLooks()) {
        ClusterColumns columns(8, 31);
        columns.append(90'000);
        const PointSet begin = columns.view();
        Projection projection = projectionOf(begin);
        setSlab(projection, look.slab);
        const RowMask rows = everySeventh(100'000);
        for (const double budget : {0.0, 0.01}) {
            WorkerPool pool(2);
            Raster raster(pool);
            DrawResult result;
            paint(raster, {projection, begin, &rows, look.style, 9, budget}, &result);
            PointSet now = columns.view();
            for (const std::size_t more : {1U, 1700U, 0U, 40'000U, 65'536U}) {
                columns.append(more);
                now = columns.view();
                paint(raster, {projection, now, &rows, look.style, 9, budget}, &result);
            }
            Pixels pixels;
            for (int i = 0; i < 100000; ++i) {
                pixels = paint(raster, {projection, now, &rows, look.style, 9, budget}, &result);
                if (result.complete)
                    break;
            }
            QCOMPARE(result.drawn, now.size());
            QVERIFY2(pixels == paintFresh({projection, now, &rows, look.style}), look.name);
        }
    }
}

void TestRasterScenes::threadsAndVersionsGiveTheSamePixels()
{
    const auto points = makeClusters(kSmallWork * 4 + 11, 8, 4);
    const RowMask rows = everySeventh(points->size());
    for (const auto &look : allLooks()) {
        Projection projection = projectionOf(*points);
        setSlab(projection, look.slab);
        const RasterFrame frame{projection, *points, &rows, look.style};
        const Pixels base = paintFresh(frame, 1, Isa::Baseline);
        QVERIFY(base != Pixels(base.size(), kBackground));
        for (const Isa isa : {Isa::Baseline, Isa::Avx2, Isa::Avx512})
            for (const int threads : {1, 2})
                if (isaAvailable(isa))
                    QVERIFY2(paintFresh(frame, threads, isa) == base, look.name);
    }
}

void TestRasterScenes::rowsBeforeFirstAreNotThere()
{
    const auto points = makeClusters(70'000, 8, 2);
    PointSet later = *points;
    later.first = 65'000;
    std::vector<float> x, y, z;
    std::vector<std::uint16_t> style;
    for (std::size_t i = later.first; i < points->size(); ++i) {
        x.push_back(points->x[i]);
        y.push_back(points->y[i]);
        z.push_back(points->z[i]);
        style.push_back(points->style[i]);
    }
    const PointSet alone{floats(x), floats(y), floats(z), styles(style), 0};
    const Projection projection = projectionOf(*points);
    for (const auto &look : allLooks())
        QVERIFY2(paintFresh({projection, later, nullptr, look.style}) ==
                     paintFresh({projection, alone, nullptr, look.style}),
                 look.name);
    later.first = 1'000'000;
    QVERIFY(paintFresh({projection, later, nullptr, styleOf()}) ==
            Pixels(std::size_t(kWidth) * kHeight, kBackground));
}

void TestRasterScenes::shortStyleColumn()
{
    const auto points = makeClusters(3000, 8, 2);
    PointSet cut = *points;
    std::vector<std::uint16_t> known = points->style.toVector();
    known.resize(1300);
    cut.style = styles(known);
    known.resize(3000, 0);
    PointSet filled = *points;
    filled.style = styles(known);
    const Projection projection = projectionOf(*points);
    QVERIFY(paintFresh({projection, cut, nullptr, styleOf()}) ==
            paintFresh({projection, filled, nullptr, styleOf()}));
}

void TestRasterScenes::manyStyles()
{
    RasterStyle style;
    style.background = kBackground;
    std::vector<float> x, y;
    std::vector<std::uint16_t> of;
    for (std::size_t i = 0; i < kMaxStyles; ++i) {
        PointStyle mark;
        mark.onDark = 0xff400000U + std::uint32_t(i) * 37;
        mark.size = 1.0F + float(i % 40) * 0.01F;
        style.styles.push_back(mark);
        x.push_back(float(i % 60) * 8 + 4);
        y.push_back(float(i / 60) * 8 + 4);
        of.push_back(std::uint16_t(i));
    }
    const PointSet points{floats(x), floats(y), {}, styles(of), 0};
    Projection projection;
    projection.width = kWidth;
    projection.height = kHeight;
    const Pixels pixels = paintFresh({projection, points, nullptr, style});
    for (std::size_t i = 0; i < kMaxStyles; ++i)
        QCOMPARE(pixels[std::size_t(y[i]) * kWidth + std::size_t(x[i])], style.styles[i].onDark);
}

void TestRasterScenes::crowdingIsTheShare()
{
    const auto points = makeClusters(60'000, 8, 12);
    Projection projection = projectionOf(*points);
    for (const bool slab : {false, true}) {
        setSlab(projection, slab);
        std::vector<int> held(std::size_t(kWidth + 2 * kMaxRadius) * (kHeight + 2 * kMaxRadius), 0);
        for (std::size_t i = 0; i < points->size(); ++i) {
            const auto p = projection.project(points->x[i], points->y[i], points->z[i]);
            const int px = int(std::floor(p.x)) + kMaxRadius;
            const int py = int(std::floor(p.y)) + kMaxRadius;
            if (p.visible && p.inSlab && px >= 0 && py >= 0 && px < kWidth + 2 * kMaxRadius &&
                py < kHeight + 2 * kMaxRadius)
                ++held[std::size_t(py) * (kWidth + 2 * kMaxRadius) + std::size_t(px)];
        }
        const double one = double(std::count_if(held.begin(), held.end(), [](int n) { return n > 0; }));
        const double many = double(std::count_if(held.begin(), held.end(), [](int n) { return n > 1; }));
        QVERIFY(many > 100);
        for (const bool density : {false, true}) {
            for (const int threads : {1, 2}) {
                WorkerPool pool(threads);
                Raster raster(pool);
                const RowMask rows = everySeventh(points->size());
                paint(raster,
                      {projection, *points, density ? nullptr : &rows, styleOf(DepthCue::None, density)});
                QCOMPARE(raster.crowding(), many / one);
            }
        }
    }
    WorkerPool pool(1);
    QCOMPARE(Raster(pool).crowding(), 0.0);
}

void TestRasterScenes::densityCountsEveryPoint()
{
    const auto points = makeClusters(120'000, 8, 3);
    Camera camera = cameraFor(*points, ViewMode::ThreeD, kWidth, kHeight);
    for (const double zoom : {1.0, 5.0}) {
        camera.zoomAt(100, 100, zoom);
        const Projection projection = camera.projection(1, kWidth, kHeight);
        std::uint64_t expected = 0;
        for (std::size_t i = 0; i < points->size(); ++i) {
            const auto p = projection.project(points->x[i], points->y[i], points->z[i]);
            const float x = p.x + float(kMaxRadius);
            const float y = p.y + float(kMaxRadius);
            expected += p.visible && x >= 0 && y >= 0 && x < float(kWidth + 2 * kMaxRadius) &&
                                y < float(kHeight + 2 * kMaxRadius)
                            ? 1
                            : 0;
        }
        QVERIFY(expected > 1000);
        WorkerPool pool(2);
        Raster raster(pool);
        paint(raster, {projection, *points, nullptr, styleOf(DepthCue::None, true)});
        QCOMPARE(raster.counted(), expected);
    }
}

void TestRasterScenes::densityLeavesEmptyGround()
{
    const auto points = makeClusters(2000, 8, 3, true);
    const Projection projection = projectionOf(*points, ViewMode::TwoD);
    std::vector<std::uint8_t> near(std::size_t(kWidth) * kHeight, 0);
    std::vector<std::uint8_t> on(near);
    for (std::size_t i = 0; i < points->size(); ++i) {
        const auto p = projection.project(points->x[i], points->y[i], 0);
        for (int dy = -2; dy <= 2; ++dy) {
            for (int dx = -2; dx <= 2; ++dx) {
                const int x = int(std::floor(p.x)) + dx;
                const int y = int(std::floor(p.y)) + dy;
                if (x < 0 || y < 0 || x >= kWidth || y >= kHeight)
                    continue;
                near[std::size_t(y) * kWidth + std::size_t(x)] = 1;
                if (dx == 0 && dy == 0)
                    on[std::size_t(y) * kWidth + std::size_t(x)] = 1;
            }
        }
    }
    const Pixels pixels = paintFresh({projection, *points, nullptr, styleOf(DepthCue::None, true)});
    std::size_t empty = 0;
    for (std::size_t i = 0; i < pixels.size(); ++i) {
        QVERIFY(near[i] || pixels[i] == kBackground);
        QVERIFY(!on[i] || pixels[i] != kBackground);
        empty += near[i] ? 0 : 1;
    }
    QVERIFY(empty > 1000);
}

void TestRasterScenes::densityIsBrighterWhereMoreLie()
{
    std::vector<float> x, y;
    for (int i = 0; i < 4000; ++i) { // a crowd of 40 points a px on the left, of 1 on the right
        x.push_back(100.5F + float(i % 10));
        y.push_back(100.5F + float(i / 10 % 10));
    }
    for (int i = 0; i < 100; ++i) {
        x.push_back(300.5F + float(i % 10));
        y.push_back(100.5F + float(i / 10));
    }
    const PointSet points{floats(x), floats(y), {}, {}, 0};
    Projection projection;
    projection.width = kWidth;
    projection.height = kHeight;
    for (const bool dark : {true, false}) {
        RasterStyle style = styleOf(DepthCue::None, true);
        style.dark = dark;
        style.background = dark ? 0xff101010U : 0xfff8f8f8U;
        Pixels pixels(std::size_t(kWidth) * kHeight, style.background);
        WorkerPool pool(1);
        Raster(pool).draw({pixels.data(), kWidth, kHeight, kWidth}, {projection, points, nullptr, style});
        const auto contrast = [&](int px) {
            return contrastRatio(QColor::fromRgb(pixels[std::size_t(105) * kWidth + std::size_t(px)]),
                                 QColor::fromRgb(style.background));
        };
        QVERIFY(contrast(105) > contrast(305) * 1.3);
        QVERIFY(contrast(305) > 1.2);
    }
}

void TestRasterScenes::densityMarksSelected()
{
    const auto points = makeClusters(50'000, 8, 3);
    const Projection projection = projectionOf(*points);
    RasterStyle style = styleOf(DepthCue::None, true);
    style.outline = 0xff00ff01U;
    RowMask rows(points->size(), 0);
    rows[123] = 1;
    const Pixels without = paintFresh({projection, *points, nullptr, style});
    const Pixels with = paintFresh({projection, *points, &rows, style});
    QCOMPARE(std::count(without.begin(), without.end(), style.outline), std::ptrdiff_t(0));
    QVERIFY(std::count(with.begin(), with.end(), style.outline) >= 6);
    std::size_t different = 0;
    for (std::size_t i = 0; i < with.size(); ++i)
        different += with[i] != without[i] ? 1 : 0;
    QVERIFY(different < 200);
}

void TestRasterScenes::eyeDomeLeavesFlatScenes()
{
    const auto points = makeClusters(30'000, 8, 3, true);
    const Projection projection = projectionOf(*points, ViewMode::TwoD);
    QVERIFY(paintFresh({projection, *points, nullptr, styleOf(DepthCue::EyeDome)}) ==
            paintFresh({projection, *points, nullptr, styleOf()}));
}

void TestRasterScenes::eyeDomeDarkensBehindEdges()
{
    for (const Lens lens : {Lens::Perspective, Lens::Orthographic}) {
        Camera camera;
        camera.setMode(ViewMode::ThreeD);
        camera.setLens(lens);
        camera.setViewport(kWidth, kHeight);
        camera.fit(cubeBox(), {0, 0, 0, 0});
        camera.orbit(camera.yaw() / 3.14159265358979 * kHeight, -camera.pitch() / 3.14159265358979 * kHeight);
        camera.setDepthBox(cubeBox());
        // a wall with a plate before its middle
        std::vector<float> x, y, z;
        for (int i = -60; i <= 60; ++i) {
            for (int j = -60; j <= 60; ++j) {
                x.push_back(float(i) / 120);
                y.push_back(float(j) / 120);
                z.push_back(std::max(std::abs(i), std::abs(j)) < 20 ? 0.5F : -0.5F);
            }
        }
        const PointSet points{floats(x), floats(y), floats(z), {}, 0};
        const Projection projection = camera.projection(1, kWidth, kHeight);
        RasterStyle style = styleOf(DepthCue::EyeDome);
        style.styles[0].shape = Shape::Square;
        style.styles[0].size = 9;
        const Pixels lit = paintFresh({projection, points, nullptr, style});
        const auto at = [&](float px, float py, float pz, int dx) {
            const auto p = projection.project(px, py, pz);
            return lit[std::size_t(p.y) * kWidth + std::size_t(int(p.x) + dx)];
        };
        const std::uint32_t own = style.styles[0].onDark;
        QCOMPARE(at(0, 0, 0.5F, 0), own); // the middle of the plate
        // its edge is as light as its middle, the wall beside it is not
        int edge = 0;
        while (at(0, 0, 0.5F, edge) == own && edge < kWidth / 2)
            ++edge;
        QVERIFY(edge < kWidth / 2);
        QVERIFY((at(0, 0, 0.5F, edge) & 0xffU) < (own & 0xffU));
    }
}

QTEST_GUILESS_MAIN(TestRasterScenes)
#include "test_raster_scenes.moc"
