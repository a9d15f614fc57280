// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/feature_bins.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace statescape::session {
namespace {

constexpr std::size_t kMostLookedAt = 65'536; // rows that edges are chosen from
constexpr double kTail = 0.005;               // left out on each side where it would squeeze the rest
constexpr double kRoom = 1.6;                 // how much wider the whole may be than its middle
constexpr std::size_t kStopEvery = 8192;      // rows between looks at the stop token
constexpr std::size_t kYoung = 4096;          // rows up to which edges are chosen at every doubling
constexpr double kBeyondAllowed = 0.02;       // more new rows beyond than this: edges are chosen again

double toScale(double value, bool logarithmic)
{
    return logarithmic ? std::log1p(std::max(value, 0.0)) : value;
}

double fromScale(double value, bool logarithmic)
{
    return logarithmic ? std::expm1(value) : value;
}

// Four tables: neighbouring rows often fall into one bin, and each count would wait for the one before.
struct Tables {
    std::array<std::array<std::uint32_t, 256>, 4> counts{};

    void every(std::span<const std::uint8_t> codes)
    {
        std::size_t i = 0;
        for (; i + 4 <= codes.size(); i += 4) {
            ++counts[0][codes[i]];
            ++counts[1][codes[i + 1]];
            ++counts[2][codes[i + 2]];
            ++counts[3][codes[i + 3]];
        }
        for (; i < codes.size(); ++i)
            ++counts[0][codes[i]];
    }
    void flagged(std::span<const std::uint8_t> codes, const std::uint8_t *flags)
    {
        constexpr std::uint64_t kAllSet = 0x0101010101010101U;
        std::size_t i = 0;
        for (; i + 8 <= codes.size(); i += 8) {
            std::uint64_t eight = 0;
            std::memcpy(&eight, flags + i, 8);
            if (eight == 0)
                continue;
            if (eight == kAllSet) {
                every(codes.subspan(i, 8));
                continue;
            }
            for (std::size_t k = 0; k < 8; ++k)
                counts[k % 4][codes[i + k]] += flags[i + k] != 0 ? 1 : 0;
        }
        for (; i < codes.size(); ++i)
            counts[0][codes[i]] += flags[i] != 0 ? 1 : 0;
    }
};

} // namespace

std::vector<std::unique_ptr<FeatureBins>> FeatureBins::build(const feature::SampleLog::View &samples,
                                                             std::span<const int> columns,
                                                             const std::stop_token &stop)
{
    std::vector<std::unique_ptr<FeatureBins>> out;
    const std::size_t rows = samples.rows();
    const std::size_t step = std::max<std::size_t>(1, (rows + kMostLookedAt - 1) / kMostLookedAt);
    for (const int column : columns) {
        const bool heavy = samples.sharedSchema() && samples.schema()[std::size_t(column)].log1p;
        out.push_back(std::unique_ptr<FeatureBins>(new FeatureBins(column, heavy)));
        std::vector<float> seen;
        seen.reserve(rows / step + 1);
        for (std::size_t row = 0; row < rows; row += step) {
            if (row % kStopEvery < step && stop.stop_requested())
                return {};
            if (const float value = samples.at(row, std::size_t(column)); std::isfinite(value))
                seen.push_back(value);
        }
        out.back()->chooseEdges(std::move(seen));
    }
    // Row by row for all columns at once: a sample's values lie together.
    std::vector<std::vector<float>> block(columns.size());
    for (std::size_t first = 0; first < rows; first += kStopEvery) {
        if (stop.stop_requested())
            return {};
        const std::size_t end = std::min(rows, first + kStopEvery);
        for (auto &values : block)
            values.resize(end - first);
        for (std::size_t row = first; row < end; ++row) {
            const auto values = samples.row(row);
            for (std::size_t c = 0; c < columns.size(); ++c)
                block[c][row - first] = values[std::size_t(columns[c])];
        }
        for (std::size_t c = 0; c < columns.size(); ++c)
            out[c]->take(block[c]);
    }
    for (auto &bins : out) {
        bins->m_rowsAtFirst = rows;
        bins->m_beyondAtFirst = rows == 0 ? 0 : double(bins->m_all[kBeyond]) / double(rows);
    }
    return out;
}

