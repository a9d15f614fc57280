// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/calibration.h"
#include "bpf/user/bank_reader.h"
#include "bpf/user/hook_attachment.h"
#include "bpf/user/hook_link.h"
#include "bpf/user/hook_programs.h"
#include "bpf/user/user_hook.h"

#include <algorithm>
#include <user_calls.skel.h>

namespace statescape::bpf {
namespace {
using hooks::CheckedProbe;
using schema::Measure;

bool isTimed(const CheckedProbe &checked)
{
    return checked.probe.measure == Measure::Latency;
}

bool returnsTwice(std::string_view name)
{
    return name == "clone" || name == "clone3" || name == "fork" || name == "vfork";
}

/// The programs that serve all watched calls. Two probes may watch one call: a number has one place in the
/// banks.
class CallGroup {
public:
    static base::Result<std::shared_ptr<CallGroup>> make(std::span<const CheckedProbe *const> checked,
                                                         const KernelTraits &traits, LibbpfLog &log)
    {
        std::shared_ptr<CallGroup> group(new CallGroup);
        for (const auto *each : checked)
            group->watch(*each);
        const auto places = static_cast<std::uint32_t>(group->m_numbers.size());
        STATESCAPE_TRY(group->m_banks,
                       MappedArray::create("ss_calls", sizeof(ss_calls_bank), traits.cpusPossible));
        STATESCAPE_TRY(group->m_calls, MappedArray::create("ss_user_calls", sizeof(ss_user_bank),
                                                           traits.cpusPossible * places));
        if (group->m_timed) {
            STATESCAPE_TRY(group->m_inflight,
                           MappedArray::create("ss_call_begun", sizeof(ss_pending), group->cells(traits)));
        }
        const auto before = timeLoad(Load::SystemCalls);
        STATESCAPE_CHECK(group->loadAll(traits, log));
        if (const auto after = timeLoad(Load::SystemCalls, [&group] { return group->runs(); });
            before && after)
            group->m_warmNs = addedPerEvent(*before, *after).value_or(-1);
        return group;
    }

    [[nodiscard]] std::uint32_t placeOf(std::uint64_t number) const
    {
        return static_cast<std::uint32_t>(std::ranges::find(m_numbers, number) - m_numbers.begin());
    }
    BankTotals read(std::uint32_t place, Measure measure, std::span<std::uint64_t> words)
    {
        auto totals = readBanks(m_calls, place, static_cast<std::uint32_t>(m_numbers.size()), measure, words);
        // The programs run on every call; those who asked for them share that.
        totals.runs = runs() / m_probes;
        return totals;
    }
    /// @return of all programs, whatever was called.
    [[nodiscard]] std::uint64_t runs() const
    {
        std::uint64_t runs = 0;
        for (std::uint32_t cpu = 0; cpu < m_banks.entries(); ++cpu) {
            const auto &bank = m_banks.as<ss_calls_bank>(cpu);
            runs += load(bank.enters) + load(bank.exits);
        }
        return runs;
    }
    [[nodiscard]] double warmNs() const { return m_warmNs; }
    [[nodiscard]] const std::vector<int> &programs() const { return m_programs.programs; }
    /// @return kernel memory, of which each probe tells its share.
    [[nodiscard]] std::size_t bytesEach() const
    {
        return (m_banks.bytes() + m_calls.bytes() + m_inflight.bytes()) / m_probes;
    }
    void release()
    {
        if (--m_active == 0)
            for (auto &link : m_links)
                link.suspend();
    }
    base::Result<> require()
    {
        if (m_active == 0) {
            forgetCalls(m_inflight);
            for (auto &link : m_links)
                STATESCAPE_CHECK(link.resume());
        }
        ++m_active;
        return {};
    }

private:
    CallGroup() = default;

    void watch(const CheckedProbe &checked)
    {
        auto place = placeOf(checked.number);
        if (place == m_numbers.size())
            m_numbers.push_back(checked.number);
        m_table[checked.number] |=
            static_cast<std::uint8_t>((place + 1) | (isTimed(checked) ? SS_CALL_TIMED : 0) |
                                      (returnsTwice(checked.probe.target) ? SS_CALL_FORKS : 0));
        m_timed = m_timed || isTimed(checked);
        ++m_probes;
        ++m_active;
    }
    [[nodiscard]] static std::uint32_t cells(const KernelTraits &traits)
    {
        return std::min<std::uint32_t>(traits.taskCells, SS_CALL_CELLS);
    }

