// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/model.h"
#include "tests/model/planted.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <set>

using namespace statescape;
using namespace statescape::model;
using base::Code;
using schema::Label;
using schema::Missing;
using schema::Polarity;

class TestModel : public QObject {
    Q_OBJECT

private slots:
    void trainsOnOneHalfJudgesTheOther();
    void heldOutQualityIsHonest();
    void statesCarryTheLabels();
    void chanceLabelsScoreLikeChance();
    void farSamplesAreUnknownAndAbnormal();
    void abnormalityRisesWithDistance();
    void missingReasonsMatter();
    void mostlyMissingRowsAreNotJudged();
    void constantAndMissingColumnsAreLeftOut();
    void withoutLabels();
    void explicitK();
    void mixedClustersAreSplit();
    void fewLabelsAmongMany();
    void strangersBecomeStates();
    void onlyNegativeLabels();
    void someBadMinutesAreEnough_data();
    void someBadMinutesAreEnough();
    void reproducibleToTheBit();
    void savedModelAnswersToTheBit();
    void bindFindsColumns();
    void explainNamesTheFeature();
    void refusesWhatHasNoMeaning();
    void stopsOnRequest();
    void irisAsAUserWould();
};

namespace {
Model trained(const test::Planted &data, const TrainOptions &options = {})
{
    auto model = Model::train(data.set(), options);
    if (!model)
        qFatal("%s", model.error().text().c_str());
    return *model;
}

bool same(const Score &a, const Score &b)
{
    return a.cluster == b.cluster && a.polarity == b.polarity &&
           std::memcmp(&a.confidence, &b.confidence, 4) == 0 &&
           std::memcmp(&a.abnormality, &b.abnormality, 4) == 0;
}

test::Planted slice(const test::Planted &data, Eigen::Index first, Eigen::Index count)
{
    test::Planted out = data;
    out.x = data.x.middleRows(first, count);
    out.labels.assign(data.labels.begin() + first, data.labels.begin() + first + count);
    out.timeNs.assign(data.timeNs.begin() + first, data.timeNs.begin() + first + count);
    out.kind.assign(data.kind.begin() + first, data.kind.begin() + first + count);
    return out;
}
} // namespace

void TestModel::trainsOnOneHalfJudgesTheOther()
{
    test::PlantedOptions options;
    options.rounds = 4;
    const auto data = test::plant(options);
    const auto half = data.x.rows() / 2;
    const auto model = trained(slice(data, 0, half));
    const auto later = slice(data, half, half);
    const auto columns = model.bind(*data.schema);
    QVERIFY(columns.has_value());
    const auto scores = model.scoreAll(later.x, *columns);
    int hits = 0;
    int misses = 0;
    int falseAlarms = 0;
    int named = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        const bool bad = later.kind[i] > 1;
        const bool called = scores[i].polarity == Polarity::Negative;
        hits += bad && called ? 1 : 0;
        misses += bad && !called ? 1 : 0;
        falseAlarms += !bad && called ? 1 : 0;
        if (bad && called)
            named += model.states()[static_cast<std::size_t>(scores[i].cluster)].name ==
                             "fault " + std::to_string(later.kind[i] - 1)
                         ? 1
                         : 0;
    }
    const double f1 = 2.0 * hits / (2.0 * hits + misses + falseAlarms);
    QVERIFY2(f1 >= 0.95, qPrintable(QString::number(f1)));
    QVERIFY2(named >= 0.95 * hits, qPrintable(QString::number(named)));
}

void TestModel::heldOutQualityIsHonest()
{
    const auto model = trained(test::plant({}));
    const auto &quality = model.quality();
    QVERIFY(quality.samples > 100);
    QVERIFY2(quality.f1 >= 0.95, qPrintable(QString::number(quality.f1)));
    QVERIFY(quality.accuracy >= 0.9 && quality.balancedAccuracy >= 0.9);
    QCOMPARE(quality.classes.size(), std::size_t{7});
    QCOMPARE(quality.classes.front(), std::string("positive"));
    QCOMPARE(quality.confusion.size(), std::size_t{7});
    std::uint64_t sum = 0;
    for (const auto &row : quality.confusion) {
        QCOMPARE(row.size(), std::size_t{8});
        for (const auto count : row)
            sum += count;
    }
    QCOMPARE(sum, quality.samples);
}

