// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/point_view/shown_view.h"

#include <QProxyStyle>
#include <QSignalSpy>
#include <QTest>

using namespace statescape::ui;
using Tool = PointView::Tool;
using Change = PointView::PointsChange;

namespace {

constexpr std::size_t kMillion = 1'000'000;

/// A desktop on which things move, or one on which nothing does.
class Motion final : public QProxyStyle {
public:
    explicit Motion(int ms)
        : m_ms(ms)
    {}
    int styleHint(StyleHint hint, const QStyleOption *option, const QWidget *widget,
                  QStyleHintReturn *data) const override
    {
        return hint == SH_Widget_Animation_Duration ? m_ms
                                                    : QProxyStyle::styleHint(hint, option, widget, data);
    }

private:
    int m_ms;
};

/// The same rows on other axes, with other units.
std::shared_ptr<const PointSet> onOtherAxes(const PointSet &points)
{
    auto x = points.x.toVector(), y = points.y.toVector(), z = points.z.toVector();
    for (std::size_t i = 0; i < x.size(); ++i) {
        std::swap(x[i], z[i]);
        y[i] = 1e6F * y[i] + 3e6F;
    }
    return std::make_shared<PointSet>(PointSet{floats(x), floats(y), floats(z), points.style, points.first});
}

/// How many pixels within the view's frame differ.
int differing(const QImage &a, const QImage &b)
{
    int n = a.size() == b.size() ? 0 : 1'000'000;
    for (int y = 2; y < std::min(a.height(), b.height()) - 2; ++y)
        for (int x = 2; x < std::min(a.width(), b.width()) - 2; ++x)
            n += a.pixel(x, y) != b.pixel(x, y) ? 1 : 0;
    return n;
}

struct Moving : Shown {
    std::unique_ptr<QStyle> style = std::make_unique<Motion>(200);
    explicit Moving(ViewMode mode = ViewMode::ThreeD)
        : Shown(mode)
    {
        view.setStyle(style.get());
        view.setAnimated(true);
    }
    ~Moving() { view.setStyle(nullptr); }
};

} // namespace

class TestPointViewMotion : public QObject {
    Q_OBJECT
private slots:
    void morphKeepsThePictureAndEndsExactly();
    void morphBlends();
    void morphInTheView();
    void noMorphWithoutMotion();
    void gesturesEndAMorph();
    void slicesEndAsOnePicture();
    void appendedRowsAloneAreDrawn();
    void densityComesAndStays();
    void densityByHand();
    void aMillionPoints();
    void trailBreaksAtWhatIsMissing();
    void textsKeepBelowMessages();
    void lensesZoomAtThePointer_data();
    void lensesZoomAtThePointer();
};

void TestPointViewMotion::morphKeepsThePictureAndEndsExactly()
{
    for (const ViewMode mode : {ViewMode::TwoD, ViewMode::ThreeD})
        for (const Lens lens : {Lens::Perspective, Lens::Orthographic}) {
            const auto from = makeClusters(500, 4, 3);
            const auto to = onOtherAxes(*from);
            const Camera before = cameraFor(*from, mode, 640, 480, lens);
            Camera after = before;
            after.setAspect(Aspect::Fitted);
            after.fit(boundsOf(*to), {20, 20, 20, 20});
            const Morph morph(from, before, to, after);
            const auto start = morph.at(0);
            for (std::size_t i = 0; i < from->size(); ++i) {
                const auto a = before.project({from->x[i], from->y[i], from->z[i]});
                const auto b = after.project({start->x[i], start->y[i], start->z[i]});
                QVERIFY(std::hypot(a.x - b.x, a.y - b.y) < 0.05);
            }
            QCOMPARE(morph.at(1), to); // the very set, not one like it
            const auto nearly = morph.at(1 - 1e-9);
            for (std::size_t i = 0; i < to->size(); ++i)
                QVERIFY(std::abs(nearly->y[i] - to->y[i]) <= std::abs(to->y[i]) * 1e-6F);
        }
}

