// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <sys/types.h>

/// Work whose price is known without probes. Each measures the CPU time of all that takes part, on the last
/// CPU unless it says otherwise, and runs in processes of its own.
namespace load {

enum class Kind {
    SystemCalls,    ///< getppid()
    RoundTrips,     ///< a byte to another process and back: two switches, four system calls
    SparseTurns,    ///< wakes a thousand times a second, caches gone cold: two switches, two system calls
    Compiles,       ///< checks a small C++ file with g++; CPU time of all its processes
    FileRequests,   ///< fetches a file of 64 kB over a connection of its own; client and server
    StressSwitches, ///< `stress-ng --switch 2`, on all CPUs; least is the mean, rounds of whole seconds
};

/// What a turn of a load takes.
struct Cost {
    double least = 0; ///< ns of CPU a turn in the best of the round's short runs: the work itself
    double mean = 0;  ///< ns of CPU a turn over all of the time, whatever happened in it
    double share = 0; ///< CPU time by wall time
    double wall = 0;  ///< ns a turn
};

/// A load that stands ready: what it needs is set up once, so that rounds can be as short as one run (8 to
/// 250 ms).
class Standing {
public:
    explicit Standing(Kind kind);
    ~Standing();
    Standing(const Standing &) = delete;
    Standing &operator=(const Standing &) = delete;
    /// @param seconds 0: one short run @return nothing where it cannot run (no g++, no stress-ng)
    std::optional<Cost> run(double seconds);

private:
    std::string m_file; ///< what it works on
    int m_channel = -1;
    pid_t m_pid = -1;
};

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
