// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/metrics.h"
#include "core/model/model.h"
#include "tests/model/planted.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

using namespace statescape;
using namespace statescape::model;
using base::Code;
using schema::Label;
using schema::Polarity;

class TestAlgorithms : public QObject {
    Q_OBJECT

private slots:
    void labelledStates_data() { everyAlgorithm(); }
    void labelledStates();
    void unlabelledStates_data() { everyAlgorithm(); }
    void unlabelledStates();
    void givenNumber_data() { everyAlgorithm(); }
    void givenNumber();
    void sameBits_data() { everyAlgorithm(); }
    void sameBits();
    void stops_data() { everyAlgorithm(); }
    void stops();
    void fewRows_data() { everyAlgorithm(); }
    void fewRows();
    void equalRows_data() { everyAlgorithm(); }
    void equalRows();
    void oneColumn_data() { everyAlgorithm(); }
    void oneColumn();
    void oneHugeOutlier_data() { everyAlgorithm(); }
    void oneHugeOutlier();
    void millionEqualRows_data();
    void millionEqualRows();
    void noStatesInNoise_data();
    void noStatesInNoise();
    void strayRowsAreNoise_data();
    void strayRowsAreNoise();
    void optionsThatDoNotApply();
    void claimsAreMeasured();
    void confidenceIsCalibrated();
    void duplicatesAreSaid();
    void choiceIsTold();
    void followsTheModelBefore();

private:
    static void everyAlgorithm();
};

namespace {
/// Planted data of few columns, round clouds far apart in units of their spread, some rows astray.
struct Clouds {
    std::shared_ptr<const schema::Schema> schema;
    ml::Matrix x;
    std::vector<int> kind; ///< -1 astray
    std::vector<std::uint64_t> timeNs;
    [[nodiscard]] TrainingSet set() const { return {schema, x, {}, timeNs, {}}; }
};

std::shared_ptr<const schema::Schema> plainSchema(Eigen::Index columns)
{
    std::vector<schema::Feature> features;
    for (Eigen::Index j = 0; j < columns; ++j)
        features.push_back(
            {"f" + std::to_string(j), "", base::Unit::None, schema::FeatureKind::Level, "", "", false});
    return std::make_shared<const schema::Schema>(features);
}

Clouds clouds(Eigen::Index rows, Eigen::Index columns, int kinds, double apart, double astray)
{
    Clouds out;
    out.schema = plainSchema(columns);
    out.x.resize(rows, columns);
    ml::Random random(4);
    Eigen::MatrixXd centres(kinds, columns);
    for (Eigen::Index i = 0; i < centres.size(); ++i)
        centres.data()[i] = apart * random.normal();
    for (Eigen::Index i = 0; i < rows; ++i) {
        const bool stray = random.uniform() < astray;
        const int kind = static_cast<int>(i / 20) % kinds;
        out.kind.push_back(stray ? -1 : kind);
        out.timeNs.push_back(static_cast<std::uint64_t>(i) * 250000000U);
        for (Eigen::Index j = 0; j < columns; ++j)
            out.x(i, j) = static_cast<float>(stray ? 4 * apart * (2 * random.uniform() - 1)
                                                   : centres(kind, j) + random.normal());
    }
    return out;
}

TrainOptions with(const QString &algorithm)
{
    TrainOptions out;
    out.algorithm = algorithm.toStdString();
    return out;
}

Model trained(const TrainingSet &set, const TrainOptions &options)
{
    auto model = Model::train(set, options);
    if (!model)
        qFatal("%s: %s", options.algorithm.c_str(), model.error().text().c_str());
    return *model;
}

std::vector<int> answersOf(const Model &model, const schema::Schema &schema, ml::MatrixView x)
{
    std::vector<int> out;
    for (const auto &score : model.scoreAll(x, *model.bind(schema)))
        out.push_back(score.cluster);
    return out;
}

bool noted(const Model &model, std::string_view what)
{
    return std::any_of(model.notes().begin(), model.notes().end(),
                       [&](const auto &note) { return note.find(what) != std::string::npos; });
}
} // namespace

