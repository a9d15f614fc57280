// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/schema/cost.h"

#include <algorithm>
#include <cmath>

namespace statescape::schema {

double costPerSecond(const EventCost &cost, double eventsPerSecond, unsigned cpus)
{
    const auto known = [](double ns) { return std::isfinite(ns) && ns >= 0; };
    if ((!known(cost.coldNs) && !known(cost.warmNs)) || !(eventsPerSecond > 0))
        return 0;
    const double cold = known(cost.coldNs) ? cost.coldNs : cost.warmNs;
    // Both figures have an error; a cache that is warm never makes an event dearer.
    const double warm = std::min(cold, known(cost.warmNs) ? cost.warmNs : kUsualWarmNs);
    const double first = std::min(eventsPerSecond, kColdPerCpu * std::max(1U, cpus));
    return first * cold + (eventsPerSecond - first) * warm;
}

} // namespace statescape::schema
