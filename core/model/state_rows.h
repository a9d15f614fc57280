// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/ml/matrix.h"
#include "core/model/judge.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

/// Which rows, and in which space: what every way of finding states starts from.
namespace statescape::model::states {

/// Folds of time blocks that distances are calibrated by.
inline constexpr int kFolds = 6;
/// Prototypes are placed and distances measured on at most this many rows; more only cost time.
inline constexpr std::size_t kMostFitRows = 20000;

using Rows = std::vector<std::size_t>;

ml::Matrix take(ml::MatrixView z, std::span<const std::size_t> rows);
/// @return at most @p most of them, drawn at random, in their order.
Rows thinned(Rows rows, std::size_t most, std::uint64_t seed);
/// @return at most @p most of 0..n-1, evenly apart.
Rows evenRows(std::size_t n, std::size_t most);
Rows allRows(std::size_t n);

/// The rows of a JudgeInput by class and by time. Keeps views.
struct RowTable {
    explicit RowTable(const JudgeInput &in);

    const JudgeInput &in;
    std::size_t n = 0;
    std::vector<Rows> rowsOf;         ///< per class
    std::vector<std::size_t> classes; ///< that have rows, rising
    std::vector<int> fold;            ///< n, 0..kFolds-1, by time block

    [[nodiscard]] bool labelled() const { return !classes.empty(); }
    /// @return whether a sample of this class says what good looks like: positive ones do; where nothing is
    /// positive, all that is not negative.
    [[nodiscard]] bool good(int classIndex) const;
    /// @return whether row @p i is known to be good; without any label every row is taken for it.
    [[nodiscard]] bool goodRow(std::size_t i) const;

private:
    bool m_anyPositive = false;
};

/// The space in which distances are Euclidean: the scaled one, or one turned so that labelled classes are
/// round, and for each fold what that would have been without the fold's rows.
class Space {
public:
    /// The scaled space itself. Keeps a view of table.in.z.
    explicit Space(const RowTable &table);
    /// Turned by within-class whitening; the scaled space itself where labels are too few for that.
    /// @error Cancelled
    static base::Result<Space> whitened(const RowTable &table, std::uint64_t seed,
                                        const base::Progress &progress);

    [[nodiscard]] bool turned() const { return m_forward.size() > 0; }
    [[nodiscard]] const ml::Matrix &forward() const { return m_forward; }   ///< d x d symmetric, or empty
    [[nodiscard]] const ml::Matrix &backward() const { return m_backward; } ///< its inverse
    /// @return all rows, n x d
    [[nodiscard]] ml::MatrixView z() const;
    /// @param fold -1: of the judge itself
    [[nodiscard]] ml::Matrix rows(std::span<const std::size_t> rows, int fold = -1) const;

private:
    base::Result<> turn(const base::Progress &progress);
    ml::MatrixView m_raw;
    ml::Matrix m_forward, m_backward;
    std::vector<ml::Matrix> m_foldForward; ///< kFolds, empty ones for the scaled space
    ml::Matrix m_z;
};

} // namespace statescape::model::states
