// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/hooks/binary.h"
#include "core/hooks/hook_support.h"
#include "core/hooks/kernel_functions.h"
#include "core/hooks/tracepoints.h"
#include "core/schema/user_probe.h"

#include <memory>
#include <mutex>
#include <optional>

namespace statescape::hooks {

/// @return nothing for an unknown key; see schema::hookKindKey().
std::optional<schema::HookKind> hookKindFromKey(std::string_view key);

/// One thing found, ready to become a probe.
struct FoundHook {
    schema::UserProbe probe; ///< counts it; its measure may be changed
    Fit fit = Fit::Part;
    std::string name;  ///< for people: "sched_switch"
    std::string group; ///< module, system, provider, kind of interface; may be empty
};

struct FoundHooks {
    std::vector<FoundHook> hooks; ///< best first; among equals by kind
    std::size_t total = 0;        ///< how many fit, whatever the limit
};

/// The running kernel's lists, each loaded when first asked for, then shared and immutable. Thread-safe; the
/// first call to each takes up to 60 ms.
class Kernel {
public:
    explicit Kernel(KernelFiles files = {})
        : m_files(std::move(files))
    {}
    /// @return the one of this process.
    static Kernel &running();

    base::Result<std::shared_ptr<const KernelFunctions>> functions();
    base::Result<std::shared_ptr<const Tracepoints>> tracepoints();
    std::shared_ptr<const NameList> syscalls();
    /// Read afresh each time: interfaces come and go.
    [[nodiscard]] NameList interfaces() const;
    const HookSupport &support();
    /// Forgets the lists, so that modules loaded since are seen.
    void forget();

    /// Searches all lists at once. "uprobe:PATH:TEXT" and "usdt:PATH:TEXT" search in a binary, which nothing
    /// else does. @param kind only this kind
    /// @error what kept the only list asked for from being read; with several a missing one is left out
    base::Result<FoundHooks> search(std::string_view text, std::optional<schema::HookKind> kind,
                                    std::size_t limit);

private:
    base::Result<FoundHooks> searchOne(schema::HookKind kind, std::string_view text, std::size_t limit);

    const KernelFiles m_files;
    std::mutex m_mutex;
    std::shared_ptr<const KernelFunctions> m_functions;
    std::shared_ptr<const Tracepoints> m_tracepoints;
    std::shared_ptr<const NameList> m_syscalls;
    std::optional<HookSupport> m_support;
};

} // namespace statescape::hooks
