// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/schema/user_probe.h"

#include "core/schema/script_maps.h"
#include "core/schema/symbol_name.h"

#include <algorithm>
#include <array>
#include <optional>

namespace statescape::schema {
namespace {
using base::Code;
using base::fail;
using base::Unit;

struct KindRow {
    std::string_view key;
    std::string_view example;
    bool count, errors, latency, field;
    [[nodiscard]] bool allows(Measure measure) const
    {
        const std::array flags{count, errors, latency, field};
        return flags.at(static_cast<std::size_t>(measure));
    }
};
constexpr std::array<KindRow, static_cast<std::size_t>(HookKind::kCount)> kKinds{{
    {"syscall", "syscall:openat:latency", true, true, true, false},
    {"function", "function:vfs_fsync:latency", true, false, true, false},
    {"kprobe", "kprobe:vfs_fsync:latency", true, false, true, false},
    {"fentry", "fentry:vfs_fsync:latency", true, false, true, false},
    {"tracepoint", "tracepoint:block:block_rq_issue:bytes", true, false, false, true},
    {"uprobe", "uprobe:/usr/bin/bash:readline:latency", true, false, true, false},
    {"usdt", "usdt:/usr/bin/postgres:postgresql:transaction__start", true, false, false, false},
    {"xdp", "xdp:eth0", true, false, false, false},
    {"packets", "packets:eth0", true, false, false, false},
    {"bpftrace", "bpftrace:/path/of/script.bt", true, false, false, false},
}};
constexpr std::array<std::string_view, 3> kMeasures{"count", "errors", "latency"};

const KindRow &row(HookKind kind)
{
    return kKinds.at(static_cast<std::size_t>(kind));
}

base::Error wrong(HookKind kind, const std::string &what)
{
    return fail(Code::InvalidArgument, std::string(row(kind).key) + " probe: " + what,
                "such as " + std::string(row(kind).example));
}

Measure defaultMeasure(HookKind kind)
{
    return kind == HookKind::Syscall ? Measure::Errors : Measure::Count;
}

bool takesPath(HookKind kind)
{
    return kind == HookKind::UserFunction || kind == HookKind::Usdt || kind == HookKind::Script;
}

/// Kernel names and symbols, never what a shell would act on; paths and functions as people write them, never
/// what a terminal would.
bool plain(std::string_view text, bool free)
{
    return std::ranges::all_of(text, [free](unsigned char c) {
        return free ? c >= 0x20 && c != 0x7f : (c > 0x20 && c < 0x7f && c != '\'' && c != '"' && c != '\\');
    });
}

std::size_t colons(std::string_view text)
{
    return static_cast<std::size_t>(std::ranges::count(text, ':'));
}

/// Takes ":count", ":errors" or ":latency" off the end.
std::optional<Measure> takeMeasure(std::string_view &text)
{
    for (std::size_t i = 0; i < kMeasures.size(); ++i) {
        const auto &word = kMeasures[i];
        // "ns::count" is a function's name.
        const auto colon = text.size() - word.size() - 1;
        if (text.size() > word.size() && text.ends_with(word) && text[colon] == ':' &&
            (colon == 0 || text[colon - 1] != ':')) {
            text.remove_suffix(word.size() + 1);
            return static_cast<Measure>(i);
        }
    }
    return std::nullopt;
}

base::Result<> checkTracepoint(const UserProbe &probe)
{
    if (colons(probe.target) != 1 || probe.target.front() == ':' || probe.target.back() == ':')
        return wrong(probe.kind, "'" + probe.target + "' is not SYSTEM:NAME");
    return {};
}

/// A key's part: letters, digits, '_' and '.', everything else '_'.
std::string keyPart(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          c == '_' || c == '-';
        const char put = good ? c : c == ':' || c == '.' ? '.' : '_';
        if (out.empty() && put == '_')
            continue;
        out += put;
    }
    return out;
}

std::string baseName(const std::string &path)
{
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? path : path.substr(slash + 1);
}

/// What a person calls it.
std::string shortName(const UserProbe &probe)
{
    switch (probe.kind) {
    case HookKind::Tracepoint:
        return probe.target.substr(probe.target.find(':') + 1);
    case HookKind::UserFunction:
        return probe.shown.empty() ? probe.symbol : shortSymbol(probe.shown);
    case HookKind::Usdt:
        return probe.symbol;
    case HookKind::Script:
        return baseName(probe.target);
    default:
        return probe.target;
    }
}

std::string keyPrefix(const UserProbe &probe)
{
    std::string key(row(probe.kind).key);
    const auto add = [&key](const std::string &part) { key += "." + keyPart(part); };
    add(takesPath(probe.kind) ? baseName(probe.target) : probe.target);
    if (!probe.symbol.empty())
        add(probe.symbol);
    return key;
}

std::string title(const std::string &name, std::string_view what)
{
    // 24 characters in all; the end of a name tells more than its beginning.
    const std::size_t room = 24 - std::min<std::size_t>(23, what.size() + 1);
    const std::string shown = name.size() <= room ? name : "~" + name.substr(name.size() - room + 1);
    return what.empty() ? shown : shown + " " + std::string(what);
}

class Features {
public:
    explicit Features(const UserProbe &probe)
        : m_text(format(probe))
        , m_prefix(keyPrefix(probe))
        , m_name(shortName(probe))
    {}
    void add(const std::string &suffix, std::string_view what, Unit unit, FeatureKind kind,
             Derivation derivation, std::size_t a, const std::string &description, std::size_t b = 0,
             double parameter = 0)
    {
        const bool heavy =
            kind == FeatureKind::Rate || kind == FeatureKind::Quantile || kind == FeatureKind::Mean;
        m_out.push_back(
            {{m_prefix + "." + suffix, title(m_name, what), unit, kind, m_text, description, heavy},
             derivation,
             a,
             b,
             parameter});
    }
    void quantiles(std::size_t slot, Unit unit, Derivation derivation, const std::string &what,
                   const std::string &suffix = {})
    {
        const std::string dot = suffix.empty() ? std::string() : suffix + ".";
        add(dot + "p50", "p50", unit, FeatureKind::Quantile, derivation, slot, what + ", median", 0, 0.5);
        add(dot + "p99", "p99", unit, FeatureKind::Quantile, derivation, slot, what + ", 99th percentile", 0,
            0.99);
    }
    void mayBeNegative() { m_out.back().feature.log1p = false; }
    [[nodiscard]] const std::string &name() const { return m_name; }
    std::vector<UserFeature> take() { return std::move(m_out); }

private:
    std::string m_text, m_prefix, m_name;
    std::vector<UserFeature> m_out;
};

std::vector<UserFeature> packetFeatures(const UserProbe &probe)
{
    Features out(probe);
    const std::string on = " on " + probe.target;
    out.add("packet.rate", "packets", Unit::PerSecond, FeatureKind::Rate, Derivation::Rate, 0,
            "packets received" + on);
    out.add("byte.rate", "bytes", Unit::BytesPerSecond, FeatureKind::Rate, Derivation::Rate, 1,
            "bytes received" + on);
    const auto share = [&](const char *key, std::size_t slot) {
        out.add(std::string(key) + ".share", key, Unit::Percent, FeatureKind::Share, Derivation::Quotient,
                slot, std::string("share of received packets that are ") + key + on, 0);
    };
    share("tcp", 2);
    share("udp", 3);
    share("icmp", 4);
    share("other", 5);
    share("ipv6", 6);
    out.quantiles(7, Unit::Bytes, Derivation::ValueQuantile, "size of packets received" + on, "size");
    if (probe.kind == HookKind::Packets) {
        out.add("sent.packet.rate", "sent", Unit::PerSecond, FeatureKind::Rate, Derivation::Rate, 8,
                "packets sent" + on);
        out.add("sent.byte.rate", "bytes sent", Unit::BytesPerSecond, FeatureKind::Rate, Derivation::Rate, 9,
                "bytes sent" + on);
    }
    return out.take();
}

std::vector<UserSlot> packetSlots(HookKind kind)
{
    std::vector<UserSlot> out{{"packets"}, {"bytes"}, {"tcp"},  {"udp"},
                              {"icmp"},    {"other"}, {"ipv6"}, {"size", SlotKind::Histogram}};
    // XDP only sees what comes in.
    if (kind == HookKind::Packets)
        out.insert(out.end(), {{"sent.packets"}, {"sent.bytes"}});
    return out;
}

std::vector<UserFeature> scriptFeatures(const UserProbe &probe)
{
    Features out(probe);
    const auto maps = scriptMaps(probe.script);
    if (!maps)
        return {};
    std::size_t slot = 0;
    for (const auto &map : *maps) {
        const std::string key = map.name.empty() ? "map" : keyPart(map.name);
        const std::string what = "map @" + map.name + " of " + out.name();
        switch (map.kind) {
        case ScriptMapKind::Counter:
            out.add(key + ".rate", "@" + map.name, Unit::PerSecond, FeatureKind::Rate, Derivation::Rate,
                    slot++, what);
            break;
        case ScriptMapKind::Gauge:
            out.add(key, "@" + map.name, Unit::None, FeatureKind::Mean, Derivation::Gauge, slot++, what);
            out.mayBeNegative();
            break;
        case ScriptMapKind::Histogram:
            out.add(key + ".rate", "@" + map.name, Unit::PerSecond, FeatureKind::Rate, Derivation::Rate, slot,
                    what);
            out.quantiles(slot + 1, Unit::None, Derivation::ValueQuantile, what, key);
            slot += 2;
            break;
        case ScriptMapKind::Stats:
            out.add(key + ".rate", "@" + map.name, Unit::PerSecond, FeatureKind::Rate, Derivation::Rate, slot,
                    what);
            out.add(key + ".mean", "@" + map.name, Unit::None, FeatureKind::Mean, Derivation::Ratio, slot + 1,
                    what + ", mean", slot, 1);
            slot += 2;
            break;
        }
    }
    return out.take();
}

std::vector<UserSlot> scriptSlots(const UserProbe &probe)
{
    std::vector<UserSlot> out;
    const auto maps = scriptMaps(probe.script);
    if (!maps)
        return out;
    for (const auto &map : *maps) {
        const bool counts = map.kind != ScriptMapKind::Gauge;
        out.push_back({map.name, counts ? SlotKind::Counter : SlotKind::Gauge});
        if (map.kind == ScriptMapKind::Histogram)
            out.push_back({map.name + ".values", SlotKind::Histogram});
        if (map.kind == ScriptMapKind::Stats)
            out.push_back({map.name + ".total", SlotKind::Counter});
    }
    return out;
}
} // namespace

