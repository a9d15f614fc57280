// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/matrix.h"
#include "core/ml/random.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

namespace statescape::ml::test {

/// What goes wrong in a generated server.
enum class Trouble : std::uint8_t { Spike, BrokenLink, NewLoad, Stuck, Mixed };
inline constexpr std::array kTroubles{Trouble::Spike, Trouble::BrokenLink, Trouble::NewLoad, Trouble::Stuck,
                                      Trouble::Mixed};
inline std::string_view nameOf(Trouble trouble)
{
    constexpr std::array<std::string_view, 5> kNames{"spike", "broken link", "new load", "stuck", "mixed"};
    return kNames[static_cast<std::size_t>(trouble)];
}

struct ServerLike {
    Matrix good;                     ///< to learn from, in time order
    Matrix later;                    ///< to judge
    std::vector<std::uint8_t> truth; ///< of later: 1 where something is wrong
};

/// A server of 24 columns: four loads that take turns, columns that follow a few hidden drivers with heavy
/// noise, slow waves, and stretches of trouble in about 6 % of the later rows.
class ServerMaker {
public:
    explicit ServerMaker(std::uint64_t seed)
        : m_random(seed)
        , m_levels(kLoads, kHidden)
        , m_links(kHidden, kColumns)
    {
        for (Eigen::Index i = 0; i < m_levels.size(); ++i)
            m_levels.data()[i] = 2.5 * m_random.normal();
        for (Eigen::Index i = 0; i < m_links.size(); ++i)
            m_links.data()[i] = m_random.uniform() < 0.5 ? m_random.normal() : 0;
        m_newLevel = 2.5 * Eigen::RowVectorXd::NullaryExpr(kHidden, [this] { return m_random.normal(); });
    }

    ServerLike make(Eigen::Index n, Trouble trouble)
    {
        ServerLike out{Matrix(n, kColumns), Matrix(n, kColumns),
                       std::vector<std::uint8_t>(static_cast<std::size_t>(n), 0)};
        for (Eigen::Index i = 0; i < n; ++i)
            out.good.row(i) = next().cast<float>();
        for (Eigen::Index i = 0; i < n;) {
            const bool wrong = m_random.uniform() < 0.004;
            const auto kind = trouble == Trouble::Mixed ? kTroubles[m_random.below(4)] : trouble;
            const Eigen::Index last = std::min(n, i + (wrong ? 15 : 1));
            const auto column = static_cast<Eigen::Index>(m_random.below(kColumns));
            Eigen::RowVectorXd held;
            for (; i < last; ++i) {
                Eigen::RowVectorXd row =
                    next(wrong && kind == Trouble::NewLoad, wrong && kind == Trouble::BrokenLink);
                if (wrong && kind == Trouble::Spike)
                    for (Eigen::Index j = 0; j < 3; ++j)
                        row[(column + j) % kColumns] += 3 + 2 * m_random.uniform();
                if (wrong && kind == Trouble::Stuck) {
                    held = held.size() == 0 ? row : held;
                    row.segment(column / 2, 8) = held.segment(column / 2, 8);
                }
                out.later.row(i) = row.cast<float>();
                out.truth[static_cast<std::size_t>(i)] = wrong ? 1 : 0;
            }
        }
        return out;
    }

private:
    static constexpr Eigen::Index kColumns = 24, kHidden = 5, kLoads = 4;

    Eigen::RowVectorXd next(bool newLoad = false, bool broken = false)
    {
        if (m_random.uniform() < 0.02)
            m_load = static_cast<Eigen::Index>(m_random.below(kLoads));
        ++m_time;
        Eigen::RowVectorXd hidden = newLoad ? m_newLevel : Eigen::RowVectorXd(m_levels.row(m_load));
        for (Eigen::Index h = 0; h < kHidden; ++h)
            hidden[h] += 0.7 * m_random.normal() + 0.5 * std::sin(m_time / 300 + static_cast<double>(h));
        Eigen::RowVectorXd row = hidden * m_links;
        if (broken) {
            // Each column as usual by itself, but no longer with the others.
            Eigen::RowVectorXd other = m_levels.row(m_load);
            for (Eigen::Index h = 0; h < kHidden; ++h)
                other[h] += 0.9 * m_random.normal();
            row.tail(kColumns / 2) = (other * m_links).tail(kColumns / 2);
        }
        for (Eigen::Index j = 0; j < kColumns; ++j) {
            const double heavy = m_random.uniform() < 0.02 ? 3 : 1;
            row[j] += 0.5 * heavy * m_random.normal();
        }
        return row;
    }

    Random m_random;
    Eigen::MatrixXd m_levels, m_links;
    Eigen::RowVectorXd m_newLevel;
    Eigen::Index m_load = 0;
    double m_time = 0;
};

} // namespace statescape::ml::test
