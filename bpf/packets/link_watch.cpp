// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/packets/link_watch.h"

#include <array>
#include <cerrno>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

namespace statescape::bpf {
namespace {
constexpr int kReadsAtOnce = 16;
constexpr std::size_t kMessageBytes = 32 * 1024; // @source Documentation/userspace-api/netlink/intro.rst
} // namespace

base::Result<LinkWatch> LinkWatch::open(int interfaceIndex)
{
    LinkWatch watch;
    watch.m_index = interfaceIndex;
    watch.m_socket.reset(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_LINK;
    if (!watch.m_socket.valid() ||
        ::bind(watch.m_socket.get(), reinterpret_cast<sockaddr *>(&address), sizeof(address)) != 0)
        return base::fail(base::Code::Io, "cannot listen for changes of interfaces", {}, errno);
    return watch;
}

bool LinkWatch::gone()
{
    alignas(nlmsghdr) std::array<char, kMessageBytes> bytes{};
    for (int i = 0; i < kReadsAtOnce; ++i) {
        const auto got = ::read(m_socket.get(), bytes.data(), bytes.size());
        // ENOBUFS says that something was not told, and the next read goes on.
        if (got <= 0 && errno != ENOBUFS)
            return false;
        auto left = got > 0 ? static_cast<unsigned>(got) : 0U;
        for (const auto *message = reinterpret_cast<const nlmsghdr *>(bytes.data()); NLMSG_OK(message, left);
             message = NLMSG_NEXT(message, left)) {
            if (message->nlmsg_type != RTM_DELLINK || message->nlmsg_len < NLMSG_LENGTH(sizeof(ifinfomsg)))
                continue;
            const auto *link = static_cast<const ifinfomsg *>(NLMSG_DATA(message));
            // A bridge also tells of ports that leave it, as another family.
            if (link->ifi_family == AF_UNSPEC && link->ifi_index == m_index)
                return true;
        }
    }
    return false;
}

} // namespace statescape::bpf
