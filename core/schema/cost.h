// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace statescape::schema {

/// What one event of a probe costs, ns; below 0: not known.
struct EventCost {
    double coldNs = -1; ///< where few come: its code and maps have left the caches by the next one
    double warmNs = -1; ///< where many come
};

/// Events of one probe this dense on a CPU, one in 100 µs, find its code and maps in the caches.
inline constexpr double kColdPerCpu = 10'000;
/// What an event costs when many come and nobody measured it.
inline constexpr double kUsualWarmNs = 50;

/// The one cost model: the helper keeps the budget by it, everyone else shows it. The first kColdPerCpu
/// events of a second and CPU cost coldNs each, those beyond warmNs; of the two a missing one follows from
/// the other. Its error is measured by `./bench probes` and told in docs/cost.md.
/// @return ns of CPU per second; 0 when nothing is known of the cost.
double costPerSecond(const EventCost &cost, double eventsPerSecond, unsigned cpus);

} // namespace statescape::schema
