// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/clock.h"
#include "core/wire/codec.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <poll.h>
#include <string>
#include <unistd.h>

// A helper that misbehaves on request, to test who watches it. FAKE_HELPER=<mode>[:<after this many
// samples>]; FAKE_HELPER_MARK=<file>: only the first process does it, the next ones behave.
namespace {
using namespace statescape;

struct Behaviour {
    std::string mode = "good";
    std::uint64_t after = 0;
};

Behaviour behaviour()
{
    Behaviour out;
    const char *asked = std::getenv("FAKE_HELPER");
    if (asked != nullptr)
        out.mode = asked;
    if (const auto colon = out.mode.find(':'); colon != std::string::npos) {
        out.after = std::strtoull(out.mode.c_str() + colon + 1, nullptr, 10);
        out.mode.resize(colon);
    }
    if (const char *mark = std::getenv("FAKE_HELPER_MARK"); mark != nullptr) {
        if (::access(mark, F_OK) == 0)
            out.mode = "good";
        else if (std::FILE *file = std::fopen(mark, "w"))
            std::fclose(file);
    }
    return out;
}

void put(const std::vector<std::byte> &bytes, std::size_t size)
{
    for (std::size_t at = 0; at < size;) {
        const ssize_t wrote = ::write(STDOUT_FILENO, bytes.data() + at, size - at);
        if (wrote < 0 && errno != EINTR)
            ::_exit(0);
        at += wrote > 0 ? static_cast<std::size_t>(wrote) : 0;
    }
}
void put(const std::vector<std::byte> &bytes)
{
    put(bytes, bytes.size());
}

const schema::Layout &layout()
{
    static const schema::Layout kLayout{schema::ProbePlan{}};
    return kLayout;
}

wire::Hello greeting(const std::string &mode)
{
    wire::Hello hello;
    hello.layoutHash = layout().hash() + (mode == "wrong-hash" ? 1 : 0);
    hello.helperVersion = "fake";
    hello.kernel = "none";
    hello.cpusPossible = 2;
    hello.privileged = mode != "unprivileged";
    for (std::size_t i = 0; i < schema::kProbeCount; ++i) {
        if (!layout().probes()[i].planned)
            continue;
        wire::ProbeState state;
        state.probe = static_cast<schema::Probe>(i);
        state.available = hello.privileged || schema::probes()[i].origin == schema::ProbeOrigin::Proc;
        state.nsPerEvent = 100;
        if (!state.available) {
            state.code = base::Code::NotPermitted;
            state.reason = "Operation not permitted";
            state.hint = "run it as root";
        }
        hello.probes.push_back(state);
    }
    return hello;
}

wire::RawSample sampleAt(std::uint64_t sequence, std::uint64_t intervalNs, const std::string &mode)
{
    wire::RawSample raw;
    raw.sequence = sequence;
    raw.timeNs = base::monotonicNs();
    raw.boottimeNs = base::boottimeNs();
    raw.onlineCpus = 2;
    for (std::size_t i = 0; i < schema::kProbeCount; ++i)
        if (layout().probes()[i].planned &&
            (mode != "unprivileged" || schema::probes()[i].origin == schema::ProbeOrigin::Proc))
            raw.probeMask |= std::uint64_t{1} << i;
    raw.helperCpuNs = sequence * 1'000'000;
    raw.helperRssBytes = intervalNs;
    raw.losses.missedIntervals = 7;
    raw.events.assign(layout().probes().size(), sequence * 1000);
    raw.slots.assign(layout().words(), sequence * 1000);
    if (mode == "sampled") {
        raw.shedMask = schema::bitOf(schema::Probe::Tcp);
        // A fifth of each interval, however late this process is.
        static std::uint64_t before = 0;
        raw.sampled = {{schema::Probe::Scheduler, (raw.timeNs - before) / 5 + 1, 2, 0.06F}};
        before = raw.timeNs;
    }
    return raw;
}

/// Does what was asked for in place of the next sample. @return true when that replaced it
bool misbehave(const std::string &mode, std::vector<std::byte> frame)
{
    if (mode == "exit") {
        std::fputs("first line\nboom: no such hook\n", stderr);
        std::exit(3);
    }
    if (mode == "kill")
        ::raise(SIGKILL);
    if (mode == "hang") {
        ::signal(SIGTERM, SIG_IGN);
        for (;;)
            ::pause();
    }
    if (mode == "problem") {
        put(wire::encode(
            wire::Problem{base::Code::NotSupported, "the probes were unloaded", "load them again"}));
        std::exit(1);
    }
    if (mode == "checksum") {
        frame.back() ^= std::byte{1};
        put(frame);
    } else if (mode == "truncated") {
        put(frame, frame.size() / 2);
        std::exit(0);
    } else if (mode == "huge") {
        std::memset(frame.data() + 8, 0x7f, 4);
        put(frame);
    } else if (mode == "request") {
        put(wire::encode(wire::Start{}));
    } else if (mode == "second-hello") {
        put(wire::encode(greeting(mode)));
    } else if (mode == "noise") {
        put(std::vector<std::byte>(3000, std::byte{'x'}));
    } else {
        return false;
    }
    return true;
}

void run(const Behaviour &wanted)
{
    wire::Decoder decoder;
    std::uint64_t intervalNs = 0;
    std::uint64_t sequence = 0;
    std::uint64_t nextNs = 0;
    for (;;) {
        pollfd in{STDIN_FILENO, POLLIN, 0};
        const std::uint64_t now = base::monotonicNs();
        const int waitMs = intervalNs == 0 ? -1
                           : nextNs > now  ? static_cast<int>((nextNs - now) / 1'000'000 + 1)
                                           : 0;
        if (::poll(&in, 1, waitMs) > 0) {
            std::array<std::byte, 4096> buffer{};
            const ssize_t got = ::read(STDIN_FILENO, buffer.data(), buffer.size());
            if (got <= 0)
                return;
            decoder.feed(std::span(buffer).first(static_cast<std::size_t>(got)));
            for (auto message = decoder.next(); message && *message; message = decoder.next())
                if (const auto *start = std::get_if<wire::Start>(&**message))
                    intervalNs = start->intervalNs;
            nextNs = base::monotonicNs() + intervalNs;
        }
        if (intervalNs == 0 || base::monotonicNs() < nextNs)
            continue;
        nextNs += intervalNs;
        sequence += wanted.mode == "gaps" && sequence >= wanted.after ? 4 : 1;
        if (wanted.mode == "repeat" && sequence > wanted.after)
            sequence = wanted.after;
        const auto frame = wire::encode(sampleAt(sequence, intervalNs, wanted.mode));
        if (sequence <= wanted.after || !misbehave(wanted.mode, frame))
            put(frame);
    }
}
} // namespace

int main()
{
    const Behaviour wanted = behaviour();
    if (wanted.mode == "mute")
        for (;;)
            ::pause();
    if (wanted.mode == "no-stderr")
        ::close(STDERR_FILENO);
    if (wanted.mode == "garbage-first")
        put(std::vector<std::byte>(100, std::byte{0x20}));
    if (wanted.mode == "sample-first")
        put(wire::encode(sampleAt(1, 1, wanted.mode)));
    auto hello = wire::encode(greeting(wanted.mode));
    if (wanted.mode == "newer-protocol")
        hello[6] = std::byte{9};
    put(hello);
    run(wanted);
    return 0;
}