void TestAlgorithms::everyAlgorithm()
{
    QTest::addColumn<QString>("algorithm");
    for (const auto &one : algorithms())
        QTest::newRow(one.key.data()) << QString::fromUtf8(one.key.data());
}

void TestAlgorithms::labelledStates()
{
    QFETCH(QString, algorithm);
    const auto data = test::plant({.kinds = 3, .rounds = 4});
    const auto model = trained(data.set(), with(algorithm));
    QVERIFY2(model.quality().f1 >= 0.95, qPrintable(QString::number(model.quality().f1)));
    QVERIFY(model.algorithm() != "auto");
    // No state mixes what a person told apart.
    const auto answers = answersOf(model, *data.schema, data.x);
    std::size_t wrong = 0;
    for (std::size_t i = 1; i < answers.size(); ++i)
        wrong += answers[i] >= 0 && model.states()[static_cast<std::size_t>(answers[i])].polarity !=
                                        data.labels[i].polarity
                     ? 1
                     : 0;
    QVERIFY2(wrong <= answers.size() / 50, qPrintable(QString::number(wrong)));
    std::set<std::string> names;
    std::set<std::uint32_t> ids;
    for (const auto &state : model.states()) {
        names.insert(state.name);
        ids.insert(state.id);
    }
    QCOMPARE(names.size(), model.states().size());
    QVERIFY(ids.size() == model.states().size() && *ids.begin() == 1);
    QVERIFY(names.contains("fault 1") && names.contains("positive"));
    QVERIFY(model.fidelity() >= 0.95);
    QVERIFY(!model.story().empty());
}

void TestAlgorithms::unlabelledStates()
{
    QFETCH(QString, algorithm);
    const auto data = clouds(1500, 6, 4, 6, 0);
    const auto model = trained(data.set(), with(algorithm));
    const auto answers = answersOf(model, *data.schema, data.x);
    const double agreement = ml::adjustedRand(data.kind, answers);
    QVERIFY2(agreement >= 0.95, qPrintable(QString::number(agreement)));
    QVERIFY2(model.fidelity() >= 0.98, qPrintable(QString::number(model.fidelity())));
    QCOMPARE(model.quality().samples, std::uint64_t{0});
    QVERIFY(model.quality().agreement > 0.9);
    QVERIFY(model.quality().unknownShare < 0.05);
    QVERIFY(model.quality().goodSamples > 100);
    QVERIFY(std::isnan(model.quality().f1) && std::isnan(model.quality().confidenceError));
    QVERIFY(model.states().front().name == "state 1" && model.states().front().id == 1);
}

void TestAlgorithms::givenNumber()
{
    QFETCH(QString, algorithm);
    const auto data = clouds(600, 4, 3, 8, 0);
    auto options = with(algorithm);
    options.k = 3;
    if (!algorithmOf(options.algorithm)->takesK) {
        const auto refused = Model::train(data.set(), options);
        QVERIFY(!refused);
        QCOMPARE(refused.error().code, Code::InvalidArgument);
        QVERIFY(refused.error().message.find("does not take a number of states") != std::string::npos);
        return;
    }
    const auto model = trained(data.set(), options);
    QCOMPARE(model.states().size(), std::size_t{3});
    QVERIFY(ml::adjustedRand(data.kind, answersOf(model, *data.schema, data.x)) > 0.98);
}

