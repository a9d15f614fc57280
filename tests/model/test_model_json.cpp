// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/model.h"
#include "core/model/projection.h"
#include "tests/model/planted.h"

#include <QTest>
#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <sstream>

using namespace statescape;
using namespace statescape::model;
using base::Code;
using nlohmann::json;

class TestModelJson : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void newerVersionSaysSo();
    void versionOneAnswersAsItDid_data();
    void versionOneAnswersAsItDid();
    void everythingComesBack();
    void scoresToTheBitInEveryForm();
    void everyPathIsChecked_data();
    void everyPathIsChecked();
    void wrongTypesNameTheirPath_data();
    void wrongTypesNameTheirPath();
    void truncationIsCorrupt();
    void bytesAtRandomDoNotCrash_data();
    void bytesAtRandomDoNotCrash();
    void shapesAreBounded();
    void tamperingIsFound();
    void deepAndHugeInput();
    void projectionTakesTheSameCare();

private:
    std::string m_text;   ///< prototypes with a metric
    std::string m_shaped; ///< prototypes with shapes, two of them of noise, and every other field filled in
    test::Planted m_data;
    std::vector<float> m_row;
};

namespace {
/// Whatever was read must also work.
void exercise(const Model &model, std::span<const float> row)
{
    std::vector<schema::Feature> features = model.features();
    const schema::Schema schema(features);
    const auto columns = model.bind(schema);
    if (!columns)
        return;
    std::vector<float> values(features.size(), row[3]);
    const Score score = model.score(values, *columns);
    QVERIFY(score.cluster >= -1 && score.cluster < static_cast<int>(model.states().size()));
    QVERIFY(score.confidence >= 0 && score.confidence <= 1);
    QVERIFY(score.abnormality >= 0 && score.abnormality <= 1);
    QVERIFY(model.explain(values, *columns).size() == features.size());
    std::vector<float> shares(model.states().size());
    model.memberships(values, *columns, shares);
    // States without a prototype get nothing, but somebody does.
    QVERIFY(std::fabs(std::accumulate(shares.begin(), shares.end(), 0.0) - 1) < 1e-3);
    QVERIFY(!model.algorithm().empty() && model.algorithm() != "auto");
    (void)model.verify();
    (void)model.toJson();
}

bool same(const Score &a, const Score &b)
{
    return a.cluster == b.cluster && a.polarity == b.polarity &&
           std::memcmp(&a.confidence, &b.confidence, 4) == 0 &&
           std::memcmp(&a.abnormality, &b.abnormality, 4) == 0;
}

std::string textOf(const char *name)
{
    std::ifstream file(std::string(STATESCAPE_SOURCE "/tests/model/data/") + name);
    std::ostringstream out;
    out << file.rdbuf();
    return out.str();
}

float missingOf(const std::string &key)
{
    for (int reason = 0; reason < 9; ++reason)
        if (key == schema::missingKey(static_cast<schema::Missing>(reason)))
            return schema::missingValue(static_cast<schema::Missing>(reason));
    return 0;
}

double rounded(double value)
{
    return std::round(1000 * value) / 1000;
}

/// The same model with normal distributions for prototypes.
json shaped(json root)
{
    ml::Random random(8);
    auto &judge = root["judge"];
    const std::size_t d = root["features"].size();
    std::size_t p = 0;
    for (auto &one : judge["prototypes"]) {
        json shape = json::array();
        for (std::size_t i = 0; i < d; ++i) {
            std::vector<double> row;
            for (std::size_t j = 0; j < i; ++j)
                row.push_back(rounded(0.2 * random.normal()));
            row.push_back(rounded(0.7 + random.uniform()));
            shape.push_back(row);
        }
        one["shape"] = std::move(shape);
        one["log_share"] = rounded(-2 + random.normal());
        if (p++ % 7 == 6)
            one["state"] = -1;
    }
    judge["metric"] = json::array();
    root["golden"] = json::array();
    return root;
}

/// Every field that training may leave empty.
json filled(json root)
{
    root["options"]["radius"] = 1.75;
    root["options"]["min_samples"] = 7;
    root["options"]["min_cluster_size"] = 12;
    root["options"]["interval_ns"] = 250000000;
    const json candidate{{"algorithm", "gmm"},
                         {"k", 4},
                         {"silhouette", 0.25},
                         {"davies_bouldin", 1.5},
                         {"calinski_harabasz", 99.5},
                         {"density", -0.5},
                         {"stability", 0.875},
                         {"noise", 0.0},
                         {"score", 0.75},
                         {"chosen", true}};
    json other = candidate;
    other["algorithm"] = "hdbscan";
    other["davies_bouldin"] = nullptr;
    other["chosen"] = false;
    root["report"] = {{"algorithm", "gmm"},
                      {"fidelity", 0.9375},
                      {"noise", 31},
                      {"choice",
                       {{"table", {candidate, other}},
                        {"sure", 0.5},
                        {"structure", 0.625},
                        {"reason", "Stretched states, and they repeat."}}}};
    auto &quality = root["quality"];
    quality["confidence"] = {{{"claimed", 0.5}, {"seen", 0.25}, {"samples", 40}}};
    quality["abnormality"] = {{{"claimed", 0.25}, {"seen", 0.375}, {"samples", 50}},
                              {{"claimed", 0.5}, {"seen", nullptr}, {"samples", 0}}};
    quality["confidence_error"] = 0.125;
    quality["abnormality_error"] = 0.0625;
    quality["abnormality_chance"] = 0.03125;
    quality["good_samples"] = 90;
    quality["auroc"] = 0.96875;
    quality["auprc"] = nullptr;
    quality["unknown_share"] = 0.015625;
    quality["agreement"] = -0.25;
    root["changes"] = {{{"kind", "split"},
                        {"before", {"busy"}},
                        {"after", {"busy", "state 4"}},
                        {"distance", nullptr},
                        {"share", 0.75},
                        {"text", "busy is two states now."}},
                       {{"kind", "moved"},
                        {"before", {"quiet"}},
                        {"after", {"quiet"}},
                        {"distance", 1.25},
                        {"share", 1.0},
                        {"text", "quiet has moved."}}};
    root["story"] = {"3 states; 3 named by your labels.", "2.1 % of samples belong to none."};
    return root;
}

void visit(json &root, const json::json_pointer &at, std::vector<json::json_pointer> &out)
{
    out.push_back(at);
    const json &node = root[at];
    if (node.is_object())
        for (const auto &[key, value] : node.items())
            visit(root, at / key, out);
    else if (node.is_array())
        // The ends of an array stand for all of it.
        for (std::size_t i = 0; i < node.size(); i += std::max<std::size_t>(1, node.size() - 1))
            visit(root, at / i, out);
}
} // namespace

