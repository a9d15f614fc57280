// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/scripts/script_values.h"
#include "fuzz.h"

#include <algorithm>

using namespace statescape;

/// A script's text, a zero byte, and what bpftrace would print for it, a line each.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    auto text = fuzz::textOf(data, size);
    const auto script = text.substr(0, text.find('\0'));
    text.remove_prefix(std::min(text.size(), script.size() + 1));
    auto maps = schema::scriptMaps(script);
    if (!maps)
        return 0;
    fuzz::require(!bpf::printClause(*maps).empty(), "there is a clause to print them");
    bpf::ScriptValues values(std::move(*maps));
    std::vector<std::uint64_t> words(values.words());
    std::vector<std::uint64_t> before(values.words());
    std::uint64_t now = 1'000'000'000;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        now += bpf::kScriptPrintNs / 2;
        values.line(line, now);
        const auto missed = values.missed();
        (void)values.read(now, words);
        fuzz::require(values.missed() >= missed, "losses are never taken back");
    }
    return 0;
}
