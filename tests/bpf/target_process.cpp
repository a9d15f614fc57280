// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "target_process.h"

#include <array>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

TargetProcess::TargetProcess(const std::string &path, int calls, long sleepUs)
{
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0)
        return;
    const auto times = std::to_string(calls);
    const auto pause = std::to_string(sleepUs);
    m_pid = ::fork();
    if (m_pid == 0) {
        ::dup2(in[0], STDIN_FILENO);
        ::dup2(out[1], STDOUT_FILENO);
        ::execl(path.c_str(), path.c_str(), times.c_str(), pause.c_str(), nullptr);
        ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    m_input = in[1];
    m_output = out[0];
    sees("ready");
}

TargetProcess::~TargetProcess()
{
    ::close(m_input);
    ::close(m_output);
    if (m_pid > 0)
        ::waitpid(m_pid, nullptr, 0);
}

void TargetProcess::go()
{
    [[maybe_unused]] const auto written = ::write(m_input, "g", 1);
}

bool TargetProcess::done()
{
    return sees("done");
}

bool TargetProcess::sees(const std::string &word)
{
    while (m_said.find(word) == std::string::npos) {
        pollfd ready{m_output, POLLIN, 0};
        std::array<char, 256> piece{};
        if (::poll(&ready, 1, 30'000) != 1)
            return false;
        const auto got = ::read(m_output, piece.data(), piece.size());
        if (got <= 0)
            return false;
        m_said.append(piece.data(), static_cast<std::size_t>(got));
    }
    return true;
}
