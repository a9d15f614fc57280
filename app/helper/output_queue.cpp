// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/helper/output_queue.h"

#include <algorithm>
#include <cerrno>
#include <unistd.h>

namespace statescape::helper {

void OutputQueue::pushSample(std::span<const std::byte> frame)
{
    if (m_size + frame.size() > kCapacity - kReserved)
        ++m_dropped;
    else
        append(frame);
}

bool OutputQueue::push(std::span<const std::byte> frame)
{
    if (m_size + frame.size() > kCapacity)
        return false;
    append(frame);
    return true;
}

void OutputQueue::append(std::span<const std::byte> frame)
{
    const auto end = (m_begin + m_size) % kCapacity;
    const auto first = std::min(frame.size(), kCapacity - end);
    std::ranges::copy(frame.first(first), m_ring.begin() + static_cast<std::ptrdiff_t>(end));
    std::ranges::copy(frame.subspan(first), m_ring.begin());
    m_size += frame.size();
}

base::Result<> OutputQueue::flush()
{
    while (m_size > 0) {
        const auto chunk = std::min(m_size, kCapacity - m_begin);
        const auto written = ::write(m_fd, m_ring.data() + m_begin, chunk);
        if (written < 0) {
            if (errno == EINTR)
                continue;
            if (errno == EAGAIN || errno == EWOULDBLOCK)
                return {};
            const auto code = errno == EPIPE ? base::Code::Disconnected : base::Code::Io;
            return base::fail(code, "cannot write to standard output", {}, errno);
        }
        m_begin = (m_begin + static_cast<std::size_t>(written)) % kCapacity;
        m_size -= static_cast<std::size_t>(written);
    }
    return {};
}

} // namespace statescape::helper
