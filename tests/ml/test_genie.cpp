// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/genie.h"
#include "tests/ml/clusterer_fixtures.h"

#include <QTest>

using namespace statescape;
using namespace statescape::ml;
using base::Code;

class TestGenie : public QObject {
    Q_OBJECT

private slots:
    void agreesWithGenieclust_data() { test::addReferenceSets(); }
    void agreesWithGenieclust();
    void leavesNoiseOutAsGenieclust_data() { test::addReferenceSets(); }
    void leavesNoiseOutAsGenieclust();
    void givesTheNumberAskedFor();
    void withoutALimitItIsSingleLinkage();
    void rowOrderDoesNotMatter();
    void predictAgreesWithTheFit();
    void oddRows();
    void aMillionEqualRows();
    void refusesWhatHasNoMeaning();
    void stopsOnRequest();
};

namespace {
GenieOptions options(int k, double gini = 0.3, int samples = 1, bool noise = false)
{
    GenieOptions out;
    out.k = k;
    out.gini = gini;
    out.samples = samples;
    out.noise = noise;
    return out;
}
} // namespace

void TestGenie::agreesWithGenieclust()
{
    QFETCH(QString, name);
    const auto &theirs = test::clusterers()["sets"][name.toStdString()];
    const auto fit = Genie::fit(test::rowsOf(name.toStdString()), options(theirs["k"]));
    QVERIFY(fit.has_value());
    const double agreement =
        adjustedRand(fit->clustering().labels, theirs["genie"].get<std::vector<std::int32_t>>());
    // Values of iris and digits are rounded: equal distances go in another order.
    const bool ties = name == "iris" || name == "digits";
    QVERIFY2(agreement >= (ties ? 0.9 : 1.0), qPrintable(QString::number(agreement)));
}

void TestGenie::leavesNoiseOutAsGenieclust()
{
    QFETCH(QString, name);
    const auto &theirs = test::clusterers()["sets"][name.toStdString()];
    const auto labels = theirs["genie_noise"].get<std::vector<std::int32_t>>();
    const auto fit = Genie::fit(test::rowsOf(name.toStdString()), options(theirs["k"], 0.3, 6, true));
    QVERIFY(fit.has_value());
    // Many ways of one length lead to a row, so many shortest trees exist and their ends differ.
    std::vector<int> ours;
    std::vector<int> other;
    for (std::size_t i = 0; i < labels.size(); ++i)
        if (labels[i] >= 0 && fit->clustering().labels[i] >= 0) {
            ours.push_back(fit->clustering().labels[i]);
            other.push_back(labels[i]);
        }
    QVERIFY(ours.size() > labels.size() / 8);
    const double agreement = adjustedRand(ours, other);
    QVERIFY2(agreement > 0.6, qPrintable(QString::number(agreement)));
    QVERIFY(fit->clustering().noise > 0);
}

void TestGenie::givesTheNumberAskedFor()
{
    const Matrix x = test::blobs(500, 3, 6, 2, 8, 0.2).x;
    for (const int k : {1, 2, 3, 10, 100, 499, 500}) {
        const auto fit = Genie::fit(x, options(k));
        QVERIFY(fit.has_value());
        QCOMPARE(fit->clustering().clusters(), k);
        QVERIFY(test::consistent(fit->clustering(), 500));
    }
    // A tight limit makes sizes more equal.
    const auto spread = [&](double gini) {
        const auto fit = Genie::fit(x, options(10, gini));
        const auto [low, high] =
            std::minmax_element(fit->clustering().sizes.begin(), fit->clustering().sizes.end());
        return *high - *low;
    };
    QVERIFY(spread(0.1) < spread(1.0));
}

void TestGenie::withoutALimitItIsSingleLinkage()
{
    // Two rings far apart and one row between: single linkage cuts the longest edges.
    Matrix x(41, 2);
    for (Eigen::Index i = 0; i < 40; ++i) {
        const double angle = 0.05 + 6.283185307179586 * static_cast<double>(i % 20) / 20;
        const double radius = i < 20 ? 1 : 5;
        x.row(i) << static_cast<float>(radius * std::cos(angle)),
            static_cast<float>(radius * std::sin(angle));
    }
    x.row(40) << 30, 0;
    const auto fit = Genie::fit(x, options(3, 1));
    QVERIFY(fit.has_value());
    QCOMPARE(fit->clustering().sizes, (std::vector<std::uint64_t>{20, 20, 1}));
}

