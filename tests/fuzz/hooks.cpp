// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hooks/kernel_functions.h"
#include "core/hooks/tracepoints.h"
#include "fuzz.h"

#include <algorithm>

using namespace statescape;

namespace {
void searchFor(const hooks::NameList &names, std::string_view query)
{
    const auto found = names.search(query, 16);
    fuzz::require(found.matches.size() <= 16 && found.matches.size() <= found.total &&
                      found.total <= names.size(),
                  "no more matches than asked for");
    for (const auto &match : found.matches)
        fuzz::require(match.index < names.size(), "matches are names of the list");
    (void)names.closest(query, 3);
}

void listOf(std::string_view text)
{
    hooks::NameList names;
    const auto query = text.substr(0, text.find('\n'));
    for (std::string_view line; hooks::takeLine(text, line);) {
        const auto group = hooks::takeWord(line);
        const auto name = hooks::takeWord(line);
        if (const auto added = names.add(name, group, 1, line.size())) {
            const auto found = names.find(name, group);
            fuzz::require(found && *found == added->first, "what was added is found");
            fuzz::require(names.name(*found) == name && names.group(*found) == group, "under its own name");
        }
    }
    searchFor(names, query);
}

void formatOf(std::string_view text)
{
    const auto format = hooks::parseTracepointFormat(text);
    if (!format) {
        fuzz::require(!format.error().message.empty(), "an error says what");
        return;
    }
    for (const auto &field : format->fields)
        fuzz::require(field.offset + field.size <= 65536, "fields lie inside a record");
    for (const auto &name : format->numericFields())
        fuzz::require(format->field(name) != nullptr, "a numeric field is a field");
    for (const auto &field : format->fields)
        fuzz::require(!field.numeric ||
                          (field.size > 0 && (field.size & (field.size - 1)) == 0 && field.size <= 8),
                      "a numeric field is one integer");
}

/// @param text three files, apart by zero bytes
void functionsOf(std::string_view text)
{
    hooks::KernelFunctions functions;
    const auto takeFile = [&text] {
        const auto file = text.substr(0, text.find('\0'));
        text.remove_prefix(std::min(text.size(), file.size() + 1));
        return file;
    };
    (void)functions.addSymbols(takeFile());
    const auto known = functions.names().size();
    functions.keepTraceable(takeFile());
    functions.dropBlacklisted(takeFile());
    fuzz::require(functions.names().size() == known, "lists that take away add nothing");
}
} // namespace

/// First byte: which reader.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzz::Choices choices(data, size);
    const auto which = choices.byte() % 3;
    const auto text = choices.text();
    switch (which) {
    case 0:
        formatOf(text);
        break;
    case 1:
        listOf(text);
        break;
    default:
        functionsOf(text);
        break;
    }
    return 0;
}
