// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/point_view/point_clouds.h"

#include <QTest>
#include <cmath>

using namespace statescape::ui;

namespace {

const Box kBox{{-3, 10, -0.5}, {5, 14, 2.5}, false};
const std::array<double, 4> kMargins{40, 30, 20, 60};

struct Kind {
    const char *name;
    ViewMode mode;
    Lens lens;
    Aspect aspect;
};

constexpr Kind kKinds[] = {
    {"flat, equal", ViewMode::TwoD, Lens::Perspective, Aspect::Equal},
    {"flat, fitted", ViewMode::TwoD, Lens::Perspective, Aspect::Fitted},
    {"perspective, equal", ViewMode::ThreeD, Lens::Perspective, Aspect::Equal},
    {"perspective, fitted", ViewMode::ThreeD, Lens::Perspective, Aspect::Fitted},
    {"parallel, equal", ViewMode::ThreeD, Lens::Orthographic, Aspect::Equal},
    {"parallel, fitted", ViewMode::ThreeD, Lens::Orthographic, Aspect::Fitted},
};

Camera make(int kind, double width = 640, double height = 480)
{
    Camera camera;
    camera.setMode(kKinds[kind].mode);
    camera.setLens(kKinds[kind].lens);
    camera.setAspect(kKinds[kind].aspect);
    camera.setViewport(width, height);
    camera.fit(kBox, kMargins);
    return camera;
}

Vec3 randomIn(const Box &box, std::mt19937 &random)
{
    Vec3 p;
    for (int i = 0; i < 3; ++i)
        p[std::size_t(i)] =
            std::uniform_real_distribution<>(box.low[std::size_t(i)], box.high[std::size_t(i)])(random);
    return p;
}

bool close(double a, double b, double tolerance)
{
    return std::abs(a - b) <= tolerance;
}

} // namespace

class TestCamera : public QObject {
    Q_OBJECT
    void kinds()
    {
        QTest::addColumn<int>("kind");
        for (int i = 0; i < int(std::size(kKinds)); ++i)
            QTest::addRow("%s", kKinds[i].name) << i;
    }
private slots:
    void projectsAndBack_data() { kinds(); }
    void projectsAndBack();
    void kernelAgrees_data() { kinds(); }
    void kernelAgrees();
    void fitShowsEverything_data() { kinds(); }
    void fitShowsEverything();
    void zoomKeepsThePlaceUnderThePointer_data() { kinds(); }
    void zoomKeepsThePlaceUnderThePointer();
    void panMovesByPixels_data() { kinds(); }
    void panMovesByPixels();
    void orbitStaysUpright();
    void animationEndsWhereItShould_data() { kinds(); }
    void animationEndsWhereItShould();
    void deepZoomKeepsPrecision();
    void degenerateBoxes_data() { kinds(); }
    void degenerateBoxes();
    void boundsIgnoreMissing();
    void boundsHaveHysteresis();
};

void TestCamera::projectsAndBack()
{
    QFETCH(int, kind);
    Camera camera = make(kind);
    std::mt19937 random(1);
    for (int i = 0; i < 300; ++i) {
        if (i % 30 == 0) {
            camera.orbit(double(random() % 200) - 100, double(random() % 200) - 100);
            camera.zoomAt(double(random() % 640), double(random() % 480), i % 60 == 0 ? 1.3 : 0.8);
            camera.pan(double(random() % 40) - 20, double(random() % 40) - 20);
        }
        const Vec3 p = randomIn(kBox, random);
        const auto v = camera.project(p);
        if (!v.visible)
            continue;
        const Vec3 q = camera.unproject(v.x, v.y, v.depth);
        QVERIFY(close(p[0], q[0], 1e-9) && close(p[1], q[1], 1e-9));
        if (camera.mode() == ViewMode::ThreeD)
            QVERIFY(close(p[2], q[2], 1e-9));
    }
}

