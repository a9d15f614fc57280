// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/point_view/shown_view.h"

#include <QProcess>
#include <QSignalSpy>
#include <QTest>
#include <QWheelEvent>
#include <cmath>

using namespace statescape::ui;
using Tool = PointView::Tool;

namespace {

const QList<QPoint> kLasso{{60, 60}, {330, 90}, {560, 50}, {520, 300}, {300, 200}, {90, 330}};

} // namespace

class TestPointView : public QObject {
    Q_OBJECT
private slots:
    void lassoSelectsWhatItEncloses_data();
    void lassoSelectsWhatItEncloses();
    void rectangleSelects();
    void modifiersCombine();
    void modifierLetGoEarlyStillCounts();
    void toolbarTwinOfTheModifiers();
    void groundStaysStillWhileDrawing();
    void spaceMovesTheViewWithAnOpenLasso();
    void wheelKeepsAnOpenLassoOnItsData();
    void escapeCancels();
    void shiftIsAQuickLasso();
    void clickSelectsOnePointOrClears();
    void movingTheView();
    void keyboardMovesTheView();
    void hoverAndActivate();
    void liveDataDoesNotMakeTheViewJump();
    void aMovedViewStays();
    void fitSelectionShowsIt();
    void animationReachesTheEnd();
    void emptyView();
    void shorterSelectionAndOddRows();
    void pictures_data();
    void pictures();
    void captionsNamesAndPointsDoNotMeet();
    void highDpi_data();
    void highDpi();
};

void TestPointView::lassoSelectsWhatItEncloses_data()
{
    QTest::addColumn<int>("mode");
    QTest::newRow("2D") << int(ViewMode::TwoD);
    QTest::newRow("3D") << int(ViewMode::ThreeD);
}

void TestPointView::lassoSelectsWhatItEncloses()
{
    QFETCH(int, mode);
    Shown s{ViewMode(mode)};
    s.view.setTool(Tool::Lasso);
    s.draw(kLasso);
    QCOMPARE(s.made.size(), 1);
    QCOMPARE(s.made[0].second, SelectionOp::Replace);
    const RowMask expected = s.expected(kLasso);
    QVERIFY(countRows(expected) > 500);
    QVERIFY(differing(*s.made[0].first, expected) <= 1);
    QVERIFY(!s.view.hasOpenLasso());
}

void TestPointView::rectangleSelects()
{
    Shown s{ViewMode::ThreeD};
    s.view.setTool(Tool::Rectangle);
    s.draw({{500, 400}, {300, 100}, {120, 80}}); // from the lower right corner, with a change of mind
    QCOMPARE(s.made.size(), 1);
    const RowMask expected = s.expected({{500, 400}, {120, 400}, {120, 80}, {500, 80}});
    QVERIFY(countRows(expected) > 100);
    QVERIFY(differing(*s.made[0].first, expected) <= 1);
}

void TestPointView::modifiersCombine()
{
    Shown s;
    s.view.setTool(Tool::Lasso);
    const QList<QPair<Qt::KeyboardModifiers, SelectionOp>> cases{
        {Qt::NoModifier, SelectionOp::Replace},
        {Qt::ControlModifier, SelectionOp::Add},
        {Qt::AltModifier, SelectionOp::Subtract},
        {Qt::ControlModifier | Qt::AltModifier, SelectionOp::Intersect}};
    for (const auto &[modifiers, op] : cases) {
        s.draw(kLasso, modifiers);
        QCOMPARE(s.made.last().second, op);
        // the view reports what was drawn round; combining is the owner's
        QVERIFY(differing(*s.made.last().first, s.expected(kLasso)) <= 1);
    }
}

void TestPointView::modifierLetGoEarlyStillCounts()
{
    Shown s;
    s.view.setTool(Tool::Lasso);
    s.press({60, 60}, Qt::ControlModifier);
    s.move({300, 60});
    s.move({300, 300});
    s.release({300, 300}, Qt::NoModifier);
    QCOMPARE(s.made.last().second, SelectionOp::Add);
    s.press({60, 60}, Qt::NoModifier);
    s.move({300, 60});
    QTest::keyPress(&s.view, Qt::Key_Alt);
    s.move({300, 300});
    s.release({300, 300}, Qt::NoModifier);
    QCOMPARE(s.made.last().second, SelectionOp::Subtract);
}

