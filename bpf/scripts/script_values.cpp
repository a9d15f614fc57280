// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/scripts/script_values.h"

#include "core/schema/catalogue.h"

#include <algorithm>
#include <bit>
#include <optional>

namespace statescape::bpf {
namespace {
using schema::ScriptMapKind;

constexpr std::string_view kBegin = "statescape-begin";
constexpr std::string_view kEnd = "statescape-end";
constexpr std::size_t kSnapshots = 8;

std::size_t wordsOf(ScriptMapKind kind)
{
    switch (kind) {
    case ScriptMapKind::Histogram:
        return 1 + schema::kHistogramBuckets;
    case ScriptMapKind::Stats:
        return 2;
    default:
        return 1;
    }
}

std::uint64_t hashOf(std::string_view key)
{
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : key) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3U;
    }
    return hash;
}

std::uint64_t amount(std::int64_t value)
{
    return value > 0 ? static_cast<std::uint64_t>(value) : 0;
}

std::size_t bucketOfValue(std::uint64_t value)
{
    return schema::bucketOf(std::min(value, ~std::uint64_t{0} >> 9) << 8);
}

/// bpftrace's buckets are octaves or as wide as the script says; ours are quarters of octaves. An octave is
/// spread evenly, so that no quantile claims to be sharper than that; the whole of it in words that never go
/// back.
void spread(std::uint64_t low, std::uint64_t high, std::uint64_t count, std::span<std::uint64_t> into)
{
    if (low >= 2 && std::has_single_bit(low) && high == 2 * low - 1) {
        const std::size_t first = bucketOfValue(low);
        const std::size_t parts = low == 2 ? 2 : 4;
        for (std::size_t i = 0; i < parts; ++i)
            into[std::min(first + i, into.size() - 1)] += (count + parts - 1 - i) / parts;
        return;
    }
    into[bucketOfValue(low + (high - low) / 2)] += count;
}
} // namespace

std::string printClause(std::span<const schema::ScriptMap> maps)
{
    std::string text = "\ninterval:ms:" + std::to_string(kScriptPrintNs / 1'000'000) + " { printf(\"" +
                       std::string(kBegin) + "\\n\");";
    for (const auto &map : maps)
        text += " print(@" + map.name + ");";
    return text + " printf(\"" + std::string(kEnd) + "\\n\"); }\n";
}

ScriptValues::ScriptValues(std::vector<schema::ScriptMap> maps)
{
    std::size_t words = 0;
    for (auto &map : maps) {
        const auto own = wordsOf(map.kind);
        m_maps.push_back({std::move(map), words, own, {}, 0});
        words += own;
    }
    m_words.resize(words);
    for (const auto &map : m_maps)
        if (map.map.kind == ScriptMapKind::Gauge)
            m_words[map.firstWord] = schema::kNoLevel;
}

void ScriptValues::line(std::string_view text, std::uint64_t nowNs)
{
    if (text.empty())
        return;
    // A line that was cut must not pass for a smaller number.
    JsonCursor whole(text);
    if (!whole.skip() || !whole.atEnd()) {
        unreadable();
        return;
    }
    JsonCursor json(text);
    std::string_view type;
    const bool good = json.object([&](std::string_view name) {
        if (name == "type") {
            const auto word = json.string();
            type = word.value_or(std::string_view{});
            return word.has_value();
        }
        return name == "data" ? data(json, type, nowNs) : json.skip();
    });
    if (!good || !json.atEnd())
        unreadable();
}

void ScriptValues::unreadable()
{
    ++m_missed;
    m_whole = false;
}

bool ScriptValues::data(JsonCursor &json, std::string_view type, std::uint64_t nowNs)
{
    if (type == "printf") {
        const auto text = json.string();
        if (text)
            mark(*text, nowNs);
        return text.has_value();
    }
    if (type == "map" || type == "hist" || type == "stats")
        return maps(json);
    if (type != "lost_events")
        return json.skip();
    return json.object([&](std::string_view name) {
        if (name != "events")
            return json.skip();
        const auto lost = json.number();
        m_missed += amount(lost.value_or(0));
        m_whole = false;
        return lost.has_value();
    });
}

void ScriptValues::mark(std::string_view text, std::uint64_t nowNs)
{
    if (text.ends_with("\\n"))
        text.remove_suffix(2);
    if (text == kBegin) {
        m_ours = true;
        m_whole = true;
        m_next = 0;
        for (auto &map : m_maps)
            map.asked = false;
    } else if (text == kEnd && m_ours) {
        m_ours = false;
        // bpftrace is silent about a map that has nothing.
        for (auto &map : m_maps)
            if (m_whole && !map.asked) {
                ++map.print;
                forgetOthers(map);
                if (map.map.kind == ScriptMapKind::Gauge)
                    m_words[map.firstWord] = schema::kNoLevel;
            }
        keepSnapshot(nowNs);
    }
}

bool ScriptValues::maps(JsonCursor &json)
{
    return json.object([&](std::string_view name) {
        const auto found = std::ranges::find_if(
            m_maps, [&](const Map &map) { return name.starts_with('@') && name.substr(1) == map.map.name; });
        if (found == m_maps.end())
            return json.skip();
        auto &map = *found;
        const auto index = static_cast<std::size_t>(found - m_maps.begin());
        // Between our marks only the next one can be ours; elsewhere it is what the script itself prints.
        if (m_ours ? index < m_next : !map.map.printedWhole) {
            m_whole = false;
            return json.skip();
        }
        if (m_ours) {
            m_next = index + 1;
            map.asked = true;
        }
        ++map.print;
        if (map.map.kind == ScriptMapKind::Gauge)
            m_words[map.firstWord] = schema::kNoLevel;
        const bool good = map.map.keyed ? json.object([&](std::string_view key) {
            const bool read = value(json, map, m_taken);
            if (read)
                grow(map, key);
            return read;
        })
                                        : value(json, map, m_taken);
        if (good && !map.map.keyed)
            grow(map, {});
        if (good)
            forgetOthers(map);
        return good;
    });
}

