// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/random.h"
#include "core/model/rule.h"
#include "tests/model/portable.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

using namespace statescape;
using namespace statescape::model;
using base::Unit;
using schema::FeatureKind;

class TestRule : public QObject {
    Q_OBJECT

private slots:
    void plantedRules_data();
    void plantedRules();
    void figuresAreRecounted();
    void thresholdsAreShort();
    void manyRows();
    void smallSelectionOfMany();
    void missingFulfilsNothing();
    void termsPayForThemselves();
    void notWorseThanTrees();
    void nothingToFind();
    void sameAnswerTwice();
    void stopsWhenAsked();
};

namespace {
using Truth = std::function<bool(const float *)>;

schema::Schema schemaOf(int features)
{
    std::vector<schema::Feature> out;
    for (int j = 0; j < features; ++j)
        out.push_back(
            {"f" + std::to_string(j), "", Unit::None, FeatureKind::Rate, "scheduler", "", j % 2 == 0});
    return schema::Schema(std::move(out));
}

struct Case {
    schema::Schema schema;
    ml::Matrix x;
    std::vector<Side> sides;

    [[nodiscard]] std::span<const float> row(Eigen::Index i) const
    {
        return {x.row(i).data(), static_cast<std::size_t>(x.cols())};
    }
};

/// Log-normal features, every seventh row left out.
Case planted(int rows, int features, const Truth &truth, std::uint64_t seed = 1)
{
    ml::Random random(seed);
    Case out{schemaOf(features), ml::Matrix(rows, features), {}};
    for (Eigen::Index i = 0; i < rows; ++i) {
        for (Eigen::Index j = 0; j < features; ++j)
            out.x(i, j) = static_cast<float>(100 * std::exp(0.8 * random.normal()));
        out.sides.push_back(i % 7 == 6                   ? Side::LeftOut
                            : truth(out.x.row(i).data()) ? Side::Selected
                                                         : Side::Others);
    }
    return out;
}

/// Counts by hand what a rule says of itself.
void recount(const Case &data, const Rule &rule)
{
    std::uint64_t covered = 0;
    std::uint64_t hits = 0;
    std::uint64_t selected = 0;
    for (Eigen::Index i = 0; i < data.x.rows(); ++i) {
        const Side side = data.sides[static_cast<std::size_t>(i)];
        if (side == Side::LeftOut)
            continue;
        const bool holds = rule.holds(data.row(i));
        covered += holds ? 1 : 0;
        selected += side == Side::Selected ? 1 : 0;
        hits += holds && side == Side::Selected ? 1 : 0;
    }
    QCOMPARE(rule.covered, covered);
    QVERIFY(std::fabs(rule.precision - static_cast<double>(hits) / static_cast<double>(covered)) < 1e-12);
    QVERIFY(std::fabs(rule.recall - static_cast<double>(hits) / static_cast<double>(selected)) < 1e-12);
    QVERIFY(std::fabs(rule.f1 - 2.0 * static_cast<double>(hits) / static_cast<double>(covered + selected)) <
            1e-12);
}

QString textOf(const std::optional<Rule> &rule)
{
    if (!rule)
        return QStringLiteral("no rule");
    QString text = QStringLiteral("F1 %1:").arg(rule->f1);
    for (const auto &term : rule->terms)
        text +=
            QStringLiteral(" f%1 %2 %3").arg(term.column).arg(term.above ? ">" : "<=").arg(term.threshold);
    return text;
}

const nlohmann::json &reference()
{
    static const nlohmann::json json = [] {
        std::ifstream file(std::string(STATESCAPE_TEST_DATA) + "/explain.json");
        return nlohmann::json::parse(file, nullptr, false);
    }();
    return json;
}

/// As planted() in make_explain.py.
Case portableCase(const std::string &kind, std::uint64_t seed, int rows, int features)
{
    Case out{schemaOf(features), ml::Matrix(rows, features), {}};
    for (int i = 0; i < rows; ++i) {
        for (int j = 0; j < features; ++j)
            out.x(i, j) = static_cast<float>(test::portable(seed, i, j));
        const auto x = [&](int j) { return static_cast<double>(out.x(i, j)); };
        const double noise = test::portable(seed, i, 1000);
        // The reference compares in float32, as NumPy does with a Python number.
        const auto above = [&](int j, float limit) { return out.x(i, j) > limit; };
        bool selected = noise < 0.2;
        if (kind != "noise") {
            selected = kind == "corner"  ? above(1, 0.6F) && !above(3, 0.4F)
                       : kind == "box"   ? above(0, 0.5F) && above(2, 0.3F) && !above(4, 0.7F)
                       : kind == "band"  ? above(2, 0.45F) && !above(2, 0.6F)
                       : kind == "slope" ? static_cast<float>(x(0)) + static_cast<float>(x(1)) > 1.4F
                                         : above(0, 0.85F) || !above(1, 0.1F);
            selected = selected != (noise < 0.05);
        }
        out.sides.push_back(selected ? Side::Selected : Side::Others);
    }
    return out;
}
} // namespace

