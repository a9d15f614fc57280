// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/libbpf_log.h"
#include "bpf/loader.h"
#include "bpf/probes/memory/memory.h"
#include "bpf/probes/scheduler/scheduler.h"
#include "bpf/probes/syscalls/syscalls.h"
#include "bpf/probes/tcp/tcp.h"
#include "tests/kernels/machine.h"

#include <QTest>
#include <array>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cstring>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

using namespace statescape;
using namespace statescape::bpf;

namespace {
const std::array<const ProbeProgram *, 6> kAll{&schedulerProbe(), &syscallsProbe(), &memoryProbe(),
                                               &blockProbe(),     &tcpProbe(),      &processProbe()};

/// One program of a probe, loaded alone from the built object with maps of its own.
class Alone {
public:
    Alone(const ProbeProgram &probe, const std::string &program)
    {
        static const auto kTraits = KernelTraits::detect();
        m_opened = kTraits ? probe.open(*kTraits) : Opened{};
        m_object = m_opened.object;
        if (!m_object)
            return;
        bpf_program *other = nullptr;
        bpf_object__for_each_program(other, m_object)
            bpf_program__set_autoload(other, bpf_program__name(other) == program);
        bpf_map *map = nullptr;
        bpf_object__for_each_map(map, m_object)
        {
            const std::string name = bpf_map__name(map);
            if (name == "banks" || name == "active")
                bpf_map__set_max_entries(map, static_cast<__u32>(libbpf_num_possible_cpus()));
            if (name == "tasks")
                bpf_map__set_max_entries(map, SS_MAX_TASK_CELLS);
        }
        m_error = bpf_object__load(m_object);
        m_program = bpf_object__find_program_by_name(m_object, program.c_str());
    }
    ~Alone() { bpf_link__destroy(m_link); }
    Alone(const Alone &) = delete;
    Alone &operator=(const Alone &) = delete;

    [[nodiscard]] int error() const { return m_object ? m_error : -errno; }
    [[nodiscard]] bool attach() { return (m_link = bpf_program__attach(m_program)) != nullptr; }
    /// Runs a raw_tp program once on this CPU with the given arguments.
    [[nodiscard]] int run(std::vector<__u64> arguments)
    {
        LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = arguments.data(),
                    .ctx_size_in = static_cast<__u32>(arguments.size() * sizeof(__u64)));
        return bpf_prog_test_run_opts(bpf_program__fd(m_program), &options);
    }
    template <class Bank>
    [[nodiscard]] Bank sum() const
    {
        std::array<std::uint64_t, sizeof(Bank) / sizeof(std::uint64_t)> words{};
        std::array<std::uint64_t, sizeof(Bank) / sizeof(std::uint64_t)> sums{};
        const int fd = bpf_object__find_map_fd_by_name(m_object, "banks");
        for (__u32 cpu = 0; cpu < static_cast<__u32>(libbpf_num_possible_cpus()); ++cpu) {
            bpf_map_lookup_elem(fd, &cpu, words.data());
            for (std::size_t i = 0; i < words.size(); ++i)
                sums[i] += words[i];
        }
        Bank total{};
        std::memcpy(&total, sums.data(), sizeof(total));
        return total;
    }

private:
    Opened m_opened;
    bpf_object *m_object = nullptr;
    bpf_program *m_program = nullptr;
    bpf_link *m_link = nullptr;
    int m_error = 0;
};
} // namespace

class TwinsTest : public QObject {
    Q_OBJECT
    LibbpfLog m_log;

private Q_SLOTS:
    void initTestCase()
    {
        const auto map = MappedArray::create("ss_test", 64, 1);
        if (!map)
            QSKIP(map.error().text().c_str());
    }

    void everyTwinLoadsAndAttachesAlone()
    {
        for (const auto *probe : kAll)
            for (const auto &hook : probe->hooks)
                for (const char *kind : {"_btf", "_raw"}) {
                    const auto name = std::string(hook.name) + kind;
                    // bpf_get_current_task_btf() came with 5.11 (3ca1032ab7ab); the raw twin is there for
                    // that.
                    if (name == "sys_exit_btf" && !machine::kernelIs(5, 11))
                        continue;
                    Alone alone(*probe, name);
                    QVERIFY2(alone.error() == 0, (name + ": " + m_log.lastWarning()).c_str());
                    QVERIFY2(alone.attach(), (name + ": " + m_log.lastWarning()).c_str());
                }
    }

