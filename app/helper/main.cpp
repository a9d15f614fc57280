// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/helper/about.h"
#include "app/helper/privilege.h"
#include "app/helper/sandbox.h"
#include "app/helper/server.h"
#include "core/base/log.h"
#include "core/wire/codec.h"

#include <cstdio>
#include <string_view>
#include <unistd.h>

using namespace statescape;

namespace {
int wrongUse(const std::string &text)
{
    std::fputs(text.c_str(), stderr);
    return static_cast<int>(base::ExitStatus::WrongUse);
}

/// Tells the other side and the log; the other side may be gone or not reading.
int fail(const base::Error &error)
{
    base::log(base::LogLevel::Error, "helper: " + error.text());
    const auto frame = wire::encode(wire::Problem{error.code, error.message, error.hint});
    [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, frame.data(), frame.size());
    return static_cast<int>(base::ExitStatus::Failed);
}

int serve()
{
    // Open, load, attach: the only part that may hold privilege.
    helper::Sampler sampler(bpf::Probes::attach(helper::ownPath()), procfs::ProcReader::open());

    // Give up all of it, for good.
    if (const auto dropped = helper::dropPrivilege(); !dropped)
        return fail(dropped.error());
    if (const auto bound = helper::dieWithParent(); !bound)
        return fail(bound.error());
    auto server = helper::Server::create(std::move(sampler));
    if (!server)
        return fail(server.error());
    if (const auto closed = helper::enterSandbox(); !closed)
        return fail(closed.error());

    // Hello, then the loop.
    const auto ended = server->run();
    return ended || ended.error().code == base::Code::Disconnected ? static_cast<int>(base::ExitStatus::Done)
                                                                   : fail(ended.error());
}
} // namespace

int main(int argc, char **argv)
{
    const std::string_view option = argc == 2 ? argv[1] : "";
    if (option == "--version")
        return wrongUse("statescape-helper " STATESCAPE_VERSION "\n");
    if (option == "--check") {
        const helper::Sampler sampler(bpf::Probes::attach(helper::ownPath()), procfs::ProcReader::open());
        return wrongUse(helper::standingText(sampler.hello().probes));
    }
    if (argc > 1 || !helper::startedByProgram())
        return wrongUse(helper::aboutText());
    // Kernel resources go with the process; unwinding would only ask for system calls that are forbidden by
    // now.
    ::_exit(serve());
}
