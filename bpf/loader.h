// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/libbpf_log.h"
#include "bpf/mapped_array.h"
#include "bpf/probe_program.h"

#include <memory>
#include <string>
#include <vector>

struct bpf_link;

namespace statescape::bpf {

/// The maps that outlive any one object; every probe writes into these.
struct SharedMaps {
    MappedArray tasks;
    MappedArray active;
    MappedArray control;
    MappedArray inflight;
    MappedArray reclaiming;

    static base::Result<SharedMaps> create(const KernelTraits &traits);
    /// @return kernel memory of all of them.
    [[nodiscard]] std::size_t bytes() const
    {
        return tasks.bytes() + active.bytes() + control.bytes() + inflight.bytes() + reclaiming.bytes();
    }
};

/// A hook that stands, or why it does not.
struct HookState {
    int programFd = -1; ///< -1: not attached
    int sysErrno = 0;
    std::string reason;    ///< the kernel's words
    bool rejected = false; ///< by the verifier, which says EACCES too
};

/// One probe's programs in the kernel. Destroying it detaches them.
class LoadedProbe {
public:
    /// Loads and attaches every hook, as tp_btf or else as raw_tp. Never fails as a whole: hooks() tell.
    static LoadedProbe load(const ProbeProgram &program, const KernelTraits &traits, const SharedMaps &maps,
                            MappedArray banks, LibbpfLog &log);

    [[nodiscard]] const ProbeProgram &program() const { return *m_program; }
    [[nodiscard]] const MappedArray &banks() const { return m_banks; }
    [[nodiscard]] const std::vector<HookState> &hooks() const { return m_hooks; }
    /// @return the first essential hook that failed; null when the probe stands.
    [[nodiscard]] const Hook *missing() const;
    /// Takes all programs out of the kernel.
    void detach();

private:
    struct LinkDeleter {
        void operator()(bpf_link *link) const;
    };
    LoadedProbe(const ProbeProgram &program, MappedArray banks);
    bool loadTogether(const KernelTraits &traits, const SharedMaps &maps, LibbpfLog &log);
    void loadAlone(std::size_t hook, const KernelTraits &traits, const SharedMaps &maps, LibbpfLog &log);
    bool attach(std::size_t hook, bpf_object *object, const std::string &name, LibbpfLog &log);

    const ProbeProgram *m_program;
    MappedArray m_banks;
    std::vector<HookState> m_hooks;
    std::vector<Opened> m_objects;
    std::vector<std::unique_ptr<bpf_link, LinkDeleter>> m_links;
};

} // namespace statescape::bpf
