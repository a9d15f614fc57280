// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/feature/absence.h"
#include "core/feature/feature_frame.h"
#include "core/feature/sampling.h"
#include "core/wire/messages.h"

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

namespace statescape::feature {

/// Turns the helper's readings of processes or cgroups into one sample each. One per stream; not thread-safe.
/// What a probe saw in windows only becomes an estimate as in Deriver.
class EntityDeriver {
public:
    /// @param layout of a plan about processes or cgroups @param probes standings from Hello
    EntityDeriver(std::shared_ptr<const schema::Layout> layout, std::span<const wire::ProbeState> probes);

    void update(const wire::ProbeState &state) { m_absence.update(state); }
    /// @return one sample per reading, in their order, all of the same time, entity not yet set; none for the
    /// first sample after construction or reset(), which only begins the first interval.
    /// A reading that the sample before had not counts from zero (see wire::EntityReading), its faults are
    /// Warmup; all of it is Warmup when a sample between them never arrived.
    std::vector<FeatureFrame> derive(const wire::RawSample &raw);
    /// Forget the previous sample: the helper was started again, and numbers its entities afresh.
    void reset();
    /// @return ticks skipped between samples so far (gaps in RawSample::sequence).
    [[nodiscard]] std::uint64_t gaps() const { return m_gaps; }

private:
    using Words = std::array<std::uint64_t, schema::kEntitySlotCount>;
    struct Before {
        Words words;
        std::shared_ptr<const Subject> about;
    };
    /// How waits of one kind are weighed, from the whole machine's: those of one process are too few.
    struct Waits {
        double scale = 1;
        bool usable = true;
    };
    struct Interval {
        const wire::RawSample &raw;
        std::uint64_t ns;
        bool gap;
        SeenParts parts;
        Waits runq, blocked;
    };
    [[nodiscard]] Waits waitsOf(const wire::RawSample &raw, schema::Slot histogram,
                                const SeenParts &parts) const;
    [[nodiscard]] float valueOf(std::size_t column, const Words &now, const Words *before,
                                const Interval &interval) const;

    std::shared_ptr<const schema::Layout> m_layout;
    std::vector<schema::Probe> m_probes; ///< by column
    std::uint64_t m_columns = 0;         ///< bit per probe of a column
    Absence m_absence;
    std::uint64_t m_run;                                ///< see Subject::run
    wire::RawSample m_previous;                         ///< without entities
    bool m_any = false;                                 ///< there is a previous sample
    std::unordered_map<std::uint32_t, Before> m_before; ///< by number
    std::uint64_t m_gaps = 0;
};

} // namespace statescape::feature
