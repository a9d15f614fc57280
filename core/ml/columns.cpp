// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/columns.h"

#include "core/ml/covariance.h"
#include "core/ml/statistics.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
/// Share of a fitted column below @p value; the middle of a run of equal quantiles.
float shareBelow(const std::vector<float> &quantiles, float value)
{
    if (quantiles.empty() || std::isnan(value))
        return std::numeric_limits<float>::quiet_NaN();
    if (value >= quantiles.back() && value > quantiles.front())
        return 1;
    if (value <= quantiles.front())
        return 0;
    const auto last = static_cast<double>(quantiles.size() - 1);
    const auto above = std::upper_bound(quantiles.begin(), quantiles.end(), value);
    const auto from = std::lower_bound(quantiles.begin(), above, value);
    // Rising and falling interpolation see a run of equal quantiles from its two ends.
    if (above - from >= 1) {
        const double low = static_cast<double>(from - quantiles.begin());
        const double high = static_cast<double>(above - 1 - quantiles.begin());
        return static_cast<float>(0.5 * (low + high) / last);
    }
    const double below = *(above - 1);
    const double part = (value - below) / (static_cast<double>(*above) - below);
    return static_cast<float>((static_cast<double>(above - 1 - quantiles.begin()) + part) / last);
}

struct Present {
    std::vector<float> values;
    std::size_t missing = 0;
};

Present presentValues(MatrixView x, Index column)
{
    Present out;
    for (Index i = 0; i < x.rows(); ++i) {
        if (std::isfinite(x(i, column)))
            out.values.push_back(x(i, column));
        else
            ++out.missing;
    }
    return out;
}
} // namespace

base::Result<QuantileScaler> QuantileScaler::fit(MatrixView x, int quantiles)
{
    if (x.rows() == 0 || x.cols() == 0)
        return base::fail(Code::NotEnoughData,
                          fmt::format("nothing to scale: {} x {} values", x.rows(), x.cols()));
    if (quantiles < 2)
        return base::fail(Code::InvalidArgument, fmt::format("{} quantiles, 2 are the least", quantiles));
    std::vector<std::vector<float>> out;
    for (Index j = 0; j < x.cols(); ++j) {
        std::vector<float> values;
        for (Index i = 0; i < x.rows(); ++i) {
            if (std::isinf(x(i, j)))
                return base::fail(Code::InvalidArgument,
                                  fmt::format("infinite value in row {} column {}", i, j));
            if (!std::isnan(x(i, j)))
                values.push_back(x(i, j));
        }
        std::sort(values.begin(), values.end());
        std::vector<float> column;
        const std::size_t count =
            std::min<std::size_t>(static_cast<std::size_t>(quantiles), static_cast<std::size_t>(x.rows()));
        for (std::size_t q = 0; q < count && !values.empty(); ++q) {
            const double position = count > 1 ? static_cast<double>(q) / static_cast<double>(count - 1) *
                                                    static_cast<double>(values.size() - 1)
                                              : 0;
            const auto low = static_cast<std::size_t>(position);
            const std::size_t high = std::min(low + 1, values.size() - 1);
            const double part = position - static_cast<double>(low);
            column.push_back(
                static_cast<float>(values[low] + part * (static_cast<double>(values[high]) - values[low])));
        }
        out.push_back(std::move(column));
    }
    return QuantileScaler(std::move(out));
}

base::Result<Matrix> QuantileScaler::transform(MatrixView x) const
{
    if (static_cast<std::size_t>(x.cols()) != m_quantiles.size())
        return base::fail(Code::InvalidArgument,
                          fmt::format("scaler fitted on {} columns, got {}", m_quantiles.size(), x.cols()));
    Matrix out(x.rows(), x.cols());
    for (Index i = 0; i < x.rows(); ++i)
        for (Index j = 0; j < x.cols(); ++j)
            out(i, j) = shareBelow(m_quantiles[static_cast<std::size_t>(j)], x(i, j));
    return out;
}

