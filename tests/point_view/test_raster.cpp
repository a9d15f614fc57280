// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/point_view/point_clouds.h"
#include "ui/point_view/colours.h"
#include "ui/point_view/line.h"
#include "ui/point_view/raster.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

using namespace statescape::ui;

namespace {

constexpr std::uint32_t kBackground = 0xff1b1e23;
constexpr int kShapes = int(Shape::HollowSquare) + 1;

struct Picture {
    int width, height;
    std::vector<std::uint32_t> pixels;
    Picture(int w, int h)
        : width(w)
        , height(h)
        , pixels(std::size_t(w) * std::size_t(h), kBackground)
    {}
    PixelBuffer buffer() { return {pixels.data(), width, height, width}; }
};

/// Splats every sprite point by point with a z-test a pixel, which is what the filter claims to equal.
class Oracle {
public:
    Oracle(int width, int height)
        : m_width(width)
        , m_height(height)
        , m_solid(cells())
        , m_chosen(cells())
        , m_fringe(cells())
        , m_outline(cells())
    {}

    void splat(const PointSet &points, const Projection &projection, const RowMask *selected,
               const RasterStyle &style)
    {
        std::vector<Sprite> sprites;
        for (const auto &s : style.styles)
            sprites.push_back(Sprite::make(s.shape, s.size * style.scale, 1.3 * style.scale));
        for (std::size_t i = 0; i < points.size(); ++i) {
            const auto p =
                projection.project(points.x[i], points.y[i], points.z.empty() ? 0.0F : points.z[i]);
            if (!p.visible)
                continue;
            const int x = int(std::floor(p.x));
            const int y = int(std::floor(p.y));
            if (!p.inSlab) {
                put(m_solid, {{0, 0}}, x, y, kContextWord);
                continue;
            }
            const bool on = selected && i < selected->size() && (*selected)[i];
            std::uint32_t key = points.style.empty() ? 0 : points.style[i];
            if (key >= sprites.size())
                key = 0;
            const Sprite &sprite = sprites[key];
            const std::uint32_t word =
                ((std::uint32_t(p.nearness) >> 5) << kNearShift) | keyBits(key | (on ? kSelectedKey : 0U));
            put(on ? m_chosen : m_solid, sprite.solid, x, y, word);
            put(on ? m_outline : m_fringe, on ? sprite.outline : sprite.fringe, x, y, word);
        }
    }

    void shade(Picture &out, const std::function<std::uint32_t(std::uint32_t)> &colour) const
    {
        for (std::size_t i = 0; i < m_solid.size(); ++i) {
            const std::uint32_t chosen = m_chosen[i];
            std::uint32_t ring = m_outline[i];
            if (chosen != 0 && ring - std::min(ring, chosen) <= kOutlineReach)
                ring = 0;
            std::uint32_t solid = std::max(m_solid[i], chosen);
            if (ring)
                solid = std::max(solid, ring | keyBits(kOutlineKey));
            if (!solid && !m_fringe[i])
                continue;
            std::uint32_t c = solid ? colour(solid) : out.pixels[i];
            if (m_fringe[i] > solid)
                c = mix(c, colour(m_fringe[i]));
            out.pixels[i] = c;
        }
    }

private:
    [[nodiscard]] std::vector<std::uint32_t> cells() const
    {
        return std::vector<std::uint32_t>(std::size_t(m_width) * std::size_t(m_height), 0);
    }
    static std::uint32_t mix(std::uint32_t below, std::uint32_t above)
    {
        std::uint32_t out = 0xff000000U;
        for (int shift = 0; shift < 24; shift += 8)
            out |= ((((below >> shift) & 255U) * 9 + ((above >> shift) & 255U) * 7) / 16) << shift;
        return out;
    }
    void put(std::vector<std::uint32_t> &to, const std::vector<PixelOffset> &offsets, int x, int y,
             std::uint32_t word) const
    {
        for (const auto &o : offsets) {
            const int px = x + o.dx;
            const int py = y + o.dy;
            if (px < 0 || py < 0 || px >= m_width || py >= m_height)
                continue;
            auto &cell = to[std::size_t(py) * std::size_t(m_width) + std::size_t(px)];
            cell = std::max(cell, word);
        }
    }

