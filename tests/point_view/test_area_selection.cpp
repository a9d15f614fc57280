// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/point_view/point_clouds.h"
#include "ui/point_view/area_selection.h"
#include "ui/point_view/pick.h"

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
    void picking();
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
