// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "bpf/scripts/json_cursor.h"
#include "core/schema/script_maps.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace statescape::bpf {

/// How often a script is asked for its maps.
inline constexpr std::uint64_t kScriptPrintNs = 100'000'000;
/// How long ago the moment is that read() tells of: a print and some delay, so that there is one on both
/// sides of it.
inline constexpr std::uint64_t kScriptLagNs = 150'000'000;

/// @return the text of a clause that prints @p maps every kScriptPrintNs, between two marks.
std::string printClause(std::span<const schema::ScriptMap> maps);

/// What a script's maps have come to, from the lines that bpftrace -f json prints. No input makes it fail or
/// grow beyond its bounds; what it cannot use is counted.
class ScriptValues {
public:
    static constexpr std::size_t kMaxKeys = 4096;         ///< of a counter; bpftrace's own bound
    static constexpr std::size_t kMaxHistogramKeys = 256; ///< of a histogram

    explicit ScriptValues(std::vector<schema::ScriptMap> maps);

    /// @param text one line of output, without its end @param nowNs when it came
    void line(std::string_view text, std::uint64_t nowNs);
    /// @param[out] words as schema::userSlots() of the script, as they were kScriptLagNs before @p nowNs;
    /// counters never go back. @return false before the maps were printed for the first time
    bool read(std::uint64_t nowNs, std::span<std::uint64_t> words) const;
    /// @return whether all maps were printed once.
    [[nodiscard]] bool printed() const { return !m_snapshots.empty(); }
    /// @return when all maps were last printed.
    [[nodiscard]] std::uint64_t printedNs() const
    {
        return m_snapshots.empty() ? 0 : m_snapshots.back().timeNs;
    }
    /// A line came that was too long to be kept.
    void unreadable();
    /// @return what the fullest counter of events comes to: the same event may be in several maps.
    [[nodiscard]] std::uint64_t events() const;
    /// @return events that bpftrace lost, and values that were not taken: unreadable or of too many keys.
    [[nodiscard]] std::uint64_t missed() const { return m_missed; }
    [[nodiscard]] std::size_t words() const { return m_words.size(); }

private:
    struct Key {
        std::vector<std::uint64_t> last; ///< by word of the map
        std::uint64_t print = 0;         ///< the last one of the map that had it
    };
    struct Map {
        schema::ScriptMap map;
        std::size_t firstWord = 0, words = 1;
        std::unordered_map<std::uint64_t, Key> keys; ///< by the key's hash
        std::uint64_t print = 0;                     ///< counts prints, ours and the script's own
        bool asked = false;                          ///< it came between the marks
    };
    struct Snapshot {
        std::uint64_t timeNs = 0;
        std::vector<std::uint64_t> words;
    };

    bool data(JsonCursor &json, std::string_view type, std::uint64_t nowNs);
    void mark(std::string_view text, std::uint64_t nowNs);
    bool maps(JsonCursor &json);
    bool value(JsonCursor &json, const Map &map, std::vector<std::uint64_t> &into);
    bool buckets(JsonCursor &json, std::vector<std::uint64_t> &into);
    bool statistics(JsonCursor &json, std::vector<std::uint64_t> &into);
    void grow(Map &map, std::string_view key);
    static void forgetOthers(Map &map);
    void keepSnapshot(std::uint64_t nowNs);

    std::vector<Map> m_maps;
    std::vector<std::uint64_t> m_words; ///< cumulative
    std::vector<std::uint64_t> m_taken; ///< the value just read
    std::deque<Snapshot> m_snapshots;
    std::size_t m_next = 0; ///< between the marks: maps come in order
    bool m_ours = false;    ///< between the marks
    bool m_whole = true;    ///< since the first mark everything was understood
    std::uint64_t m_missed = 0;
};

} // namespace statescape::bpf