void TestModel::chanceLabelsScoreLikeChance()
{
    // Labels that have nothing to do with the samples: an evaluation that leaked would look good here.
    auto data = test::plant({.strength = 0});
    for (std::size_t i = 0; i < data.labels.size(); ++i)
        data.labels[i] = {i / 12 % 2 == 0 ? Polarity::Positive : Polarity::Negative, 0};
    const auto model = trained(data);
    QVERIFY(model.quality().samples > 50);
    QVERIFY2(model.quality().accuracy < 0.68, qPrintable(QString::number(model.quality().accuracy)));
}

void TestModel::statesCarryTheLabels()
{
    const auto data = test::plant({});
    const auto model = trained(data);
    std::set<std::string> names;
    std::uint64_t samples = 0;
    for (const auto &state : model.states()) {
        names.insert(state.name);
        samples += state.samples;
        QVERIFY(state.polarity == (state.name == "positive" ? Polarity::Positive : Polarity::Negative));
        QVERIFY(state.silhouette >= -1 && state.silhouette <= 1);
    }
    QCOMPARE(names.size(), std::size_t{7});
    QVERIFY(names.contains("positive") && names.contains("fault 3"));
    QVERIFY(samples >= static_cast<std::uint64_t>(data.x.rows()) * 98 / 100);
    QVERIFY(model.inertia() > 0 && model.unknownDistance() > 0 && model.seconds() > 0);
    const auto ratio = model.explainedVarianceRatio();
    QVERIFY(!ratio.empty() && ratio[0] >= ratio[1]);
    const auto columns = model.bind(*data.schema);
    QCOMPARE(model.project(data.x, *columns).rows(), data.x.rows());
    QCOMPARE(static_cast<std::size_t>(model.project(data.x, *columns).cols()), ratio.size());
}

void TestModel::farSamplesAreUnknownAndAbnormal()
{
    const auto data = test::plant({});
    const auto model = trained(data);
    const auto columns = model.bind(*data.schema);
    ml::Random random(5);
    int unknown = 0;
    for (int trial = 0; trial < 50; ++trial) {
        // A mixture of extremes that no phase shows.
        std::vector<float> row(data.row(30).begin(), data.row(30).end());
        for (std::size_t j = 0; j < row.size(); ++j)
            if (random.uniform() < 0.5)
                row[j] = (*data.schema)[j].log1p ? 1e7F : 90.0F;
        const Score score = model.score(row, *columns);
        unknown += score.cluster == -1 ? 1 : 0;
        if (score.cluster == -1) {
            QCOMPARE(score.confidence, 0.0F);
            QVERIFY(score.polarity == Polarity::None);
        }
        QVERIFY(score.abnormality > 0.99F && score.abnormality < 1.0F);
    }
    QVERIFY2(unknown >= 48, qPrintable(QString::number(unknown)));
    // Normal samples of another recording are neither.
    const auto other = test::plant({.seed = 8});
    const auto scores = model.scoreAll(other.x, *columns);
    int strange = 0;
    double abnormality = 0;
    int normal = 0;
    for (std::size_t i = 1; i < scores.size(); ++i)
        if (other.kind[i] < 2) {
            ++normal;
            strange += scores[i].cluster == -1 ? 1 : 0;
            abnormality += scores[i].abnormality;
        }
    QVERIFY2(strange <= normal / 100, qPrintable(QString::number(strange)));
    // Calibrated: over good samples it is close to uniform.
    QVERIFY2(std::fabs(abnormality / normal - 0.5) < 0.1, qPrintable(QString::number(abnormality / normal)));
}

void TestModel::abnormalityRisesWithDistance()
{
    const auto data = test::plant({});
    const auto model = trained(data);
    const auto columns = model.bind(*data.schema);
    std::vector<float> row(data.row(10).begin(), data.row(10).end());
    float previous = 0;
    for (int step = 0; step < 60; ++step) {
        for (std::size_t j = 0; j < row.size(); ++j)
            if ((*data.schema)[j].log1p)
                row[j] = std::exp(5.0F + 0.05F * static_cast<float>(step * step) / 10);
        const float now = model.score(row, *columns).abnormality;
        if (step > 10)
            QVERIFY(now >= previous);
        QVERIFY(now < 1.0F);
        previous = now;
    }
    QVERIFY(previous > 0.99F);
}

