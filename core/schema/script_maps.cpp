// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/schema/script_maps.h"

#include "core/schema/script_tokens.h"
#include "core/schema/user_probe.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

namespace statescape::schema {
namespace {
using base::Code;
using base::fail;
using Kind = ScriptToken::Kind;
using Tokens = std::span<const ScriptToken>;

/// What is said about a map anywhere in the script.
struct Use {
    std::string name;
    std::optional<ScriptMapKind> aggregate; ///< by a function that only makes such maps
    bool keyed = false;
    bool grows = false;   ///< ++, +=
    bool shrinks = false; ///< --, -= and what else goes both ways
    bool set = false;     ///< = something other than a number that stands in the script
    bool reset = false;   ///< = such a number
    bool numbers = false; ///< of what it is set to, something may be a level
    bool deleted = false; ///< an entry of it
    bool amounts = false; ///< sum(), +=
    bool printedInPart = false;
};

struct Aggregate {
    std::string_view function;
    ScriptMapKind kind;
};
constexpr std::array<Aggregate, 8> kAggregates{{{"count", ScriptMapKind::Counter},
                                                {"sum", ScriptMapKind::Counter},
                                                {"hist", ScriptMapKind::Histogram},
                                                {"lhist", ScriptMapKind::Histogram},
                                                {"stats", ScriptMapKind::Stats},
                                                {"avg", ScriptMapKind::Gauge},
                                                {"min", ScriptMapKind::Gauge},
                                                {"max", ScriptMapKind::Gauge}}};
/// Values that are no numbers, and points in time: as differences they mean something, as levels they do not.
constexpr std::array<std::string_view, 22> kNoLevels{
    "nsecs",   "elapsed", "comm", "str",         "kstack", "ustack",  "ksym", "usym",
    "kaddr",   "uaddr",   "ntop", "buf",         "probe",  "func",    "join", "strftime",
    "macaddr", "curtask", "path", "cgroup_path", "stack",  "strerror"};

bool isSign(const ScriptToken &token, std::string_view text)
{
    return token.kind == Kind::Sign && token.text == text;
}

/// More than a person writes as one value.
constexpr std::size_t kLongestValue = 1024;

/// Looks at the words of an assigned value up to its end.
void assign(Use &use, Tokens tokens, std::size_t at)
{
    if (at >= tokens.size())
        return;
    const auto &first = tokens[at];
    const bool called = at + 1 < tokens.size() && isSign(tokens[at + 1], "(");
    if (first.kind == Kind::Name && called) {
        const auto found = std::ranges::find(kAggregates, first.text, &Aggregate::function);
        if (found != kAggregates.end()) {
            use.aggregate = found->kind;
            use.amounts = use.amounts || first.text == "sum";
            return;
        }
    }
    const auto ends = [](const ScriptToken &token) {
        return token.kind == Kind::Sign && (token.text == ";" || token.text == "}");
    };
    std::size_t end = at;
    while (end < tokens.size() && end < at + kLongestValue && !ends(tokens[end]))
        end = std::max(end + 1, tokens[end].behind);
    const auto value = tokens.subspan(at, end - at);
    const std::size_t sign = !value.empty() && isSign(value[0], "-") ? 1 : 0;
    if (value.size() == sign + 1 && value[sign].kind == Kind::Number) {
        use.reset = true;
        return;
    }
    use.set = true;
    const bool text = first.kind == Kind::String;
    const bool other = first.kind == Kind::Name &&
                       std::ranges::find(kNoLevels, first.text) != kNoLevels.end() &&
                       value.size() == (called ? tokens[at + 1].behind - at : 1);
    // (struct file *)arg0, and tuples.
    const bool cast = isSign(first, "(") &&
                      std::ranges::any_of(tokens.subspan(at, first.behind - at), [](const auto &token) {
                          return isSign(token, "*") || isSign(token, ",");
                      });
    use.numbers = use.numbers || !(text || other || cast);
}

class Uses {
public:
    void look(Tokens tokens)
    {
        for (std::size_t i = 0; i < tokens.size(); ++i)
            if (tokens[i].kind == Kind::Map)
                at(tokens, i);
    }
    [[nodiscard]] const std::vector<Use> &all() const { return m_uses; }

private:
    Use &named(std::string_view name)
    {
        const auto found = std::ranges::find(m_uses, name, &Use::name);
        if (found != m_uses.end())
            return *found;
        auto &use = m_uses.emplace_back();
        use.name = name;
        return use;
    }

