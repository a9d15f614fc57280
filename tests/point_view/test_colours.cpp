// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/colours.h"

#include <QTest>
#include <cmath>
#include <set>

using namespace statescape::ui;

namespace {

const QColor kDark("#1b1e23"), kLight("#f0f1f5");

/// CIE L*, another measure of lightness than the one the ramp is made with.
double lightness(std::uint32_t rgb)
{
    const QColor c = QColor::fromRgb(rgb);
    const double y = (contrastRatio(c, Qt::black) * 0.05) - 0.05;
    return y > 216.0 / 24389 ? 116 * std::cbrt(y) - 16 : y * 24389 / 27;
}

} // namespace

class TestColours : public QObject {
    Q_OBJECT
private slots:
    void rampIsReadableAndOneWay_data();
    void rampIsReadableAndOneWay();
    void rampStepsAreAlike();
    void rampTakesAnyCount();
    void missingIsOfItsOwn();
    void contrastIsNoticed();
};

void TestColours::rampIsReadableAndOneWay_data()
{
    QTest::addColumn<int>("steps");
    for (const int steps : {2, 5, 32, 256})
        QTest::addRow("%d", steps) << steps;
}

void TestColours::rampIsReadableAndOneWay()
{
    QFETCH(int, steps);
    const auto ramp = perceptualRamp(steps);
    QCOMPARE(ramp.size(), std::size_t(steps));
    for (std::size_t i = 0; i < ramp.size(); ++i) {
        QVERIFY(contrastRatio(QColor::fromRgb(ramp[i].onDark), kDark) >= 3);
        QVERIFY(contrastRatio(QColor::fromRgb(ramp[i].onLight), kLight) >= 3);
        if (i == 0)
            continue;
        QVERIFY(lightness(ramp[i].onDark) >= lightness(ramp[i - 1].onDark) - 0.3); // rounding to bytes
        QVERIFY(lightness(ramp[i].onLight) <= lightness(ramp[i - 1].onLight) + 0.3);
    }
    QVERIFY(lightness(ramp.back().onDark) - lightness(ramp.front().onDark) > 35);
    QVERIFY(lightness(ramp.front().onLight) - lightness(ramp.back().onLight) > 35);
}

void TestColours::rampStepsAreAlike()
{
    // Lightness alone rises evenly enough that no part of the scale looks flat.
    const auto ramp = perceptualRamp(9);
    for (std::size_t i = 1; i < ramp.size(); ++i) {
        QVERIFY(lightness(ramp[i].onDark) - lightness(ramp[i - 1].onDark) > 1.5);
        QVERIFY(lightness(ramp[i - 1].onLight) - lightness(ramp[i].onLight) > 1.5);
    }
}

void TestColours::rampTakesAnyCount()
{
    QCOMPARE(perceptualRamp(0).size(), std::size_t(2));
    QCOMPARE(perceptualRamp(-3).size(), std::size_t(2));
    const auto fine = perceptualRamp(1000);
    QCOMPARE(fine.front().onDark, perceptualRamp(2).front().onDark);
    QCOMPARE(fine.back().onLight, perceptualRamp(2).back().onLight);
}

void TestColours::missingIsOfItsOwn()
{
    const PointStyle missing = missingStyle(6, "missing");
    QCOMPARE(missing.shape, Shape::HollowSquare);
    for (int i = 0; i < 40; ++i)
        QVERIFY(classShape(i) != missing.shape);
    QVERIFY(contrastRatio(QColor::fromRgb(missing.onDark), kDark) >= 3);
    QVERIFY(contrastRatio(QColor::fromRgb(missing.onLight), kLight) >= 3);
    std::set<std::uint32_t> ramp;
    for (const auto &c : perceptualRamp(256))
        ramp.insert({c.onDark, c.onLight});
    QVERIFY(!ramp.count(missing.onDark) && !ramp.count(missing.onLight));
}

void TestColours::contrastIsNoticed()
{
    QPalette palette;
    palette.setColor(QPalette::Base, kDark);
    palette.setColor(QPalette::Text, QColor("#e6e8eb"));
    QVERIFY(!ViewColours::of(palette).highContrast);
    palette.setColor(QPalette::Base, Qt::black);
    palette.setColor(QPalette::Text, Qt::white);
    const auto colours = ViewColours::of(palette);
    QVERIFY(colours.highContrast);
    QCOMPARE(colours.muted, colours.text); // no fading
}

QTEST_GUILESS_MAIN(TestColours)
#include "test_colours.moc"
