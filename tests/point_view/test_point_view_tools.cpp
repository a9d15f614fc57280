// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/point_view/shown_view.h"

#include <QSignalSpy>
#include <QTest>

using namespace statescape::ui;
using Tool = PointView::Tool;

namespace {

const QList<QPoint> kCorners{{120, 80}, {520, 100}, {480, 380}, {160, 340}};

/// A view whose tools are used as a person does, with the keyboard and both buttons.
struct Desk : Shown {
    using Shown::Shown;
    void click(const QPoint &at, Qt::KeyboardModifiers m = {})
    {
        QTest::mouseClick(&view, Qt::LeftButton, m, at);
    }
    void corners(const QList<QPoint> &at, Qt::KeyboardModifiers m = {})
    {
        for (const QPoint &p : at)
            click(p, m);
    }
    void key(Qt::Key key, Qt::KeyboardModifiers m = {}) { QTest::keyClick(&view, key, m); }
    void wheelWith(const QPoint &at, int delta, Qt::KeyboardModifiers m)
    {
        QWheelEvent event(at, view.mapToGlobal(at), {}, {0, delta}, Qt::NoButton, m, Qt::NoScrollPhase,
                          false);
        QCoreApplication::sendEvent(&view, &event);
    }
    /// Rows within @p radius of the path, by the camera alone, in double.
    [[nodiscard]] RowMask painted(const QList<QPoint> &path, double radius) const
    {
        RowMask rows(points->size(), 0);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto v = view.camera().project({points->x[i], points->y[i], points->z[i]});
            for (qsizetype k = 0; k < path.size(); ++k) {
                const QPointF a = path[std::max<qsizetype>(k - 1, 0)], ab = QPointF(path[k]) - a;
                const QPointF ap = QPointF(v.x, v.y) - a;
                const double along = QPointF::dotProduct(ab, ab);
                const double t = along > 0 ? std::clamp(QPointF::dotProduct(ap, ab) / along, 0.0, 1.0) : 0;
                const QPointF d = ap - t * ab;
                rows[i] = rows[i] || std::hypot(d.x(), d.y()) <= radius ? 1 : 0;
            }
        }
        return rows;
    }
    [[nodiscard]] std::size_t inSlab() const
    {
        const auto slab = view.slab();
        std::size_t n = 0;
        for (std::size_t i = 0; i < points->size(); ++i) {
            const double depth = view.camera().project({points->x[i], points->y[i], points->z[i]}).depth;
            n += !slab || (depth >= slab->first && depth <= slab->second) ? 1 : 0;
        }
        return n;
    }
};

} // namespace

class TestPointViewTools : public QObject {
    Q_OBJECT
private slots:
    void polygonClosesEveryWay_data();
    void polygonClosesEveryWay();
    void polygonTakesCornersBack();
    void polygonNeedsThreeCorners();
    void polygonSurvivesMovingTheView();
    void brushPaints();
    void brushSizes();
    void quickTools();
    void spaceMovesInEveryTool_data();
    void spaceMovesInEveryTool();
    void orbitThereAndBackKeepsTheShape();
    void areasGiveTheSameRows_data();
    void areasGiveTheSameRows();
    void signalsOfTheToolbar();
    void slabKeys();
    void slabStaysWithTheData();
    void slabLimitsTheLasso();
    void previewHighlights();
    void openShapesAreDrawn();
};

void TestPointViewTools::polygonClosesEveryWay_data()
{
    QTest::addColumn<QString>("how");
    for (const char *how : {"double click", "enter", "first corner", "enter adds"})
        QTest::newRow(how) << QString(how);
}

void TestPointViewTools::polygonClosesEveryWay()
{
    QFETCH(QString, how);
    Desk s;
    s.view.setTool(Tool::Polygon);
    const RowMask expected = s.expected(kCorners);
    s.corners(kCorners);
    QVERIFY(s.view.hasOpenLasso());
    QCOMPARE(s.made.size(), 0);
    SelectionOp op = SelectionOp::Replace;
    if (how == "double click")
        QTest::mouseDClick(&s.view, Qt::LeftButton, {}, kCorners.last());
    else if (how == "enter")
        s.key(Qt::Key_Return);
    else if (how == "first corner")
        s.click(kCorners.first() + QPoint(3, -2));
    else {
        op = SelectionOp::Add;
        s.key(Qt::Key_Return, Qt::ControlModifier);
    }
    QCOMPARE(s.made.size(), 1);
    QCOMPARE(s.made[0].second, op);
    QVERIFY(!s.view.hasOpenLasso());
    QVERIFY(countRows(expected) > 500);
    QVERIFY(differing(*s.made[0].first, expected) <= 1);
}

