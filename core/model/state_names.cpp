// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/state_names.h"

#include <set>

namespace statescape::model {

void uniqueNames(std::vector<State> &states)
{
    std::set<std::string> taken;
    for (const auto &state : states)
        taken.insert(state.name);
    std::set<std::string> used;
    for (auto &state : states) {
        if (used.insert(state.name).second)
            continue;
        std::string name;
        for (int number = 2; name.empty() || !taken.insert(name).second; ++number)
            name = state.name + " " + std::to_string(number);
        state.name = name;
        used.insert(name);
    }
}

} // namespace statescape::model
