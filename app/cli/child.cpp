// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/child.h"

#include <cerrno>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace statescape::cli {

Signals::Signals()
{
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCHLD})
        sigaddset(&set, number);
    pthread_sigmask(SIG_BLOCK, &set, &m_before);
    m_fd.reset(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

Signals::~Signals()
{
    restore();
}

void Signals::restore() const
{
    pthread_sigmask(SIG_SETMASK, &m_before, nullptr);
}

std::optional<int> Signals::wait(std::uint64_t timeoutNs)
{
    pollfd entry{m_fd.get(), POLLIN, 0};
    const timespec timeout{static_cast<time_t>(timeoutNs / 1'000'000'000),
                           static_cast<long>(timeoutNs % 1'000'000'000)};
    if (ppoll(&entry, 1, &timeout, nullptr) <= 0)
        return std::nullopt;
    signalfd_siginfo info{};
    if (read(m_fd.get(), &info, sizeof info) != sizeof info)
        return std::nullopt;
    return static_cast<int>(info.ssi_signo);
}

base::Result<Child> Child::start(const std::vector<std::string> &command, const Signals &signals, bool quiet,
                                 const std::vector<std::string> &environment)
{
    std::vector<char *> arguments;
    for (const auto &word : command)
        arguments.push_back(const_cast<char *>(word.c_str()));
    arguments.push_back(nullptr);
    // exec's own error comes back through a pipe that a successful exec closes.
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return base::fail(base::Code::Io, "no pipe for " + command.front(), "close some programs", errno);
    const base::Fd readEnd(ends[0]);
    base::Fd writeEnd(ends[1]);
    const pid_t parent = getpid();
    const pid_t pid = fork();
    if (pid < 0)
        return base::fail(base::Code::Io, "cannot start " + command.front(),
                          "the system has no room for another process", errno);
    if (pid == 0) {
        signals.restore();
        if (quiet) {
            // A workload must not outlive its recorder.
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (getppid() != parent)
                _exit(127);
            setpgid(0, 0);
            const int null = open("/dev/null", O_RDWR);
            dup2(null, STDIN_FILENO);
            dup2(null, STDOUT_FILENO);
            dup2(null, STDERR_FILENO);
        }
        for (const auto &entry : environment)
            putenv(const_cast<char *>(entry.c_str()));
        execvp(arguments[0], arguments.data());
        const int error = errno;
        [[maybe_unused]] const auto told = write(writeEnd.get(), &error, sizeof error);
        _exit(error == ENOENT ? 127 : 126);
    }
    writeEnd.reset();
    int error = 0;
    if (read(readEnd.get(), &error, sizeof error) == sizeof error) {
        waitpid(pid, nullptr, 0);
        return base::fail(error == ENOENT ? base::Code::NotFound : base::Code::NotPermitted,
                          "cannot run " + command.front(),
                          error == ENOENT ? "check its name and PATH" : "check its permissions", error);
    }
    return Child(pid);
}

void Child::signal(int number, bool group) const
{
    if (!m_status)
        kill(group ? -m_pid : m_pid, number);
}

void Child::adoptOrphans()
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void Child::killGroup()
{
    kill(-m_pid, SIGKILL);
    // A group is gone when nobody of it is left to be waited for; asking the kernel for the group would count
    // zombies that init has not got round to.
    int status = 0;
    for (pid_t ended = 0; (ended = waitpid(-m_pid, &status, 0)) > 0 || errno == EINTR;)
        if (ended == m_pid)
            m_status = status;
}

std::optional<int> Child::poll()
{
    int status = 0;
    if (!m_status && waitpid(m_pid, &status, WNOHANG) == m_pid)
        m_status = status;
    return m_status;
}

} // namespace statescape::cli