void TestModel::missingReasonsMatter()
{
    auto data = test::plant({.kinds = 2, .rounds = 6});
    // A latency that exists only under fault 1 or seldom otherwise: high there, low here.
    const int column = data.schema->indexOf("sched.runq_latency.p99");
    QVERIFY(column >= 0);
    for (Eigen::Index i = 0; i < data.x.rows(); ++i)
        data.x(i, column) = data.kind[static_cast<std::size_t>(i)] == 2
                                ? 50000.0F + static_cast<float>(i % 7) * 100
                            : i % 3 == 0 ? schema::missingValue(Missing::NoEvents)
                                         : 20.0F + static_cast<float>(i % 5);
    const TrainOptions options{
        .features = {"sched.runq_latency.p99", "sched.runq_latency.p50", "sched.switch.rate"}};
    const auto model = trained(data, options);
    const auto columns = model.bind(*data.schema);
    std::vector<float> row(data.row(4).begin(), data.row(4).end());
    row[static_cast<std::size_t>(column)] = schema::missingValue(Missing::NoEvents);
    const auto quiet = model.explain(row, *columns);
    row[static_cast<std::size_t>(column)] = 20;
    const auto low = model.explain(row, *columns);
    const auto sigma = [&](const std::vector<Contribution> &list) {
        for (const auto &one : list)
            if (model.features()[static_cast<std::size_t>(one.column)].key == "sched.runq_latency.p99")
                return one.sigma;
        return std::numeric_limits<double>::quiet_NaN();
    };
    // Nothing happened reads like the quiet end, not like the middle of all values.
    QVERIFY(std::fabs(sigma(quiet) - sigma(low)) < 0.1);
    row[static_cast<std::size_t>(column)] = schema::missingValue(Missing::NoEvents);
    QVERIFY(model.score(row, *columns).polarity == Polarity::Positive);
}

void TestModel::mostlyMissingRowsAreNotJudged()
{
    const auto data = test::plant({});
    const auto model = trained(data);
    QVERIFY(std::any_of(model.notes().begin(), model.notes().end(),
                        [](const auto &note) { return note.find("left out") != std::string::npos; }));
    const auto columns = model.bind(*data.schema);
    for (const auto reason :
         {Missing::Warmup, Missing::CounterReset, Missing::Suspended, Missing::CpusChanged}) {
        std::vector<float> row(data.schema->size(), schema::missingValue(reason));
        row[0] = 3;
        const Score score = model.score(row, *columns);
        QCOMPARE(score.cluster, -1);
        QCOMPARE(score.confidence, 0.0F);
        QCOMPARE(score.abnormality, 0.0F);
    }
    // A few gaps are borne.
    std::vector<float> row(data.row(40).begin(), data.row(40).end());
    const Score whole = model.score(row, *columns);
    row[3] = schema::missingValue(Missing::NoPermission);
    row[4] = std::numeric_limits<float>::infinity();
    QCOMPARE(model.score(row, *columns).cluster, whole.cluster);
}

void TestModel::constantAndMissingColumnsAreLeftOut()
{
    auto data = test::plant({});
    data.x.col(2).setConstant(7);
    for (Eigen::Index i = 0; i < data.x.rows(); ++i)
        if (i % 20 != 3)
            data.x(i, 5) = schema::missingValue(Missing::Disabled);
    const auto model = trained(data);
    const auto has = [&](std::size_t column) {
        return std::any_of(model.features().begin(), model.features().end(),
                           [&](const auto &feature) { return feature.key == (*data.schema)[column].key; });
    };
    QVERIFY(!has(2) && !has(5) && has(3));
    const auto noted = [&](std::string_view what) {
        return std::any_of(model.notes().begin(), model.notes().end(),
                           [&](const auto &note) { return note.find(what) != std::string::npos; });
    };
    QVERIFY(noted((*data.schema)[2].key) && noted((*data.schema)[5].key));
    for (const auto &feature : model.features())
        QVERIFY(feature.kind != schema::FeatureKind::Level);
    const auto all = trained(data, {.includeLevels = true});
    QVERIFY(std::any_of(all.features().begin(), all.features().end(),
                        [](const auto &feature) { return feature.kind == schema::FeatureKind::Level; }));
}

