// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/clusterer.h"
#include "core/model/training.h"

#include <algorithm>

namespace statescape::model {

std::span<const Algorithm> algorithms()
{
    static const std::vector<Algorithm> all = [] {
        std::vector<Algorithm> out{{"auto", "chosen from the data",
                                    "You want the tool to look: with labels, prototypes inside each labelled "
                                    "class; without, several "
                                    "algorithms are tried and the one whose states hold up best is taken.",
                                    "As the algorithm that was chosen.", true, true, false}};
        for (const auto &facts : ml::clustererFacts())
            out.push_back({facts.key, facts.name, facts.when, facts.prediction, facts.needsK, facts.noise,
                           facts.membership});
        return out;
    }();
    return all;
}

const Algorithm *algorithmOf(std::string_view key)
{
    const auto all = algorithms();
    const auto found =
        std::find_if(all.begin(), all.end(), [&](const Algorithm &one) { return one.key == key; });
    return found == all.end() ? nullptr : &*found;
}

} // namespace statescape::model
