// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/overlay.h"

#include <QDebug>
#include <QTest>
#include <random>

using namespace statescape::ui;

namespace {

std::mt19937 random1(11);

double uniform(double low, double high)
{
    return std::uniform_real_distribution<>(low, high)(random1);
}

QString words(int n)
{
    QString out;
    for (int i = 0; i < n; ++i)
        out += QString(i ? " " : "") + QStringList{"block", "latency", "run-queue", "TCP", "I/O wait"}[i % 5];
    return out;
}

/// Everything that can be in a picture, at random.
OverlayScene anyScene(ViewMode mode)
{
    OverlayScene scene;
    scene.size = {uniform(240, 1400), uniform(180, 900)};
    scene.topInset = random1() % 2 ? 44 : 0;
    scene.box = {{-1, -1, -1}, {1, 1, 1}, false};
    scene.colours = ViewColours::of(QPalette());
    scene.captions = {words(int(random1() % 8)), words(int(random1() % 6)), words(int(random1() % 5))};
    scene.camera.setMode(mode);
    scene.camera.setViewport(scene.size.width(), scene.size.height());
    scene.camera.fit(scene.box, fitMargins(mode, scene.topInset));
    scene.camera.orbit(uniform(-900, 900), uniform(-200, 200));
    scene.camera.zoomAt(uniform(0, 500), uniform(0, 400), uniform(0.7, 1.6));
    const auto somewhere = [] { return Vec3{uniform(-1, 1), uniform(-1, 1), uniform(-1, 1)}; };
    for (int i = 0; i < int(random1() % 12); ++i)
        scene.names.push_back({words(1 + i % 3), classColour(i), somewhere()});
    for (int i = 0; i < int(random1() % 7); ++i)
        scene.arrows.push_back({words(1 + i % 2), somewhere()});
    for (int i = 0; i < int(random1() % 6); ++i)
        scene.styles.push_back(makeStyle(classColour(i), classShape(i), 5, "a style"));
    if (random1() % 2)
        scene.colourScale = ColourScale{
            "run-queue latency", perceptualRamp(8), {{0, "1 µs"}, {0.5, "1 ms"}, {1, "1 s"}}, "missing"};
    scene.hints = {words(14), words(6), words(2)};
    if (mode == ViewMode::ThreeD && random1() % 2)
        scene.slabText = "depth slab 32 % of the depth, 1,204 points in it";
    if (random1() % 3 == 0)
        scene.progressText = "drawing 38 %";
    scene.hasNow = random1() % 2;
    scene.now = somewhere();
    scene.nowText = "now";
    scene.hasCursor = random1() % 2;
    scene.cursor = somewhere();
    scene.cursorText = "<b>10:21:07</b><br>state serving<br>latency 12 ms";
    if (random1() % 3 == 0) {
        scene.outline.points = {{100, 100}, {200, 120}, {150, 170}};
        scene.outlineName = "of yesterday";
    }
    return scene;
}

QString told(const OverlayScene &scene, const QRectF &a, const QRectF &b)
{
    QString out;
    QDebug(&out) << a << b << "in" << scene.size << "below" << scene.topInset;
    return out;
}

} // namespace

class TestOverlay : public QObject {
    Q_OBJECT
private slots:
    void nothingOverlaps_data();
    void nothingOverlaps();
    void captionsAreAlwaysThere();
    void namesStayWhileDataStream();
    void longCaptionsAreShortened();
    void slabFacesLieInTheBox();
    void marksDiffer();
};

void TestOverlay::nothingOverlaps_data()
{
    QTest::addColumn<int>("mode");
    QTest::newRow("2D") << int(ViewMode::TwoD);
    QTest::newRow("3D") << int(ViewMode::ThreeD);
}

void TestOverlay::nothingOverlaps()
{
    QFETCH(int, mode);
    int names = 0, arrows = 0, cards = 0;
    for (int round = 0; round < 250; ++round) {
        const OverlayScene scene = anyScene(ViewMode(mode));
        Occupancy occupancy(scene.size);
        occupancy.finish();
        const OverlayLayout layout = layoutOverlay(scene, occupancy, nullptr);
        std::vector<QRectF> texts = layout.texts();
        std::vector<QRectF> free; // of axes, which what has its own ground need not be
        for (const QRectF &r : layout.captions)
            if (r.isValid())
                free.push_back(r);
        if (layout.nowText.isValid())
            free.push_back(layout.nowText);
        if (layout.outlineName.isValid())
            free.push_back(layout.outlineName);
        for (const auto *places : {&layout.names, &layout.arrowNames})
            for (const LabelPlace &place : *places)
                if (place.placed) {
                    texts.push_back(place.rect);
                    free.push_back(place.rect);
                    (places == &layout.names ? names : arrows) += 1;
                }
        cards += layout.cursorCard.isValid() ? 1 : 0;
        const QRectF view(0, scene.topInset, scene.size.width(), scene.size.height() - scene.topInset);
        for (std::size_t i = 0; i < texts.size(); ++i) {
            QVERIFY(view.contains(texts[i]));
            for (std::size_t j = 0; j < i; ++j)
                QVERIFY2(!texts[i].intersects(texts[j]), qPrintable(told(scene, texts[i], texts[j])));
        }
        for (const QRectF &r : free)
            for (const QLineF &axis : layout.axes)
                QVERIFY(!lineMeets(axis, r));
        for (const StateName &name : scene.names) {
            const auto v = scene.camera.project(name.position);
            const QRectF centre(v.x - kCentreRadius, v.y - kCentreRadius, 2 * kCentreRadius,
                                2 * kCentreRadius);
            for (const auto *places : {&layout.names, &layout.arrowNames})
                for (const LabelPlace &place : *places)
                    QVERIFY(!v.visible || !place.placed || !place.rect.intersects(centre));
        }
        QImage image(scene.size.toSize(), QImage::Format_RGB32);
        QPainter painter(&image);
        paintGround(painter, scene);
        paintOverlay(painter, scene, layout);
    }
    QVERIFY(names > 400);
    QVERIFY(arrows > 200);
    QVERIFY(cards > 60);
}

