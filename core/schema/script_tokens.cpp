// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/schema/script_tokens.h"

#include <algorithm>
#include <array>
#include <string>

namespace statescape::schema {
namespace {
using Kind = ScriptToken::Kind;

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}
bool isNameStart(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool isName(char c)
{
    return isNameStart(c) || isDigit(c);
}
/// @source bpftrace src/lexer.l, the token path
bool isPath(char c)
{
    return isName(c) || std::string_view("-./#$+*").find(c) != std::string_view::npos;
}

constexpr std::array<std::string_view, 20> kLongSigns{
    "<<=", ">>=", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=",
    "|=",  "^=",  "==", "!=", "<=", ">=", "&&", "||", "->", "<<"};

class Lexer {
public:
    explicit Lexer(std::string_view text)
        : m_text(text)
    {}
    base::Result<std::vector<ScriptToken>> run()
    {
        while (m_at < m_text.size())
            STATESCAPE_CHECK(step());
        if (!m_open.empty())
            return wrong(std::string("'") + m_open.back().sign + "' is not closed", m_open.back().at);
        return std::move(m_tokens);
    }

private:
    [[nodiscard]] char peek(std::size_t ahead = 0) const
    {
        return m_at + ahead < m_text.size() ? m_text[m_at + ahead] : '\0';
    }
    [[nodiscard]] base::Error wrong(const std::string &what, std::size_t at) const
    {
        const auto before = m_text.substr(0, std::min(at, m_text.size()));
        const auto line = 1 + std::ranges::count(before, '\n');
        return base::fail(base::Code::InvalidArgument, "line " + std::to_string(line) + ": " + what,
                          "correct the script; bpftrace -d FILE shows what it reads");
    }
    void put(Kind kind, std::size_t length)
    {
        m_tokens.push_back({kind, m_text.substr(m_at, length), 0});
        m_at += length;
    }
    template <class Belongs>
    [[nodiscard]] std::size_t lengthOf(std::size_t from, Belongs belongs) const
    {
        std::size_t length = from;
        while (m_at + length < m_text.size() && belongs(m_text[m_at + length]))
            ++length;
        return length;
    }

    base::Result<> step()
    {
        const char c = peek();
        const bool lineStart = m_lineStart;
        m_lineStart = c == '\n' || (lineStart && (c == ' ' || c == '\t'));
        if (c == '#' && lineStart) {
            skipPreprocessor();
            return {};
        }
        if (c == '/' && peek(1) == '/') {
            m_at = std::min(m_text.find('\n', m_at), m_text.size());
            return {};
        }
        if (c == '/' && peek(1) == '*')
            return skipComment();
        if (c == '"')
            return takeString();
        if (c == ':' && m_open.empty()) {
            // A probe's name: "/*" in it is a path with a wildcard.
            m_at += lengthOf(1, isPath);
            return {};
        }
        if (c == '@')
            put(Kind::Map, isNameStart(peek(1)) ? lengthOf(1, isName) : 1);
        else if (isNameStart(c) || (c == '$' && isName(peek(1))))
            put(Kind::Name, lengthOf(1, isName));
        else if (isDigit(c))
            put(Kind::Number, lengthOf(1, isName));
        else if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
            ++m_at;
        else
            return takeSign();
        return {};
    }

    void skipPreprocessor()
    {
        do {
            m_at = std::min(m_text.find('\n', m_at), m_text.size() - 1) + 1;
        } while (m_at >= 2 && m_at < m_text.size() && m_text[m_at - 2] == '\\');
        m_lineStart = true;
    }

    base::Result<> skipComment()
    {
        const auto end = m_text.find("*/", m_at + 2);
        if (end == std::string_view::npos)
            return wrong("a comment is not closed", m_at);
        m_at = end + 2;
        return {};
    }

    base::Result<> takeString()
    {
        for (std::size_t i = m_at + 1; i < m_text.size(); ++i) {
            if (m_text[i] == '\\') {
                ++i;
            } else if (m_text[i] == '"') {
                put(Kind::String, i - m_at + 1);
                return {};
            }
        }
        return wrong("a string is not closed", m_at);
    }

    base::Result<> takeSign()
    {
        const char c = peek();
        static constexpr std::string_view kOpening = "{[(";
        static constexpr std::string_view kClosing = "}])";
        if (kOpening.find(c) != std::string_view::npos) {
            m_open.push_back({c, m_at, m_tokens.size()});
        } else if (const auto which = kClosing.find(c); which != std::string_view::npos) {
            if (m_open.empty() || m_open.back().sign != kOpening[which])
                return wrong(std::string("'") + c + "' closes nothing", m_at);
            m_tokens[m_open.back().token].behind = m_tokens.size() + 1;
            m_open.pop_back();
        }
        const auto rest = m_text.substr(m_at);
        const auto found =
            std::ranges::find_if(kLongSigns, [&](auto sign) { return rest.starts_with(sign); });
        put(Kind::Sign, found == kLongSigns.end() ? 1 : found->size());
        return {};
    }

    std::string_view m_text;
    std::size_t m_at = 0;
    bool m_lineStart = true;
    struct Bracket {
        char sign;
        std::size_t at, token;
    };
    std::vector<Bracket> m_open;
    std::vector<ScriptToken> m_tokens;
};
} // namespace

base::Result<std::vector<ScriptToken>> scriptTokens(std::string_view text)
{
    return Lexer(text).run();
}

} // namespace statescape::schema
