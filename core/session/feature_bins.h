// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/column.h"
#include "core/feature/sample_log.h"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

namespace statescape::session {

/// Counts by code, see FeatureBins.
using BinCounts = std::array<std::uint64_t, 256>;

/// One feature's values as one byte a row, so that a million rows are counted again in a millisecond whenever
/// the selection changes. Codes 0..kBins - 1 are bins, kMissing and kBeyond the rest.
/// @thread one writer; built on any thread and handed over whole
class FeatureBins {
public:
    static constexpr int kBins = 240;
    static constexpr std::uint8_t kMissing = 254; ///< whatever the reason
    static constexpr std::uint8_t kBeyond = 255;  ///< below the first edge or not below the last

    /// Edges from what is there: all of it where a few far values would not squeeze the rest, else the middle
    /// 99 %. Evenly apart, on log1p where the schema says heavy-tailed.
    /// @param columns schema columns @return one per column in that order; empty when stopped
    static std::vector<std::unique_ptr<FeatureBins>> build(const feature::SampleLog::View &samples,
                                                           std::span<const int> columns,
                                                           const std::stop_token &stop = {});

    /// Takes rows [rows(), samples.rows()) in. @pre the same log
    void append(const feature::SampleLog::View &samples);

    [[nodiscard]] int column() const { return m_column; }
    [[nodiscard]] bool logarithmic() const { return m_log; }
    [[nodiscard]] std::size_t rows() const { return m_codes.size(); }
    [[nodiscard]] std::uint8_t code(std::size_t row) const { return m_codes[row]; }
    /// @return the code @p value gets.
    [[nodiscard]] std::uint8_t codeOf(float value) const;
    /// @return lower end of bin @p bin in the feature's unit; kBins: upper end of the last. @param bin
    /// 0..kBins
    [[nodiscard]] double edge(int bin) const { return double(m_edges[std::size_t(bin)]); }
    /// @return the share 0..1 of the axis at which @p value lies; outside when beyond.
    [[nodiscard]] double placeOf(double value) const;

    /// Of all rows.
    [[nodiscard]] const BinCounts &all() const { return m_all; }
    /// Of the rows flagged; rows beyond the flags are not. One pass over both.
    [[nodiscard]] BinCounts count(std::span<const std::uint8_t> flags) const;
    /// @return flags, rows() of them: those with a code in [firstCode, lastCode].
    [[nodiscard]] std::vector<std::uint8_t> rowsWith(std::uint8_t firstCode, std::uint8_t lastCode) const;
    /// @return about the median of the counted values that lie in bins or beyond them, in the feature's unit:
    /// the mean of all values in the bin where it lies, so right to 1/kBins of the axis; nothing when there
    /// is none, or it lies beyond.
    [[nodiscard]] std::optional<double> median(const BinCounts &counts) const;
    /// @return whether so much lies beyond that the edges should be chosen again.
    [[nodiscard]] bool outgrown() const;

private:
    FeatureBins(int column, bool logarithmic)
        : m_column(column)
        , m_log(logarithmic)
    {
        setEdges();
    }
    void setEdges();
    void chooseEdges(std::vector<float> values);
    void take(std::span<const float> values);

    int m_column;
    bool m_log;
    double m_low = 0, m_width = 1;    ///< on the axis' scale
    std::array<float, 256> m_edges{}; ///< kBins + 1 in the feature's unit, then infinite
    double m_beyondAtFirst = 0;       ///< share of rows beyond the edges when they were chosen
    std::size_t m_rowsAtFirst = 0;
    base::Column<std::uint8_t> m_codes;
    BinCounts m_all{};
    std::array<std::uint64_t, 2> m_beyond{}; ///< below, above
    std::array<double, kBins> m_sums{};      ///< of the values in each bin, in the feature's unit
};

} // namespace statescape::session
