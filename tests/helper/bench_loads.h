// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

/// Work whose price is known without probes. Each measures the CPU time of all that takes part, on the CPUs
/// it names, and runs in processes of its own.
namespace load {

/// @return ns of CPU per getppid() on one CPU, the least of many short runs.
double systemCallNs();
/// @return ns of CPU per round trip of a byte between two processes on one CPU: two switches, four system
/// calls.
double roundTripNs();
/// @return ns of CPU per turn of a process that wakes a thousand times a second, with caches gone cold: two
/// switches, two system calls.
double sparseTurnNs();
/// @return ms of CPU to check a small C++ file with g++, the least of several; nothing without g++.
std::optional<double> compileMs();
/// @return µs of CPU of server and client to fetch a file of 64 kB over a connection of its own.
double fileRequestUs();
/// @return µs of CPU per bogo operation of `stress-ng --switch 2`; nothing without stress-ng.
std::optional<double> stressSwitchUs();

/// Lets system calls come at a rate, on one CPU, until destroyed.
class Pacer {
public:
    explicit Pacer(unsigned callsPerSecond);
    ~Pacer();
    Pacer(const Pacer &) = delete;
    Pacer &operator=(const Pacer &) = delete;

private:
    int m_pid = -1;
};

} // namespace load
