// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/schema/catalogue.h"

#include <cstdint>
#include <functional>
#include <optional>

namespace statescape::bpf {

/// What the helper does to itself for some ms, so that a kind of event comes as often as it can.
enum class Load : std::uint8_t {
    SystemCalls, ///< a byte through a pipe of its own: a loop of the cheapest call would be guessed ahead by
                 ///< the CPU
    Switches,    ///< two threads on one CPU hand a byte back and forth
    Packets,     ///< datagrams to itself over loopback
    Reads,       ///< of /dev/zero, a byte each
};
/// @return the load that calls @p probe; nothing where no load makes enough events to see what one costs.
std::optional<Load> loadFor(schema::Probe probe);

/// One turn of a load.
struct Turn {
    double ns = 0;     ///< CPU time of all that takes part, the least of several rounds
    double spread = 0; ///< ns; how much more the third best round took
    double events = 0; ///< of the probe that was counted
};
/// Runs the load on one CPU for some ms. Needs no privilege. Not thread-safe; starts a thread and joins it.
/// @param events of the probe so far, cumulative; may be empty
/// @return nothing where the load cannot run (no pipe, no loopback)
std::optional<Turn> timeLoad(Load load, const std::function<std::uint64_t()> &events = {});

/// What really became dearer, the kernel's own path to a traced event included; another tracer that was there
/// before is not charged.
/// @return ns per event; nothing where the rounds scatter too much to tell
std::optional<double> addedPerEvent(const Turn &before, const Turn &after);

} // namespace statescape::bpf
