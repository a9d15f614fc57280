// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "observed.h"

#include "core/base/clock.h"

#include <cstring>
#include <numeric>
#include <sys/wait.h>

using namespace statescape;

namespace {
constexpr int kPatienceMs = 60'000; // emulated machines take seconds to load programs
constexpr std::uint64_t kIntervalNs = 50'000'000;
} // namespace

Observed::Observed(const std::string &program, const schema::ProbePlan &plan, uid_t uid)
    : m_layout(plan)
{
    HelperClient::Options options{uid, {}, plan};
    if (!plan.user.empty())
        options.arguments = {"--user-probes"};
    m_client = std::make_unique<HelperClient>(program, options);
    while (auto message = m_client->receive(kPatienceMs)) {
        if (auto *hello = std::get_if<wire::Hello>(&*message)) {
            m_hello = std::move(*hello);
            m_client->send(wire::Start{kIntervalNs});
            return;
        }
        if (const auto *problem = std::get_if<wire::Problem>(&*message))
            m_problem = problem->message + " (" + problem->hint + ")";
    }
}

wire::ProbeState Observed::state(schema::Probe probe) const
{
    for (const auto &state : m_hello->probes)
        if (state.probe == probe)
            return state;
    wire::ProbeState untold;
    untold.probe = probe;
    untold.reason = "the helper says nothing of it";
    untold.hint = "none";
    return untold;
}

std::string Observed::ending()
{
    while (auto message = m_client->receive(0))
        if (const auto *problem = std::get_if<wire::Problem>(&*message))
            m_problem = problem->message;
    const auto status = m_client->wait(100);
    if (!status)
        return "the helper runs but sends nothing: " + m_problem;
    return (WIFSIGNALED(*status) ? "the helper was killed by " + std::string(::strsignal(WTERMSIG(*status)))
                                 : "the helper ended with " + std::to_string(WEXITSTATUS(*status))) +
           ": " + m_problem;
}

bool Observed::begin()
{
    return sampleAfterNow(m_before);
}

bool Observed::end()
{
    return sampleAfterNow(m_after);
}

bool Observed::sampleAfterNow(wire::RawSample &sample)
{
    const auto now = base::monotonicNs();
    do {
        auto next = m_client->receiveA<wire::RawSample>(kPatienceMs);
        if (!next)
            return false;
        sample = std::move(*next);
    } while (sample.timeNs <= now);
    return true;
}

std::uint64_t Observed::sum(std::size_t word, schema::SlotKind kind) const
{
    const auto words = kind == schema::SlotKind::Histogram ? schema::kHistogramBuckets : 1;
    const auto of = [&](const wire::RawSample &sample) {
        const auto begin = sample.slots.begin() + static_cast<std::ptrdiff_t>(word);
        return std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(words), std::uint64_t{0});
    };
    return of(m_after) - of(m_before);
}

std::uint64_t Observed::gained(schema::Slot slot) const
{
    return sum(schema::slotOffset(slot), schema::info(slot).kind);
}

std::uint64_t Observed::gained(std::size_t i, std::size_t slot) const
{
    const auto slots = schema::userSlots(m_layout.plan().user.at(i));
    std::size_t word = m_layout[schema::userProbe(i)].firstWord;
    for (std::size_t before = 0; before < slot; ++before)
        word += slots.at(before).kind == schema::SlotKind::Histogram ? schema::kHistogramBuckets : 1;
    return sum(word, slots.at(slot).kind);
}