void TestCamera::kernelAgrees()
{
    QFETCH(int, kind);
    const Camera camera = make(kind);
    std::mt19937 random(2);
    float lastNearness = -1;
    double lastDepth = 0;
    for (const double scale : {1.0, 1.25, 2.0}) {
        const auto projection = camera.projection(scale, int(640 * scale), int(480 * scale));
        for (int i = 0; i < 300; ++i) {
            const Vec3 p = randomIn(kBox, random);
            const auto v = camera.project(p);
            const auto k = projection.project(float(p[0]), float(p[1]), float(p[2]));
            QCOMPARE(k.visible, v.visible);
            QVERIFY(close(k.x, v.x * scale, 0.01) && close(k.y, v.y * scale, 0.01));
            if (camera.mode() == ViewMode::ThreeD && lastNearness >= 0 &&
                std::abs(v.depth - lastDepth) > 1e-3)
                QCOMPARE(k.nearness > lastNearness, v.depth < lastDepth);
            lastNearness = k.nearness;
            lastDepth = v.depth;
        }
    }
}

void TestCamera::fitShowsEverything()
{
    QFETCH(int, kind);
    for (const auto &[w, h] : {std::pair{640.0, 480.0}, {300.0, 700.0}, {1600.0, 300.0}}) {
        Camera camera = make(kind, w, h);
        for (int turn = 0; turn < 12; ++turn) {
            camera.orbit(h / 6, turn % 2 ? 40 : -30);
            camera.fit(kBox, kMargins);
            double left = 1e9, right = -1e9, top = 1e9, bottom = -1e9;
            for (int i = 0; i < 8; ++i) {
                const auto v = camera.project(kBox.corner(i));
                QVERIFY(v.visible);
                left = std::min(left, v.x);
                right = std::max(right, v.x);
                top = std::min(top, v.y);
                bottom = std::max(bottom, v.y);
            }
            QVERIFY(left >= kMargins[0] - 2 && right <= w - kMargins[2] + 2);
            QVERIFY(top >= kMargins[1] - 2 && bottom <= h - kMargins[3] + 2);
            const double roomX = (w - kMargins[0] - kMargins[2]) - (right - left);
            const double roomY = (h - kMargins[1] - kMargins[3]) - (bottom - top);
            QVERIFY2(std::min(roomX, roomY) < 4, "fills the view in one direction");
        }
    }
}

void TestCamera::zoomKeepsThePlaceUnderThePointer()
{
    QFETCH(int, kind);
    Camera camera = make(kind);
    const Vec3 before = camera.unproject(500, 111, camera.targetDepth());
    for (const double factor : {1.5, 3.0, 0.2, 0.9}) {
        camera.zoomAt(500, 111, factor);
        const auto v = camera.project(before);
        QVERIFY(close(v.x, 500, 1e-6) && close(v.y, 111, 1e-6));
    }
}

void TestCamera::panMovesByPixels()
{
    QFETCH(int, kind);
    Camera camera = make(kind);
    const Vec3 place = camera.unproject(200, 300, camera.targetDepth());
    camera.pan(31, -17);
    const auto v = camera.project(place);
    QVERIFY(close(v.x, 231, 1e-6) && close(v.y, 283, 1e-6));
}

void TestCamera::orbitStaysUpright()
{
    Camera camera = make(4);
    for (int i = 0; i < 200; ++i) {
        camera.orbit(37, i < 100 ? 29 : -31);
        QVERIFY(std::abs(camera.pitch()) <= 1.5707964);
        QVERIFY(std::abs(camera.yaw()) <= 3.1415927);
        Vec3 above = kBox.centre();
        above[1] += 1;
        QVERIFY(camera.project(above).y <= camera.project(kBox.centre()).y + 1e-9);
    }
    Camera flat = make(0);
    const Camera same = flat;
    flat.orbit(50, 50);
    QVERIFY(flat == same);
}

void TestCamera::animationEndsWhereItShould()
{
    QFETCH(int, kind);
    const Camera from = make(kind);
    Camera to = from;
    to.zoomAt(100, 100, 20);
    to.orbit(600, -50);
    const Vec3 place = to.unproject(320, 240, to.targetDepth());
    QVERIFY(Camera::between(from, to, 1) == to);
    const Camera start = Camera::between(from, to, 0);
    QVERIFY(close(start.project(kBox.centre()).x, from.project(kBox.centre()).x, 1e-6));
    double last = 1e9;
    for (int i = 0; i <= 20; ++i) {
        const auto v = Camera::between(from, to, i / 20.0).project(place);
        const double distance = std::hypot(v.x - 320, v.y - 240);
        if (from.mode() == ViewMode::TwoD) // what one zooms to comes steadily, it does not swing out first
            QVERIFY(distance <= last + 1e-6);
        last = distance;
    }
    QVERIFY(last < 1e-6);
}

