// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/kmeans.h"
#include "core/ml/random.h"
#include "core/model/assignment.h"
#include "core/model/identity.h"

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

using namespace statescape;
using namespace statescape::model;
using Kind = StateChange::Kind;

namespace {

/// A model's states with what it answers: owns what StatesSeen only shows.
struct Seen {
    std::vector<State> states;
    std::vector<int> answers;
    ml::Matrix means;
    std::vector<int> classes;
    [[nodiscard]] StatesSeen seen() const { return {states, answers, means, classes}; }
    void add(const std::string &name, std::uint32_t id, int classId = -1)
    {
        State state;
        state.name = name;
        state.id = id;
        states.push_back(state);
        classes.push_back(classId);
    }
    /// Means of rows by answer; NaN for states without any.
    void place(ml::MatrixView z)
    {
        means.setZero(static_cast<Eigen::Index>(states.size()), z.cols());
        std::vector<int> counts(states.size(), 0);
        for (std::size_t i = 0; i < answers.size(); ++i)
            if (answers[i] >= 0) {
                means.row(answers[i]) += z.row(static_cast<Eigen::Index>(i));
                ++counts[static_cast<std::size_t>(answers[i])];
            }
        for (std::size_t s = 0; s < states.size(); ++s)
            means.row(static_cast<Eigen::Index>(s)) /= static_cast<float>(counts[s]);
    }
};

/// Round clouds of deviation 0.1 at (10 i, 0), rows shuffled among them.
struct Clouds {
    ml::Matrix z;
    std::vector<int> cloud;
};
Clouds clouds(std::vector<int> sizes, std::uint64_t seed)
{
    ml::Random random(seed);
    Clouds out;
    for (std::size_t c = 0; c < sizes.size(); ++c)
        out.cloud.insert(out.cloud.end(), static_cast<std::size_t>(sizes[c]), static_cast<int>(c));
    for (std::size_t i = out.cloud.size(); i > 1; --i)
        std::swap(out.cloud[i - 1], out.cloud[random.below(i)]);
    out.z.resize(static_cast<Eigen::Index>(out.cloud.size()), 2);
    for (std::size_t i = 0; i < out.cloud.size(); ++i) {
        out.z(static_cast<Eigen::Index>(i), 0) =
            static_cast<float>(10 * out.cloud[i] + 0.1 * random.normal());
        out.z(static_cast<Eigen::Index>(i), 1) = static_cast<float>(0.1 * random.normal());
    }
    return out;
}

Seen modelOf(const Clouds &data, int states, const std::vector<int> &stateOfCloud, std::uint32_t firstId = 1)
{
    Seen out;
    for (int s = 0; s < states; ++s)
        out.add("state " + std::to_string(firstId + static_cast<std::uint32_t>(s)),
                firstId + static_cast<std::uint32_t>(s));
    for (const int c : data.cloud)
        out.answers.push_back(stateOfCloud[static_cast<std::size_t>(c)]);
    out.place(data.z);
    return out;
}

std::string texts(const Identity &identity)
{
    std::string out;
    for (const auto &change : identity.changes)
        out += change.text + " ";
    return out;
}

bool unique(const Identity &identity)
{
    const std::set<std::uint32_t> ids(identity.ids.begin(), identity.ids.end());
    const std::set<std::string> names(identity.names.begin(), identity.names.end());
    return ids.size() == identity.ids.size() && names.size() == identity.names.size() && !ids.contains(0) &&
           !names.contains("");
}

double best(const Eigen::MatrixXd &weight)
{
    const auto r = static_cast<int>(weight.rows());
    const auto c = static_cast<int>(weight.cols());
    std::vector<int> order(static_cast<std::size_t>(std::max(r, c)));
    std::iota(order.begin(), order.end(), 0);
    double most = -1e300;
    do {
        double sum = 0;
        for (int i = 0; i < r; ++i)
            if (order[static_cast<std::size_t>(i)] < c)
                sum += weight(i, order[static_cast<std::size_t>(i)]);
        most = std::max(most, sum);
    } while (std::next_permutation(order.begin(), order.end()));
    return most;
}

} // namespace