void TestModelJson::initTestCase()
{
    m_data = test::plant({.kinds = 2, .rounds = 2});
    TrainOptions options;
    options.algorithm = "kmeans";
    // Few features: every path of the file is changed many times below.
    for (const std::size_t column : {0, 3, 4, 7, 8, 11})
        options.features.push_back((*m_data.schema)[column].key);
    const auto model = Model::train(m_data.set(), options);
    QVERIFY2(model.has_value(), model ? "" : model.error().text().c_str());
    m_text = model->toJson();
    m_row.assign(m_data.row(9).begin(), m_data.row(9).end());
    const auto made = Model::fromJson(filled(shaped(json::parse(m_text))).dump());
    QVERIFY2(made.has_value(), made ? "" : made.error().text().c_str());
    m_shaped = made->toJson();
}

void TestModelJson::newerVersionSaysSo()
{
    json root = json::parse(m_text);
    QCOMPARE(root["format"].get<std::string>(), std::string("statescape-model"));
    QCOMPARE(root["version"].get<int>(), 2);
    root["version"] = 3;
    const auto newer = Model::fromJson(root.dump());
    QCOMPARE(newer.error().code, Code::NewerVersion);
    QVERIFY(!newer.error().hint.empty());
    root["version"] = 0;
    QCOMPARE(Model::fromJson(root.dump()).error().code, Code::Corrupt);
    root["version"] = 2;
    root["format"] = "statescape-projection";
    QCOMPARE(Model::fromJson(root.dump()).error().code, Code::Corrupt);
    QCOMPARE(Model::fromJson("").error().code, Code::Corrupt);
    QCOMPARE(Model::fromJson("[]").error().code, Code::Corrupt);
    QCOMPARE(Model::fromJson("null").error().code, Code::Corrupt);
}