    int m_width, m_height;
    std::vector<std::uint32_t> m_solid, m_chosen, m_fringe, m_outline;
};

std::uint32_t mixed(std::uint32_t from, std::uint32_t to, double share)
{
    std::uint32_t out = 0xff000000U;
    for (int shift = 0; shift < 24; shift += 8) {
        const double a = (from >> shift) & 255U;
        const double b = (to >> shift) & 255U;
        out |= std::uint32_t(a + (b - a) * share + 0.5) << shift;
    }
    return out;
}

/// The colours of a style table without fog are the styles' own.
std::uint32_t plainColour(const RasterStyle &style, std::uint32_t word)
{
    const std::uint32_t key = keyOf(word);
    if (key == kContextKey)
        return mixed(style.outline, style.background, 0.82);
    return key == kOutlineKey ? style.outline : style.styles[key & (kSelectedKey - 1)].onDark;
}

RasterStyle allShapes(double scale)
{
    RasterStyle style;
    style.background = kBackground;
    style.scale = scale;
    for (int i = 0; i < kShapes; ++i)
        style.styles.push_back(makeStyle(classColour(i % kClassColours), Shape(i), 3.0F + float(i % 4) * 2));
    return style;
}

RowMask everyThird(std::size_t count)
{
    RowMask rows(count, 0);
    for (std::size_t i = 0; i < count; i += 3)
        rows[i] = 1;
    return rows;
}

} // namespace

class TestRaster : public QObject {
    Q_OBJECT
private slots:
    void equalsNaiveSplat_data();
    void equalsNaiveSplat();
    void threadsDoNotMatter();
    void versionsGiveTheSamePixels();
    void framesDoNotLeak();
    void missingAndUnknown();
    void nearerHidesFarther();
    void fogFadesWithDistance();
    void selectedIsVisibleWithoutColour();
    void restFadesWhileSomethingIsSelected();
    void linesStayInThePicture();
    void spritesAreSymmetricAndDistinct();
    void classColoursAreReadable();
};

void TestRaster::equalsNaiveSplat_data()
{
    QTest::addColumn<int>("mode");
    QTest::addColumn<int>("lens");
    QTest::addColumn<double>("scale");
    QTest::addColumn<bool>("selected");
    QTest::addColumn<double>("zoom");
    QTest::addColumn<bool>("slab");
    for (const double scale : {1.0, 1.25, 2.0}) {
        for (const bool selected : {false, true}) {
            const auto name = [&](const char *what) {
                return QStringLiteral("%1 x%2%3")
                    .arg(QLatin1String(what))
                    .arg(scale)
                    .arg(QLatin1String(selected ? " selected" : ""));
            };
            QTest::addRow("%s", qPrintable(name("flat")))
                << int(ViewMode::TwoD) << 0 << scale << selected << 1.0 << false;
            QTest::addRow("%s", qPrintable(name("perspective")))
                << int(ViewMode::ThreeD) << 0 << scale << selected << 1.0 << false;
            QTest::addRow("%s", qPrintable(name("parallel")))
                << int(ViewMode::ThreeD) << 1 << scale << selected << 1.0 << false;
            QTest::addRow("%s", qPrintable(name("inside the cloud")))
                << int(ViewMode::ThreeD) << 0 << scale << selected << 6.0 << false;
            if (scale != 2.0) // there context is larger than a pixel
                QTest::addRow("%s", qPrintable(name("slab")))
                    << int(ViewMode::ThreeD) << 0 << scale << selected << 1.0 << true;
        }
    }
}

void TestRaster::equalsNaiveSplat()
{
    QFETCH(int, mode);
    QFETCH(int, lens);
    QFETCH(double, scale);
    QFETCH(bool, selected);
    QFETCH(double, zoom);
    QFETCH(bool, slab);
    const auto points = makeClusters(6000, kShapes, 11, mode == int(ViewMode::TwoD));
    Camera camera = cameraFor(*points, ViewMode(mode), 331, 217, Lens(lens));
    camera.zoomAt(120, 90, zoom);
    Picture ours(int(331 * scale), int(217 * scale));
    Projection projection = camera.projection(scale, ours.width, ours.height);
    if (slab) {
        projection.slabFar = kNearest * 0.3F;
        projection.slabNear = kNearest * 0.6F;
    }
    const RasterStyle style = allShapes(scale);
    const RowMask rows = everyThird(points->size() - 100);
    WorkerPool pool(1);
    Raster raster(pool);
    raster.draw(ours.buffer(), {projection, *points, selected ? &rows : nullptr, style});

    Picture theirs(ours.width, ours.height);
    Oracle oracle(ours.width, ours.height);
    oracle.splat(*points, projection, selected ? &rows : nullptr, style);
    oracle.shade(theirs, [&](std::uint32_t word) { return plainColour(style, word); });
    std::size_t different = 0;
    std::size_t drawn = 0;
    for (std::size_t i = 0; i < ours.pixels.size(); ++i) {
        different += ours.pixels[i] != theirs.pixels[i] ? 1 : 0;
        drawn += ours.pixels[i] != kBackground ? 1 : 0;
    }
    QCOMPARE(different, std::size_t(0));
    QVERIFY(drawn > 1000);
}

