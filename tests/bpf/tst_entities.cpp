// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/entity_facts.h"
#include "bpf/entity_table.h"
#include "bpf/probes.h"
#include "bpf/shared.h"
#include "workload.h"

#include <QTest>
#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <linux/magic.h>
#include <map>
#include <optional>
#include <set>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace statescape;
using schema::EntityKind;
using schema::EntitySlot;

namespace {
constexpr std::uint64_t kMs = 1'000'000;

std::uint64_t word(const wire::EntityReading &reading, EntitySlot slot)
{
    return reading.words[static_cast<std::size_t>(slot)];
}

/// Says of everybody that it is there, unless told otherwise.
class Facts final : public bpf::EntityFacts {
public:
    std::set<std::uint64_t> gone;
    std::size_t looks = 0;
    void begin() override { looks = 0; }
    bool look(const bpf::EntityKey &key, std::string &name,
              std::array<std::uint64_t, schema::kEntitySlotCount> &) override
    {
        ++looks;
        name = "p" + std::to_string(key.id);
        return !gone.contains(key.id);
    }
};

class Table {
public:
    explicit Table(bpf::EntityTable::Limits limits = {}, EntityKind kind = EntityKind::Process)
        : table(kind, limits)
    {
        table.prime(m_nowNs);
    }
    void use(std::uint32_t pid, std::uint64_t cpuNs, std::uint64_t startNs = 1, std::uint64_t syscalls = 1)
    {
        bpf::TaskUse task;
        task.tgid = pid;
        task.cgroup = pid;
        task.processStartNs = startNs;
        task.grown[static_cast<std::size_t>(EntitySlot::OnCpuNs)] = cpuNs;
        task.grown[static_cast<std::size_t>(EntitySlot::Syscalls)] = syscalls;
        table.add(task);
    }
    const std::vector<wire::EntityReading> &finish(std::uint64_t ms = 250)
    {
        m_nowNs += ms * kMs;
        table.finish(m_nowNs, facts, readings);
        return readings;
    }
    [[nodiscard]] const wire::EntityReading *of(std::uint64_t id) const
    {
        const auto found = std::ranges::find(readings, id, &wire::EntityReading::id);
        return found == readings.end() ? nullptr : &*found;
    }
    bpf::EntityTable table;
    Facts facts;
    std::vector<wire::EntityReading> readings;

private:
    std::uint64_t m_nowNs = 1'000'000'000;
};

/// A child that waits for a byte before each piece of its work, and says when that is done.
class Worker {
public:
    explicit Worker(const std::function<void()> &work)
    {
        std::array<int, 2> go{}, done{};
        if (::pipe(go.data()) != 0 || ::pipe(done.data()) != 0)
            return;
        m_pid = workload::start([&] {
            ::close(go[1]);
            ::close(done[0]);
            char byte = 0;
            while (::read(go[0], &byte, 1) == 1) {
                work();
                if (::write(done[1], &byte, 1) != 1)
                    return false;
            }
            return true;
        });
        ::close(go[0]);
        ::close(done[1]);
        m_go = go[1];
        m_done = done[0];
    }
    Worker(Worker &&other) noexcept
        : m_pid(std::exchange(other.m_pid, -1))
        , m_go(std::exchange(other.m_go, -1))
        , m_done(std::exchange(other.m_done, -1))
    {}
    ~Worker()
    {
        if (m_pid < 0)
            return;
        ::close(m_go);
        ::close(m_done);
        // Those started later hold its pipes open too.
        ::kill(m_pid, SIGKILL);
        workload::finish(m_pid);
    }
    void begin() const { QCOMPARE(::write(m_go, "x", 1), ssize_t{1}); }
    void end() const
    {
        char byte = 0;
        QCOMPARE(::read(m_done, &byte, 1), ssize_t{1});
    }
    [[nodiscard]] pid_t pid() const { return m_pid; }

private:
    pid_t m_pid = -1;
    int m_go = -1, m_done = -1;
};

std::uint64_t cpuTimeOf(pid_t pid)
{
    clockid_t clock{};
    timespec time{};
    if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &time) != 0)
        return 0;
    return static_cast<std::uint64_t>(time.tv_sec) * 1000 * kMs + static_cast<std::uint64_t>(time.tv_nsec);
}

