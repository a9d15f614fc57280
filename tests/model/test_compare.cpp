// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/random.h"
#include "core/ml/significance.h"
#include "core/model/compare.h"
#include "tests/model/portable.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

using namespace statescape;
using namespace statescape::model;
using base::Unit;
using schema::FeatureKind;

class TestCompare : public QObject {
    Q_OBJECT

private slots:
    void differencesInRealUnits();
    void differencesOfNothing();
    void differencesCountMissing();
    void differencesOfManyRows();
    void leftOutRowsDoNotCount();
    void orderOfRowsDoesNotMatterToMedians();
    void intervalCoversTheEffect_data();
    void intervalCoversTheEffect();
    void largeEffectsAreCovered();
    void nothingIsCertainOfNoise();
    void fewRowsAreSeldomSure();
    void repeatedSamplesAreNotIndependent();
    void ranksAgreeWithScipy();
    void manyFeaturesAgreeWithTheDefinition();
    void fewDegreesOfFreedom();
    void histogramsHoldEveryRow();
    void histogramsOfOneValue();
};

namespace {
schema::Feature feature(const std::string &key, Unit unit = Unit::None, bool log1p = false)
{
    return {key, key, unit, FeatureKind::Rate, "scheduler", "", log1p};
}

/// The sides of rows that come in turns of @p run rows.
std::vector<Side> turns(std::size_t n, std::size_t run, std::size_t of = 2)
{
    std::vector<Side> sides(n);
    for (std::size_t i = 0; i < n; ++i)
        sides[i] = (i / run) % of == 0 ? Side::Selected : Side::Others;
    return sides;
}

/// Each side a first-order autoregression of its own of unit variance, the selected one @p shift higher.
ml::Matrix autoregression(const std::vector<Side> &sides, double phi, double shift, std::uint64_t seed)
{
    ml::Random random(seed);
    ml::Matrix x(static_cast<Eigen::Index>(sides.size()), 1);
    double value = 0;
    for (std::size_t i = 0; i < sides.size(); ++i) {
        const bool begins = i == 0 || sides[i] != sides[i - 1];
        value = begins ? random.normal() : phi * value + std::sqrt(1 - phi * phi) * random.normal();
        x(static_cast<Eigen::Index>(i), 0) =
            static_cast<float>(value + (sides[i] == Side::Selected ? shift : 0));
    }
    return x;
}

const nlohmann::json &reference()
{
    static const nlohmann::json json = [] {
        std::ifstream file(std::string(STATESCAPE_TEST_DATA) + "/explain.json");
        return nlohmann::json::parse(file, nullptr, false);
    }();
    return json;
}
} // namespace

void TestCompare::differencesInRealUnits()
{
    const schema::Schema schema(
        {feature("latency", Unit::Microseconds, true), feature("rate"), feature("same")});
    ml::Random random(9);
    ml::Matrix x(600, 3);
    std::vector<Side> selected(600);
    for (Eigen::Index i = 0; i < 600; ++i) {
        const bool chosen = i % 3 == 0;
        selected[static_cast<std::size_t>(i)] = chosen ? Side::Selected : Side::Others;
        x.row(i) << static_cast<float>((chosen ? 5000 : 100) * std::exp(0.3 * random.normal())),
            static_cast<float>((chosen ? 8 : 10) + random.normal()), static_cast<float>(random.normal());
    }
    const auto rows = whyDifferent(schema, x, selected);
    QCOMPARE(rows.size(), std::size_t{3});
    QCOMPARE(rows[0].column, 0);
    QVERIFY(rows[0].effect > 8);
    QVERIFY(rows[0].certain() && rows[1].certain() && !rows[2].certain());
    QVERIFY(rows[0].effectLow < rows[0].effect && rows[0].effect < rows[0].effectHigh);
    QVERIFY(rows[1].qValue >= rows[1].pValue);
    QVERIFY(std::fabs(rows[0].medianSelected / 5000 - 1) < 0.1 &&
            std::fabs(rows[0].medianOthers / 100 - 1) < 0.1);
    QVERIFY(rows[0].cliffsDelta > 0.999);
    QCOMPARE(rows[1].column, 1);
    QVERIFY(std::fabs(rows[1].effect + 2) < 0.4);
    // P(a > b) - P(a < b) for unit normals two apart: 2 Phi(-sqrt 2) - 1 = -0.8427
    QVERIFY(std::fabs(rows[1].cliffsDelta + 0.8427) < 0.05);
    QVERIFY(std::fabs(rows[2].effect) < 0.3 && std::fabs(rows[2].cliffsDelta) < 0.15);
}

