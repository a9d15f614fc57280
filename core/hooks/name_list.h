// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace statescape::hooks {

/// How well a name fits what was typed; the better one is the smaller one.
enum class Fit : std::uint8_t { Exact, Prefix, Word /* after an underscore */, Part };

struct Match {
    std::size_t index;
    Fit fit;
};

struct SearchResult {
    std::vector<Match> matches; ///< best first: by fit, then shorter, then by name
    std::size_t total = 0;      ///< how many names fit, whatever the limit
};

/// A list of names in one piece of memory, each with a group (module, tracepoint system, provider), flags and
/// a number. Filled once, then immutable and safe on any thread.
class NameList {
public:
    /// Longer names are no names: the kernel's longest is 511 bytes. @source include/linux/kallsyms.h
    static constexpr std::size_t kLongestName = 4096;

    /// Adds a name, or, where the list has that name in that group, its flags to those.
    /// @return index, and whether it is new; nothing for an empty, too long or unprintable name
    std::optional<std::pair<std::size_t, bool>> add(std::string_view name, std::string_view group,
                                                    std::uint8_t flags, std::uint64_t value = 0);
    void setFlags(std::size_t index, std::uint8_t flags) { m_entries[index].flags = flags; }
    void setValue(std::size_t index, std::uint64_t value) { m_entries[index].value = value; }
    void reserve(std::size_t names, std::size_t bytes);

    [[nodiscard]] std::size_t size() const { return m_entries.size(); }
    [[nodiscard]] bool empty() const { return m_entries.empty(); }
    [[nodiscard]] std::string_view name(std::size_t index) const;
    [[nodiscard]] std::string_view group(std::size_t index) const { return m_groups[m_entries[index].group]; }
    [[nodiscard]] std::uint8_t flags(std::size_t index) const { return m_entries[index].flags; }
    [[nodiscard]] std::uint64_t value(std::size_t index) const { return m_entries[index].value; }
    /// @return "group:name", or the name alone where it has no group.
    [[nodiscard]] std::string fullName(std::size_t index) const;

    /// @return the entry of that name in that group.
    [[nodiscard]] std::optional<std::size_t> find(std::string_view name, std::string_view group) const;
    /// @return the first entry of that name in whatever group.
    [[nodiscard]] std::optional<std::size_t> find(std::string_view name) const;

    /// Names that contain @p query (letters of either case), or fit it as a glob when it has * or ?. With a
    /// colon in it, it is compared with "group:name".
    /// @param flags only entries that have at least one of these; 0: all
    [[nodiscard]] SearchResult search(std::string_view query, std::size_t limit,
                                      std::uint8_t flags = 0) const;
    /// @return full names that a person may have meant, closest first.
    [[nodiscard]] std::vector<std::string> closest(std::string_view name, std::size_t limit,
                                                   std::uint8_t flags = 0) const;

private:
    struct Entry {
        std::uint32_t offset;
        std::uint16_t group;
        std::uint8_t flags;
        std::uint64_t value;
    };
    std::optional<std::uint16_t> groupIndex(std::string_view group);
    [[nodiscard]] std::size_t place(std::string_view name, const std::uint16_t *group) const;
    void growTable();
    void searchPart(std::string_view query, std::uint8_t flags, std::vector<Match> &out) const;

    std::string m_text; ///< names, each ended by a zero byte
    std::vector<Entry> m_entries;
    std::vector<std::string> m_groups;
    std::vector<std::uint32_t> m_table; ///< open addressing by hash of the name; index + 1
};

/// @return whether @p text fits @p pattern with * (anything) and ? (one byte). Linear in time but for stars.
[[nodiscard]] bool fitsGlob(std::string_view pattern, std::string_view text);
/// @return edits (insert, delete, replace, swap neighbours) from one to the other; more than @p limit when
/// more.
[[nodiscard]] std::size_t editDistance(std::string_view a, std::string_view b, std::size_t limit);

/// @return "did you mean A, B or C?", or nothing without names.
[[nodiscard]] std::string didYouMean(const std::vector<std::string> &names);

} // namespace statescape::hooks
