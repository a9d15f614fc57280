// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/helper/request.h"

#include "core/base/clock.h"

#include <array>
#include <cerrno>
#include <poll.h>
#include <unistd.h>

namespace statescape::helper {
using base::Code;
using base::fail;

std::optional<Mode> modeFromArgument(std::string_view argument)
{
    if (argument.empty() || argument == "--shipped")
        return Mode::Shipped;
    if (argument == "--user-probes")
        return Mode::UserProbes;
    if (argument == "--scripts")
        return Mode::Scripts;
    return std::nullopt;
}

base::Result<> permit(const schema::ProbePlan &plan, Mode mode)
{
    for (const auto &probe : plan.user) {
        const bool packets = probe.kind == schema::HookKind::Xdp || probe.kind == schema::HookKind::Packets;
        const Mode needed = probe.kind == schema::HookKind::Script ? Mode::Scripts
                            : packets                              ? Mode::Shipped
                                                                   : Mode::UserProbes;
        if (needed > mode)
            return fail(Code::NotPermitted, "this helper was not started for " + schema::format(probe),
                        needed == Mode::Scripts ? "start it with --scripts" : "start it with --user-probes");
    }
    return {};
}

base::Result<schema::ProbePlan> readPlan(int fd, wire::Decoder &decoder, int timeoutMs)
{
    const auto deadlineNs = base::monotonicNs() + static_cast<std::uint64_t>(timeoutMs) * 1'000'000;
    std::array<std::byte, 4096> bytes{};
    while (true) {
        STATESCAPE_TRY(auto message, decoder.next());
        if (message) {
            if (auto *attach = std::get_if<wire::Attach>(&*message))
                return std::move(attach->plan);
            return fail(Code::InvalidArgument, "request not permitted", "send Attach first");
        }
        const auto now = base::monotonicNs();
        if (now >= deadlineNs)
            return fail(Code::Timeout, "no request came", "send Attach first");
        pollfd readable{fd, POLLIN, 0};
        if (::poll(&readable, 1, static_cast<int>((deadlineNs - now) / 1'000'000) + 1) <= 0)
            continue;
        const auto got = ::read(fd, bytes.data(), bytes.size());
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (got < 0)
            return fail(Code::Io, "cannot read standard input", {}, errno);
        if (got == 0)
            return fail(Code::Disconnected, "standard input ended");
        decoder.feed({bytes.data(), static_cast<std::size_t>(got)});
    }
}

} // namespace statescape::helper
