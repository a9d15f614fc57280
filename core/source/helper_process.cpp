// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/source/helper_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <spawn.h>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace statescape::source {
namespace {
using base::Code;
using base::fail;
using base::Result;
namespace fs = std::filesystem;

constexpr std::string_view kProgram = "statescape-helper";
constexpr std::size_t kErrorTextBytes = 4096;
constexpr int kPipeBytes = 1 << 20;
constexpr int kGraceMs = 1500;

struct Pipe {
    base::Fd readEnd, writeEnd;
    static Result<Pipe> make()
    {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0)
            return fail(Code::Io, "no pipe for the helper", "close other programs", errno);
        return Pipe{base::Fd(ends[0]), base::Fd(ends[1])};
    }
};

/// posix_spawn's two attribute objects, freed with it.
class SpawnPlan {
public:
    SpawnPlan()
    {
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawnattr_init(&attributes);
    }
    SpawnPlan(const SpawnPlan &) = delete;
    SpawnPlan &operator=(const SpawnPlan &) = delete;
    ~SpawnPlan()
    {
        ::posix_spawn_file_actions_destroy(&actions);
        ::posix_spawnattr_destroy(&attributes);
    }
    void standardStreams(int in, int out, int err)
    {
        ::posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
        ::posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
        ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
    }
    // Its own group, so that Ctrl+C in a terminal reaches us and not the helper; pkexec needs the terminal to
    // ask there.
    void signals(bool ownGroup)
    {
        sigset_t none;
        sigset_t all;
        ::sigemptyset(&none);
        ::sigfillset(&all);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        ::posix_spawnattr_setsigdefault(&attributes, &all);
        ::posix_spawnattr_setpgroup(&attributes, 0);
        const int flags =
            POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | (ownGroup ? POSIX_SPAWN_SETPGROUP : 0);
        ::posix_spawnattr_setflags(&attributes, static_cast<short>(flags));
    }
    posix_spawn_file_actions_t actions{};
    posix_spawnattr_t attributes{};
};

base::Error spawnError(const std::string &program, int code)
{
    if (code == EPERM)
        return fail(Code::NotPermitted, program + " cannot be started",
                    "its file capabilities are more than this container or service may have: allow CAP_BPF "
                    "and CAP_PERFMON there, or "
                    "remove them with: sudo setcap -r " +
                        program,
                    code);
    if (code == EACCES)
        return fail(Code::NotPermitted, program + " cannot be started",
                    "make it executable: chmod +x " + program, code);
    if (code == ENOENT)
        return fail(Code::NotFound, program + " cannot be started", "check that it is installed", code);
    return fail(Code::Io, program + " cannot be started", {}, code);
}

bool isProgram(const fs::path &path)
{
    std::error_code error;
    return fs::is_regular_file(path, error) && ::access(path.c_str(), X_OK) == 0;
}

std::vector<fs::path> candidates()
{
    std::vector<fs::path> out;
    if (const char *named = std::getenv("STATESCAPE_HELPER"); named != nullptr && *named != '\0')
        out.emplace_back(named);
    std::error_code error;
    const fs::path self = fs::read_symlink("/proc/self/exe", error);
    if (!error) {
        out.push_back(self.parent_path() / kProgram);
        out.push_back(self.parent_path().parent_path() / "libexec" / "statescape" / kProgram);
    }
    const char *path = std::getenv("PATH");
    for (std::string_view rest = path == nullptr ? "" : path; !rest.empty();) {
        const std::string_view folder = rest.substr(0, rest.find(':'));
        if (!folder.empty())
            out.push_back(fs::path(folder) / kProgram);
        rest.remove_prefix(std::min(rest.size(), folder.size() + 1));
    }
    return out;
}
} // namespace

std::string ProcessEnd::text() const
{
    if (!known)
        return "went away";
    return signal != 0 ? "was killed (signal " + std::to_string(signal) + ")"
                       : "exited with status " + std::to_string(status);
}

Result<std::string> findHelper(const std::string &asked)
{
    std::error_code error;
    if (!asked.empty()) {
        if (!isProgram(asked))
            return fail(Code::NotFound, asked + " is not a program", "give the path of statescape-helper");
        return fs::absolute(asked, error).string();
    }
    std::string looked;
    for (const auto &candidate : candidates()) {
        if (isProgram(candidate))
            return fs::absolute(candidate, error).string();
        looked += (looked.empty() ? "" : ", ") + candidate.string();
    }
    return fail(Code::NotFound, "statescape-helper was not found (looked for " + looked + ")",
                "install it beside this program, or name it in STATESCAPE_HELPER");
}

