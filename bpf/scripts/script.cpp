// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/scripts/script.h"

#include "bpf/scripts/script_cost.h"
#include "bpf/scripts/script_values.h"
#include "bpf/scripts/tracer_process.h"
#include "core/base/clock.h"
#include "core/schema/script_maps.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

namespace statescape::bpf {
namespace {
using base::Code;
using base::fail;

/// What may come in a while, and how long it lasts: a script that prints without end waits for us, not we for
/// it.
constexpr std::size_t kBytesPerWhile = 128 * 1024;
constexpr std::uint64_t kWhileNs = 50'000'000;
constexpr std::size_t kReadBytes = 16 * 1024;
constexpr std::size_t kLongestLine = 1 << 20; ///< a map of 4,096 keys with stacks in them
constexpr std::size_t kLastWords = 2048;
constexpr std::size_t kReasonLines = 3;
constexpr int kWaitsForEnd = 20;
constexpr std::uint64_t kStartNs = 8'000'000'000; ///< bpftrace compiles in about one second
constexpr int kStartPollMs = 100;
constexpr std::uint64_t kWaitForPrintNs = 2 * kScriptPrintNs;
constexpr std::uint64_t kMeasureNs = 500'000'000; ///< five prints

std::string replaced(std::string text, std::string_view what, const std::string &with)
{
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
        text.replace(at, what.size(), with);
    return text;
}

class ScriptAttachment : public Attachment {
public:
    ScriptAttachment(std::string path, std::vector<schema::ScriptMap> maps, TracerProcess process)
        : m_path(std::move(path))
        , m_values(std::move(maps))
        , m_process(std::move(process))
    {}