void TestModel::withoutLabels()
{
    const auto data = test::plant({.kinds = 2, .rounds = 5, .strength = 6, .labelled = false});
    const auto model = trained(data);
    QVERIFY2(model.states().size() >= 3 && model.states().size() <= 5,
             qPrintable(QString::number(model.states().size())));
    QCOMPARE(model.states()[0].name, std::string("state 1"));
    QVERIFY(model.states()[0].polarity == Polarity::None);
    QCOMPARE(model.quality().samples, std::uint64_t{0});
    QVERIFY(std::isnan(model.quality().f1));
    QVERIFY(model.silhouette() > 0.2);
    // Labels there, but not asked for: the same model.
    auto labelled = test::plant({.kinds = 2, .rounds = 5, .strength = 6});
    const auto ignored = trained(labelled, {.useLabels = false});
    QCOMPARE(ignored.states().size(), model.states().size());
    QVERIFY(ignored.inertia() == model.inertia());
}

void TestModel::explicitK()
{
    const auto data = test::plant({.labelled = false});
    for (const int k : {1, 2, 5, 9}) {
        const auto model = trained(data, {.k = k});
        QCOMPARE(model.states().size(), static_cast<std::size_t>(k));
    }
    const auto labelled = test::plant({.kinds = 3, .strength = 5});
    const auto model = trained(labelled, {.k = 8});
    QVERIFY(model.states().size() >= 8);
    std::set<std::string> names;
    for (const auto &state : model.states())
        names.insert(state.name);
    QCOMPARE(names.size(), model.states().size());
    QVERIFY(names.contains("positive") && names.contains("positive 2"));
    QVERIFY(model.quality().f1 >= 0.95);
}

void TestModel::mixedClustersAreSplit()
{
    // Two clusters asked for, but good and bad alternate inside each: the judgement must follow the person.
    const auto data = test::plant({.kinds = 4, .rounds = 4, .strength = 4});
    const auto model = trained(data, {.k = 2});
    const auto columns = model.bind(*data.schema);
    const auto scores = model.scoreAll(data.x, *columns);
    int right = 0;
    for (std::size_t i = 1; i < scores.size(); ++i)
        right += scores[i].polarity == data.labels[i].polarity ? 1 : 0;
    QVERIFY2(right >= static_cast<int>(scores.size()) * 95 / 100, qPrintable(QString::number(right)));
}

void TestModel::fewLabelsAmongMany()
{
    auto data = test::plant({.rounds = 4, .strength = 3.5});
    const auto truth = data.labels;
    std::vector<int> seen(8, 0);
    for (std::size_t i = 0; i < data.labels.size(); ++i)
        if (i == 0 || i % 5 != 0 || ++seen[static_cast<std::size_t>(data.kind[i])] > 4)
            data.labels[i] = {};
    const auto model = trained(data);
    const auto columns = model.bind(*data.schema);
    const auto scores = model.scoreAll(data.x, *columns);
    int right = 0;
    for (std::size_t i = 1; i < scores.size(); ++i)
        right += scores[i].polarity == truth[i].polarity ? 1 : 0;
    QVERIFY2(right >= static_cast<int>(scores.size()) * 90 / 100,
             qPrintable(QStringLiteral("%1 of %2").arg(right).arg(scores.size())));
}

void TestModel::strangersBecomeStates()
{
    auto data = test::plant({.kinds = 3, .rounds = 4, .strength = 6});
    for (std::size_t i = 0; i < data.labels.size(); ++i)
        if (data.kind[i] == 4)
            data.labels[i] = {};
    const auto model = trained(data);
    const auto columns = model.bind(*data.schema);
    const auto scores = model.scoreAll(data.x, *columns);
    int own = 0;
    int all = 0;
    for (std::size_t i = 1; i < scores.size(); ++i)
        if (data.kind[i] == 4) {
            ++all;
            own +=
                scores[i].cluster >= 0 &&
                        model.states()[static_cast<std::size_t>(scores[i].cluster)].name.starts_with("state ")
                    ? 1
                    : 0;
        }
    QVERIFY2(own >= all * 9 / 10, qPrintable(QStringLiteral("%1 of %2").arg(own).arg(all)));
}

