// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/user/user_probes.h"

#include "bpf/packets/packets.h"
#include "bpf/scripts/script.h"
#include "bpf/user/hook_attachment.h"
#include "core/base/rights.h"

#include <optional>

namespace statescape::bpf {
namespace {
using hooks::CheckedProbe;
using schema::HookKind;

base::Result<CheckedProbe> lookUp(const schema::UserProbe &probe)
{
    // A file of the user's choice is opened and read with the user's own rights; the kernel's lists may need
    // more.
    std::optional<base::RightsScope> none;
    if (probe.kind == HookKind::UserFunction || probe.kind == HookKind::Usdt)
        none.emplace(base::Rights{});
    return hooks::checkProbe(probe, hooks::Kernel::running());
}

AttachResult attachOne(const CheckedProbe &checked, const KernelTraits &traits, LibbpfLog &log)
{
    switch (checked.probe.kind) {
    case HookKind::Function:
    case HookKind::Kprobe:
    case HookKind::Fentry:
        return attachFunction(checked, traits, log);
    case HookKind::Tracepoint:
        return attachTracepoint(checked, traits, log);
    case HookKind::UserFunction:
    case HookKind::Usdt:
        return attachUserCode(checked, traits, log);
    case HookKind::Xdp:
    case HookKind::Packets:
        return attachPackets(checked.probe, traits, log);
    case HookKind::Script:
        return attachScript(checked.probe);
    case HookKind::Syscall: // all together, see below
    case HookKind::kCount:
        break;
    }
    return base::fail(base::Code::NotSupported, schema::format(checked.probe) + " cannot be attached yet",
                      {});
}
} // namespace

std::vector<AttachResult> attachUserProbes(std::span<const schema::UserProbe> probes,
                                           const KernelTraits &traits, LibbpfLog &log)
{
    std::vector<AttachResult> out;
    std::vector<CheckedProbe> calls;
    std::vector<std::size_t> callsAt;
    for (const auto &probe : probes) {
        auto checked = lookUp(probe);
        if (!checked) {
            out.emplace_back(checked.error());
        } else if (probe.kind == HookKind::Syscall) {
            callsAt.push_back(out.size());
            calls.push_back(std::move(*checked));
            out.emplace_back(base::fail(base::Code::Internal, "not attached"));
        } else {
            out.push_back(attachOne(*checked, traits, log));
        }
    }
    std::vector<const CheckedProbe *> together;
    for (const auto &call : calls)
        together.push_back(&call);
    auto attached = attachCalls(together, traits, log);
    for (std::size_t i = 0; i < attached.size(); ++i)
        out[callsAt[i]] = std::move(attached[i]);
    return out;
}

} // namespace statescape::bpf