void TestCamera::deepZoomKeepsPrecision()
{
    // Two neighbouring floats far from zero still land on different pixels when zoomed in to them.
    const float x = 1000.0F;
    const float next = std::nextafter(x, 2000.0F);
    Camera camera;
    camera.setViewport(640, 480);
    camera.fit({{x, 5, 0}, {next, 5 + 1e-4, 0}, false}, {0, 0, 0, 0});
    const auto projection = camera.projection(1, 640, 480);
    camera.setAspect(Aspect::Fitted);
    camera.fit({{x, 5, 0}, {next, 5 + 1e-4, 0}, false}, {0, 0, 0, 0});
    const auto fitted = camera.projection(1, 640, 480);
    QVERIFY(fitted.project(next, 5, 0).x - fitted.project(x, 5, 0).x > 600);
    QVERIFY(projection.project(next, 5, 0).x > projection.project(x, 5, 0).x);
}

void TestCamera::degenerateBoxes()
{
    QFETCH(int, kind);
    const Box boxes[] = {
        {{1, 2, 3}, {1, 2, 3}, false}, {{0, 2, 0}, {9, 2, 0}, false}, {{0, 0, 4}, {0, 8, 4}, false}};
    for (const Box &box : boxes) {
        Camera camera = make(kind);
        ViewBounds bounds;
        bounds.reset(box);
        camera.fit(bounds.box(), kMargins);
        const auto v = camera.project(box.centre());
        QVERIFY(std::isfinite(v.x) && std::isfinite(v.y) && v.visible);
        QVERIFY(v.x > 0 && v.x < 640 && v.y > 0 && v.y < 480);
    }
    Camera camera = make(kind);
    const Camera same = camera;
    camera.fit(Box{}, kMargins);
    QVERIFY(camera == same);
}

void TestCamera::boundsIgnoreMissing()
{
    const float nan = std::nanf("");
    std::vector<float> x, y;
    for (int i = 0; i < 100; ++i) {
        x.push_back(i == 50 ? nan : float(i));
        y.push_back(i == 99 ? INFINITY : float(-i));
    }
    PointSet points;
    points.x = floats(x);
    points.y = floats(y);
    const Box box = boundsOf(points);
    QVERIFY(!box.empty);
    QCOMPARE(box.low, (Vec3{0, -98, 0}));
    QCOMPARE(box.high, (Vec3{99, 0, 0}));
    RowMask rows(100, 0);
    rows[10] = rows[20] = rows[50] = 1;
    QCOMPARE(boundsOf(points, rows).high, (Vec3{20, -10, 0}));
    QVERIFY(boundsOf(PointSet{}).empty);
    points.x = floats(std::vector<float>(100, nan));
    QVERIFY(boundsOf(points).empty);
}

void TestCamera::boundsHaveHysteresis()
{
    ViewBounds bounds;
    QVERIFY(bounds.update({{0, 0, 0}, {1, 1, 1}, false}));
    const Box first = bounds.box();
    QVERIFY(!bounds.update({{-0.01, 0, 0}, {1.01, 0.9, 1}, false})); // within the margin
    QVERIFY(bounds.box() == first);
    QVERIFY(bounds.update({{0, 0, 0}, {1.5, 1, 1}, false}));
    QVERIFY(bounds.box().high[0] > 1.6); // with room, so that the next sample changes nothing
    QCOMPARE(bounds.box().low[0], first.low[0]);
    int changes = 0;
    for (int i = 0; i < 1000;
         ++i) // steady growth over three decades changes the view a few times, not a thousand
        changes += bounds.update({{0, 0, 0}, {1.5 + i, 1, 1}, false}) ? 1 : 0;
    QVERIFY(changes < 60);
    QVERIFY(!bounds.update({{0, 0, 0}, {600, 1, 1}, false}));
    QVERIFY(bounds.update({{0, 0, 0}, {0.3, 0.3, 0.3}, false}));
    QVERIFY(bounds.box().high[0] < 0.4);
    QVERIFY(!bounds.update(Box{}));
}

QTEST_GUILESS_MAIN(TestCamera)
#include "test_camera.moc"
