// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/entity_table.h"
#include "bpf/mapped_array.h"
#include "core/base/fd.h"

#include <string>
#include <string_view>

namespace statescape::bpf {

/// Names and memory of processes and cgroups from /proc and the cgroup file system, read only, at most kReads
/// files an interval. Opens its folders when made; afterwards only openat, read and close.
class ProcFacts final : public EntityFacts {
public:
    static constexpr int kReads = 64;
    /// @param tasks the task table, for the names of processes that /proc has no more
    ProcFacts(schema::EntityKind kind, const MappedArray &tasks);

    void begin() override { m_left = kReads; }
    bool look(const EntityKey &key, std::string &name,
              std::array<std::uint64_t, schema::kEntitySlotCount> &words) override;

private:
    using Words = std::array<std::uint64_t, schema::kEntitySlotCount>;
    bool lookAtProcess(const EntityKey &key, std::string &name, Words &words);
    bool lookAtCgroup(const EntityKey &key, std::string &name, Words &words);
    /// @return its first bytes, valid until the next read; empty when it cannot be read. @param[out] error
    /// errno
    std::string_view read(int folder, const std::string &path, int &error);
    [[nodiscard]] std::string commInTable(const EntityKey &key) const;
    [[nodiscard]] std::string fullName(std::uint32_t pid, const std::string &comm);
    [[nodiscard]] std::string pathOf(const EntityKey &key);
    [[nodiscard]] std::string mainCommOf(const std::string &path);

    schema::EntityKind m_kind;
    const MappedArray *m_tasks;
    base::Fd m_proc;    ///< invalid where /proc numbers processes unlike the kernel
    base::Fd m_cgroups; ///< of the default hierarchy, may be invalid
    std::unordered_map<std::uint64_t, std::string> m_paths; ///< by cgroup id
    std::uint64_t m_pageBytes;
    std::uint64_t m_ticksPerSecond;
    int m_left = kReads;
    std::array<char, 8192> m_buffer{};
};

/// @param path of a cgroup in its hierarchy
/// @return the id of the container it belongs to, its last one where they nest, after the name of the
/// runtime: "docker 4c01db0b339c"; empty when it is none
std::string containerOf(std::string_view path);

} // namespace statescape::bpf
