// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

/// Work whose price is known without probes. Each measures the CPU time of all that takes part, on the CPUs
/// it names, and runs in processes of its own.
namespace load {

/// What a turn of a load takes.
struct Cost {
    double least = 0; ///< ns of CPU a turn in the best of many short runs: the work itself
    double mean = 0;  ///< ns of CPU a turn over all of the time, whatever happened in it
    double share = 0; ///< CPU time by wall time
};

/// getppid() on one CPU. @param seconds how long, of all of these
Cost systemCalls(double seconds);
/// A byte to another process and back on one CPU: two switches, four system calls.
Cost roundTrips(double seconds);
/// A process that wakes a thousand times a second, with caches gone cold: two switches, two system calls a
/// turn.
Cost sparseTurns(double seconds);
/// Checks a small C++ file with g++. @return nothing without g++
std::optional<Cost> compiles(double seconds);
/// Fetches a file of 64 kB from a server over a connection of its own; both on one CPU.
Cost fileRequests(double seconds);
/// Bogo operations of `stress-ng --switch 2`; least is the mean. @return nothing without stress-ng
std::optional<Cost> stressSwitches(double seconds);

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
