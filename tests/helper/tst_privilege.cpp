// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/helper/privilege.h"
#include "bpf/needs.h"
#include "helper_client.h"

#include <QStringList>
#include <QTest>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <grp.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace statescape;
using base::Rights;
using helper::Mode;

namespace {
const std::string kHelper = STATESCAPE_BIN "/statescape-helper";
constexpr uid_t kNobody = 65534;

/// A copy of the helper where nobody can start it, with file capabilities where asked.
class Copy {
public:
    explicit Copy(const std::string &capabilities = {})
    {
        std::string name = "/tmp/statescape-test-XXXXXX";
        m_folder = ::mkdtemp(name.data());
        std::filesystem::permissions(m_folder, std::filesystem::perms(0755));
        std::filesystem::copy_file(kHelper, path());
        std::filesystem::permissions(path(), std::filesystem::perms(0755));
        m_capable = capabilities.empty() ||
                    std::system(("setcap " + capabilities + "+ep " + path() + " 2>/dev/null").c_str()) == 0;
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

/// @return what a child says that does @p body.
int inChild(const std::function<int()> &body)
{
    const pid_t pid = ::fork();
    if (pid == 0)
        ::_exit(body());
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string namesOf(Rights rights)
{
    return rights.names();
}

bool becomeNobody()
{
    return ::setgroups(0, nullptr) == 0 && ::setresgid(kNobody, kNobody, kNobody) == 0 &&
           ::setresuid(kNobody, kNobody, kNobody) == 0;
}

bool boundingIsEmpty()
{
    for (int capability = 0;; ++capability) {
        const int bound = ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
        if (bound != 0)
            return bound < 0 && capability > 0;
    }
}

std::optional<std::uint64_t> waitFor(const HelperClient &client, const char *key, std::uint64_t wanted)
{
    std::optional<std::uint64_t> value;
    for (int i = 0; i < 500; ++i) {
        value = client.status(key, 16);
        if (value == wanted)
            break;
        ::usleep(10'000);
    }
    return value;
}

schema::ProbePlan everythingOnLo()
{
    schema::ProbePlan plan;
    plan.probes = (std::uint64_t{1} << schema::kProbeCount) - 1;
    for (const char *text : {"xdp:lo", "packets:lo"})
        plan.user.push_back(*schema::parseUserProbe(text));
    return plan;
}
} // namespace

class PrivilegeTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theTableIsAsWritten()
    {
        QCOMPARE(namesOf(helper::rightsOf(Mode::Shipped)),
                 std::string("cap_bpf,cap_perfmon,cap_sys_nice,cap_sys_admin,cap_net_raw,cap_net_admin,"
                             "cap_setuid,cap_setgid"));
        QCOMPARE(namesOf(helper::rightsOf(Mode::UserProbes).without(helper::rightsOf(Mode::Shipped))),
                 std::string("cap_dac_read_search"));
        schema::ProbePlan plan;
        QCOMPARE(namesOf(bpf::needsOf(plan)), std::string("cap_bpf,cap_perfmon"));
        const std::pair<const char *, const char *> more[] = {
            {"xdp:lo", "cap_net_admin"},
            {"packets:lo", "cap_net_raw"},
            {"tracepoint:sched:sched_switch", "cap_dac_read_search"},
            {"uprobe:/bin/sh:main", "nothing"},
            {"kprobe:vfs_fsync", "nothing"},
            {"syscall:openat", "nothing"}};
        for (const auto &[text, names] : more) {
            plan.user = {*schema::parseUserProbe(text)};
            const auto rights = bpf::needsOf(plan);
            QCOMPARE(namesOf(rights.without({CAP_BPF, CAP_PERFMON})), std::string(names));
            QCOMPARE(rights.within(helper::rightsOf(Mode::UserProbes)), rights);
        }
    }

    void aScopeRaisesWhatIsPermittedAndPutsItBack()
    {
        if (::geteuid() != 0)
            QSKIP("needs root to have something to raise");
        QCOMPARE(inChild([] {
                     if (!helper::keepOnly(Mode::Shipped) || !Rights::effective().empty())
                         return 1;
                     {
                         const base::RightsScope outer({CAP_BPF, CAP_SYS_BOOT});
                         if (Rights::effective() != Rights({CAP_BPF}))
                             return 2;
                         const base::RightsScope inner({});
                         if (!Rights::effective().empty())
                             return 3;
                     }
                     return Rights::effective().empty() ? 0 : 4;
                 }),
                 0);
    }

    void rootKeepsTheTablesRowOnly_data()
    {
        QTest::addColumn<int>("mode");
        QTest::newRow("shipped") << 0;
        QTest::newRow("user probes") << 1;
    }
    void rootKeepsTheTablesRowOnly()
    {
        if (::geteuid() != 0)
            QSKIP("needs root to have something to drop");
        QFETCH(int, mode);
        const auto had = Rights::permitted();
        QCOMPARE(inChild([mode, had] {
                     const auto row = helper::rightsOf(static_cast<Mode>(mode));
                     ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0);
                     const int inherited = ::open("/etc/passwd", O_RDONLY);
                     ::setenv("LD_PRELOAD", "/tmp/x.so", 1);
                     if (!helper::keepOnly(static_cast<Mode>(mode)))
                         return 1;
                     if (Rights::permitted() != had.within(row) || !Rights::effective().empty())
                         return 2;
                     const std::unique_ptr<std::remove_pointer_t<cap_t>, int (*)(void *)> sets(cap_get_proc(),
                                                                                               cap_free);
                     cap_flag_value_t inheritable = CAP_SET;
                     if (cap_get_flag(sets.get(), CAP_BPF, CAP_INHERITABLE, &inheritable) != 0 ||
                         inheritable != CAP_CLEAR)
                         return 3;
                     if (!boundingIsEmpty())
                         return 4;
                     if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_NET_ADMIN, 0, 0) != 0)
                         return 5;
                     if (::fcntl(inherited, F_GETFD) >= 0 || environ != nullptr)
                         return 6;
                     rlimit core{};
                     return ::getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0 &&
                                    ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0
                                ? 0
                                : 7;
                 }),
                 0);
    }