void TestPointViewTools::polygonTakesCornersBack()
{
    Desk s;
    s.view.setTool(Tool::Polygon);
    s.corners({kCorners[0], kCorners[1], {30, 460}});
    s.key(Qt::Key_Backspace);
    s.corners({kCorners[2], kCorners[3]});
    s.key(Qt::Key_Enter);
    QVERIFY(differing(*s.made.last().first, s.expected(kCorners)) <= 1);
    s.corners({kCorners[0], kCorners[1]});
    s.key(Qt::Key_Backspace);
    QVERIFY(s.view.hasOpenLasso());
    s.key(Qt::Key_Backspace);
    QVERIFY(!s.view.hasOpenLasso());
    s.corners(kCorners);
    s.key(Qt::Key_Escape);
    QVERIFY(!s.view.hasOpenLasso());
    QCOMPARE(s.view.tool(), Tool::Polygon);
    QCOMPARE(s.made.size(), 1);
}

void TestPointViewTools::polygonNeedsThreeCorners()
{
    Desk s;
    s.view.setTool(Tool::Polygon);
    s.corners({kCorners[0], kCorners[1]});
    s.key(Qt::Key_Return);
    QVERIFY(s.view.hasOpenLasso());
    s.click(kCorners[0]); // no handle yet, so this is the third corner
    QVERIFY(s.view.hasOpenLasso());
    QCOMPARE(s.made.size(), 0);
}

void TestPointViewTools::polygonSurvivesMovingTheView()
{
    for (const ViewMode mode : {ViewMode::TwoD, ViewMode::ThreeD}) {
        Desk s{mode};
        s.view.setTool(Tool::Polygon);
        s.corners(kCorners.mid(0, 2));
        // the middle button, the wheel and Space all leave it open
        QTest::mousePress(&s.view, Qt::MiddleButton, {}, {300, 200});
        s.move({330, 220});
        QTest::mouseRelease(&s.view, Qt::MiddleButton, {}, {330, 220});
        QTest::keyPress(&s.view, Qt::Key_Space);
        s.press({300, 200});
        s.move({310, 190});
        s.release({310, 190});
        QTest::keyRelease(&s.view, Qt::Key_Space);
        QVERIFY(s.view.hasOpenLasso());
        const QPoint moved(40, 10);
        s.corners({kCorners[2], kCorners[3]});
        const auto expected =
            s.expected({kCorners[0] + moved, kCorners[1] + moved, kCorners[2], kCorners[3]});
        s.key(Qt::Key_Return);
        QCOMPARE(s.made.size(), 1);
        QVERIFY(differing(*s.made[0].first, expected) <= 1);
        s.corners(kCorners);
        QTest::mouseClick(&s.view, Qt::RightButton, {}, {300, 200}); // no way to lose corners
        QVERIFY(s.view.hasOpenLasso());
    }
}

void TestPointViewTools::brushPaints()
{
    for (const ViewMode mode : {ViewMode::TwoD, ViewMode::ThreeD}) {
        Desk s{mode};
        s.view.setTool(Tool::Brush);
        s.view.setBrushRadius(37);
        const QList<QPoint> path{{120, 120}, {200, 160}, {330, 150}, {420, 300}, {250, 310}};
        s.draw(path);
        QCOMPARE(s.made.size(), 1);
        const RowMask expected = s.painted(path, 37);
        QVERIFY(countRows(expected) > 300);
        QVERIFY(differing(*s.made[0].first, expected) <= 1);
        s.click({200, 160}, Qt::ControlModifier); // a dab
        QCOMPARE(s.made[1].second, SelectionOp::Add);
        QVERIFY(differing(*s.made[1].first, s.painted({{200, 160}}, 37)) <= 1);
    }
}

