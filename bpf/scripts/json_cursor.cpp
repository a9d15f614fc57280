// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/scripts/json_cursor.h"

#include <array>
#include <limits>

namespace statescape::bpf {
namespace {
bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}
} // namespace

char JsonCursor::peek()
{
    while (m_at < m_text.size() &&
           (m_text[m_at] == ' ' || m_text[m_at] == '\t' || m_text[m_at] == '\n' || m_text[m_at] == '\r'))
        ++m_at;
    return m_at < m_text.size() ? m_text[m_at] : '\0';
}

bool JsonCursor::take(char sign)
{
    if (peek() != sign || m_at >= m_text.size())
        return false;
    ++m_at;
    return true;
}

std::optional<std::string_view> JsonCursor::string()
{
    if (!take('"'))
        return std::nullopt;
    const auto begin = m_at;
    for (; m_at < m_text.size(); ++m_at) {
        if (m_text[m_at] == '\\')
            ++m_at;
        else if (m_text[m_at] == '"')
            return m_text.substr(begin, m_at++ - begin);
    }
    m_at = m_text.size();
    return std::nullopt;
}

std::optional<std::int64_t> JsonCursor::number()
{
    constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    const bool negative = take('-');
    if (!isDigit(peek()))
        return std::nullopt;
    std::uint64_t value = 0;
    for (; m_at < m_text.size() && isDigit(m_text[m_at]); ++m_at) {
        const auto digit = static_cast<std::uint64_t>(m_text[m_at] - '0');
        value = value > (kMost - digit) / 10 ? kMost : value * 10 + digit;
    }
    while (m_at < m_text.size() && (isDigit(m_text[m_at]) || m_text[m_at] == '.'))
        ++m_at;
    const auto whole = static_cast<std::int64_t>(value);
    return negative ? -whole : whole;
}

bool JsonCursor::skip()
{
    return skipTo(kMaxDepth);
}

bool JsonCursor::skipTo(int depth)
{
    if (depth == 0)
        return false;
    switch (peek()) {
    case '{':
        return object([&](std::string_view) { return skipTo(depth - 1); });
    case '[':
        return array([&] { return skipTo(depth - 1); });
    case '"':
        return string().has_value();
    default:
        break;
    }
    for (const std::string_view word : {"true", "false", "null"})
        if (m_text.substr(m_at).starts_with(word)) {
            m_at += word.size();
            return true;
        }
    return number().has_value();
}

} // namespace statescape::bpf
