// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "helper_client.h"

#include "core/base/clock.h"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <grp.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace statescape;

namespace {
constexpr std::uint64_t kNsPerMs = 1'000'000;
constexpr int kCannotStart = 126;
} // namespace

HelperClient::HelperClient(const std::string &program, const Options &options)
{
    ::signal(SIGPIPE, SIG_IGN);
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0)
        return;
    std::vector<char *> arguments{const_cast<char *>(program.c_str())};
    for (const auto &argument : options.arguments)
        arguments.push_back(const_cast<char *>(argument.c_str()));
    arguments.push_back(nullptr);
    m_pid = ::fork();
    if (m_pid == 0) {
        ::dup2(in[0], STDIN_FILENO);
        ::dup2(out[1], STDOUT_FILENO);
        if (options.uid != 0 &&
            (::setgroups(0, nullptr) != 0 || ::setgid(options.uid) != 0 || ::setuid(options.uid) != 0))
            ::_exit(kCannotStart);
        ::execv(program.c_str(), arguments.data());
        ::_exit(kCannotStart);
    }
    ::close(in[0]);
    ::close(out[1]);
    m_input.reset(in[1]);
    m_output.reset(out[0]);
    if (options.plan)
        send(wire::Attach{*options.plan});
}

HelperClient::~HelperClient()
{
    if (m_pid > 0 && !m_ended) {
        ::kill(m_pid, SIGKILL);
        ::waitpid(m_pid, nullptr, 0);
    }
}

bool HelperClient::send(const wire::Message &message)
{
    return sendBytes(wire::encode(message));
}

bool HelperClient::sendBytes(std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        const auto written = ::write(m_input.get(), bytes.data(), bytes.size());
        if (written <= 0)
            return false;
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return true;
}

std::optional<wire::Message> HelperClient::receive(int timeoutMs)
{
    const auto deadline = base::monotonicNs() + static_cast<std::uint64_t>(timeoutMs) * kNsPerMs;
    std::array<std::byte, 65536> bytes{};
    while (true) {
        auto next = m_decoder.next();
        if (!next)
            return std::nullopt;
        if (*next)
            return std::move(**next);
        const auto now = base::monotonicNs();
        pollfd readable{m_output.get(), POLLIN, 0};
        if (now >= deadline || ::poll(&readable, 1, static_cast<int>((deadline - now) / kNsPerMs) + 1) <= 0)
            return std::nullopt;
        const auto got = ::read(m_output.get(), bytes.data(), bytes.size());
        if (got <= 0)
            return std::nullopt;
        m_decoder.feed({bytes.data(), static_cast<std::size_t>(got)});
    }
}

std::optional<int> HelperClient::wait(int timeoutMs)
{
    const auto deadline = base::monotonicNs() + static_cast<std::uint64_t>(timeoutMs) * kNsPerMs;
    while (!m_ended && base::monotonicNs() < deadline) {
        int status = 0;
        if (::waitpid(m_pid, &status, WNOHANG) == m_pid)
            m_ended = status;
        else
            ::usleep(2000);
    }
    return m_ended;
}

namespace {
std::optional<std::uint64_t> numberOf(const std::string &path, const std::string &key, int base)
{
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);)
        if (line.starts_with(key + ":"))
            return std::stoull(line.substr(key.size() + 1), nullptr, base);
    return std::nullopt;
}
} // namespace

std::optional<std::uint64_t> HelperClient::status(const std::string &key, int base) const
{
    return numberOf("/proc/" + std::to_string(m_pid) + "/status", key, base);
}

// Rights, filters and no-new-privs are a thread's own.
std::string HelperClient::privilegeLeft(bool boundingSetToo) const
{
    struct Expected {
        const char *key;
        int base;
        std::uint64_t value;
    };
    std::vector<Expected> all{{"CapInh", 16, 0}, {"CapPrm", 16, 0},     {"CapEff", 16, 0},
                              {"CapAmb", 16, 0}, {"NoNewPrivs", 10, 1}, {"Seccomp", 10, 2}};
    if (boundingSetToo)
        all.push_back({"CapBnd", 16, 0});
    std::size_t threads = 0;
    for (const auto &thread :
         std::filesystem::directory_iterator("/proc/" + std::to_string(m_pid) + "/task")) {
        ++threads;
        for (const auto &one : all)
            if (const auto value = numberOf(thread.path() / "status", one.key, one.base); value != one.value)
                return thread.path().string() + ": " + one.key + " " +
                       (value ? std::to_string(*value) : "cannot be read");
    }
    // The loop, and what moves probes for the budget.
    return threads == 1 || threads == 2 ? "" : std::to_string(threads) + " threads";
}