void TestAlgorithms::sameBits()
{
    QFETCH(QString, algorithm);
    const auto data = test::plant({.kinds = 2, .rounds = 4, .labelled = false});
    auto options = with(algorithm);
    options.seed = 7;
    const auto one = trained(data.set(), options);
    QVERIFY(one.toJson() == trained(data.set(), options).toJson());
    QVERIFY(one.verify().has_value());
    const auto read = Model::fromJson(one.toJson());
    QVERIFY2(read.has_value(), read ? "" : read.error().text().c_str());
    QVERIFY(read->verify().has_value());
    QVERIFY(read->toJson() == one.toJson());
    const auto before = one.scoreAll(data.x, *one.bind(*data.schema));
    const auto after = read->scoreAll(data.x, *read->bind(*data.schema));
    for (std::size_t i = 0; i < before.size(); ++i)
        QVERIFY(before[i].cluster == after[i].cluster &&
                std::memcmp(&before[i].confidence, &after[i].confidence, sizeof(float)) == 0 &&
                std::memcmp(&before[i].abnormality, &after[i].abnormality, sizeof(float)) == 0);
}

void TestAlgorithms::stops()
{
    QFETCH(QString, algorithm);
    const auto data = clouds(50000, 40, 5, 2, 0.05);
    for (const int after : {1, 3, 5}) {
        std::stop_source source;
        int calls = 0;
        const base::Progress progress{source.get_token(), [&](double, std::string_view) {
                                          if (++calls == after)
                                              source.request_stop();
                                      }};
        const auto model = Model::train(data.set(), with(algorithm), progress);
        QVERIFY(!model);
        QCOMPARE(model.error().code, Code::Cancelled);
    }
}

void TestAlgorithms::fewRows()
{
    QFETCH(QString, algorithm);
    const auto data = clouds(10, 3, 2, 10, 0);
    const auto model = trained(data.set(), with(algorithm));
    QVERIFY(!model.states().empty());
    auto options = with(algorithm);
    options.k = 11;
    const auto refused = Model::train(data.set(), options);
    QVERIFY(!refused);
    QCOMPARE(refused.error().code,
             algorithmOf(options.algorithm)->takesK ? Code::NotEnoughData : Code::InvalidArgument);
}

void TestAlgorithms::equalRows()
{
    QFETCH(QString, algorithm);
    auto data = clouds(200, 3, 2, 10, 0);
    data.x.setConstant(3);
    const auto model = trained(data.set(), with(algorithm));
    QCOMPARE(model.states().size(), std::size_t{1});
    QVERIFY(noted(model, "the same in every sample"));
    const auto scores = model.scoreAll(data.x, *model.bind(*data.schema));
    QCOMPARE(scores.front().cluster, 0);
    // Anything else than ever seen is unknown.
    const std::vector<float> other{3, 4, 3};
    QCOMPARE(model.score(other, *model.bind(*data.schema)).cluster, -1);
}

void TestAlgorithms::oneColumn()
{
    QFETCH(QString, algorithm);
    const auto data = clouds(400, 1, 2, 20, 0);
    auto options = with(algorithm);
    if (options.algorithm == "dbscan")
        options.radius = 0.2; // in one column its own choice cuts clouds at chance gaps
    const auto model = trained(data.set(), options);
    QVERIFY(ml::adjustedRand(data.kind, answersOf(model, *data.schema, data.x)) > 0.9);
}

void TestAlgorithms::oneHugeOutlier()
{
    QFETCH(QString, algorithm);
    auto data = clouds(600, 4, 2, 10, 0);
    data.x.row(77).setConstant(1e30F);
    const auto model = trained(data.set(), with(algorithm));
    QVERIFY(!model.states().empty());
    for (const auto &score : model.scoreAll(data.x, *model.bind(*data.schema)))
        QVERIFY(std::isfinite(score.confidence) && std::isfinite(score.abnormality));
}

void TestAlgorithms::millionEqualRows_data()
{
    QTest::addColumn<QString>("algorithm");
    for (const char *key : {"auto", "kmeans", "hdbscan"})
        QTest::newRow(key) << QString::fromUtf8(key);
}

void TestAlgorithms::millionEqualRows()
{
    QFETCH(QString, algorithm);
    const ml::Matrix x = ml::Matrix::Constant(1000000, 4, 5);
    const TrainingSet set{plainSchema(4), x, {}, {}, {}};
    const auto model = trained(set, with(algorithm));
    QCOMPARE(model.states().size(), std::size_t{1});
    QCOMPARE(model.states().front().samples, std::uint64_t{1000000});
}