class TestIdentity : public QObject {
    Q_OBJECT

private slots:
    /// Against trying every pairing.
    void assignmentIsTheBest()
    {
        ml::Random random(3);
        for (int round = 0; round < 200; ++round) {
            const auto r = static_cast<Eigen::Index>(1 + random.below(6));
            const auto c = static_cast<Eigen::Index>(1 + random.below(6));
            Eigen::MatrixXd weight(r, c);
            for (Eigen::Index i = 0; i < weight.size(); ++i)
                weight.data()[i] = round % 2 == 0 ? static_cast<double>(random.below(5)) : random.normal();
            const auto columns = assign(weight);
            double sum = 0;
            std::set<int> used;
            int paired = 0;
            for (Eigen::Index i = 0; i < r; ++i)
                if (const int j = columns[static_cast<std::size_t>(i)]; j >= 0) {
                    sum += weight(i, j);
                    used.insert(j);
                    ++paired;
                }
            QCOMPARE(paired, static_cast<int>(std::min(r, c)));
            QCOMPARE(static_cast<int>(used.size()), paired);
            QVERIFY(std::fabs(sum - best(weight)) < 1e-9);
        }
        QVERIFY(assign(Eigen::MatrixXd(0, 3)).empty());
        QCOMPARE(assign(Eigen::MatrixXd(2, 0)), (std::vector<int>{-1, -1}));
    }

    void theSameModelIsTheSame()
    {
        const auto data = clouds({200, 50, 9, 80}, 1);
        auto before = modelOf(data, 5, {0, 1, 2, 3}, 4); // state 8 is empty
        const auto again = matchStates(before.seen(), before.seen(), 20);
        QCOMPARE(again.ids, (std::vector<std::uint32_t>{4, 5, 6, 7, 8}));
        QCOMPARE(again.names.back(), std::string("state 8"));
        QVERIFY2(again.changes.empty(), texts(again).c_str());
    }

    /// However the new states are numbered, each finds itself.
    void anyOrderKeepsIds()
    {
        ml::Random random(9);
        for (int round = 0; round < 50; ++round) {
            const auto k = static_cast<int>(2 + random.below(9));
            std::vector<int> sizes;
            for (int c = 0; c < k; ++c)
                sizes.push_back(static_cast<int>(5 + random.below(100)));
            const auto data = clouds(sizes, random.next());
            std::vector<int> order(static_cast<std::size_t>(k));
            std::iota(order.begin(), order.end(), 0);
            const auto before = modelOf(data, k, order, 11);
            for (std::size_t i = order.size(); i > 1; --i)
                std::swap(order[i - 1], order[random.below(i)]);
            auto after = modelOf(data, k, order);
            // A few samples answered otherwise change nothing.
            for (int flips = 0; flips < k; ++flips)
                after.answers[random.below(after.answers.size())] = static_cast<int>(random.below(k + 1)) - 1;
            const auto identity = matchStates(before.seen(), after.seen(), 11U + static_cast<unsigned>(k));
            QVERIFY(unique(identity));
            for (int c = 0; c < k; ++c) {
                const auto a = static_cast<std::size_t>(order[static_cast<std::size_t>(c)]);
                QCOMPARE(identity.ids[a], 11U + static_cast<unsigned>(c));
                QCOMPARE(identity.names[a], "state " + std::to_string(11 + c));
            }
            QVERIFY2(identity.changes.empty(), texts(identity).c_str());
        }
    }