    Opened open(const KernelTraits &traits) const
    {
        auto *skeleton = user_calls_bpf::open();
        if (skeleton) {
            std::ranges::copy(m_table, skeleton->rodata->call_table);
            skeleton->rodata->call_count = static_cast<std::uint32_t>(m_numbers.size());
            skeleton->rodata->any_timed = m_timed;
            skeleton->rodata->call_mask = cells(traits) - 1;
        }
        return adopt(skeleton);
    }

    base::Result<> loadAll(const KernelTraits &traits, LibbpfLog &log)
    {
        base::Error why;
        for (const bool typed : {true, false}) {
            std::vector<WantedProgram> wanted{{typed ? "sys_exit_btf" : "sys_exit_raw"}};
            if (m_timed)
                wanted.push_back({typed ? "sys_enter_btf" : "sys_enter_raw"});
            auto programs =
                loadPrograms(open(traits), wanted,
                             {{"banks", &m_banks}, {"calls", &m_calls}, {"inflight", &m_inflight}}, log);
            if (!programs) {
                why = programs.error();
                continue;
            }
            m_programs = std::move(*programs);
            // Begins first: a call that is seen to begin is then seen to end.
            m_links.clear();
            for (std::size_t i = m_programs.programs.size(); i-- > 0;) {
                const int program = m_programs.programs[i];
                STATESCAPE_TRY(auto link,
                               typed ? HookLink::typed(program)
                                     : HookLink::tracepoint(program, i == 1 ? "sys_enter" : "sys_exit"));
                m_links.push_back(std::move(link));
            }
            return {};
        }
        return why;
    }

    std::vector<std::uint64_t> m_numbers;
    std::array<std::uint8_t, SS_CALL_NUMBERS> m_table{};
    bool m_timed = false;
    std::uint32_t m_probes = 0;
    std::uint32_t m_active = 0;
    double m_warmNs = -1;
    MappedArray m_banks, m_calls, m_inflight;
    HookPrograms m_programs;
    std::vector<HookLink> m_links;
};

class CallAttachment final : public Attachment {
public:
    CallAttachment(std::shared_ptr<CallGroup> group, const CheckedProbe &checked)
        : m_group(std::move(group))
        , m_place(m_group->placeOf(checked.number))
        , m_measure(checked.probe.measure)
    {}
    bool read(std::span<std::uint64_t> words, std::uint64_t &events) override
    {
        const auto totals = m_group->read(m_place, m_measure, words);
        events = totals.runs;
        m_untimed = m_measure == Measure::Latency ? totals.untimed : 0;
        return true;
    }
    [[nodiscard]] std::uint64_t missed() const override
    {
        return m_untimed + m_misses.of(m_group->programs());
    }
    [[nodiscard]] std::vector<int> programFds() const override { return m_group->programs(); }
    [[nodiscard]] std::size_t mapBytes() const override { return m_group->bytesEach(); }
    [[nodiscard]] double warmNs() const override { return m_group->warmNs(); }
    /// The programs go when nobody needs them any more.
    bool suspend() override
    {
        if (!m_suspended)
            m_group->release();
        m_suspended = true;
        return true;
    }
    base::Result<> resume() override
    {
        if (m_suspended)
            STATESCAPE_CHECK(m_group->require());
        m_suspended = false;
        return {};
    }

private:
    std::shared_ptr<CallGroup> m_group;
    std::uint32_t m_place;
    Measure m_measure;
    bool m_suspended = false;
    std::uint64_t m_untimed = 0;
    MissCounter m_misses;
};
} // namespace

std::vector<AttachResult> attachCalls(std::span<const CheckedProbe *const> checked,
                                      const KernelTraits &traits, LibbpfLog &log)
{
    std::vector<AttachResult> out;
    if (checked.empty())
        return out;
    auto group = CallGroup::make(checked, traits, log);
    for (const auto *each : checked) {
        if (group)
            out.emplace_back(std::make_unique<CallAttachment>(*group, *each));
        else
            out.emplace_back(group.error().in(schema::format(each->probe)));
    }
    return out;
}

} // namespace statescape::bpf
