// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/scripts/tracer_process.h"

#include "core/base/rights.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace statescape::bpf {
namespace {
using base::Code;
using base::fail;

// Never what PATH says: this runs as root.
constexpr std::array<const char *, 2> kPrograms{"/usr/bin/bpftrace", "/usr/local/bin/bpftrace"};
constexpr int kFirstFreeFd = 10; // above those that the child's streams take
constexpr int kScriptFd = 3;
constexpr int kCannotStart = 127;
constexpr rlim_t kMemoryBytes = rlim_t{4} << 30;

/// @return a program that only root can have put there.
base::Result<const char *> findProgram()
{
    for (const char *path : kPrograms) {
        struct stat facts {};
        if (::stat(path, &facts) != 0)
            continue;
        if (!S_ISREG(facts.st_mode) || facts.st_uid != 0 || (facts.st_mode & (S_IWGRP | S_IWOTH)) != 0)
            return fail(Code::NotPermitted,
                        std::string(path) + " can be written by others than root, and is not started",
                        "install bpftrace from your distribution");
        return path;
    }
    return fail(Code::NotFound, "bpftrace is not installed", "sudo apt install bpftrace");
}

base::Result<base::Fd> textInMemory(const std::string &text)
{
    base::Fd memory(::memfd_create("script", MFD_CLOEXEC));
    base::Fd high(memory.valid() ? ::fcntl(memory.get(), F_DUPFD_CLOEXEC, kFirstFreeFd) : -1);
    if (!high.valid() || ::write(high.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        ::lseek(high.get(), 0, SEEK_SET) != 0)
        return fail(Code::Io, "cannot keep the script", {}, errno);
    return high;
}

struct Pipe {
    base::Fd read, write;
};

base::Result<Pipe> makePipe()
{
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        return fail(Code::Io, "cannot make a pipe", {}, errno);
    Pipe pipe{base::Fd(ends[0]), base::Fd(::fcntl(ends[1], F_DUPFD_CLOEXEC, kFirstFreeFd))};
    ::close(ends[1]);
    if (!pipe.write.valid() || ::fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0)
        return fail(Code::Io, "cannot make a pipe", {}, errno);
    return pipe;
}

/// Nothing of the parent's reaches the tracer but the three descriptors.
bool cleanProcess(int script, int output, int errors)
{
    const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0 || ::dup2(null, STDIN_FILENO) < 0 || ::dup2(output, STDOUT_FILENO) < 0 ||
        ::dup2(errors, STDERR_FILENO) < 0 || ::dup2(script, kScriptFd) < 0)
        return false;
    if (::syscall(SYS_close_range, kScriptFd + 1U, ~0U, 0U) != 0)
        for (int fd = kScriptFd + 1; fd < 1024; ++fd)
            ::close(fd);
    for (int signal = 1; signal < NSIG; ++signal)
        ::signal(signal, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    constexpr rlimit kNothing{0, 0};
    constexpr rlimit kMemory{kMemoryBytes, kMemoryBytes};
    return ::sigprocmask(SIG_SETMASK, &none, nullptr) == 0 && ::setrlimit(RLIMIT_CORE, &kNothing) == 0 &&
           ::setrlimit(RLIMIT_AS, &kMemory) == 0 && ::setsid() >= 0 && ::chdir("/") == 0;
}

bool becomeRoot()
{
    const base::RightsScope everything(base::Rights::permitted());
    return ::setgroups(0, nullptr) == 0 && ::setresgid(0, 0, 0) == 0 && ::setresuid(0, 0, 0) == 0;
}

[[noreturn]] void runTracer(const char *program, int script, int output, int errors, pid_t parent)
{
    const std::string path(TracerProcess::kScriptPath);
    const std::array<const char *, 8> arguments{program, "-q",   "-B",         "line",
                                                "-f",    "json", path.c_str(), nullptr};
    const std::array<const char *, 4> environment{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C", "HOME=/",
                                                  nullptr};
    // The wish to die with the parent is forgotten by whoever changes what it is, so it comes last.
    if (cleanProcess(script, output, errors) && becomeRoot() && ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
        ::getppid() == parent)
        ::execve(program, const_cast<char *const *>(arguments.data()),
                 const_cast<char *const *>(environment.data()));
    ::_exit(kCannotStart);
}
} // namespace

base::Result<TracerProcess> TracerProcess::start(const std::string &script)
{
    if (::geteuid() != 0 && !base::Rights::permitted().has(CAP_SETUID))
        return fail(Code::NotPermitted, "bpftrace runs only as root",
                    "let pkexec ask for it (a desktop with polkit), or run statescape as root");
    STATESCAPE_TRY(const char *program, findProgram());
    STATESCAPE_TRY(const auto text, textInMemory(script));
    STATESCAPE_TRY(auto output, makePipe());
    STATESCAPE_TRY(auto errors, makePipe());
    TracerProcess process;
    const pid_t parent = ::getpid();
    process.m_pid = ::fork();
    if (process.m_pid < 0)
        return fail(Code::Io, "cannot start bpftrace", {}, errno);
    if (process.m_pid == 0)
        runTracer(program, text.get(), output.write.get(), errors.write.get(), parent);
    process.m_output = std::move(output.read);
    process.m_errors = std::move(errors.read);
    return process;
}

std::optional<std::string> TracerProcess::ended()
{
    int status = 0;
    const auto got = m_pid > 0 ? ::waitpid(m_pid, &status, WNOHANG) : -1;
    if (got == 0)
        return std::nullopt;
    m_pid = -1;
    if (got < 0)
        return "ended";
    if (WIFSIGNALED(status))
        return "was killed by signal " + std::to_string(WTERMSIG(status));
    if (WEXITSTATUS(status) == kCannotStart)
        return "could not be started";
    return "ended with status " + std::to_string(WEXITSTATUS(status));
}

} // namespace statescape::bpf