std::string_view hookKindKey(HookKind kind)
{
    return row(kind).key;
}

base::Result<UserProbe> parseUserProbe(std::string_view text)
{
    const auto colon = text.find(':');
    const auto key = text.substr(0, colon);
    const auto found = std::ranges::find(kKinds, key, &KindRow::key);
    if (found == kKinds.end()) {
        std::string known;
        for (const auto &kind : kKinds)
            known.append(known.empty() ? "" : ", ").append(kind.key);
        return fail(Code::InvalidArgument,
                    "'" + std::string(text.substr(0, 80)) + "' does not begin with a kind of hook",
                    "kinds are " + known + "; such as kprobe:vfs_fsync:latency");
    }
    UserProbe probe;
    probe.kind = static_cast<HookKind>(found - kKinds.begin());
    probe.measure = defaultMeasure(probe.kind);
    std::string_view rest = colon == std::string_view::npos ? std::string_view{} : text.substr(colon + 1);
    if (probe.kind != HookKind::Script)
        if (const auto measure = takeMeasure(rest))
            probe.measure = *measure;
    if (probe.kind == HookKind::Tracepoint) {
        if (colons(rest) >= 2) {
            const auto last = rest.rfind(':');
            probe.symbol = rest.substr(last + 1);
            probe.measure = Measure::Field;
            rest = rest.substr(0, last);
        }
    } else if (probe.kind == HookKind::UserFunction) {
        const auto at = rest.find(':');
        if (at == std::string_view::npos)
            return wrong(probe.kind, "no symbol");
        probe.symbol = rest.substr(at + 1);
        probe.shown = readableSymbol(probe.symbol);
        rest = rest.substr(0, at);
    } else if (probe.kind == HookKind::Usdt) {
        const auto last = rest.rfind(':');
        const auto at = last == std::string_view::npos || last == 0 ? last : rest.rfind(':', last - 1);
        if (at == std::string_view::npos)
            return wrong(probe.kind, "not PATH:PROVIDER:NAME");
        probe.symbol = rest.substr(at + 1);
        rest = rest.substr(0, at);
    }
    probe.target = rest;
    STATESCAPE_CHECK(check(probe));
    return probe;
}