void TestRaster::threadsDoNotMatter()
{
    const auto points = makeClusters(kSmallWork * 3 + 17, 8, 3);
    const Camera camera = cameraFor(*points, ViewMode::ThreeD, 500, 400);
    const RowMask rows = everyThird(points->size());
    Picture one(500, 400);
    Picture two(500, 400);
    const auto projection = camera.projection(1, 500, 400);
    WorkerPool single(1);
    WorkerPool pair(2);
    QCOMPARE(pair.threads(), 2);
    Raster(single).draw(one.buffer(), {projection, *points, &rows, allShapes(1)});
    Raster(pair).draw(two.buffer(), {projection, *points, &rows, allShapes(1)});
    QVERIFY(one.pixels == two.pixels);
}

void TestRaster::versionsGiveTheSamePixels()
{
    const auto points = makeClusters(20000, 8, 5);
    const RowMask rows = everyThird(points->size());
    const Camera camera = cameraFor(*points, ViewMode::ThreeD, 500, 400);
    WorkerPool pool(1);
    Picture base(500, 400);
    Raster(pool, Isa::Baseline)
        .draw(base.buffer(), {camera.projection(1, 500, 400), *points, &rows, allShapes(1)});
    int compared = 0;
    for (const Isa isa : {Isa::Avx2, Isa::Avx512}) {
        if (!isaAvailable(isa))
            continue;
        Picture other(500, 400);
        Raster(pool, isa).draw(other.buffer(),
                               {camera.projection(1, 500, 400), *points, &rows, allShapes(1)});
        QVERIFY(base.pixels == other.pixels);
        ++compared;
    }
    if (compared == 0)
        QSKIP("this processor has only the baseline instruction set");
}

void TestRaster::framesDoNotLeak()
{
    const auto many = makeClusters(kSmallWork * 2, 8, 5);
    const auto few = makeClusters(300, 8, 6);
    WorkerPool pool(2);
    Raster used(pool);
    const Camera camera = cameraFor(*many, ViewMode::ThreeD, 400, 300);
    const auto projection = camera.projection(1, 400, 300);
    Picture first(400, 300);
    const RowMask rows = everyThird(many->size());
    used.draw(first.buffer(), {projection, *many, &rows, allShapes(1)});
    Picture again(400, 300);
    used.draw(again.buffer(), {projection, *few, nullptr, allShapes(1)});
    Picture fresh(400, 300);
    Raster(pool).draw(fresh.buffer(), {projection, *few, nullptr, allShapes(1)});
    QVERIFY(again.pixels == fresh.pixels);
    // and back, larger, with other sprites
    Picture larger(800, 600);
    used.draw(larger.buffer(), {camera.projection(2, 800, 600), *many, nullptr, allShapes(2)});
    Picture larger2(800, 600);
    Raster(pool).draw(larger2.buffer(), {camera.projection(2, 800, 600), *many, nullptr, allShapes(2)});
    QVERIFY(larger.pixels == larger2.pixels);
}