void FeatureBins::chooseEdges(std::vector<float> values)
{
    if (values.empty())
        return;
    std::sort(values.begin(), values.end());
    const auto at = [&](double share) {
        return toScale(double(values[std::size_t(share * double(values.size() - 1) + 0.5)]), m_log);
    };
    double low = at(0), high = at(1);
    const double middleLow = at(kTail), middleHigh = at(1 - kTail);
    if (middleHigh > middleLow && high - low > kRoom * (middleHigh - middleLow)) {
        low = middleLow;
        high = middleHigh;
    }
    // A little air, so that the largest value and what comes soon after lie inside; nothing that cannot be
    // negative starts below zero.
    const double air = high > low ? 0.03 * (high - low) : std::max(0.5 * std::abs(high), m_log ? 0.7 : 1.0);
    const bool fromZero = low >= 0 && low - air < 0;
    m_low = fromZero ? 0 : low - air;
    m_width = high + air - m_low;
    setEdges();
}

void FeatureBins::append(const feature::SampleLog::View &samples)
{
    std::vector<float> values;
    values.reserve(samples.rows() - std::min(rows(), samples.rows()));
    for (std::size_t row = rows(); row < samples.rows(); ++row)
        values.push_back(samples.at(row, std::size_t(m_column)));
    take(values);
}

void FeatureBins::setEdges()
{
    m_edges.fill(std::numeric_limits<float>::infinity());
    for (std::size_t bin = 0; bin <= kBins; ++bin)
        m_edges[bin] = float(fromScale(m_low + m_width * double(bin) / kBins, m_log));
}

std::uint8_t FeatureBins::codeOf(float value) const
{
    if (std::isnan(value))
        return kMissing;
    if (!(value >= m_edges[0] && value < m_edges[kBins]))
        return kBeyond;
    // Eight steps without a branch; a logarithm would cost three times as much.
    std::size_t bin = 0;
    for (std::size_t step = m_edges.size() / 2; step > 0; step /= 2)
        bin += value >= m_edges[bin + step] ? step : 0;
    return std::uint8_t(bin);
}

double FeatureBins::placeOf(double value) const
{
    // log1p cannot tell negative values from zero; a feature on this scale has none unless it is broken.
    if (m_log && value < 0)
        return -1;
    return (toScale(value, m_log) - m_low) / m_width;
}

void FeatureBins::take(std::span<const float> values)
{
    std::vector<std::uint8_t> codes(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::uint8_t code = codes[i] = codeOf(values[i]);
        ++m_all[code];
        if (code < kBins)
            m_sums[code] += double(values[i]);
        else if (code == kBeyond)
            ++m_beyond[values[i] < m_edges[0] ? 0 : 1];
    }
    m_codes.append(codes);
}

BinCounts FeatureBins::count(std::span<const std::uint8_t> flags) const
{
    Tables tables;
    const auto codes = m_codes.view();
    codes.forEachRun(0, flags.size(), [&](std::size_t first, std::span<const std::uint8_t> piece) {
        tables.flagged(piece, flags.data() + first);
    });
    BinCounts out{};
    for (const auto &table : tables.counts)
        for (std::size_t code = 0; code < out.size(); ++code)
            out[code] += table[code];
    return out;
}

std::vector<std::uint8_t> FeatureBins::rowsWith(std::uint8_t firstCode, std::uint8_t lastCode) const
{
    std::vector<std::uint8_t> out(rows());
    const auto width = std::uint8_t(lastCode - firstCode);
    m_codes.view().forEachRun(0, rows(), [&](std::size_t first, std::span<const std::uint8_t> piece) {
        for (std::size_t i = 0; i < piece.size(); ++i)
            out[first + i] = std::uint8_t(piece[i] - firstCode) <= width ? 1 : 0;
    });
    return out;
}

std::optional<double> FeatureBins::median(const BinCounts &counts) const
{
    std::uint64_t total = counts[kBeyond];
    for (int bin = 0; bin < kBins; ++bin)
        total += counts[std::size_t(bin)];
    if (total == 0)
        return std::nullopt;
    // What of these lies below the edges is not counted apart; take it in the proportion all rows have.
    const std::uint64_t beyond = m_beyond[0] + m_beyond[1];
    double below = beyond == 0 ? 0 : double(counts[kBeyond]) * double(m_beyond[0]) / double(beyond);
    const double half = double(total) / 2;
    if (below >= half)
        return std::nullopt;
    for (std::size_t bin = 0; bin < std::size_t(kBins); ++bin) {
        below += double(counts[bin]);
        if (below >= half && counts[bin] > 0)
            return m_sums[bin] / double(m_all[bin]);
    }
    return std::nullopt;
}

bool FeatureBins::outgrown() const
{
    // The first samples of a session say little about the range to come.
    if (m_rowsAtFirst < kYoung && rows() >= 2 * m_rowsAtFirst + 8)
        return true;
    if (rows() < 2 * m_rowsAtFirst && rows() < m_rowsAtFirst + kMostLookedAt)
        return false;
    return double(m_all[kBeyond]) > (m_beyondAtFirst + kBeyondAllowed) * double(rows());
}

} // namespace statescape::session