void TestPointViewTools::brushSizes()
{
    Desk s;
    s.view.setTool(Tool::Brush);
    QSignalSpy sized(&s.view, &PointView::brushRadiusChanged);
    const double before = s.view.brushRadius();
    const Camera camera = s.view.camera();
    s.wheelWith({200, 200}, 240, {});
    QVERIFY(s.view.brushRadius() > before * 1.2);
    QVERIFY(s.view.camera() == camera);
    s.wheelWith({200, 200}, 240, Qt::ControlModifier);
    QVERIFY(!(s.view.camera() == camera));
    QCOMPARE(sized.size(), 1);
    const double wide = s.view.brushRadius();
    s.key(Qt::Key_Comma);
    QVERIFY(s.view.brushRadius() < wide);
    s.key(Qt::Key_Period);
    QVERIFY(std::abs(s.view.brushRadius() - wide) < 1e-9);
    s.view.setBrushRadius(1e9);
    QCOMPARE(s.view.brushRadius(), 400.0);
    s.view.setBrushRadius(-4);
    QCOMPARE(s.view.brushRadius(), 3.0);
    // the size changes under an open stroke, and that is what it then selects
    s.view.setBrushRadius(10);
    s.press({200, 160});
    s.move({300, 170});
    s.view.setBrushRadius(30);
    s.release({300, 170});
    QVERIFY(differing(*s.made.last().first, s.painted({{200, 160}, {300, 170}}, 30)) <= 1);
    s.view.setTool(Tool::Lasso);
    s.wheelWith({200, 200}, 120, {}); // zooms again
    QCOMPARE(s.view.brushRadius(), 30.0);
}

void TestPointViewTools::quickTools()
{
    Desk s;
    s.view.setTool(Tool::Brush);
    s.draw({{120, 120}, {200, 160}}, Qt::ShiftModifier);
    QCOMPARE(s.areas.last().shape.kind, DrawnShape::Kind::Stroke);
    s.view.setTool(Tool::Move);
    s.draw(kCorners, Qt::ShiftModifier);
    QCOMPARE(s.areas.last().shape.kind, DrawnShape::Kind::Polygon);
    QCOMPARE(s.areas.last().shape.points.size(), std::size_t(kCorners.size()));
}

void TestPointViewTools::spaceMovesInEveryTool_data()
{
    QTest::addColumn<int>("tool");
    for (const Tool tool : {Tool::Move, Tool::Lasso, Tool::Rectangle, Tool::Polygon, Tool::Brush})
        QTest::addRow("%d", int(tool)) << int(tool);
}

void TestPointViewTools::spaceMovesInEveryTool()
{
    QFETCH(int, tool);
    Desk s{ViewMode::ThreeD};
    s.view.setTool(Tool(tool));
    const auto dragged = [&](Qt::MouseButton button, Qt::KeyboardModifiers m) {
        const Camera before = s.view.camera();
        QTest::keyPress(&s.view, Qt::Key_Space);
        QTest::mousePress(&s.view, button, m, {300, 200});
        QMouseEvent move(QEvent::MouseMove, QPointF(340, 230), s.view.mapToGlobal(QPointF(340, 230)),
                         Qt::NoButton, button, m);
        QCoreApplication::sendEvent(&s.view, &move);
        QTest::mouseRelease(&s.view, button, m, {340, 230});
        QTest::keyRelease(&s.view, Qt::Key_Space);
        return std::pair(!(s.view.camera() == before), s.view.camera().yaw() != before.yaw());
    };
    QCOMPARE(dragged(Qt::LeftButton, {}), std::pair(true, false));               // pans
    QCOMPARE(dragged(Qt::RightButton, {}), std::pair(true, true));               // orbits
    QCOMPARE(dragged(Qt::LeftButton, Qt::ShiftModifier), std::pair(true, true)); // likewise
    QCOMPARE(s.made.size(), 0);
    QVERIFY(!s.view.hasOpenLasso());
}

void TestPointViewTools::orbitThereAndBackKeepsTheShape()
{
    for (const Lens lens : {Lens::Perspective, Lens::Orthographic}) {
        Desk s{ViewMode::ThreeD};
        s.view.setLens(lens);
        s.view.setTool(Tool::Lasso);
        s.press(kCorners[0]);
        for (const QPoint &p : kCorners.mid(1))
            s.move(p);
        const RowMask expected = s.expected(kCorners);
        for (int i = 0; i < 6; ++i)
            QTest::keyClick(&s.view, Qt::Key_Left);
        for (int i = 0; i < 6; ++i)
            QTest::keyClick(&s.view, Qt::Key_Right);
        s.release(kCorners.last());
        QCOMPARE(s.made.size(), 1);
        QVERIFY(differing(*s.made[0].first, expected) <= 2);
    }
}

