// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tests/bench/row.h"

#include <fmt/core.h>

/// The parts of `./bench probes` that compare with and without.
namespace parts {

inline constexpr std::uint64_t kIntervalNs = 250'000'000;

inline void row(const std::string &name, double value, const std::string &unit,
                const statescape::bench::Peer &peer, const std::string &note)
{
    statescape::bench::printRow("probes", name, value, unit, peer, note);
}
inline std::string verdict(double value, double limit, const std::string &unit)
{
    return fmt::format("limit {:g} {}: {}", limit, unit, value <= limit ? "kept" : "MISSED");
}

/// What a system call and a switch pay, ns.
void addedNs();
/// What loads pay for the default set, with and without a budget, beside bpftrace doing the same.
void slowDowns();
/// What the model says the probes take of a CPU beside what loads have to pay for them.
void modelErrors();
/// Which of the default set a load pays for; asked for by name, by people who want to make one cheaper.
void eachAlone();

} // namespace parts
