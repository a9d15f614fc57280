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
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace statescape;

namespace {
constexpr int kNoSandbox = 99;

/// @return the wait status of a child that enters the sandbox and then does @p body.
int inSandbox(const std::function<int()> &body)
{
    const pid_t pid = ::fork();
    if (pid == 0) {
        if (!helper::dropPrivilege() || !helper::enterSandbox())
            ::_exit(kNoSandbox);
        ::syscall(SYS_exit_group, body());
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return status;
}
} // namespace

class SandboxTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        if (const int status = inSandbox([] { return 0; });
            WIFEXITED(status) && WEXITSTATUS(status) == kNoSandbox)
            QSKIP("this kernel lets no seccomp filter in");
    }

    void whatTheLoopNeedsIsAllowed()
    {
        const int status = inSandbox([] {
            std::array<char, 64> buffer{};
            const int fd = ::openat(AT_FDCWD, "/proc/self/comm", O_RDONLY | O_CLOEXEC);
            if (fd < 0 || ::read(fd, buffer.data(), buffer.size()) <= 0 ||
                ::pread(fd, buffer.data(), 1, 0) != 1)
                return 1;
            ::close(fd);
            void *memory =
                ::mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (memory == MAP_FAILED || ::munmap(memory, 1 << 20) != 0)
                return 2;
            timespec now{};
            return ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0 && ::getppid() > 0 ? 0 : 3;
        });
        QVERIFY(WIFEXITED(status));
        QCOMPARE(WEXITSTATUS(status), 0);
    }

    void everythingElseKills_data()
    {
        QTest::addColumn<int>("which");
        int which = 0;
        for (const char *name :
             {"socket", "execve", "fork", "open for writing", "create", "executable memory",
              "make memory executable", "load a BPF program", "create a BPF map", "ptrace", "kill", "setuid",
              "unlink", "ioctl", "prctl", "io_uring"})
            QTest::newRow(name) << which++;
    }

    void everythingElseKills()
    {
        QFETCH(int, which);
        const int status = inSandbox([which]() -> int {
            static std::array<char, 4096> page{};
            switch (which) {
            case 0:
                return static_cast<int>(::syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
            case 1:
                return static_cast<int>(::syscall(SYS_execve, "/bin/true", nullptr, nullptr));
            case 2:
                return static_cast<int>(::syscall(SYS_fork));
            case 3:
                return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, "/dev/null", O_WRONLY, 0));
            case 4:
                return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, "/tmp/x", O_RDONLY | O_CREAT, 0600));
            case 5:
                return ::syscall(SYS_mmap, nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
                                 -1, 0) != 0;
            case 6:
                return static_cast<int>(::syscall(SYS_mprotect, page.data(), 4096, PROT_READ | PROT_EXEC));
            case 7:
                return static_cast<int>(::syscall(SYS_bpf, BPF_PROG_LOAD, page.data(), 64));
            case 8:
                return static_cast<int>(::syscall(SYS_bpf, BPF_MAP_CREATE, page.data(), 64));
            case 9:
                return static_cast<int>(::syscall(SYS_ptrace, 0, 0, 0, 0));
            case 10:
                return static_cast<int>(::syscall(SYS_kill, ::getppid(), 0));
            case 11:
                return static_cast<int>(::syscall(SYS_setuid, 0));
            case 12:
                return static_cast<int>(::syscall(SYS_unlink, "/tmp/statescape-no-such-file"));
            case 13:
                return static_cast<int>(::syscall(SYS_ioctl, 0, 0, 0));
            case 14:
                return static_cast<int>(::syscall(SYS_prctl, 0, 0, 0, 0, 0));
            case 15:
                return static_cast<int>(::syscall(SYS_io_uring_setup, 1, page.data()));
            }
            return 0;
        });
        QVERIFY2(WIFSIGNALED(status), std::to_string(status).c_str());
        QCOMPARE(WTERMSIG(status), SIGSYS);
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
};

QTEST_GUILESS_MAIN(SandboxTest)
#include "tst_sandbox.moc"
