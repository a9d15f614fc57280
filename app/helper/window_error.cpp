// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/helper/window_error.h"

#include <algorithm>
#include <cmath>

namespace statescape::helper {
namespace {
/// Student's t at 97.5 % over 2 for 2, 3 and so on degrees of freedom.
constexpr std::array kHalfT{2.151F, 1.591F, 1.388F, 1.285F, 1.223F, 1.182F, 1.153F, 1.131F,
                            1.114F, 1.100F, 1.089F, 1.080F, 1.072F, 1.066F, 1.060F};
} // namespace

void WindowError::add(std::uint64_t ns, std::uint64_t events)
{
    m_windows[m_count++ % kMost] = {static_cast<double>(ns), static_cast<double>(events)};
}

float WindowError::of(std::uint32_t windows, std::uint64_t seenNs, std::uint64_t wholeNs) const
{
    const auto used = std::min({static_cast<std::uint64_t>(std::max<std::size_t>(windows, kAtLeast)), m_count,
                                static_cast<std::uint64_t>(kMost)});
    if (used < 3 || windows == 0 || seenNs == 0)
        return -1;
    const auto at = [&](std::uint64_t i) -> const Window & { return m_windows[(m_count - 1 - i) % kMost]; };
    double ns = 0;
    double events = 0;
    for (std::uint64_t i = 0; i < used; ++i) {
        ns += at(i).ns;
        events += at(i).events;
    }
    if (events <= 0)
        return -1;
    const double rate = events / ns;
    double squares = 0;
    for (std::uint64_t i = 0; i < used; ++i)
        squares += std::pow(at(i).events - rate * at(i).ns, 2);
    const double unseen = std::max(0.0, 1.0 - static_cast<double>(seenNs) / static_cast<double>(wholeNs));
    const double error = std::sqrt(unseen * windows * squares / static_cast<double>(used - 1)) /
                         (rate * static_cast<double>(seenNs));
    return static_cast<float>(error) * kHalfT[std::min<std::size_t>(used - 3, kHalfT.size() - 1)];
}

} // namespace statescape::helper
