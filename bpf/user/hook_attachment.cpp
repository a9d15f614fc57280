// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/user/hook_attachment.h"

#include "bpf/user/bank_reader.h"
#include "bpf/user/hook_link.h"
#include "bpf/user/hook_programs.h"
#include "bpf/user/user_hook.h"
#include "core/base/clock.h"

#include <algorithm>
#include <array>
#include <bpf/libbpf.h>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <map>
#include <optional>
#include <string>
#include <user_hook.skel.h>

namespace statescape::bpf {
namespace {
using hooks::CheckedProbe;
using schema::Measure;

/// What the programs are told, beside their maps.
struct Constants {
    bool user = false;
    const hooks::TracepointField *field = nullptr;
};

Opened openHook(const Constants &constants)
{
    auto *skeleton = user_hook_bpf::open();
    if (skeleton) {
        skeleton->rodata->user_stack = constants.user;
        skeleton->rodata->preemptible = constants.user;
        if (constants.field) {
            skeleton->rodata->field_offset = constants.field->offset;
            skeleton->rodata->field_bytes = static_cast<std::uint8_t>(constants.field->size);
            skeleton->rodata->field_signed = constants.field->isSigned;
        }
    }
    return adopt(skeleton);
}

/// One or two programs on one hook.
class HookAttachment final : public Attachment {
public:
    /// Makes the maps and loads. @param wanted one program that counts, or first the one at the entry
    static base::Result<std::unique_ptr<HookAttachment>> load(const CheckedProbe &checked,
                                                              const Constants &constants,
                                                              std::span<const WantedProgram> wanted,
                                                              const KernelTraits &traits, LibbpfLog &log)
    {
        std::unique_ptr<HookAttachment> out(new HookAttachment(checked));
        STATESCAPE_TRY(out->m_banks,
                       MappedArray::create("ss_user", sizeof(ss_user_bank), traits.cpusPossible));
        if (wanted.size() > 1) {
            STATESCAPE_TRY(out->m_inflight,
                           MappedArray::create("ss_user_calls", sizeof(ss_pending), SS_HOOK_CELLS));
        }
        STATESCAPE_TRY(out->m_programs,
                       loadPrograms(openHook(constants), wanted,
                                    {{"banks", &out->m_banks}, {"inflight", &out->m_inflight}}, log));
        return out;
    }

    /// Attaches the programs in order. @param link (program descriptor, whether it is the one at the return)
    template <class Link>
    base::Result<> attach(Link link)
    {
        for (std::size_t i = 0; i < m_programs.programs.size(); ++i) {
            STATESCAPE_TRY(auto made, link(m_programs.programs[i], i == 1));
            for (auto &each : made)
                m_links.push_back(std::move(each));
        }
        return {};
    }
    [[nodiscard]] const std::vector<int> &programs() const { return m_programs.programs; }

    bool read(std::span<std::uint64_t> words, std::uint64_t &events) override
    {
        const auto totals = readBanks(m_banks, 0, 1, m_measure, words);
        events = totals.runs;
        m_untimed = totals.untimed;
        return true;
    }
    [[nodiscard]] std::uint64_t missed() const override
    {
        return m_untimed + m_misses.of(m_programs.programs);
    }
    [[nodiscard]] std::vector<int> programFds() const override { return m_programs.programs; }
    [[nodiscard]] std::size_t mapBytes() const override { return m_banks.bytes() + m_inflight.bytes(); }

    [[nodiscard]] double warmNs() const override { return m_warmNs; }
    void setWarmNs(double ns) { m_warmNs = ns; }
    [[nodiscard]] std::string note() const override { return m_note; }
    void setNote(std::string note) { m_note = std::move(note); }

    bool suspend() override
    {
        bool all = true;
        for (auto &link : m_links)
            all = link.suspend() && all;
        return all;
    }
    base::Result<> resume() override
    {
        forgetCalls(m_inflight);
        for (auto &link : m_links)
            STATESCAPE_CHECK(link.resume());
        return {};
    }

private:
    explicit HookAttachment(const CheckedProbe &checked)
        : m_measure(checked.probe.measure)
        , m_binary(checked.binary)
    {}

