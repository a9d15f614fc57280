// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/preparer.h"

#include "core/ml/statistics.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace statescape::model {
using base::Code;
using base::Unit;
using Index = Eigen::Index;

namespace {
constexpr double kMostMissing = 0.9;
constexpr double kMostMissingInRow = 0.5;

bool usable(float value)
{
    return std::isfinite(value);
}

float transformed(const schema::Feature &feature, float value)
{
    return feature.log1p ? ml::signedLog1p(value) : value;
}

/// A robust spread ignores rare states altogether; held to this share of the standard deviation they stay
/// inside the clip.
constexpr double kLeastOfDeviation = 0.2;

PreparedColumn fitOne(const schema::Feature &feature, std::vector<float> &values, ml::ScaleKind kind,
                      bool &constant)
{
    PreparedColumn column;
    column.feature = feature;
    const ml::ColumnScale scale = ml::fitColumn(values, kind);
    const double floor = leastScale(feature, scale.centre);
    constant = scale.constant || scale.standardDeviation <= 1e-6 * std::fabs(scale.centre);
    column.centre = scale.centre;
    column.scale = std::max({scale.scale, floor, kLeastOfDeviation * scale.standardDeviation});
    return column;
}

std::string listed(const std::vector<std::string> &keys)
{
    std::string out;
    for (std::size_t i = 0; i < keys.size() && i < 8; ++i)
        out += (i > 0 ? ", " : "") + keys[i];
    return keys.size() > 8 ? out + fmt::format(" and {} more", keys.size() - 8) : out;
}
} // namespace

double leastScale(const schema::Feature &feature, double centre)
{
    const double rounding = 1e-6 * std::fabs(centre);
    if (feature.probe.empty())
        return rounding;
    if (feature.log1p)
        return 0.02; // two per cent of the value
    if (feature.unit == Unit::Percent)
        return 0.1;
    return feature.unit == Unit::Count ? 0.05 : rounding;
}

Preparer::Preparer(std::vector<PreparedColumn> columns)
    : m_columns(std::move(columns))
{
    std::vector<ml::ScorerColumn> scales;
    for (const auto &column : m_columns) {
        m_features.push_back(column.feature);
        scales.push_back({column.feature.log1p, column.centre, column.scale});
    }
    m_scaler = ml::RowScaler(scales, kClip);
    for (std::size_t j = 0; j < m_columns.size(); ++j) {
        m_quiet.push_back(m_scaler.scaled(j, m_columns[j].low));
        m_missing.push_back(m_scaler.scaled(j, m_columns[j].median));
    }
}