void TestPointViewTools::areasGiveTheSameRows_data()
{
    QTest::addColumn<int>("mode");
    QTest::addColumn<int>("lens");
    QTest::addColumn<bool>("slab");
    QTest::newRow("2D") << int(ViewMode::TwoD) << int(Lens::Perspective) << false;
    QTest::newRow("3D perspective") << int(ViewMode::ThreeD) << int(Lens::Perspective) << false;
    QTest::newRow("3D orthographic") << int(ViewMode::ThreeD) << int(Lens::Orthographic) << false;
    QTest::newRow("3D perspective, slab") << int(ViewMode::ThreeD) << int(Lens::Perspective) << true;
    QTest::newRow("3D orthographic, slab") << int(ViewMode::ThreeD) << int(Lens::Orthographic) << true;
}

void TestPointViewTools::areasGiveTheSameRows()
{
    QFETCH(int, mode);
    QFETCH(int, lens);
    QFETCH(bool, slab);
    Desk s{ViewMode(mode)};
    s.view.setLens(Lens(lens));
    std::mt19937 random(5);
    std::size_t selected = 0;
    for (int round = 0; round < 40; ++round) {
        const auto anywhere = [&] { return QPoint(int(random() % 640), int(random() % 480)); };
        if (slab && !s.view.slab())
            s.key(Qt::Key_BracketLeft);
        s.wheelWith(anywhere(), int(random() % 480) - 240, Qt::ControlModifier);
        QTest::keyClick(&s.view, round % 2 ? Qt::Key_Left : Qt::Key_Up);
        const auto tool = std::array{Tool::Lasso, Tool::Rectangle, Tool::Polygon, Tool::Brush}[random() % 4];
        s.view.setTool(tool);
        QList<QPoint> path;
        for (int i = 0; i < 3 + int(random() % 9); ++i)
            path.append(anywhere());
        const auto before = s.made.size();
        if (tool == Tool::Polygon) {
            s.corners(path);
            if (s.view.hasOpenLasso())
                s.key(Qt::Key_Return);
        } else if (round % 7 == 3) {
            s.click(s.placeOf(random() % s.points->size()));
        } else {
            s.draw(path);
        }
        if (s.made.size() == before)
            continue; // a click beside every point, or two corners on one place
        QVERIFY(*s.made.last().first == rowsIn(*s.points, s.areas.last()));
        selected += countRows(*s.made.last().first);
    }
    QVERIFY(selected > 5000);
    QTest::keyClick(&s.view, Qt::Key_Escape); // the last tool
    QTest::keyClick(&s.view, Qt::Key_K);
    for (int i = 0; i < 10; ++i) {
        QTest::keyClick(&s.view, Qt::Key_PageDown);
        QTest::keyClick(&s.view, Qt::Key_Return);
        QVERIFY(*s.made.last().first == rowsIn(*s.points, s.areas.last()));
        QCOMPARE(int((*s.made.last().first)[std::size_t(s.view.cursorRow())]), 1);
    }
}

void TestPointViewTools::signalsOfTheToolbar()
{
    Desk s;
    QSignalSpy ops(&s.view, &PointView::selectionOpChanged);
    s.view.setSelectionOp(SelectionOp::Intersect);
    s.view.setSelectionOp(SelectionOp::Intersect);
    QCOMPARE(ops.size(), 1);
    QCOMPARE(s.view.selectionOp(), SelectionOp::Intersect);
    s.view.setTool(Tool::Rectangle);
    s.draw(kCorners);
    QCOMPARE(s.made.last().second, SelectionOp::Intersect);
}

void TestPointViewTools::slabKeys()
{
    Desk s{ViewMode::ThreeD};
    QSignalSpy changed(&s.view, &PointView::slabChanged);
    s.key(Qt::Key_BracketRight); // nothing to make thicker
    QVERIFY(!s.view.slab());
    s.key(Qt::Key_BracketLeft);
    QVERIFY(s.view.slab());
    const auto [nearest, farthest] = s.view.camera().depthRange();
    const auto first = *s.view.slab();
    QVERIFY(std::abs((first.second - first.first) / (farthest - nearest) - 0.5) < 1e-9);
    QVERIFY(std::abs(first.first + first.second - nearest - farthest) < 1e-9);
    s.key(Qt::Key_BracketLeft);
    const auto thinner = *s.view.slab();
    QVERIFY(thinner.first > first.first && thinner.second < first.second);
    s.key(Qt::Key_BracketLeft, Qt::ShiftModifier);
    const auto away = *s.view.slab();
    QVERIFY(away.first > thinner.first && away.second > thinner.second);
    s.key(Qt::Key_BraceRight, Qt::ShiftModifier);
    s.key(Qt::Key_BracketRight, Qt::ShiftModifier);
    QVERIFY(s.view.slab()->first < thinner.first);
    s.key(Qt::Key_BracketRight, Qt::ControlModifier);
    QVERIFY(!s.view.slab());
    s.key(Qt::Key_BracketLeft);
    for (int i = 0; i < 4; ++i)
        s.key(Qt::Key_BracketRight); // as thick as all of it: none
    QVERIFY(!s.view.slab());
    s.key(Qt::Key_BracketLeft);
    s.key(Qt::Key_Escape);
    QVERIFY(!s.view.slab());
    QVERIFY(changed.size() >= 9);
    Desk flat;
    flat.key(Qt::Key_BracketLeft);
    QVERIFY(!flat.view.slab());
}