    Measure m_measure;
    std::shared_ptr<const hooks::Binary> m_binary; ///< the links reach it through its descriptor
    MappedArray m_banks;
    MappedArray m_inflight;
    HookPrograms m_programs;
    std::vector<HookLink> m_links;
    std::uint64_t m_untimed = 0;
    double m_warmNs = -1;
    std::string m_note;
    MissCounter m_misses;
};

std::vector<HookLink> one(HookLink link)
{
    std::vector<HookLink> out;
    out.push_back(std::move(link));
    return out;
}

template <class Link>
base::Result<std::vector<HookLink>> single(Link link)
{
    if (!link)
        return link.error();
    return one(std::move(*link));
}

AttachResult attachFentry(const CheckedProbe &checked, const KernelTraits &traits, LibbpfLog &log)
{
    const auto aim = [&checked](bpf_program *program) {
        return bpf_program__set_attach_target(program, 0, checked.probe.target.c_str());
    };
    const bool timed = checked.probe.measure == Measure::Latency;
    std::vector<WantedProgram> wanted;
    if (timed)
        wanted = {{"begin_fentry", aim}, {"end_fexit", aim}};
    else
        wanted = {{"count_fentry", aim}};
    STATESCAPE_TRY(auto hook, HookAttachment::load(checked, {}, wanted, traits, log));
    STATESCAPE_CHECK(hook->attach([](int program, bool) { return single(HookLink::typed(program)); }));
    return AttachResult(std::move(hook));
}

AttachResult attachKprobe(const CheckedProbe &checked, const KernelTraits &traits, LibbpfLog &log)
{
    std::vector<WantedProgram> wanted{{"count_probe"}};
    if (checked.probe.measure == Measure::Latency)
        wanted = {{"begin_probe"}, {"end_probe"}};
    STATESCAPE_TRY(auto hook, HookAttachment::load(checked, {}, wanted, traits, log));
    STATESCAPE_CHECK(hook->attach([&checked](int program, bool atReturn) {
        return single(HookLink::kernelFunction(program, checked.probe.target, atReturn));
    }));
    return AttachResult(std::move(hook));
}

/// Where the kernel refuses every hook of this kind, trying one that certainly exists says so in better
/// words.
base::Error explained(const base::Error &error, const hooks::HookSupport &support,
                      const CheckedProbe &checked)
{
    const auto &kind = checked.probe.kind == schema::HookKind::Kprobe ? support.kprobe : support.fentry;
    if (kind.possible)
        return error.in(schema::format(checked.probe));
    auto out = kind.error;
    if (checked.probe.kind == schema::HookKind::Function && !support.kprobe.possible)
        out.message += ", and " + support.kprobe.error.message;
    return out.in(schema::format(checked.probe));
}
} // namespace

AttachResult attachFunction(const CheckedProbe &checked, const KernelTraits &traits, LibbpfLog &log)
{
    AttachResult result = base::fail(base::Code::NotSupported, "no way to hook " + checked.probe.target);
    if (checked.fentry)
        result = attachFentry(checked, traits, log);
    if (!result && checked.kprobe)
        result = attachKprobe(checked, traits, log);
    if (!result)
        return explained(result.error(), hooks::HookSupport::detect(), checked);
    return result;
}

AttachResult attachTracepoint(const CheckedProbe &checked, const KernelTraits &traits, LibbpfLog &log)
{
    const bool byName = !checked.field && checked.rawTracepoint;
    if (!byName && checked.eventId == 0)
        return base::fail(base::Code::NotPermitted,
                          schema::format(checked.probe) + ": its format cannot be read",
                          "only root may read /sys/kernel/tracing");
    const std::array wanted{WantedProgram{checked.field ? "field_event"
                                          : byName      ? "count_raw"
                                                        : "count_event"}};
    Constants constants;
    constants.field = checked.field ? &*checked.field : nullptr;
    STATESCAPE_TRY(auto hook, HookAttachment::load(checked, constants, wanted, traits, log));
    const auto attached = hook->attach([&](int program, bool) {
        return single(byName ? HookLink::tracepoint(program, checked.event)
                             : HookLink::event(program, checked.eventId));
    });
    if (!attached)
        return attached.error().in(schema::format(checked.probe));
    return AttachResult(std::move(hook));
}

namespace {
/// @param path by which the kernel reaches the file for as long as the attachment lives
base::Result<std::unique_ptr<HookAttachment>> attachAt(const CheckedProbe &checked, const std::string &path,
                                                       const KernelTraits &traits, LibbpfLog &log)
{
    Constants constants;
    constants.user = true;
    const bool timed = checked.probe.measure == Measure::Latency;
    base::Error why;
    // All places by one link, which comes and goes without privilege, before one event per place.
    for (const bool together : {true, false}) {
        const auto prepare = [together](bpf_program *program) {
            return together ? bpf_program__set_expected_attach_type(
                                  program, static_cast<bpf_attach_type>(kUprobeMulti))
                            : 0;
        };
        std::vector<WantedProgram> wanted;
        if (timed)
            wanted = {{"begin_probe", prepare}, {"end_probe", prepare}};
        else
            wanted = {{"count_probe", prepare}};
        auto hook = HookAttachment::load(checked, constants, wanted, traits, log);
        if (!hook) {
            why = hook.error();
            continue;
        }
        const auto attached =
            (*hook)->attach([&](int program, bool atReturn) -> base::Result<std::vector<HookLink>> {
                if (together)
                    return single(HookLink::userFunctions(program, path, checked.points, atReturn));
                std::vector<HookLink> links;
                for (const auto &point : checked.points) {
                    STATESCAPE_TRY(auto link, HookLink::userFunction(program, path, point, atReturn));
                    links.push_back(std::move(link));
                }
                return links;
            });
        if (attached)
            return hook;
        why = attached.error();
    }
    return why.in(schema::format(checked.probe));
}

// Two functions of ours that the kernel finds by their place in our file: one begins with an instruction that
// it does itself, as most functions and all markers do, the other with one that it has to step through.
__attribute__((naked, noinline, used)) void doneTarget()
{
    asm("push %rbp\n\tpop %rbp\n\tret");
}
__attribute__((naked, noinline, used)) void steppedTarget()
{
    asm("xor %eax, %eax\n\tret");
}
using Target = void (*)();

/// @return the place of @p target in the file of this program. @source proc(5), /proc/pid/maps
std::optional<hooks::ProbePoint> placeOf(Target target)
{
    const auto address = reinterpret_cast<std::uint64_t>(target);
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        std::uint64_t first = 0, last = 0, offset = 0;
        if (std::sscanf(line.c_str(), "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64, &first, &last, &offset) == 3 &&
            address >= first && address < last)
            return hooks::ProbePoint{address - first + offset, 0};
    }
    return std::nullopt;
}

/// What a run of the program at a function of ours costs, with the trap that gets there. Asked once per
/// process and measure.
double uprobeNs(Measure measure, Target target, const KernelTraits &traits, LibbpfLog &log)
{
    constexpr int kRounds = 10;
    constexpr int kCalls = 200;
    const auto place = placeOf(target);
    if (!place)
        return -1;
    CheckedProbe own;
    own.probe.measure = measure;
    own.points = {*place};
    const auto attached = attachAt(own, "/proc/self/exe", traits, log);
    if (!attached)
        return -1;
    double least = -1;
    for (int round = 0; round < kRounds; ++round) {
        const auto begun = base::monotonicNs();
        for (int i = 0; i < kCalls; ++i)
            target();
        const auto ns = static_cast<double>(base::monotonicNs() - begun) / kCalls;
        least = round == 0 ? ns : std::min(least, ns);
    }
    // Where the kernel put the trap elsewhere there is nothing to tell.
    std::array<std::uint64_t, 2 + schema::kHistogramBuckets> words{};
    std::uint64_t runs = 0;
    (*attached)->read(words, runs);
    const auto perCall = static_cast<double>(runs) / (kRounds * kCalls);
    return perCall < 0.5 ? -1 : least / perCall;
}

double uprobeNsOnce(Measure measure, bool stepped, const KernelTraits &traits, LibbpfLog &log)
{
    static std::map<std::pair<Measure, bool>, double> known;
    const auto [at, isNew] = known.try_emplace({measure, stepped}, -1);
    if (isNew)
        at->second = uprobeNs(measure, stepped ? steppedTarget : doneTarget, traits, log);
    return at->second;
}
} // namespace

AttachResult attachUserCode(const CheckedProbe &checked, const KernelTraits &traits, LibbpfLog &log)
{
    if (!checked.binary->isCurrent())
        return base::fail(base::Code::NotFound, checked.probe.target + " was replaced while it was looked at",
                          "try again");
    const bool stepped = std::ranges::any_of(
        checked.points, [&](const auto &point) { return checked.binary->isStepped(point); });
    const double cost = uprobeNsOnce(checked.probe.measure, stepped, traits, log);
    STATESCAPE_TRY(auto hook, attachAt(checked, checked.binary->link(), traits, log));
    hook->setWarmNs(cost);
    if (stepped)
        hook->setNote("the kernel steps through its first instruction, which makes each call much dearer "
                      "than that of most functions");
    return AttachResult(std::move(hook));
}

} // namespace statescape::bpf
