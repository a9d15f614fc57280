// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/attachment.h"
#include "bpf/cost_survey.h"
#include "bpf/loader.h"
#include "bpf/online_cpus.h"
#include "bpf/probes/samples/untaken.h"
#include "bpf/task_reader.h"
#include "bpf/told_words.h"
#include "bpf/user/user_probes.h"
#include "core/schema/cost.h"
#include "core/wire/messages.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace statescape::bpf {

/// What a probe's events cost and how many there were.
struct Expense {
    schema::Probe probe = schema::Probe::kCount;
    schema::EventCost cost;
    std::uint64_t events = 0; ///< handled so far, cumulative
};

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

    /// @param[out] expenses one entry per probe that is attached or suspended, in a fixed order
    void expenses(std::vector<Expense> &expenses) const;
    /// Takes a probe out of the kernel or puts it back, and may wait long for it. To be called once, on any
    /// thread, before the next one of that probe.
    /// @error NotPermitted (kernels before 5.19), NotSupported (cannot leave, or come
    /// back), NotFound (it has come to its end)
    using Move = std::function<base::Result<>()>;
    struct Left {
        Move move;
        std::uint64_t untilNs = 0; ///< what it saw is told until then
    };
    /// Begins to take a probe out: what it tells stands still from here on.
    Left leave(schema::Probe probe);
    /// @return what puts it back, without privilege.
    [[nodiscard]] Move comeBack(schema::Probe probe);
    /// It stands again after comeBack(). What it counted before all its hooks stood is never told.
    /// @return from when on it sees
    std::uint64_t arrived(schema::Probe probe);
    /// The move of leave() failed: it has stood all the time, and all is told.
    void stayed(schema::Probe probe) { m_away &= ~schema::bitOf(probe); }
    /// @return events that read() would tell had it been called when @p probe was last looked at.
    [[nodiscard]] std::uint64_t toldEvents(schema::Probe probe) const { return m_words.events(probe); }
    /// @return the probe's entry of standing(). @pre there is one
    wire::ProbeState &state(schema::Probe probe);

    /// Starts the per-process figures afresh.
    void prime();
    /// Fills timeNs, slots, events, processes, probeMask bits and losses. No allocation once warm.
    void read(wire::RawSample &sample);

private:
    struct User {
        schema::Probe probe;                    ///< the user's, or the hardware counters
        std::shared_ptr<Attachment> attachment; ///< also of a move that goes on when it has come to its end
        bool valid = false;                     ///< its words, when last read
    };

    Probes() = default;
    void refuseAll(const base::Error &error, const std::string &program);
    void attachUser(LibbpfLog &log, const std::string &program);
    void attachHardware(const std::string &program);
    void stand(schema::Probe probe, AttachResult attached, const std::string &program);
    void stand(LoadedProbe probe, const std::string &program);
    std::uint64_t look(const LoadedProbe &probe);
    std::uint64_t look(User &user);
    void settleTasks(schema::Probe probe, std::uint64_t nowNs, bool ends);
    void addBanks(const LoadedProbe &probe, wire::RawSample &sample);
    void readScheduler(const LoadedProbe &scheduler, wire::RawSample &sample);
    std::uint64_t onCpuNs(const LoadedProbe &scheduler, std::uint64_t nowNs);
    void expectSamples(const LoadedProbe &samples);
    [[nodiscard]] bool isAway(schema::Probe probe) const { return (m_away & schema::bitOf(probe)) != 0; }

    std::shared_ptr<const schema::Layout> m_layout;
    KernelTraits m_traits;
    OnlineCpus m_online;
    std::unique_ptr<SharedMaps> m_maps;
    std::optional<CostSurvey> m_survey = CostSurvey(); ///< until finishCost()
    std::vector<LoadedProbe> m_probes;
    std::vector<User> m_user;
    std::optional<TaskReader> m_tasks;
    UntakenSamples m_untaken;
    std::vector<wire::ProbeState> m_standing;
    std::vector<Running> m_running;
    wire::RawSample m_raw;    ///< words as the kernel has them
    std::uint64_t m_away = 0; ///< probes of which nothing is told at the moment
    ToldWords m_words;
    std::uint64_t m_reads = 0;
    std::uint64_t m_recursionMisses = 0;
};

} // namespace statescape::bpf
