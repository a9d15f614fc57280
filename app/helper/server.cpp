// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/helper/server.h"

#include "core/base/clock.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include <utility>

namespace statescape::helper {
namespace {
constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
constexpr std::uint64_t kCostMeasuringNs = kNsPerSecond;

timespec toTimespec(std::uint64_t ns)
{
    return {static_cast<time_t>(ns / kNsPerSecond), static_cast<long>(ns % kNsPerSecond)};
}

base::Error failure(const char *what)
{
    return base::fail(base::Code::Io, what, {}, errno);
}

template <class T>
constexpr std::size_t indexOf()
{
    return wire::Message(T{}).index();
}

bool makeNonBlocking(int fd)
{
    const int flags = ::fcntl(fd, F_GETFL);
    return flags >= 0 && ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}
} // namespace

const std::array<Server::Request, 2> Server::kRequests{{
    {indexOf<wire::Start>(), true, true, &Server::onStart},
    {indexOf<wire::Stop>(), true, true, &Server::onStop},
}};

Server::Server(Sampler sampler, wire::Decoder decoder)
    : m_sampler(std::move(sampler))
    , m_parent(::getppid())
    , m_decoder(std::move(decoder))
    , m_output(STDOUT_FILENO)
{}

base::Result<Server> Server::create(Sampler sampler, wire::Decoder decoder)
{
    Server server(std::move(sampler), std::move(decoder));
    // An interrupt key reaches the whole foreground group; our user decides then, and closes our input.
    ::signal(SIGINT, SIG_IGN);
    ::signal(SIGPIPE, SIG_IGN);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGHUP);
    sigaddset(&signals, SIGTERM);
    if (::sigprocmask(SIG_BLOCK, &signals, nullptr) != 0)
        return failure("cannot block signals");
    server.m_epoll.reset(::epoll_create1(EPOLL_CLOEXEC));
    server.m_tick.reset(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    server.m_costTimer.reset(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    server.m_budgetTimer.reset(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
    server.m_signals.reset(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!server.m_epoll.valid() || !server.m_tick.valid() || !server.m_costTimer.valid() ||
        !server.m_budgetTimer.valid() || !server.m_signals.valid())
        return failure("cannot make timers");
    if (!makeNonBlocking(STDIN_FILENO) || !makeNonBlocking(STDOUT_FILENO))
        return failure("cannot make standard input and output non-blocking");
    for (const int fd : {STDIN_FILENO, server.m_tick.get(), server.m_costTimer.get(),
                         server.m_budgetTimer.get(), server.m_signals.get()})
        STATESCAPE_CHECK(server.watch(fd, EPOLLIN));
    for (const int fd : server.m_sampler.readable())
        STATESCAPE_CHECK(server.watch(fd, EPOLLIN));
    STATESCAPE_CHECK(server.watch(STDOUT_FILENO, 0));
    const itimerspec once{{}, toTimespec(kCostMeasuringNs)};
    if (::timerfd_settime(server.m_costTimer.get(), 0, &once, nullptr) != 0)
        return failure("cannot set a timer");
    return server;
}

base::Result<> Server::startMover(const SandboxNeeds &needs)
{
    STATESCAPE_CHECK(m_sampler.startMover(needs));
    return m_sampler.movedFd() < 0 ? base::Result<>() : watch(m_sampler.movedFd(), EPOLLIN);
}

base::Result<> Server::watch(int fd, std::uint32_t events, bool change)
{
    epoll_event event{};
    event.events = events;
    event.data.fd = fd;
    if (::epoll_ctl(m_epoll.get(), change ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0)
        return failure("cannot watch a file descriptor");
    return {};
}

base::Result<> Server::run()
{
    auto ended = loop();
    if (!ended) {
        const auto &error = ended.error();
        // A reader that is gone or stuck is not told; it is the one who would know.
        if (m_output.push(wire::encode(wire::Problem{error.code, error.message, error.hint})))
            (void)m_output.flush().has_value();
    }
    return ended;
}

base::Result<> Server::loop()
{
    STATESCAPE_CHECK(answer(m_sampler.hello()));
    STATESCAPE_CHECK(dispatchAll());
    std::array<epoll_event, 8> events{};
    while (true) {
        const int count = ::epoll_wait(m_epoll.get(), events.data(), static_cast<int>(events.size()), -1);
        if (count < 0 && errno != EINTR)
            return failure("cannot wait for events");
        for (int i = 0; i < count; ++i) {
            const int fd = events[static_cast<std::size_t>(i)].data.fd;
            if (fd == m_signals.get() && onSignal())
                return {};
            if (fd == STDIN_FILENO) {
                STATESCAPE_TRY(const bool open, onInput());
                if (!open)
                    return {};
            }
            if (fd == m_tick.get())
                STATESCAPE_CHECK(onTick());
            if (fd == m_costTimer.get())
                STATESCAPE_CHECK(onCostKnown());
            if (fd == m_budgetTimer.get())
                STATESCAPE_CHECK(onBudget());
            if (fd == m_sampler.movedFd())
                STATESCAPE_CHECK(onMoved());
            if (fd != STDIN_FILENO && fd != STDOUT_FILENO && fd != m_tick.get() && fd != m_costTimer.get() &&
                fd != m_budgetTimer.get() && fd != m_signals.get() && fd != m_sampler.movedFd())
                STATESCAPE_CHECK(onProbe(fd));
            if (fd == STDOUT_FILENO && (events[static_cast<std::size_t>(i)].events & EPOLLERR) != 0)
                return {};
        }
        STATESCAPE_CHECK(flush());
    }
}

/// @return false at the end of input.
base::Result<bool> Server::onInput()
{
    std::array<std::byte, 4096> bytes{};
    const auto got = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? base::Result<bool>(true)
                                                 : failure("cannot read standard input");
    if (got == 0)
        return false;
    m_decoder.feed({bytes.data(), static_cast<std::size_t>(got)});
    STATESCAPE_CHECK(dispatchAll());
    return true;
}

base::Result<> Server::dispatchAll()
{
    while (true) {
        STATESCAPE_TRY(const auto next, m_decoder.next());
        if (!next)
            return {};
        STATESCAPE_CHECK(dispatch(*next));
    }
}

base::Result<> Server::onProbe(int fd)
{
    if (const auto state = m_sampler.onReadable(fd))
        return answer(wire::ProbeUpdate{*state});
    return {};
}

base::Result<> Server::dispatch(const wire::Message &message)
{
    for (const auto &request : kRequests) {
        if (request.message != message.index())
            continue;
        const bool allowed = m_state == State::Idle ? request.whenIdle : request.whenRunning;
        if (!allowed)
            break;
        return (this->*request.handle)(message);
    }
    return base::fail(base::Code::InvalidArgument, "request not permitted", "send only Start and Stop");
}

base::Result<> Server::onStart(const wire::Message &message)
{
    const auto &start = std::get<wire::Start>(message);
    if (start.intervalNs < wire::kMinIntervalNs || start.intervalNs > wire::kMaxIntervalNs)
        return answer(wire::Problem{base::Code::InvalidArgument,
                                    "interval of " + base::formatDuration(start.intervalNs) + " refused",
                                    "choose between " + base::formatDuration(wire::kMinIntervalNs) + " and " +
                                        base::formatDuration(wire::kMaxIntervalNs)});
    if (m_state == State::Idle)
        m_sampler.prime();
    m_state = State::Running;
    m_firstTickNs = base::monotonicNs() + start.intervalNs;
    if (std::exchange(m_intervalNs, start.intervalNs) == 0)
        STATESCAPE_CHECK(keepBudget());
    STATESCAPE_CHECK(armTick(m_firstTickNs, start.intervalNs));
    // The first sample is what the first difference is taken from, so it does not wait for a tick.
    sendSample();
    return {};
}

base::Result<> Server::onStop(const wire::Message &)
{
    m_state = State::Idle;
    return armTick(0, 0);
}

base::Result<> Server::armTick(std::uint64_t firstNs, std::uint64_t intervalNs)
{
    const itimerspec spec{toTimespec(intervalNs), toTimespec(firstNs)};
    if (::timerfd_settime(m_tick.get(), TFD_TIMER_ABSTIME, &spec, nullptr) != 0)
        return failure("cannot set the timer");
    return {};
}

base::Result<> Server::onTick()
{
    std::uint64_t ticks = 0;
    if (::read(m_tick.get(), &ticks, sizeof(ticks)) != sizeof(ticks) || m_state != State::Running)
        return {};
    m_missed += ticks - 1;
    m_sequence += ticks - 1;
    sendSample();
    return {};
}

void Server::sendSample()
{
    auto &sample = m_sampler.take();
    sample.sequence = m_sequence++;
    sample.losses.missedIntervals = m_missed;
    sample.losses.writeFailures = m_output.dropped();
    m_output.pushSample(wire::encode(sample));
    // Of an interval that nobody hears of the next sample has to tell.
    if (m_output.dropped() == sample.losses.writeFailures)
        m_sampler.sampleSent();
}

base::Result<> Server::onBudget()
{
    std::uint64_t ticks = 0;
    if (::read(m_budgetTimer.get(), &ticks, sizeof(ticks)) != sizeof(ticks))
        return {};
    return keepBudget();
}

base::Result<> Server::keepBudget()
{
    std::uint64_t nextNs = 0;
    for (const auto &state : m_sampler.keepBudget(m_intervalNs, m_firstTickNs, nextNs))
        STATESCAPE_CHECK(answer(wire::ProbeUpdate{state}));
    const itimerspec once{{}, toTimespec(nextNs)};
    if (nextNs != 0 && ::timerfd_settime(m_budgetTimer.get(), 0, &once, nullptr) != 0)
        return failure("cannot set a timer");
    return {};
}

base::Result<> Server::onMoved()
{
    for (const auto &state : m_sampler.onMoved())
        STATESCAPE_CHECK(answer(wire::ProbeUpdate{state}));
    return keepBudget();
}

base::Result<> Server::onCostKnown()
{
    std::uint64_t ticks = 0;
    if (::read(m_costTimer.get(), &ticks, sizeof(ticks)) != sizeof(ticks))
        return {};
    for (const auto &state : m_sampler.finishCost())
        STATESCAPE_CHECK(answer(wire::ProbeUpdate{state}));
    return {};
}

/// @return whether to end.
bool Server::onSignal()
{
    signalfd_siginfo info{};
    if (::read(m_signals.get(), &info, sizeof(info)) != sizeof(info))
        return false;
    // The parent-death signal also comes when only the thread that started us ends; then the parent is still
    // the same.
    return info.ssi_signo != SIGHUP || ::getppid() != m_parent;
}

base::Result<> Server::answer(const wire::Message &message)
{
    if (!m_output.push(wire::encode(message)))
        return base::fail(base::Code::Timeout, "the reader takes no answers");
    return flush();
}

base::Result<> Server::flush()
{
    STATESCAPE_CHECK(m_output.flush());
    if (std::exchange(m_waitingForReader, !m_output.empty()) != m_waitingForReader)
        STATESCAPE_CHECK(watch(STDOUT_FILENO, m_waitingForReader ? std::uint32_t{EPOLLOUT} : 0U, true));
    return {};
}

} // namespace statescape::helper
