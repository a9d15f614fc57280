// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/point_view/point_clouds.h"
#include "ui/point_view/area_selection.h"
#include "ui/point_view/drawn_area.h"
#include "ui/point_view/pick.h"
#include "ui/point_view/pick_index.h"

#include <QTest>
#include <cmath>

using namespace statescape::ui;

namespace {

using Polygon = std::vector<AreaPoint>;

DrawnShape lasso(const Polygon &polygon)
{
    return {DrawnShape::Kind::Polygon, polygon, 0};
}

/// Points everywhere, many of them exactly on edges, vertices and whole pixels.
void compare(const Polygon &polygon, std::mt19937 &random, int count)
{
    const Area area(polygon);
    double left = 1e300, right = -1e300, top = 1e300, bottom = -1e300;
    for (const auto &v : polygon) {
        left = std::min(left, v.x);
        right = std::max(right, v.x);
        top = std::min(top, v.y);
        bottom = std::max(bottom, v.y);
    }
    const double w = std::max(right - left, 1e-3);
    const double h = std::max(bottom - top, 1e-3);
    for (int i = 0; i < count; ++i) {
        float x = float(std::uniform_real_distribution<>(left - w * 0.1, right + w * 0.1)(random));
        float y = float(std::uniform_real_distribution<>(top - h * 0.1, bottom + h * 0.1)(random));
        if (i % 4 == 1 && !polygon.empty()) { // beside an edge by rounding only
            const auto &a = polygon[random() % polygon.size()];
            const auto &b = polygon[random() % polygon.size()];
            const double t = double(random() % 1000) / 1000;
            x = float(a.x + (b.x - a.x) * t);
            y = float(a.y + (b.y - a.y) * t);
        } else if (i % 4 == 2) {
            x = std::round(x);
            y = std::round(y);
        }
        const bool expected = insidePolygon(polygon, x, y);
        if (area.contains(x, y) != expected)
            QFAIL(qPrintable(QStringLiteral("(%1, %2) should be %3")
                                 .arg(double(x), 0, 'g', 17)
                                 .arg(double(y), 0, 'g', 17)
                                 .arg(expected)));
    }
}

DrawnShape brush(const Polygon &path, double radius)
{
    return {DrawnShape::Kind::Stroke, path, radius};
}

/// Points everywhere, many of them exactly on the rim.
void compareStroke(const Polygon &path, double radius, std::mt19937 &random, int count)
{
    const Stroke stroke(path, radius);
    double left = 1e300, right = -1e300, top = 1e300, bottom = -1e300;
    for (const auto &v : path) {
        left = std::min(left, v.x - radius);
        right = std::max(right, v.x + radius);
        top = std::min(top, v.y - radius);
        bottom = std::max(bottom, v.y + radius);
    }
    const double w = std::max(right - left, 1e-3);
    const double h = std::max(bottom - top, 1e-3);
    std::uniform_real_distribution<> unit(0, 1);
    for (int i = 0; i < count; ++i) {
        float x = float(left - w * 0.1 + 1.2 * w * unit(random));
        float y = float(top - h * 0.1 + 1.2 * h * unit(random));
        if (i % 3 == 1 && !path.empty()) { // beside the rim by rounding only
            const std::size_t k = random() % path.size();
            const auto &a = path[k];
            const auto &b = path[std::min(k + 1, path.size() - 1)];
            const double t = unit(random);
            double angle = unit(random) * 6.2831853;
            if (a.x != b.x || a.y != b.y)
                angle = std::atan2(b.y - a.y, b.x - a.x) + (i % 2 ? 1 : -1) * 1.5707963267948966;
            x = float(a.x + (b.x - a.x) * t + radius * std::cos(angle));
            y = float(a.y + (b.y - a.y) * t + radius * std::sin(angle));
        } else if (i % 3 == 2) {
            x = std::round(x);
            y = std::round(y);
        }
        const bool expected = withinStroke(path, radius, x, y);
        if (stroke.contains(x, y) != expected)
            QFAIL(qPrintable(QStringLiteral("(%1, %2) should be %3")
                                 .arg(double(x), 0, 'g', 17)
                                 .arg(double(y), 0, 'g', 17)
                                 .arg(expected)));
    }
}

bool inside(const DrawnShape &shape, double x, double y)
{
    return shape.kind == DrawnShape::Kind::Polygon ? insidePolygon(shape.points, x, y)
                                                   : withinStroke(shape.points, shape.radius, x, y);
}

} // namespace