void TestCompare::differencesOfNothing()
{
    const schema::Schema schema({feature("a"), feature("b")});
    ml::Matrix x = ml::Matrix::Constant(10, 2, 4);
    std::vector<Side> selected(10, Side::Others);
    QVERIFY(whyDifferent(schema, x, selected).empty());
    selected.assign(10, Side::Selected);
    QVERIFY(whyDifferent(schema, x, selected).empty());
    for (std::size_t i = 0; i < 5; ++i)
        selected[i] = Side::Others;
    const auto same = whyDifferent(schema, x, selected);
    QCOMPARE(same.size(), std::size_t{2});
    QCOMPARE(same[0].effect, 0.0);
    QCOMPARE(same[0].effectLow, 0.0);
    QCOMPARE(same[0].effectHigh, 0.0);
    QCOMPARE(same[0].pValue, 1.0);
    QCOMPARE(same[0].qValue, 1.0);
    QVERIFY(!same[0].certain());
    QCOMPARE(same[0].cliffsDelta, 0.0);
    x.col(1).tail(5).setConstant(9);
    const auto apart = whyDifferent(schema, x, selected);
    QCOMPARE(apart[0].column, 1);
    QVERIFY(std::isfinite(apart[0].effect) && apart[0].effect > 100);
    QCOMPARE(apart[0].cliffsDelta, 1.0);
    QVERIFY(whyDifferent(schema, x, std::vector<Side>(3, Side::Selected)).empty());
}

void TestCompare::differencesCountMissing()
{
    const schema::Schema schema({feature("a"), feature("b")});
    ml::Matrix x = ml::Matrix::Random(40, 2);
    std::vector<Side> selected(40, Side::Others);
    for (std::size_t i = 0; i < 20; ++i) {
        selected[i] = Side::Selected;
        if (i < 5)
            x(static_cast<Eigen::Index>(i), 0) = schema::missingValue(schema::Missing::NoEvents);
        if (i < 18)
            x(static_cast<Eigen::Index>(i), 1) = schema::missingValue(schema::Missing::Disabled);
    }
    const auto rows = whyDifferent(schema, x, selected);
    QCOMPARE(rows.size(), std::size_t{1});
    QCOMPARE(rows[0].missingSelected, 0.25);
    QCOMPARE(rows[0].missingOthers, 0.0);
}

void TestCompare::differencesOfManyRows()
{
    const schema::Schema schema({feature("a")});
    ml::Matrix x(100000, 1);
    std::vector<Side> selected(100000);
    ml::Random random(4);
    for (Eigen::Index i = 0; i < 100000; ++i) {
        selected[static_cast<std::size_t>(i)] = i % 2 == 1 ? Side::Selected : Side::Others;
        x(i, 0) = static_cast<float>(random.normal() + static_cast<double>(i % 2));
    }
    const auto rows = whyDifferent(schema, x, selected);
    QVERIFY(std::fabs(rows[0].effect - 1) < 0.05);
    QVERIFY(rows[0].effect == whyDifferent(schema, x, selected)[0].effect);
}

