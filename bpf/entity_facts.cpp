// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/entity_facts.h"

#include "bpf/shared.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <optional>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

namespace statescape::bpf {
namespace {
using schema::EntitySlot;
// @source include/linux/proc_ns.h PROC_PID_INIT_INO
constexpr ino_t kInitialPidNamespace = 0xEFFFFFFC;
constexpr std::size_t kShortId = 12;
constexpr std::size_t kContainerId = 64;
constexpr std::size_t kCommChars = 15;
constexpr std::size_t kLongestName = 64;
constexpr std::size_t kPathsKept = 4096;

constexpr std::size_t at(EntitySlot slot)
{
    return static_cast<std::size_t>(slot);
}

base::Fd folder(const char *path)
{
    return base::Fd(::open(path, O_PATH | O_DIRECTORY | O_CLOEXEC));
}

bool numbersAgreeWithKernel()
{
    struct stat info {};
    return ::stat("/proc/self/ns/pid", &info) == 0 && info.st_ino == kInitialPidNamespace;
}

base::Fd defaultHierarchy()
{
    for (const char *path : {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"}) {
        struct statfs info {};
        if (::statfs(path, &info) == 0 && info.f_type == CGROUP2_SUPER_MAGIC)
            return folder(path);
    }
    return {};
}

std::string_view nextWord(std::string_view &text)
{
    const auto end = std::min(text.find_first_of(" \n"), text.size());
    const auto word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return word;
}

std::optional<std::uint64_t> numberIn(std::string_view word)
{
    std::uint64_t value = 0;
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), value);
    return parsed.ec == std::errc{} && parsed.ptr == word.data() + word.size() ? std::optional(value)
                                                                               : std::nullopt;
}

/// @return what follows "key " at the start of a line.
std::optional<std::uint64_t> valueOf(std::string_view text, std::string_view key)
{
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.starts_with(key) && line.size() > key.size() && line[key.size()] == ' ')
            return numberIn(line.substr(key.size() + 1));
    }
    return std::nullopt;
}

std::string upToLineEnd(std::string_view text)
{
    return std::string(text.substr(0, std::min(text.find('\n'), text.size())));
}

/// Names come from anybody: nothing in them may move a terminal's cursor.
std::string printable(std::string name)
{
    for (char &c : name)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            c = '?';
    if (name.size() > kLongestName)
        name.resize(kLongestName);
    return name;
}

bool isContainerId(std::string_view text)
{
    return text.size() == kContainerId &&
           std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// @return "docker" for "docker-ID.scope" and for "/docker/ID".
std::string runtimeOf(std::string_view before, std::string_view part)
{
    for (const auto &[word, runtime] : {std::pair{"libpod", "podman"},
                                        {"cri-containerd", "containerd"},
                                        {"crio", "cri-o"},
                                        {"docker", "docker"},
                                        {"kubepods", "pod"},
                                        {"lxc", "lxc"}})
        if (part.find(word) != part.npos || before.find(word) != before.npos)
            return runtime;
    return "container";
}
} // namespace

std::string containerOf(std::string_view path)
{
    std::string found;
    for (std::size_t from = 0; from < path.size();) {
        const auto end = std::min(path.find('/', from + 1), path.size());
        auto part = path.substr(from, end - from);
        const auto before = path.substr(0, from);
        from = end;
        if (!part.empty() && part.front() == '/')
            part.remove_prefix(1);
        auto id = part.ends_with(".scope") ? part.substr(0, part.size() - 6) : part;
        if (const auto dash = id.rfind('-'); dash != id.npos)
            id.remove_prefix(dash + 1);
        if (isContainerId(id))
            found = runtimeOf(before, part) + ' ' + std::string(id.substr(0, kShortId));
        else if (part.starts_with("lxc.payload."))
            found = "lxc " + std::string(part.substr(12));
        else if (before.ends_with("/lxc") && !part.empty())
            found = "lxc " + std::string(part);
    }
    return found;
}

ProcFacts::ProcFacts(schema::EntityKind kind, const MappedArray &tasks)
    : m_kind(kind)
    , m_tasks(&tasks)
    , m_cgroups(defaultHierarchy())
    , m_pageBytes(static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)))
    , m_ticksPerSecond(static_cast<std::uint64_t>(std::max(::sysconf(_SC_CLK_TCK), 1L)))
{
    if (numbersAgreeWithKernel())
        m_proc = folder("/proc");
}

