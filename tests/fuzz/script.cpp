// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/schema/script_maps.h"
#include "core/schema/user_probe.h"
#include "fuzz.h"

using namespace statescape;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const auto text = fuzz::textOf(data, size);
    const auto maps = schema::scriptMaps(text);
    if (!maps) {
        fuzz::require(!maps.error().message.empty(), "an error says what");
        return 0;
    }
    fuzz::require(!maps->empty() && maps->size() <= schema::kMaxScriptMaps, "as many maps as may be");
    schema::UserProbe probe{
        schema::HookKind::Script, "/tmp/a.bt", {}, schema::Measure::Count, std::string(text)};
    if (!schema::check(probe))
        return 0;
    const auto slots = schema::userSlots(probe);
    for (const auto &feature : schema::userFeatures(probe))
        fuzz::require(feature.a < slots.size() && feature.b < slots.size(),
                      "features follow from slots that there are");
    return 0;
}