void TestRaster::missingAndUnknown()
{
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float inf = std::numeric_limits<float>::infinity();
    PointSet points;
    points.x = floats({nan, 0, 0, inf, -inf, 1e30F});
    points.y = floats({0, nan, 0, 0, 0, 0});
    points.z = floats({0, 0, nan, 0, 0, 0});
    Projection projection;
    projection.x[3] = projection.y[3] = 20;
    projection.width = projection.height = 40;
    for (const bool perspective : {false, true}) {
        projection.perspective = perspective;
        Picture out(40, 40);
        WorkerPool pool(1);
        Raster(pool).draw(out.buffer(), {projection, points, nullptr, allShapes(1)});
        QCOMPARE(std::count(out.pixels.begin(), out.pixels.end(), kBackground), std::ptrdiff_t(1600));
    }
    PointSet unknownStyle;
    unknownStyle.x = floats({0});
    unknownStyle.y = floats({0});
    unknownStyle.style = styles({2100});
    projection.perspective = false;
    Picture out(40, 40);
    WorkerPool pool(1);
    RasterStyle style = allShapes(1);
    Raster(pool).draw(out.buffer(), {projection, unknownStyle, nullptr, style});
    QCOMPARE(out.pixels[20 * 40 + 20], style.styles[0].onDark);
}

void TestRaster::nearerHidesFarther()
{
    PointSet points;
    points.x = floats({0, 0});
    points.y = floats({0, 0});
    points.z = floats({-0.5F, 0.5F});
    points.style = styles({1, 0});
    Camera camera;
    camera.setMode(ViewMode::ThreeD);
    camera.setViewport(100, 100);
    camera.fit({{-1, -1, -1}, {1, 1, 1}, false}, {0, 0, 0, 0});
    camera.orbit(camera.yaw() / 3.14159265358979 * 100, -camera.pitch() / 3.14159265358979 * 100);
    RasterStyle style = allShapes(1);
    style.styles.resize(2);
    style.styles[0].shape = style.styles[1].shape = Shape::Dot;
    WorkerPool pool(1);
    for (const std::size_t nearer : {1U, 0U}) {
        points.z = floats({nearer == 0 ? 0.5F : -0.5F, nearer == 0 ? -0.5F : 0.5F});
        Picture out(100, 100);
        const auto projection = camera.projection(1, 100, 100);
        Raster(pool).draw(out.buffer(), {projection, points, nullptr, style});
        const auto p = projection.project(0, 0, 0.5F);
        QCOMPARE(out.pixels[std::size_t(p.y) * 100 + std::size_t(p.x)],
                 style.styles[points.style[nearer]].onDark);
    }
}

void TestRaster::fogFadesWithDistance()
{
    PointSet points;
    points.x = floats({-0.5F, 0.5F});
    points.y = floats({0, 0});
    points.z = floats({0.9F, -0.9F});
    RasterStyle style = allShapes(1);
    style.styles = {makeStyle(positiveColour(), Shape::Square, 7)};
    style.depthCue = DepthCue::Fog;
    Camera camera;
    camera.setMode(ViewMode::ThreeD);
    camera.setViewport(200, 200);
    camera.fit({{-1, -1, -1}, {1, 1, 1}, false}, {0, 0, 0, 0});
    const auto projection = camera.projection(1, 200, 200);
    Picture out(200, 200);
    WorkerPool pool(1);
    Raster(pool).draw(out.buffer(), {projection, points, nullptr, style});
    const auto at = [&](int i) {
        const auto p = projection.project(points.x[std::size_t(i)], 0, points.z[std::size_t(i)]);
        return QColor::fromRgb(out.pixels[std::size_t(p.y) * 200 + std::size_t(p.x)]);
    };
    const QColor background = QColor::fromRgb(kBackground);
    QVERIFY(contrastRatio(at(0), background) > contrastRatio(at(1), background));
    QVERIFY(contrastRatio(at(1), background) > 1.5); // still there
}

void TestRaster::selectedIsVisibleWithoutColour()
{
    PointSet points;
    points.x = floats({10, 30});
    points.y = floats({20, 20});
    Projection projection;
    projection.width = projection.height = 40;
    const RowMask rows{0, 1};
    RasterStyle style = allShapes(1);
    Picture out(40, 40);
    WorkerPool pool(1);
    Raster(pool).draw(out.buffer(), {projection, points, &rows, style});
    int left = 0;
    int right = 0;
    for (int y = 0; y < 40; ++y)
        for (int x = 0; x < 40; ++x)
            if (out.pixels[std::size_t(y * 40 + x)] == style.outline)
                ++(x < 20 ? left : right);
    QCOMPARE(left, 0);
    QVERIFY(right >= 8);
}

