// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/entity_table.h"
#include "bpf/mapped_array.h"
#include "core/base/fd.h"

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace statescape::bpf {

/// Names and memory of processes and cgroups from /proc and the cgroup file system, read only, at most kReads
/// files and folders an interval. Opens its folders when made; afterwards only openat, read, getdents64 and
/// close. A cgroup's name is that of the folder with its id: where a process of it is now may be elsewhere.
class ProcFacts final : public EntityFacts {
public:
    static constexpr int kReads = 64;
    static constexpr int kFolders = 24; ///< of them, at most, to find cgroups by their ids
    /// @param tasks the task table, for the names of processes that /proc has no more
    ProcFacts(schema::EntityKind kind, const MappedArray &tasks);

    void begin() override
    {
        m_left = kReads;
        m_folders = kFolders;
        m_mayWalk = true;
    }
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
    /// @return empty while it cannot be told
    [[nodiscard]] std::string pathOf(const EntityKey &key);
    /// @return the path that /proc says of the member. @param[out] gone whether it adds that the cgroup is
    [[nodiscard]] std::string pathOfMember(const EntityKey &key, bool &gone);
    [[nodiscard]] std::string pathInTree(std::uint64_t id);
    /// @return its id; 0 where the folder cannot be read. @param[out] folders in it, with their ids; may be
    /// null
    std::uint64_t idOf(const std::string &path, std::vector<std::pair<std::string, std::uint64_t>> *folders);
    [[nodiscard]] std::string mainCommOf(const std::string &path);

    schema::EntityKind m_kind;
    const MappedArray *m_tasks;
    base::Fd m_proc;    ///< invalid where /proc numbers processes unlike the kernel
    base::Fd m_cgroups; ///< of the default hierarchy, may be invalid
    std::unordered_map<std::uint64_t, std::string> m_paths; ///< by cgroup id, of those told of
    std::unordered_map<std::uint64_t, std::string> m_tree;  ///< by cgroup id, of those walked over
    std::deque<std::string> m_toWalk;                       ///< folders not looked into yet
    std::uint64_t m_pageBytes;
    std::uint64_t m_ticksPerSecond;
    int m_left = kReads;
    int m_folders = kFolders;
    bool m_mayWalk = true; ///< a walk over the tree may begin in this interval
    alignas(8) std::array<char, 8192> m_buffer{};
};

/// @param path of a cgroup in its hierarchy
/// @return the id of the container it belongs to, its last one where they nest, after the name of the
/// runtime: "docker 4c01db0b339c"; empty when it is none
std::string containerOf(std::string_view path);

} // namespace statescape::bpf