void TestPointViewMotion::morphBlends()
{
    const float nan = std::nanf("");
    const auto from =
        std::make_shared<PointSet>(PointSet{floats({0, nan, 2, 3}), floats({0, 0, 0, 0}), {}, {}, 0});
    const auto to = std::make_shared<PointSet>(
        PointSet{floats({4, 5, nan, 7, 8}), floats({2, 2, 2, 2, 2}), floats({6, 6, 6, 6, 6}), {}, 0});
    Camera camera;
    const Morph morph(from, camera, to, camera);
    const auto half = morph.at(0.5);
    QCOMPARE(half->size(), std::size_t(5));
    QCOMPARE(half->x[0], 2.0F);
    QCOMPARE(half->y[0], 1.0F);
    QCOMPARE(half->z[0], 3.0F);
    QCOMPARE(half->x[1], 5.0F); // had no place before
    QVERIFY(std::isnan(half->x[2]));
    QCOMPARE(half->x[3], 5.0F);
    QCOMPARE(half->x[4], 8.0F); // was not there before
}

void TestPointViewMotion::morphInTheView()
{
    Moving s;
    s.view.setNow(5);
    QTRY_VERIFY(s.view.isSettled());
    const auto next = onOtherAxes(*s.points);
    s.view.setPoints(next, Change::Morph);
    s.view.setAxes({"other", "axes", "now"});
    QVERIFY(!s.view.isSettled());
    QTest::qWait(60); // under way
    s.view.grab();
    QTRY_VERIFY(s.view.isSettled());
    PointView still;
    still.setAnimated(false);
    still.setPalette(s.view.palette());
    still.resize(s.view.size());
    still.setMode(ViewMode::ThreeD);
    still.setStyles(fourStyles());
    still.setNow(5);
    still.setAxes({"other", "axes", "now"});
    still.setPoints(next);
    QCOMPARE(differing(s.view.renderToImage({640, 480}), still.renderToImage({640, 480})), 0);
    // picking and selecting are of the new places
    const auto v = s.view.camera().project({next->x[9], next->y[9], next->z[9]});
    QVERIFY(s.view.rowAt({v.x, v.y}) >= 0);
}

void TestPointViewMotion::noMorphWithoutMotion()
{
    Motion calm(0);
    for (const bool byDesktop : {false, true}) {
        Moving s;
        byDesktop ? s.view.setStyle(&calm) : s.view.setAnimated(false);
        s.view.setPoints(onOtherAxes(*s.points), Change::Morph);
        s.view.repaint();
        QTRY_VERIFY(s.view.isSettled());
        const Camera camera = s.view.camera();
        s.wheel({100, 100}, 600);
        s.view.fit();
        // there at once, nothing under way
        QVERIFY(std::abs(s.view.camera().pixelsPerViewUnit() - camera.pixelsPerViewUnit()) < 1e-6);
        s.view.setStyle(s.style.get());
    }
}

void TestPointViewMotion::gesturesEndAMorph()
{
    Moving s;
    s.view.setTool(Tool::Lasso);
    QTRY_VERIFY(s.view.isSettled());
    const auto next = onOtherAxes(*s.points);
    s.view.setPoints(next, Change::Morph);
    s.draw({{100, 100}, {500, 120}, {480, 400}, {120, 380}});
    QCOMPARE(s.made.size(), 1);
    QVERIFY(*s.made[0].first == rowsIn(*next, s.areas[0]));
    QVERIFY(countRows(*s.made[0].first) > 100);
}

void TestPointViewMotion::slicesEndAsOnePicture()
{
    for (const auto cue : {DepthCue::Fog, DepthCue::EyeDome}) {
        Shown s{ViewMode::ThreeD};
        s.view.setDepthCue(cue);
        s.view.setDensity(PointView::Density::Off);
        s.view.setPoints(makeClusters(3 * kMillion, 4, 5));
        for (int i = 0; i < 5; ++i) { // turned while it is being drawn
            QTest::keyClick(&s.view, Qt::Key_Left);
            QCoreApplication::processEvents();
        }
        QTRY_VERIFY(s.view.isSettled());
        const QImage onScreen = s.view.grab().toImage();
        QCOMPARE(differing(onScreen, s.view.renderToImage({640, 480})), 0);
    }
}

