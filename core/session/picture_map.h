// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/feature/sample_log.h"
#include "core/ml/neighbour_map.h"
#include "core/model/projection.h"

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace statescape::session {

/// Samples a map is fitted on at most, drawn evenly over the session; the others are placed among them.
inline constexpr std::size_t kMapRows = 10'000;

/// The neighbour map of a session's samples: values prepared as for the picture's components of that time,
/// then ml::NeighbourMap. Immutable; any thread.
class PictureMap {
public:
    /// @param axes prepares values @param components 2 or 3 @param before the map to stay near, or null; one
    /// with another number of components is none @param progress "looking for neighbours" …
    /// @error as ml::NeighbourMap::fit()
    static base::Result<PictureMap> fit(std::shared_ptr<const model::Projection> axes,
                                        const feature::SampleLog::View &samples, int components,
                                        const PictureMap *before, const base::Progress &progress);
    /// The map that toText() was asked of, which places everything where that did.
    /// @param samples of the same session, at least as many
    /// @error Corrupt, NewerVersion, Mismatch for samples of another session, Cancelled
    static base::Result<PictureMap> fromText(std::string_view text, const feature::SampleLog::View &samples,
                                             const base::Progress &progress);
    [[nodiscard]] std::string toText() const;

    [[nodiscard]] int components() const { return m_map->components(); }
    [[nodiscard]] std::size_t rows() const { return m_rows; } ///< samples there were when it was fitted
    [[nodiscard]] std::size_t fitted() const                  ///< samples it was fitted on
    {
        return static_cast<std::size_t>(m_map->coordinates().rows());
    }

    /// @param row of the session's schema @return its place; the third value is 0 with two components
    [[nodiscard]] std::array<float, 3> place(std::span<const float> row) const;
    /// Places of rows first..first + count, one vector a component (always three). @error Cancelled
    [[nodiscard]] base::Result<std::array<std::vector<float>, 3>>
    place(const feature::SampleLog::View &samples, std::size_t first, std::size_t count,
          const std::stop_token &stop) const;

private:
    PictureMap() = default;
    std::shared_ptr<const model::Projection> m_axes;
    std::shared_ptr<const ml::NeighbourMap> m_map;
    std::size_t m_rows = 0, m_step = 1;
};

} // namespace statescape::session
