// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cmath>
#include <cstdint>

/// Numbers that tests/model/reference/make_explain.py makes to the same bit, so that only its answers are
/// kept.
namespace statescape::model::test {

/// @return 0 <= value < 1, a whole number of 1/2^24, from SplitMix64 of the three.
inline double portable(std::uint64_t seed, int row, int column)
{
    std::uint64_t z = seed * 0x9e3779b97f4a7c15U + static_cast<std::uint64_t>(row) * 0xbf58476d1ce4e5b9U +
                      static_cast<std::uint64_t>(column) * 0x94d049bb133111ebU;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    z ^= z >> 31;
    return static_cast<double>(z >> 40) / 16777216.0;
}

/// @return a number, shifted for the selected by a tenth of the column's number; in @p levels steps, or
/// without ties when that is 0.
inline float portableValue(std::uint64_t seed, int row, int column, int levels, bool selected)
{
    const double value = portable(seed, row, column) + (selected ? column * 0.02 : 0);
    return static_cast<float>(levels > 0 ? std::floor(value * levels) : value);
}

} // namespace statescape::model::test