void TestModel::onlyNegativeLabels()
{
    auto data = test::plant({.kinds = 2, .rounds = 5, .strength = 6});
    for (std::size_t i = 0; i < data.labels.size(); ++i)
        if (data.kind[i] != 2)
            data.labels[i] = {};
    const auto model = trained(data);
    const auto columns = model.bind(*data.schema);
    const auto scores = model.scoreAll(data.x, *columns);
    for (std::size_t i = 1; i < scores.size(); ++i)
        if (data.kind[i] < 2)
            QVERIFY(scores[i].polarity != Polarity::Negative);
}

void TestModel::someBadMinutesAreEnough_data()
{
    QTest::addColumn<int>("faults");
    QTest::addColumn<double>("strength");
    QTest::newRow("one fault") << 1 << 2.5;
    QTest::newRow("one fault of several") << 4 << 2.5;
    QTest::newRow("one fault, strong") << 1 << 6.0;
    QTest::newRow("many faults") << 6 << 3.5;
}

/// A person labels the bad minutes of the first rounds of one fault and nothing else.
void TestModel::someBadMinutesAreEnough()
{
    QFETCH(const int, faults);
    QFETCH(const double, strength);
    auto data = test::plant({.kinds = faults, .rounds = 6, .strength = strength});
    const std::size_t early = data.labels.size() / 3;
    for (std::size_t i = 0; i < data.labels.size(); ++i)
        data.labels[i] = data.kind[i] == 2 && i < early ? Label{Polarity::Negative, 0} : Label{};
    const auto model = trained(data);
    const auto columns = model.bind(*data.schema);
    const auto scores = model.scoreAll(data.x, *columns);
    int bad = 0, called = 0, good = 0, wrong = 0;
    for (std::size_t i = early; i < scores.size(); ++i) {
        const bool negative = scores[i].polarity == Polarity::Negative;
        bad += data.kind[i] == 2 ? 1 : 0;
        called += data.kind[i] == 2 && negative ? 1 : 0;
        good += data.kind[i] < 2 ? 1 : 0;
        wrong += data.kind[i] < 2 && negative ? 1 : 0;
    }
    const auto text =
        QStringLiteral("%1 of %2 found, %3 of %4 wrong").arg(called).arg(bad).arg(wrong).arg(good);
    QVERIFY2(called >= 0.9 * bad, qPrintable(text));
    QVERIFY2(wrong <= 0.02 * good, qPrintable(text));
    QVERIFY(std::any_of(model.notes().begin(), model.notes().end(),
                        [](const auto &note) { return note.find("labelled good") != std::string::npos; }));
    QCOMPARE(model.states().front().name, std::string("negative"));
}

void TestModel::reproducibleToTheBit()
{
    const auto data = test::plant({});
    const auto one = trained(data, {.seed = 11});
    const auto two = trained(data, {.seed = 11});
    QVERIFY(one.toJson() == two.toJson());
    QVERIFY(one.toJson() != trained(data, {.seed = 12}).toJson());
}

void TestModel::savedModelAnswersToTheBit()
{
    for (const bool labelled : {true, false}) {
        const auto data = test::plant({.labelled = labelled});
        const auto model = trained(
            data, {.name = "mine", .seed = UINT64_MAX, .scaler = Scaler::Robust, .source = "a.statescape"});
        QVERIFY(model.verify().has_value());
        const std::string text = model.toJson();
        const auto read = Model::fromJson(text);
        QVERIFY2(read.has_value(), read ? "" : read.error().text().c_str());
        QVERIFY(read->verify().has_value());
        QVERIFY(read->toJson() == text);
        QCOMPARE(read->name(), std::string("mine"));
        QCOMPARE(read->schemaHash(), data.schema->hash());
        QCOMPARE(read->options().seed, UINT64_MAX);
        QCOMPARE(read->notes().size(), model.notes().size());
        QCOMPARE(read->quality().samples, model.quality().samples);
        const auto columns = model.bind(*data.schema);
        QVERIFY(*read->bind(*data.schema) == *columns);
        const auto before = model.scoreAll(data.x, *columns);
        const auto after = read->scoreAll(data.x, *columns);
        for (std::size_t i = 0; i < before.size(); ++i)
            QVERIFY(same(before[i], after[i]));
        QVERIFY(model.project(data.x, *columns) == read->project(data.x, *columns));
        // One row scored alone is the row scored in a batch.
        QVERIFY(same(before[50], model.score(data.row(50), *columns)));
    }
}

