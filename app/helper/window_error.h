// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace statescape::helper {

/// How far off the number of events of an interval may be of which only windows were seen: the ratio
/// estimator over the last windows, widened by Student's t where they are few, so that twice the error holds
/// 95 % of intervals. What truly changed between these windows makes it larger: an upper bound, unless bursts
/// are rarer than windows. Not thread-safe.
/// @source Cochran, Sampling Techniques, 3rd edition, section 6.3
class WindowError {
public:
    /// A window of @p ns, above 0, with @p events has ended.
    void add(std::uint64_t ns, std::uint64_t events);
    /// What was before tells nothing of what comes.
    void clear() { m_count = 0; }
    /// @param windows that saw of an interval of @p wholeNs together @p seenNs
    /// @return relative standard error of the number of events; below 0: not known, of less than three
    /// windows or of none with events
    [[nodiscard]] float of(std::uint32_t windows, std::uint64_t seenNs, std::uint64_t wholeNs) const;

private:
    static constexpr std::size_t kAtLeast = 8;
    static constexpr std::size_t kMost = 64;
    struct Window {
        double ns = 0;
        double events = 0;
    };
    std::array<Window, kMost> m_windows{};
    std::uint64_t m_count = 0; ///< ever; the last kMost are kept
};

} // namespace statescape::helper
