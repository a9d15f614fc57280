// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/identity.h"

#include "core/model/assignment.h"
#include "core/model/state_changes.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace statescape::model {
using Index = Eigen::Index;

namespace {
/// Below this share of the smaller state's samples a common few do not make two states the same.
constexpr double kLeastCommon = 0.1;

class Matcher {
public:
    Matcher(const StatesSeen &before, const StatesSeen &after)
        : m_before(before)
        , m_after(after)
        , m_flow(before, after)
    {}

    Pairing run()
    {
        m_pairing.beforeOf.assign(m_after.states.size(), -1);
        m_pairing.afterOf.assign(m_before.states.size(), -1);
        byClass();
        byOverlap();
        byPosition();
        byOrder();
        return m_pairing;
    }
    [[nodiscard]] const SampleFlow &flow() const { return m_flow; }

private:
    void pair(int b, int a)
    {
        m_pairing.beforeOf[static_cast<std::size_t>(a)] = b;
        m_pairing.afterOf[static_cast<std::size_t>(b)] = a;
    }
    [[nodiscard]] double distance(int b, int a) const
    {
        return (m_before.means.row(b) - m_after.means.row(a)).cast<double>().norm();
    }
    /// Samples in common; of equal ones the nearer pair, which never outweighs a sample.
    [[nodiscard]] Eigen::MatrixXd weights(const std::vector<int> &befores,
                                          const std::vector<int> &afters) const
    {
        const double share = 0.5 / static_cast<double>(std::min(befores.size(), afters.size()) + 1);
        Eigen::MatrixXd out(static_cast<Index>(befores.size()), static_cast<Index>(afters.size()));
        for (std::size_t i = 0; i < befores.size(); ++i)
            for (std::size_t j = 0; j < afters.size(); ++j) {
                const double far = distance(befores[i], afters[j]);
                out(static_cast<Index>(i), static_cast<Index>(j)) =
                    static_cast<double>(m_flow.common(befores[i], afters[j])) +
                    (std::isfinite(far) ? share / (1 + far) : 0);
            }
        return out;
    }
    template <class Wanted>
    std::vector<int> open(const std::vector<int> &other, Wanted wanted) const
    {
        std::vector<int> out;
        for (std::size_t s = 0; s < other.size(); ++s)
            if (other[s] < 0 && wanted(static_cast<int>(s)))
                out.push_back(static_cast<int>(s));
        return out;
    }
    template <class Accept>
    void assignOpen(const std::vector<int> &befores, const std::vector<int> &afters,
                    const Eigen::MatrixXd &weight, Accept accept)
    {
        if (befores.empty() || afters.empty())
            return;
        const auto columns = assign(weight);
        for (std::size_t i = 0; i < befores.size(); ++i)
            if (columns[i] >= 0)
                if (const int a = afters[static_cast<std::size_t>(columns[i])]; accept(befores[i], a))
                    pair(befores[i], a);
    }

    void byClass()
    {
        const std::set<int> classes(m_after.classes.begin(), m_after.classes.end());
        for (const int wanted : classes) {
            if (wanted < 0)
                continue;
            const auto befores = open(m_pairing.afterOf, [&](int s) {
                return m_before.classes[static_cast<std::size_t>(s)] == wanted;
            });
            const auto afters = open(m_pairing.beforeOf, [&](int s) {
                return m_after.classes[static_cast<std::size_t>(s)] == wanted;
            });
            if (!befores.empty() && !afters.empty())
                assignOpen(befores, afters, weights(befores, afters), [](int, int) { return true; });
        }
    }

    void byOverlap()
    {
        const auto any = [](int) { return true; };
        const auto befores = open(m_pairing.afterOf, any);
        const auto afters = open(m_pairing.beforeOf, any);
        if (befores.empty() || afters.empty())
            return;
        assignOpen(befores, afters, weights(befores, afters), [this](int b, int a) {
            const auto common = static_cast<double>(m_flow.common(b, a));
            const auto known =
                static_cast<double>(std::min(m_flow.before(b) - m_flow.common(b, SampleFlow::kNone),
                                             m_flow.after(a) - m_flow.common(SampleFlow::kNone, a)));
            const auto all = static_cast<double>(std::min(m_flow.before(b), m_flow.after(a)));
            return common > 0 && 2 * common >= known && common >= kLeastCommon * all;
        });
    }

