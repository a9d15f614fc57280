// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/judge.h"
#include "tests/model/planted.h"
#include "tests/model/portable.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>

using namespace statescape;
using namespace statescape::model;
using nlohmann::json;
using schema::Missing;
using schema::Polarity;
using Index = Eigen::Index;

class TestJudge : public QObject {
    Q_OBJECT

private slots:
    void sharesAreThoseOfScikitLearn();
    void sharesAddUpOverAState();
    void roundShapesAreThePlainForm();
    void theContract_data();
    void theContract();
    void orderOfPrototypesDoesNotMatter_data();
    void orderOfPrototypesDoesNotMatter();
    void noiseOnlyMakesUnknown_data();
    void noiseOnlyMakesUnknown();
    void noiseIsNeverGood();
    void farAndTinyRows_data();
    void farAndTinyRows();
    void oneState();
    void statesAreNumbered();
    void alonePlacedAsTogether();
    void doubtfulRows();
};

namespace {
constexpr double kNever = -std::numeric_limits<double>::infinity();
constexpr float kFar = std::numeric_limits<float>::infinity();

bool same(const Score &a, const Score &b)
{
    return a.cluster == b.cluster && a.polarity == b.polarity &&
           std::memcmp(&a.confidence, &b.confidence, 4) == 0 &&
           std::memcmp(&a.abnormality, &b.abnormality, 4) == 0;
}

struct Form {
    bool metric = false, shapes = false;
    int noise = 0; ///< prototypes
    int d = 7, states = 5, prototypes = 23;
    /// Distances grow with it.
    [[nodiscard]] float scale() const { return std::sqrt(static_cast<float>(d) / 7); }
};

/// A judge at random, sound in every field.
Judge judgeOf(const Form &form, std::uint64_t seed)
{
    ml::Random random(seed);
    const auto normal = [&](double scale) { return static_cast<float>(scale * random.normal()); };
    Judge out;
    const int count = form.prototypes + form.noise;
    out.centres = ml::Matrix::NullaryExpr(count, form.d, [&] { return normal(2); });
    for (int p = 0; p < count; ++p)
        out.stateOf.push_back(
            p < form.prototypes
                ? (p < form.states ? p
                                   : static_cast<int>(random.below(static_cast<std::uint64_t>(form.states))))
                : -1);
    for (int s = 0; s < form.states; ++s) {
        out.states.push_back({"state " + std::to_string(s), static_cast<Polarity>(s % 3 - 1)});
        out.classOf.push_back(-1);
        out.reach.push_back(form.scale() * (4 + 0.2F * static_cast<float>(s)));
    }
    if (form.metric) {
        ml::Matrix half = ml::Matrix::NullaryExpr(form.d, form.d, [&] { return normal(0.2 / form.scale()); });
        out.metric = half + half.transpose() + ml::Matrix::Identity(form.d, form.d);
    }
    for (int p = 0; form.shapes && p < count; ++p) {
        ml::Matrix shape = ml::Matrix::Zero(form.d, form.d);
        for (Index i = 0; i < form.d; ++i)
            for (Index j = 0; j <= i; ++j)
                shape(i, j) =
                    i == j ? 0.4F + static_cast<float>(random.uniform()) : normal(0.3 / form.scale());
        out.logShare.push_back(normal(1));
        out.shapes.push_back(std::move(shape));
    }
    out.unknownDistance = 4;
    out.temperature = 3;
    for (int i = 1; i <= 100; ++i)
        out.goodDistances.push_back(form.scale() * 0.05F * static_cast<float>(i));
    out.goodSamples = 100;
    out.finish();
    return out;
}

/// What the header says, in double and without any haste.
struct Plain {
    std::vector<double> distance, log; ///< per prototype
    explicit Plain(const Judge &judge, const float *z)
    {
        const Eigen::VectorXd row = Eigen::VectorXf::Map(z, judge.centres.cols()).cast<double>();
        for (Index p = 0; p < judge.centres.rows(); ++p) {
            const auto at = static_cast<std::size_t>(p);
            Eigen::VectorXd apart = row - judge.centres.row(p).transpose().cast<double>();
            if (judge.metric.size() > 0)
                apart = (judge.metric.cast<double>() * apart).eval();
            if (!judge.shapes.empty())
                apart = (judge.shapes[at].cast<double>() * apart).eval();
            distance.push_back(apart.norm());
            log.push_back(judge.shapes.empty()
                              ? -distance.back()
                              : judge.logShare[at] - 0.5 * distance.back() * distance.back());
        }
    }
    /// @return the best prototype among those that @p wanted takes, -1 for none; @p second: its lead
    template <class Wanted>
    int best(const std::vector<double> &values, Wanted wanted, double &lead) const
    {
        int out = -1;
        double top = kNever;
        double next = kNever;
        for (std::size_t p = 0; p < values.size(); ++p) {
            if (!wanted(p))
                continue;
            if (values[p] > top) {
                next = top;
                top = values[p];
                out = static_cast<int>(p);
            } else {
                next = std::max(next, values[p]);
            }
        }
        lead = top - next;
        return out;
    }
};

void formColumns()
{
    QTest::addColumn<bool>("metric");
    QTest::addColumn<bool>("shapes");
    QTest::addColumn<int>("noise");
    QTest::addColumn<int>("d");
    for (const int d : {7, 16, 40, 90})
        for (const int noise : {0, 6}) {
            const auto row = [&](const char *form) -> QTestData & {
                return QTest::addRow("%s%s, %d columns", form, noise > 0 ? " and noise" : "", d);
            };
            row("plain") << false << false << noise << d;
            row("metric") << true << false << noise << d;
            row("shapes") << false << true << noise << d;
        }
}

Form fetched()
{
    QFETCH(bool, metric);
    QFETCH(bool, shapes);
    QFETCH(int, noise);
    QFETCH(int, d);
    return {metric, shapes, noise, d};
}

/// Every other row near a prototype, the rest anywhere.
ml::Matrix rowsFor(const Judge &judge, std::uint64_t seed, Index count = 400)
{
    ml::Random random(seed);
    const Index d = judge.centres.cols();
    ml::Matrix out = ml::Matrix::NullaryExpr(count, d, [&] { return static_cast<float>(random.normal()); });
    for (Index i = 0; i < count; ++i) {
        out.row(i) *= i % 2 == 0 ? 2.2F : 0.8F;
        if (i % 2 == 1)
            out.row(i) += judge.centres.row(
                static_cast<Index>(random.below(static_cast<std::uint64_t>(judge.centres.rows()))));
    }
    return out;
}

std::vector<float> membershipsOf(const Judge &judge, const float *z)
{
    std::vector<float> out(judge.states.size());
    judge.memberships(z, out);
    return out;
}

const json &reference()
{
    static const json all = [] {
        std::ifstream file(STATESCAPE_SOURCE "/tests/model/data/judge.json");
        return json::parse(file, nullptr, false);
    }();
    return all;
}

/// The mixture of one case, each component a state.
Judge mixtureOf(const json &one)
{
    const auto seed = one["seed"].get<std::uint64_t>();
    const int d = one["columns"];
    const int k = one["components"];
    const double spread = one["spread"];
    Judge out;
    out.centres.resize(k, d);
    for (int c = 0; c < k; ++c) {
        ml::Matrix factor = ml::Matrix::Zero(d, d);
        double log = std::log(one["weights"][static_cast<std::size_t>(c)].get<double>());
        for (int i = 0; i < d; ++i) {
            out.centres(c, i) = static_cast<float>((test::portable(seed + 100, c, i) - 0.5) * 4);
            for (int j = 0; j < i; ++j)
                factor(i, j) = static_cast<float>(
                    spread * (test::portable(seed + 300 + static_cast<std::uint64_t>(c), i, j) - 0.5));
            factor(i, i) = static_cast<float>(
                0.5 + 2 * std::fabs(test::portable(seed + 300 + static_cast<std::uint64_t>(c), i, i) - 0.5));
            log += std::log(factor(i, i));
        }
        out.shapes.push_back(std::move(factor));
        out.logShare.push_back(static_cast<float>(log));
        out.stateOf.push_back(c);
        out.states.push_back({"state " + std::to_string(c), Polarity::None});
        out.reach.push_back(1e9F);
        out.classOf.push_back(-1);
    }
    out.finish();
    return out;
}

std::vector<float> rowOf(const json &one, int row)
{
    std::vector<float> out;
    for (int j = 0; j < one["columns"].get<int>(); ++j)
        out.push_back(
            static_cast<float>((test::portable(one["seed"], row, j) - 0.5) * one["width"].get<double>()));
    return out;
}
} // namespace