    void rawTwinsCountLikeTheTyped()
    {
        if (!machine::kernelIs(5, 11))
            QSKIP("the typed twin needs 5.11");
        Alone raw(syscallsProbe(), "sys_exit_raw");
        Alone typed(syscallsProbe(), "sys_exit_btf");
        QVERIFY(raw.error() == 0 && typed.error() == 0 && raw.attach() && typed.attach());
        constexpr int kCalls = 20'000;
        for (int i = 0; i < kCalls; ++i)
            ::syscall(SYS_openat, -1, "x", 0);
        const auto a = raw.sum<ss_syscalls_bank>();
        const auto b = typed.sum<ss_syscalls_bank>();
        // Both saw the same machine for almost the same time.
        QVERIFY(a.classes[SS_SYS_FILE] >= kCalls && b.classes[SS_SYS_FILE] >= kCalls);
        QVERIFY(a.failed >= kCalls && b.failed >= kCalls);
        const auto more = std::max(a.hits[0], b.hits[0]);
        const auto less = std::min(a.hits[0], b.hits[0]);
        QVERIFY2(more - less < more / 10, qPrintable(QString("%1 and %2").arg(more).arg(less)));
    }

    void rawSchedulerTwinSeesSwitches()
    {
        Alone raw(schedulerProbe(), "sched_switch_raw");
        QVERIFY(raw.error() == 0 && raw.attach());
        for (int i = 0; i < 200; ++i)
            std::this_thread::sleep_for(std::chrono::microseconds(100));
        const auto bank = raw.sum<ss_scheduler_bank>();
        // On a slow machine the time may be up before the sleeper leaves its CPU.
        QVERIFY2(bank.switches >= 190, std::to_string(bank.switches).c_str());
        QVERIFY(bank.oncpu_ns > 0);
        QVERIFY(bank.involuntary < bank.switches);
    }

    // Reclaim by the whole machine cannot be had without starving it, so the programs are run by hand.
    void victimsAreCounted()
    {
        Alone victim(memoryProbe(), "mark_victim_raw");
        QCOMPARE(victim.error(), 0);
        for (int i = 0; i < 7; ++i)
            QCOMPARE(victim.run({0}), 0);
        const auto bank = victim.sum<ss_memory_bank>();
        QCOMPARE(bank.oom_kills, 7U);
        QCOMPARE(bank.hits[SS_MARK_VICTIM], 7U);
        QCOMPARE(bank.reclaims, 0U);
    }

    void aReclaimIsTimedFromBeginToEnd()
    {
        auto traits = KernelTraits::detect();
        QVERIFY(traits);
        auto pending = MappedArray::create("ss_pending", sizeof(ss_pending), SS_RECLAIM_CELLS);
        auto banks = MappedArray::create("ss_memory", sizeof(ss_memory_bank), traits->cpusPossible);
        QVERIFY(pending && banks);
        auto opened = memoryProbe().open(*traits);
        QVERIFY(opened.object);
        bpf_map__reuse_fd(bpf_object__find_map_by_name(opened.object, "banks"), banks->fd());
        bpf_map__reuse_fd(bpf_object__find_map_by_name(opened.object, "pending"), pending->fd());
        bpf_program *program = nullptr;
        bpf_object__for_each_program(program, opened.object) bpf_program__set_autoload(
            program, std::string_view(bpf_program__name(program)).ends_with("_raw"));
        QCOMPARE(bpf_object__load(opened.object), 0);
        const auto run = [&](const char *name) {
            __u64 argument = 0;
            LIBBPF_OPTS(bpf_test_run_opts, options, .ctx_in = &argument, .ctx_size_in = sizeof(argument));
            const auto *found = bpf_object__find_program_by_name(opened.object, name);
            return bpf_prog_test_run_opts(bpf_program__fd(found), &options);
        };
        constexpr std::uint64_t kSleepNs = 20'000'000;
        for (int i = 0; i < 3; ++i) {
            QCOMPARE(run("mm_vmscan_direct_reclaim_begin_raw"), 0);
            std::this_thread::sleep_for(std::chrono::nanoseconds(kSleepNs));
            QCOMPARE(run("mm_vmscan_direct_reclaim_end_raw"), 0);
        }
        // An end without a begin is a reclaim of unknown length.
        QCOMPARE(run("mm_vmscan_direct_reclaim_end_raw"), 0);
        std::uint64_t reclaims = 0;
        std::uint64_t ns = 0;
        std::uint64_t observed = 0;
        std::uint64_t longEnough = 0;
        for (__u32 cpu = 0; cpu < banks->entries(); ++cpu) {
            const auto &bank = banks->as<ss_memory_bank>(cpu);
            reclaims += bank.reclaims;
            ns += bank.reclaim_ns;
            for (std::size_t i = 0; i < SS_BUCKETS; ++i) {
                observed += bank.reclaim[i];
                longEnough += i >= schema::bucketOf(kSleepNs) ? bank.reclaim[i] : 0;
            }
        }
        QCOMPARE(reclaims, 4U);
        QCOMPARE(observed, 3U);
        QCOMPARE(longEnough, 3U);
        QVERIFY(ns >= 3 * kSleepNs && ns < 30 * kSleepNs);
    }
};

QTEST_GUILESS_MAIN(TwinsTest)
#include "tst_twins.moc"
