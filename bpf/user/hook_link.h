// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/fd.h"
#include "core/base/result.h"
#include "core/hooks/binary.h"

#include <functional>
#include <memory>
#include <span>
#include <string>

namespace statescape::bpf {

/// One loaded program standing at one hook, or at several places of one binary. Destroying it takes it away.
/// Move only.
class HookLink {
public:
    /// A tracepoint by its name alone. @error NotFound, NotPermitted, NotSupported
    static base::Result<HookLink> tracepoint(int program, const std::string &name);
    /// A program that was loaded for one tp_btf, fentry or fexit hook.
    static base::Result<HookLink> typed(int program);
    /// A classic tracepoint. @param id from its format file
    static base::Result<HookLink> event(int program, std::uint32_t id);
    /// A kprobe or, @p atReturn, a kretprobe. Suspended it stays in the kernel, without its program.
    static base::Result<HookLink> kernelFunction(int program, const std::string &name, bool atReturn);
    /// One uprobe or uretprobe. Suspended it stays in the program's code, without ours.
    static base::Result<HookLink> userFunction(int program, const std::string &path,
                                               const hooks::ProbePoint &point, bool atReturn);
    /// All @p points at once, kernel 6.6 or later, a program loaded for kUprobeMulti. Suspended it is gone.
    /// @param path must stay valid as long as this
    static base::Result<HookLink> userFunctions(int program, const std::string &path,
                                                std::span<const hooks::ProbePoint> points, bool atReturn);

    /// @return false where that is not possible.
    bool suspend();
    /// Needs no privilege where the kernel asks for none, as since 5.19. @error as above
    base::Result<> resume();

private:
    using Open = std::function<base::Result<base::Fd>()>;
    static base::Result<HookLink> make(Open open);
    static base::Result<HookLink> onEvent(int program, base::Fd event);

    Open m_open;      ///< null where it cannot be taken away and put back
    base::Fd m_event; ///< of perf_event_open(): the place itself
    base::Fd m_link;
};

/// bpf_attach_type BPF_TRACE_UPROBE_MULTI, which older headers lack. @source include/uapi/linux/bpf.h (6.6)
inline constexpr int kUprobeMulti = 48;

/// @return @p error of a system call as ours. @param what "cannot attach X"
base::Error hookError(std::string what, int error);

} // namespace statescape::bpf
