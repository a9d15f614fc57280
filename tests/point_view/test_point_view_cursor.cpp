// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/point_view/shown_view.h"

#include <QAccessible>
#include <QShortcut>
#include <QSignalSpy>
#include <QTest>

using namespace statescape::ui;
using Tool = PointView::Tool;

namespace {

QList<QPair<QAccessible::Event, QString>> accessibleEvents;

void remember(QAccessibleEvent *event)
{
    QString value;
    if (event->type() == QAccessible::ValueChanged)
        value = static_cast<QAccessibleValueChangeEvent *>(event)->value().toString();
    accessibleEvents.append({event->type(), value});
}

/// A lattice of 5 x 5 points in 2D, row = 5 * y + x, y growing upwards.
std::shared_ptr<const PointSet> lattice()
{
    std::vector<float> x, y;
    for (int i = 0; i < 25; ++i) {
        x.push_back(float(i % 5));
        y.push_back(float(i / 5));
    }
    return std::make_shared<PointSet>(PointSet{floats(x), floats(y), {}, {}, 0});
}

struct Walk : Shown {
    QSignalSpy moved{&view, &PointView::cursorMoved};
    explicit Walk(const std::shared_ptr<const PointSet> &set)
    {
        view.setPoints(set);
        view.fit();
        view.setTooltipProvider([](std::int64_t row) { return QStringLiteral("<b>row %1</b>").arg(row); });
    }
    void key(Qt::Key key, Qt::KeyboardModifiers m = {}) { QTest::keyClick(&view, key, m); }
};

} // namespace

class TestPointViewCursor : public QObject {
    Q_OBJECT
private slots:
    void startsInTheMiddleAndLeaves();
    void walksInTheDirectionAsked();
    void takesTheNearestWithinTheCone();
    void stepsInTime();
    void selects();
    void comesIntoView();
    void cardKeepsClear();
    void followsWhatOthersShow();
    void goesWithItsRow();
    void speaksToScreenReaders();
    void announcesTheCursor();
    void keysComeBeforeTheWindows();
};

void TestPointViewCursor::startsInTheMiddleAndLeaves()
{
    Walk s(lattice());
    s.key(Qt::Key_K);
    QCOMPARE(s.view.cursorRow(), 12);
    QCOMPARE(s.moved.last()[0].toLongLong(), 12LL);
    s.key(Qt::Key_Escape);
    QCOMPARE(s.view.cursorRow(), -1);
    QCOMPARE(s.moved.last()[0].toLongLong(), -1LL);
    // on the hovered one when there is one
    const auto v = s.view.camera().project({3, 1, 0});
    s.move(QPointF(v.x, v.y).toPoint());
    QSignalSpy hovered(&s.view, &PointView::hovered);
    QTRY_VERIFY(!hovered.isEmpty());
    s.key(Qt::Key_K);
    QCOMPARE(s.view.cursorRow(), 8);
    s.key(Qt::Key_K);
    QCOMPARE(s.view.cursorRow(), -1);
}

void TestPointViewCursor::walksInTheDirectionAsked()
{
    Walk s(lattice());
    const Camera camera = s.view.camera();
    s.view.setCursorRow(12);
    s.key(Qt::Key_Right);
    QCOMPARE(s.view.cursorRow(), 13);
    s.key(Qt::Key_Up);
    QCOMPARE(s.view.cursorRow(), 18);
    s.key(Qt::Key_Left);
    s.key(Qt::Key_Left);
    QCOMPARE(s.view.cursorRow(), 16);
    s.key(Qt::Key_Down);
    QCOMPARE(s.view.cursorRow(), 11);
    s.view.setCursorRow(0);
    s.key(Qt::Key_Left); // nothing there
    QCOMPARE(s.view.cursorRow(), 0);
    QVERIFY(s.view.camera() == camera);
    s.key(Qt::Key_Left, Qt::ShiftModifier); // moves the view
    QVERIFY(!(s.view.camera() == camera));
}

void TestPointViewCursor::takesTheNearestWithinTheCone()
{
    std::mt19937 random(8);
    Walk s(makeClusters(400, 4, 3));
    s.view.setCursorRow(7);
    const auto place = [&](std::int64_t row) {
        const auto i = std::size_t(row);
        const auto points = s.view.points();
        const auto v = s.view.camera().project({points->x[i], points->y[i], points->z[i]});
        return QPointF(v.x, v.y);
    };
    int steps = 0;
    for (int i = 0; i < 100; ++i) {
        const auto way = std::array{Qt::Key_Left, Qt::Key_Right, Qt::Key_Up, Qt::Key_Down}[random() % 4];
        const std::int64_t before = s.view.cursorRow();
        s.key(way);
        if (s.view.cursorRow() == before)
            continue;
        ++steps;
        const QPointF d = place(s.view.cursorRow()) - place(before);
        const double along = way == Qt::Key_Left    ? -d.x()
                             : way == Qt::Key_Right ? d.x()
                             : way == Qt::Key_Up    ? -d.y()
                                                    : d.y();
        const double off = way == Qt::Key_Left || way == Qt::Key_Right ? std::abs(d.y()) : std::abs(d.x());
        QVERIFY(along > 0 && off <= along + 1e-3);
    }
    QVERIFY(steps > 60);
}

