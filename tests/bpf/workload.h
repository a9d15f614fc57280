// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <sys/types.h>

/// Small workloads whose effect on the kernel is known. Each runs in a process of its own.
namespace workload {

/// Runs @p body in a child and waits for it. @return the child's pid; -1 when body returned false or the
/// child died.
pid_t inChild(const std::function<bool()> &body);
/// Starts @p body in a child. The caller ends it with finish().
pid_t start(const std::function<bool()> &body);
/// Waits for the child. @return whether its body returned true.
bool finish(pid_t pid);

bool forkChildren(int count);
bool startThreads(int count);
bool runPrograms(int count);
bool writeCalls(int count);
bool failingOpens(int count);
bool againReads(int count);
bool futexTimeouts(int count);
/// Two processes on one CPU hand a byte back and forth; each round trip is two switches at least.
bool pingPong(int roundTrips);
bool fsyncs(const std::string &path, int count);
/// @param bytes a multiple of 4096. One request each, past the page cache.
bool directWrites(const std::string &path, int count, std::size_t bytes);
bool directReads(const std::string &path, int count, std::size_t bytes);
/// Connects and accepts over loopback; both ends close in order.
bool connections(int count);
/// Connects to a port where nobody listens.
bool refusedConnections(int count);
/// Connects and closes with a reset.
bool resetConnections(int count);
/// Connects to a listener whose backlog is full and waits until the SYN was sent again.
bool retransmittedConnect();
/// Never returns.
bool burnCpu();
/// Touches memory until killed. @return true when it got all of it
bool touchMemory(std::size_t bytes);

} // namespace workload
