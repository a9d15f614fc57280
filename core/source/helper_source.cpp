// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/clock.h"
#include "core/source/helper_supervisor.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

// The helper's life: started, watched, started again.
namespace statescape::source {
namespace {
using base::Code;
using base::fail;
using base::Result;

constexpr std::uint64_t kSecondNs = 1'000'000'000;
constexpr std::uint64_t kFirstPauseNs = kSecondNs / 5;
constexpr std::uint64_t kLongestPauseNs = 5 * kSecondNs;
constexpr std::size_t kRestartsPerMinute = 5;
constexpr std::uint64_t kSilentAtLeastNs = 2 * kSecondNs;
constexpr std::uint64_t kKillAfterNs = 10 * kSecondNs;
// Loading programs takes a while, a person typing a password takes longer.
constexpr std::uint64_t kGreetingNs = 30 * kSecondNs;
constexpr std::uint64_t kPasswordNs = 180 * kSecondNs;
constexpr int kPkexecDismissed = 126;
constexpr int kPkexecRefused = 127;

Result<> checkInterval(std::uint64_t ns)
{
    if (ns < wire::kMinIntervalNs || ns > wire::kMaxIntervalNs)
        return fail(Code::InvalidArgument, "an interval of " + base::formatDuration(ns), "use 50 ms to 60 s");
    return {};
}

/// @return what the helper must be allowed, each its own authorisation. Never empty: pkexec would take that
/// for another program's action.
std::string modeOf(const schema::ProbePlan &plan)
{
    std::string mode = "--shipped";
    for (const auto &probe : plan.user) {
        if (probe.kind == schema::HookKind::Script)
            return "--scripts";
        if (probe.kind != schema::HookKind::Xdp && probe.kind != schema::HookKind::Packets)
            mode = "--user-probes";
    }
    return mode;
}
} // namespace

Result<std::unique_ptr<HelperSource>> HelperSource::start(const HelperOptions &options, Callbacks callbacks)
{
    STATESCAPE_CHECK(checkInterval(options.intervalNs));
    STATESCAPE_CHECK(schema::check(options.plan));
    STATESCAPE_TRY(std::string program, findHelper(options.program));
    base::Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake.valid())
        return fail(Code::Io, "no event descriptor", "close other programs", errno);
    return std::unique_ptr<HelperSource>(std::make_unique<HelperSupervisor>(
        std::move(program), options, std::move(callbacks), std::move(wake)));
}

HelperSupervisor::HelperSupervisor(std::string program, const HelperOptions &options, Callbacks callbacks,
                                   base::Fd wake)
    : m_program(std::move(program))
    , m_options(options)
    , m_callbacks(std::move(callbacks))
    , m_wake(std::move(wake))
    , m_layout(std::make_shared<const schema::Layout>(options.plan))
    , m_intervalNs(options.intervalNs)
    , m_thread([this] { loop(); })
{}

HelperSupervisor::~HelperSupervisor()
{
    m_stopping = true;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t sent = ::write(m_wake.get(), &one, sizeof one);
    m_thread.join();
}

Result<wire::Hello> HelperSupervisor::hello(std::uint64_t timeoutNs)
{
    std::unique_lock lock(m_mutex);
    const auto settled = [this] { return m_hello || m_shared.state == HelperState::Failed; };
    m_heardHello.wait_for(
        lock, std::chrono::nanoseconds(std::min<std::uint64_t>(timeoutNs, 3600 * kSecondNs)), settled);
    if (m_hello)
        return *m_hello;
    if (m_failure)
        return *m_failure;
    return fail(Code::Timeout, "the helper did not answer within " + base::formatDuration(timeoutNs),
                "is the machine overloaded?");
}

SourceStatus HelperSupervisor::status() const
{
    const std::lock_guard lock(m_mutex);
    return m_shared;
}

void HelperSupervisor::setInterval(std::uint64_t intervalNs)
{
    m_intervalNs = std::clamp(intervalNs, wire::kMinIntervalNs, wire::kMaxIntervalNs);
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t sent = ::write(m_wake.get(), &one, sizeof one);
}

