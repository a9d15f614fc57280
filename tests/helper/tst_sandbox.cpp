// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/helper/output_queue.h"
#include "app/helper/privilege.h"
#include "app/helper/sampler.h"
#include "app/helper/sandbox.h"

#include <QTest>
#include <array>
#include <csignal>
#include <fcntl.h>
#include <functional>
#include <linux/bpf.h>
#include <linux/landlock.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace statescape;

namespace {
constexpr int kNoSandbox = 99;
constexpr helper::SandboxNeeds kEverything{true, true, true, true, true};

/// @return the wait status of a child that enters the sandbox and then does @p body.
int inSandbox(const helper::SandboxNeeds &needs, const std::function<int()> &body)
{
    const pid_t pid = ::fork();
    if (pid == 0) {
        if (!helper::dropPrivilege() || !helper::enterSandbox(needs))
            ::_exit(kNoSandbox);
        ::syscall(SYS_exit_group, body());
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return status;
}

bool killed(int status)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
}

bool exitedWith(int status, int code)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

struct Forbidden {
    const char *name;
    long call;
    std::array<long, 5> arguments = {};
};

std::array<char, 4096> page{};
const long kPage = reinterpret_cast<long>(page.data());
const long kPath = reinterpret_cast<long>("/tmp/statescape-no-such-file");
constexpr long kHere = AT_FDCWD;

/// A call or more of every kind that a taken-over process would want.
const Forbidden kForbidden[] = {
    {"execve", SYS_execve, {kPath}},
    {"execveat", SYS_execveat, {kHere, kPath}},
    {"fork", SYS_fork},
    {"vfork", SYS_vfork},
    {"clone, a thread", SYS_clone, {CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD}},
    {"clone3", SYS_clone3, {kPage, 88}},
    {"socket", SYS_socket, {AF_INET, SOCK_STREAM}},
    {"socket, netlink", SYS_socket, {AF_NETLINK, SOCK_RAW}},
    {"socketpair", SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, kPage}},
    {"connect", SYS_connect, {0, kPage, 16}},
    {"sendmsg", SYS_sendmsg, {0, kPage}},
    {"open for writing", SYS_openat, {kHere, kPath, O_WRONLY}},
    {"open for reading and writing", SYS_openat, {kHere, kPath, O_RDWR}},
    {"open and create", SYS_openat, {kHere, kPath, O_RDONLY | O_CREAT, 0600}},
    {"open and cut", SYS_openat, {kHere, kPath, O_RDONLY | O_TRUNC}},
    {"open by the old call", SYS_open, {kPath, O_RDONLY}},
    {"openat2", SYS_openat2, {kHere, kPath, kPage, 24}},
    {"open by handle", SYS_open_by_handle_at, {kHere, kPage}},
    {"creat", SYS_creat, {kPath, 0600}},
    {"unlink", SYS_unlink, {kPath}},
    {"rename", SYS_rename, {kPath, kPath}},
    {"mkdir", SYS_mkdir, {kPath, 0700}},
    {"chmod", SYS_chmod, {kPath, 0777}},
    {"pwrite", SYS_pwrite64, {1, kPage, 1}},
    {"sendfile", SYS_sendfile, {1, 0}},
    {"executable memory", SYS_mmap, {0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1}},
    {"make memory executable", SYS_mprotect, {kPage, 4096, PROT_READ | PROT_EXEC}},
    {"memfd", SYS_memfd_create, {kPath}},
    {"load a BPF program", SYS_bpf, {BPF_PROG_LOAD, kPage, 64}},
    {"create a BPF map", SYS_bpf, {BPF_MAP_CREATE, kPage, 64}},
    {"read a BPF map", SYS_bpf, {BPF_MAP_LOOKUP_ELEM, kPage, 64}},
    {"write a BPF map", SYS_bpf, {BPF_MAP_UPDATE_ELEM, kPage, 64}},
    {"attach a BPF program", SYS_bpf, {BPF_PROG_ATTACH, kPage, 64}},
    {"change a BPF link", SYS_bpf, {BPF_LINK_UPDATE, kPage, 64}},
    {"pin a BPF object", SYS_bpf, {BPF_OBJ_PIN, kPage, 64}},
    {"take another's BPF program", SYS_bpf, {BPF_PROG_GET_FD_BY_ID, kPage, 64}},
    {"take another's BPF map", SYS_bpf, {BPF_MAP_GET_FD_BY_ID, kPage, 64}},
    {"run a BPF program", SYS_bpf, {BPF_PROG_TEST_RUN, kPage, 64}},
    {"BPF statistics", SYS_bpf, {BPF_ENABLE_STATS, kPage, 64}},
    {"perf event", SYS_perf_event_open, {kPage, 0, -1, -1, 0}},
    {"change a perf event's program", SYS_ioctl, {0, PERF_EVENT_IOC_SET_BPF, 0}},
    {"change a perf event's filter", SYS_ioctl, {0, PERF_EVENT_IOC_SET_FILTER, kPage}},
    {"type into a terminal", SYS_ioctl, {0, TIOCSTI, kPage}},
    {"ptrace", SYS_ptrace, {16, 1}},
    {"read another's memory", SYS_process_vm_readv, {1, kPage, 1, kPage, 1}},
    {"write another's memory", SYS_process_vm_writev, {1, kPage, 1, kPage, 1}},
    {"take another's file", SYS_pidfd_getfd, {0, 0, 0}},
    {"pidfd", SYS_pidfd_open, {1}},
    {"kill", SYS_kill, {1, 0}},
    {"tgkill", SYS_tgkill, {1, 1, 0}},
    {"setuid", SYS_setuid, {0}},
    {"setfsuid", SYS_setfsuid, {0}},
    {"setgroups", SYS_setgroups, {0, 0}},
    {"capset", SYS_capset, {kPage, kPage}},
    {"prctl", SYS_prctl, {0}},
    {"unshare", SYS_unshare, {CLONE_NEWUSER}},
    {"setns", SYS_setns, {0, 0}},
    {"mount", SYS_mount, {kPath, kPath, kPath}},
    {"chroot", SYS_chroot, {kPath}},
    {"io_uring", SYS_io_uring_setup, {1, kPage}},
    {"userfaultfd", SYS_userfaultfd, {0}},
    {"keyctl", SYS_keyctl, {0}},
    {"module", SYS_init_module, {kPage, 0, kPath}},
    {"another seccomp filter", SYS_seccomp, {1, 0, kPage}},
    {"scheduling", SYS_sched_setscheduler, {0, 0, kPage}},
    {"wait for a child for ever", SYS_wait4, {-1, 0, 0, 0}},
};
} // namespace

class SandboxTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        if (exitedWith(inSandbox(kEverything, [] { return 0; }), kNoSandbox))
            QSKIP("this kernel lets no seccomp filter in");
    }

    void whatEveryLoopNeedsIsAllowed()
    {
        const int comm = ::open("/proc/self/comm", O_RDONLY | O_CLOEXEC);
        const int status = inSandbox({}, [comm] {
            std::array<char, 64> buffer{};
            if (::read(comm, buffer.data(), buffer.size()) <= 0 || ::pread(comm, buffer.data(), 1, 0) != 1)
                return 1;
            ::close(comm);
            void *memory =
                ::mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (memory == MAP_FAILED || ::munmap(memory, 1 << 20) != 0)
                return 2;
            // Refused by the kernel and not by the filter.
            if (::syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, page.data(), 64) != -1)
                return 3;
            timespec now{};
            return ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0 && ::getppid() > 0 ? 0 : 4;
        });
        ::close(comm);
        QVERIFY2(exitedWith(status, 0), std::to_string(status).c_str());
    }

    void whatIsNotAskedForKills_data()
    {
        QTest::addColumn<int>("which");
        for (const char *name : {"files for names", "attaching again", "perf events on", "perf events off",
                                 "a child", "perf links"})
            QTest::newRow(name) << static_cast<int>(m_rows++);
    }
    void whatIsNotAskedForKills()
    {
        QFETCH(int, which);
        const auto body = [which]() -> int {
            switch (which) {
            case 0:
                return ::openat(AT_FDCWD, "/proc/self/comm", O_RDONLY | O_CLOEXEC) >= 0 ? 0 : 1;
            case 1:
                return ::syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, page.data(), 64) == -1 ? 0 : 1;
            case 2:
                return ::ioctl(1000, PERF_EVENT_IOC_ENABLE, 0) == -1 ? 0 : 1;
            case 3:
                return ::ioctl(1000, PERF_EVENT_IOC_DISABLE, 0) == -1 ? 0 : 1;
            case 4:
                return ::syscall(SYS_wait4, -1, nullptr, WNOHANG, nullptr) == -1 ? 0 : 1;
            default:
                return ::syscall(SYS_bpf, BPF_LINK_CREATE, page.data(), 64) == -1 ? 0 : 1;
            }
        };
        helper::SandboxNeeds others = kEverything;
        helper::SandboxNeeds only;
        bool *flags[] = {&others.names, &others.reattach, &others.perf,
                         &others.perf,  &others.child,    &others.relink};
        bool *wanted[] = {&only.names, &only.reattach, &only.perf, &only.perf, &only.child, &only.relink};
        *flags[which] = false;
        *wanted[which] = true;
        QVERIFY(killed(inSandbox(others, body)));
        QVERIFY(exitedWith(inSandbox(only, body), 0));
    }

    void everythingElseKills_data()
    {
        QTest::addColumn<int>("which");
        int which = 0;
        for (const auto &forbidden : kForbidden)
            QTest::newRow(forbidden.name) << which++;
    }

    // With everything that any plan asks for, so that no plan opens one of these.
    void everythingElseKills()
    {
        QFETCH(int, which);
        const int status = inSandbox(kEverything, [which]() -> int {
            const auto &[name, call, a] = kForbidden[which];
            ::syscall(call, a[0], a[1], a[2], a[3], a[4], 0);
            return 0;
        });
        QVERIFY2(killed(status), std::to_string(status).c_str());
    }

