// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/entity_table.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace statescape::bpf {
namespace {
using schema::EntitySlot;

constexpr double kRankSeconds = 3;
// What weighs as much as a nanosecond on a CPU.
constexpr double kOfRunq = 0.5;
constexpr double kOfBlocked = 0.25;
constexpr double kOfSyscall = 200;
constexpr double kOfByte = 1;

constexpr std::size_t at(EntitySlot slot)
{
    return static_cast<std::size_t>(slot);
}
} // namespace

EntityTable::EntityTable(schema::EntityKind kind, Limits limits)
    : m_kind(kind)
    , m_limits(limits)
{
    m_limits.top = std::clamp<std::size_t>(limits.top, 1, wire::kMaxEntities * 2 / 3);
    m_limits.known = std::max(limits.known, 2 * m_limits.top);
    m_known.reserve(m_limits.known);
    m_index.reserve(m_limits.known);
}

void EntityTable::prime(std::uint64_t nowNs)
{
    m_sinceNs = nowNs;
    for (auto &entity : m_known) {
        entity.told = false;
        entity.rank = 0;
        entity.tasks = 0;
        entity.grown = {};
    }
}

void EntityTable::add(const TaskUse &use)
{
    auto *entity = find(use);
    if (!entity) {
        ++m_untold;
        return;
    }
    for (std::size_t i = 0; i < kTaskWords; ++i)
        entity->grown[i] += use.grown[i];
    entity->tasks += use.again && entity->tasks != 0 ? 0 : 1;
    entity->key.member = use.tgid;
    entity->key.cell = use.cell;
}

EntityTable::Entity *EntityTable::find(const TaskUse &use)
{
    const bool process = m_kind == schema::EntityKind::Process;
    const Key key{process ? use.tgid : use.cgroup, process ? use.processStartNs : 0};
    if (const auto found = m_index.find(key); found != m_index.end())
        return &m_known[found->second];
    if (m_known.size() >= m_limits.known && !makeRoom())
        return nullptr;
    m_index.emplace(key, m_known.size());
    Entity entity;
    entity.key = {key.id, key.startNs, use.tgid, use.cell};
    m_known.push_back(std::move(entity));
    return &m_known.back();
}

// A quarter at once, so that a storm of short-lived processes pays for it rarely.
bool EntityTable::makeRoom()
{
    std::vector<std::uint64_t> idle;
    for (const auto &entity : m_known)
        if (!entity.told && entity.tasks == 0)
            idle.push_back(entity.activeNs);
    if (idle.empty())
        return false;
    const auto middle = idle.begin() + static_cast<std::ptrdiff_t>(idle.size() / 4);
    std::ranges::nth_element(idle, middle);
    const auto oldest = *middle;
    for (std::size_t i = m_known.size(); i-- > 0;)
        if (!m_known[i].told && m_known[i].tasks == 0 && m_known[i].activeNs <= oldest)
            erase(i);
    return true;
}

void EntityTable::erase(std::size_t at)
{
    m_index.erase({m_known[at].key.id, m_known[at].key.startNs});
    if (at + 1 != m_known.size()) {
        m_known[at] = std::move(m_known.back());
        m_index[{m_known[at].key.id, m_known[at].key.startNs}] = at;
    }
    m_known.pop_back();
}

double EntityTable::activity(const Entity &entity)
{
    const auto &grown = entity.grown;
    const auto word = [&grown](EntitySlot slot) { return static_cast<double>(grown[at(slot)]); };
    return word(EntitySlot::OnCpuNs) + kOfRunq * word(EntitySlot::RunqNs) +
           kOfBlocked * word(EntitySlot::BlockedNs) + kOfSyscall * word(EntitySlot::Syscalls) +
           kOfByte * (word(EntitySlot::ReadBytes) + word(EntitySlot::WriteBytes));
}

void EntityTable::rankAll(double seconds, std::uint64_t nowNs)
{
    const double keep = std::exp(-seconds / kRankSeconds);
    for (auto &entity : m_known) {
        entity.rank *= keep;
        if (entity.tasks == 0)
            continue;
        entity.rank += (1 - keep) * activity(entity) / seconds;
        entity.activeNs = nowNs;
    }
}

void EntityTable::choose(std::uint64_t nowNs)
{
    m_order.clear();
    for (std::size_t i = 0; i < m_known.size(); ++i)
        if (!m_known[i].gone && (m_known[i].told || m_known[i].tasks != 0))
            m_order.push_back(i);
    const std::size_t stay = m_limits.top + m_limits.top / 2;
    const auto better = [this](std::size_t a, std::size_t b) {
        return m_known[a].rank != m_known[b].rank ? m_known[a].rank > m_known[b].rank
                                                  : m_known[a].activeNs > m_known[b].activeNs;
    };
    const auto sorted = m_order.begin() + static_cast<std::ptrdiff_t>(std::min(stay, m_order.size()));
    std::partial_sort(m_order.begin(), sorted, m_order.end(), better);
    for (std::size_t place = 0; place < m_order.size(); ++place) {
        auto &entity = m_known[m_order[place]];
        if (entity.told) {
            entity.told = place < stay && nowNs - entity.activeNs < m_limits.idleNs;
        } else if (place < m_limits.top) {
            entity.told = true;
            entity.words = {};
            if (entity.number == 0)
                entity.number = ++m_lastNumber;
        }
        m_untold += !entity.told && entity.tasks != 0 ? 1 : 0;
    }
}

void EntityTable::finish(std::uint64_t nowNs, EntityFacts &facts, std::vector<wire::EntityReading> &readings)
{
    readings.clear();
    const double seconds = nowNs > m_sinceNs ? static_cast<double>(nowNs - m_sinceNs) / 1e9 : 1e-3;
    m_sinceNs = nowNs;
    rankAll(std::max(seconds, 1e-3), nowNs);
    choose(nowNs);
    facts.begin();
    for (auto &entity : m_known) {
        if (entity.told) {
            for (std::size_t word = 0; word < kTaskWords; ++word)
                entity.words[word] += entity.grown[word];
            for (const auto slot :
                 {EntitySlot::MinorFaults, EntitySlot::MajorFaults, EntitySlot::ResidentBytes})
                entity.words[at(slot)] = schema::kNoWord;
            entity.words[at(EntitySlot::Threads)] = entity.tasks;
            entity.told = facts.look(entity.key, entity.name, entity.words);
            entity.gone = !entity.told;
            readings.push_back({entity.number, entity.key.id, entity.name, entity.words});
        }
        entity.grown = {};
        entity.tasks = 0;
    }
    std::ranges::sort(readings, {}, &wire::EntityReading::number);
}

} // namespace statescape::bpf