void TestPointViewCursor::stepsInTime()
{
    std::vector<float> x, y;
    for (int i = 0; i < 10; ++i) {
        x.push_back(i == 4 || i == 9 ? NAN : float(i));
        y.push_back(float(i % 3));
    }
    Walk s(std::make_shared<PointSet>(PointSet{floats(x), floats(y), {}, {}, 2}));
    s.view.setCursorRow(5);
    s.key(Qt::Key_PageUp);
    QCOMPARE(s.view.cursorRow(), 3); // 4 is missing
    s.key(Qt::Key_PageUp);
    s.key(Qt::Key_PageUp);
    QCOMPARE(s.view.cursorRow(), 2); // what lies before is not shown
    s.key(Qt::Key_PageDown);
    QCOMPARE(s.view.cursorRow(), 3);
    s.key(Qt::Key_End);
    QCOMPARE(s.view.cursorRow(), 8);
    s.key(Qt::Key_PageDown);
    QCOMPARE(s.view.cursorRow(), 8);
    s.key(Qt::Key_Home);
    QCOMPARE(s.view.cursorRow(), 2);
    s.view.setCursorRow(4); // no place
    QCOMPARE(s.view.cursorRow(), -1);
    s.view.setCursorRow(1);
    QCOMPARE(s.view.cursorRow(), -1);
    s.view.setCursorRow(1000);
    QCOMPARE(s.view.cursorRow(), -1);
}

void TestPointViewCursor::selects()
{
    Walk s(lattice());
    s.view.setCursorRow(12);
    s.key(Qt::Key_Return);
    QCOMPARE(s.made.last().second, SelectionOp::Replace);
    QCOMPARE(countRows(*s.made.last().first), std::size_t(1));
    QCOMPARE(int((*s.made.last().first)[12]), 1);
    s.key(Qt::Key_Return, Qt::ControlModifier);
    QCOMPARE(s.made.last().second, SelectionOp::Add);
    s.key(Qt::Key_Enter, Qt::AltModifier);
    QCOMPARE(s.made.last().second, SelectionOp::Subtract);
    QCOMPARE(s.made.size(), 3);
    QVERIFY(*s.made.last().first == rowsIn(*s.view.points(), s.areas.last()));
}

void TestPointViewCursor::comesIntoView()
{
    for (const ViewMode mode : {ViewMode::TwoD, ViewMode::ThreeD}) {
        Shown s{mode};
        s.wheel({30, 30}, 1800);
        QVERIFY(!s.view.followsData());
        for (const std::int64_t row : {10, 500, 3999}) {
            s.view.setCursorRow(row);
            QVERIFY(s.view.rect().contains(s.placeOf(std::size_t(row))));
        }
        s.view.setCursorRow(77, true);
        QVERIFY((s.placeOf(77) - QPoint(320, 240)).manhattanLength() <= 2);
        const Camera camera = s.view.camera();
        s.view.setCursorRow(77); // there already
        QVERIFY(s.view.camera() == camera);
    }
}

void TestPointViewCursor::cardKeepsClear()
{
    Walk s(lattice());
    s.view.setTopInset(44);
    for (int row = 0; row < 25; ++row) {
        s.view.setCursorRow(row);
        s.view.repaint();
        const auto &layout = s.view.overlayLayout();
        QVERIFY(layout.cursorCard.isValid());
        QVERIFY(QRectF(0, 44, 640, 436).contains(layout.cursorCard));
        const auto v = s.view.camera().project({double(row % 5), double(row / 5), 0});
        QVERIFY(!layout.cursorCard.intersects(QRectF(v.x - 9, v.y - 9, 18, 18)));
        const auto texts = layout.texts();
        for (std::size_t i = 0; i < texts.size(); ++i)
            for (std::size_t j = 0; j < i; ++j)
                QVERIFY(!texts[i].intersects(texts[j]));
    }
}

void TestPointViewCursor::followsWhatOthersShow()
{
    Walk s(lattice());
    s.view.setCursorRow(3);
    s.view.setCursorRow(3);
    QCOMPARE(s.moved.size(), 1);
    const QImage with = s.view.renderToImage({640, 480});
    s.view.setCursorRow(-1);
    QCOMPARE(s.moved.size(), 2);
    QVERIFY(with != s.view.renderToImage({640, 480}));
}