void settle()
{
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
}

void spin(int ms)
{
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
    while (std::chrono::steady_clock::now() < end) {
    }
}

/// Probes of a plan, and what they tell.
class Live {
public:
    explicit Live(EntityKind kind)
    {
        schema::ProbePlan plan;
        plan.entity = kind;
        plan.probes = schema::entityProbes();
        m_layout = std::make_shared<const schema::Layout>(plan);
        m_probes.emplace(bpf::Probes::attach(m_layout, "statescape-helper"));
        sample.slots.resize(m_layout->words());
        sample.events.resize(m_layout->probes().size());
    }
    [[nodiscard]] bool any() const { return m_probes->any(); }
    [[nodiscard]] std::string why() const { return m_probes->standing().front().reason; }
    void begin()
    {
        m_probes->prime();
        read();
    }
    void read() { m_probes->read(sample); }
    [[nodiscard]] std::optional<wire::EntityReading> of(std::uint64_t id) const
    {
        const auto found = std::ranges::find(sample.entities, id, &wire::EntityReading::id);
        return found == sample.entities.end() ? std::nullopt : std::optional(*found);
    }
    [[nodiscard]] std::uint64_t mapBytes() const { return m_probes->mapBytes(); }
    wire::RawSample sample;

private:
    std::shared_ptr<const schema::Layout> m_layout;
    std::optional<bpf::Probes> m_probes;
};

/// A cgroup of the default hierarchy; goes away with the object.
class Group {
public:
    explicit Group(const std::string &name)
    {
        for (const char *root : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
            struct statfs info {};
            std::error_code error;
            if (::statfs(root, &info) != 0 || info.f_type != CGROUP2_SUPER_MAGIC)
                continue;
            m_name = "/" + name;
            if (std::filesystem::create_directory(root + m_name, error))
                m_path = root + m_name;
        }
    }
    ~Group()
    {
        std::error_code error;
        for (int i = 0; i < 100 && !m_path.empty() && !std::filesystem::remove(m_path, error); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    Group(const Group &) = delete;
    Group &operator=(const Group &) = delete;
    [[nodiscard]] bool made() const { return !m_path.empty(); }
    [[nodiscard]] const std::string &name() const { return m_name; }
    [[nodiscard]] std::uint64_t id() const
    {
        struct stat info {};
        return ::stat(m_path.c_str(), &info) == 0 ? info.st_ino : 0;
    }
    [[nodiscard]] bool add(pid_t pid) const
    {
        return bool(std::ofstream(m_path + "/cgroup.procs") << pid << std::flush);
    }

private:
    std::string m_path, m_name;
};
} // namespace

class EntitiesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theFirstReadingIsOfItsIntervalOnly()
    {
        Table t({.top = 2, .known = 100});
        // Known for long, but behind two others.
        for (int i = 0; i < 5; ++i) {
            t.use(1, 100 * kMs);
            t.use(2, 90 * kMs);
            t.use(3, 10 * kMs, 1, 7);
            t.finish();
        }
        QVERIFY(t.of(1) && t.of(2) && !t.of(3));
        QCOMPARE(word(*t.of(1), EntitySlot::OnCpuNs), 500 * kMs);
        QCOMPARE(t.table.untold(), 5U);
        for (int i = 0; i < 20 && !t.of(3); ++i) {
            t.use(3, 200 * kMs, 1, 11);
            t.finish();
        }
        QVERIFY(t.of(3));
        QCOMPARE(word(*t.of(3), EntitySlot::OnCpuNs), 200 * kMs);
        QCOMPARE(word(*t.of(3), EntitySlot::Syscalls), 11U);
        QCOMPARE(word(*t.of(3), EntitySlot::Threads), 1U);
        t.use(3, 1, 1, 4);
        t.finish();
        QCOMPARE(word(*t.of(3), EntitySlot::Syscalls), 15U);
    }

