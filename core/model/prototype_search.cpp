// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/prototype_search.h"

#include "core/model/calibrate.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace statescape::model::states {
using base::Code;

namespace {
/// Enough rows with their answer. Where some are noise the last of them would be learnt by heart.
constexpr double kEnough = 0.997, kEnoughWithNoise = 0.985;
constexpr std::size_t kMostPrototypes = 384;
constexpr int kMostRounds = 9;
/// A state keeps at least so many rows a prototype: fewer would be rows learnt by heart.
constexpr std::size_t kRowsAPrototype = 2;
/// Noise is everywhere between states, so its prototypes only help when there are many; and only stay when
/// they help.
constexpr std::array<std::size_t, 4> kNoisePrototypes{8, 32, 128, 256};
constexpr double kLeastGain = 0.005;
constexpr std::size_t kLeastNoise = 5;

class Search {
public:
    Search(const SearchInput &in, const base::Progress &progress)
        : m_in(in)
        , m_progress(progress)
        , m_states(static_cast<std::size_t>(in.states))
        , m_members(m_states + 1)
        , m_counts(m_states, 1)
    {
        for (std::size_t i = 0; i < in.answers.size(); ++i)
            m_members[in.answers[i] < 0 ? m_states : static_cast<std::size_t>(in.answers[i])].push_back(i);
        m_set.parts.resize(m_states);
        m_noisy = m_members[m_states].size() >= kLeastNoise;
        m_enough = m_noisy ? kEnoughWithNoise : kEnough;
    }

    base::Result<PrototypeSet> run()
    {
        std::vector<std::size_t> changed = allRows(m_states);
        for (int round = 0; round < kMostRounds && !changed.empty(); ++round) {
            m_progress.at(static_cast<double>(round) / kMostRounds, "placing prototypes");
            for (const std::size_t s : changed) {
                STATESCAPE_TRY(m_set.parts[s], place(s, m_counts[s]));
            }
            STATESCAPE_CHECK(judge(m_set));
            if (m_set.fidelity > m_best.fidelity)
                m_best = m_set;
            if (m_set.fidelity >= m_enough)
                break;
            changed = grow();
        }
        if (m_noisy && m_best.fidelity < m_enough)
            STATESCAPE_CHECK(tryNoise());
        return std::move(m_best);
    }

private:
    base::Result<Part> place(std::size_t group, int count)
    {
        return prototypesOf(take(m_in.z, m_members[group]), count, 1,
                            m_in.seed + (group + 1) * 0x9e3779b97f4a7c15U, m_progress);
    }

    /// Answers of all rows, the best reach, and which states are in the wrong.
    base::Result<> judge(PrototypeSet &set)
    {
        if (m_progress.stopped())
            return base::fail(Code::Cancelled, "placing prototypes stopped on request");
        Judge all;
        for (std::size_t s = 0; s < set.parts.size(); ++s)
            addPart(all, set.parts[s], s < m_states ? static_cast<int>(s) : -1);
        const auto nearest = Distances(all).nearest(m_in.z);
        std::vector<int> answers;
        for (const int p : nearest.prototype)
            answers.push_back(all.stateOf[static_cast<std::size_t>(p)]);
        set.reach = m_noisy ? reachOf(answers, nearest.dist2) : std::vector<float>();
        m_errors.assign(m_states, 0);
        std::size_t right = 0;
        for (std::size_t i = 0; i < answers.size(); ++i) {
            int answer = answers[i];
            if (answer >= 0 && m_noisy &&
                std::sqrt(nearest.dist2[i]) > set.reach[static_cast<std::size_t>(answer)])
                answer = -1;
            if (answer == m_in.answers[i]) {
                ++right;
                continue;
            }
            for (const int state : {answer, m_in.answers[i]})
                if (state >= 0)
                    ++m_errors[static_cast<std::size_t>(state)];
        }
        set.fidelity = static_cast<double>(right) / static_cast<double>(answers.size());
        return {};
    }

    /// For each state the distance that keeps most of its rows in and most noise out.
    [[nodiscard]] std::vector<float> reachOf(const std::vector<int> &answers,
                                             const std::vector<float> &dist2) const
    {
        std::vector<std::vector<std::pair<float, int>>> rows(m_states);
        for (std::size_t i = 0; i < answers.size(); ++i)
            if (answers[i] >= 0 && (m_in.answers[i] < 0 || m_in.answers[i] == answers[i]))
                rows[static_cast<std::size_t>(answers[i])].emplace_back(dist2[i],
                                                                        m_in.answers[i] < 0 ? -1 : 1);
        std::vector<float> out;
        for (auto &state : rows) {
            std::sort(state.begin(), state.end());
            double reach = 0;
            double farthest = 0;
            int balance = 0;
            int best = 0;
            for (std::size_t i = 0; i < state.size(); ++i) {
                balance += state[i].second;
                const double here = std::sqrt(state[i].first);
                if (state[i].second > 0)
                    farthest = here;
                if (balance >= best && state[i].second > 0) {
                    best = balance;
                    // Half-way to the next row: the edge lies somewhere between.
                    reach = i + 1 < state.size() ? (here + std::sqrt(state[i + 1].first)) / 2 : 1.25 * here;
                }
            }
            if (m_in.beyond > 0)
                reach = std::min(reach, farthest + m_in.beyond);
            out.push_back(static_cast<float>(reach));
        }
        return out;
    }

    /// More prototypes for the states with more than their share of errors. @return which
    std::vector<std::size_t> grow()
    {
        std::size_t total = 0;
        double errors = 0;
        for (std::size_t s = 0; s < m_states; ++s) {
            total += static_cast<std::size_t>(m_counts[s]);
            errors += static_cast<double>(m_errors[s]);
        }
        std::vector<std::size_t> order = allRows(m_states);
        std::stable_sort(order.begin(), order.end(),
                         [&](auto a, auto b) { return m_errors[a] > m_errors[b]; });
        std::vector<std::size_t> out;
        for (const std::size_t s : order) {
            const auto most = static_cast<int>(m_members[s].size() / kRowsAPrototype);
            const int more = std::min(2 * m_counts[s], most) - m_counts[s];
            if (static_cast<double>(m_errors[s]) < 0.25 * errors / static_cast<double>(m_states) ||
                more <= 0 || total + static_cast<std::size_t>(more) > kMostPrototypes)
                continue;
            m_counts[s] += more;
            total += static_cast<std::size_t>(more);
            out.push_back(s);
        }
        return out;
    }

    base::Result<> tryNoise()
    {
        const std::size_t rows = m_members[m_states].size();
        for (const std::size_t wanted : kNoisePrototypes) {
            PrototypeSet trial = m_best;
            trial.parts.resize(m_states + 1);
            STATESCAPE_TRY(trial.parts[m_states], place(m_states, static_cast<int>(std::min(wanted, rows))));
            STATESCAPE_CHECK(judge(trial));
            if (trial.fidelity > m_best.fidelity + kLeastGain)
                m_best = std::move(trial);
            if (wanted >= rows || m_best.fidelity >= m_enough)
                break;
        }
        return {};
    }

    const SearchInput &m_in;
    const base::Progress &m_progress;
    std::size_t m_states;
    std::vector<Rows> m_members; ///< per state, noise last
    std::vector<int> m_counts;
    std::vector<std::size_t> m_errors;
    bool m_noisy = false;
    double m_enough = kEnough;
    PrototypeSet m_set, m_best;
};
} // namespace

base::Result<PrototypeSet> searchPrototypes(const SearchInput &in, const base::Progress &progress)
{
    return Search(in, progress).run();
}

} // namespace statescape::model::states