void TestModelJson::versionOneAnswersAsItDid_data()
{
    QTest::addColumn<QString>("name");
    QTest::newRow("labelled") << "labelled";
    QTest::newRow("plain") << "plain";
}

void TestModelJson::versionOneAnswersAsItDid()
{
    QFETCH(QString, name);
    const std::string text = textOf(qPrintable("version1_" + name + ".json"));
    QCOMPARE(json::parse(text)["version"].get<int>(), 1);
    const auto model = Model::fromJson(text);
    QVERIFY2(model.has_value(), model ? "" : model.error().text().c_str());
    const auto verdict = model->verify();
    QVERIFY2(verdict.has_value(), verdict ? "" : verdict.error().text().c_str());
    const json answers = json::parse(textOf("version1_answers.json"))[name.toStdString()];
    QCOMPARE(model->states().size(), answers["states"].get<std::size_t>());
    QCOMPARE(model->unknownDistance(), answers["unknown_distance"].get<double>());
    QCOMPARE(model->inertia(), answers["inertia"].get<double>());
    QCOMPARE(model->algorithm(), std::string("kmeans"));
    QVERIFY(std::isnan(model->fidelity()));
    QCOMPARE(model->noise(), std::uint64_t{0});
    QVERIFY(model->choice().table.empty() && model->changes().empty() && model->story().empty());
    QVERIFY(std::isnan(model->quality().auroc) && model->quality().confidence.empty());
    for (std::size_t s = 0; s < model->states().size(); ++s)
        QCOMPARE(model->states()[s].id, static_cast<std::uint32_t>(s + 1));
    std::vector<int> columns(model->features().size());
    std::iota(columns.begin(), columns.end(), 0);
    const auto again = Model::fromJson(model->toJson());
    QVERIFY2(again.has_value(), again ? "" : again.error().text().c_str());
    std::size_t seen = 0;
    for (const auto &one : answers["samples"]) {
        std::vector<float> row;
        for (const auto &value : one["row"])
            row.push_back(value.is_string() ? missingOf(value) : value.get<float>());
        const Score score = model->score(row, columns);
        QCOMPARE(score.cluster, one["state"].get<int>());
        QCOMPARE(std::string(schema::polarityKey(score.polarity)), one["polarity"].get<std::string>());
        QVERIFY(std::fabs(score.confidence - one["confidence"].get<float>()) < 1e-5F);
        QVERIFY(std::fabs(score.abnormality - one["abnormality"].get<float>()) < 1e-5F);
        std::vector<float> shares(model->states().size());
        model->memberships(row, columns, shares);
        for (std::size_t s = 0; s < shares.size(); ++s)
            QVERIFY(std::fabs(shares[s] - one["memberships"][s].get<float>()) < 1e-5F);
        const auto first = model->explain(row, columns)[0];
        QCOMPARE(first.column, one["first"].get<int>());
        QVERIFY(std::fabs(first.sigma - one["sigma"].get<double>()) < 1e-5);
        // Written anew it is version 2 and the same model.
        QVERIFY(same(score, again->score(row, columns)));
        ++seen;
    }
    QVERIFY(seen > 40);
}