void TestPointView::toolbarTwinOfTheModifiers()
{
    Shown s;
    s.view.setTool(Tool::Lasso);
    s.view.setSelectionOp(SelectionOp::Subtract);
    s.draw(kLasso);
    QCOMPARE(s.made.last().second, SelectionOp::Subtract);
    s.draw(kLasso, Qt::ControlModifier);
    QCOMPARE(s.made.last().second, SelectionOp::Add);
}

void TestPointView::groundStaysStillWhileDrawing()
{
    Shown s;
    s.view.setTool(Tool::Rectangle);
    s.press({100, 100});
    s.move({400, 300});
    const auto before = s.view.camera().project({0.3, 0.2, 0});
    const auto more = withMore(*s.points, {{12, 0, 0}});
    s.view.setPoints(more);
    const auto during = s.view.camera().project({0.3, 0.2, 0});
    QCOMPARE(during.x, before.x);
    QCOMPARE(during.y, before.y);
    const RowMask expected = s.expected({{100, 100}, {400, 100}, {400, 300}, {100, 300}});
    s.release({400, 300});
    QCOMPARE(s.made.size(), 1);
    QCOMPARE(s.made[0].first->size(), more->size());
    RowMask first(s.made[0].first->begin(), s.made[0].first->end() - 1);
    QVERIFY(differing(first, expected) <= 1);
    QVERIFY(s.view.camera().project({12, 0, 0}).x < 640); // and then it catches up
}

void TestPointView::spaceMovesTheViewWithAnOpenLasso()
{
    for (const ViewMode mode : {ViewMode::TwoD, ViewMode::ThreeD}) {
        Shown s{mode};
        s.view.setTool(Tool::Lasso);
        s.press({60, 60});
        s.move({300, 60});
        const Camera before = s.view.camera();
        QTest::keyPress(&s.view, Qt::Key_Space);
        s.move({340, 85});
        QVERIFY(s.view.hasOpenLasso());
        QVERIFY(!(s.view.camera() == before));
        QTest::keyRelease(&s.view, Qt::Key_Space);
        s.move({340, 385});
        s.move({100, 385});
        s.release({100, 385});
        QCOMPARE(s.made.size(), 1);
        // the part drawn before went along with its points: 40 right, 25 down
        const RowMask expected = s.expected({{100, 85}, {340, 85}, {340, 385}, {100, 385}});
        QVERIFY(countRows(expected) > 100);
        QVERIFY(differing(*s.made[0].first, expected) <= 1);
    }
}

void TestPointView::wheelKeepsAnOpenLassoOnItsData()
{
    Shown s;
    s.view.setTool(Tool::Rectangle);
    s.press({100, 100});
    s.move({400, 300});
    const RowMask expected = s.expected({{100, 100}, {400, 100}, {400, 300}, {100, 300}});
    s.wheel({400, 300}, 240);
    QVERIFY(s.view.hasOpenLasso());
    s.release({400, 300});
    QCOMPARE(s.made.size(), 1);
    QVERIFY(differing(*s.made[0].first, expected) <= 1);
}

void TestPointView::escapeCancels()
{
    Shown s;
    s.view.setTool(Tool::Lasso);
    QSignalSpy tools(&s.view, &PointView::toolChanged);
    s.press({60, 60});
    s.move({300, 60});
    s.move({300, 300});
    QTest::keyClick(&s.view, Qt::Key_Escape);
    QVERIFY(!s.view.hasOpenLasso());
    s.release({300, 300});
    QCOMPARE(s.made.size(), 0);
    QCOMPARE(s.view.tool(), Tool::Lasso);
    QTest::keyClick(&s.view, Qt::Key_Escape); // nothing open: back to moving
    QCOMPARE(s.view.tool(), Tool::Move);
    QCOMPARE(tools.size(), 1);
}

void TestPointView::shiftIsAQuickLasso()
{
    Shown s{ViewMode::ThreeD};
    const Camera before = s.view.camera();
    s.draw(kLasso, Qt::ShiftModifier);
    QCOMPARE(s.made.size(), 1);
    QCOMPARE(s.made[0].second, SelectionOp::Replace);
    QVERIFY(differing(*s.made[0].first, s.expected(kLasso)) <= 1);
    QVERIFY(s.view.camera() == before);
    QCOMPARE(s.view.tool(), Tool::Move);
    s.draw(kLasso, Qt::ShiftModifier | Qt::ControlModifier);
    QCOMPARE(s.made[1].second, SelectionOp::Add);
}