    void nothingComesBackOnceDropped()
    {
        if (::geteuid() != 0)
            QSKIP("needs root to have something to drop");
        QCOMPARE(inChild([] {
                     if (!helper::keepOnly(Mode::Scripts) || !helper::dropPrivilege())
                         return 1;
                     if (!Rights::permitted().empty() || !boundingIsEmpty())
                         return 2;
                     const base::RightsScope raised({CAP_BPF, CAP_SETUID});
                     if (!Rights::effective().empty())
                         return 3;
                     // uid 0 without capabilities would still be the owner of this one.
                     if (::open("/etc/shadow", O_RDONLY) >= 0)
                         return 4;
                     return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 5;
                 }),
                 0);
    }

    void theEffectiveSetIsEmptyWhileTheRequestIsRead()
    {
        if (::geteuid() != 0)
            QSKIP("needs root to have something in the set");
        for (const char *argument : {"--shipped", "--user-probes", "--scripts"}) {
            HelperClient client(kHelper, HelperClient::Options{0, {argument}, std::nullopt});
            const bool scripts = std::string_view(argument) == "--scripts";
            QCOMPARE(waitFor(client, "CapEff", 0), std::optional<std::uint64_t>(0));
            const auto row =
                helper::rightsOf(*helper::modeFromArgument(argument)).within(Rights::permitted());
            QCOMPARE(client.status("CapPrm", 16), std::optional(row.bits()));
            QCOMPARE(client.status("CapInh", 16), std::optional<std::uint64_t>(0));
            if (!scripts)
                QCOMPARE(client.status("CapBnd", 16), std::optional<std::uint64_t>(0));
        }
    }