std::string format(const UserProbe &probe)
{
    std::string text(row(probe.kind).key);
    text += ":" + probe.target;
    if (!probe.symbol.empty())
        text += ":" + probe.symbol;
    if (probe.measure != defaultMeasure(probe.kind) && probe.measure != Measure::Field)
        text.append(":").append(kMeasures.at(static_cast<std::size_t>(probe.measure)));
    return text;
}

base::Result<> check(const UserProbe &probe)
{
    if (probe.kind >= HookKind::kCount || probe.measure >= Measure::kCount)
        return fail(Code::InvalidArgument, "a probe of no known kind",
                    "install both programs of one version");
    const auto &kind = row(probe.kind);
    if (probe.target.empty())
        return wrong(probe.kind, "no name");
    if (probe.target.size() > kMaxTargetBytes || probe.symbol.size() > kMaxTargetBytes)
        return wrong(probe.kind, "a name of over " + std::to_string(kMaxTargetBytes) + " bytes");
    if (!plain(probe.target, takesPath(probe.kind)) ||
        !plain(probe.symbol, probe.kind == HookKind::UserFunction))
        return wrong(probe.kind, "a name with characters no name has");
    if (!kind.allows(probe.measure))
        return wrong(probe.kind,
                     "cannot measure " +
                         std::string(probe.measure == Measure::Field
                                         ? "a field"
                                         : kMeasures.at(static_cast<std::size_t>(probe.measure))));
    const bool wantsSymbol = probe.kind == HookKind::UserFunction || probe.kind == HookKind::Usdt ||
                             probe.measure == Measure::Field;
    if (wantsSymbol != !probe.symbol.empty())
        return wrong(probe.kind, wantsSymbol ? "no symbol" : "a symbol where none belongs");
    if (probe.kind == HookKind::Tracepoint)
        return checkTracepoint(probe);
    // It would be read as a measure when it is written out.
    std::string_view rest = probe.symbol;
    if (probe.kind == HookKind::UserFunction && (probe.symbol.back() == ':' || takeMeasure(rest)))
        return wrong(probe.kind, "'" + probe.symbol + "' is no function's name");
    if (probe.kind == HookKind::Usdt && colons(probe.symbol) != 1)
        return wrong(probe.kind, "not PATH:PROVIDER:NAME");
    if (!takesPath(probe.kind) && probe.target.find_first_of(":/") != std::string::npos)
        return wrong(probe.kind, "'" + probe.target + "' is not a name");
    if (probe.script.size() > kMaxScriptBytes || (probe.kind != HookKind::Script && !probe.script.empty()))
        return wrong(probe.kind, "a script of " + std::to_string(probe.script.size()) + " bytes");
    return {};
}

