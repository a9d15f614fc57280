// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/attachment.h"
#include "bpf/cost_meter.h"
#include "bpf/loader.h"
#include "bpf/task_reader.h"
#include "core/wire/messages.h"

#include <optional>
#include <string>
#include <vector>

namespace statescape::bpf {

/// All kernel probes of this machine, attached, and their counters. Not thread-safe. Needs privilege only in
/// attach().
class Probes {
public:
    /// Loads what the kernel lets in. Never fails as a whole: standing() tells per probe.
    /// @param layout of the plan: what to attach
    /// @param program path to name in hints on missing privilege
    static Probes attach(std::shared_ptr<const schema::Layout> layout, const std::string &program);

    /// @return one entry per planned probe that needs the kernel: of the catalogue, then the user's.
    [[nodiscard]] const std::vector<wire::ProbeState> &standing() const { return m_standing; }
    [[nodiscard]] bool any() const { return !m_probes.empty() || !m_user.empty(); }
    /// @return kernel memory of all maps, bytes.
    [[nodiscard]] std::uint64_t mapBytes() const;
    /// @return descriptors to watch for reading, see onReadable().
    [[nodiscard]] std::vector<int> readable() const;
    /// @return the probe's new standing when it has come to its end.
    std::optional<wire::ProbeState> onReadable(int fd);
    [[nodiscard]] std::uint32_t cpusPossible() const { return m_traits.cpusPossible; }

    /// Ends the cost measurement begun in attach().
    /// @return the probes whose figure changed
    std::vector<wire::ProbeState> finishCost();

    /// Starts the per-process figures afresh.
    void prime();
    /// Fills timeNs, slots, events, processes, probeMask bits and losses. No allocation once warm.
    void read(wire::RawSample &sample);

private:
    Probes() = default;
    void refuseAll(const base::Error &error);
    void attachUser(LibbpfLog &log, const std::string &program);
    void stand(LoadedProbe probe, const std::string &program);
    void addBanks(const LoadedProbe &probe, wire::RawSample &sample);
    void readScheduler(const LoadedProbe &scheduler, wire::RawSample &sample);
    std::uint64_t onCpuNs(const LoadedProbe &scheduler, std::uint64_t nowNs);

    struct User {
        std::size_t index; ///< in the plan
        std::unique_ptr<Attachment> attachment;
    };

    std::shared_ptr<const schema::Layout> m_layout;
    KernelTraits m_traits;
    std::unique_ptr<SharedMaps> m_maps;
    std::optional<CostMeter> m_cost;
    std::vector<LoadedProbe> m_probes;
    std::vector<User> m_user;
    std::optional<TaskReader> m_tasks;
    std::vector<wire::ProbeState> m_standing;
    std::vector<Running> m_running;
    std::uint64_t m_onCpuNs = 0;
    std::uint64_t m_reads = 0;
    std::uint64_t m_recursionMisses = 0;
};

} // namespace statescape::bpf
