// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/state_changes.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace statescape::model {
using Index = Eigen::Index;
using Kind = StateChange::Kind;

namespace {
/// A smaller part of a state is no part of a split, and a smaller one not worth a word elsewhere.
constexpr double kLeastPart = 0.1;
constexpr double kMostly = 0.5;
/// Samples next in time are near-copies: this many count as one when asking what chance can move.
constexpr double kCopies = 4;
/// Of the way to the next state: less is no move a person would see.
constexpr double kLeastMove = 0.1;
/// Of a single state, scaled units.
constexpr double kLeastMoveAlone = 0.5;

std::string percent(double share)
{
    if (share > 0.995 && share < 1)
        return "over 99 %";
    if (share > 0 && share < 0.005)
        return "under 1 %";
    return fmt::format("{:.0f} %", share * 100);
}

std::string counted(std::uint64_t samples)
{
    return samples == 1 ? "1 sample" : fmt::format("{} samples", samples);
}

/// "a", "a and b", "a, b and c"
std::string listed(const std::vector<std::string> &parts)
{
    std::string out;
    for (std::size_t i = 0; i < parts.size(); ++i)
        out += (i == 0 ? "" : i + 1 < parts.size() ? ", " : " and ") + parts[i];
    return out;
}

class Teller {
public:
    Teller(const StatesSeen &before, const StatesSeen &after, std::span<const std::string> names,
           const Pairing &pairing, const SampleFlow &flow)
        : m_before(before)
        , m_after(after)
        , m_names(names)
        , m_pairing(pairing)
        , m_flow(flow)
        , m_toldBefore(before.states.size(), false)
        , m_toldAfter(after.states.size(), false)
    {}

    std::vector<StateChange> run()
    {
        splits();
        merges();
        vanished();
        appeared();
        moved();
        renamed();
        std::stable_sort(m_told.begin(), m_told.end(), [](const auto &a, const auto &b) {
            return a.change.kind == b.change.kind ? a.samples > b.samples : a.rank < b.rank;
        });
        std::vector<StateChange> out;
        for (auto &one : m_told)
            out.push_back(std::move(one.change));
        return out;
    }

private:
    struct Told {
        StateChange change;
        int rank = 0;
        std::uint64_t samples = 0;
    };

    [[nodiscard]] const std::string &oldName(int b) const
    {
        return m_before.states[static_cast<std::size_t>(b)].name;
    }
    [[nodiscard]] const std::string &newName(int a) const { return m_names[static_cast<std::size_t>(a)]; }
    [[nodiscard]] int befores() const { return static_cast<int>(m_before.states.size()); }
    [[nodiscard]] int afters() const { return static_cast<int>(m_after.states.size()); }
    [[nodiscard]] int afterOf(int b) const { return m_pairing.afterOf[static_cast<std::size_t>(b)]; }
    [[nodiscard]] int beforeOf(int a) const { return m_pairing.beforeOf[static_cast<std::size_t>(a)]; }
    /// @return 0..1: of the samples of @p b, those now in @p a
    [[nodiscard]] double shareOf(int b, int a) const
    {
        const auto all = m_flow.before(b);
        return all == 0 ? 0 : static_cast<double>(m_flow.common(b, a)) / static_cast<double>(all);
    }
    /// @return whether most of what @p a has of the samples that were in a state came from @p b
    [[nodiscard]] bool mostlyFrom(int a, int b) const
    {
        const auto known = m_flow.after(a) - m_flow.common(SampleFlow::kNone, a);
        return known > 0 && static_cast<double>(m_flow.common(b, a)) >= kMostly * static_cast<double>(known);
    }
    void tell(int rank, Kind kind, std::vector<std::string> before, std::vector<std::string> after,
              double share, std::string text, std::uint64_t samples, double distance = 0)
    {
        m_told.push_back(
            {{kind, std::move(before), std::move(after), distance, share, std::move(text)}, rank, samples});
    }