base::Result<FilledRows> fillMissing(MatrixView x, std::span<const Missing> rules)
{
    const auto d = static_cast<std::size_t>(x.cols());
    if (rules.size() != d && rules.size() != 1)
        return base::fail(Code::InvalidArgument, fmt::format("{} rules for {} columns", rules.size(), d));
    const auto rule = [&](Index column) {
        return rules[rules.size() == 1 ? 0 : static_cast<std::size_t>(column)];
    };
    FilledRows out;
    std::vector<float> median(d, 0);
    std::vector<int> indicators;
    std::size_t filled = 0;
    for (Index j = 0; j < x.cols(); ++j) {
        Present present = presentValues(x, j);
        if (present.values.empty()) {
            out.notes.push_back(fmt::format("column {} has no value and was left out", j));
            continue;
        }
        out.columns.push_back(static_cast<int>(j));
        median[static_cast<std::size_t>(j)] = static_cast<float>(medianInPlace(present.values));
        if (rule(j) != Missing::DropRow)
            filled += present.missing;
        if (rule(j) == Missing::Indicator && present.missing > 0)
            indicators.push_back(static_cast<int>(j));
    }
    for (Index i = 0; i < x.rows(); ++i)
        if (std::all_of(out.columns.begin(), out.columns.end(), [&](int column) {
                return rule(column) != Missing::DropRow || std::isfinite(x(i, column));
            }))
            out.rows.push_back(static_cast<std::uint32_t>(i));
    if (out.rows.empty() || out.columns.empty())
        return base::fail(Code::NotEnoughData,
                          fmt::format("no complete row is left of {} x {} values", x.rows(), x.cols()));
    const std::size_t plain = out.columns.size();
    for (const int column : indicators)
        out.columns.push_back(-1 - column);
    out.x.resize(static_cast<Index>(out.rows.size()), static_cast<Index>(out.columns.size()));
    for (std::size_t r = 0; r < out.rows.size(); ++r)
        for (std::size_t c = 0; c < out.columns.size(); ++c) {
            const int column = c < plain ? out.columns[c] : -1 - out.columns[c];
            const float value = x(static_cast<Index>(out.rows[r]), column);
            const bool missing = !std::isfinite(value);
            out.x(static_cast<Index>(r), static_cast<Index>(c)) =
                c >= plain ? (missing ? 1.0F : 0.0F)
                : missing  ? median[static_cast<std::size_t>(column)]
                           : value;
        }
    if (const std::size_t dropped = static_cast<std::size_t>(x.rows()) - out.rows.size(); dropped > 0)
        out.notes.push_back(fmt::format("{} of {} rows left out: a value is missing", dropped, x.rows()));
    if (filled > 0)
        out.notes.push_back(fmt::format("{} missing values stand as their column's median", filled));
    return out;
}

std::vector<int> constantColumns(MatrixView x)
{
    std::vector<int> out;
    for (Index j = 0; j < x.cols(); ++j) {
        bool varies = false;
        float first = std::numeric_limits<float>::quiet_NaN();
        for (Index i = 0; i < x.rows() && !varies; ++i) {
            const float value = x(i, j);
            if (std::isnan(first))
                first = value;
            varies = !std::isnan(value) && value != first;
        }
        if (!varies)
            out.push_back(static_cast<int>(j));
    }
    return out;
}

base::Result<std::vector<NearDuplicate>> nearDuplicates(MatrixView x, double least,
                                                        const base::Progress &progress)
{
    if (x.rows() < 3)
        return base::fail(Code::NotEnoughData, fmt::format("correlation of {} rows", x.rows()));
    if (!(least > 0 && least <= 1))
        return base::fail(Code::InvalidArgument, fmt::format("correlation {} outside 0 to 1", least));
    STATESCAPE_TRY(const Covariance covariance, covarianceOf(x, 0, progress));
    const Eigen::VectorXd variance = covariance.matrix.diagonal();
    // Rounding alone makes a spread of this share of the mean.
    const auto varies = [&](Index j) {
        return variance[j] > 1e-24 * covariance.mean[j] * covariance.mean[j] && variance[j] > 0;
    };
    std::vector<NearDuplicate> out;
    for (Index a = 0; a < x.cols(); ++a)
        for (Index b = a + 1; b < x.cols() && varies(a); ++b) {
            if (!varies(b))
                continue;
            const double correlation =
                covariance.matrix(a, b) / (std::sqrt(variance[a]) * std::sqrt(variance[b]));
            if (std::fabs(correlation) >= least * (1 - 1e-12))
                out.push_back({static_cast<int>(a), static_cast<int>(b), std::clamp(correlation, -1.0, 1.0)});
        }
    std::stable_sort(out.begin(), out.end(), [](const NearDuplicate &a, const NearDuplicate &b) {
        return std::fabs(a.correlation) > std::fabs(b.correlation);
    });
    return out;
}

std::string sentenceOf(const NearDuplicate &pair, std::span<const std::string> names)
{
    const auto name = [&](int column) {
        const auto index = static_cast<std::size_t>(column);
        return index < names.size() ? names[index] : fmt::format("column {}", column);
    };
    return fmt::format("{} says {} {} (correlation {:.4f})", name(pair.second),
                       pair.correlation < 0 ? "the opposite of" : "the same as", name(pair.first),
                       pair.correlation);
}

} // namespace statescape::ml