class TestAreaSelection : public QObject {
    Q_OBJECT
private slots:
    void definition();
    void randomPolygons_data();
    void randomPolygons();
    void adversarial();
    void rowsNotPixels();
    void poolGivesTheSame();
    void missingAndBehindAreNotSelected();
    void combining();
    void strokeDefinition();
    void randomStrokes_data();
    void randomStrokes();
    void adversarialStrokes();
    void shapesSelectExactRows_data();
    void shapesSelectExactRows();
    void drawnAreaIsMadeAgain();
    void boundsOfGrowingSets();
    void picking();
    void pickingIsTheDefinition();
    void pickingAgainIsTheSame();
};

void TestAreaSelection::definition()
{
    const Polygon square{{0, 0}, {10, 0}, {10, 10}, {0, 10}};
    QVERIFY(insidePolygon(square, 5, 5));
    QVERIFY(!insidePolygon(square, 15, 5));
    const Polygon bow{{0, 0}, {10, 10}, {10, 0}, {0, 10}};
    QVERIFY(insidePolygon(bow, 9, 5));
    QVERIFY(!insidePolygon(bow, 5, 1));
    // wound twice round: even-odd says outside
    const Polygon twice{{0, 0}, {10, 0}, {10, 10}, {0, 10}, {0, 0}, {10, 0}, {10, 10}, {0, 10}};
    QVERIFY(!insidePolygon(twice, 5, 5));
    QVERIFY(!Area(twice).contains(5, 5));
    QVERIFY(!Area(Polygon{}).contains(0, 0));
    QVERIFY(!Area(Polygon{{1, 1}, {5, 5}}).contains(2, 2));
}

void TestAreaSelection::randomPolygons_data()
{
    QTest::addColumn<double>("size");
    QTest::addColumn<double>("offset");
    QTest::addColumn<int>("vertices");
    for (const double size : {1e-3, 0.7, 40.0, 700.0, 1e5, 1e12})
        for (const double offset : {0.0, -3000.0, 1e6})
            for (const int vertices : {3, 7, 64, 1000})
                QTest::addRow("size %g at %g with %d", size, offset, vertices) << size << offset << vertices;
}

void TestAreaSelection::randomPolygons()
{
    QFETCH(double, size);
    QFETCH(double, offset);
    QFETCH(int, vertices);
    std::mt19937 random(static_cast<unsigned>(vertices) * 7919U +
                        static_cast<unsigned>(std::abs(std::log10(size)) * 100));
    for (int round = 0; round < 6; ++round) {
        Polygon polygon;
        std::uniform_real_distribution<> unit(0, 1);
        for (int i = 0; i < vertices; ++i) {
            AreaPoint v{unit(random), unit(random)};
            if (round % 3 == 1) { // a wavy closed stroke, as a hand draws
                const double angle = 2 * 3.14159265 * i / vertices;
                const double r = 0.35 + 0.1 * std::sin(angle * 5) + 0.02 * unit(random);
                v = {0.5 + r * std::cos(angle), 0.5 + r * std::sin(angle)};
            } else if (round % 3 == 2) { // vertices on a coarse grid: collinear, horizontal, repeated
                v = {std::floor(v.x * 6) / 6, std::floor(v.y * 6) / 6};
            }
            polygon.push_back({offset + size * v.x, offset + size * v.y});
        }
        compare(polygon, random, vertices > 100 ? 1500 : 4000);
        if (QTest::currentTestFailed())
            return;
    }
}