    void splits()
    {
        for (int b = 0; b < befores(); ++b) {
            std::vector<int> parts;
            for (int a = 0; a < afters(); ++a)
                if (shareOf(b, a) >= kLeastPart && (a == afterOf(b) || (beforeOf(a) < 0 && mostlyFrom(a, b))))
                    parts.push_back(a);
            if (parts.size() < 2)
                continue;
            // The part that is still the old state is said first.
            std::stable_sort(parts.begin(), parts.end(), [&](int x, int y) {
                return (x == afterOf(b)) != (y == afterOf(b)) ? x == afterOf(b)
                                                              : m_flow.common(b, x) > m_flow.common(b, y);
            });
            std::vector<std::string> names;
            std::vector<std::string> shares;
            double together = 0;
            for (const int a : parts) {
                names.push_back(newName(a));
                shares.push_back(percent(shareOf(b, a)));
                together += shareOf(b, a);
                m_toldAfter[static_cast<std::size_t>(a)] = true;
            }
            m_toldBefore[static_cast<std::size_t>(b)] = true;
            std::string text = fmt::format("{} split into {}: {} of its samples.", oldName(b), listed(names),
                                           listed(shares));
            tell(0, Kind::Split, {oldName(b)}, std::move(names), together, std::move(text), m_flow.before(b));
        }
    }

    void merges()
    {
        for (int a = 0; a < afters(); ++a) {
            std::vector<int> parts;
            for (int b = 0; b < befores(); ++b)
                if (shareOf(b, a) >= kMostly && (b == beforeOf(a) || afterOf(b) < 0))
                    parts.push_back(b);
            if (parts.size() < 2)
                continue;
            std::vector<std::string> names;
            std::vector<std::string> shares;
            std::uint64_t common = 0;
            std::uint64_t all = 0;
            for (const int b : parts) {
                names.push_back(oldName(b));
                shares.push_back(percent(shareOf(b, a)));
                common += m_flow.common(b, a);
                all += m_flow.before(b);
                m_toldBefore[static_cast<std::size_t>(b)] = true;
            }
            m_toldAfter[static_cast<std::size_t>(a)] = true;
            std::string text = fmt::format("{} merged into {}: {} of their samples.", listed(names),
                                           newName(a), listed(shares));
            tell(1, Kind::Merged, std::move(names), {newName(a)},
                 static_cast<double>(common) / static_cast<double>(all), std::move(text), common);
        }
    }

    void vanished()
    {
        for (int b = 0; b < befores(); ++b) {
            if (afterOf(b) >= 0 || m_toldBefore[static_cast<std::size_t>(b)])
                continue;
            std::vector<int> targets;
            for (int a = SampleFlow::kNone; a < afters(); ++a)
                if (shareOf(b, a) >= kLeastPart)
                    targets.push_back(a);
            std::stable_sort(targets.begin(), targets.end(),
                             [&](int x, int y) { return m_flow.common(b, x) > m_flow.common(b, y); });
            if (targets.size() > 2)
                targets.erase(targets.begin() + 2, targets.end());
            std::vector<std::string> where;
            double together = 0;
            for (const int a : targets) {
                where.push_back(fmt::format("{}{} in {}", percent(shareOf(b, a)),
                                            where.empty() ? " of its samples are now" : "",
                                            a < 0 ? "none" : newName(a)));
                together += shareOf(b, a);
            }
            std::string text = oldName(b) + " is gone: ";
            if (m_flow.before(b) == 0)
                text += "no sample here is like it.";
            else if (where.empty())
                text += "its samples are now spread over many states.";
            else
                text += listed(where) + ".";
            tell(2, Kind::Vanished, {oldName(b)}, {}, m_flow.before(b) == 0 ? 1 : together, std::move(text),
                 m_flow.before(b));
        }
    }