void TestPointViewCursor::goesWithItsRow()
{
    Walk s(lattice());
    s.view.setCursorRow(24);
    s.view.setPoints(makeClusters(20, 2, 1)); // shorter
    QCOMPARE(s.view.cursorRow(), -1);
    s.view.setPoints(nullptr);
    s.key(Qt::Key_K);
    QCOMPARE(s.view.cursorRow(), -1);
    s.key(Qt::Key_Return);
    QCOMPARE(s.made.size(), 0);
}

void TestPointViewCursor::speaksToScreenReaders()
{
    Walk s(lattice());
    s.view.setAccessibleName("Map of samples");
    QAccessibleInterface *interface = QAccessible::queryAccessibleInterface(&s.view);
    QVERIFY(interface);
    QCOMPARE(interface->role(), QAccessible::Chart);
    QCOMPARE(interface->text(QAccessible::Name), QString("Map of samples"));
    QVERIFY(interface->text(QAccessible::Description).contains("25 points shown"));
    QVERIFY(interface->text(QAccessible::Description).contains("0 selected"));
    QVERIFY(interface->text(QAccessible::Description).contains("marks"));
    s.view.setSelection(std::make_shared<const RowMask>(RowMask{1, 1, 0, 1}));
    QVERIFY(interface->text(QAccessible::Description).contains("3 selected"));
    s.view.setDensity(PointView::Density::On);
    QVERIFY(interface->text(QAccessible::Description).contains("density"));
    QVERIFY(interface->text(QAccessible::Value).isEmpty());
    s.view.setCursorRow(7);
    QCOMPARE(interface->text(QAccessible::Value), QString("row 7")); // no markup is read out
    QVERIFY(interface->text(QAccessible::Description).startsWith("at row 7"));
    s.view.setAccessibleDescription("25 of 30 samples shown");
    QVERIFY(interface->text(QAccessible::Description).contains("25 of 30 samples shown, as density"));
    QVERIFY(!interface->text(QAccessible::Help).isEmpty());
    QVERIFY(interface->state().focusable);
    QTRY_VERIFY(!interface->state().busy);
    s.view.setPoints(nullptr);
    QVERIFY(interface->text(QAccessible::Description).contains("no points"));
}

void TestPointViewCursor::announcesTheCursor()
{
    if (!QAccessible::isActive())
        QSKIP("this platform has no accessibility bridge running, so Qt passes no events on");
    Walk s(lattice());
    const auto before = QAccessible::installUpdateHandler(remember);
    accessibleEvents.clear();
    s.view.setCursorRow(7);
    s.view.setSelection(std::make_shared<const RowMask>(RowMask{1}));
    QAccessible::installUpdateHandler(before);
    QVERIFY(accessibleEvents.contains(qMakePair(QAccessible::ValueChanged, QString("row 7"))));
    QVERIFY(accessibleEvents.contains(qMakePair(QAccessible::DescriptionChanged, QString())));
}

void TestPointViewCursor::keysComeBeforeTheWindows()
{
    QWidget window;
    window.resize(640, 480);
    PointView view(&window);
    view.resize(640, 480);
    view.setAnimated(false);
    view.setPoints(lattice());
    QStringList pressed;
    for (const char *keys : {"Ctrl+Return", "K", "Esc", "P"}) {
        auto *shortcut = new QShortcut(QKeySequence(QString(keys)), &window);
        connect(shortcut, &QShortcut::activated, &window, [&pressed, keys] { pressed << keys; });
    }
    window.show();
    window.activateWindow();
    view.setFocus();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QSignalSpy made(&view, &PointView::selectionMade);
    QTest::keyClick(&view, Qt::Key_Escape);
    QTest::keyClick(&view, Qt::Key_Return, Qt::ControlModifier);
    QCOMPARE(pressed, (QStringList{"Esc", "Ctrl+Return"})); // nothing of the view's to do
    QTest::keyClick(&view, Qt::Key_K);
    QVERIFY(view.cursorRow() >= 0);
    QTest::keyClick(&view, Qt::Key_Return, Qt::ControlModifier);
    QCOMPARE(made.size(), 1);
    QTest::keyClick(&view, Qt::Key_P);
    QTest::keyClick(&view, Qt::Key_Escape);
    QCOMPARE(view.cursorRow(), -1);
    QCOMPARE(pressed, (QStringList{"Esc", "Ctrl+Return", "P"}));
}

QTEST_MAIN(TestPointViewCursor)
#include "test_point_view_cursor.moc"
