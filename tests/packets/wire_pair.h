// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

/// A network namespace of this process with a pair of interfaces in it, which go with the process. Whatever
/// is sent into one end comes out of the other.
namespace wire_pair {

using Frame = std::vector<std::uint8_t>;

/// Runs a command with its arguments, quietly. @return whether it succeeded.
bool run(const std::string &command);

/// @return empty, or why there is none.
std::string enterNamespace();
/// Makes "here" and "there", up, without IPv6 so that nothing is sent of its own accord.
bool makePair();

/// @return received packets of an interface by `ip -s link`; -1 when it cannot be asked.
struct Counted {
    std::int64_t packets = -1, bytes = -1, sentPackets = -1, sentBytes = -1;
};
Counted counted(const std::string &interface);

/// Puts frames on an interface as they are.
class Sender {
public:
    explicit Sender(const std::string &interface);
    ~Sender();
    Sender(const Sender &) = delete;
    Sender &operator=(const Sender &) = delete;
    [[nodiscard]] bool send(std::span<const std::uint8_t> frame, int times = 1) const;

private:
    int m_fd = -1;
};

/// Ethernet header with those tags (outer first) and that type, then @p payload.
Frame ethernet(std::uint16_t type, const Frame &payload, const std::vector<std::uint16_t> &tags = {});
/// An IP header with @p bytes of payload.
Frame ipv4(std::uint8_t protocol, std::size_t bytes, std::uint16_t fragment = 0);
Frame ipv6(std::uint8_t next, const Frame &rest);
/// An IPv6 extension header of @p units of 8 bytes more than the first.
Frame extension(std::uint8_t next, std::uint8_t units, const Frame &rest);

} // namespace wire_pair
