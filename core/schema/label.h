// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace statescape::schema {

enum class Polarity : std::int8_t { Negative = -1, None = 0, Positive = 1 };
/// @return "negative", "none", "positive".
inline std::string_view polarityKey(Polarity polarity)
{
    return polarity == Polarity::Positive ? "positive" : polarity == Polarity::Negative ? "negative" : "none";
}

/// What a person said of a sample: good, bad, or only a class. classId 0 means no class name.
struct Label {
    Polarity polarity = Polarity::None;
    std::uint16_t classId = 0; ///< index into the session's class names; 0 is the empty name

    [[nodiscard]] bool empty() const { return polarity == Polarity::None && classId == 0; }
    bool operator==(const Label &) const = default;
};

} // namespace statescape::schema
