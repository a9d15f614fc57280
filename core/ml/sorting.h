// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

namespace statescape::ml {

/// @return a number that orders as @p value does; both zeros are one. @param value not NaN
inline std::uint32_t orderKey(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value + 0.0F);
    return (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
}
/// @return the value of an orderKey().
inline float orderedValue(std::uint32_t key)
{
    return std::bit_cast<float>((key & 0x80000000U) != 0 ? key & 0x7fffffffU : ~key);
}

/// Sorts by the upper 32 bits, keeping the order of equals: O(n), about ten times faster than comparing.
/// @param values key << 32 | anything, e.g. a row number @param scratch any, reused between calls
void sortByKey(std::span<std::uint64_t> values, std::vector<std::uint64_t> &scratch);

/// Sorts numbers, rising. @param values not NaN @param scratch any, reused between calls
void sortValues(std::span<float> values, std::vector<std::uint32_t> &scratch);

} // namespace statescape::ml
