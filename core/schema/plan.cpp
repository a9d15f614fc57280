// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/schema/plan.h"

#include "core/schema/entities.h"

#include <algorithm>
#include <map>
#include <set>

namespace statescape::schema {
namespace {
constexpr std::uint64_t kKnownProbes = (std::uint64_t{1} << kProbeCount) - 1;

std::size_t wordsOf(SlotKind kind)
{
    return kind == SlotKind::Histogram ? kHistogramBuckets : 1;
}

void mix(std::uint64_t &hash, std::string_view text)
{
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3U;
    }
    hash ^= 0xffU;
    hash *= 0x100000001b3U;
}

/// @return a mark of six digits that follows from the probe's text alone.
std::string markOf(const std::string &text)
{
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::uint64_t hash = 0xcbf29ce484222325U;
    mix(hash, text);
    std::string out = "#";
    for (int shift = 40; shift < 64; shift += 4)
        out += kDigits[hash >> shift & 15U];
    return out;
}

/// How many of the plan's probes give a column of that key.
std::map<std::string, int> columnCounts(const std::vector<std::vector<UserFeature>> &probes)
{
    std::map<std::string, int> out;
    for (const auto &features : probes) {
        std::set<std::string> once;
        for (const auto &row : features)
            if (once.insert(row.feature.key).second)
                ++out[row.feature.key];
    }
    return out;
}

PlannedProbe catalogueProbe(std::size_t index, bool planned)
{
    const auto &row = probes()[index];
    PlannedProbe out{std::string(row.key),
                     std::string(row.title),
                     std::string(row.hooks),
                     std::string(row.description),
                     row.origin,
                     slotWords(),
                     0,
                     planned};
    for (std::size_t i = 0; i < kSlotCount; ++i) {
        if (static_cast<std::size_t>(slots()[i].probe) != index)
            continue;
        out.firstWord = std::min(out.firstWord, slotOffset(static_cast<Slot>(i)));
        out.words += wordsOf(slots()[i].kind);
    }
    return out;
}
} // namespace

base::Result<> check(const ProbePlan &plan)
{
    if ((plan.probes & ~kKnownProbes) != 0)
        return base::fail(base::Code::InvalidArgument, "a plan with probes that do not exist",
                          "install both programs of one version");
    if (plan.entity > EntityKind::Remote)
        return base::fail(base::Code::InvalidArgument, "a plan about entities that do not exist",
                          "install both programs of one version");
    if (!(plan.budgetPercent >= 0 && plan.budgetPercent <= 100))
        return base::fail(base::Code::InvalidArgument, "a budget outside 0 to 100 % of a CPU",
                          "such as --budget 1%, or --budget off");
    if (plan.user.size() > kMaxUserProbes)
        return base::fail(base::Code::InvalidArgument,
                          "a plan with " + std::to_string(plan.user.size()) + " probes of one's own",
                          "at most " + std::to_string(kMaxUserProbes));
    std::set<std::string> seen;
    std::size_t scriptBytes = 0;
    for (const auto &probe : plan.user) {
        STATESCAPE_CHECK(check(probe));
        scriptBytes += probe.script.size();
        if (scriptBytes > kMaxScriptsBytes)
            return base::fail(base::Code::InvalidArgument, "scripts of over 256 KB together",
                              "leave one out");
        if (!seen.insert(format(probe)).second)
            return base::fail(base::Code::InvalidArgument,
                              "the probe " + format(probe) + " is asked for twice", "ask for it once");
    }
    return {};
}

Layout::Layout(ProbePlan plan)
    : m_plan(std::move(plan))
    , m_words(slotWords())
{
    std::vector<Feature> columns;
    m_hash = 0xcbf29ce484222325U;
    for (const auto &slot : slots())
        mix(m_hash, slot.key);
    for (std::size_t i = 0; i < kProbeCount; ++i)
        m_probes.push_back(catalogueProbe(i, (m_plan.probes >> i & 1U) != 0));
    for (const auto &row : schema::features()) {
        if ((m_plan.probes & bitOf(row.probe)) == 0)
            continue;
        m_features.push_back({row.probe, row.derivation, slotOffset(row.a),
                              row.b == Slot::kCount ? 0 : slotOffset(row.b), row.parameter});
        columns.push_back({std::string(row.key), std::string(row.title), row.unit, row.kind,
                           std::string(info(row.probe).key), std::string(row.description), row.log1p});
    }
    // All of the catalogue's: a key means the same in every plan.
    std::set<std::string> keys;
    for (const auto &row : schema::features())
        keys.emplace(row.key);
    std::vector<std::vector<UserFeature>> own;
    for (const auto &probe : m_plan.user)
        own.push_back(userFeatures(probe));
    const auto counts = columnCounts(own);
    for (std::size_t i = 0; i < m_plan.user.size(); ++i) {
        const auto &probe = m_plan.user[i];
        PlannedProbe planned{format(probe), {}, format(probe), "a probe of your own", ProbeOrigin::Bpf,
                             m_words,       0,  true};
        planned.title = planned.key.size() <= 24 ? planned.key : planned.key.substr(0, 23) + "~";
        std::vector<std::size_t> at;
        for (const auto &slot : userSlots(probe)) {
            at.push_back(m_words + planned.words);
            planned.words += wordsOf(slot.kind);
            mix(m_hash, slot.key);
        }
        m_words += planned.words;
        m_probes.push_back(std::move(planned));
        for (auto &row : own[i]) {
            // Two binaries of one name, say.
            if (counts.at(row.feature.key) > 1) {
                row.feature.description += ", by " + row.feature.probe;
                row.feature.key += markOf(row.feature.probe);
            }
            // A system call called as a class of them, or two maps of one script: nothing else comes between.
            const std::string key = row.feature.key;
            for (int n = 2; !keys.insert(row.feature.key).second; ++n)
                row.feature.key = key + "#" + std::to_string(n);
            m_features.push_back({userProbe(i), row.derivation, at[row.a], at[row.b], row.parameter});
            columns.push_back(std::move(row.feature));
        }
    }
    if (m_plan.entity == EntityKind::Host) {
        m_schema = std::make_shared<const Schema>(std::move(columns));
    } else {
        m_features.clear();
        m_schema = entitySchema(m_plan.entity);
    }
    for (const auto &feature : m_schema->features())
        mix(m_hash, feature.key);
}

} // namespace statescape::schema