    void everyStartEndsTheSame_data()
    {
        QTest::addColumn<QString>("capabilities");
        QTest::addColumn<QString>("argument");
        QTest::addColumn<bool>("asNobody");
        for (const char *argument : {"--shipped", "--user-probes", "--scripts"}) {
            QTest::addRow("root %s", argument) << "" << argument << false;
            QTest::addRow("nothing %s", argument) << "" << argument << true;
            QTest::addRow("bpf, perfmon %s", argument) << "cap_bpf,cap_perfmon" << argument << true;
            QTest::addRow("more than enough %s", argument)
                << "cap_bpf,cap_perfmon,cap_sys_admin,cap_net_admin,cap_sys_ptrace,cap_kill" << argument
                << true;
        }
    }
    void everyStartEndsTheSame()
    {
        if (::geteuid() != 0)
            QSKIP("needs root to give capabilities and become nobody");
        QFETCH(QString, capabilities);
        QFETCH(QString, argument);
        QFETCH(bool, asNobody);
        const Copy copy(capabilities.toStdString());
        if (!copy.capable())
            QSKIP("setcap does not work here");
        HelperClient client(
            copy.path(),
            HelperClient::Options{asNobody ? kNobody : 0, {argument.toStdString()}, everythingOnLo()});
        QVERIFY(client.receiveA<wire::Hello>(30'000));
        const auto left = client.privilegeLeft(!asNobody);
        QVERIFY2(left.empty(), left.c_str());
        QVERIFY(client.send(wire::Start{}));
        QVERIFY(client.receiveA<wire::RawSample>());
    }

    void whatIsMissingIsNamedWithTheOneCommand_data()
    {
        QTest::addColumn<QString>("capabilities");
        QTest::newRow("none") << "";
        QTest::newRow("bpf alone") << "cap_bpf";
        QTest::newRow("perfmon alone") << "cap_perfmon";
        QTest::newRow("the usual two") << "cap_bpf,cap_perfmon";
        QTest::newRow("all but raw") << "cap_bpf,cap_perfmon,cap_net_admin";
    }
    void whatIsMissingIsNamedWithTheOneCommand()
    {
        if (::geteuid() != 0)
            QSKIP("needs root to give capabilities and become nobody");
        QFETCH(QString, capabilities);
        const Copy copy(capabilities.toStdString());
        if (!copy.capable())
            QSKIP("setcap does not work here");
        HelperClient client(copy.path(), HelperClient::Options{kNobody, {}, everythingOnLo()});
        const auto hello = client.receiveA<wire::Hello>(30'000);
        QVERIFY(hello);
        const auto command = "sudo setcap cap_bpf,cap_perfmon,cap_net_raw,cap_net_admin+ep " + copy.path();
        int named = 0;
        for (const auto &state : hello->probes) {
            if (state.available || state.code != base::Code::NotPermitted)
                continue;
            // What this kernel refuses to all is said as that, and only where nothing is missing.
            if (state.hint.starts_with("this kernel or container refuses")) {
                QVERIFY2(capabilities.contains("cap_bpf") && capabilities.contains("cap_perfmon"),
                         state.reason.c_str());
                continue;
            }
            QVERIFY2(state.reason.find("missing cap_") != std::string::npos, state.reason.c_str());
            for (const auto &held : capabilities.split(',', Qt::SkipEmptyParts))
                QVERIFY2(state.reason.find(held.toStdString()) == std::string::npos, state.reason.c_str());
            QCOMPARE(state.hint, command);
            ++named;
        }
        const auto &last = hello->probes.back();
        if (named == 0 && last.code == base::Code::NotSupported)
            QSKIP(last.reason.c_str());
        QVERIFY2(named > 0, "nothing says that something is missing");
        // /proc works in any case.
        QVERIFY(client.send(wire::Start{}));
        const auto sample = client.receiveA<wire::RawSample>();
        QVERIFY(sample);
        QVERIFY(sample->probeMask & schema::bitOf(schema::Probe::Cpu));
        if (capabilities == "cap_bpf,cap_perfmon")
            QVERIFY(sample->probeMask & schema::bitOf(schema::Probe::Syscalls));
    }

    void noPlanMeetsItsOwnSandbox_data()
    {
        QTest::addColumn<int>("entity");
        QTest::addColumn<QStringList>("probes");
        QTest::addColumn<double>("budget");
        const QStringList user{"syscall:getppid:latency",
                               "kprobe:vfs_read",
                               "tracepoint:sched:sched_switch",
                               "tracepoint:sched:sched_switch:prev_prio",
                               "uprobe:/usr/lib/x86_64-linux-gnu/libc.so.6:getppid:latency",
                               "xdp:lo",
                               "packets:lo"};
        // So small a budget that probes go out and come back all the time.
        QTest::newRow("host") << 0 << QStringList() << 1.0;
        QTest::newRow("host, unbounded") << 0 << QStringList() << 0.0;
        QTest::newRow("host, shed") << 0 << QStringList() << 0.01;
        QTest::newRow("cgroups") << 1 << QStringList() << 1.0;
        QTest::newRow("processes") << 2 << QStringList() << 1.0;
        QTest::newRow("user probes, unbounded") << 0 << user << 0.0;
        QTest::newRow("user probes, shed") << 0 << user << 0.01;
        QTest::newRow("script") << 0 << QStringList{"bpftrace:/tmp/a.bt"} << 1.0;
    }
    void noPlanMeetsItsOwnSandbox()
    {
        if (::geteuid() != 0)
            QSKIP("needs root to attach everything");
        QFETCH(int, entity);
        QFETCH(QStringList, probes);
        QFETCH(double, budget);
        schema::ProbePlan plan;
        plan.probes = (std::uint64_t{1} << schema::kProbeCount) - 1;
        plan.entity = static_cast<schema::EntityKind>(entity);
        plan.budgetPercent = budget;
        for (const auto &text : probes) {
            plan.user.push_back(*schema::parseUserProbe(text.toStdString()));
            if (plan.user.back().kind == schema::HookKind::Script)
                plan.user.back().script = "tracepoint:raw_syscalls:sys_enter { @ = count(); }";
        }
        HelperClient client(kHelper, HelperClient::Options{0, {"--scripts"}, plan});
        const auto hello = client.receiveA<wire::Hello>(30'000);
        QVERIFY(hello);
        QVERIFY(client.send(wire::Start{50'000'000}));
        std::uint64_t shed = 0;
        for (int i = 0; i < 160; ++i) {
            for (int call = 0; call < 3000; ++call)
                ::syscall(SYS_getppid);
            const auto sample = client.receiveA<wire::RawSample>();
            if (!sample) {
                const auto status = client.wait();
                QVERIFY2(false, qPrintable(QString("ended with status %1").arg(status.value_or(-1))));
            }
            shed |= sample->shedMask;
        }
        if (budget > 0 && budget < 1 && hello->privileged)
            QVERIFY(shed != 0);
        client.closeInput();
        const auto status = client.wait();
        QVERIFY2(status && WIFEXITED(*status) && WEXITSTATUS(*status) == 0,
                 qPrintable(QString::number(status.value_or(-1))));
    }

    // Who owns the user's account owns the helper's pipes, and may end it; not more.
    void othersOfTheSameUserCannotTakeItOver()
    {
        if (::geteuid() != 0)
            QSKIP("needs root to give capabilities and become nobody");
        const Copy copy("cap_bpf,cap_perfmon");
        if (!copy.capable())
            QSKIP("setcap does not work here");
        HelperClient client(copy.path(), HelperClient::Options{kNobody, {}, schema::ProbePlan{}});
        QVERIFY(client.receiveA<wire::Hello>(30'000));
        const auto pid = client.pid();
        QCOMPARE(
            inChild([pid] {
                if (!becomeNobody())
                    return 1;
                if (::ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) == 0)
                    return 2;
                std::array<char, 16> here{};
                iovec local{here.data(), here.size()};
                iovec remote{reinterpret_cast<void *>(0x400000), here.size()};
                if (::process_vm_readv(pid, &local, 1, &remote, 1, 0) >= 0 || errno != EPERM)
                    return 3;
                const auto folder = "/proc/" + std::to_string(pid);
                for (const char *file : {"/mem", "/fd/0", "/maps", "/environ", "/auxv", "/syscall", "/stack"})
                    if (::open((folder + file).c_str(), O_RDONLY) >= 0)
                        return 4;
                if (::opendir((folder + "/fd").c_str()) != nullptr)
                    return 5;
                const auto handle = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
                if (handle >= 0 && ::syscall(SYS_pidfd_getfd, handle, 0, 0) >= 0)
                    return 6;
                return 0;
            }),
            0);
    }

    void descriptorsOfTheStarterAreClosed()
    {
        if (::geteuid() != 0)
            QSKIP("needs root to look into the helper");
        const int leaked = ::open("/etc/passwd", O_RDONLY);
        const int high = ::fcntl(leaked, F_DUPFD, 200);
        HelperClient client(kHelper);
        QVERIFY(client.receiveA<wire::Hello>(30'000));
        ::close(leaked);
        ::close(high);
        for (const auto &entry :
             std::filesystem::directory_iterator("/proc/" + std::to_string(client.pid()) + "/fd")) {
            std::error_code error;
            const auto target = std::filesystem::read_symlink(entry.path(), error).string();
            QVERIFY2(target != "/etc/passwd", entry.path().c_str());
        }
    }
};

QTEST_GUILESS_MAIN(PrivilegeTest)
#include "tst_privilege.moc"
