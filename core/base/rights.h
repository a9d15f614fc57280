// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

namespace statescape::base {

/// A set of capabilities, a bit each, by the numbers of linux/capability.h.
class Rights {
public:
    constexpr Rights() = default;
    constexpr Rights(std::initializer_list<int> capabilities)
    {
        for (const int capability : capabilities)
            m_bits |= std::uint64_t{1} << capability;
    }
    static constexpr Rights fromBits(std::uint64_t bits)
    {
        Rights rights;
        rights.m_bits = bits;
        return rights;
    }
    [[nodiscard]] constexpr std::uint64_t bits() const { return m_bits; }
    [[nodiscard]] constexpr bool empty() const { return m_bits == 0; }
    [[nodiscard]] constexpr bool has(int capability) const { return (m_bits >> capability & 1) != 0; }
    [[nodiscard]] constexpr Rights with(Rights other) const { return fromBits(m_bits | other.m_bits); }
    [[nodiscard]] constexpr Rights within(Rights other) const { return fromBits(m_bits & other.m_bits); }
    [[nodiscard]] constexpr Rights without(Rights other) const { return fromBits(m_bits & ~other.m_bits); }
    constexpr bool operator==(const Rights &) const = default;

    /// @return what this thread may raise (permitted), and what it has raised (effective).
    static Rights permitted();
    static Rights effective();
    /// @return "cap_bpf,cap_perfmon", as setcap takes it; "nothing" without any.
    [[nodiscard]] std::string names() const;

private:
    std::uint64_t m_bits = 0;
};

/// Sets the effective set of this thread for a scope to exactly what is asked for, as far as it is permitted;
/// what was effective before comes back at the end of the scope. Lowering never fails.
class RightsScope {
public:
    explicit RightsScope(Rights wanted);
    ~RightsScope();
    RightsScope(const RightsScope &) = delete;
    RightsScope &operator=(const RightsScope &) = delete;

private:
    Rights m_before;
};

} // namespace statescape::base
