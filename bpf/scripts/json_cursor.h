// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace statescape::bpf {

/// Walks through one JSON text without allocating. Whatever it does not find as asked for is a failure, after
/// which the text is of no more use. Strings are given as they stand, escapes and all.
class JsonCursor {
public:
    explicit JsonCursor(std::string_view text)
        : m_text(text)
    {}

    /// @return what the next value begins with: one of {["-0123456789tfn; 0 at the end.
    [[nodiscard]] char peek();
    /// Takes @p sign when it is next.
    bool take(char sign);
    [[nodiscard]] std::optional<std::string_view> string();
    /// A whole number; fractions are cut off, what does not fit is clamped.
    [[nodiscard]] std::optional<std::int64_t> number();
    /// Passes a value of any kind, nested at most kMaxDepth.
    bool skip();

    /// Calls @p member(name) with the cursor at each member's value, which it is to take. @return false when
    /// the text is no such object or a member failed.
    template <class Member>
    bool object(Member member)
    {
        if (!take('{'))
            return false;
        if (take('}'))
            return true;
        do {
            const auto name = string();
            if (!name || !take(':') || !member(*name))
                return false;
        } while (take(','));
        return take('}');
    }
    /// The same for the elements of an array.
    template <class Element>
    bool array(Element element)
    {
        if (!take('['))
            return false;
        if (take(']'))
            return true;
        do {
            if (!element())
                return false;
        } while (take(','));
        return take(']');
    }
    /// @return whether nothing but white space is left.
    [[nodiscard]] bool atEnd() { return peek() == 0 && m_at >= m_text.size(); }

private:
    static constexpr int kMaxDepth = 8;
    bool skipTo(int depth);

    std::string_view m_text;
    std::size_t m_at = 0;
};

} // namespace statescape::bpf