base::Result<Preparer::Fit> Preparer::fit(const schema::Schema &schema, ml::MatrixView x,
                                          std::span<const int> columns, ml::ScaleKind kind,
                                          const base::Progress &progress, WhenConstant constant)
{
    if (static_cast<std::size_t>(x.cols()) != schema.size())
        return base::fail(Code::InvalidArgument,
                          fmt::format("samples have {} columns, their schema {}", x.cols(), schema.size()));
    std::vector<int> kept;
    std::vector<std::string> mostlyMissing;
    std::uint64_t infinite = 0;
    for (const int column : columns) {
        Index present = 0;
        for (Index i = 0; i < x.rows(); ++i) {
            present += usable(x(i, column)) ? 1 : 0;
            infinite += std::isinf(x(i, column)) ? 1 : 0;
        }
        if (present > 0 && static_cast<double>(present) >= (1 - kMostMissing) * static_cast<double>(x.rows()))
            kept.push_back(column);
        else
            mostlyMissing.push_back(schema[static_cast<std::size_t>(column)].key);
    }
    Fit fit{Preparer({}), {}, {}, {}};
    if (!mostlyMissing.empty())
        fit.notes.push_back(
            fmt::format("left out, missing in more than 90 % of samples: {}", listed(mostlyMissing)));
    if (infinite > 0)
        fit.notes.push_back(fmt::format("{} infinite values were taken as missing", infinite));
    if (kept.empty())
        return base::fail(Code::NotEnoughData, "every feature is missing in more than 90 % of the samples",
                          "record with more probes, or name other features");

    for (Index i = 0; i < x.rows(); ++i) {
        std::size_t missing = 0;
        for (const int column : kept) {
            const float value = x(i, column);
            missing += usable(value) || schema::missingReason(value) == schema::Missing::NoEvents ? 0 : 1;
        }
        if (static_cast<double>(missing) <= kMostMissingInRow * static_cast<double>(kept.size()))
            fit.rows.push_back(static_cast<std::uint32_t>(i));
    }
    if (const auto dropped = static_cast<std::uint64_t>(x.rows()) - fit.rows.size(); dropped > 0)
        fit.notes.push_back(fmt::format(
            "{} of {} samples left out: more than half of their features are missing", dropped, x.rows()));

    std::vector<PreparedColumn> prepared;
    std::vector<PreparedColumn> same;
    std::vector<int> sameColumns;
    std::vector<std::string> constants;
    std::vector<float> values;
    for (const int column : kept) {
        if (progress.stopped())
            return base::fail(Code::Cancelled, "preparing the samples stopped on request");
        const auto &feature = schema[static_cast<std::size_t>(column)];
        values.clear();
        for (const auto row : fit.rows)
            if (const float value = x(row, column); usable(value))
                values.push_back(transformed(feature, value));
        const auto low = static_cast<float>(ml::quantileInPlace(values, 0.01));
        const auto median = static_cast<float>(ml::medianInPlace(values));
        bool flat = false;
        PreparedColumn one = fitOne(feature, values, kind, flat);
        one.low = low;
        one.median = median;
        if (flat) {
            constants.push_back(feature.key);
            same.push_back(std::move(one));
            sameColumns.push_back(column);
            continue;
        }
        prepared.push_back(std::move(one));
        fit.columns.push_back(column);
    }
    const bool nothingVaries = prepared.empty() && !fit.rows.empty();
    if (nothingVaries && constant == WhenConstant::Keep) {
        prepared = std::move(same);
        fit.columns = std::move(sameColumns);
    }
    if (!constants.empty())
        fit.notes.push_back(fmt::format("{}the same in every sample: {}", nothingVaries ? "" : "left out, ",
                                        listed(constants)));
    if (prepared.empty() || fit.rows.empty())
        return base::fail(Code::NotEnoughData,
                          fmt::format("no feature varies over {} usable samples", fit.rows.size()),
                          "record for longer, or while something happens");
    fit.preparer = Preparer(std::move(prepared));
    return fit;
}

bool Preparer::apply(std::span<const float> row, std::span<const int> columns, std::span<float> out) const
{
    const std::size_t size = m_columns.size();
    std::size_t absent = 0;
    for (std::size_t j = 0; j < size; ++j) {
        const float raw = columns[j] < 0 ? NAN : row[static_cast<std::size_t>(columns[j])];
        absent += usable(raw) ? 0 : 1;
        out[j] = usable(raw) ? raw : 0;
    }
    m_scaler.scale(out.data(), out.data());
    if (absent == 0)
        return true;
    std::size_t missing = 0;
    for (std::size_t j = 0; j < size; ++j) {
        const float raw = columns[j] < 0 ? schema::missingValue(schema::Missing::Disabled)
                                         : row[static_cast<std::size_t>(columns[j])];
        if (usable(raw))
            continue;
        const bool quiet = schema::missingReason(raw) == schema::Missing::NoEvents;
        out[j] = quiet ? m_quiet[j] : m_missing[j];
        missing += quiet ? 0 : 1;
    }
    return static_cast<double>(missing) <= kMostMissingInRow * static_cast<double>(size);
}

std::vector<int> Preparer::locate(const schema::Schema &schema) const
{
    std::vector<int> out;
    for (const auto &column : m_columns) {
        const int index = schema.indexOf(column.feature);
        const bool fits = index >= 0 && schema[static_cast<std::size_t>(index)].unit == column.feature.unit;
        out.push_back(fits ? index : -1);
    }
    return out;
}

std::vector<int> usableColumns(const schema::Schema &schema, bool includeLevels)
{
    std::vector<int> out;
    for (std::size_t i = 0; i < schema.size(); ++i) {
        const auto &feature = schema[i];
        if (includeLevels || feature.kind != schema::FeatureKind::Level || feature.probe.empty())
            out.push_back(static_cast<int>(i));
    }
    return out;
}

} // namespace statescape::model