    void appeared()
    {
        for (int a = 0; a < afters(); ++a) {
            if (beforeOf(a) >= 0 || m_toldAfter[static_cast<std::size_t>(a)])
                continue;
            const auto all = m_flow.after(a);
            int source = SampleFlow::kNone;
            for (int b = 0; b < befores(); ++b)
                if (m_flow.common(b, a) > m_flow.common(source, a))
                    source = b;
            const double share =
                all == 0 ? 0 : static_cast<double>(m_flow.common(source, a)) / static_cast<double>(all);
            std::string text = fmt::format("{} is new: {}", newName(a), counted(all));
            if (share > 0)
                text += fmt::format(", {} of them {}", percent(share),
                                    source < 0 ? "in no state before" : "from " + oldName(source));
            tell(3, Kind::Appeared, {}, {newName(a)}, share, text + ".", all);
        }
    }

    /// What chance alone can move means of that many samples, each feature spread by one scaled unit at most:
    /// the length of a normal vector, exceeded once in a hundred times.
    /// @source Laurent & Massart 2000, lemma 1
    [[nodiscard]] double chance(int b, int a) const
    {
        const double part = kCopies / static_cast<double>(std::max<std::uint64_t>(m_flow.before(b), 1)) +
                            kCopies / static_cast<double>(std::max<std::uint64_t>(m_flow.after(a), 1));
        return std::sqrt(part) * (std::sqrt(static_cast<double>(m_after.means.cols())) + 3);
    }

    void moved()
    {
        for (int a = 0; a < afters(); ++a) {
            const int b = beforeOf(a);
            if (b < 0 || m_toldAfter[static_cast<std::size_t>(a)] ||
                m_toldBefore[static_cast<std::size_t>(b)])
                continue;
            const double distance = (m_before.means.row(b) - m_after.means.row(a)).cast<double>().norm();
            const double gap = nearestOther(m_after, a);
            const double visible = std::isfinite(gap) ? kLeastMove * gap : kLeastMoveAlone;
            if (!(distance > std::max(chance(b, a), visible)))
                continue;
            std::string text = fmt::format("{} moved by {:.2g} scaled units", newName(a), distance);
            if (std::isfinite(gap) && gap > 0)
                text += fmt::format(", {:.0f} % of its distance to the next state", 100 * distance / gap);
            text += m_flow.before(b) == 0
                        ? "; none of its earlier samples is here."
                        : fmt::format("; it kept {} of its samples.", percent(shareOf(b, a)));
            tell(4, Kind::Moved, {oldName(b)}, {newName(a)}, shareOf(b, a), std::move(text), m_flow.before(b),
                 distance);
        }
    }

    void renamed()
    {
        for (int a = 0; a < afters(); ++a) {
            const int b = beforeOf(a);
            if (b < 0 || oldName(b) == newName(a))
                continue;
            const bool unlabelled =
                m_after.classes[static_cast<std::size_t>(a)] < 0 && !oldName(b).starts_with("state ");
            tell(5, Kind::Renamed, {oldName(b)}, {newName(a)}, shareOf(b, a),
                 fmt::format("{} is now called {}{}: {} of its samples.", oldName(b), newName(a),
                             unlabelled ? ", as no label names it any more" : "", percent(shareOf(b, a))),
                 m_flow.before(b));
        }
    }

    const StatesSeen &m_before;
    const StatesSeen &m_after;
    std::span<const std::string> m_names;
    const Pairing &m_pairing;
    const SampleFlow &m_flow;
    std::vector<bool> m_toldBefore, m_toldAfter;
    std::vector<Told> m_told;
};
} // namespace

SampleFlow::SampleFlow(const StatesSeen &before, const StatesSeen &after)
{
    const auto befores = static_cast<Index>(before.states.size());
    const auto afters = static_cast<Index>(after.states.size());
    m_counts.setZero(befores + 1, afters + 1);
    const auto inside = [](int answer, Index states) {
        return answer >= 0 && answer < states ? answer + 1 : 0;
    };
    for (std::size_t i = 0; i < std::min(before.answers.size(), after.answers.size()); ++i)
        ++m_counts(inside(before.answers[i], befores), inside(after.answers[i], afters));
}

std::vector<StateChange> stateChanges(const StatesSeen &before, const StatesSeen &after,
                                      std::span<const std::string> names, const Pairing &pairing,
                                      const SampleFlow &flow)
{
    return Teller(before, after, names, pairing, flow).run();
}

} // namespace statescape::model
