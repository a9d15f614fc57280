// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/state_finder.h"

#include <vector>

/// What distances mean: measured on rows that the prototypes beside them have not seen.
namespace statescape::model::states {

/// Squared distances from rows to prototypes as a Judge without a metric measures them. Keeps copies.
class Distances {
public:
    explicit Distances(const Judge &judge); ///< stateOf may hold -1
    explicit Distances(const Part &part);

    /// The prototype a row goes to, and how far that is.
    struct Nearest {
        std::vector<int> prototype;
        std::vector<float> dist2;
    };
    [[nodiscard]] Nearest nearest(ml::MatrixView z) const;
    /// @return least squared distance of each row to any prototype, which need not be the one it goes to
    [[nodiscard]] std::vector<float> least(ml::MatrixView z) const;
    /// @return Judge::stateOf of the prototype each row goes to
    [[nodiscard]] std::vector<int> nearestStates(ml::MatrixView z) const;

private:
    template <class Keep>
    void each(ml::MatrixView z, const Keep &keep) const;
    ml::Matrix m_centres;
    std::vector<ml::Matrix> m_shapes;
    std::vector<float> m_logShare;
    std::vector<int> m_stateOf;
};

/// Distances of rows of one state to prototypes that were placed without their fold.
base::Result<std::vector<float>> crossDistances(const RowTable &table, const Space &space, const Rows &rows,
                                                int state, const MakePart &make,
                                                const base::Progress &progress);

/// Distance beyond which a member of this spread would be a surprise. Bounded by the bulk, so that one stray
/// row does not open the gate. @param distances not empty; reordered
double usualReach(std::vector<float> &distances);

/// Sets reach, unknownDistance, temperature, goodDistances and goodSamples of found.judge. Where reach is
/// set already, it is what separates states from noise among the rows fitted on, and is widened by how much
/// farther rows lie that were not. @error Cancelled
base::Result<> calibrate(Found &found, const RowTable &table, const Space &space,
                         const base::Progress &progress);

} // namespace statescape::model::states
