// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/identity.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace statescape::model {

/// How many samples went from which state to which.
class SampleFlow {
public:
    static constexpr int kNone = -1; ///< stands for "in no state"
    /// Answers out of range count as in no state.
    SampleFlow(const StatesSeen &before, const StatesSeen &after);
    [[nodiscard]] std::uint64_t common(int b, int a) const { return m_counts(b + 1, a + 1); }
    [[nodiscard]] std::uint64_t before(int b) const { return m_counts.row(b + 1).sum(); }
    [[nodiscard]] std::uint64_t after(int a) const { return m_counts.col(a + 1).sum(); }

private:
    Eigen::Matrix<std::uint64_t, Eigen::Dynamic, Eigen::Dynamic> m_counts;
};

/// Which state is which: an index into the other side, -1 for none.
struct Pairing {
    std::vector<int> beforeOf, afterOf;
};

/// @return distance from the mean of @p state to that of the nearest other one; infinite without.
double nearestOther(const StatesSeen &side, int state);

/// What became of the states, most important first. @param names of the new states
std::vector<StateChange> stateChanges(const StatesSeen &before, const StatesSeen &after,
                                      std::span<const std::string> names, const Pairing &pairing,
                                      const SampleFlow &flow);

} // namespace statescape::model