void TestModel::bindFindsColumns()
{
    const auto data = test::plant({});
    const auto model = trained(data);
    auto features = data.schema->features();
    std::reverse(features.begin(), features.end());
    const schema::Schema reversed(features);
    const auto columns = model.bind(reversed);
    QVERIFY(columns.has_value());
    std::vector<float> row(data.row(77).begin(), data.row(77).end());
    const Score straight = model.score(row, *model.bind(*data.schema));
    std::reverse(row.begin(), row.end());
    QVERIFY(same(straight, model.score(row, *columns)));

    const int gone = data.schema->indexOf(model.features()[2].key);
    auto fewer = data.schema->features();
    fewer.erase(fewer.begin() + gone);
    const auto borne = model.bind(schema::Schema(fewer));
    QVERIFY(borne.has_value());
    QCOMPARE((*borne)[2], -1);
    fewer.resize(fewer.size() / 2);
    const auto tooFew = model.bind(schema::Schema(fewer));
    QCOMPARE(tooFew.error().code, Code::Mismatch);
    auto other = data.schema->features();
    auto &changed = other[static_cast<std::size_t>(gone)];
    changed.unit = changed.unit == base::Unit::Bytes ? base::Unit::Count : base::Unit::Bytes;
    const auto unit = model.bind(schema::Schema(other));
    QCOMPARE(unit.error().code, Code::Mismatch);
    QVERIFY(unit.error().message.find(changed.key) != std::string::npos);
}

void TestModel::explainNamesTheFeature()
{
    const auto data = test::plant({});
    const auto model = trained(data);
    const auto columns = model.bind(*data.schema);
    std::vector<float> row(data.row(12).begin(), data.row(12).end());
    const int column = data.schema->indexOf(model.features()[4].key);
    row[static_cast<std::size_t>(column)] = 1e9F;
    const auto contributions = model.explain(row, *columns);
    QCOMPARE(contributions.size(), model.features().size());
    QCOMPARE(contributions[0].column, 4);
    QVERIFY(contributions[0].sigma > 3);
    for (std::size_t i = 1; i < contributions.size(); ++i)
        QVERIFY(std::fabs(contributions[i].sigma) <= std::fabs(contributions[i - 1].sigma));
}

void TestModel::refusesWhatHasNoMeaning()
{
    const auto data = test::plant({});
    const auto code = [&](const TrainOptions &options) {
        return Model::train(data.set(), options).error().code;
    };
    QCOMPARE(code({.algorithm = "affinity"}), Code::InvalidArgument);
    QCOMPARE(code({.k = -1}), Code::InvalidArgument);
    QCOMPARE(code({.k = 257}), Code::InvalidArgument);
    QCOMPARE(code({.features = {"no.such"}}), Code::InvalidArgument);
    QCOMPARE(code({.restarts = 0}), Code::InvalidArgument);
    QCOMPARE(code({.heldOutShare = 1}), Code::InvalidArgument);
    QCOMPARE(Model::train(slice(data, 5, 9).set(), {}).error().code, Code::NotEnoughData);
    QCOMPARE(Model::train(slice(data, 5, 0).set(), {}).error().code, Code::NotEnoughData);
    QCOMPARE(Model::train(slice(data, 5, 20).set(), {.k = 30}).error().code, Code::NotEnoughData);
    auto flat = data;
    flat.x.setConstant(3);
    QCOMPARE(Model::train(flat.set(), {}).error().code, Code::NotEnoughData);
    flat.x.setConstant(schema::missingValue(Missing::NotSupported));
    QCOMPARE(Model::train(flat.set(), {}).error().code, Code::NotEnoughData);
    auto unnamed = data;
    unnamed.labels[3].classId = 400;
    QCOMPARE(Model::train(unnamed.set(), {}).error().code, Code::InvalidArgument);
    auto set = data.set();
    set.labels = set.labels.first(5);
    QCOMPARE(Model::train(set, {}).error().code, Code::InvalidArgument);
    // All rows equal but one: hardly anything to learn, but no hang and no crash.
    auto nearly = data;
    nearly.x.setConstant(3);
    nearly.x.row(9).setConstant(1e20F);
    const auto odd = Model::train(nearly.set(), {});
    QVERIFY(odd.has_value() || odd.error().code == Code::NotEnoughData);
}

