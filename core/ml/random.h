// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace statescape::ml {

/// Small generator whose numbers are ours: std distributions differ between standard libraries, these never
/// do.
/// @source O'Neill, PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms (2014), XSH-RR
/// 64/32;
///         seeded through SplitMix64 (Steele, Lea, Flood 2014)
class Random {
public:
    explicit Random(std::uint64_t seed, std::uint64_t stream = 0);

    std::uint32_t next();
    /// @return 0 <= value < 1 with 53 random bits.
    double uniform();
    /// @param bound 1 and above. @return 0 <= value < bound, without bias.
    std::uint64_t below(std::uint64_t bound);
    /// @return standard normal (Marsaglia's polar method).
    double normal();

private:
    std::uint64_t m_state;
    std::uint64_t m_increment;
};

} // namespace statescape::ml
