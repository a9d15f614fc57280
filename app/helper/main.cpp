// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/helper/about.h"
#include "app/helper/privilege.h"
#include "app/helper/request.h"
#include "app/helper/sandbox.h"
#include "app/helper/server.h"
#include "bpf/needs.h"
#include "core/base/log.h"
#include "core/wire/codec.h"

#include <cstdio>
#include <memory>
#include <string_view>
#include <unistd.h>

using namespace statescape;

namespace {
constexpr int kRequestMs = 10'000;

int wrongUse(const std::string &text)
{
    std::fputs(text.c_str(), stderr);
    return static_cast<int>(base::ExitStatus::WrongUse);
}

int statusOf(const base::Result<> &result)
{
    if (result || result.error().code == base::Code::Disconnected)
        return static_cast<int>(base::ExitStatus::Done);
    base::log(base::LogLevel::Error, "helper: " + result.error().text());
    return static_cast<int>(base::ExitStatus::Failed);
}

/// Nobody listens to a server yet: tells the other side as well as the log.
[[noreturn]] void giveUp(const base::Error &error)
{
    const auto frame = wire::encode(wire::Problem{error.code, error.message, error.hint});
    [[maybe_unused]] const auto written = ::write(STDOUT_FILENO, frame.data(), frame.size());
    ::_exit(statusOf(error));
}

helper::Sampler attach(const std::shared_ptr<const schema::Layout> &layout)
{
    const base::RightsScope raised(bpf::needsOf(layout->plan()));
    return {layout, bpf::Probes::attach(layout, helper::ownPath()), procfs::ProcReader::open()};
}

/// @return whether its program hangs on a perf event, on some kernel.
bool onEvent(schema::HookKind kind)
{
    using schema::HookKind;
    return kind == HookKind::Function || kind == HookKind::Kprobe || kind == HookKind::UserFunction ||
           kind == HookKind::Usdt || kind == HookKind::Tracepoint;
}

helper::SandboxNeeds sandboxNeeds(const schema::ProbePlan &plan, const helper::Sampler &sampler)
{
    helper::SandboxNeeds needs;
    // Without a probe in the kernel there are neither names to look up nor programs to shed.
    if (!sampler.hello().privileged)
        return needs;
    needs.names = true;
    // Only what is over its budget goes out and comes back.
    needs.reattach = needs.perf = plan.budgetPercent > 0;
    for (const auto &probe : plan.user) {
        needs.child = needs.child || probe.kind == schema::HookKind::Script;
        needs.relink = needs.relink || (needs.perf && onEvent(probe.kind));
    }
    return needs;
}

/// Ends the process itself: unwinding would ask for system calls that are forbidden by then, and the kernel's
/// resources go with the process anyway.
[[noreturn]] void serve(helper::Mode mode)
{
    // Nothing is effective while the one request that decides what is attached is read.
    if (const auto kept = helper::keepOnly(mode); !kept)
        giveUp(kept.error());
    wire::Decoder decoder;
    auto plan = helper::readPlan(STDIN_FILENO, decoder, kRequestMs);
    if (!plan)
        giveUp(plan.error());
    if (const auto permitted = helper::permit(*plan, mode); !permitted)
        giveUp(permitted.error());

    // Open, load, attach: the only part that holds privilege, and of that what this plan needs.
    const auto layout = std::make_shared<const schema::Layout>(std::move(*plan));
    auto sampler = attach(layout);
    helper::raisePriority();

    // Give up all of it, for good.
    if (const auto dropped = helper::dropPrivilege(); !dropped)
        giveUp(dropped.error());
    if (const auto bound = helper::dieWithParent(); !bound)
        giveUp(bound.error());
    auto needs = sandboxNeeds(layout->plan(), sampler);
    auto server = helper::Server::create(std::move(sampler), std::move(decoder));
    if (!server)
        giveUp(server.error());
    // What the budget moves is moved by a thread that may do nothing else, and that the loop leaves it to.
    const helper::SandboxNeeds moving{false, needs.reattach, needs.perf, needs.relink, false};
    if (const auto started = server->startMover(moving); !started)
        giveUp(started.error());
    needs.reattach = needs.perf = needs.relink = false;
    if (const auto closed = helper::enterSandbox(needs); !closed)
        giveUp(closed.error());

    // Hello, then the loop.
    ::_exit(statusOf(server->run()));
}
} // namespace

int main(int argc, char **argv)
{
    const std::string_view option = argc == 2 ? argv[1] : "";
    if (option == "--version")
        return wrongUse("statescape-helper " STATESCAPE_VERSION "\n");
    if (option == "--check") {
        if (const auto kept = helper::keepOnly(helper::Mode::Shipped); !kept)
            giveUp(kept.error());
        schema::ProbePlan everything;
        everything.probes = (std::uint64_t{1} << schema::kProbeCount) - 1;
        const auto sampler = attach(std::make_shared<const schema::Layout>(everything));
        return wrongUse(helper::standingText(sampler.hello().probes));
    }
    const auto mode = helper::modeFromArgument(option);
    if (argc > 2 || !mode || !helper::startedByProgram())
        return wrongUse(helper::aboutText());
    serve(*mode);
}
