// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/schema/catalogue.h"
#include "core/schema/schema.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace statescape::schema {

/// What a user's probe hooks. Sent over the wire: append only.
enum class HookKind : std::uint8_t {
    Syscall,      ///< syscall:NAME
    Function,     ///< function:NAME, fentry/fexit where the kernel lets us, else kprobe/kretprobe
    Kprobe,       ///< kprobe:NAME
    Fentry,       ///< fentry:NAME
    Tracepoint,   ///< tracepoint:SYSTEM:NAME
    UserFunction, ///< uprobe:PATH:SYMBOL
    Usdt,         ///< usdt:PATH:PROVIDER:NAME
    Xdp,          ///< xdp:INTERFACE
    Packets,      ///< packets:INTERFACE, a socket filter
    Script,       ///< bpftrace:PATH
    kCount
};
std::string_view hookKindKey(HookKind kind);

/// What is measured at the hook. Sent over the wire: append only.
enum class Measure : std::uint8_t {
    Count,   ///< how often
    Errors,  ///< how often, and how often it failed (system calls)
    Latency, ///< how often and how long
    Field,   ///< how often, and the values of one field (tracepoints)
    kCount
};

inline constexpr std::size_t kMaxUserProbes = 32;
inline constexpr std::size_t kMaxTargetBytes = 512;
inline constexpr std::size_t kMaxScriptBytes = 64 * 1024;   ///< one script
inline constexpr std::size_t kMaxScriptsBytes = 256 * 1024; ///< all scripts of a plan

/// A probe that a user asks for, by names only. Whether the names exist is for core/hooks to say.
struct UserProbe {
    HookKind kind = HookKind::Tracepoint;
    std::string target; ///< system call, function, SYSTEM:NAME, path, interface or the script's path
    std::string symbol; ///< UserFunction: symbol; Usdt: PROVIDER:NAME; Field: the field's name
    Measure measure = Measure::Count;
    std::string script;  ///< Script: the program's text, at most kMaxScriptBytes
    std::string shown{}; ///< UserFunction: the symbol as a person reads it, where it is mangled; never sent
    bool operator==(const UserProbe &other) const
    {
        return kind == other.kind && target == other.target && symbol == other.symbol &&
               measure == other.measure && script == other.script;
    }
};

/// @param text as in HookKind, with ":count", ":errors", ":latency" or (tracepoints) ":FIELD" behind;
/// without, a system call is measured by errors, everything else by count. A bare "xdp" or "packets" is not
/// accepted here: choose the interface first. A script comes back without its text. A user function may be
/// named as people write it, "uprobe:PATH:ns::f(int)"; hooks::withFullNames() finds its symbol.
/// @error InvalidArgument saying what is wrong with which part, with a correct example as hint
base::Result<UserProbe> parseUserProbe(std::string_view text);
/// @return the text parseUserProbe() takes, measure included unless it is the default one.
std::string format(const UserProbe &probe);
/// @error InvalidArgument for what no text could say: sizes, characters, measures that do not fit the kind.
base::Result<> check(const UserProbe &probe);

/// A cumulative quantity of a user's probe; a histogram takes kHistogramBuckets words, all others one.
struct UserSlot {
    std::string key;
    SlotKind kind = SlotKind::Counter;
};
/// @return what the probe's bank holds, in order. Scripts: one or more per map, see script_maps.h.
///   Count: events. Errors: events, errors. Latency: events, ns inside, ns histogram. Field: events, values
///   (value << 8). Xdp: packets, bytes, tcp, udp, icmp, other, IPv6, sizes (bytes << 8), all received.
///   Packets: the same, then packets and bytes sent.
std::vector<UserSlot> userSlots(const UserProbe &probe);

/// A feature of a user's probe; a and b are indices into userSlots().
struct UserFeature {
    Feature feature;
    Derivation derivation = Derivation::Rate;
    std::size_t a = 0, b = 0;
    double parameter = 0;
};
/// Feature::probe is format(probe). Keys follow from the probe's names alone, so that two probes may have the
/// same (two binaries of one name, two measures of one call): Layout tells them apart.
std::vector<UserFeature> userFeatures(const UserProbe &probe);

} // namespace statescape::schema