void TestRaster::restFadesWhileSomethingIsSelected()
{
    PointSet points;
    points.x = floats({10, 30});
    points.y = floats({20, 20});
    Projection projection;
    projection.width = projection.height = 40;
    RasterStyle style = allShapes(1);
    style.dimUnselected = true;
    WorkerPool pool(1);
    const auto centres = [&](const RowMask &rows) {
        Picture out(40, 40);
        Raster(pool).draw(out.buffer(), {projection, points, &rows, style});
        return std::pair{out.pixels[20 * 40 + 10], out.pixels[20 * 40 + 30]};
    };
    const auto own = style.styles[0].onDark;
    QCOMPARE(centres({0, 0}), (std::pair{own, own}));
    const auto [rest, chosen] = centres({0, 1});
    QCOMPARE(chosen, own);
    const QColor background = QColor::fromRgb(kBackground);
    QVERIFY(contrastRatio(QColor::fromRgb(rest), background) <
            contrastRatio(QColor::fromRgb(own), background));
    QVERIFY(contrastRatio(QColor::fromRgb(rest), background) > 1.3);
}

void TestRaster::linesStayInThePicture()
{
    const auto changed = [](double x0, double y0, double x1, double y1) {
        // a frame of cells round the picture would show a write beyond it
        std::vector<std::uint32_t> cells(60 * 50, kBackground);
        blendLine({cells.data() + 5 * 60 + 5, 50, 40, 60}, x0, y0, x1, y1, 0xffffff, 255);
        int inside = 0;
        for (int y = 0; y < 50; ++y) {
            for (int x = 0; x < 60; ++x) {
                const bool touched = cells[std::size_t(y * 60 + x)] != kBackground;
                if (touched && (x < 5 || y < 5 || x >= 55 || y >= 45))
                    return -1;
                inside += touched ? 1 : 0;
            }
        }
        return inside;
    };
    QCOMPARE(changed(10, 20.5, 30, 20.5), 20);
    QCOMPARE(changed(20.5, 30, 20.5, 10), 20);
    QVERIFY(changed(0, 0, 50, 40) >= 50);
    QVERIFY(changed(-1e9, -1e9, 1e9, 1e9) >= 40);
    QVERIFY(changed(-7, 3, 90, -30) >= 0);
    QCOMPARE(changed(-100, 10, -50, 20), 0);
    QCOMPARE(changed(1e30, -1e30, 1e31, 4), 0);
    QCOMPARE(changed(std::numeric_limits<double>::quiet_NaN(), 0, 10, 10), 0);
    QVERIFY(changed(25, 20, 25, 20) <= 2);
}

void TestRaster::spritesAreSymmetricAndDistinct()
{
    std::vector<std::vector<std::pair<int, int>>> seen;
    for (int s = 0; s < kShapes; ++s) {
        const Sprite sprite = Sprite::make(Shape(s), 7, 1.3);
        std::vector<std::pair<int, int>> pixels;
        for (const auto &p : sprite.solid) {
            pixels.emplace_back(p.dx, p.dy);
            QVERIFY2(std::any_of(sprite.solid.begin(), sprite.solid.end(),
                                 [&](const PixelOffset &q) { return q.dx == -p.dx && q.dy == p.dy; }),
                     "left and right differ");
        }
        QVERIFY(std::find(seen.begin(), seen.end(), pixels) == seen.end());
        seen.push_back(pixels);
    }
    for (const double size : {0.1, 1.0, 3.0, 8.0, 15.0, 40.0, 1e9}) {
        const Sprite sprite = Sprite::make(Shape::Cross, size, size);
        QVERIFY(sprite.outlineRadius <= kMaxRadius);
        QVERIFY(!sprite.solid.empty());
    }
}

void TestRaster::classColoursAreReadable()
{
    std::vector<ColourPair> all{unlabelledColour(), positiveColour(), negativeColour()};
    for (int i = 0; i < kClassColours; ++i)
        all.push_back(classColour(i));
    for (const auto &c : all) {
        for (const char *dark : {"#1b1e23", "#22252c", "#000000"})
            QVERIFY2(contrastRatio(c.on(true), QColor(dark)) >= 3, dark);
        for (const char *light : {"#ffffff", "#f0f1f5"})
            QVERIFY2(
                contrastRatio(c.on(false), QColor(light)) >= 3,
                qPrintable(QString::number(c.onLight, 16) + QLatin1String(" on ") + QLatin1String(light)));
    }
}

QTEST_GUILESS_MAIN(TestRaster)
#include "test_raster.moc"
