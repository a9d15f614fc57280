// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/sorting.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace statescape::ml {
namespace {
constexpr int kDigitBits = 11;
constexpr int kDigits = 3;
constexpr std::uint32_t kDigitMask = (1U << kDigitBits) - 1;
/// Below this the histograms cost more than comparing.
constexpr std::size_t kFewValues = 256;

template <class T, class Key>
void radixSort(std::span<T> values, std::span<T> other, Key keyOf)
{
    std::array<std::array<std::uint32_t, kDigitMask + 1>, kDigits> counts{};
    for (const T value : values)
        for (int digit = 0; digit < kDigits; ++digit)
            ++counts[static_cast<std::size_t>(digit)][(keyOf(value) >> (digit * kDigitBits)) & kDigitMask];
    for (int digit = 0; digit < kDigits; ++digit) {
        auto &count = counts[static_cast<std::size_t>(digit)];
        std::uint32_t sum = 0;
        for (auto &one : count)
            one = std::exchange(sum, sum + one);
        for (const T value : values)
            other[count[(keyOf(value) >> (digit * kDigitBits)) & kDigitMask]++] = value;
        std::swap(values, other);
    }
    // An odd number of passes ends in the scratch space.
    std::copy(values.begin(), values.end(), other.begin());
}
} // namespace

void sortByKey(std::span<std::uint64_t> values, std::vector<std::uint64_t> &scratch)
{
    const auto key = [](std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); };
    if (values.size() < kFewValues) {
        std::stable_sort(values.begin(), values.end(),
                         [&](std::uint64_t a, std::uint64_t b) { return key(a) < key(b); });
        return;
    }
    scratch.resize(values.size());
    radixSort(values, std::span(scratch), key);
}

void sortValues(std::span<float> values, std::vector<std::uint32_t> &scratch)
{
    if (values.size() < kFewValues) {
        std::sort(values.begin(), values.end());
        return;
    }
    scratch.resize(2 * values.size());
    const auto keys = std::span(scratch).first(values.size());
    std::transform(values.begin(), values.end(), keys.begin(), orderKey);
    radixSort(keys, std::span(scratch).last(values.size()), [](std::uint32_t key) { return key; });
    std::transform(keys.begin(), keys.end(), values.begin(), orderedValue);
}

} // namespace statescape::ml