void TestOverlay::captionsAreAlwaysThere()
{
    for (int round = 0; round < 60; ++round) {
        OverlayScene scene = anyScene(ViewMode::ThreeD);
        scene.size = {900, 600};
        scene.camera.setViewport(900, 600);
        scene.camera.fit(scene.box, fitMargins(ViewMode::ThreeD, scene.topInset));
        scene.captions = {"PC1 41 %: block latency", "PC2 19 %: run-queue latency", "PC3 11 %: TCP"};
        Occupancy occupancy(scene.size);
        occupancy.finish();
        scene.hasCursor = false;
        const auto layout = layoutOverlay(scene, occupancy, nullptr);
        for (const QRectF &r : layout.captions)
            QVERIFY(r.isValid());
    }
}

void TestOverlay::namesStayWhileDataStream()
{
    OverlayScene scene = anyScene(ViewMode::ThreeD);
    scene.size = {900, 600};
    scene.camera.setViewport(900, 600);
    scene.camera.fit(scene.box, fitMargins(ViewMode::ThreeD));
    scene.topInset = 0;
    scene.hasNow = scene.hasCursor = false;
    scene.outline = {};
    scene.arrows.clear();
    scene.names.clear();
    for (int i = 0; i < 6; ++i)
        scene.names.push_back({QStringLiteral("state %1").arg(i),
                               classColour(i),
                               {(i & 1) ? 0.5 : -0.5, (i & 2) ? 0.5 : -0.5, (i & 4) ? 0.5 : -0.5}});
    Occupancy none(scene.size);
    none.finish();
    OverlayLayout layout = layoutOverlay(scene, none, nullptr);
    std::vector<QPointF> offsets;
    for (const auto &place : layout.names) {
        QVERIFY(place.placed);
        offsets.push_back(place.rect.center() - place.line.p2());
    }
    scene.holdNames = true;
    std::mt19937 random(3);
    for (int frame = 0; frame < 60; ++frame) {
        for (StateName &name : scene.names) // their middles drift, points come to lie under them
            name.position[0] += std::normal_distribution<>(0, 0.0005)(random);
        if (frame == 30)
            std::swap(scene.names[0], scene.names[5]); // other order, same names
        Occupancy points(scene.size);
        for (int i = 0; i < frame * 400; ++i)
            points.add(double(random() % 900), double(random() % 600));
        points.finish();
        layout = layoutOverlay(scene, points, &layout);
        for (std::size_t i = 0; i < layout.names.size(); ++i) {
            const std::size_t first = frame < 30 ? i : i == 0 ? 5 : i == 5 ? 0 : i;
            QVERIFY(layout.names[i].placed);
            const QPointF moved = layout.names[i].rect.center() - layout.names[i].line.p2() - offsets[first];
            QVERIFY(moved.manhattanLength() < 1e-6);
        }
    }
}

void TestOverlay::longCaptionsAreShortened()
{
    OverlayScene scene = anyScene(ViewMode::TwoD);
    scene.captions[0] = words(60);
    Occupancy none(scene.size);
    none.finish();
    const auto layout = layoutOverlay(scene, none, nullptr);
    QVERIFY(layout.captionTexts[0].size() < scene.captions[0].size());
    QVERIFY(layout.captionTexts[0].endsWith(QChar(0x2026)));
}

void TestOverlay::slabFacesLieInTheBox()
{
    int faces = 0;
    for (int round = 0; round < 60; ++round) {
        OverlayScene scene = anyScene(ViewMode::ThreeD);
        scene.camera.fit(scene.box, fitMargins(ViewMode::ThreeD));
        scene.camera.setDepthBox(scene.box);
        const auto [nearest, farthest] = scene.camera.depthRange();
        const double depth = uniform(nearest - 0.3, farthest + 0.3);
        const QPolygonF face = slabFace(scene, depth);
        QCOMPARE(face.isEmpty(), depth < nearest || depth > farthest);
        faces += face.isEmpty() ? 0 : 1;
        for (const QPointF &corner : face) { // back into data space it lies on the box
            const Vec3 p = scene.camera.unproject(corner.x(), corner.y(), depth);
            for (const double v : p)
                QVERIFY(v > -1 - 1e-6 && v < 1 + 1e-6);
        }
    }
    QVERIFY(faces > 20);
}

void TestOverlay::marksDiffer()
{
    std::vector<QImage> marks;
    for (const Shape shape : {Shape::Dot, Shape::Plus, Shape::Cross, Shape::Square, Shape::Diamond,
                              Shape::TriangleUp, Shape::TriangleDown, Shape::Circle, Shape::HollowSquare}) {
        QImage image(24, 24, QImage::Format_RGB32);
        image.fill(Qt::black);
        QPainter painter(&image);
        paintMark(painter, shape, {12, 12}, 14, Qt::white);
        painter.end();
        for (const QImage &other : marks) {
            int different = 0;
            for (int y = 0; y < 24; ++y)
                for (int x = 0; x < 24; ++x)
                    different += std::abs(qGray(image.pixel(x, y)) - qGray(other.pixel(x, y))) > 100 ? 1 : 0;
            QVERIFY(different >= 15);
        }
        marks.push_back(image);
    }
}

QTEST_MAIN(TestOverlay)
#include "test_overlay.moc"
