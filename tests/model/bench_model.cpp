// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Speed of what a model says and of what explains a picture, beside scikit-learn and SciPy in one run; one
// JSON row a line.
#include "core/ml/parallel.h"
#include "core/ml/random.h"
#include "core/model/advice.h"
#include "core/model/compare.h"
#include "core/model/model.h"
#include "core/model/projection.h"
#include "core/model/rule.h"
#include "tests/bench/row.h"

#include <bit>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>

using namespace statescape;
using nlohmann::json;

namespace {
constexpr Eigen::Index kRows = 1000000;
constexpr Eigen::Index kColumns = 89;
constexpr Eigen::Index kCompared = 40000;
constexpr std::size_t kRun = 50;
constexpr int kSeedEvery = 20;
constexpr Eigen::Index kLabelled = 50000;
constexpr Eigen::Index kPeerRows = 100000;

schema::Schema schemaOf()
{
    std::vector<schema::Feature> out;
    for (Eigen::Index j = 0; j < kColumns; ++j)
        out.push_back({"f" + std::to_string(j), "", base::Unit::PerSecond, schema::FeatureKind::Rate,
                       "scheduler", "", j % 5 != 0});
    return schema::Schema(std::move(out));
}

/// Ten states in runs, log-normal rates that go together in a few directions, as kernel counters do.
struct Samples {
    ml::Matrix x;
    std::vector<int> state;
};

Samples samples()
{
    constexpr int kStates = 10;
    constexpr int kTogether = 6;
    ml::Random shape(1);
    ml::Matrix centres(kStates, kColumns);
    ml::Matrix mix(kTogether, kColumns);
    for (Eigen::Index i = 0; i < centres.size(); ++i)
        centres.data()[i] = static_cast<float>(shape.normal());
    for (Eigen::Index i = 0; i < mix.size(); ++i)
        mix.data()[i] = static_cast<float>(0.4 * shape.normal());
    Samples out{ml::Matrix(kRows, kColumns), std::vector<int>(static_cast<std::size_t>(kRows))};
    constexpr Eigen::Index kPart = 10000;
    ml::forEachChunk(static_cast<std::size_t>(kRows / kPart), ml::threadCount(0), [&](std::size_t part) {
        ml::Random random(2, part);
        int state = 0;
        for (Eigen::Index i = static_cast<Eigen::Index>(part) * kPart;
             i < (static_cast<Eigen::Index>(part) + 1) * kPart; ++i) {
            if (static_cast<std::size_t>(i) % kRun == 0)
                state = static_cast<int>(random.below(kStates));
            out.state[static_cast<std::size_t>(i)] = state;
            Eigen::RowVectorXf shared(kTogether);
            for (Eigen::Index c = 0; c < kTogether; ++c)
                shared[c] = static_cast<float>(random.normal());
            const Eigen::RowVectorXf centre = centres.row(state) + shared * mix;
            for (Eigen::Index j = 0; j < kColumns; ++j)
                out.x(i, j) =
                    std::exp(4 + 0.7F * (centre[j] + 0.7F * static_cast<float>(random.uniform() - 0.5)));
        }
    });
    return out;
}

template <class Work>
double bestMs(int runs, Work work)
{
    double best = 1e300;
    for (int run = 0; run < runs; ++run) {
        const auto start = std::chrono::steady_clock::now();
        work();
        const auto took = std::chrono::steady_clock::now() - start;
        best = std::min(best, std::chrono::duration<double, std::milli>(took).count());
    }
    return best;
}

/// @return null where no python3 has the peer.
json peer(const ml::Matrix &x, const ml::Matrix &z, const std::vector<int> &state)
{
    std::vector<float> values(x.data(), x.data() + kPeerRows * kColumns);
    values.insert(values.end(), z.data(), z.data() + kPeerRows * z.cols());
    for (Eigen::Index i = 0; i < kPeerRows; ++i)
        values.push_back(std::bit_cast<float>(state[static_cast<std::size_t>(i)]));
    return bench::askPython(STATESCAPE_BENCH_PEER, values,
                            std::to_string(kPeerRows) + " " + std::to_string(kColumns) + " " +
                                std::to_string(z.cols()) + " " + std::to_string(kCompared));
}

void print(const std::string &name, double value, const json &theirs, const char *key,
           const std::string &note, const char *unit = "ms")
{
    json row{{"group", "model"}, {"name", name},          {"value", value},   {"unit", unit},
             {"peer", nullptr},  {"peer_value", nullptr}, {"ratio", nullptr}, {"note", note}};
    if (theirs.is_object() && theirs.contains(key)) {
        row["peer"] = theirs["names"][key];
        row["peer_value"] = theirs[key];
        row["ratio"] = theirs[key].get<double>() / value;
    }
    std::printf("%s\n", row.dump().c_str());
    std::fflush(stdout);
}
/// Rows as recorded to states: logarithm, scaling, distances, confidence and abnormality.
void scoring(const Samples &data, const json &theirs)
{
    constexpr Eigen::Index kTrained = 8000;
    constexpr Eigen::Index kOnce = 20000;
    const auto schema = std::make_shared<const schema::Schema>(schemaOf());
    std::vector<schema::Label> labels;
    std::vector<std::string> names{""};
    for (int state = 1; state <= 10; ++state)
        names.push_back("class " + std::to_string(state));
    for (std::size_t i = 0; i < static_cast<std::size_t>(kTrained); ++i)
        labels.push_back({schema::Polarity::Negative, static_cast<std::uint16_t>(data.state[i] + 1)});
    struct Form {
        const char *name, *algorithm;
        int k;
        bool labelled;
        const char *key, *what;
    };
    for (const Form &form : {Form{"k-means", "kmeans", 16, false, "kmeans_score", "16 states"},
                             Form{"mixture", "gmm", 16, false, "gmm_score", "16 normal distributions"},
                             Form{"labelled", "kmeans", 0, true, "", "10 labelled classes, whitened"}}) {
        model::TrainOptions options{
            .algorithm = form.algorithm, .k = form.k, .restarts = 1, .heldOutShare = 0};
        for (int j = 0; j < 64; ++j)
            options.features.push_back("f" + std::to_string(j));
        const model::TrainingSet set{schema,
                                     data.x.topRows(kTrained),
                                     form.labelled ? std::span<const schema::Label>(labels)
                                                   : std::span<const schema::Label>(),
                                     {},
                                     names};
        const auto model = model::Model::train(set, options);
        if (!model) {
            std::fprintf(stderr, "%s: %s\n", form.name, model.error().text().c_str());
            continue;
        }
        const auto columns = model->bind(*schema);
        double sum = 0;
        const double once = bestMs(5, [&] {
            for (Eigen::Index i = 0; i < kOnce; ++i)
                sum += model->score({data.x.row(i).data(), static_cast<std::size_t>(kColumns)}, *columns)
                           .confidence;
        });
        const std::string note = std::string("64 features, ") + form.what;
        const std::string tail = std::string(", ") + form.name;
        print("score one sample" + tail, 1e6 * once / kOnce, json(), "",
              note + ", one thread" + (sum > 0 ? "" : ", nothing scored"), "ns");
        print("score 100,000 samples" + tail,
              bestMs(3, [&] { (void)model->scoreAll(data.x.topRows(kPeerRows), *columns); }), theirs,
              form.key, note + "; the peer gives the state alone (mixture: the shares)");
        print("score 1M samples" + tail, bestMs(2, [&] { (void)model->scoreAll(data.x, *columns); }), json(),
              "", note);
    }
}
} // namespace