void TestCompare::leftOutRowsDoNotCount()
{
    const schema::Schema schema({feature("a"), feature("b", Unit::Microseconds, true)});
    ml::Random random(12);
    ml::Matrix x(900, 2);
    std::vector<Side> sides(900);
    ml::Matrix kept(600, 2);
    std::vector<Side> keptSides;
    for (Eigen::Index i = 0; i < 900; ++i) {
        const bool out = i >= 300 && i < 600;
        sides[static_cast<std::size_t>(i)] = out ? Side::LeftOut : i < 300 ? Side::Selected : Side::Others;
        x.row(i) << static_cast<float>(random.normal() + (i < 300 ? 1 : 0)),
            static_cast<float>(std::exp(random.normal()));
        if (out) {
            x.row(i).setConstant(1e9F);
            continue;
        }
        kept.row(static_cast<Eigen::Index>(keptSides.size())) = x.row(i);
        keptSides.push_back(sides[static_cast<std::size_t>(i)]);
    }
    const auto whole = whyDifferent(schema, x, sides);
    const auto alone = whyDifferent(schema, kept, keptSides);
    QCOMPARE(whole.size(), alone.size());
    for (std::size_t i = 0; i < whole.size(); ++i) {
        QCOMPARE(whole[i].effect, alone[i].effect);
        QCOMPARE(whole[i].effectLow, alone[i].effectLow);
        QCOMPARE(whole[i].pValue, alone[i].pValue);
    }
}

void TestCompare::orderOfRowsDoesNotMatterToMedians()
{
    const schema::Schema schema({feature("a"), feature("b", Unit::Microseconds, true)});
    auto sides = turns(800, 40);
    ml::Matrix x(800, 2);
    x.col(0) = autoregression(sides, 0.8, 0.7, 3);
    x.col(1) = autoregression(sides, 0.8, 0.2, 4).array().exp();
    const auto before = whyDifferent(schema, x, sides);
    ml::Random random(5);
    for (std::size_t i = 799; i > 0; --i) {
        const std::size_t o = random.below(i + 1);
        std::swap(sides[i], sides[o]);
        x.row(static_cast<Eigen::Index>(i)).swap(x.row(static_cast<Eigen::Index>(o)));
    }
    const auto after = whyDifferent(schema, x, sides);
    for (const auto &row : before) {
        const auto same = std::find_if(after.begin(), after.end(),
                                       [&](const Difference &other) { return other.column == row.column; });
        QVERIFY(same != after.end());
        QCOMPARE(same->effect, row.effect);
        QCOMPARE(same->cliffsDelta, row.cliffsDelta);
        QCOMPARE(same->medianSelected, row.medianSelected);
        // What order does change: shuffled, neighbours no longer repeat each other.
        QVERIFY(same->pValue < row.pValue);
        QVERIFY(same->effectHigh - same->effectLow < row.effectHigh - row.effectLow);
    }
}

void TestCompare::intervalCoversTheEffect_data()
{
    QTest::addColumn<double>("phi");
    QTest::addColumn<int>("run");
    QTest::addColumn<int>("rows");
    QTest::addColumn<double>("least");
    QTest::newRow("independent") << 0.0 << 1 << 400 << 0.93;
    QTest::newRow("independent, two runs") << 0.0 << 200 << 400 << 0.92;
    QTest::newRow("weakly correlated") << 0.5 << 50 << 1000 << 0.92;
    QTest::newRow("correlated, long runs") << 0.9 << 1000 << 4000 << 0.91;
    QTest::newRow("correlated, short runs") << 0.9 << 25 << 2000 << 0.91;
    QTest::newRow("correlated, one long run a side") << 0.8 << 500 << 1000 << 0.88;
    QTest::newRow("few rows") << 0.3 << 10 << 40 << 0.90;
}