void TestPointView::clickSelectsOnePointOrClears()
{
    Shown s;
    s.view.setTool(Tool::Lasso);
    const QPoint place = s.placeOf(17);
    const auto row = s.view.rowAt(place);
    QVERIFY(row >= 0);
    QTest::mouseClick(&s.view, Qt::LeftButton, {}, place);
    QCOMPARE(s.made.size(), 1);
    QCOMPARE(countRows(*s.made[0].first), std::size_t(1));
    QCOMPARE(int((*s.made[0].first)[std::size_t(row)]), 1);
    QTest::mouseClick(&s.view, Qt::LeftButton, {}, {3, 3});
    QCOMPARE(s.made.size(), 2);
    QCOMPARE(countRows(*s.made[1].first), std::size_t(0));
    QTest::mouseClick(&s.view, Qt::LeftButton, Qt::ControlModifier, {3, 3}); // adding nothing is nothing
    QCOMPARE(s.made.size(), 2);
}

void TestPointView::movingTheView()
{
    Shown s;
    const QPoint place = s.placeOf(5);
    s.draw({place, place + QPoint(30, 20), place + QPoint(50, -10)});
    QCOMPARE(s.placeOf(5), place + QPoint(50, -10));
    s.wheel(s.placeOf(5), 480);
    QVERIFY((s.placeOf(5) - place - QPoint(50, -10)).manhattanLength() <= 2);
    QCOMPARE(s.made.size(), 0);

    Shown t{ViewMode::ThreeD};
    const double yaw = t.view.camera().yaw();
    t.draw({{300, 200}, {360, 200}});
    QVERIFY(t.view.camera().yaw() < yaw);
    const Camera turned = t.view.camera();
    QTest::mousePress(&t.view, Qt::MiddleButton, {}, {300, 200});
    t.move({340, 210});
    QTest::mouseRelease(&t.view, Qt::MiddleButton, {}, {340, 210});
    QCOMPARE(t.view.camera().yaw(), turned.yaw());
    QVERIFY(!(t.view.camera() == turned));
}

void TestPointView::keyboardMovesTheView()
{
    Shown s{ViewMode::ThreeD};
    const Camera start = s.view.camera();
    for (const auto key :
         {Qt::Key_Left, Qt::Key_Up, Qt::Key_Plus, Qt::Key_Right, Qt::Key_Down, Qt::Key_Minus}) {
        const Camera before = s.view.camera();
        QTest::keyClick(&s.view, key);
        QVERIFY(!(s.view.camera() == before));
    }
    QVERIFY(!s.view.followsData());
    QTest::keyClick(&s.view, Qt::Key_Home);
    QVERIFY(s.view.followsData());
    QVERIFY(std::abs(s.view.camera().yaw() - start.yaw()) < 1e-12);
    const auto a = s.view.camera().project({0.5, 0.5, 0.5});
    const auto b = start.project({0.5, 0.5, 0.5});
    QVERIFY(std::hypot(a.x - b.x, a.y - b.y) < 1);
}

void TestPointView::hoverAndActivate()
{
    Shown s;
    QSignalSpy hovered(&s.view, &PointView::hovered);
    QSignalSpy activated(&s.view, &PointView::rowActivated);
    const QPoint place = s.placeOf(40);
    s.move({2, 2});
    s.move(place);
    QTRY_VERIFY(!hovered.isEmpty());
    const auto row = hovered.last()[0].toLongLong();
    QCOMPARE(row, s.view.rowAt(place));
    QTest::mouseDClick(&s.view, Qt::LeftButton, {}, place);
    QCOMPARE(activated.size(), 1);
    QCOMPARE(activated[0][0].toLongLong(), row);
    s.move({2, 2});
    QTRY_COMPARE(hovered.last()[0].toLongLong(), -1LL);
}

void TestPointView::liveDataDoesNotMakeTheViewJump()
{
    Shown s;
    std::mt19937 random(2);
    int moved = 0;
    std::shared_ptr<const PointSet> points = s.points;
    for (int i = 0; i < 400; ++i) {
        const double x = double(random() % 1000) / 500 - 1, y = double(random() % 1000) / 500 - 1;
        points = withMore(*points, {{x, y, 0}});
        const Camera before = s.view.camera();
        s.view.setPoints(points);
        moved += before == s.view.camera() ? 0 : 1;
    }
    QVERIFY(moved <= 4);
    s.view.setPoints(withMore(*points, {{9, 0, 0}}));
    const auto v = s.view.camera().project({9, 0, 0});
    QVERIFY(v.x > 0 && v.x < 640);
}