    void oneAtTheEdgeDoesNotFlicker()
    {
        Table t({.top = 8, .known = 100});
        for (int i = 0; i < 40; ++i) {
            for (std::uint32_t pid = 1; pid <= 7; ++pid)
                t.use(pid, (100 - pid) * kMs);
            t.use(8, 40 * kMs);
            t.use(9, 20 * kMs);
            t.finish();
        }
        QVERIFY(t.of(8) && !t.of(9));
        // The two change places again and again.
        std::map<std::uint64_t, int> changes;
        std::map<std::uint64_t, bool> told{{8, true}, {9, false}};
        for (int i = 0; i < 200; ++i) {
            for (std::uint32_t pid = 1; pid <= 7; ++pid)
                t.use(pid, (100 - pid) * kMs);
            const bool swapped = i / 5 % 2 == 0;
            t.use(8, (swapped ? 5 : 60) * kMs);
            t.use(9, (swapped ? 60 : 5) * kMs);
            t.finish();
            for (auto &[pid, was] : told)
                if (const bool is = t.of(pid) != nullptr; is != was) {
                    ++changes[pid];
                    was = is;
                }
        }
        QCOMPARE(changes[8], 0);
        QCOMPARE(changes[9], 1);
        // Five livelier ones push it behind one and a half times eight.
        for (int i = 0; i < 100; ++i) {
            for (std::uint32_t pid = 1; pid <= 12; ++pid)
                if (pid != 8)
                    t.use(pid, 100 * kMs);
            t.use(13, 100 * kMs);
            t.use(14, 100 * kMs);
            t.use(8, 1);
            t.finish();
        }
        QVERIFY(!t.of(8));
        QVERIFY(t.readings.size() <= 12);
    }

    void idleOnesLeaveAfterAWhileAndComeBackUnderTheirNumber()
    {
        Table t;
        t.use(1, kMs);
        t.finish();
        const auto number = t.of(1)->number;
        for (int ms = 250; ms < 10'000; ms += 250) {
            t.finish();
            QVERIFY(t.of(1));
            QCOMPARE(word(*t.of(1), EntitySlot::OnCpuNs), kMs);
            QCOMPARE(word(*t.of(1), EntitySlot::Threads), 0U);
        }
        t.finish();
        QVERIFY(!t.of(1));
        QCOMPARE(t.table.untold(), 0U);
        t.use(1, 3 * kMs);
        t.finish();
        QCOMPARE(t.of(1)->number, number);
        QCOMPARE(word(*t.of(1), EntitySlot::OnCpuNs), 3 * kMs);
    }

    void aNumberThatComesRoundIsAnother()
    {
        Table t;
        t.use(7, 5 * kMs, 100);
        t.finish();
        const auto first = t.of(7)->number;
        // In one interval the old one ends and a new process gets its number.
        t.use(7, 2 * kMs, 100);
        t.use(7, 40 * kMs, 900);
        t.finish();
        std::vector<std::pair<std::uint32_t, std::uint64_t>> both;
        for (const auto &reading : t.readings)
            both.emplace_back(reading.number, word(reading, EntitySlot::OnCpuNs));
        QCOMPARE(both.size(), std::size_t{2});
        QCOMPARE(both[0].first, first);
        QCOMPARE(both[0].second, 7 * kMs);
        QVERIFY(both[1].first > first);
        QCOMPARE(both[1].second, 40 * kMs);
    }

    void whoIsGoneIsToldOfOnce()
    {
        Table t;
        t.use(1, kMs);
        t.finish();
        t.facts.gone.insert(1);
        t.use(1, 4 * kMs);
        t.finish();
        QVERIFY(t.of(1));
        QCOMPARE(word(*t.of(1), EntitySlot::OnCpuNs), 5 * kMs);
        // What it did while it ended is booked after its last reading.
        t.use(1, 1000);
        t.finish();
        QVERIFY(!t.of(1));
        QCOMPARE(t.table.untold(), 0U);
    }

