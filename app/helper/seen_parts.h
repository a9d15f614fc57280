// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/helper/window_error.h"
#include "core/wire/messages.h"

#include <array>
#include <cstdint>

namespace statescape::helper {

/// Which part of the time since the last sample sent each probe saw. Not thread-safe.
class SeenParts {
public:
    /// It stands no more. @param events told up to then
    void left(schema::Probe probe, std::uint64_t nowNs, std::uint64_t events);
    /// It stands again. @param events told so far
    void came(schema::Probe probe, std::uint64_t nowNs, std::uint64_t events);
    /// It could not leave: what left() began is not so.
    void stayed(schema::Probe probe);
    /// What it came for is no window: it stays.
    void stays(schema::Probe probe);
    /// Fills sampled and shedMask of a sample that was read at @p nowNs.
    void fill(std::uint64_t nowNs, wire::RawSample &sample);
    /// The sample that was filled last is on its way: the next one tells of what comes from there on.
    void sent();

private:
    struct Part {
        bool in = true;
        bool sampled = false;     ///< not in, or in for a window
        bool whole = true;        ///< was in since the last sample sent
        std::uint64_t cameNs = 0; ///< 0: before all else
        std::uint64_t cameEvents = 0;
        std::uint64_t sinceNs = 0; ///< in, and not counted in seenNs yet, from here on
        std::uint64_t seenNs = 0;  ///< since the last sample sent, in what has ended
        std::uint32_t windows = 0; ///< since then, the one that is open too
        WindowError error;
    };
    Part &of(schema::Probe probe) { return m_parts[static_cast<std::size_t>(probe)]; }

    std::array<Part, 64> m_parts{}; ///< by probe of the layout
    std::uint64_t m_sentNs = 0;     ///< time of the last sample sent
    std::uint64_t m_filledNs = 0;
};

} // namespace statescape::helper