void TestPointViewMotion::appendedRowsAloneAreDrawn()
{
    ClusterColumns columns(4, 9);
    columns.append(50'000);
    Shown s{ViewMode::ThreeD};
    s.view.setDensity(PointView::Density::Off);
    s.view.setPoints(std::make_shared<PointSet>(columns.view()));
    s.view.fit();
    QTest::keyClick(&s.view, Qt::Key_Left); // so that it does not follow
    for (int i = 0; i < 60; ++i) {
        columns.append(500);
        s.view.setPoints(std::make_shared<PointSet>(columns.view()));
        QCoreApplication::processEvents();
    }
    QTRY_VERIFY(s.view.isSettled());
    const QImage grown = s.view.grab().toImage();
    QCOMPARE(differing(grown, s.view.renderToImage({640, 480})), 0);
    // a label on an old row is no growth, and is shown
    auto relabelled = columns.view();
    relabelled.style = styles(std::vector<std::uint16_t>(relabelled.size(), 2));
    s.view.setPoints(std::make_shared<PointSet>(relabelled));
    QTRY_VERIFY(s.view.isSettled());
    const QImage other = s.view.grab().toImage();
    QVERIFY(differing(other, grown) > 1000);
    QCOMPARE(differing(other, s.view.renderToImage({640, 480})), 0);
}

void TestPointViewMotion::densityComesAndStays()
{
    Shown s{ViewMode::TwoD};
    QSignalSpy shown(&s.view, &PointView::densityShownChanged);
    QTRY_VERIFY(s.view.isSettled());
    QTest::qWait(50);
    QVERIFY(!s.view.densityShown()); // too few, however crowded
    s.view.setPoints(makeClusters(kMillion, 4, 5));
    QTRY_VERIFY(s.view.densityShown());
    QTRY_VERIFY(s.view.isSettled());
    QTest::qWait(1500); // its own picture is no reason to leave
    QCOMPARE(shown.size(), 1);
    QVERIFY(s.view.densityShown());
    s.view.setPoints(makeClusters(5000, 4, 5));
    QTRY_VERIFY(!s.view.densityShown());
}

void TestPointViewMotion::densityByHand()
{
    Shown s{ViewMode::ThreeD};
    const QImage marks = s.view.renderToImage({640, 480});
    s.view.setDensity(PointView::Density::On);
    QVERIFY(s.view.densityShown());
    QVERIFY(marks != s.view.renderToImage({640, 480}));
    s.view.setDensity(PointView::Density::Off);
    QVERIFY(!s.view.densityShown());
    QCOMPARE(s.view.renderToImage({640, 480}), marks);
}

void TestPointViewMotion::aMillionPoints()
{
    ClusterColumns columns(4, 9);
    columns.append(kMillion);
    auto points = std::make_shared<PointSet>(columns.view());
    Shown s{ViewMode::ThreeD};
    s.view.setPoints(points);
    s.view.fit();
    s.view.setTool(Tool::Lasso);
    const QList<QPoint> lasso{{60, 60}, {330, 90}, {560, 50}, {520, 300}, {300, 200}, {90, 330}};
    s.draw(lasso);
    QCOMPARE(s.made.size(), 1);
    QVERIFY(*s.made[0].first == rowsIn(*points, s.areas[0]));
    const std::size_t taken = countRows(*s.made[0].first);
    QVERIFY(taken > kMillion / 10 && taken < kMillion);
    // what the owner makes of it goes in, and undone it looks as before
    s.view.setDensity(PointView::Density::Off);
    QTRY_VERIFY(s.view.isSettled());
    const QImage before = s.view.grab().toImage();
    s.view.setSelection(s.made[0].first);
    QTRY_VERIFY(s.view.isSettled());
    QVERIFY(differing(before, s.view.grab().toImage()) > 1000);
    s.view.setSelection(nullptr);
    QTRY_VERIFY(s.view.isSettled());
    QCOMPARE(differing(before, s.view.grab().toImage()), 0);
    s.view.setTool(Tool::Move);
    const double yaw = s.view.camera().yaw();
    s.press({300, 200});
    for (int i = 1; i <= 20; ++i) {
        s.move({300 + 4 * i, 200 + i});
        if (i % 4 == 0) {
            columns.append(5000);
            points = std::make_shared<PointSet>(columns.view());
            s.view.setPoints(points);
        }
        QCoreApplication::processEvents();
    }
    s.release({380, 220});
    QVERIFY(s.view.camera().yaw() != yaw);
    s.view.setTool(Tool::Rectangle);
    s.draw({{100, 100}, {400, 300}});
    QCOMPARE(s.made.last().first->size(), points->size());
    QVERIFY(*s.made.last().first == rowsIn(*points, s.areas.last()));
}

void TestPointViewMotion::trailBreaksAtWhatIsMissing()
{
    const auto picture = [](const std::vector<float> &xs, const std::vector<float> &ages) {
        PointView view;
        view.setAnimated(false);
        view.setHintVisible(false);
        view.setPalette(themed(true));
        view.resize(400, 300);
        std::vector<float> ys(xs.size(), 0);
        ys.front() = 1;
        ys.back() = 1;
        view.setPoints(std::make_shared<PointSet>(PointSet{floats(xs), floats(ys), {}, {}, 0}));
        view.setTrail(0, std::int64_t(xs.size()) - 1, ages);
        return view.renderToImage({400, 300});
    };
    const std::vector<float> whole{0, 1, 2, 3, 4, 5};
    std::vector<float> holed = whole;
    holed[2] = NAN;
    const auto lit = [](const QImage &image) {
        int n = 0;
        for (int y = 0; y < 200; ++y)
            for (int x = 40; x < 360; ++x)
                n += qGray(image.pixel(x, y)) > 50 ? 1 : 0;
        return n;
    };
    const int all = lit(picture(whole, {}));
    const int broken = lit(picture(holed, {}));
    QVERIFY(broken < all);
    // a pause of a third of the time joins nothing either
    const int paused = lit(picture(whole, {1, 0.9F, 0.8F, 0.2F, 0.1F, 0}));
    QVERIFY(paused < lit(picture(whole, {0.5F, 0.4F, 0.3F, 0.2F, 0.1F, 0})));
}

void TestPointViewMotion::textsKeepBelowMessages()
{
    for (const ViewMode mode : {ViewMode::TwoD, ViewMode::ThreeD}) {
        Shown s{mode};
        s.view.setTopInset(44);
        for (int turn = 0; turn < 20; ++turn) {
            QTest::keyClick(&s.view, turn % 3 ? Qt::Key_Left : Qt::Key_Up);
            s.view.repaint();
            for (const QRectF &r : s.view.overlayLayout().texts())
                QVERIFY(r.top() >= 44);
        }
    }
}

void TestPointViewMotion::lensesZoomAtThePointer_data()
{
    QTest::addColumn<int>("mode");
    QTest::addColumn<int>("lens");
    QTest::newRow("2D") << int(ViewMode::TwoD) << int(Lens::Perspective);
    QTest::newRow("3D perspective") << int(ViewMode::ThreeD) << int(Lens::Perspective);
    QTest::newRow("3D orthographic") << int(ViewMode::ThreeD) << int(Lens::Orthographic);
}

void TestPointViewMotion::lensesZoomAtThePointer()
{
    QFETCH(int, mode);
    QFETCH(int, lens);
    Shown s{ViewMode(mode)};
    s.view.setLens(Lens(lens));
    const QPoint at(220, 170);
    const Vec3 under = s.view.camera().unproject(at.x(), at.y(), s.view.camera().targetDepth());
    const double scale = s.view.camera().pixelsPerViewUnit();
    s.wheel(at, 480);
    const auto v = s.view.camera().project(under);
    QVERIFY(std::hypot(v.x - at.x(), v.y - at.y()) < 0.01);
    QVERIFY(s.view.camera().pixelsPerViewUnit() > scale * 1.5);
}

QTEST_MAIN(TestPointViewMotion)
#include "test_point_view_motion.moc"
