// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/loader.h"

#include <functional>
#include <string>
#include <vector>

/// With and without in alternation, many times: what the machine does besides falls on both sides of a pair.
namespace pairs {

/// The median of the differences of pairs, and where the true one lies with 95 % certainty, whatever they are
/// distributed like (by order statistics).
struct Estimate {
    double value = 0;
    double low = 0;
    double high = 0;
    int pairs = 0;
    [[nodiscard]] bool known() const { return pairs >= 6; } ///< fewer have no such interval
};
Estimate medianOf(std::vector<double> differences);
/// @return "[0.1, 0.9] % in 60 pairs"
std::string text(const Estimate &estimate, const std::string &unit);
/// @return "kept", "MISSED", or "not decided" when the limit lies within the interval.
std::string verdict(const Estimate &estimate, double limit);
/// The same where the limit is half of what another estimate says.
std::string verdictAgainstHalf(const Estimate &estimate, const Estimate &peer);

/// Something that stands or does not.
struct Side {
    std::function<void()> on, off;
};
/// Measures with nothing and with each side on, in random order, @p rounds times.
/// @param measure one short run; below 0: it failed
/// @return for each side, by how many per cent it was dearer than nothing, pair by pair
std::vector<std::vector<double>> slowDowns(const std::vector<Side> &sides, int rounds,
                                           const std::function<double()> &measure);

/// The kernel halves of probes in this process, put on their hooks and taken off within milliseconds.
class Halves {
public:
    explicit Halves(std::uint64_t probes);
    Halves(const Halves &) = delete;
    Halves &operator=(const Halves &) = delete;
    Side side();

private:
    statescape::bpf::LibbpfLog m_log;
    statescape::bpf::SharedMaps m_maps;
    std::vector<statescape::bpf::LoadedProbe> m_probes;
};

/// Programs that do nothing, at the hooks of the same probes: what no program at them can go below.
class Empties {
public:
    explicit Empties(std::uint64_t probes);
    Side side();

private:
    statescape::base::Fd m_program;
    std::vector<std::string> m_hooks;
    std::vector<statescape::base::Fd> m_links;
};

} // namespace pairs
