// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

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
    /// @param program path to name in hints on missing privilege
    static Probes attach(const std::string &program);

    /// @return one entry per BPF probe of the catalogue, in its order.
    [[nodiscard]] const std::vector<wire::ProbeState> &standing() const { return m_standing; }
    [[nodiscard]] bool any() const { return !m_probes.empty(); }
    [[nodiscard]] std::uint32_t cpusPossible() const { return m_traits.cpusPossible; }

    /// Ends the cost measurement begun in attach().
    /// @return the probes whose figure changed
    std::vector<wire::ProbeState> finishCost();

    /// Starts the per-process figures afresh.
    void prime();
    /// Fills timeNs, slots, events, processes, probeMask bits and losses of the probes in @p mask. No
    /// allocation once warm.
    void read(std::uint32_t mask, wire::RawSample &sample);

private:
    Probes() = default;
    void refuseAll(const base::Error &error);
    void stand(LoadedProbe probe, const std::string &program);
    void addBanks(const LoadedProbe &probe, wire::RawSample &sample);
    void readScheduler(const LoadedProbe &scheduler, wire::RawSample &sample);
    std::uint64_t onCpuNs(const LoadedProbe &scheduler, std::uint64_t nowNs);

    KernelTraits m_traits;
    std::unique_ptr<SharedMaps> m_maps;
    std::optional<CostMeter> m_cost;
    std::vector<LoadedProbe> m_probes;
    std::optional<TaskReader> m_tasks;
    std::vector<wire::ProbeState> m_standing;
    std::vector<Running> m_running;
    std::uint64_t m_onCpuNs = 0;
    std::uint64_t m_reads = 0;
    std::uint64_t m_recursionMisses = 0;
};

} // namespace statescape::bpf