void TestPointViewTools::slabStaysWithTheData()
{
    for (const Lens lens : {Lens::Perspective, Lens::Orthographic}) {
        Desk s{ViewMode::ThreeD};
        s.view.setLens(lens);
        for (int i = 0; i < 4; ++i)
            s.key(Qt::Key_BracketLeft);
        const auto before = s.inSlab();
        QVERIFY(before > 500 && before < 3500);
        s.wheelWith({200, 300}, 360, {});
        QVERIFY(std::abs(double(s.inSlab()) - double(before)) <= 2);
        s.key(Qt::Key_Up, Qt::ShiftModifier);
        QVERIFY(std::abs(double(s.inSlab()) - double(before)) <= 2);
        s.view.fit();
        QVERIFY(std::abs(double(s.inSlab()) - double(before)) <= 2);
        // and there and back through the depths it is given in
        const auto slab = s.view.slab();
        s.view.setSlab(slab);
        QVERIFY(std::abs(s.view.slab()->first - slab->first) < 1e-9);
    }
}

void TestPointViewTools::slabLimitsTheLasso()
{
    Desk s{ViewMode::ThreeD};
    for (int i = 0; i < 4; ++i)
        s.key(Qt::Key_BracketLeft);
    s.view.setTool(Tool::Rectangle);
    s.draw({{1, 1}, {639, 479}});
    const auto n = countRows(*s.made.last().first);
    QVERIFY(n > 500 && n < 3500);
    QVERIFY(std::abs(double(n) - double(s.inSlab())) <= 2);
}

void TestPointViewTools::previewHighlights()
{
    Desk s;
    s.view.setHintVisible(false);
    s.view.setTool(Tool::Rectangle);
    QTRY_VERIFY(s.view.isSettled());
    const QImage before = s.view.grab().toImage();
    s.press({40, 40});
    s.move({600, 440});
    QTRY_VERIFY(s.view.isSettled());
    const QImage during = s.view.grab().toImage();
    QVERIFY(!s.view.selection());
    s.key(Qt::Key_Escape);
    s.release({600, 440});
    s.view.setSelection(std::make_shared<const RowMask>(s.points->size(), 1));
    QTRY_VERIFY(s.view.isSettled());
    const QImage selected = s.view.grab().toImage();
    // a mark well inside looks selected while the rectangle is open, but for the shade of its ground
    int changed = 0, alike = 0;
    for (int y = 150; y < 250; ++y)
        for (int x = 150; x < 300; ++x) {
            const bool marked = qGray(selected.pixel(x, y)) > 200 && qGray(before.pixel(x, y)) < 120;
            changed += marked ? 1 : 0;
            alike += marked && qGray(during.pixel(x, y)) > 180 ? 1 : 0;
        }
    QVERIFY(changed > 50);
    QVERIFY2(alike * 10 >= changed * 8, qPrintable(QStringLiteral("%1 of %2").arg(alike).arg(changed)));
}

void TestPointViewTools::openShapesAreDrawn()
{
    Desk s;
    const QImage bare = s.view.renderToImage({640, 480});
    DrawnShape shape;
    for (const QPoint &p : kCorners)
        shape.points.push_back({double(p.x()), double(p.y())});
    s.view.setOpenShape(shape, "disk stall");
    const QImage with = s.view.renderToImage({640, 480});
    QVERIFY(bare != with);
    s.view.repaint();
    QVERIFY(s.view.overlayLayout().outlineName.isValid());
    s.view.setOpenShape({});
    QCOMPARE(s.view.renderToImage({640, 480}), bare);
    // an open lasso is in the picture
    s.view.setTool(Tool::Lasso);
    s.press(kCorners[0]);
    for (const QPoint &p : kCorners.mid(1))
        s.move(p);
    QVERIFY(s.view.renderToImage({640, 480}) != bare);
    s.key(Qt::Key_Escape);
}

QTEST_MAIN(TestPointViewTools)
#include "test_point_view_tools.moc"