void TestAreaSelection::adversarial()
{
    std::mt19937 random(9);
    Polygon zigzag; // every edge crosses every row
    for (int i = 0; i < 12000; ++i)
        zigzag.push_back({double(i) / 12, i % 2 ? 900.0 : 0.0});
    compare(zigzag, random, 300);
    compare({{0, 0}, {1000, 0}, {0, 0}}, random, 2000);                        // no area
    compare({{3, 1}, {3, 900}, {3, 400}}, random, 2000);                       // upright line
    compare({{0, 0}, {1000, 1e-7}, {0, 2e-7}}, random, 2000);                  // a hair
    compare({{0, 0}, {1e9, 1}, {1e9, -1}, {-5, 3}}, random, 2000);             // a needle
    compare({{10, 10}, {10, 10}, {10, 10}, {20, 10}, {20, 30}}, random, 2000); // repeated vertices
    compare({{-1e30, -1e30}, {1e30, -1e30}, {1e30, 1e30}, {-1e30, 1e30}}, random, 2000);
    compare({{0, 0}, {0, 1024}, {1024, 1024}, {1024, 0}}, random, 8000); // edges on cell borders
}

void TestAreaSelection::rowsNotPixels()
{
    // Ten thousand points on one pixel: all of them are covered by one, all of them are selected.
    std::vector<float> place(10000, 0.25F);
    std::vector<float> depth;
    for (int i = 0; i < 10000; ++i)
        depth.push_back(float(i) * 1e-4F);
    place.push_back(0.9F);
    depth.push_back(0);
    const PointSet points{floats(place), floats(place), floats(depth), {}, 0};
    Camera camera;
    camera.setViewport(400, 400);
    camera.fit({{0, 0, 0}, {1, 1, 1}, false}, {0, 0, 0, 0});
    const auto projection = camera.projection(1, 400, 400);
    const auto p = projection.project(0.25F, 0.25F, 0);
    const Polygon polygon{{p.x - 2, p.y - 2}, {p.x + 2, p.y - 2}, {p.x, p.y + 3}};
    const RowMask rows = selectArea(points, projection, lasso(polygon));
    QCOMPARE(countRows(rows), std::size_t(10000));
    QCOMPARE(int(rows.back()), 0);
    // beyond the edge of the picture too
    const Polygon all{{-1e4, -1e4}, {1e4, -1e4}, {1e4, 1e4}, {-1e4, 1e4}};
    camera.pan(5000, 0);
    QCOMPARE(countRows(selectArea(points, camera.projection(1, 400, 400), lasso(all))), points.size());
}

void TestAreaSelection::poolGivesTheSame()
{
    const auto points = makeClusters(100001, 4, 4);
    const Camera camera = cameraFor(*points, ViewMode::ThreeD, 800, 600);
    const auto projection = camera.projection(1, 800, 600);
    const Polygon polygon{{100, 100}, {700, 180}, {640, 500}, {300, 200}, {120, 560}};
    WorkerPool pool(2);
    const RowMask one = selectArea(*points, projection, lasso(polygon));
    QVERIFY(one == selectArea(*points, projection, lasso(polygon), &pool));
    std::size_t expected = 0;
    for (std::size_t i = 0; i < points->size(); ++i) {
        const auto p = projection.project(points->x[i], points->y[i], points->z[i]);
        expected += p.visible && insidePolygon(polygon, p.x, p.y) ? 1 : 0;
        if (bool(one[i]) != (p.visible && insidePolygon(polygon, p.x, p.y)))
            QFAIL("a row differs from the definition");
    }
    QCOMPARE(countRows(one), expected);
    QVERIFY(expected > 1000);
}