/// How often the interval covers the true effect, and how often one that takes rows for independent would.
void TestCompare::intervalCoversTheEffect()
{
    QFETCH(double, phi);
    QFETCH(int, run);
    QFETCH(int, rows);
    QFETCH(double, least);
    const schema::Schema schema({feature("a")});
    const auto sides = turns(static_cast<std::size_t>(rows), static_cast<std::size_t>(run));
    constexpr int kCases = 400;
    constexpr double kTruth = 0.8;
    int covered = 0;
    int naive = 0;
    double width = 0;
    for (int i = 0; i < kCases; ++i) {
        const auto x = autoregression(sides, phi, kTruth, static_cast<std::uint64_t>(1000 + i));
        const auto row = whyDifferent(schema, x, sides).at(0);
        covered += row.effectLow <= kTruth && kTruth <= row.effectHigh ? 1 : 0;
        width += (row.effectHigh - row.effectLow) / kCases;
        // A median of n independent normals has a standard error of 1.2533 / sqrt n; the spread's adds a
        // little.
        const double error = std::sqrt(2 * 1.5708 / (rows / 2.0) + kTruth * kTruth * 1.36 / rows);
        naive += std::fabs(row.effect - kTruth) <= 1.96 * error ? 1 : 0;
    }
    const auto text = QStringLiteral("covers %1 %, naively %2 %, width %3")
                          .arg(100.0 * covered / kCases)
                          .arg(100.0 * naive / kCases)
                          .arg(width);
    qInfo("%s", qPrintable(text));
    QVERIFY2(covered >= least * kCases, qPrintable(text));
    // An interval that is far too wide covers as well: it must not be.
    QVERIFY2(covered <= 0.995 * kCases || rows < 100, qPrintable(text));
    if (phi >= 0.8)
        QVERIFY2(naive < 0.75 * kCases, qPrintable(text));
}

/// Where the spread's own uncertainty dominates.
void TestCompare::largeEffectsAreCovered()
{
    const schema::Schema schema({feature("a")});
    const auto sides = turns(200, 10);
    int covered = 0;
    for (int i = 0; i < 400; ++i) {
        const auto row =
            whyDifferent(schema, autoregression(sides, 0, 6, static_cast<std::uint64_t>(5000 + i)), sides)[0];
        covered += row.effectLow <= 6 && 6 <= row.effectHigh ? 1 : 0;
    }
    QVERIFY2(covered >= 364, qPrintable(QString::number(covered)));
}

void TestCompare::nothingIsCertainOfNoise()
{
    std::vector<schema::Feature> features;
    for (int j = 0; j < 60; ++j)
        features.push_back(feature("f" + std::to_string(j)));
    const schema::Schema schema(std::move(features));
    const auto sides = turns(1200, 60, 3);
    int sessions = 0;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        ml::Matrix x(1200, 60);
        for (Eigen::Index j = 0; j < 60; ++j)
            x.col(j) = autoregression(sides, 0.85, 0, 100 * seed + static_cast<std::uint64_t>(j));
        const auto rows = whyDifferent(schema, x, sides);
        QCOMPARE(rows.size(), std::size_t{60});
        sessions +=
            std::any_of(rows.begin(), rows.end(), [](const auto &row) { return row.certain(); }) ? 1 : 0;
    }
    QVERIFY2(sessions <= 3, qPrintable(QString::number(sessions)));
}

void TestCompare::fewRowsAreSeldomSure()
{
    const schema::Schema schema({feature("a")});
    int certain = 0;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        std::vector<Side> sides(400, Side::Others);
        for (std::size_t i = 200; i < 203; ++i)
            sides[i] = Side::Selected;
        ml::Matrix x = autoregression(sides, 0, 0, seed);
        certain += whyDifferent(schema, x, sides)[0].certain() ? 1 : 0;
    }
    QVERIFY2(certain <= 18, qPrintable(QString::number(certain)));
}

