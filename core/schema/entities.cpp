// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/schema/entities.h"

#include <array>
#include <vector>

namespace statescape::schema {
namespace {
using base::Unit;

EntityFeature row(const char *key, const char *title, Unit unit, FeatureKind kind, Derivation derivation,
                  EntitySlot slot, const char *description, const char *probe,
                  EntitySlot whole = EntitySlot::kCount)
{
    return {
        {key, title, unit, kind, probe, description, kind != FeatureKind::Share}, derivation, slot, whole};
}

std::vector<EntityFeature> make()
{
    using enum EntitySlot;
    using D = Derivation;
    using K = FeatureKind;
    return {
        row("entity.cpu.share", "CPU", Unit::Percent, K::Share, D::ShareOfTime, OnCpuNs,
            "time on CPUs, of one CPU", "scheduler"),
        row("entity.runq.share", "waiting for CPU", Unit::Percent, K::Share, D::ShareOfTime, RunqNs,
            "time its tasks waited for a CPU, of one task's time", "scheduler"),
        row("entity.blocked.share", "in I/O wait", Unit::Percent, K::Share, D::ShareOfTime, BlockedNs,
            "time its tasks slept uninterruptibly, of one task's time", "scheduler"),
        row("entity.switch.rate", "context switches", Unit::PerSecond, K::Rate, D::Rate, Switches,
            "switches away from its tasks", "scheduler"),
        row("entity.switch.involuntary.rate", "involuntary switches", Unit::PerSecond, K::Rate, D::Rate,
            Involuntary, "switches while its task still wanted to run", "scheduler"),
        row("entity.wakeup.rate", "wake-ups", Unit::PerSecond, K::Rate, D::Rate, Wakeups,
            "times its tasks were woken", "scheduler"),
        row("entity.syscall.rate", "system calls", Unit::PerSecond, K::Rate, D::Rate, Syscalls,
            "system calls that returned", "syscalls"),
        row("entity.syscall.failed.rate", "failed syscalls", Unit::PerSecond, K::Rate, D::Rate,
            FailedSyscalls, "system calls that failed other than try-again", "syscalls"),
        row("entity.block.read.bytes", "block read bytes", Unit::BytesPerSecond, K::Rate, D::Rate, ReadBytes,
            "block reads it issued", "block"),
        row("entity.block.write.bytes", "block written bytes", Unit::BytesPerSecond, K::Rate, D::Rate,
            WriteBytes, "block writes it issued", "block"),
        row("entity.fault.rate", "minor faults", Unit::PerSecond, K::Rate, D::Rate, MinorFaults,
            "page faults without I/O", "vm"),
        row("entity.fault.major.rate", "major faults", Unit::PerSecond, K::Rate, D::Rate, MajorFaults,
            "page faults that needed I/O", "vm"),
        row("entity.resident", "resident memory", Unit::Bytes, K::Level, D::Gauge, ResidentBytes,
            "resident memory at the interval's end", "vm"),
        row("entity.tasks", "active tasks", Unit::Count, K::Mean, D::Gauge, Threads,
            "its tasks active in the interval", "scheduler"),
    };
}
} // namespace

std::span<const EntityFeature> entityFeatures()
{
    static const auto kRows = make();
    return kRows;
}

std::uint64_t entityProbes()
{
    std::uint64_t mask = bitOf(Probe::Process);
    for (const auto &row : entityFeatures())
        mask |= bitOf(probeFromKey(row.feature.probe));
    return mask;
}

std::string entityText(EntityKind kind, std::uint64_t id, const std::string &name)
{
    return kind == EntityKind::Process && id != 0 ? name + " [" + std::to_string(id) + "]" : name;
}

std::string entityText(EntityKind kind, const Entities &entities, std::uint32_t index)
{
    if (index == 0)
        return "host";
    if (index >= entities.size() || entities[index].name.empty())
        return "#" + std::to_string(index);
    return entityText(kind, entities[index].id, entities[index].name);
}

std::shared_ptr<const Schema> entitySchema(EntityKind kind)
{
    std::vector<Feature> columns;
    for (const auto &feature : entityFeatures())
        columns.push_back(feature.feature);
    return std::make_shared<const Schema>(std::move(columns), kind);
}

} // namespace statescape::schema