void HelperSupervisor::loop()
{
    // A helper that is gone shows as EPIPE where it is written to.
    sigset_t pipe;
    ::sigemptyset(&pipe);
    ::sigaddset(&pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    launch();
    while (!m_stopping) {
        waitForEvents();
        if (m_stopping)
            break;
        if (m_process)
            checkSilence();
        else if (m_restartAtNs != 0 && base::monotonicNs() >= m_restartAtNs)
            launch();
        if (m_dirty || base::monotonicNs() - m_publishedNs >= kSecondNs)
            publish();
    }
    m_process.reset();
    setState(HelperState::Stopped, "stopped");
    publish();
}

void HelperSupervisor::launch()
{
    m_restartAtNs = 0;
    m_greeted = false;
    m_last.reset();
    m_problem.reset();
    m_decoder = {};
    m_launchedNs = base::monotonicNs();
    auto process = HelperProcess::spawn(m_program, m_options.launch, modeOf(m_options.plan));
    if (!process)
        return refuse(process.error());
    m_process.emplace(std::move(*process));
    // When it cannot be sent the helper hangs or is gone, and the supervision finds that out.
    (void)m_process->send(wire::encode(wire::Attach{m_options.plan}));
    if (m_now.state != HelperState::Restarting)
        setState(HelperState::Starting, "starting");
    publish();
}

std::uint64_t HelperSupervisor::silentAfterNs() const
{
    return std::max(5 * m_intervalNs.load(), kSilentAtLeastNs);
}

std::uint64_t HelperSupervisor::nextDeadline() const
{
    std::uint64_t deadline = m_publishedNs + kSecondNs;
    if (m_process && m_greeted)
        deadline = std::min(deadline, m_heardNs + silentAfterNs() +
                                          (m_now.state == HelperState::Silent ? kKillAfterNs : 0));
    if (!m_process && m_restartAtNs != 0)
        deadline = std::min(deadline, m_restartAtNs);
    return deadline;
}

void HelperSupervisor::waitForEvents()
{
    std::array<pollfd, 3> fds{pollfd{m_wake.get(), POLLIN, 0},
                              pollfd{m_process ? m_process->output() : -1, POLLIN, 0},
                              pollfd{m_process ? m_process->errors() : -1, POLLIN, 0}};
    const std::uint64_t now = base::monotonicNs();
    const std::uint64_t deadline = nextDeadline();
    const std::uint64_t leftNs = deadline > now ? deadline - now : 0;
    const timespec timeout{static_cast<time_t>(leftNs / kSecondNs), static_cast<long>(leftNs % kSecondNs)};
    if (::ppoll(fds.data(), fds.size(), &timeout, nullptr) <= 0)
        return;
    if (fds[0].revents != 0)
        readWake();
    if (m_process && fds[2].revents != 0)
        m_process->readErrors();
    if (m_process && fds[1].revents != 0)
        readOutput();
}

void HelperSupervisor::readWake()
{
    std::uint64_t count = 0;
    if (::read(m_wake.get(), &count, sizeof count) > 0 && !m_stopping && m_greeted)
        sendStart();
}

void HelperSupervisor::sendStart()
{
    m_heardNs = base::monotonicNs();
    if (!m_process)
        return;
    // When it cannot be sent the helper hangs or is gone, and the supervision finds that out.
    (void)m_process->send(wire::encode(wire::Start{m_intervalNs.load()}));
}

void HelperSupervisor::readOutput()
{
    std::array<std::byte, 65536> buffer{};
    const ssize_t got = ::read(m_process->output(), buffer.data(), buffer.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0)
        return ended(m_process->wait(1000).text());
    m_decoder.feed(std::span(buffer).first(static_cast<std::size_t>(got)));
    while (!m_stopping) {
        const auto message = m_decoder.next();
        if (message && !*message)
            return;
        const auto result = message ? handle(**message) : Result<>(message.error());
        if (result)
            continue;
        const auto code = result.error().code;
        const bool hopeless = code != Code::Corrupt;
        m_process->kill();
        if (hopeless)
            return refuse(result.error());
        return restartLater("could not be believed: " + result.error().message);
    }
}

void HelperSupervisor::checkSilence()
{
    const std::uint64_t now = base::monotonicNs();
    if (!m_greeted) {
        const auto limit = m_options.launch == HelperOptions::Launch::Pkexec ? kPasswordNs : kGreetingNs;
        if (now - m_launchedNs > limit) {
            m_process->kill();
            restartLater("did not answer");
        }
        return;
    }
    const std::uint64_t silentNs = now > m_heardNs ? now - m_heardNs : 0;
    if (silentNs >= silentAfterNs() + kKillAfterNs) {
        m_process->kill();
        restartLater("hung and was killed");
    } else if (silentNs >= silentAfterNs() && m_now.state != HelperState::Silent) {
        setState(HelperState::Silent,
                 "no sample for " + base::formatDuration(silentNs / 100'000'000 * 100'000'000),
                 "it is started again if it stays silent for 10 s more");
    }
}

std::string HelperSupervisor::errorTail() const
{
    if (!m_process)
        return {};
    std::string text = m_process->errorText();
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    const auto lastLine = text.rfind('\n');
    return lastLine == std::string::npos ? text : text.substr(lastLine + 1);
}

// The process ended by itself.
void HelperSupervisor::ended(const std::string &why)
{
    m_process->readErrors();
    const ProcessEnd end = m_process->wait(0);
    const std::string tail = errorTail();
    const bool refusedByPolkit = m_options.launch == HelperOptions::Launch::Pkexec && !m_greeted &&
                                 end.known &&
                                 (end.status == kPkexecDismissed || end.status == kPkexecRefused);
    if (refusedByPolkit)
        return refuse(fail(
            Code::NotPermitted, "pkexec did not start the helper" + (tail.empty() ? "" : ": " + tail),
            "give the password of an administrator, or: sudo setcap cap_bpf,cap_perfmon+ep " + m_program));
    restartLater(why);
}

void HelperSupervisor::restartLater(const std::string &why)
{
    const std::uint64_t now = base::monotonicNs();
    m_process->readErrors();
    std::string text = "the helper " + why;
    std::string hint;
    if (m_problem) {
        text += ": " + m_problem->message;
        hint = m_problem->hint;
    } else if (const std::string tail = errorTail(); !tail.empty()) {
        text += ": " + tail;
    }
    const base::Error failure = fail(Code::Disconnected, text, hint);
    m_lossesBefore = m_now.losses;
    m_process.reset();
    while (!m_restartTimes.empty() && now - m_restartTimes.front() > 60 * kSecondNs)
        m_restartTimes.pop_front();
    if (m_restartTimes.size() >= kRestartsPerMinute)
        return refuse(fail(Code::Disconnected,
                           text + ", " + std::to_string(kRestartsPerMinute + 1) + " times within a minute",
                           hint.empty() ? "run it by hand to see why: " + m_program : hint));
    m_pauseNs = m_restartTimes.empty() ? kFirstPauseNs : std::min(2 * m_pauseNs, kLongestPauseNs);
    m_restartTimes.push_back(now);
    m_restartAtNs = base::monotonicNs() + m_pauseNs;
    ++m_now.restarts;
    {
        const std::lock_guard lock(m_mutex);
        m_failure = failure;
    }
    setState(HelperState::Restarting, text + ", starting it again", hint);
}

// Trying again would end the same way.
void HelperSupervisor::refuse(const base::Error &error)
{
    m_process.reset();
    m_restartAtNs = 0;
    setState(HelperState::Failed, base::Error{error.code, error.message, {}, error.sysErrno}.text(),
             error.hint);
    {
        const std::lock_guard lock(m_mutex);
        m_failure = error;
        m_shared = m_now;
    }
    m_heardHello.notify_all();
}

void HelperSupervisor::setState(HelperState state, std::string text, std::string hint)
{
    m_now.state = state;
    m_now.text = std::move(text);
    m_now.hint = std::move(hint);
    m_dirty = true;
}

void HelperSupervisor::publish()
{
    m_dirty = false;
    m_publishedNs = base::monotonicNs();
    {
        const std::lock_guard lock(m_mutex);
        m_shared = m_now;
    }
    if (m_callbacks.status)
        m_callbacks.status(m_now);
}

} // namespace statescape::source