/// Reads one value in its words. A text where a number was expected is no value, but no fault of the output's
/// either.
bool ScriptValues::value(JsonCursor &json, const Map &map, std::vector<std::uint64_t> &into)
{
    into.assign(map.words, 0);
    if (map.map.kind == ScriptMapKind::Histogram)
        return buckets(json, into);
    if (map.map.kind == ScriptMapKind::Stats)
        return statistics(json, into);
    const auto number =
        json.peek() == '-' || (json.peek() >= '0' && json.peek() <= '9') ? json.number() : std::nullopt;
    if (!number) {
        into.clear();
        return json.skip();
    }
    into[0] = map.map.kind == ScriptMapKind::Gauge ? static_cast<std::uint64_t>(*number) : amount(*number);
    return true;
}

bool ScriptValues::buckets(JsonCursor &json, std::vector<std::uint64_t> &into)
{
    return json.array([&] {
        std::optional<std::int64_t> low;
        std::optional<std::int64_t> high;
        std::int64_t count = 0;
        const bool good = json.object([&](std::string_view name) {
            const auto number = json.number();
            if (name == "min")
                low = number;
            else if (name == "max")
                high = number;
            else if (name == "count")
                count = number.value_or(0);
            return number.has_value();
        });
        // Open at the bottom: below zero or below where the script begins; open at the top: from there on.
        const auto from = amount(low.value_or(0));
        const auto to = std::max(from, high ? amount(*high) : from);
        into[0] += amount(count);
        spread(from, to, amount(count), std::span(into).subspan(1));
        return good;
    });
}

bool ScriptValues::statistics(JsonCursor &json, std::vector<std::uint64_t> &into)
{
    return json.object([&](std::string_view name) {
        const auto number = json.number();
        if (name == "count")
            into[0] = amount(number.value_or(0));
        if (name == "total")
            into[1] = amount(number.value_or(0));
        return number.has_value();
    });
}

void ScriptValues::grow(Map &map, std::string_view name)
{
    if (m_taken.empty())
        return;
    if (map.map.kind == ScriptMapKind::Gauge) {
        auto &word = m_words[map.firstWord];
        if (word == schema::kNoLevel ||
            static_cast<std::int64_t>(m_taken[0]) > static_cast<std::int64_t>(word))
            word = m_taken[0];
        return;
    }
    const auto bound = map.map.kind == ScriptMapKind::Histogram ? kMaxHistogramKeys : kMaxKeys;
    const auto hash = hashOf(name);
    auto found = map.keys.find(hash);
    if (found == map.keys.end()) {
        if (map.keys.size() >= bound) {
            ++m_missed;
            return;
        }
        found = map.keys.emplace(hash, Key{std::vector<std::uint64_t>(map.words), 0}).first;
    }
    auto &key = found->second;
    key.print = map.print;
    // Cleared or deleted in the meantime: what there is now has come since.
    if (m_taken[0] < key.last[0])
        std::ranges::fill(key.last, 0);
    for (std::size_t i = 0; i < map.words; ++i)
        m_words[map.firstWord + i] += m_taken[i] > key.last[i] ? m_taken[i] - key.last[i] : 0;
    key.last = m_taken;
}

/// Keys that are no longer there begin at nothing should they come again.
void ScriptValues::forgetOthers(Map &map)
{
    std::erase_if(map.keys, [&](const auto &entry) { return entry.second.print != map.print; });
}

void ScriptValues::keepSnapshot(std::uint64_t nowNs)
{
    Snapshot snapshot;
    if (m_snapshots.size() == kSnapshots) {
        snapshot = std::move(m_snapshots.front());
        m_snapshots.pop_front();
    }
    snapshot.timeNs = m_snapshots.empty() ? nowNs : std::max(nowNs, m_snapshots.back().timeNs);
    snapshot.words = m_words;
    m_snapshots.push_back(std::move(snapshot));
}

bool ScriptValues::read(std::uint64_t nowNs, std::span<std::uint64_t> words) const
{
    if (m_snapshots.empty() || words.size() != m_words.size())
        return false;
    const auto at = nowNs - std::min(nowNs, kScriptLagNs);
    const auto after = std::ranges::upper_bound(m_snapshots, at, {}, &Snapshot::timeNs);
    const auto &newer = after == m_snapshots.end() ? m_snapshots.back() : *after;
    const auto &older = after == m_snapshots.begin() ? newer : *std::prev(after);
    std::ranges::copy(newer.words, words.begin());
    if (after == m_snapshots.begin() || after == m_snapshots.end())
        return true;
    const double share =
        static_cast<double>(at - older.timeNs) / static_cast<double>(newer.timeNs - older.timeNs);
    for (const auto &map : m_maps)
        for (std::size_t i = map.firstWord;
             map.map.kind != ScriptMapKind::Gauge && i < map.firstWord + map.words; ++i)
            words[i] = older.words[i] + static_cast<std::uint64_t>(
                                            share * static_cast<double>(newer.words[i] - older.words[i]));
    return true;
}

std::uint64_t ScriptValues::events() const
{
    std::uint64_t events = 0;
    for (const auto &map : m_maps)
        if (map.map.kind != ScriptMapKind::Gauge && !map.map.amounts)
            events = std::max(events, m_words[map.firstWord]);
    return events;
}

} // namespace statescape::bpf
