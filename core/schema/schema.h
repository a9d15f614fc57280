// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/units.h"
#include "core/schema/catalogue.h"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace statescape::schema {

/// What a sample is about. Stored and sent as its number, so never renumber.
enum class EntityKind : std::uint8_t { Host = 0, Cgroup = 1, Process = 2, Remote = 3 };
std::string_view entityKindKey(EntityKind kind);

/// Why a value is missing. A missing value is a quiet NaN that carries its reason, never zero.
enum class Missing : std::uint8_t {
    Unknown = 0,      ///< a NaN from elsewhere (an empty CSV cell)
    NotSupported = 1, ///< this kernel cannot give it
    NoPermission = 2, ///< the helper lacks the privilege
    Warmup = 3,       ///< first interval, nothing to subtract from
    CounterReset = 4, ///< a counter went down
    NoEvents = 5,     ///< a quantile or quotient of nothing
    Suspended = 6,    ///< the machine slept inside the interval
    CpusChanged = 7,  ///< a CPU went on- or offline inside the interval
    Disabled = 8,     ///< the probe was switched off
    Shed = 9,         ///< the probe was taken out to stay within the budget
};
std::string_view missingKey(Missing reason);
/// @return the NaN that stands for @p reason.
float missingValue(Missing reason);
/// @return true when @p value is missing (any NaN).
bool isMissing(float value);
/// @return the reason a NaN carries; Unknown for foreign ones.
Missing missingReason(float value);

/// One column. Text, because sessions and CSV files may have columns this build has no catalogue entry for.
struct Feature {
    std::string key;
    std::string title;
    base::Unit unit = base::Unit::None;
    FeatureKind kind = FeatureKind::Level;
    std::string probe; ///< probe key; empty for imported columns
    std::string description;
    bool log1p = false;
    bool operator==(const Feature &) const = default;
};

/// The ordered columns of a session. Immutable; share by shared_ptr<const Schema>.
class Schema {
public:
    explicit Schema(std::vector<Feature> features, EntityKind entity = EntityKind::Host);
    /// @return the schema of a host recording that names no probes, see defaultProbes().
    static std::shared_ptr<const Schema> builtin();
    /// @return every feature of the catalogue, also of probes that are off by default.
    static std::shared_ptr<const Schema> catalogue();

    [[nodiscard]] const std::vector<Feature> &features() const { return m_features; }
    [[nodiscard]] std::size_t size() const { return m_features.size(); }
    [[nodiscard]] const Feature &operator[](std::size_t column) const { return m_features[column]; }
    [[nodiscard]] EntityKind entityKind() const { return m_entity; }
    /// @return column of @p key, or -1.
    [[nodiscard]] int indexOf(std::string_view key) const;
    /// @return the column that means the same as @p wanted of another schema, or -1: of a user's probe the
    /// same quantity of the same probe, whatever mark told two of one key apart there and here; else, as the
    /// same program may be elsewhere on another machine, that of its key.
    [[nodiscard]] int indexOf(const Feature &wanted) const;
    /// @return 64-bit FNV-1a over entity kind, keys, units and kinds in order: equal hash, equal meaning of
    /// columns. Of columns whose keys differ in their marks only, the probes stand for the marks.
    [[nodiscard]] std::uint64_t hash() const { return m_hash; }

private:
    std::vector<Feature> m_features;
    EntityKind m_entity;
    std::uint64_t m_hash;
};

} // namespace statescape::schema