void TestAreaSelection::missingAndBehindAreNotSelected()
{
    PointSet points;
    points.x = floats({0, NAN, 0, 0});
    points.y = floats({0, 0, 0, INFINITY});
    points.z = floats({0, 0, 100, 0}); // the third is far behind the eye
    Camera camera;
    camera.setMode(ViewMode::ThreeD);
    camera.setViewport(400, 400);
    camera.fit({{-1, -1, -1}, {1, 1, 1}, false}, {0, 0, 0, 0});
    camera.orbit(camera.yaw() / 3.14159265 * 400, -camera.pitch() / 3.14159265 * 400);
    const Polygon all{{-1e6, -1e6}, {1e6, -1e6}, {1e6, 1e6}, {-1e6, 1e6}};
    QCOMPARE(selectArea(points, camera.projection(1, 400, 400), lasso(all)), (RowMask{1, 0, 0, 0}));
}

void TestAreaSelection::combining()
{
    const RowMask old{0, 0, 1, 1};
    const RowMask made{0, 1, 0, 1};
    QCOMPARE(combine(&old, made, SelectionOp::Replace), made);
    QCOMPARE(combine(&old, made, SelectionOp::Add), (RowMask{0, 1, 1, 1}));
    QCOMPARE(combine(&old, made, SelectionOp::Subtract), (RowMask{0, 0, 1, 0}));
    QCOMPARE(combine(&old, made, SelectionOp::Intersect), (RowMask{0, 0, 0, 1}));
    QCOMPARE(combine(nullptr, made, SelectionOp::Add), made);
    QCOMPARE(combine(nullptr, made, SelectionOp::Subtract), (RowMask{0, 0, 0, 0}));
    const RowMask shorter{1};
    QCOMPARE(combine(&shorter, made, SelectionOp::Add), (RowMask{1, 1, 0, 1}));
}

void TestAreaSelection::strokeDefinition()
{
    const Polygon line{{0, 0}, {10, 0}};
    QVERIFY(withinStroke(line, 2, 5, 2));
    QVERIFY(!withinStroke(line, 2, 5, 2.001));
    QVERIFY(withinStroke(line, 2, 12, 0));
    QVERIFY(!withinStroke(line, 2, 11.5, 1.5));
    QVERIFY(withinStroke(Polygon{{3, 3}}, 1, 3, 4));
    QVERIFY(!withinStroke(Polygon{}, 5, 0, 0));
    QVERIFY(!withinStroke(line, -1, 5, 0));
    QVERIFY(!Stroke(Polygon{}, 5).contains(0, 0));
    QVERIFY(!Stroke(line, -1).contains(5, 0));
    QVERIFY(!Stroke(line, NAN).contains(5, 0));
    QVERIFY(Stroke(Polygon{{3, 3}}, 1).contains(3, 4));
    QVERIFY(!Stroke(line, 2).contains(NAN, 0));
}

void TestAreaSelection::randomStrokes_data()
{
    QTest::addColumn<double>("radius");
    QTest::addColumn<double>("offset");
    QTest::addColumn<int>("vertices");
    for (const double radius : {0.0, 0.3, 7.0, 60.0, 3000.0})
        for (const double offset : {0.0, -3000.0, 1e6})
            for (const int vertices : {1, 2, 40, 1500})
                QTest::addRow("radius %g at %g with %d", radius, offset, vertices)
                    << radius << offset << vertices;
}

void TestAreaSelection::randomStrokes()
{
    QFETCH(double, radius);
    QFETCH(double, offset);
    QFETCH(int, vertices);
    std::mt19937 random(unsigned(vertices) * 31U + unsigned(radius));
    std::uniform_real_distribution<> unit(-1, 1);
    for (int round = 0; round < 3; ++round) {
        Polygon path{{offset + 300, offset + 300}};
        for (int i = 1; i < vertices; ++i) {
            AreaPoint v{path.back().x + 12 * unit(random), path.back().y + 12 * unit(random)};
            if (round == 1)
                v = {offset + 600 * unit(random), offset + 600 * unit(random)};
            else if (round == 2)
                v = {std::round(v.x / 6) * 6, std::round(v.y / 6) * 6};
            path.push_back(v);
        }
        compareStroke(path, radius, random, vertices > 100 ? 900 : 3000);
        if (QTest::currentTestFailed())
            return;
    }
}