void TestModelJson::everythingComesBack()
{
    const auto model = Model::fromJson(m_shaped);
    QVERIFY2(model.has_value(), model ? "" : model.error().text().c_str());
    QVERIFY(model->toJson() == m_shaped);
    QVERIFY(json::parse(m_shaped) == filled(shaped(json::parse(m_text))));
    QCOMPARE(model->algorithm(), std::string("gmm"));
    QCOMPARE(model->fidelity(), 0.9375);
    QCOMPARE(model->noise(), std::uint64_t{31});
    QCOMPARE(model->choice().sure, 0.5);
    QCOMPARE(model->choice().structure, 0.625);
    QCOMPARE(model->choice().reason, std::string("Stretched states, and they repeat."));
    QCOMPARE(model->choice().table.size(), std::size_t{2});
    const auto &candidate = model->choice().table[0];
    QCOMPARE(candidate.algorithm, std::string("gmm"));
    QVERIFY(candidate.k == 4 && candidate.chosen && candidate.stability == 0.875 &&
            candidate.density == -0.5 && candidate.score == 0.75 && candidate.calinskiHarabasz == 99.5);
    QVERIFY(std::isnan(model->choice().table[1].daviesBouldin) && !model->choice().table[1].chosen);
    QCOMPARE(model->changes().size(), std::size_t{2});
    QVERIFY(model->changes()[0].kind == StateChange::Kind::Split &&
            model->changes()[1].kind == StateChange::Kind::Moved);
    QCOMPARE(model->changes()[0].after[1], std::string("state 4"));
    QVERIFY(std::isnan(model->changes()[0].distance));
    QCOMPARE(model->changes()[1].distance, 1.25);
    QCOMPARE(model->story().size(), std::size_t{2});
    const auto &quality = model->quality();
    QVERIFY(quality.confidence == (std::vector<Reliability>{{0.5, 0.25, 40}}));
    QCOMPARE(quality.abnormality.size(), std::size_t{2});
    QVERIFY(std::isnan(quality.abnormality[1].seen));
    QVERIFY(quality.confidenceError == 0.125 && quality.abnormalityError == 0.0625 &&
            quality.abnormalityChance == 0.03125 && quality.goodSamples == 90 && quality.auroc == 0.96875 &&
            std::isnan(quality.auprc) && quality.unknownShare == 0.015625 && quality.agreement == -0.25);
    QVERIFY(model->options().radius == 1.75 && model->options().minSamples == 7 &&
            model->options().minClusterSize == 12 && model->options().intervalNs == 250000000);
    // Ids are kept, whatever they are.
    json root = json::parse(m_shaped);
    root["judge"]["states"][0]["id"] = 4000000000U;
    QCOMPARE(Model::fromJson(root.dump())->states()[0].id, 4000000000U);
    root["judge"]["states"][1]["id"] = 4000000000U;
    QCOMPARE(Model::fromJson(root.dump()).error().code, Code::Corrupt);
}

void TestModelJson::scoresToTheBitInEveryForm()
{
    for (const std::string &text : {m_text, m_shaped}) {
        const auto model = Model::fromJson(text);
        const auto again = Model::fromJson(model->toJson());
        const auto columns = model->bind(*m_data.schema);
        ml::Matrix x(6000, m_data.x.cols());
        for (Eigen::Index i = 0; i < x.rows(); ++i)
            x.row(i) = m_data.x.row(i % m_data.x.rows()) * (1 + 0.1F * static_cast<float>(i % 13));
        const auto one = model->scoreAll(x, *columns, 1);
        const auto two = again->scoreAll(x, *columns, 2);
        std::vector<std::size_t> seen(model->states().size() + 1, 0);
        std::vector<float> shares(model->states().size());
        std::vector<float> others(model->states().size());
        for (std::size_t i = 0; i < one.size(); ++i) {
            const std::span<const float> row(x.row(static_cast<Eigen::Index>(i)).data(),
                                             static_cast<std::size_t>(x.cols()));
            QVERIFY(same(one[i], two[i]));
            QVERIFY(same(one[i], again->score(row, *columns)));
            model->memberships(row, *columns, shares);
            again->memberships(row, *columns, others);
            QVERIFY(shares == others);
            ++seen[static_cast<std::size_t>(one[i].cluster + 1)];
        }
        QVERIFY(std::count(seen.begin(), seen.end(), std::size_t{0}) <= 1);
    }
}

