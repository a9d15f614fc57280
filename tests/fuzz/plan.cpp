// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/schema/plan.h"
#include "fuzz.h"

#include <set>

using namespace statescape;

namespace {
/// @return the plan whose user probes are the lines of @p text that are some.
schema::ProbePlan planOf(std::string_view text)
{
    schema::ProbePlan plan;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        const auto probe = schema::parseUserProbe(line);
        if (!probe) {
            fuzz::require(!probe.error().message.empty(), "an error says what");
            continue;
        }
        const auto written = schema::format(*probe);
        const auto again = schema::parseUserProbe(written);
        fuzz::require(again.has_value() && *again == *probe,
                      "what was read is written so that it reads the same");
        // A script's text is not in the line.
        if (probe->kind != schema::HookKind::Script)
            fuzz::require(schema::check(*probe).has_value(),
                          "what was read passes the check of the other end");
        plan.user.push_back(*probe);
    }
    return plan;
}
} // namespace

/// First byte: kind of entity; the rest is one user probe a line.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzz::Choices choices(data, size);
    const auto entity = choices.byte();
    auto plan = planOf(choices.text());
    plan.entity = static_cast<schema::EntityKind>(entity % 4);
    if (!schema::check(plan))
        return 0;
    const schema::Layout layout(plan);
    fuzz::require(layout.probes().size() == schema::kProbeCount + plan.user.size(),
                  "an entry for each probe");
    std::set<std::string> keys;
    for (const auto &feature : layout.schema()->features())
        fuzz::require(keys.insert(feature.key).second, "no two features have the same key");
    for (const auto &feature : layout.features())
        fuzz::require(feature.a < layout.words() && feature.b < layout.words(),
                      "features follow from words that there are");
    for (const auto &probe : layout.probes())
        fuzz::require(probe.firstWord + probe.words <= layout.words(), "every probe's words are there");
    fuzz::require(schema::Layout(plan).hash() == layout.hash(), "both ends come to the same layout");
    return 0;
}