void TestModel::stopsOnRequest()
{
    const auto data = test::plant({.rounds = 10});
    for (const int after : {1, 2, 4}) {
        std::stop_source source;
        int calls = 0;
        base::Progress progress;
        progress.stop = source.get_token();
        double last = 0;
        bool fell = false;
        progress.report = [&](double fraction, std::string_view) {
            fell |= fraction < last || fraction > 1;
            last = fraction;
            if (++calls == after)
                source.request_stop();
        };
        const auto model = Model::train(data.set(), {}, progress);
        QVERIFY(!model);
        QCOMPARE(model.error().code, Code::Cancelled);
        QVERIFY(!fell);
    }
}

void TestModel::irisAsAUserWould()
{
    std::ifstream file(STATESCAPE_SOURCE "/tests/ml/data/iris.csv");
    std::string line;
    std::getline(file, line);
    std::vector<schema::Feature> features;
    for (const char *key : {"sepal_length_cm", "sepal_width_cm", "petal_length_cm", "petal_width_cm"})
        features.push_back({key, key, base::Unit::None, schema::FeatureKind::Level, "", "", false});
    test::Planted iris;
    iris.schema = std::make_shared<const schema::Schema>(features);
    iris.x.resize(150, 4);
    iris.labels.clear();
    iris.timeNs.clear();
    for (Eigen::Index i = 0; i < 150; ++i) {
        QVERIFY(std::getline(file, line));
        std::size_t from = 0;
        for (Eigen::Index j = 0; j < 4; ++j) {
            const auto to = line.find(',', from);
            iris.x(i, j) = std::stof(line.substr(from, to - from));
            from = to + 1;
        }
        const auto species = line.substr(from);
        auto at = std::find(iris.classNames.begin(), iris.classNames.end(), species);
        if (at == iris.classNames.end())
            at = iris.classNames.insert(at, species);
        iris.labels.push_back({Polarity::None, static_cast<std::uint16_t>(at - iris.classNames.begin())});
        iris.timeNs.push_back(static_cast<std::uint64_t>(i) * 1000000000U);
    }
    // scikit-learn 1.2.1: KMeans(3) on StandardScaler output, inertia 139.82.
    for (const bool useLabels : {false, true}) {
        const auto model = trained(iris, {.algorithm = "kmeans", .k = 3, .useLabels = useLabels});
        QCOMPARE(model.states().size(), std::size_t{3});
        QVERIFY2(std::fabs(model.inertia() - 139.82) < 0.25,
                 qPrintable(QString::number(model.inertia(), 'g', 10)));
        QVERIFY(std::fabs(model.explainedVarianceRatio()[0] - 0.7296) < 1e-3);
        QCOMPARE(model.states()[0].name == "setosa" || model.states()[1].name == "setosa" ||
                     model.states()[2].name == "setosa",
                 useLabels);
    }
    const auto best = trained(iris);
    QCOMPARE(best.states().size(), std::size_t{3});
    QVERIFY2(best.quality().accuracy > 0.85, qPrintable(QString::number(best.quality().accuracy)));
    // No negative labels: the mean over the classes, near the accuracy in a balanced set.
    QVERIFY(std::fabs(best.quality().f1 - best.quality().accuracy) < 0.1);
    QVERIFY(std::fabs(best.quality().recall - best.quality().balancedAccuracy) < 1e-12);
}

QTEST_GUILESS_MAIN(TestModel)
#include "test_model.moc"
