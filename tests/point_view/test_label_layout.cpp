// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/label_layout.h"

#include <QTest>
#include <random>

using namespace statescape::ui;

class TestLabelLayout : public QObject {
    Q_OBJECT
private slots:
    void nothingOverlaps_data();
    void nothingOverlaps();
    void prefersFreeGround();
    void staysWhereItWas();
    void noPlaceNoName();
    void occupancyCounts();
};

namespace {

QRectF centre(const QPointF &p)
{
    return {p.x() - kCentreRadius, p.y() - kCentreRadius, 2 * kCentreRadius, 2 * kCentreRadius};
}

} // namespace

void TestLabelLayout::nothingOverlaps_data()
{
    QTest::addColumn<int>("names");
    QTest::addColumn<double>("spread");
    for (const int names : {1, 2, 5, 9, 20, 60})
        for (const double spread : {5.0, 60.0, 300.0})
            QTest::addRow("%d names within %g px", names, spread) << names << spread;
}

void TestLabelLayout::nothingOverlaps()
{
    QFETCH(int, names);
    QFETCH(double, spread);
    std::mt19937 random(unsigned(names) + unsigned(spread));
    const QRectF view(6, 6, 988, 688);
    const std::vector<QRectF> obstacles{{800, 20, 180, 110}, {14, 660, 500, 18}, {150, 40, 200, 18}};
    int placed = 0;
    int wanted = 0;
    for (int round = 0; round < 10; ++round) {
        std::normal_distribution<> gauss(0, spread);
        std::vector<LabelRequest> labels;
        Occupancy occupancy({1000, 700});
        for (int i = 0; i < names; ++i) {
            labels.push_back({QSizeF(40 + double(random() % 80), 17),
                              QPointF(450 + gauss(random), 350 + gauss(random)),
                              {}});
            for (int k = 0; k < 200; ++k)
                occupancy.add(labels.back().anchor.x() + gauss(random) / 4,
                              labels.back().anchor.y() + gauss(random) / 4);
        }
        occupancy.finish();
        const auto places = layoutLabels(labels, view, obstacles, occupancy);
        QCOMPARE(places.size(), labels.size());
        for (std::size_t i = 0; i < places.size(); ++i) {
            wanted += view.contains(labels[i].anchor) ? 1 : 0;
            if (!places[i].placed)
                continue;
            ++placed;
            QVERIFY(view.contains(places[i].rect));
            QCOMPARE(places[i].rect.size(), labels[i].size);
            for (const auto &o : obstacles)
                QVERIFY(!o.intersects(places[i].rect));
            for (std::size_t j = 0; j < places.size(); ++j) {
                QVERIFY(!centre(labels[j].anchor).intersects(places[i].rect));
                if (j == i || !places[j].placed)
                    continue;
                QVERIFY(!places[j].rect.intersects(places[i].rect));
                if (places[i].leader && places[j].leader)
                    QVERIFY(places[i].line.intersects(places[j].line) != QLineF::BoundedIntersection);
            }
        }
    }
    QVERIFY(placed > 0);
    if (names <= 9 && spread >= 60)
        QVERIFY2(placed * 10 >= wanted * 9, "nearly every name in the view finds a place");
}

void TestLabelLayout::prefersFreeGround()
{
    Occupancy occupancy({600, 400});
    for (int x = 300; x < 600; x += 2)
        for (int y = 0; y < 400; y += 2)
            occupancy.add(x, y);
    occupancy.finish();
    const auto places =
        layoutLabels({{QSizeF(60, 16), QPointF(300, 200), {}}}, {0, 0, 600, 400}, {}, occupancy);
    QVERIFY(places[0].placed);
    QVERIFY(places[0].rect.right() <= 304);
    QCOMPARE(occupancy.in(places[0].rect), 0.0);
}

void TestLabelLayout::staysWhereItWas()
{
    Occupancy occupancy({600, 400});
    occupancy.finish();
    LabelRequest label{QSizeF(60, 16), QPointF(300, 200), QPointF(70, -40)};
    for (int i = 0; i < 20; ++i) { // the anchor drifts as samples come in, the name goes along
        label.anchor += QPointF(0.7, -0.3);
        const auto places = layoutLabels({label}, {0, 0, 600, 400}, {}, occupancy);
        QCOMPARE(places[0].rect.center() - label.anchor, label.previous);
    }
}

void TestLabelLayout::noPlaceNoName()
{
    Occupancy occupancy({100, 60});
    occupancy.finish();
    const QRectF view(0, 0, 100, 60);
    QVERIFY(!layoutLabels({{QSizeF(300, 16), QPointF(50, 30), {}}}, view, {}, occupancy)[0].placed);
    QVERIFY(!layoutLabels({{QSizeF(30, 16), QPointF(-500, 30), {}}}, view, {}, occupancy)[0].placed);
    QVERIFY(layoutLabels({}, view, {}, occupancy).empty());
}

void TestLabelLayout::occupancyCounts()
{
    Occupancy occupancy({160, 80});
    occupancy.add(4, 4);
    occupancy.add(100, 50);
    occupancy.add(100, 50);
    occupancy.add(-5, 20);
    occupancy.add(5000, 20);
    occupancy.finish();
    QCOMPARE(occupancy.in({0, 0, 160, 80}), 3.0);
    QCOMPARE(occupancy.in({96, 48, 7, 7}), 2.0);
    QCOMPARE(occupancy.in({40, 0, 30, 70}), 0.0);
}

QTEST_GUILESS_MAIN(TestLabelLayout)
#include "test_label_layout.moc"