bool ProcFacts::look(const EntityKey &key, std::string &name, Words &words)
{
    return m_kind == schema::EntityKind::Process ? lookAtProcess(key, name, words)
                                                 : lookAtCgroup(key, name, words);
}

std::string_view ProcFacts::read(int folder, const std::string &path, int &error)
{
    error = EAGAIN;
    if (m_left <= 0)
        return {};
    --m_left;
    const base::Fd file(::openat(folder, path.c_str(), O_RDONLY | O_CLOEXEC));
    const auto got = file.valid() ? ::read(file.get(), m_buffer.data(), m_buffer.size()) : -1;
    error = got < 0 ? errno : 0;
    return {m_buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))};
}

std::string ProcFacts::commInTable(const EntityKey &key) const
{
    const auto &leader = m_tasks->as<ss_task>(static_cast<std::uint32_t>(key.id) & (m_tasks->entries() - 1));
    const auto &cell = load(leader.tid) == key.id ? leader : m_tasks->as<ss_task>(key.cell);
    return {cell.comm, ::strnlen(cell.comm, sizeof(cell.comm))};
}

// @source Documentation/filesystems/proc.rst, table 1-4
bool ProcFacts::lookAtProcess(const EntityKey &key, std::string &name, Words &words)
{
    const bool fresh = name.empty();
    if (fresh || !m_proc.valid())
        name = printable(commInTable(key));
    if (!m_proc.valid())
        return true;
    int error = 0;
    auto text = read(m_proc.get(), std::to_string(key.id) + "/stat", error);
    if (error == ENOENT || error == ESRCH) {
        // By exec it may have become another since it was asked last.
        if (const auto last = commInTable(key); !last.empty() && !name.starts_with(last))
            name = printable(last);
        return false;
    }
    const auto open = text.find('(');
    const auto close = text.rfind(')');
    if (open == text.npos || close == text.npos || close < open)
        return true;
    const std::string comm(text.substr(open + 1, close - open - 1));
    text.remove_prefix(std::min(close + 2, text.size()));
    std::array<std::uint64_t, 25> fields{};
    for (std::size_t i = 3; i < fields.size(); ++i)
        fields[i] = numberIn(nextWord(text)).value_or(0);
    // The kernel rounds down to a tick.
    const std::uint64_t tick = 1'000'000'000 / m_ticksPerSecond;
    if (key.startNs != 0 && fields[22] != key.startNs / tick)
        return false;
    words[at(EntitySlot::MinorFaults)] = fields[10];
    words[at(EntitySlot::MajorFaults)] = fields[12];
    words[at(EntitySlot::ResidentBytes)] = fields[24] * m_pageBytes;
    if (fresh || comm.size() < kCommChars || !name.starts_with(comm))
        name = printable(fullName(static_cast<std::uint32_t>(key.id), comm));
    return true;
}

/// @return the program's name where the kernel had to cut it.
std::string ProcFacts::fullName(std::uint32_t pid, const std::string &comm)
{
    if (comm.size() < kCommChars)
        return comm;
    int error = 0;
    auto text = read(m_proc.get(), std::to_string(pid) + "/cmdline", error);
    text = text.substr(0, std::min(text.find('\0'), text.size()));
    if (const auto slash = text.rfind('/'); slash != text.npos)
        text.remove_prefix(slash + 1);
    return text.starts_with(comm) ? std::string(text) : comm;
}

bool ProcFacts::lookAtCgroup(const EntityKey &key, std::string &name, Words &words)
{
    auto known = m_paths.find(key.id);
    if (known == m_paths.end()) {
        const auto path = pathOf(key);
        if (path.empty()) {
            if (name.empty())
                name = "cgroup " + std::to_string(key.id);
            return true;
        }
        if (m_paths.size() >= kPathsKept)
            m_paths.clear();
        known = m_paths.emplace(key.id, path).first;
        const auto container = containerOf(path);
        const auto comm = container.empty() ? std::string{} : mainCommOf(path);
        name = container.empty() ? path : container + (comm.empty() ? "" : " (" + comm + ")");
        for (char &c : name)
            if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
                c = '?';
    }
    if (!m_cgroups.valid() || known->second == "/")
        return true;
    int error = 0;
    const auto text = read(m_cgroups.get(), known->second.substr(1) + "/memory.stat", error);
    if (error == ENOENT) {
        // Without the memory controller; or it is gone.
        read(m_cgroups.get(), known->second.substr(1) + "/cgroup.procs", error);
        return error != ENOENT;
    }
    if (error == ENODEV)
        return false;
    if (const auto faults = valueOf(text, "pgfault"), major = valueOf(text, "pgmajfault"); faults && major) {
        words[at(EntitySlot::MinorFaults)] = *faults - std::min(*major, *faults);
        words[at(EntitySlot::MajorFaults)] = *major;
    }
    if (const auto anonymous = valueOf(text, "anon"), mapped = valueOf(text, "file_mapped");
        anonymous && mapped)
        words[at(EntitySlot::ResidentBytes)] = *anonymous + *mapped;
    return true;
}

