// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/schema/symbol_name.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cxxabi.h>
#include <memory>
#include <utility>

namespace statescape::schema {
namespace {
constexpr std::size_t kLongestSymbol = 1024;
// Each reference to an earlier part may double the text: a short name could fill the memory.
constexpr std::size_t kMostReferences = 32;
constexpr std::size_t kLongestReadable = 4096;
constexpr std::size_t kRustHash = 19; // "::h" and 16 digits
constexpr std::string_view kOperator = "operator";
constexpr std::string_view kAnonymous = "(anonymous namespace)";

std::size_t references(std::string_view symbol)
{
    std::size_t count = 0;
    for (std::size_t i = 0; i + 1 < symbol.size(); ++i) {
        const char next = symbol[i + 1];
        if ((symbol[i] == 'S' || symbol[i] == 'T') &&
            (next == '_' || (next >= '0' && next <= '9') || (symbol[i] == 'S' && next >= 'A' && next <= 'Z')))
            ++count;
    }
    return count;
}

bool isRustHash(std::string_view text)
{
    return text.starts_with("::h") && std::ranges::all_of(text.substr(3), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

/// @source rustc-demangle, legacy.rs
std::string rustName(std::string_view text)
{
    static constexpr auto kSigns =
        std::to_array<std::pair<std::string_view, std::string_view>>({{"$SP$", "@"},
                                                                      {"$BP$", "*"},
                                                                      {"$RF$", "&"},
                                                                      {"$LT$", "<"},
                                                                      {"$GT$", ">"},
                                                                      {"$LP$", "("},
                                                                      {"$RP$", ")"},
                                                                      {"$C$", ","},
                                                                      {"$u20$", " "},
                                                                      {"$u27$", "'"},
                                                                      {"$u5b$", "["},
                                                                      {"$u5d$", "]"},
                                                                      {"$u7b$", "{"},
                                                                      {"$u7d$", "}"},
                                                                      {"$u7e$", "~"},
                                                                      {"_$LT$", "<"},
                                                                      {"..", "::"}});
    std::string out;
    while (!text.empty()) {
        const auto sign =
            std::ranges::find_if(kSigns, [text](const auto &each) { return text.starts_with(each.first); });
        // An underscore only stands before a sign that begins a part.
        const bool leads = out.empty() || out.ends_with("::");
        if (sign == kSigns.end() || (sign->first.front() == '_' && !leads)) {
            out += text.front();
            text.remove_prefix(1);
        } else {
            out += sign->second;
            text.remove_prefix(sign->first.size());
        }
    }
    return out;
}

bool isWord(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Steps through a name and knows which of its signs stand in brackets. Those of operators are no brackets.
class Nesting {
public:
    explicit Nesting(std::string_view text)
        : m_text(text)
    {}
    /// Steps over the sign at @p i. @return whether it is part of the name, outside of all brackets
    bool outside(std::size_t i)
    {
        const char c = m_text[i];
        if (m_depth == 0 && m_text.substr(i).starts_with(kOperator) && (i == 0 || !isWord(m_text[i - 1])) &&
            (i + kOperator.size() >= m_text.size() || !isWord(m_text[i + kOperator.size()])))
            m_operator = i + kOperator.size();
        const bool follows = m_operator != 0 && i >= m_operator && i < m_operator + 3;
        m_sign = follows && (i == m_operator || m_sign) && isSignOfOperator(i);
        if (m_sign)
            return true;
        const bool arrow = c == '>' && i != 0 && m_text[i - 1] == '-';
        if (c == '<' || c == '(' || c == '{' || c == '[')
            ++m_depth;
        else if ((c == '>' && !arrow) || c == ')' || c == '}' || c == ']')
            m_depth -= m_depth > 0 ? 1 : 0;
        else
            return m_depth == 0;
        return false;
    }
    [[nodiscard]] int depth() const { return m_depth; }
    /// @return whether "operator" was at or behind @p i.
    [[nodiscard]] bool namesOperator(std::size_t i) const { return m_operator > i; }

private:
    [[nodiscard]] bool isSignOfOperator(std::size_t i) const
    {
        // Of "()" and "[]" exactly the first pair.
        const auto at = i - m_operator;
        const char c = m_text[i];
        if (c == '(' || c == '[')
            return at == 0;
        if (c == ')' || c == ']')
            return at == 1 && (m_text[m_operator] == '(' || m_text[m_operator] == '[');
        return c == '<' || c == '>' || c == '=' || c == '-';
    }
    std::string_view m_text;
    int m_depth = 0;
    std::size_t m_operator = 0; ///< behind the last "operator"
    bool m_sign = false;
};

/// @return whether what ended in brackets was only the way to something inside it: "f(int) const::Local".
bool leadsOn(std::string_view rest)
{
    for (const std::string_view word : {" const", " volatile", " &&", " &"})
        if (rest.starts_with(word))
            rest.remove_prefix(word.size());
    return rest.starts_with("::");
}
} // namespace

std::string readableSymbol(std::string_view symbol)
{
    if (!symbol.starts_with("_Z") || symbol.size() > kLongestSymbol || references(symbol) > kMostReferences)
        return {};
    int status = 0;
    const std::unique_ptr<char, void (*)(void *)> text(
        abi::__cxa_demangle(std::string(symbol).c_str(), nullptr, nullptr, &status), std::free);
    if (status != 0 || !text)
        return {};
    const std::string_view readable(text.get());
    if (readable.size() > kLongestReadable)
        return {};
    if (readable.size() > kRustHash && isRustHash(readable.substr(readable.size() - kRustHash)))
        return rustName(readable.substr(0, readable.size() - kRustHash));
    return std::string(readable);
}

std::string withoutParameters(std::string_view readable)
{
    Nesting nesting(readable);
    std::size_t begin = 0;
    std::size_t open = 0;
    for (std::size_t i = 0; i < readable.size(); ++i) {
        const char c = readable[i];
        const int before = nesting.depth();
        const bool outside = nesting.outside(i);
        if (outside && c == ' ' && !nesting.namesOperator(begin))
            begin = i + 1;
        if (before == 0 && nesting.depth() == 1)
            open = i;
        if (before == 1 && nesting.depth() == 0 && c == ')' && open != begin &&
            !readable.substr(open).starts_with(kAnonymous) && !leadsOn(readable.substr(i + 1)))
            return std::string(readable.substr(begin, open - begin));
    }
    return std::string(readable.substr(begin));
}

std::string shortSymbol(std::string_view readable)
{
    const auto name = withoutParameters(readable);
    Nesting nesting(name);
    std::string out;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const bool top = nesting.depth() == 0;
        if (nesting.outside(i))
            out += name[i];
        else if (top && std::string_view(name).substr(i).starts_with("{lambda"))
            out += "{lambda}";
        // What stood in brackets alone leaves nothing.
        if (out.ends_with("::::") || out == "::")
            out.resize(out.size() - 2);
    }
    auto from = out.rfind("::");
    from = from == std::string::npos || from == 0 ? std::string::npos : out.rfind("::", from - 1);
    if (from != std::string::npos)
        out.erase(0, from + 2);
    return out.empty() ? name : out;
}

} // namespace statescape::schema