void TestAlgorithms::noStatesInNoise_data()
{
    QTest::addColumn<QString>("algorithm");
    for (const char *key : {"auto", "hdbscan"})
        QTest::newRow(key) << QString::fromUtf8(key);
}

void TestAlgorithms::noStatesInNoise()
{
    QFETCH(QString, algorithm);
    const auto data = clouds(1200, 5, 1, 0, 0);
    const auto model = trained(data.set(), with(algorithm));
    QCOMPARE(model.states().size(), std::size_t{1});
    QVERIFY(!model.notes().empty());
    QVERIFY(model.states().front().samples > 1100);
}

void TestAlgorithms::strayRowsAreNoise_data()
{
    QTest::addColumn<QString>("algorithm");
    for (const char *key : {"dbscan", "hdbscan"})
        QTest::newRow(key) << QString::fromUtf8(key);
}

void TestAlgorithms::strayRowsAreNoise()
{
    QFETCH(QString, algorithm);
    const auto data = clouds(2000, 5, 3, 8, 0.05);
    const auto model = trained(data.set(), with(algorithm));
    const auto answers = answersOf(model, *data.schema, data.x);
    int caught = 0;
    int stray = 0;
    int lost = 0;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        stray += data.kind[i] < 0 ? 1 : 0;
        caught += data.kind[i] < 0 && answers[i] < 0 ? 1 : 0;
        lost += data.kind[i] >= 0 && answers[i] < 0 ? 1 : 0;
    }
    QVERIFY2(caught >= stray * 9 / 10, qPrintable(QStringLiteral("%1 of %2").arg(caught).arg(stray)));
    QVERIFY2(lost <= 2000 / 20, qPrintable(QString::number(lost)));
    QCOMPARE(model.noise(), static_cast<std::uint64_t>(std::count(answers.begin(), answers.end(), -1)));
    QVERIFY(model.fidelity() >= 0.98);
}

void TestAlgorithms::optionsThatDoNotApply()
{
    const auto data = clouds(100, 3, 2, 10, 0);
    const auto code = [&](TrainOptions options) {
        const auto model = Model::train(data.set(), options);
        return model ? Code::Ok : model.error().code;
    };
    QCOMPARE(code({.algorithm = "kmeans", .radius = 1}), Code::InvalidArgument);
    QCOMPARE(code({.algorithm = "hdbscan", .radius = 1}), Code::InvalidArgument);
    QCOMPARE(code({.algorithm = "gmm", .minSamples = 4}), Code::InvalidArgument);
    QCOMPARE(code({.algorithm = "dbscan", .minClusterSize = 4}), Code::InvalidArgument);
    QCOMPARE(code({.algorithm = "hdbscan", .minClusterSize = 1}), Code::InvalidArgument);
    QCOMPARE(code({.algorithm = "dbscan", .radius = -1}), Code::InvalidArgument);
    QCOMPARE(code({.algorithm = "dbscan", .radius = std::nan("")}), Code::InvalidArgument);
    QCOMPARE(code({.algorithm = "dbscan", .k = 2}), Code::InvalidArgument);
    QCOMPARE(code({.algorithm = "k-means"}), Code::InvalidArgument);
    // What applies is honoured: a radius beyond everything leaves one state.
    const auto one = trained(data.set(), {.algorithm = "dbscan", .radius = 100});
    QCOMPARE(one.states().size(), std::size_t{1});
    const auto none = trained(data.set(), {.algorithm = "hdbscan", .minClusterSize = 90});
    QCOMPARE(none.states().size(), std::size_t{1});
}