void TestModelJson::everyPathIsChecked_data()
{
    QTest::addColumn<bool>("shapes");
    QTest::newRow("metric") << false;
    QTest::newRow("shapes") << true;
}

void TestModelJson::everyPathIsChecked()
{
    QFETCH(bool, shapes);
    json root = json::parse(shapes ? m_shaped : m_text);
    std::vector<json::json_pointer> paths;
    visit(root, json::json_pointer(), paths);
    QVERIFY2(paths.size() > 120, qPrintable(QString::number(paths.size())));
    const std::vector<json> hostile{nullptr,
                                    true,
                                    -1,
                                    1e300,
                                    json::array(),
                                    json::object(),
                                    "x",
                                    json::array({json::array()}),
                                    -9223372036854775807LL,
                                    18446744073709551615ULL};
    for (const auto &path : paths)
        for (const auto &value : hostile) {
            json changed = root;
            changed[path] = value;
            if (const auto model = Model::fromJson(changed.dump()))
                exercise(*model, m_row);
            else
                QVERIFY(model.error().code == Code::Corrupt || model.error().code == Code::NewerVersion);
        }
    for (const auto &path : paths) {
        if (path.empty())
            continue;
        json changed = root;
        auto &parent = changed[path.parent_pointer()];
        if (parent.is_object())
            parent.erase(path.back());
        else
            parent.erase(parent.begin());
        const auto model = Model::fromJson(changed.dump());
        if (!model)
            QCOMPARE(model.error().code, Code::Corrupt);
        else
            exercise(*model, m_row);
    }
}

void TestModelJson::wrongTypesNameTheirPath_data()
{
    QTest::addColumn<QString>("pointer");
    QTest::addColumn<QString>("path");
    QTest::newRow("scale") << "/features/2/scale"
                           << "$.features[2].scale";
    QTest::newRow("state") << "/judge/prototypes/1/state"
                           << "$.judge.prototypes[1].state";
    QTest::newRow("centre") << "/judge/prototypes/1/centre/0"
                            << "$.judge.prototypes[1].centre[0]";
    QTest::newRow("polarity") << "/judge/states/0/polarity"
                              << "$.judge.states[0].polarity";
    QTest::newRow("metric") << "/judge/metric/2/1"
                            << "$.judge.metric[2][1]";
    QTest::newRow("loading") << "/axes/loadings/0/3"
                             << "$.axes.loadings[0][3]";
    QTest::newRow("golden") << "/golden/0/row/1"
                            << "$.golden[0].row[1]";
    QTest::newRow("shape") << "/judge/prototypes/2/shape/3/1"
                           << "$.judge.prototypes[2].shape[3][1]";
    QTest::newRow("log share") << "/judge/prototypes/2/log_share"
                               << "$.judge.prototypes[2].log_share";
    QTest::newRow("id") << "/judge/states/1/id"
                        << "$.judge.states[1].id";
    QTest::newRow("candidate") << "/report/choice/table/1/score"
                               << "$.report.choice.table[1].score";
    QTest::newRow("algorithm") << "/report/algorithm"
                               << "$.report.algorithm";
    QTest::newRow("kind") << "/changes/1/kind"
                          << "$.changes[1].kind";
    QTest::newRow("story") << "/story"
                           << "$.story";
    QTest::newRow("reliability") << "/quality/abnormality/0/samples"
                                 << "$.quality.abnormality[0].samples";
    QTest::newRow("radius") << "/options/radius"
                            << "$.options.radius";
    QTest::newRow("seed") << "/options/seed"
                          << "$.options.seed";
}