void TestAreaSelection::adversarialStrokes()
{
    std::mt19937 random(5);
    compareStroke({{5, 5}, {5, 5}, {5, 5}}, 3, random, 3000);
    compareStroke({{0, 0}, {1000, 0}, {0, 0}, {1000, 0}}, 10, random, 3000);
    compareStroke({{0, 0}, {0, 1000}}, 0.001, random, 3000);
    compareStroke({{0, 0}, {1e7, 3}}, 1, random, 3000);
    compareStroke({{0, 0}, {1024, 1024}}, 512, random, 6000);
    compareStroke({{-1e30, 0}, {1e30, 0}}, 10, random, 1000);
    Polygon spiral;
    for (int i = 0; i < 12000; ++i)
        spiral.push_back({500 + i * 0.04 * std::cos(i * 0.01), 400 + i * 0.04 * std::sin(i * 0.01)});
    compareStroke(spiral, 6, random, 1500);
    compareStroke(spiral, 200, random, 400);
}

void TestAreaSelection::shapesSelectExactRows_data()
{
    QTest::addColumn<DrawnShape>("shape");
    std::mt19937 random(77);
    const auto at = [&](double size) { return double(random() % 100000) / 100000 * size; };
    Polygon tangle;
    for (int i = 0; i < 300; ++i)
        tangle.push_back({at(800), at(600)});
    QTest::newRow("self-crossing") << lasso(tangle);
    QTest::newRow("tiny") << lasso({{400, 300}, {400.4, 300}, {400.2, 300.5}});
    QTest::newRow("huge") << lasso({{-1e9, -1e9}, {1e9, -1e9}, {0, 1e9}});
    QTest::newRow("collinear") << lasso({{0, 0}, {400, 300}, {800, 600}, {200, 150}});
    QTest::newRow("outside") << lasso({{2000, 2000}, {3000, 2000}, {2500, 3000}});
    QTest::newRow("repeated") << lasso(
        {{100, 100}, {100, 100}, {700, 90}, {700, 90}, {300, 500}, {100, 100}});
    QTest::newRow("two") << lasso({{100, 100}, {700, 90}});
    Polygon wave;
    for (int i = 0; i < 10000; ++i) {
        const double angle = i / 10000.0 * 6.283185307179586;
        const double r = 200 + 40 * std::sin(angle * 7) + 2 * std::sin(angle * 900);
        wave.push_back({400 + r * std::cos(angle), 300 + r * std::sin(angle)});
    }
    QTest::newRow("10,000 vertices") << lasso(wave);
    QTest::newRow("stroke") << brush({{100, 100}, {500, 320}, {480, 500}, {700, 80}}, 22.5);
    QTest::newRow("stroke of 10,000") << brush(wave, 15);
    QTest::newRow("disc") << brush({{400, 300}}, 90);
}

void TestAreaSelection::shapesSelectExactRows()
{
    QFETCH(DrawnShape, shape);
    const auto clusters = makeClusters(shape.points.size() > 1000 ? 15'001 : 40'001, 4, 6);
    std::vector<float> x = clusters->x.toVector();
    std::vector<float> z = clusters->z.toVector();
    for (std::size_t i = 0; i < x.size(); i += 97)
        (i % 2 ? x : z)[i] = i % 3 ? NAN : INFINITY;
    PointSet points = *clusters;
    points.x = floats(x);
    points.z = floats(z);
    points.first = 1234;
    Projection projection = cameraFor(*clusters, ViewMode::ThreeD, 800, 600).projection(1, 800, 600);
    WorkerPool pool(2);
    for (const bool slab : {false, true}) {
        if (slab) {
            projection.slabFar = kNearest * 0.3F;
            projection.slabNear = kNearest * 0.6F;
        }
        for (int vertex = 0; vertex < 2; ++vertex) {
            RowMask expected(points.size(), 0);
            for (std::size_t i = points.first; i < points.size(); ++i) {
                const auto p = projection.project(points.x[i], points.y[i], points.z[i]);
                expected[i] = p.visible && p.inSlab && inside(shape, p.x, p.y) ? 1 : 0;
            }
            QVERIFY(selectArea(points, projection, shape) == expected);
            QVERIFY(selectArea(points, projection, shape, &pool) == expected);
            QCOMPARE(countArea(points, projection, shape), countRows(expected));
            QCOMPARE(countArea(points, projection, shape, &pool), countRows(expected));
            // again with a vertex exactly on a point
            const auto p = projection.project(points.x[9000], points.y[9000], points.z[9000]);
            shape.points[shape.points.size() / 2] = {p.x, p.y};
        }
    }
}