    /// States without samples on one side: the nearest, when no other state is about as near.
    void byPosition()
    {
        const auto placed = [](const StatesSeen &side, int s) { return side.means.row(s).allFinite(); };
        const auto befores = open(m_pairing.afterOf, [&](int s) { return placed(m_before, s); });
        const auto afters = open(m_pairing.beforeOf, [&](int s) { return placed(m_after, s); });
        Eigen::MatrixXd nearness(static_cast<Index>(befores.size()), static_cast<Index>(afters.size()));
        const auto unseen = [this](int b, int a) { return m_flow.before(b) == 0 || m_flow.after(a) == 0; };
        for (std::size_t i = 0; i < befores.size(); ++i)
            for (std::size_t j = 0; j < afters.size(); ++j)
                nearness(static_cast<Index>(i), static_cast<Index>(j)) =
                    unseen(befores[i], afters[j]) && distance(befores[i], afters[j]) < limit(afters[j])
                        ? 1 / (1 + distance(befores[i], afters[j]))
                        : 0;
        assignOpen(befores, afters, nearness,
                   [&](int b, int a) { return unseen(b, a) && distance(b, a) < limit(a); });
    }
    /// Half the way to the next state, and never more than the spread of all samples in scaled units.
    [[nodiscard]] double limit(int a) const
    {
        return std::min(nearestOther(m_after, a) / 2, std::sqrt(static_cast<double>(m_after.means.cols())));
    }

    /// Nothing is known of states that are empty on both sides, so they stay in their order.
    void byOrder()
    {
        const auto befores = open(m_pairing.afterOf, [&](int s) {
            return m_flow.before(s) == 0 && !m_before.means.row(s).allFinite();
        });
        const auto afters = open(m_pairing.beforeOf, [&](int s) {
            return m_flow.after(s) == 0 && !m_after.means.row(s).allFinite();
        });
        for (std::size_t i = 0; i < std::min(befores.size(), afters.size()); ++i)
            pair(befores[i], afters[i]);
    }

    const StatesSeen &m_before;
    const StatesSeen &m_after;
    SampleFlow m_flow;
    Pairing m_pairing;
};

/// @return whether nobody but us gave that name
bool unnamed(const std::string &name)
{
    return name.starts_with("state ");
}

std::vector<std::uint32_t> idsOf(const StatesSeen &before, const Pairing &pairing, std::uint32_t lastId)
{
    for (const auto &state : before.states)
        lastId = std::max(lastId, state.id);
    std::set<std::uint32_t> used;
    std::vector<std::uint32_t> out;
    for (const int b : pairing.beforeOf) {
        const std::uint32_t old = b < 0 ? 0 : before.states[static_cast<std::size_t>(b)].id;
        out.push_back(old != 0 && used.insert(old).second ? old : ++lastId);
    }
    return out;
}

/// Names given by labels come first; then old names of what no label names, then numbers never used before.
std::vector<std::string> namesOf(const StatesSeen &before, const StatesSeen &after, const Pairing &pairing,
                                 const std::vector<std::uint32_t> &ids)
{
    std::vector<std::string> out(after.states.size());
    std::set<std::string> used;
    const auto take = [&](std::size_t a, const std::string &name) {
        std::string unique = name;
        for (int number = 2; !used.insert(unique).second; ++number)
            unique = name + " " + std::to_string(number);
        out[a] = unique;
    };
    const auto oldOf = [&](std::size_t a) -> const State * {
        const int b = pairing.beforeOf[a];
        if (b < 0 || before.classes[static_cast<std::size_t>(b)] != after.classes[a])
            return nullptr;
        return &before.states[static_cast<std::size_t>(b)];
    };
    // Several states of one class share its names: each keeps its own while that is still among them.
    std::map<int, std::set<std::string>> pool;
    for (std::size_t a = 0; a < out.size(); ++a)
        if (after.classes[a] >= 0)
            pool[after.classes[a]].insert(after.states[a].name);
    for (std::size_t a = 0; a < out.size(); ++a)
        if (const auto *old = oldOf(a); old != nullptr && after.classes[a] >= 0)
            if (pool[after.classes[a]].erase(old->name) > 0)
                take(a, old->name);
    for (std::size_t a = 0; a < out.size(); ++a) {
        if (after.classes[a] < 0 || !out[a].empty())
            continue;
        auto &left = pool[after.classes[a]];
        std::string name = after.states[a].name;
        if (left.erase(name) == 0 && !left.empty())
            name = left.extract(left.begin()).value();
        take(a, name);
    }
    for (std::size_t a = 0; a < out.size(); ++a)
        if (const auto *old = oldOf(a); old != nullptr && after.classes[a] < 0 && unnamed(old->name))
            take(a, old->name);
    for (std::size_t a = 0; a < out.size(); ++a)
        if (out[a].empty())
            take(a, "state " + std::to_string(ids[a]));
    return out;
}
} // namespace

double nearestOther(const StatesSeen &side, int state)
{
    double best = std::numeric_limits<double>::infinity();
    for (Index s = 0; s < side.means.rows(); ++s)
        if (s != state && side.means.row(s).allFinite())
            best = std::min(best, (side.means.row(s) - side.means.row(state)).cast<double>().norm());
    return best;
}

Identity matchStates(const StatesSeen &before, const StatesSeen &after, std::uint32_t lastId)
{
    Matcher matcher(before, after);
    const Pairing pairing = matcher.run();
    Identity out;
    out.ids = idsOf(before, pairing, lastId);
    out.names = namesOf(before, after, pairing, out.ids);
    out.changes = stateChanges(before, after, out.names, pairing, matcher.flow());
    return out;
}

} // namespace statescape::model