void TestJudge::sharesAreThoseOfScikitLearn()
{
    QVERIFY2(reference().is_object(), "tests/model/data/judge.json cannot be read");
    for (const auto &one : reference()["cases"]) {
        Judge judge = mixtureOf(one);
        const auto k = judge.states.size();
        // Float distances of 1,000 leave some hundredths of a unit in the logarithm.
        const double allowed = one["width"].get<double>() > 100 ? 0.2 : 2e-5;
        std::vector<std::size_t> used(k, 0);
        for (int row = 0; row < one["rows"].get<int>(); ++row) {
            const auto at = static_cast<std::size_t>(row);
            const auto z = rowOf(one, row);
            const auto shares = membershipsOf(judge, z.data());
            std::size_t best = 0;
            for (std::size_t s = 0; s < k; ++s) {
                const double wanted = one["shares"][at][s];
                QVERIFY2(std::fabs(shares[s] - wanted) < allowed,
                         qPrintable(QString::asprintf("row %d state %zu: %g, wanted %g", row, s,
                                                      static_cast<double>(shares[s]), wanted)));
                if (wanted > one["shares"][at][best].get<double>())
                    best = s;
            }
            if (one["shares"][at][best].get<double>() < 0.5 + allowed)
                continue;
            ++used[best];
            QCOMPARE(judge.score(z.data(), true).cluster, static_cast<int>(best));
            // The distance shows where the reach cuts.
            const auto distance = one["distances"][at][best].get<float>();
            judge.reach[best] = distance * 1.00001F;
            QCOMPARE(judge.score(z.data(), true).cluster, static_cast<int>(best));
            judge.reach[best] = distance * 0.99999F;
            QCOMPARE(judge.score(z.data(), true).cluster, -1);
            judge.reach[best] = 1e9F;
        }
        QVERIFY(std::count(used.begin(), used.end(), std::size_t{0}) < static_cast<std::ptrdiff_t>(k) - 1);
    }
}

