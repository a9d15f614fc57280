// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace statescape::helper {

/// Whole frames waiting for a slow reader, in a fixed amount of memory. Never blocks. Not thread-safe.
class OutputQueue {
public:
    /// Some ten seconds of samples at the default interval.
    static constexpr std::size_t kCapacity = 512 * 1024;
    /// Kept free of samples, so that an answer always finds room.
    static constexpr std::size_t kReserved = 64 * 1024;

    /// @param fd non-blocking, stays the caller's
    explicit OutputQueue(int fd)
        : m_fd(fd)
        , m_ring(kCapacity)
    {}

    /// Takes a sample, or drops it whole and counts it when there is no room.
    void pushSample(std::span<const std::byte> frame);
    /// Takes an answer. @return false when not even the reserve has room.
    bool push(std::span<const std::byte> frame);
    /// Writes as much as the reader takes.
    /// @error Disconnected when the reader is gone; Io
    base::Result<> flush();

    [[nodiscard]] bool empty() const { return m_size == 0; }
    [[nodiscard]] std::uint64_t dropped() const { return m_dropped; }

private:
    void append(std::span<const std::byte> frame);
    int m_fd;
    std::vector<std::byte> m_ring;
    std::size_t m_begin = 0;
    std::size_t m_size = 0;
    std::uint64_t m_dropped = 0;
};

} // namespace statescape::helper
