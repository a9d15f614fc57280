// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/libbpf_log.h"
#include "bpf/mapped_array.h"
#include "bpf/probe_program.h"

#include <array>
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

    static base::Result<SharedMaps> create(const KernelTraits &traits);
    /// @return kernel memory of all of them.
    [[nodiscard]] std::size_t bytes() const { return tasks.bytes() + active.bytes() + control.bytes(); }
};

/// A hook that stands, or why it does not.
struct HookState {
    int programFd = -1; ///< -1: not attached
    int sysErrno = 0;
    std::string reason;     ///< the kernel's words
    bool rejected = false;  ///< by the verifier, which says EACCES too
    bool redundant = false; ///< not attached because other hooks of the probe see the same here
};

/// One probe's programs in the kernel. Destroying it detaches them.
class LoadedProbe {
public:
    /// Loads and attaches every hook, by the first kind of program that the kernel takes. Never fails as a
    /// whole: hooks() tell.
    static LoadedProbe load(const ProbeProgram &program, const KernelTraits &traits, const SharedMaps &maps,
                            MappedArray banks, LibbpfLog &log);

    [[nodiscard]] const ProbeProgram &program() const { return *m_program; }
    [[nodiscard]] const MappedArray &banks() const { return m_banks; }
    /// @return kernel memory of its own maps, bytes.
    [[nodiscard]] std::size_t mapBytes() const { return m_banks.bytes() + m_pending.bytes(); }
    [[nodiscard]] const std::vector<HookState> &hooks() const { return m_hooks; }
    /// @return the first essential hook that failed; null when the probe stands.
    [[nodiscard]] const Hook *missing() const;

    /// @pre no other process has copies of its descriptors, as a child that was forked and executed nothing
    /// Takes the programs off their hooks, where they cost nothing any more, and keeps them and their
    /// counters.
    /// @return false, with nothing changed, where a hook could not be attached again (kprobes).
    bool suspend();
    /// Puts them back where load() had them; counters go on, times that had begun are forgotten. Asks for no
    /// privilege on kernels since 5.19 (c8644cd0efe7). On failure all stay off.
    /// @error NotPermitted, NotSupported
    base::Result<> resume();
    [[nodiscard]] bool suspended() const { return m_suspended; }

private:
    struct LinkDeleter {
        void operator()(bpf_link *link) const;
    };
    /// Where a hook's program stands, by one of the three.
    struct Place {
        bool raw = false; ///< link is of a raw_tp program, which needs the tracepoint's name
        base::Fd link;
        std::vector<base::Fd> events; ///< one per CPU
        std::unique_ptr<bpf_link, LinkDeleter> kprobe;
    };

    LoadedProbe(const ProbeProgram &program, const SharedMaps &maps, MappedArray banks);
    bool loadTogether(const KernelTraits &traits, LibbpfLog &log);
    void loadAlone(std::size_t hook, std::size_t count, const KernelTraits &traits, LibbpfLog &log);
    bool loadFamily(std::size_t hook, std::size_t count, std::size_t family, const KernelTraits &traits,
                    LibbpfLog &log);
    bool attach(std::size_t hook, bpf_object *object, std::size_t family, LibbpfLog &log);
    int attachClock(std::size_t hook);
    base::Result<> handOver(bpf_object *object) const;
    void forget();

    const ProbeProgram *m_program;
    const SharedMaps *m_maps;
    MappedArray m_banks;
    MappedArray m_pending;
    std::vector<HookState> m_hooks;
    std::vector<Place> m_places;
    std::vector<Opened> m_objects;
    bool m_suspended = false;
};

} // namespace statescape::bpf