void TestAreaSelection::drawnAreaIsMadeAgain()
{
    const auto points = makeClusters(50'000, 4, 9);
    DrawnArea area;
    area.camera = cameraFor(*points, ViewMode::ThreeD, 700, 500);
    area.shape = lasso({{100, 80}, {650, 120}, {400, 470}});
    for (const bool slab : {false, true}) {
        if (slab) {
            const auto range = area.camera.depthRange();
            const double deep = range.farthest - range.nearest;
            area.slab = std::pair{range.nearest + 0.3 * deep, range.nearest + 0.55 * deep};
        }
        const RowMask rows = rowsIn(*points, area);
        const auto projection = area.camera.projection(1, 700, 500);
        std::size_t different = 0;
        for (std::size_t i = 0; i < points->size(); ++i) {
            const auto v = area.camera.project({points->x[i], points->y[i], points->z[i]});
            const auto p = projection.project(points->x[i], points->y[i], points->z[i]);
            const bool deep = !slab || (v.depth >= area.slab->first && v.depth <= area.slab->second);
            different += bool(rows[i]) != (deep && insidePolygon(area.shape.points, p.x, p.y)) ? 1 : 0;
        }
        QVERIFY(different <= 2); // depth is rounded to float in the one and not in the other
        QVERIFY(countRows(rows) > 1000);
    }
}

void TestAreaSelection::boundsOfGrowingSets()
{
    ClusterColumns columns(4, 12);
    DataBounds bounds;
    QVERIFY(bounds.of(columns.view()).empty);
    for (const std::size_t more : {1U, 10U, 70'000U, 0U, 131'072U}) {
        columns.append(more);
        const PointSet points = columns.view();
        QCOMPARE(bounds.of(points), boundsOf(points));
        Box plain;
        for (std::size_t i = 0; i < points.size(); ++i)
            plain.add({points.x[i], points.y[i], points.z[i]});
        QCOMPARE(boundsOf(points), plain);
    }
    PointSet later = columns.view();
    later.first = 200'000;
    QCOMPARE(bounds.of(later), boundsOf(later));
    QVERIFY(!(bounds.of(later) == boundsOf(columns.view())));
    const auto other = makeClusters(200'000, 4, 99);
    QCOMPARE(bounds.of(*other), boundsOf(*other));
}

void TestAreaSelection::pickingIsTheDefinition()
{
    const auto clusters = makeClusters(60'000, 4, 8);
    PointSet points = *clusters;
    points.first = 500;
    Projection projection = cameraFor(points, ViewMode::ThreeD, 800, 600).projection(1, 800, 600);
    std::mt19937 random(3);
    WorkerPool pool(2);
    int found = 0;
    for (int i = 0; i < 60; ++i) {
        if (i == 30) {
            projection.slabFar = kNearest * 0.3F;
            projection.slabNear = kNearest * 0.5F;
        }
        const float x = float(random() % 800);
        const float y = float(random() % 600);
        const float radius = i % 3 == 0 ? 2.0F : 30.0F;
        std::int64_t best = -1;
        float bestSquare = radius * radius;
        float bestNearness = 0;
        for (std::size_t k = points.first; k < points.size(); ++k) {
            const auto p = projection.project(points.x[k], points.y[k], points.z[k]);
            const float square = (p.x - x) * (p.x - x) + (p.y - y) * (p.y - y);
            if (!p.visible || !p.inSlab || !(square <= bestSquare) ||
                (best >= 0 && square == bestSquare && p.nearness < bestNearness))
                continue;
            best = std::int64_t(k);
            bestSquare = square;
            bestNearness = p.nearness;
        }
        QCOMPARE(pickNearest(points, projection, x, y, radius), best);
        QCOMPARE(pickNearest(points, projection, x, y, radius, &pool), best);
        found += best >= 0 ? 1 : 0;
    }
    QVERIFY(found > 10);
    // rows of equal place: the highest
    const PointSet twins{floats({0, 0}), floats({0, 0}), {}, {}, 0};
    Projection flat;
    flat.width = flat.height = 10;
    QCOMPARE(pickNearest(twins, flat, 0, 0, 1), std::int64_t(1));
}

void TestAreaSelection::pickingAgainIsTheSame()
{
    ClusterColumns columns(4, 8);
    columns.append(600'000);
    PointSet points = columns.view();
    Projection projection = cameraFor(points, ViewMode::ThreeD, 800, 600).projection(1, 800, 600);
    WorkerPool pool(2);
    PickIndex index;
    std::mt19937 random(3);
    int found = 0;
    for (int i = 0; i < 200; ++i) {
        if (i % 40 == 20) { // recorded on
            columns.append(1000);
            points = columns.view();
        }
        if (i == 80)
            points.first = 70'000;
        if (i == 120) {
            projection.slabFar = kNearest * 0.3F;
            projection.slabNear = kNearest * 0.5F;
        }
        if (i == 160)
            points = *makeClusters(550'000, 4, 9);
        const float x = float(random() % 9000) / 10 - 50; // beyond the edges too
        const float y = float(random() % 7000) / 10 - 50;
        const float radius = i % 3 == 0 ? 1.0F : 9.0F;
        const auto row = pickNearest(points, projection, x, y, radius);
        QCOMPARE(index.pick(points, projection, x, y, radius, pool), row);
        found += row >= 0 ? 1 : 0;
    }
    QVERIFY2(found > 25, qPrintable(QString::number(found)));
}

void TestAreaSelection::picking()
{
    const auto points = makeClusters(5000, 4, 8);
    const Camera camera = cameraFor(*points, ViewMode::ThreeD, 800, 600);
    const auto projection = camera.projection(1, 800, 600);
    std::mt19937 random(3);
    int found = 0;
    for (int i = 0; i < 200; ++i) {
        const float x = float(random() % 800);
        const float y = float(random() % 600);
        float best = 81;
        for (std::size_t k = 0; k < points->size(); ++k) {
            const auto p = projection.project(points->x[k], points->y[k], points->z[k]);
            best = std::min(best, (p.x - x) * (p.x - x) + (p.y - y) * (p.y - y));
        }
        const auto row = pickNearest(*points, projection, x, y, 9);
        QCOMPARE(row >= 0, best < 81);
        if (row < 0)
            continue;
        ++found;
        const auto p = projection.project(points->x[std::size_t(row)], points->y[std::size_t(row)],
                                          points->z[std::size_t(row)]);
        QCOMPARE((p.x - x) * (p.x - x) + (p.y - y) * (p.y - y), best);
    }
    QVERIFY(found > 20);
    // of two on the same place, the nearer one
    PointSet pair;
    pair.x = floats({0, 0, 0});
    pair.y = floats({0, 0, 0});
    pair.z = floats({0, 0.4F, -0.4F});
    Camera front;
    front.setMode(ViewMode::ThreeD);
    front.setLens(Lens::Orthographic);
    front.setViewport(200, 200);
    front.fit({{-1, -1, -1}, {1, 1, 1}, false}, {0, 0, 0, 0});
    front.orbit(front.yaw() / 3.14159265358979 * 200, -front.pitch() / 3.14159265358979 * 200);
    QCOMPARE(pickNearest(pair, front.projection(1, 200, 200), 100, 100, 9), std::int64_t(1));
}

QTEST_GUILESS_MAIN(TestAreaSelection)
#include "test_area_selection.moc"