void TestAlgorithms::claimsAreMeasured()
{
    const auto data = test::plant({.kinds = 3, .rounds = 6});
    const auto model = trained(data.set(), {});
    const auto &quality = model.quality();
    QVERIFY(quality.auroc > 0.95 && quality.auprc > 0.95);
    QVERIFY(quality.unknownShare < 0.05);
    QVERIFY(quality.goodSamples > 100 && quality.goodSamples < quality.samples);
    QCOMPARE(quality.abnormality.size(), std::size_t{10});
    double last = 0;
    std::uint64_t rows = 0;
    for (const auto &bin : quality.abnormality) {
        QVERIFY(bin.seen >= last && bin.seen <= 1);
        last = bin.seen;
        rows += bin.samples;
    }
    QCOMPARE(rows, quality.goodSamples);
    QCOMPARE(last, 1.0);
    QVERIFY(quality.abnormalityChance > 0 && quality.abnormalityChance < 0.5);
    QVERIFY2(quality.abnormalityError < 0.2, qPrintable(QString::number(quality.abnormalityError)));
    std::uint64_t answered = 0;
    for (const auto &bin : quality.confidence)
        answered += bin.samples;
    QVERIFY(answered > quality.samples * 9 / 10 && answered <= quality.samples);
}

void TestAlgorithms::confidenceIsCalibrated()
{
    // Overlapping states: sometimes wrong, and confidence must say how often.
    const auto data = test::plant({.kinds = 3, .rounds = 10, .strength = 0.45});
    const auto model = trained(data.set(), {});
    QVERIFY2(model.quality().accuracy < 0.99, qPrintable(QString::number(model.quality().accuracy)));
    QVERIFY2(model.quality().confidenceError < 0.12,
             qPrintable(QString::number(model.quality().confidenceError)));
}

void TestAlgorithms::duplicatesAreSaid()
{
    auto data = clouds(300, 3, 2, 5, 0);
    data.x.col(2) = 2 * data.x.col(0);
    const auto model = trained(data.set(), {});
    QVERIFY(noted(model, "f0") && noted(model, "f2"));
    QCOMPARE(model.features().size(), std::size_t{3});
}

void TestAlgorithms::choiceIsTold()
{
    const auto data = clouds(800, 4, 3, 8, 0);
    const auto model = trained(data.set(), {});
    const auto &choice = model.choice();
    QVERIFY(choice.table.size() > 3 && !choice.reason.empty());
    QVERIFY(choice.sure >= 0 && choice.sure <= 1 && choice.structure > 0.5);
    QCOMPARE(std::count_if(choice.table.begin(), choice.table.end(),
                           [](const Candidate &one) { return one.chosen; }),
             std::ptrdiff_t{1});
    // Nothing was chosen where a person says both.
    QVERIFY(trained(data.set(), {.algorithm = "kmeans", .k = 3}).choice().table.empty());
}

void TestAlgorithms::followsTheModelBefore()
{
    const auto data = clouds(900, 4, 3, 8, 0);
    const auto first = std::make_shared<const Model>(trained(data.set(), {.algorithm = "kmeans", .k = 3}));
    auto set = data.set();
    set.previous = first;
    const auto again = trained(set, {.algorithm = "ward", .k = 3, .seed = 5});
    const auto before = answersOf(*first, *data.schema, data.x);
    const auto after = answersOf(again, *data.schema, data.x);
    for (std::size_t i = 0; i < before.size(); ++i)
        if (before[i] >= 0 && after[i] >= 0) {
            const auto &a = first->states()[static_cast<std::size_t>(before[i])];
            const auto &b = again.states()[static_cast<std::size_t>(after[i])];
            QVERIFY(a.id == b.id && a.name == b.name);
        }
    const auto more = trained(set, {.algorithm = "kmeans", .k = 4});
    QVERIFY(!more.changes().empty());
    std::set<std::uint32_t> ids;
    for (const auto &state : more.states())
        ids.insert(state.id);
    QVERIFY(ids.size() == 4 && ids.contains(1) && ids.contains(2) && ids.contains(3));
}

QTEST_GUILESS_MAIN(TestAlgorithms)
#include "test_algorithms.moc"
