// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>

/// Small workloads of known size that tests/bpf/workload.h has not.
namespace load {

bool getppids(int count);
/// Datagrams over loopback to a port where nobody listens. @param bytes of payload
bool datagrams(int count, std::size_t bytes);
/// Threads of one process that map and unmap for a while: they queue for the lock on its address space.
bool mapInThreads(int threads, int milliseconds);
bool burnFor(int milliseconds);
/// Reads and writes of a file, one byte each.
bool readsAndWrites(const char *path, int count);

} // namespace load