/// Each row stored twelve times in a row says no more than once.
void TestCompare::repeatedSamplesAreNotIndependent()
{
    const schema::Schema schema({feature("a")});
    ml::Random random(8);
    std::vector<Side> once;
    std::vector<Side> often;
    ml::Matrix x(400, 1);
    ml::Matrix repeated(400 * 12, 1);
    for (Eigen::Index i = 0; i < 400; ++i) {
        once.push_back(i < 200 ? Side::Selected : Side::Others);
        x(i, 0) = static_cast<float>(random.normal() + (i < 200 ? 0.25 : 0));
        for (Eigen::Index copy = 0; copy < 12; ++copy) {
            repeated(12 * i + copy, 0) = x(i, 0);
            often.push_back(once.back());
        }
    }
    const auto single = whyDifferent(schema, x, once)[0];
    const auto many = whyDifferent(schema, repeated, often)[0];
    QVERIFY(std::fabs(many.effect - single.effect) < 1e-5);
    const double times = many.pValue / single.pValue;
    QVERIFY2(times > 0.3 && times < 100,
             qPrintable(QStringLiteral("%1 and %2").arg(single.pValue).arg(many.pValue)));
    const double ratio = (many.effectHigh - many.effectLow) / (single.effectHigh - single.effectLow);
    QVERIFY2(ratio > 0.75 && ratio < 1.35, qPrintable(QString::number(ratio)));
}

void TestCompare::histogramsHoldEveryRow()
{
    const schema::Schema schema(
        {feature("latency", Unit::Microseconds, true), feature("share", Unit::Percent)});
    ml::Random random(10);
    ml::Matrix x(50000, 2);
    std::vector<Side> sides(50000, Side::Others);
    for (Eigen::Index i = 0; i < 50000; ++i) {
        const bool chosen = i < 100;
        sides[static_cast<std::size_t>(i)] = chosen        ? Side::Selected
                                             : i % 10 == 9 ? Side::LeftOut
                                                           : Side::Others;
        x.row(i) << static_cast<float>((chosen ? 1e5 : 100) * std::exp(0.3 * random.normal())),
            static_cast<float>(40 + random.normal());
        if (i % 7 == 0)
            x(i, 0) = schema::missingValue(schema::Missing::NoEvents);
    }
    for (const int column : {0, 1})
        for (const int bins : {4, 32, 200}) {
            const auto twin = twinHistogram(schema, x, sides, column, bins);
            QCOMPARE(twin.edges.size(), static_cast<std::size_t>(bins) + 1);
            QVERIFY(std::adjacent_find(twin.edges.begin(), twin.edges.end(), std::greater_equal<>()) ==
                    twin.edges.end());
            QCOMPARE(twin.logarithmic, column == 0);
            const auto sum = [](const std::vector<std::uint64_t> &counts) {
                return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
            };
            QCOMPARE(sum(twin.selected) + twin.missingSelected, std::uint64_t{100});
            QCOMPARE(twin.missingSelected, std::uint64_t{column == 0 ? 15U : 0U});
            QCOMPARE(sum(twin.others) + twin.missingOthers, std::uint64_t{44910});
            // Recounted by hand from the edges.
            for (std::size_t bin = 1; bin + 1 < twin.selected.size(); ++bin) {
                std::uint64_t count = 0;
                for (Eigen::Index i = 0; i < 50000; ++i)
                    count += sides[static_cast<std::size_t>(i)] == Side::Others &&
                                     x(i, column) >= twin.edges[bin] && x(i, column) < twin.edges[bin + 1]
                                 ? 1
                                 : 0;
                QCOMPARE(twin.others[bin], count);
            }
        }
    // A hundred far away keep their shape.
    const auto twin = twinHistogram(schema, x, sides, 0, 64);
    QVERIFY(std::count_if(twin.selected.begin(), twin.selected.end(), [](auto count) { return count > 0; }) >
            5);
    QVERIFY(twinHistogram(schema, x, sides, 2).edges.empty());
    QVERIFY(twinHistogram(schema, x, std::vector<Side>(3), 0).edges.empty());
}

