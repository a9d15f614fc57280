// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/calibration.h"
#include "core/ml/isolation_forest.h"
#include "core/ml/mahalanobis.h"
#include "core/ml/matrix.h"
#include "core/ml/pca_residual.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace statescape::ml {

enum class AbnormalPart : std::uint8_t {
    Centres,     ///< to the nearest k-means centre, by the shrunk covariance of rows around their centres
    Residual,    ///< distance to the plane of principal components
    Mahalanobis, ///< from the mean, by a trimmed, shrunk covariance
    Isolation,   ///< isolation forest
};
inline constexpr std::size_t kAbnormalParts = 4;
std::string_view nameOf(AbnormalPart part);

struct AbnormalityOptions {
    int centres = 8;        ///< 1 and above
    double explained = 0.9; ///< 0..1, share of variance the plane keeps
    double trim = 0.05;     ///< 0..0.5, for the covariance
    int trees = 100;
    int blocks = 20; ///< runs of neighbouring rows that fit or calibrate as a whole, 4 and above
    std::uint64_t seed = 1;
};

/// How abnormal a row is among good ones, as 1 minus the share of good rows at least as strange. Two thirds
/// of the blocks of rows fit the parts; the rest say how rare each part's score is, how rare their weighted
/// sum of log shares is, and, on blocks used for nothing else, whether those shares are true. Weights are
/// those that tell good rows from invented ones: columns mixed from several rows, columns far off, places
/// between and beyond. Immutable; any thread.
/// @source after Fisher 1932 (sum of log shares; weighted, and with its own empirical law, for the parts are
/// not independent)
class Abnormality {
public:
    /// @param good n x d, finite, scaled, rows in time order
    /// @error NotEnoughData fewer than 60 rows; InvalidArgument options, a value that is not finite;
    /// Cancelled
    static base::Result<Abnormality> fit(MatrixView good, const AbnormalityOptions &options = {},
                                         const base::Progress &progress = {});

    struct Score {
        double abnormality = 0;                    ///< 0..1
        double surprise = 0;                       ///< -ln(1 - abnormality), which never runs out of digits
        std::array<double, kAbnormalParts> part{}; ///< the same by each part alone, as surprise
    };
    /// @param row d values. O(d (centres + d) + trees)
    [[nodiscard]] Score score(std::span<const float> row) const;
    /// @param x m x d @error InvalidArgument another number of columns
    [[nodiscard]] base::Result<std::vector<Score>> score(MatrixView x) const;
    /// @return how much each part's surprise counts, and behind those how much what of it is beyond 4 counts;
    /// sum 1
    [[nodiscard]] const std::array<double, 2 * kAbnormalParts> &weights() const { return m_weights; }
    /// @return largest error of "a share p of good rows has abnormality 1 - p or more" on good rows that
    /// nothing was fitted with, 0..1
    [[nodiscard]] double calibrationError() const { return m_calibrationError; }
    [[nodiscard]] std::uint64_t calibrationRows() const { return m_calibrationRows; }

private:
    Abnormality() = default;
    [[nodiscard]] std::array<double, kAbnormalParts> raw(std::span<const float> row) const;
    Eigen::MatrixXf m_centres; ///< d x centres, in the metric
    Eigen::MatrixXd m_metric;  ///< lower triangle: rows around their centre become round
    std::optional<PcaResidual> m_residual;
    std::optional<Mahalanobis> m_mahalanobis;
    std::optional<IsolationForest> m_forest;
    std::vector<TailShare> m_tails;                     ///< per part
    std::array<double, 2 * kAbnormalParts> m_weights{}; ///< of each part's surprise, and of what goes beyond
    std::optional<TailShare> m_together;
    double m_calibrationError = 0;
    std::uint64_t m_calibrationRows = 0;
};

} // namespace statescape::ml