    void splitsAreSaid()
    {
        const auto data = clouds({100, 61, 37, 2}, 2);
        const auto before = modelOf(data, 2, {0, 1, 1, 1}, 2); // state 2, state 3
        const auto after = modelOf(data, 3, {0, 2, 1, 0});
        const auto identity = matchStates(before.seen(), after.seen(), 6);
        QCOMPARE(identity.ids, (std::vector<std::uint32_t>{2, 7, 3}));
        QCOMPARE(identity.names, (std::vector<std::string>{"state 2", "state 7", "state 3"}));
        QCOMPARE(identity.changes.size(), std::size_t(1));
        QCOMPARE(identity.changes[0].kind, Kind::Split);
        QCOMPARE(identity.changes[0].text,
                 std::string("state 3 split into state 3 and state 7: 61 % and 37 % of its samples."));
        QVERIFY(std::fabs(identity.changes[0].share - 0.98) < 1e-9);
        QCOMPARE(identity.changes[0].before, std::vector<std::string>{"state 3"});
        QCOMPARE(identity.changes[0].after, (std::vector<std::string>{"state 3", "state 7"}));

        // And the way back is a merge, in which the larger one stays.
        auto named = after;
        for (std::size_t s = 0; s < named.states.size(); ++s) {
            named.states[s].id = identity.ids[s];
            named.states[s].name = identity.names[s];
        }
        const auto back = matchStates(named.seen(), before.seen(), 7);
        QCOMPARE(back.ids, (std::vector<std::uint32_t>{2, 3}));
        QCOMPARE(back.changes.size(), std::size_t(1));
        QCOMPARE(back.changes[0].kind, Kind::Merged);
        QCOMPARE(back.changes[0].text,
                 std::string("state 7 and state 3 merged into state 3: 100 % and 100 % of their samples."));
    }

    void newAndGone()
    {
        const auto data = clouds({100, 40, 30}, 4);
        auto before = modelOf(data, 2, {0, 1, -1});
        before.answers[static_cast<std::size_t>(std::find(data.cloud.begin(), data.cloud.end(), 2) -
                                                data.cloud.begin())] = 0;
        const auto after = modelOf(data, 2, {0, -1, 1});
        const auto identity = matchStates(before.seen(), after.seen(), 2);
        QCOMPARE(identity.ids, (std::vector<std::uint32_t>{1, 3}));
        QCOMPARE(identity.changes.size(), std::size_t(2));
        QCOMPARE(identity.changes[0].text,
                 std::string("state 2 is gone: 100 % of its samples are now in none."));
        QCOMPARE(identity.changes[1].text,
                 std::string("state 3 is new: 30 samples, 97 % of them in no state before."));
        QCOMPARE(identity.changes[1].kind, Kind::Appeared);
    }

    /// The number of a state that is gone never comes back.
    void idsAreNeverUsedAgain()
    {
        const auto data = clouds({60, 50, 40}, 5);
        auto model = modelOf(data, 3, {0, 1, 2});
        std::uint32_t last = 3;
        std::set<std::uint32_t> seen{1, 2, 3};
        for (int round = 0; round < 6; ++round) {
            // The third cloud is a state in every second model only.
            auto next = round % 2 == 0 ? modelOf(data, 2, {0, 1, -1}) : modelOf(data, 3, {0, 1, 2});
            const auto identity = matchStates(model.seen(), next.seen(), last);
            QVERIFY(unique(identity));
            QCOMPARE(identity.ids[0], 1U);
            QCOMPARE(identity.ids[1], 2U);
            if (identity.ids.size() == 3) {
                QVERIFY(seen.insert(identity.ids[2]).second);
                QCOMPARE(identity.names[2], "state " + std::to_string(identity.ids[2]));
            }
            for (std::size_t s = 0; s < next.states.size(); ++s) {
                next.states[s].id = identity.ids[s];
                next.states[s].name = identity.names[s];
                last = std::max(last, identity.ids[s]);
            }
            model = next;
        }
        QCOMPARE(last, 6U);
    }