void TestRule::plantedRules_data()
{
    QTest::addColumn<QString>("kind");
    QTest::addColumn<int>("terms");
    QTest::newRow("above") << "above" << 1;
    QTest::newRow("at or below") << "below" << 1;
    QTest::newRow("between") << "band" << 2;
    QTest::newRow("two features") << "two" << 2;
    QTest::newRow("three features") << "three" << 3;
    QTest::newRow("between and above") << "bandAbove" << 3;
}

void TestRule::plantedRules()
{
    QFETCH(QString, kind);
    QFETCH(int, terms);
    const Truth truth = kind == "above"   ? Truth([](const float *x) { return x[3] > 260; })
                        : kind == "below" ? Truth([](const float *x) { return x[5] <= 31; })
                        : kind == "band"  ? Truth([](const float *x) { return x[2] > 80 && x[2] <= 105; })
                        : kind == "two"   ? Truth([](const float *x) { return x[1] > 150 && x[4] <= 70; })
                        : kind == "three"
                            ? Truth([](const float *x) { return x[0] > 110 && x[6] > 90 && x[7] <= 160; })
                            : Truth([](const float *x) { return x[2] > 80 && x[2] <= 130 && x[5] > 120; });
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        const Case data = planted(4000, 12, truth, seed);
        const auto rule = findRule(data.schema, data.x, data.sides);
        QVERIFY2(rule && rule->f1 == 1, qPrintable(textOf(rule)));
        QCOMPARE(static_cast<int>(rule->terms.size()), terms);
        recount(data, *rule);
        for (Eigen::Index i = 0; i < data.x.rows(); ++i)
            if (data.sides[static_cast<std::size_t>(i)] != Side::LeftOut)
                QCOMPARE(rule->holds(data.row(i)), data.sides[static_cast<std::size_t>(i)] == Side::Selected);
    }
}

void TestRule::figuresAreRecounted()
{
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
        ml::Random random(seed, 7);
        // Random flags: whatever is found may not claim more than a recount gives.
        Case data = planted(
            600, 6, [&](const float *) { return random.uniform() < 0.15; }, seed);
        for (Eigen::Index i = 0; i < 600; i += 5)
            data.x(i, static_cast<Eigen::Index>(seed % 6)) = schema::missingValue(schema::Missing::NoEvents);
        if (const auto rule = findRule(data.schema, data.x, data.sides))
            recount(data, *rule);
    }
}

