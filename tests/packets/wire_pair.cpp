// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "wire_pair.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <linux/if_packet.h>
#include <memory>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

namespace wire_pair {

bool run(const std::string &command)
{
    return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

std::string enterNamespace()
{
    if (::unshare(CLONE_NEWNET) != 0)
        return std::string("a network namespace of one's own: ") + std::strerror(errno);
    return run("ip link set lo up") ? "" : "ip(8) is not installed";
}

bool makePair()
{
    run("ip link del here");
    return run("ip link add here type veth peer name there") &&
           run("sysctl -qw net.ipv6.conf.here.disable_ipv6=1 net.ipv6.conf.there.disable_ipv6=1") &&
           run("ip link set here up") && run("ip link set there up");
}

Counted counted(const std::string &interface)
{
    // Sent and received stand in lines of their own, behind their headings.
    const std::unique_ptr<FILE, int (*)(FILE *)> out(::popen(("ip -s link show " + interface).c_str(), "r"),
                                                     ::pclose);
    std::array<char, 512> line{};
    Counted found;
    int heading = 0;
    while (out && std::fgets(line.data(), line.size(), out.get())) {
        if (heading == 1)
            std::sscanf(line.data(), "%ld %ld", &found.bytes, &found.packets);
        if (heading == 2)
            std::sscanf(line.data(), "%ld %ld", &found.sentBytes, &found.sentPackets);
        heading = std::strstr(line.data(), "RX:") ? 1 : std::strstr(line.data(), "TX:") ? 2 : 0;
    }
    return found;
}

Sender::Sender(const std::string &interface)
    : m_fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0))
{
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
    if (::bind(m_fd, reinterpret_cast<sockaddr *>(&address), sizeof(address)) != 0) {
        ::close(m_fd);
        m_fd = -1;
    }
}

Sender::~Sender()
{
    if (m_fd >= 0)
        ::close(m_fd);
}

bool Sender::send(std::span<const std::uint8_t> frame, int times) const
{
    while (times-- > 0)
        while (::send(m_fd, frame.data(), frame.size(), 0) != static_cast<ssize_t>(frame.size()))
            if (errno != ENOBUFS)
                return false;
    return true;
}

Frame ethernet(std::uint16_t type, const Frame &payload, const std::vector<std::uint16_t> &tags)
{
    Frame frame{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2};
    const auto put = [&frame](std::uint16_t value) {
        frame.push_back(static_cast<std::uint8_t>(value >> 8));
        frame.push_back(static_cast<std::uint8_t>(value));
    };
    for (const auto tag : tags) {
        put(tag);
        put(7); // VLAN 7
    }
    put(type);
    frame.insert(frame.end(), payload.begin(), payload.end());
    return frame;
}

Frame ipv4(std::uint8_t protocol, std::size_t bytes, std::uint16_t fragment)
{
    const auto total = 20 + bytes;
    Frame packet(total);
    packet[0] = 0x45;
    packet[2] = static_cast<std::uint8_t>(total >> 8);
    packet[3] = static_cast<std::uint8_t>(total);
    packet[6] = static_cast<std::uint8_t>(fragment >> 8);
    packet[7] = static_cast<std::uint8_t>(fragment);
    packet[8] = 64;
    packet[9] = protocol;
    return packet;
}

Frame ipv6(std::uint8_t next, const Frame &rest)
{
    Frame packet(40 + rest.size());
    packet[0] = 0x60;
    packet[4] = static_cast<std::uint8_t>(rest.size() >> 8);
    packet[5] = static_cast<std::uint8_t>(rest.size());
    packet[6] = next;
    packet[7] = 64;
    std::ranges::copy(rest, packet.begin() + 40);
    return packet;
}

Frame extension(std::uint8_t next, std::uint8_t units, const Frame &rest)
{
    const std::size_t own = 8 + std::size_t{units} * 8;
    Frame header(own + rest.size());
    header[0] = next;
    header[1] = units;
    std::ranges::copy(rest, header.begin() + static_cast<std::ptrdiff_t>(own));
    return header;
}

} // namespace wire_pair