    void labelsNameStates()
    {
        const auto data = clouds({100, 60, 50}, 6);
        const auto before = modelOf(data, 3, {0, 1, 2});
        auto after = modelOf(data, 3, {2, 1, 0});
        after.states[1].name = "disk stall";
        after.classes[1] = 0;
        auto identity = matchStates(before.seen(), after.seen(), 3);
        QCOMPARE(identity.ids, (std::vector<std::uint32_t>{3, 2, 1}));
        QCOMPARE(identity.names, (std::vector<std::string>{"state 3", "disk stall", "state 1"}));
        QCOMPARE(texts(identity), std::string("state 2 is now called disk stall: 100 % of its samples. "));
        QCOMPARE(identity.changes[0].kind, Kind::Renamed);

        // Labels taken off again: the id stays, the name goes with them.
        auto named = after;
        for (std::size_t s = 0; s < 3; ++s) {
            named.states[s].id = identity.ids[s];
            named.states[s].name = identity.names[s];
        }
        identity = matchStates(named.seen(), modelOf(data, 3, {0, 1, 2}).seen(), 3);
        QCOMPARE(identity.ids, (std::vector<std::uint32_t>{1, 2, 3}));
        QCOMPARE(identity.names[1], std::string("state 2"));
        QCOMPARE(identity.changes.size(), std::size_t(1));
    }

    /// What a person called "disk" stays that, wherever its samples lie now.
    void aClassIsItsState()
    {
        const auto data = clouds({100, 60}, 7);
        auto before = modelOf(data, 2, {0, 1});
        before.classes = {0, 1};
        before.states[0].name = "quiet";
        before.states[1].name = "disk";
        auto after = modelOf(data, 2, {1, 0});
        after.classes = {0, 1};
        after.states[0].name = "quiet";
        after.states[1].name = "disk";
        const auto identity = matchStates(before.seen(), after.seen(), 2);
        QCOMPARE(identity.ids, (std::vector<std::uint32_t>{1, 2}));
        QCOMPARE(identity.names, (std::vector<std::string>{"quiet", "disk"}));
        QCOMPARE(identity.changes.size(), std::size_t(2));
        for (const auto &change : identity.changes) {
            QCOMPARE(change.kind, Kind::Moved);
            QVERIFY(std::fabs(change.distance - 10) < 0.1);
            QVERIFY2(change.text.find("moved by 10 scaled units, 100 % of its distance") != std::string::npos,
                     change.text.c_str());
        }
    }

    /// Two states of one class keep their own of its names, and a class called like a state wins its name.
    void namesStayApart()
    {
        const auto data = clouds({50, 60, 70, 20}, 8);
        auto before = modelOf(data, 4, {0, 1, 2, 3});
        before.classes = {5, 5, -1, -1};
        before.states[0].name = "disk";
        before.states[1].name = "disk 2";
        auto after = modelOf(data, 4, {1, 0, 2, 3});
        after.classes = {5, 5, -1, 6};
        after.states[0].name = "disk";
        after.states[1].name = "disk 2";
        after.states[3].name = "state 3";
        const auto identity = matchStates(before.seen(), after.seen(), 4);
        QVERIFY(unique(identity));
        QCOMPARE(identity.ids, (std::vector<std::uint32_t>{2, 1, 3, 4}));
        QCOMPARE(identity.names, (std::vector<std::string>{"disk 2", "disk", "state 3 2", "state 3"}));
    }

    void statesWithoutSamplesByPosition()
    {
        const auto data = clouds({50, 60}, 10);
        auto before = modelOf(data, 4, {0, 1});
        before.means.row(2) << 20, 0;
        before.means.row(3) << 20, 40;
        auto after = modelOf(data, 3, {0, 1});
        after.means.row(2) << 20.2F, 0;
        auto identity = matchStates(before.seen(), after.seen(), 4);
        QCOMPARE(identity.ids, (std::vector<std::uint32_t>{1, 2, 3}));
        QCOMPARE(texts(identity), std::string("state 4 is gone: no sample here is like it. "));
        // Nearer to another state than to where it was: a new one.
        after.means.row(2) << 13, 0;
        identity = matchStates(before.seen(), after.seen(), 4);
        QCOMPARE(identity.ids, (std::vector<std::uint32_t>{1, 2, 5}));
    }