std::string ProcFacts::pathOf(const EntityKey &key)
{
    if (const auto known = m_tree.find(key.id); known != m_tree.end())
        return known->second;
    bool gone = false;
    const auto path = pathOfMember(key, gone);
    if (!m_cgroups.valid() || gone)
        return path;
    // Where its member is now may be another cgroup than the one the kernel counted for.
    const auto id = path.empty() ? 0 : idOf(path, nullptr);
    if (id == key.id)
        return path;
    const auto found = pathInTree(key.id);
    // A folder that is not to be seen from here cannot be compared.
    return found.empty() && id == 0 && m_left > 0 && m_folders > 0 ? path : found;
}

// @source Documentation/admin-guide/cgroup-v2.rst: the default hierarchy's line begins with 0::
std::string ProcFacts::pathOfMember(const EntityKey &key, bool &gone)
{
    if (!m_proc.valid())
        return {};
    int error = 0;
    auto text = read(m_proc.get(), std::to_string(key.member) + "/cgroup", error);
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!line.starts_with("0::/"))
            continue;
        // Gone while a process was still ending in it: that is part of what the kernel says, not of its name.
        constexpr std::string_view kDeleted = " (deleted)";
        gone = line.ends_with(kDeleted);
        line.remove_suffix(gone ? kDeleted.size() : 0);
        return std::string(line.substr(3));
    }
    return {};
}

// A cgroup's id is its folder's inode number. @source fs/kernfs/dir.c kernfs_fop_readdir()
std::uint64_t ProcFacts::idOf(const std::string &path,
                              std::vector<std::pair<std::string, std::uint64_t>> *folders)
{
    if (m_left <= 0 || m_folders <= 0)
        return 0;
    --m_left;
    --m_folders;
    const auto relative = path == "/" ? std::string(".") : path.substr(1);
    const base::Fd folder(::openat(m_cgroups.get(), relative.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    std::uint64_t own = 0;
    while (folder.valid()) {
        const auto got = ::getdents64(folder.get(), m_buffer.data(), m_buffer.size());
        if (got <= 0)
            break;
        for (std::size_t from = 0; from < static_cast<std::size_t>(got);) {
            const auto *entry = reinterpret_cast<const dirent64 *>(m_buffer.data() + from);
            from += entry->d_reclen;
            const std::string_view name = entry->d_name;
            if (name == ".")
                own = entry->d_ino;
            else if (folders != nullptr && entry->d_type == DT_DIR && name != "..")
                folders->emplace_back(name, entry->d_ino);
        }
        if (folders == nullptr && own != 0)
            break;
    }
    return own;
}

/// Goes on with a walk over the tree, or begins one, as far as the interval allows.
std::string ProcFacts::pathInTree(std::uint64_t id)
{
    if (m_toWalk.empty() && m_mayWalk) {
        m_mayWalk = false;
        m_tree.clear();
        m_toWalk.emplace_back("/");
    }
    while (!m_toWalk.empty() && m_left > 0 && m_folders > 0) {
        const auto path = std::move(m_toWalk.front());
        m_toWalk.pop_front();
        std::vector<std::pair<std::string, std::uint64_t>> folders;
        const auto own = idOf(path, &folders);
        if (path == "/" && own != 0)
            m_tree.emplace(own, path);
        for (auto &[name, inode] : folders) {
            if (m_tree.size() >= kPathsKept)
                break;
            auto whole = (path == "/" ? path : path + "/") + name;
            m_toWalk.push_back(whole);
            m_tree.emplace(inode, std::move(whole));
        }
        if (const auto found = m_tree.find(id); found != m_tree.end())
            return found->second;
    }
    return {};
}

std::string ProcFacts::mainCommOf(const std::string &path)
{
    if (!m_cgroups.valid())
        return {};
    int error = 0;
    const auto first = upToLineEnd(read(m_cgroups.get(), path.substr(1) + "/cgroup.procs", error));
    return first.empty() ? std::string{} : printable(upToLineEnd(read(m_proc.get(), first + "/comm", error)));
}

} // namespace statescape::bpf