void TestModelJson::wrongTypesNameTheirPath()
{
    QFETCH(QString, pointer);
    QFETCH(QString, path);
    json root = json::parse(path.contains("metric") || path.contains("golden") ? m_text : m_shaped);
    // "auto" is the one text that an algorithm may not be.
    root[json::json_pointer(pointer.toStdString())] = "auto";
    const auto model = Model::fromJson(root.dump());
    QCOMPARE(model.error().code, Code::Corrupt);
    QVERIFY2(model.error().message.find(path.toStdString()) != std::string::npos,
             model.error().message.c_str());
}

void TestModelJson::truncationIsCorrupt()
{
    for (const std::string &text : {m_text, m_shaped})
        for (std::size_t length = 0; length < text.size(); length += 1 + text.size() / 400)
            QCOMPARE(Model::fromJson(std::string_view(text).substr(0, length)).error().code, Code::Corrupt);
}

void TestModelJson::bytesAtRandomDoNotCrash_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("metric") << QByteArray::fromStdString(m_text);
    QTest::newRow("shapes") << QByteArray::fromStdString(m_shaped);
    QTest::newRow("version 1") << QByteArray::fromStdString(textOf("version1_labelled.json"));
}

void TestModelJson::bytesAtRandomDoNotCrash()
{
    QFETCH(QByteArray, text);
    const std::string whole = text.toStdString();
    ml::Random random(2026);
    int accepted = 0;
    for (int round = 0; round < 1500; ++round) {
        std::string changed = whole;
        for (std::uint64_t change = 0, changes = 1 + random.below(4); change < changes; ++change) {
            const std::size_t at = random.below(changed.size());
            switch (random.below(5)) {
            case 0:
                changed[at] = static_cast<char>(random.below(256));
                break;
            case 1:
                changed.erase(at, 1 + random.below(40));
                break;
            case 2:
                changed.insert(at, changed.substr(random.below(changed.size()), random.below(40)));
                break;
            case 3:
                changed.resize(random.below(100) == 0 ? at + 1 : changed.size());
                break;
            default:
                changed[at] = "0123456789-.eE[]{},:\""[random.below(21)];
                break;
            }
        }
        if (const auto model = Model::fromJson(changed)) {
            ++accepted;
            exercise(*model, m_row);
        } else {
            QVERIFY(model.error().code == Code::Corrupt || model.error().code == Code::NewerVersion);
        }
    }
    // Digits change without harm to the form, so some must get through: otherwise nothing was exercised.
    QVERIFY2(accepted > 50, qPrintable(QString::number(accepted)));
}

void TestModelJson::shapesAreBounded()
{
    // More numbers than any fit makes: 65,536 shapes of 40 features would need 54 million.
    json root = json::parse(m_shaped);
    const auto with = [&](auto change) {
        json changed = root;
        change(changed);
        const auto model = Model::fromJson(changed.dump());
        return model ? std::string("accepted") : model.error().message;
    };
    const auto said = [](const std::string &message, const char *part) {
        return message.find(part) != std::string::npos;
    };
    json feature = root["features"][0];
    const std::string many = with([&](json &changed) {
        while (changed["features"].size() < 600)
            changed["features"].push_back(feature);
        changed["axes"]["mean"] = std::vector<double>(600, 0);
        for (auto &loading : changed["axes"]["loadings"])
            loading = std::vector<double>(600, 0);
        while (changed["judge"]["prototypes"].size() < 60)
            changed["judge"]["prototypes"].push_back({{"shape", 0}});
    });
    QVERIFY2(said(many, "$.judge.prototypes has more than 4194304 numbers in its shapes"), many.c_str());
    QVERIFY(said(with([](json &one) { one["judge"]["prototypes"][1]["shape"][2][2] = 0; }),
                 "$.judge.prototypes[1].shape[2]"));
    QVERIFY(said(with([](json &one) { one["judge"]["prototypes"][1]["shape"][2][2] = -1; }),
                 "$.judge.prototypes[1].shape[2]"));
    QVERIFY(said(with([](json &one) { one["judge"]["prototypes"][3].erase("shape"); }),
                 "$.judge.prototypes[3].shape is missing"));
    QVERIFY(said(with([](json &one) { one["judge"]["prototypes"][0]["shape"].erase(0); }),
                 "$.judge.prototypes[0].shape"));
    QVERIFY(said(with([](json &one) {
                     for (auto &prototype : one["judge"]["prototypes"])
                         prototype["state"] = -1;
                 }),
                 "$.judge.prototypes are all of noise"));
    const json metric = json::parse(m_text)["judge"]["metric"];
    QVERIFY(said(with([&](json &one) { one["judge"]["metric"] = metric; }), "$.judge.metric"));
    // Noise came with version 2.
    root = json::parse(textOf("version1_labelled.json"));
    QVERIFY(said(with([](json &one) { one["judge"]["prototypes"][0]["state"] = -1; }),
                 "$.judge.prototypes[0].state"));
    // Thirty times its length in memory, were it read.
    QCOMPARE(Model::fromJson("[" + std::string(14 << 20, ',') + "]").error().code, Code::Corrupt);
}