    /// Two fits of the same cloud differ by chance; that is no move.
    void chanceIsNoMove()
    {
        ml::Random random(12);
        int told = 0;
        for (int round = 0; round < 200; ++round) {
            constexpr int kColumns = 40;
            constexpr int kRows = 60;
            Seen before;
            before.add("state 1", 1);
            before.answers.assign(kRows, 0);
            before.means.setZero(1, kColumns);
            Seen after = before;
            for (auto *side : {&before, &after})
                for (int i = 0; i < kRows; ++i)
                    for (int j = 0; j < kColumns; ++j)
                        side->means(0, j) += static_cast<float>(random.normal() / kRows);
            told += matchStates(before.seen(), after.seen(), 1).changes.empty() ? 0 : 1;
            after.means.array() += 1;
            QCOMPARE(matchStates(before.seen(), after.seen(), 1).changes.size(), std::size_t(1));
        }
        QCOMPARE(told, 0);
    }

    /// As a recording grows and models are trained on more of it, with another seed each time, every state
    /// keeps its id; a workload that begins later gets one of its own.
    void aChainOfRetrainingsKeepsIds()
    {
        auto all = clouds({400, 300, 200, 150, 100}, 13);
        ml::Random random(14);
        for (Eigen::Index i = 0; i < all.z.rows(); ++i)
            for (int j = 0; j < 2; ++j)
                all.z(i, j) += static_cast<float>(0.8 * random.normal());
        // The last cloud is not there in the first half.
        std::vector<std::size_t> order(all.cloud.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        std::stable_sort(order.begin(), order.end(),
                         [&](auto x, auto y) { return (all.cloud[x] < 4) > (all.cloud[y] < 4); });
        std::map<int, std::uint32_t> idOfCloud;
        std::optional<ml::KMeans> previous;
        Seen before;
        std::uint32_t last = 0;
        for (std::size_t rows = 300; rows <= all.cloud.size(); rows += 50) {
            ml::Matrix z(static_cast<Eigen::Index>(rows), 2);
            std::vector<int> cloud;
            for (std::size_t i = 0; i < rows; ++i) {
                z.row(static_cast<Eigen::Index>(i)) = all.z.row(static_cast<Eigen::Index>(order[i]));
                cloud.push_back(all.cloud[order[i]]);
            }
            ml::KMeansOptions options;
            options.k = *std::max_element(cloud.begin(), cloud.end()) + 1;
            options.seed = rows;
            auto means = ml::KMeans::fit(z, options);
            QVERIFY(means.has_value());
            Seen after;
            for (int s = 0; s < options.k; ++s)
                after.add("state " + std::to_string(s + 1), static_cast<std::uint32_t>(s + 1));
            after.answers = means->labels();
            after.place(z);
            if (previous) {
                before.answers = previous->predict(z).value();
                before.place(z);
                const auto identity = matchStates(before.seen(), after.seen(), last);
                QVERIFY(unique(identity));
                for (std::size_t s = 0; s < identity.ids.size(); ++s) {
                    after.states[s].id = identity.ids[s];
                    after.states[s].name = identity.names[s];
                    last = std::max(last, identity.ids[s]);
                }
                for (const auto &change : identity.changes)
                    QVERIFY2(options.k == 5 && idOfCloud.size() == 4 && change.kind != Kind::Vanished,
                             change.text.c_str());
            } else {
                last = static_cast<std::uint32_t>(options.k);
            }
            std::map<int, std::uint32_t> now;
            for (std::size_t i = 0; i < rows; ++i)
                now[cloud[i]] = after.states[static_cast<std::size_t>(after.answers[i])].id;
            for (const auto &[c, id] : now) {
                QVERIFY2(!idOfCloud.contains(c) || idOfCloud[c] == id, std::to_string(rows).c_str());
                idOfCloud[c] = id;
            }
            previous.emplace(std::move(*means));
            before = after;
        }
        QCOMPARE(idOfCloud.size(), std::size_t(5));
        QCOMPARE(idOfCloud[4], 5U);
    }
};

QTEST_GUILESS_MAIN(TestIdentity)
#include "test_identity.moc"