void TestJudge::sharesAddUpOverAState()
{
    const auto &one = reference()["cases"][1];
    Judge judge = mixtureOf(one);
    judge.stateOf = {1, 0, 1, 1};
    judge.states.resize(2);
    judge.reach.resize(2);
    judge.finish();
    for (int row = 0; row < one["rows"].get<int>(); ++row) {
        const auto &wanted = one["shares"][static_cast<std::size_t>(row)];
        const auto shares = membershipsOf(judge, rowOf(one, row).data());
        QVERIFY(std::fabs(shares[0] - wanted[1].get<double>()) < 2e-5);
        QVERIFY(std::fabs(shares[1] - (1 - wanted[1].get<double>())) < 2e-5);
    }
}

void TestJudge::roundShapesAreThePlainForm()
{
    Judge plain = judgeOf({.states = 6, .prototypes = 6}, 4);
    plain.temperature = 2;
    Judge shaped = plain;
    shaped.shapes.assign(6, ml::Matrix::Identity(7, 7));
    shaped.logShare.assign(6, -3.5F);
    plain.finish();
    shaped.finish();
    const auto rows = rowsFor(plain, 5);
    for (Index i = 0; i < rows.rows(); ++i) {
        const Score a = plain.score(rows.row(i).data(), true);
        const Score b = shaped.score(rows.row(i).data(), true);
        QCOMPARE(a.cluster, b.cluster);
        QVERIFY(std::fabs(a.confidence - b.confidence) < 1e-5F);
        QVERIFY(std::fabs(a.abnormality - b.abnormality) < 1e-5F);
        QCOMPARE(plain.nearestGood(rows.row(i).data()), shaped.nearestGood(rows.row(i).data()));
    }
    QVERIFY(std::fabs(plain.inertia(rows) - shaped.inertia(rows)) < 1e-6 * plain.inertia(rows));
}

