// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/probes.h"

#include <QTest>
#include <algorithm>
#include <numeric>
#include <optional>

/// Counters before and after a workload. The whole machine is counted, so what others did in the meantime
/// comes on top: lower bounds are exact, upper bounds leave kOthers.
inline constexpr std::uint64_t kOthers = 20'000;

class Window {
public:
    explicit Window(statescape::bpf::Probes &probes)
        : m_probes(probes)
    {
        m_before.slots.resize(statescape::schema::slotWords());
        m_after.slots.resize(statescape::schema::slotWords());
        m_before.events.resize(statescape::schema::kProbeCount);
        m_after.events.resize(statescape::schema::kProbeCount);
        m_probes.prime();
        m_probes.read(m_before);
    }
    void close() { m_probes.read(m_after); }
    [[nodiscard]] std::uint64_t operator[](statescape::schema::Slot slot) const
    {
        const auto words = statescape::schema::info(slot).kind == statescape::schema::SlotKind::Histogram
                               ? statescape::schema::kHistogramBuckets
                               : 1;
        const auto first = static_cast<std::ptrdiff_t>(statescape::schema::slotOffset(slot));
        const auto sum = [&](const statescape::wire::RawSample &sample) {
            const auto begin = sample.slots.begin() + first;
            return std::accumulate(begin, begin + static_cast<std::ptrdiff_t>(words), std::uint64_t{0});
        };
        return sum(m_after) - sum(m_before);
    }
    [[nodiscard]] std::uint64_t events(statescape::schema::Probe probe) const
    {
        const auto i = static_cast<std::size_t>(probe);
        return m_after.events[i] - m_before.events[i];
    }
    [[nodiscard]] std::optional<statescape::wire::ProcessUse> process(pid_t pid) const
    {
        const auto found = std::ranges::find(m_after.processes, static_cast<std::uint32_t>(pid),
                                             &statescape::wire::ProcessUse::pid);
        return found == m_after.processes.end() ? std::nullopt : std::optional(*found);
    }
    /// @return of a histogram slot, how many values came into @p bucket or a higher one.
    [[nodiscard]] std::uint64_t from(statescape::schema::Slot slot, std::size_t bucket) const
    {
        std::uint64_t sum = 0;
        const auto first = statescape::schema::slotOffset(slot);
        for (auto i = bucket; i < statescape::schema::kHistogramBuckets; ++i)
            sum += m_after.slots[first + i] - m_before.slots[first + i];
        return sum;
    }
    [[nodiscard]] std::uint64_t missed() const
    {
        return m_after.losses.eventsMissed - m_before.losses.eventsMissed;
    }
    [[nodiscard]] std::uint64_t elapsedNs() const { return m_after.timeNs - m_before.timeNs; }
    [[nodiscard]] const statescape::wire::RawSample &after() const { return m_after; }

private:
    statescape::bpf::Probes &m_probes;
    statescape::wire::RawSample m_before;
    statescape::wire::RawSample m_after;
};

#define VERIFY_COUNT(actual, expected)                                                                       \
    do {                                                                                                     \
        const std::uint64_t a_ = (actual), e_ = (expected);                                                  \
        QVERIFY2(a_ >= e_ && a_ <= e_ + e_ / 2 + kOthers,                                                    \
                 qPrintable(QString("%1 is %2, expected %3").arg(#actual).arg(a_).arg(e_)));                 \
    } while (false)
