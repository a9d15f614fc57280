// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// What the kernel lets a helper do with few rights, with none, and after it gave them up.
#include "held_program.h"
#include "machine.h"
#include "observed.h"
#include "tests/bpf/workload.h"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <linux/capability.h>
#include <sys/wait.h>
#include <sys/xattr.h>

using namespace statescape;
using schema::Probe;
using schema::ProbeOrigin;

namespace {
constexpr uid_t kNobody = 65534;
constexpr const char *kPerfParanoid = "/proc/sys/kernel/perf_event_paranoid";
constexpr const char *kUnprivilegedBpf = "/proc/sys/kernel/unprivileged_bpf_disabled";

/// A copy of the helper that anybody may start, with capabilities of its own; goes away with the object.
class Copy {
public:
    explicit Copy(std::uint64_t capabilities)
    {
        std::string name = "/tmp/statescape-test-XXXXXX";
        m_folder = ::mkdtemp(name.data());
        std::filesystem::permissions(m_folder, std::filesystem::perms(0755));
        std::filesystem::copy_file(machine::helper(), path());
        std::filesystem::permissions(path(), std::filesystem::perms(0755));
        if (capabilities == 0)
            return;
        vfs_cap_data data{};
        data.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE;
        for (std::size_t word = 0; word < 2; ++word)
            data.data[word].permitted = static_cast<__u32>(capabilities >> (32 * word));
        m_capable = ::setxattr(path().c_str(), "security.capability", &data, sizeof(data), 0) == 0;
    }
    ~Copy() { std::filesystem::remove_all(m_folder); }
    Copy(const Copy &) = delete;
    Copy &operator=(const Copy &) = delete;
    [[nodiscard]] std::string path() const { return m_folder + "/statescape-helper"; }
    [[nodiscard]] bool capable() const { return m_capable; }

private:
    std::string m_folder;
    bool m_capable = false;
};

schema::ProbePlan everything()
{
    schema::ProbePlan plan;
    plan.probes = (std::uint64_t{1} << schema::kProbeCount) - 1;
    plan.budgetPercent = 0;
    return plan;
}

int firstNumber(const char *path)
{
    int value = -1;
    std::ifstream(path) >> value;
    return value;
}

int unprivilegedBpfDisabled()
{
    return firstNumber(kUnprivilegedBpf);
}

/// What became of a held program in a process without rights.
enum class After { Counted, Refused, KeptCounting, Silent };

/// In a child: drops everything, lets go of the hook, takes it again. The exit status carries the answer.
After tryAgainWithoutRights(HeldProgram &program, int &error)
{
    constexpr int kEvents = 100;
    std::array<int, 2> go{};
    if (::pipe2(go.data(), O_CLOEXEC) != 0)
        return After::Silent;
    const pid_t pid = ::fork();
    if (pid == 0) {
        char byte = 0;
        // Two processes hold the hook by now; both must let go of it before anything can be seen.
        if (!dropEverything() || ::read(go[0], &byte, 1) != 1)
            ::_exit(255);
        program.detach();
        const auto before = program.count();
        program.provoke(kEvents);
        const auto without = program.count();
        if (without != before)
            ::_exit(254);
        if (const int refused = program.attach(); refused != 0)
            ::_exit(refused);
        program.provoke(kEvents);
        ::_exit(program.count() >= without + kEvents ? 0 : 253);
    }
    program.detach();
    if (::write(go[1], "g", 1) != 1)
        ::kill(pid, SIGKILL);
    for (const int end : go)
        ::close(end);
    int status = 0;
    ::waitpid(pid, &status, 0);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 255;
    error = code < 200 ? code : 0;
    return code == 0     ? After::Counted
           : code == 254 ? After::KeptCounting
           : code < 200  ? After::Refused
                         : After::Silent;
}
} // namespace

class KernelRightsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        if (::geteuid() != 0)
            NOT_HERE("needs root, to give rights and to take them away");
    }

    // What shedding rests on: a program that was loaded with privilege is put back without any.
    void heldProgramsAttachAgainWithoutRights_data()
    {
        QTest::addColumn<int>("disabled");
        QTest::addColumn<int>("kind");
        // 1 cannot be taken back until the next boot, so it comes last, and only in a machine of our own.
        for (const int disabled : {2, 1})
            for (const auto kind : {HeldKind::TypedTracepoint, HeldKind::RawTracepoint, HeldKind::Fentry,
                                    HeldKind::Kprobe, HeldKind::ClassicTracepoint})
                if (machine::ours() || disabled == unprivilegedBpfDisabled())
                    QTest::addRow("%s, unprivileged_bpf_disabled=%d", name(kind), disabled)
                        << disabled << static_cast<int>(kind);
        if (!machine::ours() && unprivilegedBpfDisabled() != 1 && unprivilegedBpfDisabled() != 2)
            QTest::addRow("this machine lets everybody") << unprivilegedBpfDisabled() << 0;
    }

    void heldProgramsAttachAgainWithoutRights()
    {
        QFETCH(int, disabled);
        QFETCH(int, kind);
        if (machine::ours() && unprivilegedBpfDisabled() != disabled)
            QVERIFY(std::ofstream(kUnprivilegedBpf) << disabled << std::flush);
        QCOMPARE(unprivilegedBpfDisabled(), disabled);
        const auto how = static_cast<HeldKind>(kind);
        const bool byPerfEvent = how == HeldKind::Kprobe || how == HeldKind::ClassicTracepoint;
        if (byPerfEvent && !machine::kernelIs(5, 15))
            QSKIP("links of perf events came with 5.15 (b89fbfbb854c)");
        HeldProgram program(how);
        if (!program.error().empty())
            NOT_HERE(program.error());
        const auto before = program.count();
        program.provoke(100);
        VERIFY_BETWEEN(program.count() - before, 100U, 100 + machine::others());
        int error = 0;
        const auto after = tryAgainWithoutRights(program, error);
        machine::note(std::string("again: ") + QTest::currentDataTag(),
                      after == After::Counted ? "yes" : std::string("no: ") + std::strerror(error));
        // Before c8644cd0efe7 the setting closed every command of bpf(2) to those without rights.
        if (machine::kernelIs(5, 19)) {
            QVERIFY2(after == After::Counted, std::strerror(error));
        } else {
            QVERIFY(after == After::Refused);
            QCOMPARE(error, EPERM);
        }
    }

    // Debian's kernels have a level 3 that keeps perf events to CAP_SYS_ADMIN; their own 2 is enough for us.
    void twoCapabilitiesAreEnough_data()
    {
        QTest::addColumn<int>("paranoid");
        const int here = firstNumber(kPerfParanoid);
        QTest::addRow("perf_event_paranoid=%d", here) << here;
        if (machine::ours() && here > 2)
            QTest::addRow("perf_event_paranoid=2") << 2;
    }

    void twoCapabilitiesAreEnough()
    {
        QFETCH(int, paranoid);
        if (firstNumber(kPerfParanoid) != paranoid)
            QVERIFY(std::ofstream(kPerfParanoid) << paranoid << std::flush);
        const Copy copy((std::uint64_t{1} << CAP_BPF) | (std::uint64_t{1} << CAP_PERFMON));
        if (!copy.capable())
            NOT_HERE("/tmp takes no file capabilities");
        Observed observed(copy.path(), everything(), kNobody);
        QVERIFY2(observed.hello(), observed.problem().c_str());
        QVERIFY(observed.hello()->privileged);
        std::string lacking;
        for (const auto &state : observed.hello()->probes) {
            const std::string key(schema::info(state.probe).key);
            if (!state.available)
                lacking += (lacking.empty() ? "" : ", ") + key;
            QVERIFY2(state.available || (!state.reason.empty() && !state.hint.empty()), key.c_str());
        }
        machine::note(std::string("capabilities: ") + QTest::currentDataTag(),
                      lacking.empty() ? "all" : "all but " + lacking);
        for (const auto probe : {Probe::Scheduler, Probe::Syscalls, Probe::Memory, Probe::Block, Probe::Tcp,
                                 Probe::Process, Probe::Interrupts, Probe::Drops})
            QVERIFY2(observed.state(probe).available, observed.state(probe).reason.c_str());
        const auto samples = observed.state(Probe::Samples);
        if (paranoid > 2)
            QVERIFY2(!samples.available && samples.hint.find("perf_event_paranoid") != std::string::npos,
                     (samples.reason + " / " + samples.hint).c_str());
        else
            QVERIFY2(samples.available, samples.reason.c_str());
        QVERIFY2(observed.begin(), observed.ending().c_str());
        QVERIFY(workload::inChild([] { return workload::writeCalls(1000); }) > 0);
        QVERIFY2(observed.end(), observed.ending().c_str());
        VERIFY_COUNT(observed.gained(schema::Slot::SysWrite), 1000);
    }

    void withoutRightsItSaysSoAndReadsProc()
    {
        const Copy copy(0);
        Observed observed(copy.path(), everything(), kNobody);
        QVERIFY2(observed.hello(), observed.problem().c_str());
        QVERIFY(!observed.hello()->privileged);
        for (const auto &state : observed.hello()->probes) {
            const auto &probe = schema::info(state.probe);
            const std::string key(probe.key);
            if (probe.origin == ProbeOrigin::Proc) {
                QVERIFY2(state.available, (key + ": " + state.reason).c_str());
                continue;
            }
            QVERIFY2(!state.available, key.c_str());
            QVERIFY2(!state.reason.empty() && !state.hint.empty(), key.c_str());
            if (probe.origin == ProbeOrigin::Bpf)
                QCOMPARE(state.code, base::Code::NotPermitted);
        }
        QVERIFY2(observed.begin(), observed.ending().c_str());
    }
};

QTEST_GUILESS_MAIN(KernelRightsTest)
#include "tst_kernel_rights.moc"