    /// @error Io
    base::Result<> watch()
    {
        m_epoll.reset(::epoll_create1(EPOLL_CLOEXEC));
        m_timer.reset(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
        if (!m_epoll.valid() || !m_timer.valid() || !add(m_timer.get()) || !add(m_process.output()) ||
            !add(m_process.errors()))
            return fail(Code::Io, "cannot watch bpftrace", {}, errno);
        return {};
    }

    /// So that what is wrong with a script is said at once. One that takes longer goes on as it is.
    /// @error Disconnected as onReadable()
    base::Result<> waitForFirstPrint()
    {
        const auto until = base::monotonicNs() + kStartNs;
        while (!m_values.printed() && base::monotonicNs() < until) {
            pollfd ready{m_epoll.get(), POLLIN, 0};
            if (::poll(&ready, 1, kStartPollMs) > 0)
                STATESCAPE_CHECK(onReadable());
        }
        return {};
    }

    /// From one print to another, so that what ran and what was counted belong together.
    /// @error Disconnected as onReadable()
    base::Result<> measureCost()
    {
        if (!m_values.printed())
            return {};
        STATESCAPE_CHECK(waitForPrint(0));
        const ScriptMeter meter(m_process.pid(), m_values.events());
        if (meter.runs())
            STATESCAPE_CHECK(waitForPrint(kMeasureNs));
        m_cost = meter.finish(m_values.events());
        return {};
    }

    bool read(std::span<std::uint64_t> words, std::uint64_t &events) override
    {
        events = m_values.events();
        return m_values.read(base::monotonicNs(), words);
    }
    [[nodiscard]] std::uint64_t missed() const override { return m_values.missed(); }
    [[nodiscard]] double warmNs() const override { return m_cost.nsPerEvent.value_or(-1); }
    [[nodiscard]] std::string note() const override
    {
        std::array<char, 64> share{};
        std::snprintf(share.data(), share.size(), "bpftrace itself takes %.1f %% of a CPU",
                      100 * m_cost.tracerShare);
        return (m_cost.unknown.empty() ? std::string(share.data())
                                       : "bpftrace runs it; its cost is not known: " + m_cost.unknown) +
               "; it cannot be taken out and put back, its maps would be lost";
    }

    [[nodiscard]] int readable() const override { return m_epoll.get(); }
    base::Result<> onReadable() override
    {
        std::array<epoll_event, 3> events{};
        const int count = ::epoll_wait(m_epoll.get(), events.data(), static_cast<int>(events.size()), 0);
        for (int i = 0; i < count; ++i) {
            const int fd = events.at(static_cast<std::size_t>(i)).data.fd;
            if (fd == m_timer.get())
                STATESCAPE_CHECK(onTimer());
            else if (fd == m_process.output())
                takeOutput();
            else
                takeErrors();
        }
        return {};
    }

private:
    enum class State { Reading, Waiting, Ending };

    bool add(int fd)
    {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        return ::epoll_ctl(m_epoll.get(), EPOLL_CTL_ADD, fd, &event) == 0;
    }
    void ignore(int fd) { ::epoll_ctl(m_epoll.get(), EPOLL_CTL_DEL, fd, nullptr); }
    void setTimer()
    {
        const itimerspec once{{}, {0, static_cast<long>(kWhileNs)}};
        ::timerfd_settime(m_timer.get(), 0, &once, nullptr);
    }

    /// @return when a print has come that is @p ns newer than the newest, or when it took too long.
    base::Result<> waitForPrint(std::uint64_t ns)
    {
        const auto begun = base::monotonicNs();
        const auto last = m_values.printedNs();
        while (m_values.printedNs() < last + std::max<std::uint64_t>(ns, 1) &&
               base::monotonicNs() < begun + ns + kWaitForPrintNs) {
            pollfd ready{m_epoll.get(), POLLIN, 0};
            if (::poll(&ready, 1, kStartPollMs) > 0)
                STATESCAPE_CHECK(onReadable());
        }
        return {};
    }

    base::Result<> onTimer()
    {
        std::uint64_t ticks = 0;
        if (::read(m_timer.get(), &ticks, sizeof(ticks)) != sizeof(ticks))
            return {};
        if (m_state == State::Waiting) {
            m_state = State::Reading;
            add(m_process.output());
            return {};
        }
        // Its output closes a little before it can be asked how it ended.
        auto how = m_process.ended();
        if (!how && --m_waits > 0) {
            setTimer();
            return {};
        }
        return ending(how.value_or("closed its output"));
    }

    void takeOutput()
    {
        const auto now = base::monotonicNs();
        if (now - m_whileNs >= kWhileNs) {
            m_whileNs = now;
            m_taken = 0;
        }
        while (m_taken < kBytesPerWhile) {
            const auto got = ::read(m_process.output(), m_bytes.data(), m_bytes.size());
            if (got < 0 && (errno == EAGAIN || errno == EINTR))
                return;
            if (got <= 0) {
                ignore(m_process.output());
                m_state = State::Ending;
                setTimer();
                return;
            }
            m_taken += static_cast<std::size_t>(got);
            take({m_bytes.data(), static_cast<std::size_t>(got)}, base::monotonicNs());
        }
        ignore(m_process.output());
        m_state = State::Waiting;
        setTimer();
    }

    void take(std::string_view bytes, std::uint64_t nowNs)
    {
        while (!bytes.empty()) {
            const auto end = bytes.find('\n');
            const auto part = bytes.substr(0, end);
            const bool fits = m_line.size() + part.size() <= kLongestLine;
            if (!fits)
                m_tooLong = true;
            if (m_tooLong)
                m_line.clear();
            if (end == std::string_view::npos) {
                if (!m_tooLong)
                    m_line.append(part);
                return;
            }
            if (m_tooLong)
                m_values.unreadable();
            else
                m_values.line(m_line.empty() ? part : std::string_view(m_line.append(part)), nowNs);
            m_line.clear();
            m_tooLong = false;
            bytes.remove_prefix(end + 1);
        }
    }

    void takeErrors()
    {
        const auto got = ::read(m_process.errors(), m_bytes.data(), m_bytes.size());
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (got <= 0) {
            ignore(m_process.errors());
            return;
        }
        m_lastWords.append(m_bytes.data(), static_cast<std::size_t>(got));
        if (m_lastWords.size() > kLastWords)
            m_lastWords.erase(0, m_lastWords.size() - kLastWords);
    }

    base::Error ending(const std::string &how)
    {
        takeErrors();
        const auto slash = m_path.rfind('/');
        const auto name = m_path.substr(slash == std::string::npos ? 0 : slash + 1);
        std::vector<std::string> lines;
        for (std::string_view rest = m_lastWords; !rest.empty();) {
            const auto end = std::min(rest.find('\n'), rest.size());
            // It is no reason: without that limit it still runs.
            if (end > 0 && rest.substr(0, end).find("RLIMIT_MEMLOCK") == std::string_view::npos)
                lines.emplace_back(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        // What is wrong comes behind what only looks odd; the lines behind it show where.
        const auto error = std::ranges::find_if(lines, [](const std::string &line) {
            return line.find("ERROR") != std::string::npos || line.find("error:") != std::string::npos;
        });
        if (error != lines.end())
            lines.erase(lines.begin(), error);
        std::string reason = "bpftrace " + how;
        for (std::size_t i = 0; i < std::min(lines.size(), kReasonLines); ++i)
            reason += (i == 0 ? ": " : " | ") + replaced(lines[i], TracerProcess::kScriptPath, name);
        for (auto &c : reason)
            c = static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
        return fail(Code::Disconnected, reason,
                    lines.empty() ? "a script that calls exit() ends" : "try it: sudo bpftrace " + m_path);
    }

    std::string m_path;
    ScriptValues m_values;
    TracerProcess m_process;
    ScriptCost m_cost{{}, 0, "it printed nothing yet"};
    base::Fd m_epoll, m_timer;
    State m_state = State::Reading;
    int m_waits = kWaitsForEnd;
    std::uint64_t m_whileNs = 0;
    std::size_t m_taken = 0;
    std::array<char, kReadBytes> m_bytes{};
    std::string m_line;
    bool m_tooLong = false;
    std::string m_lastWords;
};
} // namespace

AttachResult attachScript(const schema::UserProbe &probe)
{
    STATESCAPE_TRY(auto maps, schema::scriptMaps(probe.script));
    const auto text = probe.script + printClause(maps);
    STATESCAPE_TRY(auto process, TracerProcess::start(text));
    auto attachment = std::make_unique<ScriptAttachment>(probe.target, std::move(maps), std::move(process));
    STATESCAPE_CHECK(attachment->watch());
    auto begun = attachment->waitForFirstPrint();
    if (begun)
        begun = attachment->measureCost();
    if (!begun) {
        auto why = begun.error();
        why.code = Code::NotSupported;
        return why;
    }
    return attachment;
}

} // namespace statescape::bpf