Result<HelperProcess> HelperProcess::spawn(const std::string &program, HelperOptions::Launch launch,
                                           const std::string &mode)
{
    STATESCAPE_TRY(Pipe input, Pipe::make());
    STATESCAPE_TRY(Pipe output, Pipe::make());
    STATESCAPE_TRY(Pipe errors, Pipe::make());
    // Room for some seconds of samples while this side is busy.
    ::fcntl(output.writeEnd.get(), F_SETPIPE_SZ, kPipeBytes);
    // An Attach with scripts must fit whole, also while somebody still types a password.
    ::fcntl(input.writeEnd.get(), F_SETPIPE_SZ, kPipeBytes);
    for (const int fd : {input.writeEnd.get(), output.readEnd.get(), errors.readEnd.get()})
        ::fcntl(fd, F_SETFL, O_NONBLOCK);
    const bool pkexec = launch == HelperOptions::Launch::Pkexec;
    SpawnPlan plan;
    plan.standardStreams(input.readEnd.get(), output.writeEnd.get(), errors.writeEnd.get());
    plan.signals(!pkexec);
    std::vector<std::string> words{program};
    if (pkexec)
        words.insert(words.begin(), "pkexec");
    if (!mode.empty())
        words.push_back(mode);
    std::vector<char *> arguments;
    for (auto &word : words)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const std::string &first = words.front();
    HelperProcess process;
    const int code = ::posix_spawnp(&process.m_pid, first.c_str(), &plan.actions, &plan.attributes,
                                    arguments.data(), environ);
    if (code != 0) {
        process.m_pid = -1;
        return spawnError(first, code);
    }
    process.m_input = std::move(input.writeEnd);
    process.m_output = std::move(output.readEnd);
    process.m_errors = std::move(errors.readEnd);
    return process;
}

HelperProcess::HelperProcess(HelperProcess &&other) noexcept
    : m_pid(std::exchange(other.m_pid, -1))
    , m_input(std::move(other.m_input))
    , m_output(std::move(other.m_output))
    , m_errors(std::move(other.m_errors))
    , m_errorText(std::move(other.m_errorText))
    , m_end(other.m_end)
{}

HelperProcess::~HelperProcess()
{
    if (m_pid < 0)
        return;
    m_input.reset();
    // A helper in the middle of a write must not wait for a reader that is gone.
    m_output.reset();
    if (wait(kGraceMs).known)
        return;
    ::kill(m_pid, SIGTERM);
    if (wait(kGraceMs / 3).known)
        return;
    kill();
    wait(kGraceMs);
}

Result<> HelperProcess::send(std::span<const std::byte> bytes)
{
    // Frames to the helper fit the pipe whole; all but Attach are below PIPE_BUF, so they go whole or not at
    // all.
    const ssize_t sent = ::write(m_input.get(), bytes.data(), bytes.size());
    if (sent == static_cast<ssize_t>(bytes.size()))
        return {};
    if (sent < 0 && errno == EAGAIN)
        return fail(Code::Busy, "the helper does not read");
    return fail(Code::Disconnected, "the helper closed its input", {}, sent < 0 ? errno : 0);
}

void HelperProcess::readErrors()
{
    std::array<char, 4096> buffer{};
    while (m_errors.valid()) {
        const ssize_t got = ::read(m_errors.get(), buffer.data(), buffer.size());
        if (got > 0) {
            m_errorText.append(buffer.data(), static_cast<std::size_t>(got));
            if (m_errorText.size() > kErrorTextBytes)
                m_errorText.erase(0, m_errorText.size() - kErrorTextBytes);
        } else if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        } else {
            // At its end it would wake every poll.
            m_errors.reset();
        }
    }
}

void HelperProcess::kill()
{
    // A helper that pkexec started as root is not ours to kill; it ends with its stdin.
    m_input.reset();
    if (m_pid >= 0 && !m_end.known)
        ::kill(m_pid, SIGKILL);
}

ProcessEnd HelperProcess::wait(int milliseconds)
{
    for (int waited = 0; m_pid >= 0 && !m_end.known; waited += 5) {
        int status = 0;
        const pid_t got = ::waitpid(m_pid, &status, WNOHANG);
        if (got == m_pid) {
            m_end.known = true;
            m_end.status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
            m_end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        } else if (got < 0 && errno != EINTR) {
            m_pid = -1;
        }
        if (m_end.known || m_pid < 0 || waited >= milliseconds)
            break;
        ::poll(nullptr, 0, 5);
    }
    return m_end;
}

} // namespace statescape::source