    void memoryIsBoundedAndOverflowCounted()
    {
        Table t({.top = 4, .known = 64});
        for (std::uint32_t pid = 1; pid <= 200; ++pid)
            t.use(pid, pid * 1000);
        t.finish();
        QVERIFY(t.table.known() <= 64);
        // 136 were not even known, of the others four are told.
        QCOMPARE(t.table.untold(), 200U - 4U);
        QVERIFY(t.facts.looks <= 6);
        const auto before = t.table.untold();
        // Idle ones make room.
        for (std::uint32_t pid = 1001; pid <= 1010; ++pid)
            t.use(pid, 900 * kMs);
        t.finish();
        QVERIFY(t.table.known() <= 64);
        QCOMPARE(t.table.untold() - before, 6U);
    }

    void containersAreFound_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("found");
        const QString id = QStringLiteral("4c01db0b339c6d6d5bcf4bc8a5cb0d9d5b2d4a4b7f0c9d8e7f6a5b4c3d2e1f00");
        QTest::newRow("docker, cgroupfs") << "/docker/" + id << "docker 4c01db0b339c";
        QTest::newRow("docker, systemd") << "/system.slice/docker-" + id + ".scope"
                                         << "docker 4c01db0b339c";
        QTest::newRow("podman") << "/machine.slice/libpod-" + id + ".scope/container"
                                << "podman 4c01db0b339c";
        QTest::newRow("containerd") << "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-"
                                       "pod12.slice/cri-containerd-" +
                                           id + ".scope"
                                    << "containerd 4c01db0b339c";
        QTest::newRow("kubernetes, cgroupfs") << "/kubepods/burstable/pod12-34/" + id << "pod 4c01db0b339c";
        QTest::newRow("lxc") << "/lxc.payload.web1/system.slice/nginx.service"
                             << "lxc web1";
        QTest::newRow("old lxc") << "/lxc/web2"
                                 << "lxc web2";
        QTest::newRow("a service") << "/system.slice/ssh.service"
                                   << "";
        QTest::newRow("the root") << "/"
                                  << "";
        QTest::newRow("nothing") << ""
                                 << "";
        QTest::newRow("too short an id") << "/docker/4c01db"
                                         << "";
    }
    void containersAreFound()
    {
        QFETCH(QString, path);
        QFETCH(QString, found);
        QCOMPARE(QString::fromStdString(bpf::containerOf(path.toStdString())), found);
    }

    void processesHaveTheirOwnFigures()
    {
        constexpr int kCalls = 4321;
        constexpr int kFailing = 123;
        std::vector<Worker> workers;
        for (int i = 0; i < 4; ++i)
            workers.emplace_back([i] {
                spin(40 * (i + 1));
                for (int n = 0; n < kCalls * (i + 1); ++n)
                    ::syscall(SYS_getppid);
                for (int n = 0; n < kFailing * (i + 1); ++n)
                    ::close(-1);
            });
        Live live(EntityKind::Process);
        if (!live.any())
            QSKIP(live.why().c_str());
        QVERIFY2(live.mapBytes() < 16'000'000, std::to_string(live.mapBytes()).c_str());
        settle();
        live.begin();
        std::map<pid_t, std::uint64_t> cpu;
        for (const auto &worker : workers)
            cpu[worker.pid()] = cpuTimeOf(worker.pid());
        for (const auto &worker : workers)
            worker.begin();
        for (const auto &worker : workers)
            worker.end();
        settle();
        for (const auto &worker : workers)
            cpu[worker.pid()] = cpuTimeOf(worker.pid()) - cpu[worker.pid()];
        live.read();
        for (std::size_t i = 0; i < workers.size(); ++i) {
            const auto pid = workers[i].pid();
            const auto reading = live.of(static_cast<std::uint64_t>(pid));
            QVERIFY(reading.has_value());
            // Also the read that returned and the write that said it was done.
            QCOMPARE(word(*reading, EntitySlot::Syscalls), (kCalls + kFailing) * (i + 1) + 2);
            QCOMPARE(word(*reading, EntitySlot::FailedSyscalls), kFailing * (i + 1));
            const auto measured = static_cast<double>(word(*reading, EntitySlot::OnCpuNs));
            QVERIFY2(std::abs(measured - static_cast<double>(cpu[pid])) <
                         0.03 * static_cast<double>(cpu[pid]),
                     qPrintable(QStringLiteral("%1 of %2 ns").arg(measured).arg(cpu[pid])));
            QVERIFY(word(*reading, EntitySlot::Switches) >= 1);
            QVERIFY(word(*reading, EntitySlot::Wakeups) >= 1);
            QVERIFY(word(*reading, EntitySlot::ResidentBytes) != schema::kNoWord);
            QVERIFY(word(*reading, EntitySlot::ResidentBytes) > 100'000);
            QVERIFY2(reading->name.starts_with("tst_entities"), reading->name.c_str());
        }
    }

    void blockBytesAreThoseOfTheProcess()
    {
        const std::string path = STATESCAPE_BIN "/tst_entities-" + std::to_string(::getpid());
        constexpr int kWrites = 64;
        constexpr std::size_t kBytes = 65536;
        bool wrote = false;
        Worker worker([&] {
            wrote = workload::directWrites(path, kWrites, kBytes) &&
                    workload::directReads(path, kWrites / 2, kBytes);
            if (!wrote)
                ::close(-1);
        });
        Live live(EntityKind::Process);
        if (!live.any())
            QSKIP(live.why().c_str());
        settle();
        live.begin();
        worker.begin();
        worker.end();
        settle();
        live.read();
        const auto reading = live.of(static_cast<std::uint64_t>(worker.pid()));
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
        QVERIFY(reading.has_value());
        if (word(*reading, EntitySlot::WriteBytes) == 0)
            QSKIP("the test's folder is on no block device");
        // The file system's own blocks come on top.
        QVERIFY2(word(*reading, EntitySlot::WriteBytes) >= kWrites * kBytes &&
                     word(*reading, EntitySlot::WriteBytes) < 2 * kWrites * kBytes,
                 std::to_string(word(*reading, EntitySlot::WriteBytes)).c_str());
        QVERIFY(word(*reading, EntitySlot::ReadBytes) >= kWrites / 2 * kBytes);
        QVERIFY(word(*reading, EntitySlot::ReadBytes) < kWrites * kBytes);
    }

    void shortLivedOnesAreCountedAndReaped()
    {
        constexpr int kChildren = 200;
        Live live(EntityKind::Process);
        if (!live.any())
            QSKIP(live.why().c_str());
        live.begin();
        const auto before = live.sample.losses.entitiesUntold;
        std::set<std::uint64_t> pids;
        for (int i = 0; i < kChildren; ++i) {
            const auto pid = workload::inChild([] {
                for (int n = 0; n < 2000; ++n)
                    ::syscall(SYS_getppid);
                return true;
            });
            QVERIFY(pid > 0);
            pids.insert(static_cast<std::uint64_t>(pid));
        }
        live.read();
        const auto told = std::ranges::count_if(
            live.sample.entities, [&](const auto &reading) { return pids.contains(reading.id); });
        QVERIFY(live.sample.entities.size() <= wire::kMaxEntities);
        QVERIFY(told > 0);
        QVERIFY(live.sample.losses.entitiesUntold - before >= static_cast<std::uint64_t>(kChildren - told));
        for (const auto &reading : live.sample.entities)
            if (pids.contains(reading.id))
                QVERIFY2(word(reading, EntitySlot::Syscalls) >= 2000,
                         std::to_string(word(reading, EntitySlot::Syscalls)).c_str());
        live.read();
        for (const auto &reading : live.sample.entities)
            QVERIFY2(!pids.contains(reading.id), "a process that is gone is told of again");
    }

    // A process on its way between two cgroups: each is told of by its own name, whichever it is in just
    // then.
    void aMovingProcessGivesNoCgroupAWrongName()
    {
        const auto number = std::to_string(::getpid());
        const Group here("statescape-here-" + number), there("statescape-there-" + number);
        if (!here.made() || !there.made())
            QSKIP("no cgroup of the default hierarchy can be made here");
        const auto mapping = bpf::MappedArray::create("ss_test", sizeof(ss_task), 64);
        if (!mapping)
            QSKIP(mapping.error().text().c_str());
        std::atomic<bool> end{false};
        std::atomic<int> moves{0};
        const pid_t pid = ::fork();
        if (pid == 0)
            for (;;)
                ::pause();
        QVERIFY(here.add(pid));
        std::thread mover([&] {
            while (!end)
                moves += (there.add(pid) ? 1 : 0) + (here.add(pid) ? 1 : 0);
        });
        QStringList wrong;
        int named = 0;
        for (int i = 0; (i < 400 || moves < 1000) && i < 100'000; ++i) {
            // Afresh each time, for a name once found is kept.
            bpf::ProcFacts facts(EntityKind::Cgroup, *mapping);
            for (const Group *group : {&here, &there}) {
                facts.begin();
                bpf::EntityKey key{};
                key.id = group->id();
                key.member = static_cast<std::uint32_t>(pid);
                std::string name;
                std::array<std::uint64_t, schema::kEntitySlotCount> words{};
                facts.look(key, name, words);
                named += name == group->name() ? 1 : 0;
                if (name != group->name() && !name.starts_with("cgroup "))
                    wrong << QString::fromStdString(name);
            }
        }
        end = true;
        mover.join();
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
        QVERIFY2(wrong.isEmpty(), qPrintable(wrong.join(", ")));
        QVERIFY(moves > 0);
        QVERIFY2(named > 0, "no cgroup got its name");
    }

    void aCgroupIsTheSumOfItsProcesses()
    {
        const Group group("statescape-entities-" + std::to_string(::getpid()));
        if (!group.made())
            QSKIP("no cgroup of the default hierarchy can be made here");
        std::vector<Worker> workers;
        for (int i = 0; i < 2; ++i)
            workers.emplace_back([i] {
                spin(60 * (i + 1));
                for (int n = 0; n < 1000 * (i + 1); ++n)
                    ::syscall(SYS_getppid);
            });
        Live processes(EntityKind::Process);
        if (!processes.any())
            QSKIP(processes.why().c_str());
        Live cgroups(EntityKind::Cgroup);
        QVERIFY(cgroups.any());
        for (const auto &worker : workers)
            QVERIFY(group.add(worker.pid()));
        settle();
        processes.begin();
        cgroups.begin();
        for (const auto &worker : workers)
            worker.begin();
        for (const auto &worker : workers)
            worker.end();
        settle();
        processes.read();
        cgroups.read();
        const auto whole =
            std::ranges::find(cgroups.sample.entities, group.name(), &wire::EntityReading::name);
        QVERIFY2(whole != cgroups.sample.entities.end(), "the cgroup is not told of by its name");
        std::array<std::uint64_t, schema::kEntitySlotCount> sum{};
        for (const auto &worker : workers) {
            const auto part = processes.of(static_cast<std::uint64_t>(worker.pid()));
            QVERIFY(part.has_value());
            for (std::size_t i = 0; i < sum.size(); ++i)
                sum[i] += part->words[i];
        }
        for (const auto slot : {EntitySlot::Syscalls, EntitySlot::FailedSyscalls, EntitySlot::Switches,
                                EntitySlot::Wakeups, EntitySlot::Threads})
            QCOMPARE(word(*whole, slot), sum[static_cast<std::size_t>(slot)]);
        QCOMPARE(word(*whole, EntitySlot::Syscalls), 3000U + 4U);
        const auto cpu = static_cast<double>(sum[static_cast<std::size_t>(EntitySlot::OnCpuNs)]);
        QVERIFY(std::abs(static_cast<double>(word(*whole, EntitySlot::OnCpuNs)) - cpu) < 0.02 * cpu);
    }
};

QTEST_GUILESS_MAIN(EntitiesTest)
#include "tst_entities.moc"