void TestRule::thresholdsAreShort()
{
    // A wide gap: one digit does.
    Case data = planted(2000, 4, [](const float *x) { return x[1] > 100; });
    for (Eigen::Index i = 0; i < 2000; ++i)
        data.x(i, 1) = data.x(i, 1) > 100 ? data.x(i, 1) + 220 : data.x(i, 1) - 40;
    const auto wide = findRule(data.schema, data.x, data.sides);
    QVERIFY(wide && wide->terms.size() == 1);
    QCOMPARE(wide->terms[0].threshold, 200.0);
    // A narrow one: as many as it takes, no more.
    data = planted(2000, 4, [](const float *x) { return x[1] > 100; });
    float low = 0;
    float high = 1e9F;
    for (Eigen::Index i = 0; i < 2000; ++i)
        if (data.sides[static_cast<std::size_t>(i)] != Side::LeftOut)
            (data.x(i, 1) > 100 ? high : low) =
                data.x(i, 1) > 100 ? std::min(high, data.x(i, 1)) : std::max(low, data.x(i, 1));
    const auto narrow = findRule(data.schema, data.x, data.sides);
    QVERIFY2(narrow && narrow->terms.size() == 1, qPrintable(textOf(narrow)));
    QCOMPARE(narrow->terms[0].threshold, 100.0);
    QVERIFY(low <= 100 && high > 100);
    // Around zero it is zero.
    for (Eigen::Index i = 0; i < 2000; ++i)
        data.x(i, 1) = data.x(i, 1) > 100 ? 1.5F : -2;
    const auto zero = findRule(data.schema, data.x, data.sides);
    QVERIFY(zero && zero->terms.size() == 1);
    QCOMPARE(zero->terms[0].threshold, 0.0);
}

void TestRule::manyRows()
{
    const Case data = planted(
        150000, 20, [](const float *x) { return x[11] > 312.5F && x[17] <= 123.4F; }, 4);
    const auto rule = findRule(data.schema, data.x, data.sides);
    QVERIFY2(rule && rule->f1 == 1, qPrintable(textOf(rule)));
    QCOMPARE(rule->terms.size(), std::size_t{2});
    recount(data, *rule);
}

/// Fifty of many: a sample must not lose them.
void TestRule::smallSelectionOfMany()
{
    Case data = planted(
        120000, 10, [](const float *) { return false; }, 5);
    for (Eigen::Index i = 50000; i < 50050; ++i) {
        data.sides[static_cast<std::size_t>(i)] = Side::Selected;
        data.x(i, 3) = 4000 + static_cast<float>(i % 10);
        data.x(i, 8) = 0.5F;
    }
    const auto rule = findRule(data.schema, data.x, data.sides);
    QVERIFY2(rule && rule->f1 == 1, qPrintable(textOf(rule)));
    QCOMPARE(rule->covered, std::uint64_t{50});
}

void TestRule::missingFulfilsNothing()
{
    Case data = planted(2000, 4, [](const float *x) { return x[2] <= 60; });
    std::uint64_t missing = 0;
    for (Eigen::Index i = 0; i < 2000; i += 3) {
        data.x(i, 2) = schema::missingValue(schema::Missing::NoEvents);
        missing += data.sides[static_cast<std::size_t>(i)] == Side::Selected ? 1 : 0;
    }
    data.x(1, 2) = INFINITY;
    data.x(2, 2) = -INFINITY;
    const auto rule = findRule(data.schema, data.x, data.sides);
    QVERIFY2(rule && rule->precision == 1, qPrintable(textOf(rule)));
    QVERIFY(missing > 100 && rule->recall < 0.7);
    recount(data, *rule);
    for (const Eigen::Index i : {0, 1, 2})
        QVERIFY(!rule->holds(data.row(i)));
    QVERIFY(!rule->holds(std::vector<float>{1, 2}));
}

