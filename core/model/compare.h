// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/units.h"
#include "core/ml/matrix.h"
#include "core/schema/schema.h"

#include <cstdint>
#include <span>
#include <vector>

namespace statescape::model {

/// Which side of a comparison a sample is on.
enum class Side : std::uint8_t { Others = 0, Selected = 1, LeftOut = 2 };

/// How one feature differs between selected samples and others. Says "differs", never "causes".
struct Difference {
    int column = 0;
    double effect = 0; ///< (median selected - median others) / pooled MAD * 1.4826 on the transformed scale;
                       ///< robust sigmas
    double effectLow = 0,
           effectHigh =
               0; ///< 95 % confidence interval of effect; neighbouring samples are not taken for independent
    double medianSelected = 0; ///< in the feature's unit
    double medianOthers = 0;   ///< in the feature's unit
    double cliffsDelta = 0;    ///< -1..1
    double pValue = 1;         ///< 0..1 that such a difference of ranks comes by chance
    double qValue = 1;         ///< pValue corrected for the number of features looked at (Benjamini-Hochberg)
    double missingSelected = 0, missingOthers = 0; ///< shares 0..1

    /// @return whether it is worth saying without a "perhaps": the interval leaves zero out and q is below
    /// 0.05.
    [[nodiscard]] bool certain() const { return qValue < 0.05 && directed(); }
    /// @return whether the interval leaves zero out: the direction, at least, is no accident of a few
    /// samples.
    [[nodiscard]] bool directed() const { return effectLow > 0 || effectHigh < 0; }
};

/// What tells selected samples from others, feature by feature. Up to 20,000 samples a side are looked at,
/// one at random from each stretch of equal length; always the same for the same input.
///
/// Samples that follow each other repeat each other, so n of them are worth n / t independent ones, where t,
/// the correlation time of the ranks, is found by joining neighbours into ever longer blocks
/// (ml::TimeBlocks). The interval comes from 400 resamples of such blocks of each side; each moves both
/// medians and the pooled MAD (Bahadur's representation). The p value is Mann-Whitney's, two-sided, with tie
/// and continuity correction, of n / t samples a side, its tail that of Student's t where t had to be
/// estimated. Who selects by looking at the picture has looked at these features: p and q then tell how clear
/// a difference is, not whether it would come again.
/// @param x n x schema.size() @param sides n, in time order: a change of side or a gap ends a run
/// @return one row per feature with at least 3 values on both sides, directed() ones first, then largest
/// |effect|. Nothing when sizes do not fit.
/// @source Mann & Whitney 1947; Bayley & Hammersley 1946 (effective number of samples); Flyvbjerg & Petersen
/// 1989; Kuensch 1989; Bahadur 1966; Benjamini & Hochberg 1995; Cliff 1993
std::vector<Difference> whyDifferent(const schema::Schema &schema, ml::MatrixView x,
                                     std::span<const Side> sides);

/// Both sides of one feature over common bins.
struct TwinHistogram {
    int column = 0;
    bool logarithmic = false; ///< edges are evenly apart on log1p
    /// bins + 1, rising, in the feature's unit: from the smaller of the sides' 1st percentiles to the larger
    /// of their 99th, so that a few selected far out keep their shape; what lies beyond is in the outermost
    /// bins. Empty when sizes do not fit.
    std::vector<double> edges;
    std::vector<std::uint64_t> selected, others; ///< bins each
    std::uint64_t missingSelected = 0, missingOthers = 0;
};
/// @param bins 4..200
TwinHistogram twinHistogram(const schema::Schema &schema, ml::MatrixView x, std::span<const Side> sides,
                            int column, int bins = 32);

} // namespace statescape::model
