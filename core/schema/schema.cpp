// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/schema/schema.h"

#include "core/schema/plan.h"

#include <array>
#include <bit>
#include <cmath>
#include <map>
#include <utility>

namespace statescape::schema {
namespace {
constexpr std::uint32_t kQuietNan = 0x7fc00000U;
// Marks our NaNs apart from those arithmetic makes (payload 0).
constexpr std::uint32_t kPayloadMark = 0x00005300U;
constexpr std::array<std::string_view, 10> kMissingKeys{
    "unknown",   "not-supported", "no-permission", "warm-up",  "counter-reset",
    "no-events", "suspended",     "cpus-changed",  "disabled", "shed"};
constexpr std::array<std::string_view, 4> kEntityKeys{"host", "cgroup", "process", "remote"};

void mix(std::uint64_t &hash, std::string_view text)
{
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001b3U;
    }
    hash ^= 0xffU;
    hash *= 0x100000001b3U;
}

bool isOfUserProbe(const Feature &feature)
{
    return feature.probe.find(':') != std::string::npos;
}

/// A key without the mark that tells it from another one, see Layout.
std::string_view unmarked(std::string_view key)
{
    return key.substr(0, key.find('#'));
}
} // namespace

std::string_view entityKindKey(EntityKind kind)
{
    return kEntityKeys.at(static_cast<std::size_t>(kind));
}

std::string_view missingKey(Missing reason)
{
    return kMissingKeys.at(static_cast<std::size_t>(reason));
}

float missingValue(Missing reason)
{
    return std::bit_cast<float>(kQuietNan | kPayloadMark | static_cast<std::uint32_t>(reason));
}

bool isMissing(float value)
{
    return std::isnan(value);
}

Missing missingReason(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t reason = bits & 0xffU;
    if ((bits & 0x0000ff00U) != kPayloadMark || reason >= kMissingKeys.size())
        return Missing::Unknown;
    return static_cast<Missing>(reason);
}

Schema::Schema(std::vector<Feature> features, EntityKind entity)
    : m_features(std::move(features))
    , m_entity(entity)
    , m_hash(0xcbf29ce484222325U)
{
    mix(m_hash, entityKindKey(entity));
    std::map<std::string_view, int> alike;
    for (const auto &feature : m_features)
        if (isOfUserProbe(feature))
            ++alike[unmarked(feature.key)];
    for (const auto &feature : m_features) {
        if (isOfUserProbe(feature) && alike[unmarked(feature.key)] > 1) {
            mix(m_hash, unmarked(feature.key));
            mix(m_hash, feature.probe);
        } else {
            mix(m_hash, feature.key);
        }
        mix(m_hash, base::unitKey(feature.unit));
        mix(m_hash, featureKindKey(feature.kind));
    }
}

std::shared_ptr<const Schema> Schema::builtin()
{
    static const std::shared_ptr<const Schema> schema = [] { return Layout(ProbePlan{}).schema(); }();
    return schema;
}

std::shared_ptr<const Schema> Schema::catalogue()
{
    static const std::shared_ptr<const Schema> schema = [] {
        ProbePlan everything;
        everything.probes = (std::uint64_t{1} << kProbeCount) - 1;
        return Layout(std::move(everything)).schema();
    }();
    return schema;
}

int Schema::indexOf(std::string_view key) const
{
    for (std::size_t i = 0; i < m_features.size(); ++i)
        if (m_features[i].key == key)
            return static_cast<int>(i);
    return -1;
}

int Schema::indexOf(const Feature &wanted) const
{
    if (!isOfUserProbe(wanted))
        return indexOf(wanted.key);
    int found = -1;
    int candidates = 0;
    for (std::size_t i = 0; i < m_features.size(); ++i) {
        const auto &feature = m_features[i];
        if (feature.probe != wanted.probe || unmarked(feature.key) != unmarked(wanted.key))
            continue;
        if (feature.key == wanted.key)
            return static_cast<int>(i);
        found = static_cast<int>(i);
        ++candidates;
    }
    return candidates == 1 ? found : indexOf(wanted.key);
}

} // namespace statescape::schema
