// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/helper/budget.h"
#include "app/helper/mover.h"
#include "app/helper/seen_parts.h"
#include "bpf/probes.h"
#include "core/procfs/proc_reader.h"
#include "core/wire/messages.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace statescape::helper {

/// Puts one sample together from all probes. Not thread-safe.
class Sampler {
public:
    /// Opens every file that is read later. @param probes attached, moved in
    Sampler(std::shared_ptr<const schema::Layout> layout, bpf::Probes probes, procfs::ProcReader proc);

    [[nodiscard]] wire::Hello hello() const;
    /// @return the probes whose measured cost is known now.
    std::vector<wire::ProbeState> finishCost() { return m_probes.finishCost(); }
    /// Starts the per-process figures afresh.
    void prime() { m_probes.prime(); }
    /// Keeps the cost within the plan's budget. Before the first call nothing is taken out.
    /// @param intervalNs between samples @param tickNs time of one of them @param[out] nextNs call again
    /// after this; 0: never
    /// @return the new standing of probes that went out or came back for good, or cannot come back
    std::vector<wire::ProbeState> keepBudget(std::uint64_t intervalNs, std::uint64_t tickNs,
                                             std::uint64_t &nextNs);
    /// @param needs of what takes probes out and puts them back, see Mover::start()
    base::Result<> startMover(const SandboxNeeds &needs);
    /// @return to be watched for reading, after which onMoved() is to be called; -1: none.
    [[nodiscard]] int movedFd() const { return m_mover == nullptr ? -1 : m_mover->readable(); }
    /// @return the new standing of probes that cannot leave, or cannot come back.
    std::vector<wire::ProbeState> onMoved();
    /// The sample that take() gave is on its way: what the next one tells of what probes saw begins there. Of
    /// one that is dropped the next one tells too.
    void sampleSent() { m_seen.sent(); }
    /// @return the sample of now, valid until the next call; sequence, missedIntervals and writeFailures are
    /// the caller's.
    wire::RawSample &take();
    /// @return descriptors to watch for reading, and what came of it.
    [[nodiscard]] std::vector<int> readable() const { return m_probes.readable(); }
    std::optional<wire::ProbeState> onReadable(int fd) { return m_probes.onReadable(fd); }

private:
    void close(schema::Probe probe);
    void open(schema::Probe probe);
    void readOnline();
    void readOwnUse();

    std::shared_ptr<const schema::Layout> m_layout;
    bpf::Probes m_probes;
    procfs::ProcReader m_proc;
    std::optional<Budget> m_budget;
    Mover *m_mover = nullptr; ///< the process's
    std::vector<bpf::Expense> m_expenses;
    SeenParts m_seen;
    std::optional<procfs::ProcFile> m_online;
    std::optional<procfs::ProcFile> m_statm;
    std::string m_onlineText;
    std::string m_kernel;
    std::uint64_t m_pageBytes;
    std::uint64_t m_ownFailures = 0;
    wire::RawSample m_sample;
};

/// @return how many CPUs a list like "0-3,6" names; 0 when it is no such list.
std::uint32_t countCpus(std::string_view list);

} // namespace statescape::helper