void TestModelJson::tamperingIsFound()
{
    json root = json::parse(m_text);
    for (auto &value : root["judge"]["prototypes"][0]["centre"])
        value = value.get<float>() + 0.5F;
    const auto moved = Model::fromJson(root.dump());
    QVERIFY(moved.has_value());
    const auto verdict = moved->verify();
    QVERIFY(!verdict);
    QCOMPARE(verdict.error().code, Code::Mismatch);
    root = json::parse(m_text);
    root["golden"][0]["confidence"] = 0.123;
    QCOMPARE(Model::fromJson(root.dump())->verify().error().code, Code::Mismatch);
}

void TestModelJson::deepAndHugeInput()
{
    QCOMPARE(Model::fromJson(std::string(200000, '[')).error().code, Code::Corrupt);
    const std::string deep = std::string(100000, '[') + std::string(100000, ']');
    QCOMPARE(Model::fromJson(deep).error().code, Code::Corrupt);
    json root = json::parse(m_text);
    root["golden"] = json::array();
    root["judge"]["states"] = json::array();
    QCOMPARE(Model::fromJson(root.dump()).error().code, Code::Corrupt);
    root = json::parse(m_text);
    root["judge"]["good_distances"] = json::array({2, 1});
    QCOMPARE(Model::fromJson(root.dump()).error().code, Code::Corrupt);
    root = json::parse(m_text);
    root["name"] = std::string(1 << 20, 'n');
    QCOMPARE(Model::fromJson(root.dump()).error().code, Code::Corrupt);
}

void TestModelJson::projectionTakesTheSameCare()
{
    const auto data = test::plant({.kinds = 2, .rounds = 2});
    const auto projection = Projection::fit(*data.schema, data.x, 3);
    QVERIFY(projection.has_value());
    const std::string text = projection->toJson();
    const auto read = Projection::fromJson(text);
    QVERIFY(read.has_value());
    QVERIFY(read->toJson() == text);
    QVERIFY(read->projectAll(data.x) == projection->projectAll(data.x));
    QCOMPARE(Projection::fromJson(m_text).error().code, Code::Corrupt);
    json root = json::parse(text);
    root["version"] = 9;
    QCOMPARE(Projection::fromJson(root.dump()).error().code, Code::NewerVersion);
    root = json::parse(text);
    root["columns"][0] = 100000;
    QCOMPARE(Projection::fromJson(root.dump()).error().code, Code::Corrupt);
    ml::Random random(3);
    for (int round = 0; round < 300; ++round) {
        std::string changed = text;
        changed[random.below(changed.size())] = "0123456789-.eE[]{},:\""[random.below(21)];
        if (const auto other = Projection::fromJson(changed))
            QCOMPARE(other->projectAll(data.x).rows(), data.x.rows());
    }
}

QTEST_GUILESS_MAIN(TestModelJson)
#include "test_model_json.moc"