    void at(Tokens tokens, std::size_t i)
    {
        // A script of 64 KiB has room for thousands of names; those behind are only too many anyway.
        if (m_uses.size() > 4 * kMaxScriptMaps)
            return;
        auto &use = named(tokens[i].text.substr(1));
        std::size_t next = i + 1;
        const bool indexed = next < tokens.size() && isSign(tokens[next], "[");
        if (indexed) {
            use.keyed = true;
            next = tokens[next].behind;
        }
        // As an argument.
        if (i >= 2 && isSign(tokens[i - 1], "(") && tokens[i - 2].kind == Kind::Name) {
            use.deleted = use.deleted || tokens[i - 2].text == "delete";
            const bool whole = !indexed && next < tokens.size() && isSign(tokens[next], ")");
            use.printedInPart = use.printedInPart || (tokens[i - 2].text == "print" && !whole);
        }
        const auto before =
            i > 0 && tokens[i - 1].kind == Kind::Sign ? tokens[i - 1].text : std::string_view{};
        const auto after =
            next < tokens.size() && tokens[next].kind == Kind::Sign ? tokens[next].text : std::string_view{};
        use.grows = use.grows || before == "++" || after == "++" || after == "+=";
        use.shrinks = use.shrinks || before == "--" ||
                      (after.size() > 1 && after != "++" && after != "+=" &&
                       (after == "--" || (after.back() == '=' && after != "==" && after != "!=" &&
                                          after != "<=" && after != ">=")));
        use.amounts = use.amounts || after == "+=";
        if (after == "=")
            assign(use, tokens, next + 1);
    }

    std::vector<Use> m_uses;
};

/// @return what the map becomes; nothing when it only serves others.
std::optional<ScriptMapKind> kindOf(const Use &use)
{
    if (use.aggregate)
        return use.aggregate;
    const bool level = use.set || use.shrinks;
    if (use.grows && !level)
        return ScriptMapKind::Counter;
    if (use.shrinks && !use.set)
        return ScriptMapKind::Gauge;
    const bool keepsState = use.keyed && use.deleted;
    if (level ? !use.numbers || keepsState : !use.reset || keepsState)
        return std::nullopt;
    return ScriptMapKind::Gauge;
}
} // namespace

base::Result<std::vector<ScriptMap>> scriptMaps(std::string_view text)
{
    if (text.size() > kMaxScriptBytes)
        return fail(Code::InvalidArgument, "a script of " + std::to_string(text.size()) + " bytes",
                    "at most " + std::to_string(kMaxScriptBytes) + " bytes");
    if (text.find('\0') != std::string_view::npos)
        return fail(Code::InvalidArgument, "not a text: it has a byte of zero", "give a bpftrace script");
    STATESCAPE_TRY(const auto tokens, scriptTokens(text));
    Uses uses;
    uses.look(tokens);
    std::vector<ScriptMap> maps;
    for (const auto &use : uses.all())
        if (const auto kind = kindOf(use))
            maps.push_back({use.name, *kind, use.keyed, !use.printedInPart, use.amounts});
    if (maps.empty())
        return fail(
            Code::InvalidArgument, "the script has no map that could become a feature",
            "count into one, such as @ = count(), @bytes = sum(args->bytes), @us = hist($us), @n++, or set "
            "one, such as @depth = $depth; stats(), avg(), min(), max() and lhist() serve as well");
    if (maps.size() > kMaxScriptMaps)
        return fail(Code::InvalidArgument,
                    "the script has more than " + std::to_string(kMaxScriptMaps) + " maps",
                    "split it into several scripts");
    return maps;
}

} // namespace statescape::schema