void TestJudge::theContract_data()
{
    formColumns();
}

void TestJudge::theContract()
{
    const Form form = fetched();
    int unknown = 0;
    int known = 0;
    int noisy = 0;
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        const Judge judge = judgeOf(form, seed);
        const auto rows = rowsFor(judge, seed + 50);
        double inertia = 0;
        for (Index i = 0; i < rows.rows(); ++i) {
            const float *z = rows.row(i).data();
            const Plain plain(judge, z);
            double lead = 0;
            const auto own = [&](std::size_t p) { return judge.stateOf[p] >= 0; };
            const int home = plain.best(plain.log, own, lead);
            inertia += (rows.row(i) - judge.centres.row(home)).cast<double>().squaredNorm();
            const int any = plain.best(
                plain.log, [](std::size_t) { return true; }, lead);
            const int state = judge.stateOf[static_cast<std::size_t>(any)];
            const Score score = judge.score(z, true);
            const auto shares = membershipsOf(judge, z);
            const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
            QVERIFY(std::fabs(sum - 1) < 1e-5);
            QVERIFY(*std::min_element(shares.begin(), shares.end()) >= 0);
            const bool beyond = state >= 0 && plain.distance[static_cast<std::size_t>(any)] >
                                                  judge.reach[static_cast<std::size_t>(state)];
            const int wanted = beyond ? -1 : state;
            // A near tie may fall either way in float.
            if (lead > 1e-4)
                QCOMPARE(score.cluster, wanted);
            unknown += beyond ? 1 : 0;
            noisy += state < 0 ? 1 : 0;
            known += wanted >= 0 ? 1 : 0;
            if (score.cluster < 0) {
                QCOMPARE(score.confidence, 0.0F);
                QVERIFY(score.polarity == Polarity::None);
            } else {
                QCOMPARE(score.confidence, shares[static_cast<std::size_t>(score.cluster)]);
                QVERIFY(score.polarity == judge.states[static_cast<std::size_t>(score.cluster)].polarity);
            }
            std::vector<double> near;
            for (const double distance : plain.distance)
                near.push_back(-distance);
            const auto good = [&](std::size_t p) {
                return own(p) && judge.states[static_cast<std::size_t>(judge.stateOf[p])].polarity ==
                                     Polarity::Positive;
            };
            const int nearest = plain.best(near, good, lead);
            if (lead > 1e-4)
                QCOMPARE(judge.nearestGood(z), nearest);
            // goodDistances are evenly spaced here, so abnormality is the distance itself up to the last.
            const double distance = plain.distance[static_cast<std::size_t>(nearest)];
            if (distance < 5 * form.scale())
                QVERIFY(std::fabs(score.abnormality - distance / (5 * form.scale()) * 100 / 101) < 1e-4);
            else
                QVERIFY(score.abnormality >= 0.99F && score.abnormality < 1);
            QVERIFY(same(judge.score(z, false), Score{}));
        }
        QVERIFY2(std::fabs(judge.inertia(rows) - inertia) < 1e-3 * inertia,
                 qPrintable(QString::number(judge.inertia(rows) / inertia)));
        std::vector<Score> together(static_cast<std::size_t>(rows.rows()));
        std::vector<std::uint8_t> judgeable(together.size(), 1);
        judgeable[7] = 0;
        judge.score(rows, judgeable, together);
        for (Index i = 0; i < rows.rows(); ++i)
            QVERIFY(same(together[static_cast<std::size_t>(i)], judge.score(rows.row(i).data(), i != 7)));
    }
    QVERIFY(unknown > 20 && known > 20);
    QCOMPARE(noisy > 20, form.noise > 0);
}