void TestPointView::aMovedViewStays()
{
    Shown s;
    QSignalSpy follow(&s.view, &PointView::followChanged);
    s.wheel({300, 200}, 120);
    QCOMPARE(follow.size(), 1);
    const auto before = s.view.camera().project({0, 0, 0});
    s.view.setPoints(withMore(*s.points, {{50, 50, 50}}));
    const auto after = s.view.camera().project({0, 0, 0});
    QCOMPARE(after.x, before.x);
    QCOMPARE(after.y, before.y);
    s.view.reset();
    QVERIFY(s.view.followsData());
    QVERIFY(s.view.camera().project({50, 50, 50}).x < 640);
}

void TestPointView::fitSelectionShowsIt()
{
    for (const ViewMode mode : {ViewMode::TwoD, ViewMode::ThreeD}) {
        Shown s{mode};
        auto rows = std::make_shared<RowMask>(s.points->size(), 0);
        for (std::size_t i = 0; i < rows->size(); ++i)
            (*rows)[i] = s.points->x[i] > 0.2F && s.points->y[i] > 0.2F && s.points->z[i] > 0.2F ? 1 : 0;
        s.view.setSelection(rows);
        s.view.fitSelection();
        double left = 1e9, right = -1e9;
        for (std::size_t i = 0; i < rows->size(); ++i) {
            if (!(*rows)[i])
                continue;
            const auto v = s.view.camera().project({s.points->x[i], s.points->y[i], s.points->z[i]});
            QVERIFY(v.x > 0 && v.x < 640 && v.y > 0 && v.y < 480);
            left = std::min(left, v.x);
            right = std::max(right, v.x);
        }
        QVERIFY(right - left > 200);
        QVERIFY(!s.view.followsData());
    }
}

void TestPointView::animationReachesTheEnd()
{
    Shown s{ViewMode::ThreeD};
    s.view.setAnimated(true);
    s.wheel({100, 100}, 1200);
    const auto near = s.view.camera().project({0.5, 0.5, 0.5});
    s.view.fit();
    const auto first = s.view.camera().project({0.5, 0.5, 0.5});
    QVERIFY(std::hypot(first.x - near.x, first.y - near.y) < 200); // no jump
    s.view.setAnimated(false);
    PointView still;
    still.setMode(ViewMode::ThreeD);
    still.resize(640, 480);
    still.setAnimated(false);
    still.setPoints(s.points);
    QTRY_VERIFY(
        std::abs(s.view.camera().project({0.5, 0.5, 0.5}).x - still.camera().project({0.5, 0.5, 0.5}).x) < 1);
}

void TestPointView::emptyView()
{
    PointView view;
    view.setAnimated(false);
    view.resize(400, 300);
    view.show();
    QVERIFY(QTest::qWaitForWindowExposed(&view));
    view.setTool(Tool::Lasso);
    QSignalSpy made(&view, &PointView::selectionMade);
    QTest::mousePress(&view, Qt::LeftButton, {}, {20, 20});
    QTest::mouseMove(&view, {200, 20});
    QTest::mouseMove(&view, {200, 200});
    QTest::mouseRelease(&view, Qt::LeftButton, {}, {200, 200});
    QCOMPARE(made.size(), 0);
    QTest::keyClick(&view, Qt::Key_Home);
    view.fitSelection();
    QCOMPARE(view.rowAt({10, 10}), std::int64_t(-1));
    const QImage waiting = view.renderToImage({400, 300});
    view.setEmptyText({});
    QVERIFY(waiting != view.renderToImage({400, 300}));
    view.setPoints(makeClusters(1, 1, 1)); // the first sample alone
    QVERIFY(view.followsData());
    const auto v = view.camera().project({0, 0, 0});
    QVERIFY(std::isfinite(v.x));
    view.setPoints(nullptr);
    view.repaint();
}

void TestPointView::shorterSelectionAndOddRows()
{
    Shown s{ViewMode::ThreeD};
    s.view.setSelection(std::make_shared<const RowMask>(RowMask{1, 0, 1}));
    s.view.setNow(999999);
    s.view.setTrail(-5, 10);
    const QImage plain = s.view.renderToImage({640, 480});
    s.view.setTrail(3990, 100000);
    s.view.setNow(3999);
    QVERIFY(plain != s.view.renderToImage({640, 480}));
    s.view.setSelection(std::make_shared<const RowMask>(RowMask(1000000, 1)));
    s.view.repaint();
}

void TestPointView::pictures_data()
{
    QTest::addColumn<double>("ratio");
    for (const double ratio : {1.0, 1.25, 1.5, 2.0})
        QTest::addRow("%g device pixels a pixel", ratio) << ratio;
}