void TestRule::termsPayForThemselves()
{
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        ml::Random noise(seed, 3);
        const Case data = planted(
            1500, 8, [&](const float *x) { return (x[1] > 150 && x[4] <= 90) != (noise.uniform() < 0.1); },
            seed);
        const auto rule = findRule(data.schema, data.x, data.sides);
        QVERIFY(rule.has_value());
        for (std::size_t t = 0; t < rule->terms.size() && rule->terms.size() > 1; ++t) {
            Rule fewer = *rule;
            fewer.terms.erase(fewer.terms.begin() + static_cast<std::ptrdiff_t>(t));
            double hits = 0;
            double covered = 0;
            double selected = 0;
            for (Eigen::Index i = 0; i < data.x.rows(); ++i) {
                const Side side = data.sides[static_cast<std::size_t>(i)];
                const bool holds = side != Side::LeftOut && fewer.holds(data.row(i));
                covered += holds ? 1 : 0;
                hits += holds && side == Side::Selected ? 1 : 0;
                selected += side == Side::Selected ? 1 : 0;
            }
            QVERIFY(2 * hits / (covered + selected) <= rule->f1 - RuleOptions{}.gain + 1e-12);
        }
        const auto single = findRule(data.schema, data.x, data.sides, {.maxTerms = 1});
        QVERIFY(single && single->terms.size() == 1 && single->f1 <= rule->f1);
    }
}

void TestRule::notWorseThanTrees()
{
    QVERIFY(!reference().at("trees").empty());
    for (const auto &one : reference().at("trees")) {
        const Case data = portableCase(one.at("kind").get<std::string>(), one.at("seed").get<std::uint64_t>(),
                                       one.at("rows").get<int>(), one.at("features").get<int>());
        QCOMPARE(std::count(data.sides.begin(), data.sides.end(), Side::Selected),
                 one.at("selected").get<std::ptrdiff_t>());
        const auto rule = findRule(data.schema, data.x, data.sides);
        const double theirs = one.at("f1").get<double>();
        const auto text = QStringLiteral("%1 of %2 rows: tree %3, %4")
                              .arg(QString::fromStdString(one.at("kind").get<std::string>()))
                              .arg(one.at("rows").get<int>())
                              .arg(theirs)
                              .arg(textOf(rule));
        qInfo("%s", qPrintable(text));
        QVERIFY2(rule && rule->f1 >= theirs - 0.02, qPrintable(text));
        recount(data, *rule);
    }
}

void TestRule::nothingToFind()
{
    Case data = planted(300, 3, [](const float *) { return false; });
    QVERIFY(!findRule(data.schema, data.x, data.sides));
    std::fill(data.sides.begin(), data.sides.end(), Side::Selected);
    QVERIFY(!findRule(data.schema, data.x, data.sides));
    for (std::size_t i = 0; i < 150; ++i)
        data.sides[i] = Side::Others;
    data.x.setConstant(7);
    QVERIFY(!findRule(data.schema, data.x, data.sides));
    data.x.setConstant(schema::missingValue(schema::Missing::Disabled));
    QVERIFY(!findRule(data.schema, data.x, data.sides));
    QVERIFY(!findRule(data.schema, data.x, std::vector<Side>(5)));
    QVERIFY(!findRule(data.schema, ml::Matrix(0, 3), {}));
}

void TestRule::sameAnswerTwice()
{
    const Case data = planted(30000, 8, [](const float *x) { return x[1] + x[2] > 260 && x[4] <= 150; });
    const auto first = findRule(data.schema, data.x, data.sides);
    for (int i = 0; i < 3; ++i) {
        const auto again = findRule(data.schema, data.x, data.sides);
        QVERIFY(first && again);
        QCOMPARE(textOf(again), textOf(first));
        QCOMPARE(again->f1, first->f1);
    }
}

void TestRule::stopsWhenAsked()
{
    const Case data = planted(3000, 8, [](const float *x) { return x[1] > 150; });
    std::stop_source source;
    double last = 0;
    const base::Progress progress{source.get_token(), [&](double fraction, std::string_view) {
                                      QVERIFY(fraction >= last && fraction <= 1);
                                      last = fraction;
                                  }};
    QVERIFY(findRule(data.schema, data.x, data.sides, {}, progress).has_value());
    QCOMPARE(last, 1.0);
    source.request_stop();
    last = 0;
    QVERIFY(!findRule(data.schema, data.x, data.sides, {}, progress));
}

QTEST_GUILESS_MAIN(TestRule)
#include "test_rule.moc"