void TestCompare::histogramsOfOneValue()
{
    const schema::Schema schema({feature("a"), feature("b", Unit::Count, true)});
    ml::Matrix x = ml::Matrix::Constant(100, 2, 5);
    const auto sides = turns(100, 10);
    for (const int column : {0, 1})
        for (const float value : {0.0F, 5.0F, -3.0F, 1e9F}) {
            x.col(column).setConstant(value);
            const auto twin = twinHistogram(schema, x, sides, column, 8);
            QVERIFY(twin.edges.front() < value && value < twin.edges.back());
            QCOMPARE(*std::max_element(twin.selected.begin(), twin.selected.end()), std::uint64_t{50});
            QCOMPARE(*std::max_element(twin.others.begin(), twin.others.end()), std::uint64_t{50});
        }
    x.col(0).setConstant(schema::missingValue(schema::Missing::Disabled));
    const auto none = twinHistogram(schema, x, sides, 0, 8);
    QCOMPARE(none.missingSelected + none.missingOthers, std::uint64_t{100});
    QVERIFY(none.edges.front() < none.edges.back());
}

void TestCompare::ranksAgreeWithScipy()
{
    for (const auto &one : reference().at("ranks")) {
        const auto d = one.at("features").get<int>();
        const auto n = one.at("rows").get<int>();
        std::vector<schema::Feature> features;
        for (int j = 0; j < d; ++j)
            features.push_back(feature("f" + std::to_string(j)));
        const schema::Schema schema(std::move(features));
        ml::Matrix x(n, d);
        std::vector<Side> sides;
        const auto seed = one.at("seed").get<std::uint64_t>();
        for (int i = 0; i < n; ++i) {
            sides.push_back(test::portable(seed, i, 1000) < one.at("share").get<double>() ? Side::Selected
                                                                                          : Side::Others);
            for (int j = 0; j < d; ++j)
                x(i, j) = test::portableValue(seed, i, j, one.at("levels").get<int>(),
                                              sides.back() == Side::Selected);
        }
        const auto rows = whyDifferent(schema, x, sides);
        QCOMPARE(rows.size(), static_cast<std::size_t>(d));
        int exact = 0;
        for (const auto &row : rows) {
            const auto j = static_cast<std::size_t>(row.column);
            const double p = one.at("p")[j].get<double>();
            // Where neighbours agree by chance the p may only be larger, and that is rare.
            QVERIFY2(row.pValue > p * (1 - 1e-9) - 1e-300,
                     qPrintable(QStringLiteral("%1 < %2").arg(row.pValue).arg(p)));
            exact += std::fabs(row.pValue - p) <= 1e-9 * p + 1e-300 ? 1 : 0;
            QVERIFY(std::fabs(row.cliffsDelta - one.at("delta")[j].get<double>()) < 1e-12);
        }
        QVERIFY2(exact >= 0.8 * d, qPrintable(QStringLiteral("%1 of %2 equal").arg(exact).arg(d)));
    }
}

/// Tables of Student's t.
void TestCompare::fewDegreesOfFreedom()
{
    const std::map<std::size_t, double> table{{1, 12.706}, {2, 4.303},  {3, 3.182},  {5, 2.571},
                                              {10, 2.228}, {30, 2.042}, {200, 1.972}};
    for (const auto &[freedom, t] : table) {
        QVERIFY(std::fabs(ml::studentQuantile(freedom) / t - 1) < 0.01);
        // A superiority t standard errors above a half, the continuity correction added.
        const double pairs = 1e6;
        const double superiority = 0.5 + (t * std::sqrt(pairs * 2001 / 12) + 0.5) / pairs;
        const double p = ml::mannWhitneyP(superiority, 1000, 1000, 0, static_cast<double>(freedom));
        // With one or two the tail is a little heavier still.
        QVERIFY2(std::fabs(p - 0.05) < (freedom < 3 ? 0.016 : 0.0015), qPrintable(QString::number(p)));
    }
}

void TestCompare::manyFeaturesAgreeWithTheDefinition()
{
    for (const auto &one : reference().at("adjusted")) {
        const auto p = one.at("p").get<std::vector<double>>();
        const auto q = ml::benjaminiHochberg(p);
        for (std::size_t i = 0; i < p.size(); ++i)
            QVERIFY(std::fabs(q[i] - one.at("q")[i].get<double>()) < 1e-14);
    }
    QVERIFY(ml::benjaminiHochberg({}).empty());
}

QTEST_GUILESS_MAIN(TestCompare)
#include "test_compare.moc"