int main()
{
    const auto data = samples();
    const auto schema = schemaOf();
    const auto projection = model::Projection::fit(schema, data.x.topRows(kPeerRows / 5), 8);
    if (!projection)
        return 1;
    ml::Matrix z(kRows, static_cast<Eigen::Index>(projection->columns().size()));
    for (Eigen::Index i = 0; i < kRows; ++i)
        projection->standardise({data.x.row(i).data(), static_cast<std::size_t>(kColumns)},
                                {z.row(i).data(), static_cast<std::size_t>(z.cols())});
    const json theirs = peer(data.x, z, data.state);
    scoring(data, theirs);
    const auto sidesOf = [&](Eigen::Index rows) {
        std::vector<model::Side> sides;
        for (std::size_t i = 0; i < static_cast<std::size_t>(rows); ++i)
            sides.push_back(data.state[i] < 5 ? model::Side::Selected : model::Side::Others);
        return sides;
    };

    std::size_t found = 0;
    const auto compared = sidesOf(kCompared);
    const auto few = data.x.topRows(kCompared);
    const double comparedMs = bestMs(3, [&] { found = model::whyDifferent(schema, few, compared).size(); });
    print("why different", comparedMs, theirs, "ranks",
          std::to_string(found) + " features, " + std::to_string(kCompared) +
              " samples; ours with medians, intervals and correlation in time, the peer p values alone");
    const auto all = sidesOf(kRows);
    print("why different, 1M samples", bestMs(2, [&] { (void)model::whyDifferent(schema, data.x, all); }),
          json(), "", "20,000 a side are looked at");
    print("twin histogram, 1M samples",
          bestMs(3, [&] { (void)model::twinHistogram(schema, data.x, all, 7); }), json(), "",
          "one feature, 32 bins");

    std::string rule;
    const auto ruleMs = [&](Eigen::Index rows, int runs) {
        auto sides = sidesOf(rows);
        for (std::size_t i = 0; i < sides.size(); ++i)
            sides[i] = data.state[i] == 3 ? model::Side::Selected : model::Side::Others;
        return bestMs(runs, [&] {
            const auto one = model::findRule(schema, data.x.topRows(rows), sides);
            rule = one ? "F1 " + std::to_string(one->f1) + " with " + std::to_string(one->terms.size()) +
                             " terms"
                       : "none";
        });
    };
    const double ruleFew = ruleMs(kPeerRows, 2);
    std::string note = "100,000 x 89, " + rule;
    if (theirs.is_object())
        note += "; best leaf of the peer's tree " + std::to_string(theirs["tree_f1"].get<double>());
    print("rule", ruleFew, theirs, "tree", note);
    const double ruleAll = ruleMs(kRows, 2);
    print("rule, 1M samples", ruleAll, json(), "", rule);

    const auto grow = [&](Eigen::Index rows, int runs) {
        std::vector<std::uint8_t> seeds(static_cast<std::size_t>(rows));
        for (std::size_t i = 0; i < seeds.size(); ++i)
            seeds[i] = data.state[i] == 3 && i % kSeedEvery == 0 ? 1 : 0;
        return bestMs(runs, [&] {
            const auto grown = model::growToNeighbours(z.topRows(rows), seeds);
            found = static_cast<std::size_t>(std::count(grown.begin(), grown.end(), 1));
        });
    };
    const double growFew = grow(kPeerRows, 2);
    print("grow to neighbours", growFew, theirs, "grow",
          "100,000 x 89, every twentieth of one state, " + std::to_string(found) + " samples then");
    const double growAll = grow(kRows, 1);
    print("grow to neighbours, 1M samples", growAll, json(), "", std::to_string(found) + " samples then");

    std::vector<schema::Label> labels;
    for (std::size_t i = 0; i < kLabelled; ++i)
        labels.push_back({schema::Polarity::Negative, static_cast<std::uint16_t>(data.state[i] + 1)});
    print("suspected labels",
          bestMs(1, [&] { found = model::suspectLabels(z.topRows(kLabelled), labels).size(); }), theirs,
          "neighbours",
          "50,000 labelled x 89, 10 neighbours among 20,000; the peer without leaving runs out");
    std::vector<model::Score> scores(static_cast<std::size_t>(kRows));
    for (std::size_t i = 0; i < scores.size(); ++i)
        scores[i].confidence = static_cast<float>(i * 2654435761U % 1000000) / 1000000;
    const ml::Matrix picture = projection->projectAll(data.x);
    const double uncertainMs =
        bestMs(2, [&] { found = model::uncertainSamples(picture, scores, {}).size(); });
    print("uncertain samples, 1M samples", uncertainMs, json(), "", std::to_string(found) + " suggestions");

    const double projectFew = bestMs(3, [&] { (void)projection->projectAll(data.x.topRows(kPeerRows)); });
    print("project", projectFew, theirs, "project",
          "100,000 x 89 to 8 axes, logarithm and scaling included on both sides");
    print("project, 1M samples", bestMs(3, [&] { (void)projection->projectAll(data.x); }), json(), "",
          "89 features to 8 axes");
    return 0;
}