void TestJudge::orderOfPrototypesDoesNotMatter_data()
{
    formColumns();
}

void TestJudge::orderOfPrototypesDoesNotMatter()
{
    const Form form = fetched();
    const Judge judge = judgeOf(form, 9);
    const std::size_t count = judge.stateOf.size();
    std::vector<std::size_t> order(count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    ml::Random random(3);
    for (std::size_t i = count - 1; i > 0; --i)
        std::swap(order[i], order[random.below(i + 1)]);
    Judge turned = judge;
    for (std::size_t p = 0; p < count; ++p) {
        turned.centres.row(static_cast<Index>(p)) = judge.centres.row(static_cast<Index>(order[p]));
        turned.stateOf[p] = judge.stateOf[order[p]];
        if (form.shapes) {
            turned.shapes[p] = judge.shapes[order[p]];
            turned.logShare[p] = judge.logShare[order[p]];
        }
    }
    turned.finish();
    const auto rows = rowsFor(judge, 77);
    for (Index i = 0; i < rows.rows(); ++i) {
        const float *z = rows.row(i).data();
        const Score a = judge.score(z, true);
        const Score b = turned.score(z, true);
        QCOMPARE(a.cluster, b.cluster);
        QVERIFY(std::fabs(a.confidence - b.confidence) < 1e-6F);
        QCOMPARE(a.abnormality, b.abnormality);
        QCOMPARE(static_cast<std::size_t>(judge.nearestGood(z)),
                 order[static_cast<std::size_t>(turned.nearestGood(z))]);
    }
    QVERIFY(std::fabs(judge.inertia(rows) - turned.inertia(rows)) < 1e-9 * judge.inertia(rows));
}

void TestJudge::noiseOnlyMakesUnknown_data()
{
    formColumns();
}

void TestJudge::noiseOnlyMakesUnknown()
{
    const Form form = fetched();
    Judge judge = judgeOf(form, 12);
    // So that nothing but noise makes unknown.
    std::fill(judge.reach.begin(), judge.reach.end(), 1e9F);
    Judge without = judge;
    const auto own = static_cast<std::size_t>(form.prototypes);
    without.centres = judge.centres.topRows(form.prototypes).eval();
    without.stateOf.resize(own);
    if (form.shapes) {
        without.shapes.resize(own);
        without.logShare.resize(own);
    }
    without.finish();
    const auto rows = rowsFor(judge, 13);
    int made = 0;
    for (Index i = 0; i < rows.rows(); ++i) {
        const float *z = rows.row(i).data();
        QVERIFY(membershipsOf(judge, z) == membershipsOf(without, z));
        QCOMPARE(judge.nearestGood(z), without.nearestGood(z));
        const Score with = judge.score(z, true);
        const Score free = without.score(z, true);
        QCOMPARE(with.abnormality, free.abnormality);
        if (with.cluster >= 0)
            QVERIFY(same(with, free));
        made += with.cluster != free.cluster ? 1 : 0;
    }
    QCOMPARE(judge.inertia(rows), without.inertia(rows));
    QCOMPARE(made > 10, form.noise > 0);
}

void TestJudge::noiseIsNeverGood()
{
    for (const auto &[metric, shapes] : {std::pair{false, false}, {true, false}, {false, true}})
        for (const auto polarity : {Polarity::Negative, Polarity::None, Polarity::Positive}) {
            Judge judge = judgeOf({.metric = metric, .shapes = shapes, .noise = 3}, 21);
            for (auto &state : judge.states)
                state.polarity = polarity;
            judge.finish();
            for (Index p = 0; p < judge.centres.rows(); ++p) {
                const float *z = judge.centres.row(p).data();
                const int nearest = judge.nearestGood(z);
                QVERIFY(judge.stateOf[static_cast<std::size_t>(nearest)] >= 0);
                if (judge.stateOf[static_cast<std::size_t>(p)] < 0) {
                    QVERIFY(judge.score(z, true).abnormality > 0);
                    if (!shapes)
                        QCOMPARE(judge.score(z, true).cluster, -1);
                } else {
                    QCOMPARE(judge.score(z, true).abnormality, 0.0F);
                }
            }
        }
    // A good state that owns nothing cannot be near: the next best are good then.
    Judge judge = judgeOf({.states = 2, .prototypes = 8}, 22);
    judge.states.push_back({"empty", Polarity::Positive});
    judge.reach.push_back(9);
    judge.finish();
    QCOMPARE(judge.score(judge.centres.row(1).data(), true).abnormality, 0.0F);
}

void TestJudge::farAndTinyRows_data()
{
    formColumns();
}

void TestJudge::farAndTinyRows()
{
    const Form form = fetched();
    const Judge judge = judgeOf(form, 30);
    for (const float size : {0.0F, std::numeric_limits<float>::denorm_min(), 1e-40F, 1e-20F, 1e3F, 1e6F,
                             1e12F, 1e19F, 1e30F, std::numeric_limits<float>::max()})
        for (const float sign : {1.0F, -1.0F}) {
            const std::vector<float> z(static_cast<std::size_t>(form.d), sign * size);
            const auto shares = membershipsOf(judge, z.data());
            double sum = 0;
            for (const float share : shares) {
                QVERIFY(share >= 0 && share <= 1);
                sum += share;
            }
            QVERIFY(std::fabs(sum - 1) < 1e-5);
            const Score score = judge.score(z.data(), true);
            QVERIFY(score.abnormality >= 0 && score.abnormality < 1);
            QVERIFY(score.confidence >= 0 && score.confidence <= 1);
            if (size >= 1e3F) {
                QCOMPARE(score.cluster, -1);
                QVERIFY(score.abnormality > 0.99F);
            }
            const int nearest = judge.nearestGood(z.data());
            QVERIFY(nearest >= 0 && judge.stateOf[static_cast<std::size_t>(nearest)] >= 0);
        }
}

void TestJudge::oneState()
{
    for (const bool shapes : {false, true})
        for (const int prototypes : {1, 9}) {
            Judge judge = judgeOf({.shapes = shapes, .states = 1, .prototypes = prototypes}, 40);
            judge.reach[0] = kFar;
            const auto rows = rowsFor(judge, 41, 50);
            for (Index i = 0; i < rows.rows(); ++i) {
                const Score score = judge.score(rows.row(i).data(), true);
                QCOMPARE(score.cluster, 0);
                QCOMPARE(score.confidence, 1.0F);
                QCOMPARE(membershipsOf(judge, rows.row(i).data())[0], 1.0F);
            }
        }
}

void TestJudge::statesAreNumbered()
{
    Judge judge = judgeOf({}, 50);
    for (std::size_t s = 0; s < judge.states.size(); ++s)
        QCOMPARE(judge.states[s].id, static_cast<std::uint32_t>(s + 1));
    judge.states[1].id = 40;
    judge.states[2].id = 0;
    judge.finish();
    QCOMPARE(judge.states[1].id, 40U);
    QCOMPARE(judge.states[2].id, 41U);
    QCOMPARE(judge.states[3].id, 4U);
}

void TestJudge::alonePlacedAsTogether()
{
    // More rows than one thread takes.
    const auto data = test::plant({.kinds = 3, .rounds = 20, .length = 30});
    for (const bool useLabels : {true, false}) {
        const auto model = Model::train(
            data.set(), {.algorithm = "kmeans", .useLabels = useLabels, .restarts = 1, .heldOutShare = 0});
        QVERIFY2(model.has_value(), model ? "" : model.error().text().c_str());
        const auto columns = model->bind(*data.schema);
        QVERIFY(data.x.rows() > 5000);
        const auto one = model->scoreAll(data.x, *columns, 1);
        const auto two = model->scoreAll(data.x, *columns, 2);
        const auto five = model->scoreAll(data.x, *columns, 5);
        QCOMPARE(one.size(), static_cast<std::size_t>(data.x.rows()));
        std::vector<float> shares(model->states().size());
        for (std::size_t i = 0; i < one.size(); ++i) {
            QVERIFY(same(one[i], two[i]) && same(one[i], five[i]));
            const Score alone = model->score(data.row(static_cast<Index>(i)), *columns);
            QVERIFY(same(one[i], alone));
            model->memberships(data.row(static_cast<Index>(i)), *columns, shares);
            if (alone.cluster >= 0)
                QCOMPARE(shares[static_cast<std::size_t>(alone.cluster)], alone.confidence);
        }
        QVERIFY(model->scoreAll(data.x.topRows(0), *columns).empty());
    }
}

void TestJudge::doubtfulRows()
{
    const auto data = test::plant({.kinds = 2, .rounds = 4});
    const auto model = Model::train(data.set(), {.algorithm = "kmeans", .restarts = 1, .heldOutShare = 0});
    QVERIFY(model.has_value());
    auto columns = *model->bind(*data.schema);
    const std::size_t width = data.schema->size();
    std::vector<float> shares(model->states().size());
    const auto none = [&](const std::vector<float> &row) {
        model->memberships(row, columns, shares);
        return same(model->score(row, columns), Score{}) &&
               std::all_of(shares.begin(), shares.end(), [](float share) { return share == 0; });
    };
    QVERIFY(none(std::vector<float>(width, std::numeric_limits<float>::quiet_NaN())));
    QVERIFY(none(std::vector<float>(width, schema::missingValue(Missing::Suspended))));
    QVERIFY(none(std::vector<float>(width, kFar)));
    QVERIFY(none(std::vector<float>(width, -kFar)));
    const auto judged = [&](const std::vector<float> &row) {
        const Score score = model->score(row, columns);
        model->memberships(row, columns, shares);
        const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
        for (const auto &one : model->explain(row, columns))
            if (!std::isfinite(one.sigma))
                return false;
        return std::fabs(sum - 1) < 1e-5 && score.abnormality >= 0 && score.abnormality < 1 &&
               score.confidence >= 0 && score.confidence <= 1;
    };
    // Nothing happened anywhere: known to be quiet, so judged.
    QVERIFY(judged(std::vector<float>(width, schema::missingValue(Missing::NoEvents))));
    QVERIFY(judged(std::vector<float>(width, std::numeric_limits<float>::denorm_min())));
    QVERIFY(judged(std::vector<float>(width, -std::numeric_limits<float>::denorm_min())));
    QVERIFY(judged(std::vector<float>(width, std::numeric_limits<float>::max())));
    QVERIFY(judged(std::vector<float>(width, std::numeric_limits<float>::lowest())));
    // A feature that is not there reads as one that is missing.
    std::vector<float> row(data.row(30).begin(), data.row(30).end());
    row[static_cast<std::size_t>(columns[3])] = schema::missingValue(Missing::Disabled);
    const Score gap = model->score(row, columns);
    columns[3] = -1;
    QVERIFY(same(model->score(data.row(30), columns), gap));
    std::fill(columns.begin(), columns.end(), -1);
    QVERIFY(none(row));
    // Both edges of more than half.
    columns = *model->bind(*data.schema);
    const std::size_t d = columns.size();
    for (std::size_t gone = 0; gone <= d; ++gone) {
        std::vector<float> holes(data.row(31).begin(), data.row(31).end());
        for (std::size_t j = 0; j < gone; ++j)
            holes[static_cast<std::size_t>(columns[j])] = schema::missingValue(Missing::CounterReset);
        QCOMPARE(none(holes), 2 * gone > d);
    }
}

QTEST_GUILESS_MAIN(TestJudge)
#include "test_judge.moc"