std::vector<UserSlot> userSlots(const UserProbe &probe)
{
    if (probe.kind == HookKind::Script)
        return scriptSlots(probe);
    if (probe.kind == HookKind::Xdp || probe.kind == HookKind::Packets)
        return packetSlots(probe.kind);
    std::vector<UserSlot> out{{"events"}};
    if (probe.measure == Measure::Errors)
        out.push_back({"errors"});
    if (probe.measure == Measure::Latency) {
        out.push_back({"ns"});
        out.push_back({"time", SlotKind::Histogram});
    }
    if (probe.measure == Measure::Field)
        out.push_back({"values", SlotKind::Histogram});
    return out;
}

std::vector<UserFeature> userFeatures(const UserProbe &probe)
{
    if (probe.kind == HookKind::Script)
        return scriptFeatures(probe);
    if (probe.kind == HookKind::Xdp || probe.kind == HookKind::Packets)
        return packetFeatures(probe);
    Features out(probe);
    const std::string text = out.name();
    out.add("rate", "", Unit::PerSecond, FeatureKind::Rate, Derivation::Rate, 0,
            probe.measure == Measure::Latency ? "calls of " + text + " that returned"
                                              : "times " + text + " was reached");
    if (probe.measure == Measure::Errors)
        out.add("error.rate", "errors", Unit::PerSecond, FeatureKind::Rate, Derivation::Rate, 1,
                "calls of " + text + " that returned an error");
    if (probe.measure == Measure::Latency) {
        out.add("tasks", "inside", Unit::Count, FeatureKind::Mean, Derivation::TimeAverage, 1,
                "time average of tasks inside " + text + " that returned");
        out.quantiles(2, Unit::Microseconds, Derivation::Quantile, "time in " + text);
    }
    if (probe.measure == Measure::Field)
        out.quantiles(1, Unit::None, Derivation::ValueQuantile, probe.symbol + " of " + text);
    return out.take();
}

} // namespace statescape::schema
