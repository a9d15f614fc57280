// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/schema/user_probe.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace statescape::session {

/// What to look through, as a person would sort it.
enum class HookGroup : std::uint8_t {
    Everything,
    Syscalls,
    Tracepoints,
    Functions, ///< of the kernel
    Programs,  ///< functions of a program or library
    Markers,   ///< USDT markers of a program or library
    Interfaces,
    Scripts,
    Before, ///< probes used before
};

struct HookQuery {
    std::string text{}; ///< part of a name, or a probe as parseUserProbe() takes it
    HookGroup group = HookGroup::Everything;
    std::string program{};              ///< program or library whose functions and markers count; empty: none
    std::vector<std::string> scripts{}; ///< paths of scripts beside those that are installed
    std::vector<std::string> before{};  ///< probes used before, as text; offered first when nothing is typed
    std::size_t limit = 300;
};

/// Something that can be probed.
struct Offer {
    schema::UserProbe probe; ///< its measure may be changed
    std::string name;        ///< "vfs_fsync"; of a mangled symbol as a person reads it
    std::string place;       ///< "kernel function, ext4"
};

struct Offers {
    std::vector<Offer> offers;        ///< best first
    std::uint64_t total = 0;          ///< how many fit, whatever the limit
    std::vector<base::Error> missing; ///< lists that could not be read
};

/// One way to measure at a hook.
struct MeasureChoice {
    schema::Measure measure = schema::Measure::Count;
    std::string field; ///< Field: its name
    std::string text;  ///< "how often and how long", "bytes (unsigned int)"
};

/// What a probe would be, said before anything is done.
struct ProbePreview {
    schema::UserProbe probe;
    std::string text;                      ///< as parseUserProbe() takes it
    std::vector<schema::Feature> features; ///< columns it adds
    std::vector<MeasureChoice> measures;   ///< of its hook; the first is the default
    std::string hooks;                     ///< what is hooked, in a sentence
    std::string needs;                     ///< which authorisation, in a sentence
    enum class Verdict : std::uint8_t { Possible, Uncertain /* only trying will tell */, Impossible };
    Verdict verdict = Verdict::Possible;
    base::Error problem;               ///< Impossible: why, and what to do instead
    std::vector<std::string> warnings; ///< of its cost, from what is known of such hooks
};

/// Searches what this machine offers and says what a probe would be, on a thread of its own; of questions of
/// a kind only the newest is answered. Thread-safe.
class HookSearch {
public:
    HookSearch();
    ~HookSearch(); ///< answers nothing afterwards
    HookSearch(const HookSearch &) = delete;
    HookSearch &operator=(const HookSearch &) = delete;

    /// @param done on the search's thread
    void find(HookQuery query, std::function<void(Offers)> done);
    /// @param done on the search's thread
    void preview(schema::UserProbe probe, std::function<void(ProbePreview)> done);
    /// @param done on the search's thread: paths of programs that run now, by name
    void programs(std::function<void(std::vector<std::string>)> done);

    /// The same as find() at once; the first call reads lists for up to 100 ms, a program's takes as long as
    /// it is large. @thread any
    Offers findNow(const HookQuery &query);

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

/// @return why a probe of this hook may cost much, from what such hooks are known for; empty: nothing known.
std::vector<std::string> costWarnings(const schema::UserProbe &probe);

} // namespace statescape::session