#ifdef __x86_64__
    void callsOfAnotherArchitectureKill()
    {
        const int status = inSandbox(kEverything, []() -> int {
            long result = 20; // getpid of 32-bit programs
            asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
            return 0;
        });
        QVERIFY2(WIFSIGNALED(status), std::to_string(status).c_str());
        const int x32 = inSandbox(kEverything, []() -> int {
            ::syscall(0x40000000 | 39);
            return 0;
        });
        QVERIFY(killed(x32));
    }
#endif

    void filesOutsideOfProcAreOutOfReach()
    {
        if (::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION) < 1)
            QSKIP("this kernel has no Landlock");
        const int status = inSandbox(kEverything, [] {
            if (::open("/proc/self/comm", O_RDONLY | O_CLOEXEC) < 0)
                return 1;
            if (::open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0 || errno != EACCES)
                return 2;
            // Not on a way round either.
            return ::open("/proc/self/root/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 ? 0 : 3;
        });
        QVERIFY2(exitedWith(status, 0), std::to_string(status).c_str());
    }

    void cpuListsAreCounted_data()
    {
        QTest::addColumn<QString>("list");
        QTest::addColumn<unsigned>("count");
        QTest::newRow("one") << "0\n" << 1U;
        QTest::newRow("range") << "0-1\n" << 2U;
        QTest::newRow("holes") << "0-3,6,8-11\n" << 9U;
        QTest::newRow("empty") << "" << 0U;
        QTest::newRow("backwards") << "3-1\n" << 0U;
        QTest::newRow("words") << "all\n" << 0U;
        QTest::newRow("cut") << "0-\n" << 0U;
        QTest::newRow("tail") << "0-1x\n" << 0U;
    }

    void cpuListsAreCounted()
    {
        QFETCH(QString, list);
        QFETCH(unsigned, count);
        QCOMPARE(helper::countCpus(list.toStdString()), count);
    }

    void aFullQueueDropsWholeSamplesAndKeepsRoomForAnswers()
    {
        std::array<int, 2> pipe{};
        QVERIFY(::pipe2(pipe.data(), O_NONBLOCK | O_CLOEXEC) == 0);
        helper::OutputQueue queue(pipe[1]);
        // Sizes that do not divide the ring, so that frames wrap round its end.
        std::vector<std::byte> sample(7001);
        std::uint64_t pushed = 0;
        while (queue.dropped() == 0) {
            std::ranges::fill(sample, static_cast<std::byte>(pushed++));
            queue.pushSample(sample);
        }
        QVERIFY(queue.push(std::vector<std::byte>(60'000, std::byte{0xaa})));
        QVERIFY(!queue.push(std::vector<std::byte>(60'000)));
        std::vector<std::byte> got;
        std::array<std::byte, 65536> buffer{};
        while (!queue.empty()) {
            QVERIFY(queue.flush());
            for (ssize_t size = 0; (size = ::read(pipe[0], buffer.data(), buffer.size())) > 0;)
                got.insert(got.end(), buffer.begin(), buffer.begin() + size);
            if (got.size() == 65536)
                queue.pushSample(std::vector<std::byte>(7001, std::byte{0xbb}));
        }
        const auto kept = pushed - 1;
        QCOMPARE(got.size(), kept * 7001 + 60'000 + 7001);
        for (std::size_t i = 0; i < kept; ++i)
            QVERIFY(got[i * 7001] == static_cast<std::byte>(i) &&
                    got[i * 7001 + 7000] == static_cast<std::byte>(i));
        QVERIFY(got[kept * 7001] == std::byte{0xaa} && got.back() == std::byte{0xbb});
        ::close(pipe[0]);
        ::signal(SIGPIPE, SIG_IGN);
        QVERIFY(queue.push(sample));
        const auto gone = queue.flush();
        QVERIFY(!gone && gone.error().code == base::Code::Disconnected);
        ::close(pipe[1]);
    }

private:
    int m_rows = 0;
};

QTEST_GUILESS_MAIN(SandboxTest)
#include "tst_sandbox.moc"
