// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bench_watchers.h"

#include "core/base/clock.h"
#include "core/schema/cost.h"

#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace watch {
using namespace statescape;

namespace {
HelperClient::Options optionsOf(double budgetPercent, std::uint64_t probes)
{
    HelperClient::Options options;
    options.plan->budgetPercent = budgetPercent;
    if (probes != 0)
        options.plan->probes = probes;
    return options;
}
} // namespace

Helper::Helper(double budgetPercent, std::uint64_t intervalNs, std::uint64_t probes)
    : m_client(STATESCAPE_BIN "/statescape-helper", optionsOf(budgetPercent, probes))
{
    const auto begun = base::monotonicNs();
    m_hello = m_client.receiveA<wire::Hello>(20'000);
    m_helloMs = static_cast<double>(base::monotonicNs() - begun) / 1e6;
    if (!m_hello)
        return;
    m_states = m_hello->probes;
    m_client.send(wire::Start{intervalNs});
    m_reader = std::thread([this] { read(); });
    ::usleep(1'500'000);
}

Helper::~Helper()
{
    m_stop = true;
    m_client.closeInput();
    if (m_reader.joinable())
        m_reader.join();
}

void Helper::read()
{
    while (!m_stop) {
        auto message = m_client.receive(500);
        if (!message)
            continue;
        const std::lock_guard lock(m_mutex);
        if (const auto *update = std::get_if<wire::ProbeUpdate>(&*message))
            for (auto &state : m_states)
                if (state.probe == update->state.probe)
                    state = update->state;
        auto *sample = std::get_if<wire::RawSample>(&*message);
        if (!sample)
            continue;
        if (m_last)
            for (const auto &state : m_states) {
                const auto i = static_cast<std::size_t>(state.probe);
                const double seconds = static_cast<double>(sample->timeNs - m_last->timeNs) / 1e9;
                const auto grown = static_cast<double>(sample->events[i] - m_last->events[i]);
                m_modelledNs += seconds * schema::costPerSecond({state.nsPerEvent, state.nsWhenBusy},
                                                                grown / seconds, sample->onlineCpus);
            }
        m_last = std::move(*sample);
    }
}

wire::RawSample Helper::sample()
{
    const auto now = base::monotonicNs();
    for (int i = 0; i < 2000; ++i) {
        {
            const std::lock_guard lock(m_mutex);
            if (m_last && m_last->timeNs >= now)
                return *m_last;
        }
        ::usleep(5000);
    }
    return {};
}

std::vector<wire::ProbeState> Helper::states()
{
    const std::lock_guard lock(m_mutex);
    return m_states;
}

double Helper::modelledNs()
{
    sample();
    const std::lock_guard lock(m_mutex);
    return m_modelledNs;
}

std::vector<std::string> Tool::bpftrace(const std::string &script)
{
    // A mount namespace of its own, for machines where tracefs is not mounted.
    return {"unshare",
            "-m",
            "sh",
            "-c",
            "[ -d /sys/kernel/tracing/events ] || mount -t tracefs none /sys/kernel/tracing; "
            "exec bpftrace -e \"$0\"",
            script};
}

Tool::Tool(const std::vector<std::string> &command)
{
    m_pid = ::fork();
    if (m_pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int null = ::open("/dev/null", O_RDWR);
        for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
            ::dup2(null, fd);
        std::vector<char *> words;
        for (const auto &word : command)
            words.push_back(const_cast<char *>(word.c_str()));
        words.push_back(nullptr);
        ::execvp(words[0], words.data());
        ::_exit(127);
    }
    // None of them says when it stands; all do within this.
    ::usleep(2'500'000);
    m_runs = ::waitpid(m_pid, nullptr, WNOHANG) == 0;
}

Tool::~Tool()
{
    if (!m_runs)
        return;
    ::kill(m_pid, SIGINT);
    for (int i = 0; i < 20 && ::waitpid(m_pid, nullptr, WNOHANG) == 0; ++i)
        ::usleep(50'000);
    ::kill(m_pid, SIGKILL);
    ::waitpid(m_pid, nullptr, 0);
}

} // namespace watch
