// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hooks/binary.h"
#include "core/schema/symbol_name.h"

#include <algorithm>
#include <set>

namespace statescape::hooks {
namespace {
std::string withoutBlanks(std::string_view text)
{
    std::string out(text);
    std::erase(out, ' ');
    return out;
}

/// @return whether it is the part of a function that the compiler moved away, or its copy for one caller.
bool isPiece(std::string_view readable)
{
    return readable.find(" [clone ") != std::string_view::npos;
}
} // namespace

std::vector<std::string> symbolsOf(const NameList &names, std::string_view written)
{
    const auto wanted = withoutBlanks(written);
    std::vector<std::string> found;
    for (std::size_t i = 0; i < names.size() && !wanted.empty(); ++i) {
        const auto readable = schema::readableSymbol(names.name(i));
        if (readable.empty() || isPiece(readable))
            continue;
        if (withoutBlanks(readable) == wanted || withoutBlanks(schema::withoutParameters(readable)) == wanted)
            found.emplace_back(names.name(i));
    }
    std::ranges::sort(found);
    // C1 and C2, D0, D1 and D2 read the same: the whole object's is the one that is called by its owner.
    std::vector<std::string> out;
    std::set<std::string> texts;
    std::set<std::uint64_t> places;
    for (const auto &symbol : found) {
        if (symbol.find("D0Ev") != std::string::npos && found.size() > 1)
            continue;
        const auto at = names.find(symbol, {});
        if (texts.insert(schema::readableSymbol(symbol)).second && places.insert(names.value(*at)).second)
            out.push_back(symbol);
    }
    return out;
}

} // namespace statescape::hooks
