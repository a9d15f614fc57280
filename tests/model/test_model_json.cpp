// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/model.h"
#include "core/model/projection.h"
#include "tests/model/planted.h"

#include <QTest>
#include <nlohmann/json.hpp>

using namespace statescape;
using namespace statescape::model;
using base::Code;
using nlohmann::json;

class TestModelJson : public QObject {
    Q_OBJECT

private slots:
    void initTestCase();
    void newerVersionSaysSo();
    void everyPathIsChecked();
    void wrongTypesNameTheirPath_data();
    void wrongTypesNameTheirPath();
    void truncationIsCorrupt();
    void bytesAtRandomDoNotCrash();
    void tamperingIsFound();
    void deepAndHugeInput();
    void projectionTakesTheSameCare();

private:
    std::string m_text;
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
    (void)model.verify();
    (void)model.toJson();
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
    const auto data = test::plant({.kinds = 2, .rounds = 2});
    TrainOptions options;
    // Few features: every path of the file is changed many times below.
    for (const std::size_t column : {0, 3, 4, 7, 8, 11})
        options.features.push_back((*data.schema)[column].key);
    const auto model = Model::train(data.set(), options);
    QVERIFY(model.has_value());
    m_text = model->toJson();
    m_row.assign(data.row(9).begin(), data.row(9).end());
}

void TestModelJson::newerVersionSaysSo()
{
    json root = json::parse(m_text);
    QCOMPARE(root["format"].get<std::string>(), std::string("statescape-model"));
    QCOMPARE(root["version"].get<int>(), 1);
    root["version"] = 2;
    const auto newer = Model::fromJson(root.dump());
    QCOMPARE(newer.error().code, Code::NewerVersion);
    QVERIFY(!newer.error().hint.empty());
    root["version"] = 0;
    QCOMPARE(Model::fromJson(root.dump()).error().code, Code::Corrupt);
    root["version"] = 1;
    root["format"] = "statescape-projection";
    QCOMPARE(Model::fromJson(root.dump()).error().code, Code::Corrupt);
    QCOMPARE(Model::fromJson("").error().code, Code::Corrupt);
    QCOMPARE(Model::fromJson("[]").error().code, Code::Corrupt);
    QCOMPARE(Model::fromJson("null").error().code, Code::Corrupt);
}

void TestModelJson::everyPathIsChecked()
{
    json root = json::parse(m_text);
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
    QTest::newRow("seed") << "/options/seed"
                          << "$.options.seed";
}

void TestModelJson::wrongTypesNameTheirPath()
{
    QFETCH(QString, pointer);
    QFETCH(QString, path);
    json root = json::parse(m_text);
    root[json::json_pointer(pointer.toStdString())] = "never";
    const auto model = Model::fromJson(root.dump());
    QCOMPARE(model.error().code, Code::Corrupt);
    QVERIFY2(model.error().message.find(path.toStdString()) != std::string::npos,
             model.error().message.c_str());
}

void TestModelJson::truncationIsCorrupt()
{
    for (std::size_t length = 0; length < m_text.size(); length += 1 + m_text.size() / 400)
        QCOMPARE(Model::fromJson(std::string_view(m_text).substr(0, length)).error().code, Code::Corrupt);
}

void TestModelJson::bytesAtRandomDoNotCrash()
{
    ml::Random random(2026);
    int accepted = 0;
    for (int round = 0; round < 600; ++round) {
        std::string text = m_text;
        for (std::uint64_t change = 0, changes = 1 + random.below(4); change < changes; ++change) {
            const std::size_t at = random.below(text.size());
            switch (random.below(4)) {
            case 0:
                text[at] = static_cast<char>(random.below(256));
                break;
            case 1:
                text.erase(at, 1 + random.below(40));
                break;
            case 2:
                text.insert(at, text.substr(random.below(text.size()), random.below(40)));
                break;
            default:
                text[at] = "0123456789-.eE[]{},:\""[random.below(21)];
                break;
            }
        }
        if (const auto model = Model::fromJson(text)) {
            ++accepted;
            exercise(*model, m_row);
        }
    }
    // Digits change without harm to the form, so some must get through: otherwise nothing was exercised.
    QVERIFY(accepted > 20);
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
