// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/feature/entity_deriver.h"

#include <QTest>
#include <algorithm>

using namespace statescape;
using schema::EntitySlot;
using schema::Missing;

namespace {
constexpr std::uint64_t kSecond = 1'000'000'000;

std::shared_ptr<const schema::Layout> layout()
{
    schema::ProbePlan plan;
    plan.entity = schema::EntityKind::Process;
    plan.probes = schema::entityProbes();
    return std::make_shared<const schema::Layout>(plan);
}

std::vector<wire::ProbeState> standing(const schema::Layout &layout)
{
    std::vector<wire::ProbeState> out(layout.probes().size());
    for (std::size_t i = 0; i < out.size(); ++i) {
        out[i].probe = static_cast<schema::Probe>(i);
        out[i].available = true;
    }
    return out;
}

wire::RawSample sample(std::uint64_t sequence, std::vector<wire::EntityReading> entities)
{
    wire::RawSample raw;
    raw.sequence = sequence;
    raw.timeNs = raw.boottimeNs = (10 + sequence) * kSecond;
    raw.probeMask = schema::entityProbes();
    raw.entities = std::move(entities);
    return raw;
}

wire::EntityReading reading(std::uint32_t number, std::uint64_t cpuNs, std::uint64_t syscalls,
                            std::uint64_t faults = 1000)
{
    wire::EntityReading out{number, 4000 + number, "worker", {}};
    out.words[static_cast<std::size_t>(EntitySlot::OnCpuNs)] = cpuNs;
    out.words[static_cast<std::size_t>(EntitySlot::Syscalls)] = syscalls;
    out.words[static_cast<std::size_t>(EntitySlot::MinorFaults)] = faults;
    out.words[static_cast<std::size_t>(EntitySlot::ResidentBytes)] = 4096;
    return out;
}

float value(const feature::FeatureFrame &frame, const char *key)
{
    const auto rows = schema::entityFeatures();
    const auto row = std::ranges::find_if(rows, [key](const auto &each) { return each.feature.key == key; });
    return frame.values[static_cast<std::size_t>(row - rows.begin())];
}
} // namespace

class EntityDeriverTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void differencesOfOneNumberAndTheFirstFromZero()
    {
        const auto plan = layout();
        feature::EntityDeriver deriver(plan, standing(*plan));
        QVERIFY(deriver.derive(sample(0, {reading(1, 0, 0)})).empty());
        auto frames =
            deriver.derive(sample(1, {reading(1, kSecond / 2, 80, 1300), reading(2, kSecond / 4, 30)}));
        QCOMPARE(frames.size(), std::size_t{2});
        QCOMPARE(frames[0].timeNs, 11 * kSecond);
        QCOMPARE(frames[0].durationNs, kSecond);
        QVERIFY(frames[0].more);
        QVERIFY(!frames[1].more);
        QCOMPARE(frames[0].about->id, std::uint64_t{4001});
        QCOMPARE(value(frames[0], "entity.cpu.share"), 50.0F);
        QCOMPARE(value(frames[0], "entity.syscall.rate"), 80.0F);
        QCOMPARE(value(frames[0], "entity.fault.rate"), 300.0F);
        QCOMPARE(value(frames[0], "entity.resident"), 4096.0F);
        // Came in during this interval: what it did is whole, its faults were counted before.
        QCOMPARE(value(frames[1], "entity.cpu.share"), 25.0F);
        QCOMPARE(value(frames[1], "entity.syscall.rate"), 30.0F);
        QCOMPARE(schema::missingReason(value(frames[1], "entity.fault.rate")), Missing::Warmup);
        QCOMPARE(frames[1].processes.size(), std::size_t{1});
        QCOMPARE(frames[1].processes[0].pid, 4002U);
        QCOMPARE(frames[1].processes[0].syscalls, 30U);
        frames = deriver.derive(sample(2, {reading(2, kSecond / 2, 90, 1500)}));
        QCOMPARE(frames.size(), std::size_t{1});
        QCOMPARE(value(frames[0], "entity.syscall.rate"), 60.0F);
        QCOMPARE(value(frames[0], "entity.fault.rate"), 500.0F);
    }

    void whatIsMissingSaysWhy()
    {
        const auto plan = layout();
        auto states = standing(*plan);
        auto &block = states[static_cast<std::size_t>(schema::Probe::Block)];
        block.available = false;
        block.code = base::Code::NotPermitted;
        feature::EntityDeriver deriver(plan, states);
        auto first = sample(0, {reading(1, 0, 0)});
        auto second = sample(1, {reading(1, 10, 10, schema::kNoWord)});
        first.probeMask = second.probeMask = first.probeMask & ~schema::bitOf(schema::Probe::Block);
        deriver.derive(first);
        const auto frames = deriver.derive(second);
        QCOMPARE(schema::missingReason(value(frames[0], "entity.block.read.bytes")), Missing::NoPermission);
        QCOMPARE(schema::missingReason(value(frames[0], "entity.fault.rate")), Missing::NotSupported);
        auto third = sample(2, {reading(1, 20, 20)});
        third.probeMask = second.probeMask & ~schema::bitOf(schema::Probe::Syscalls);
        third.shedMask = schema::bitOf(schema::Probe::Syscalls);
        QCOMPARE(schema::missingReason(value(deriver.derive(third)[0], "entity.syscall.rate")),
                 Missing::Shed);
        // Back again: what it counted since is less than the interval.
        auto fourth = sample(3, {reading(1, 30, 25)});
        fourth.probeMask = second.probeMask;
        QCOMPARE(schema::missingReason(value(deriver.derive(fourth)[0], "entity.syscall.rate")),
                 Missing::Warmup);
        auto fifth = sample(4, {reading(1, 5, 35)});
        fifth.probeMask = second.probeMask;
        const auto back = deriver.derive(fifth);
        QCOMPARE(schema::missingReason(value(back[0], "entity.cpu.share")), Missing::CounterReset);
        QCOMPARE(value(back[0], "entity.syscall.rate"), 10.0F);
    }

    void lostSamplesAreCountedAndNewcomersWait()
    {
        const auto plan = layout();
        feature::EntityDeriver deriver(plan, standing(*plan));
        deriver.derive(sample(0, {reading(1, 0, 0)}));
        const auto frames = deriver.derive(sample(3, {reading(1, 300, 30), reading(2, 100, 10)}));
        QCOMPARE(deriver.gaps(), 2U);
        QCOMPARE(value(frames[0], "entity.syscall.rate"), 10.0F);
        QCOMPARE(schema::missingReason(value(frames[1], "entity.syscall.rate")), Missing::Warmup);
        const auto run = frames[0].about->run;
        deriver.reset();
        QVERIFY(deriver.derive(sample(4, {reading(1, 400, 40)})).empty());
        QVERIFY(deriver.derive(sample(5, {reading(1, 400, 40)}))[0].about->run != run);
    }
};

QTEST_GUILESS_MAIN(EntityDeriverTest)
#include "tst_entity_deriver.moc"