void TestPointView::pictures()
{
    QFETCH(double, ratio);
    for (const bool dark : {false, true}) {
        for (const ViewMode mode : {ViewMode::TwoD, ViewMode::ThreeD}) {
            Shown s{mode};
            s.view.setPalette(themed(dark));
            const QImage image = s.view.renderToImage({640, 480}, ratio);
            QCOMPARE(image.size(), QSize(int(640 * ratio), int(480 * ratio)));
            QCOMPARE(image.devicePixelRatio(), ratio);
            QCOMPARE(image.pixelColor(1, 1), themed(dark).color(QPalette::Base));
            // each style's own colour is there, at the nearest depth at least nearly
            for (const auto &style : fourStyles()) {
                const QColor wanted = QColor::fromRgb(dark ? style.onDark : style.onLight);
                int found = 0;
                for (int y = 0; y < image.height(); ++y)
                    for (int x = 0; x < image.width() - int(150 * ratio); ++x) { // not the legend
                        const QColor c = image.pixelColor(x, y);
                        found += std::abs(c.red() - wanted.red()) + std::abs(c.green() - wanted.green()) +
                                             std::abs(c.blue() - wanted.blue()) <
                                         90
                                     ? 1
                                     : 0;
                    }
                QVERIFY(found > 50);
            }
            // a point's mark is where the camera says
            const auto v = s.view.camera().project({s.points->x[8], s.points->y[8], s.points->z[8]});
            const QPoint at(int(v.x * ratio), int(v.y * ratio));
            QVERIFY(image.pixelColor(at) != themed(dark).color(QPalette::Base));
        }
    }
}

void TestPointView::captionsNamesAndPointsDoNotMeet()
{
    Shown s{ViewMode::ThreeD};
    std::vector<StateName> names;
    for (int i = 0; i < 8; ++i)
        names.push_back({QStringLiteral("state %1").arg(i),
                         classColour(i),
                         {(i & 1) ? 0.55 : -0.55, (i & 2) ? 0.5 : -0.5, (i & 4) ? 0.6 : -0.6}});
    s.view.setNames(names);
    s.view.setNow(100);
    int placed = 0;
    for (int turn = 0; turn < 40; ++turn) {
        QTest::keyClick(&s.view, turn % 3 ? Qt::Key_Left : Qt::Key_Down);
        s.view.repaint();
        const auto &layout = s.view.overlayLayout();
        std::vector<QRectF> rects;
        for (const auto &r : layout.captions)
            if (r.isValid())
                rects.push_back(r);
        rects.push_back(layout.legend);
        rects.push_back(layout.hint);
        if (layout.nowText.isValid())
            rects.push_back(layout.nowText);
        for (const auto &place : layout.names) {
            if (!place.placed)
                continue;
            ++placed;
            rects.push_back(place.rect);
            for (const auto &name : names) {
                const auto v = s.view.camera().project(name.position);
                QVERIFY(!QRectF(v.x - 12, v.y - 12, 24, 24).intersects(place.rect));
            }
        }
        for (std::size_t i = 0; i < rects.size(); ++i) {
            QVERIFY(QRectF(0, 0, 640, 480).contains(rects[i]));
            for (std::size_t j = 0; j < i; ++j)
                QVERIFY(!rects[i].intersects(rects[j]));
        }
    }
    QVERIFY(placed > 8 * 40 / 2);
}

void TestPointView::highDpi_data()
{
    QTest::addColumn<QString>("factor");
    QTest::newRow("125 %") << "1.25";
    QTest::newRow("150 %") << "1.5";
    QTest::newRow("200 %") << "2";
}

void TestPointView::highDpi()
{
    QFETCH(QString, factor);
    if (qEnvironmentVariableIsSet("QT_SCALE_FACTOR"))
        QSKIP("already scaled: this is the inner run");
    QProcess process;
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert("QT_SCALE_FACTOR", factor);
    process.setProcessEnvironment(environment);
    process.start(QCoreApplication::applicationFilePath(),
                  {"lassoSelectsWhatItEncloses", "rectangleSelects", "spaceMovesTheViewWithAnOpenLasso",
                   "clickSelectsOnePointOrClears", "hoverAndActivate", "movingTheView"});
    QVERIFY(process.waitForFinished(60000));
    QVERIFY2(process.exitStatus() == QProcess::NormalExit && process.exitCode() == 0,
             process.readAllStandardOutput());
}

QTEST_MAIN(TestPointView)
#include "test_point_view.moc"