void TestGenie::rowOrderDoesNotMatter()
{
    const Matrix x = test::blobs(1500, 3, 5, 4, 12, 0.1).x;
    const auto order = test::shuffled(1500, 9);
    Matrix mixed(1500, 3);
    for (std::size_t i = 0; i < 1500; ++i)
        mixed.row(static_cast<Eigen::Index>(i)) = x.row(static_cast<Eigen::Index>(order[i]));
    const auto fit = Genie::fit(x, options(5));
    auto other = options(5);
    other.threads = 3;
    const auto again = Genie::fit(mixed, other);
    QVERIFY(fit && again);
    std::vector<std::int32_t> back(1500);
    for (std::size_t i = 0; i < 1500; ++i)
        back[order[i]] = again->clustering().labels[i];
    QVERIFY(test::samePartition(back, fit->clustering().labels));
}

void TestGenie::predictAgreesWithTheFit()
{
    for (const int d : {2, 12}) {
        const auto data = test::blobs(3000, d, 5, 6, 60);
        const auto fit = Genie::fit(data.x.topRows(2000), options(5));
        QVERIFY(fit.has_value());
        QCOMPARE(fit->predict(data.x.topRows(2000))->labels, fit->clustering().labels);
        const auto fresh = fit->predict(data.x.bottomRows(1000));
        const std::vector<int> truth(data.truth.begin() + 2000, data.truth.end());
        QVERIFY(adjustedRand(fresh->labels, truth) > 0.9);
        QCOMPARE(fit->predict(Matrix::Zero(2, d + 1)).error().code, Code::InvalidArgument);
    }
}

void TestGenie::oddRows()
{
    for (const auto &[name, x] : test::oddRows())
        for (const auto &opt :
             {options(3), options(1), options(4, 0.3, 5, true), options(2, 0), options(2, 1)}) {
            const auto fit = Genie::fit(x, opt);
            QVERIFY2(fit.has_value(), name);
            QVERIFY2(test::consistent(fit->clustering(), x.rows()), name);
            QCOMPARE(fit->clustering().clusters(), opt.k);
            QVERIFY2(test::consistent(*fit->predict(x), x.rows()), name);
        }
}

void TestGenie::aMillionEqualRows()
{
    const auto fit = Genie::fit(Matrix::Constant(1000000, 3, 7), options(4));
    QVERIFY(fit.has_value());
    QCOMPARE(fit->clustering().clusters(), 4);
}

void TestGenie::refusesWhatHasNoMeaning()
{
    const Matrix x = test::blobs(20, 2, 2, 1).x;
    QCOMPARE(Genie::fit(Matrix(0, 3), options(1)).error().code, Code::NotEnoughData);
    QCOMPARE(Genie::fit(Matrix(3, 0), options(1)).error().code, Code::NotEnoughData);
    QCOMPARE(Genie::fit(x, options(21)).error().code, Code::NotEnoughData);
    QCOMPARE(Genie::fit(x, options(0)).error().code, Code::InvalidArgument);
    QCOMPARE(Genie::fit(x, options(2, -0.1)).error().code, Code::InvalidArgument);
    QCOMPARE(Genie::fit(x, options(2, std::nan(""))).error().code, Code::InvalidArgument);
    QCOMPARE(Genie::fit(x, options(2, 0.3, 0)).error().code, Code::InvalidArgument);
    QVERIFY(Genie::fit(x.topRows(1), options(1)).has_value());
    for (const auto &bad : test::unfiniteRows())
        QCOMPARE(Genie::fit(bad, options(2)).error().code, Code::InvalidArgument);
}

void TestGenie::stopsOnRequest()
{
    const Matrix x = test::blobs(100000, 24, 8, 1, 6).x;
    const double delay = test::stopDelayMs(
        [&](const base::Progress &progress) { return Genie::fit(x, options(8), progress); }, 600);
    QVERIFY(delay >= 0);
    QVERIFY2(delay < 3000, "stopping hangs");
}

QTEST_GUILESS_MAIN(TestGenie)
#include "test_genie.moc"
