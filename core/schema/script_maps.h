// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace statescape::schema {

/// What a map of a bpftrace script becomes.
enum class ScriptMapKind : std::uint8_t {
    Counter,   ///< count(), sum(), ++, +=: grows; one counter, keys summed
    Gauge,     ///< = value, min(), max(), avg(): one level; with keys the largest
    Histogram, ///< hist(), lhist(): counter of values and the value histogram; keys summed
    Stats,     ///< stats(): count and total; keys summed
};

struct ScriptMap {
    std::string name; ///< without "@"; empty for the map that has no name
    ScriptMapKind kind = ScriptMapKind::Gauge;
    bool keyed = false;
    /// Wherever the script itself prints it, it prints all of it as it is: what it prints before it clears
    /// the map may then be taken for its value.
    bool printedWhole = true;
    bool amounts = false; ///< a counter of amounts, as by sum() or +=, not of events
};

inline constexpr std::size_t kMaxScriptMaps = 16;

/// In a gauge's word: the map has no value yet. No script counts that far down.
inline constexpr std::uint64_t kNoLevel = std::uint64_t{1} << 63;

/// @param text of a bpftrace script; comments and strings are skipped, nothing is executed
/// @return its maps in the order of first use that can become features. Left out are maps that only keep
/// state between events (indexed by a thread or address and deleted again), points in time, and what is no
/// number.
/// @error InvalidArgument no map that could become a feature (says which kinds can), over kMaxScriptMaps, a
/// script that is not closed properly
base::Result<std::vector<ScriptMap>> scriptMaps(std::string_view text);

} // namespace statescape::schema
