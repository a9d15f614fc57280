// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/projection.h"

#include "core/ml/parallel.h"
#include "core/ml/pca.h"
#include "core/ml/row_axes.h"
#include "core/model/json_io.h"
#include "core/model/preparer.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <numeric>

namespace statescape::model {
using base::Code;
using Index = Eigen::Index;

namespace {
constexpr int kMostComponents = 8;
/// Fitted beyond what is shown: the last axis shown may trade places with them from fit to fit, and alignment
/// needs both.
constexpr int kSpare = 2;
constexpr std::size_t kLeastRows = 3;
/// Rows a thread takes at a time.
constexpr Index kTogether = 2048;
constexpr int kVersion = 1;
constexpr std::string_view kFormat = "statescape-projection";
/// Loadings below this share of the axis's largest are not worth a name.
constexpr double kNamedShare = 0.6;

Eigen::MatrixXd loadingsByKey(const Preparer &from, const Eigen::MatrixXd &loadings, const Preparer &to)
{
    std::map<std::string_view, Index> index;
    for (int j = 0; j < from.size(); ++j)
        index.emplace(from.features()[static_cast<std::size_t>(j)].key, j);
    Eigen::MatrixXd out = Eigen::MatrixXd::Zero(to.size(), loadings.cols());
    for (int j = 0; j < to.size(); ++j)
        if (const auto it = index.find(to.features()[static_cast<std::size_t>(j)].key); it != index.end())
            out.row(j) = loadings.row(it->second);
    return out;
}
} // namespace

struct Projection::Data {
    Preparer preparer;
    std::vector<int> columns; ///< of the schema it was fitted on
    Axes axes;
    std::uint64_t rows = 0;
    std::size_t width = 0;          ///< columns of the schema it was fitted on
    std::vector<double> spectrum;   ///< variance along every principal component, those shown first
    ml::RowAxes rowAxes;            ///< preparer and axes once more, for speed
    std::vector<float> low, median; ///< standardised stand-ins for missing values

    void finish();
    /// @param z columns.size() standardised values
    void standardise(const float *row, float *z) const;
};

void Projection::Data::finish()
{
    std::vector<ml::RowAxes::Feature> features;
    for (const auto &column : preparer.columns()) {
        features.push_back({column.feature.log1p, column.centre, column.scale});
        const auto standIn = [&](float value) {
            return std::clamp(static_cast<float>((value - column.centre) / column.scale), -kClip, kClip);
        };
        low.push_back(standIn(column.low));
        median.push_back(standIn(column.median));
    }
    rowAxes = ml::RowAxes(features, kClip, axes.mean, axes.loadings);
}

void Projection::Data::standardise(const float *row, float *z) const
{
    const std::size_t d = columns.size();
    bool whole = true;
    for (std::size_t j = 0; j < d; ++j) {
        const float value = row[columns[j]];
        const bool present = std::isfinite(value);
        z[j] = present ? value : 0;
        whole = whole && present;
    }
    rowAxes.standardise(z, z);
    for (std::size_t j = 0; j < d && !whole; ++j)
        if (const float value = row[columns[j]]; !std::isfinite(value))
            z[j] = schema::missingReason(value) == schema::Missing::NoEvents ? low[j] : median[j];
}

Projection::Projection(std::shared_ptr<const Data> data)
    : m_data(std::move(data))
{}

base::Result<Projection> Projection::fit(const schema::Schema &schema, ml::MatrixView x, int components,
                                         const Projection *previous, std::span<const int> columns)
{
    if (components < 1 || components > kMostComponents)
        return base::fail(Code::InvalidArgument,
                          fmt::format("{} components, wanted 1 to {}", components, kMostComponents));
    std::vector<int> wanted(columns.begin(), columns.end());
    if (wanted.empty())
        wanted = usableColumns(schema, false);
    for (const int column : wanted)
        if (column < 0 || static_cast<std::size_t>(column) >= schema.size())
            return base::fail(Code::InvalidArgument,
                              fmt::format("column {} of a schema with {}", column, schema.size()));
    STATESCAPE_TRY(Preparer::Fit fit, Preparer::fit(schema, x, wanted, ml::ScaleKind::Robust));
    if (fit.rows.size() < kLeastRows)
        return base::fail(Code::NotEnoughData, fmt::format("{} usable samples make no picture, {} are needed",
                                                           fit.rows.size(), kLeastRows));
    const int d = fit.preparer.size();
    ml::Matrix z(static_cast<Index>(fit.rows.size()), d);
    for (std::size_t i = 0; i < fit.rows.size(); ++i)
        fit.preparer.apply({x.data() + fit.rows[i] * x.outerStride(), schema.size()}, fit.columns,
                           {z.row(static_cast<Index>(i)).data(), static_cast<std::size_t>(d)});
    // Every component, for the scree plot: the decomposition finds them all anyway.
    STATESCAPE_TRY(const ml::Pca pca, ml::Pca::fit(z, d));
    const int kept = std::min(components + kSpare, d);
    Eigen::MatrixXd loadings = pca.loadings().leftCols(kept);
    Eigen::VectorXd variance = pca.variance();
    if (previous != nullptr) {
        const auto turned = ml::alignAxes(
            loadings, variance.head(kept),
            loadingsByKey(previous->m_data->preparer, previous->m_data->axes.loadings, fit.preparer));
        // Inside a rotated group the variance along the new axis is the mix of the old ones.
        const Eigen::MatrixXd mix = loadings.transpose() * turned.axes;
        variance.head(kept) = mix.cwiseAbs2().transpose() * pca.variance().head(kept);
        loadings = turned.axes;
    }

    auto data = std::make_shared<Data>(
        Data{fit.preparer, fit.columns, {}, fit.rows.size(), schema.size(), {}, {}, {}, {}});
    data->axes.mean = pca.mean();
    data->axes.total = pca.totalVariance();
    data->spectrum.assign(variance.data(), variance.data() + variance.size());
    const int shown = std::min(components, kept);
    // Fewer features than axes: the axes left over are flat, so that views need no special case.
    data->axes.loadings = Eigen::MatrixXd::Zero(d, components);
    data->axes.loadings.leftCols(shown) = loadings.leftCols(shown);
    data->axes.variance = Eigen::VectorXd::Zero(components);
    data->axes.variance.head(shown) = variance.head(shown);
    data->finish();
    return Projection(std::move(data));
}

int Projection::components() const
{
    return static_cast<int>(m_data->axes.loadings.cols());
}

std::size_t Projection::rowsFitted() const
{
    return m_data->rows;
}

void Projection::project(std::span<const float> row, std::span<float> out) const
{
    thread_local std::vector<float> z;
    z.resize(m_data->columns.size());
    if (row.size() < m_data->width || out.size() < static_cast<std::size_t>(components())) {
        std::fill(out.begin(), out.end(), 0.0F);
        return;
    }
    m_data->standardise(row.data(), z.data());
    m_data->rowAxes.project(z.data(), out.data());
}

ml::Matrix Projection::projectAll(ml::MatrixView x) const
{
    ml::Matrix out(x.rows(), components());
    const auto chunks = static_cast<std::size_t>((x.rows() + kTogether - 1) / kTogether);
    ml::forEachChunk(chunks, ml::threadCount(0), [&](std::size_t chunk) {
        const Index first = static_cast<Index>(chunk) * kTogether;
        const Index last = std::min(x.rows(), first + kTogether);
        for (Index i = first; i < last; ++i)
            project({x.data() + i * x.outerStride(), static_cast<std::size_t>(x.cols())},
                    {out.data() + i * out.cols(), static_cast<std::size_t>(components())});
    });
    return out;
}

std::vector<AxisMeaning> Projection::axes(const schema::Schema &schema) const
{
    std::vector<AxisMeaning> out;
    const auto &axes = m_data->axes;
    for (Index c = 0; c < axes.loadings.cols(); ++c) {
        AxisMeaning axis;
        axis.varianceShare = axes.total > 0 ? axes.variance[c] / axes.total : 0;
        std::vector<Index> order(static_cast<std::size_t>(axes.loadings.rows()));
        std::iota(order.begin(), order.end(), 0);
        std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) {
            return std::fabs(axes.loadings(a, c)) > std::fabs(axes.loadings(b, c));
        });
        const double largest = std::fabs(axes.loadings(order.front(), c));
        axis.text = fmt::format("PC{} {:.0f} %", c + 1, 100 * axis.varianceShare);
        for (const Index j : order) {
            const double loading = axes.loadings(j, c);
            if (axis.columns.size() == 3 || !(std::fabs(loading) >= kNamedShare * largest) || !(largest > 0))
                break;
            const auto &feature = m_data->preparer.features()[static_cast<std::size_t>(j)];
            const int column = schema.indexOf(feature);
            if (column < 0)
                continue;
            axis.text += axis.columns.empty() ? ": " : ", ";
            axis.text += feature.title.empty() ? feature.key : feature.title;
            axis.columns.push_back(column);
            axis.loadings.push_back(static_cast<float>(loading));
        }
        out.push_back(std::move(axis));
    }
    return out;
}

std::vector<int> Projection::columns() const
{
    return m_data->columns;
}

Eigen::MatrixXd Projection::loadings() const
{
    return m_data->axes.loadings;
}

std::vector<double> Projection::varianceShares() const
{
    std::vector<double> out = m_data->spectrum;
    for (double &variance : out)
        variance = m_data->axes.total > 0 ? variance / m_data->axes.total : 0;
    return out;
}

void Projection::standardise(std::span<const float> row, std::span<float> out) const
{
    if (row.size() < m_data->width || out.size() < m_data->columns.size()) {
        std::fill(out.begin(), out.end(), 0.0F);
        return;
    }
    m_data->standardise(row.data(), out.data());
}

double Projection::driftDegrees(const Projection &other) const
{
    const auto used = [](const Axes &axes) {
        Index count = 0;
        while (count < std::min<Index>(3, axes.loadings.cols()) && axes.loadings.col(count).squaredNorm() > 0)
            ++count;
        return count;
    };
    const Index count = std::min(used(m_data->axes), used(other.m_data->axes));
    const Eigen::MatrixXd theirs =
        loadingsByKey(other.m_data->preparer, other.m_data->axes.loadings, m_data->preparer);
    return ml::largestPrincipalAngle(m_data->axes.loadings.leftCols(count), theirs.leftCols(count));
}

std::string Projection::toJson() const
{
    nlohmann::json out{
        {"format", kFormat}, {"version", kVersion}, {"rows", m_data->rows}, {"width", m_data->width}};
    out["features"] = model::toJson(m_data->preparer);
    out["columns"] = m_data->columns;
    out["axes"] = model::toJson(m_data->axes);
    out["spectrum"] = m_data->spectrum;
    return dump(out);
}

base::Result<Projection> Projection::fromJson(std::string_view text)
{
    STATESCAPE_TRY(const nlohmann::json root, JsonReader::parse(text));
    STATESCAPE_CHECK(JsonReader::checkHeader(root, kFormat, kVersion));
    std::optional<base::Error> error;
    const JsonReader in(root, error);
    auto data = std::make_shared<Data>(Data{readPreparer(in["features"]), {}, {}, 0, 0, {}, {}, {}, {}});
    const auto d = static_cast<std::size_t>(data->preparer.size());
    data->rows = static_cast<std::uint64_t>(in["rows"].integer(0, std::int64_t{1} << 53));
    data->width = static_cast<std::size_t>(in["width"].integer(1, 1 << 20));
    for (const double column : in["columns"].numbers(d, 0, static_cast<double>(data->width) - 1))
        data->columns.push_back(static_cast<int>(column));
    data->axes = readAxes(in["axes"], d);
    if (!error && data->axes.loadings.cols() > kMostComponents)
        in["axes"]["loadings"].fail("has too many components");
    const auto shown = static_cast<std::size_t>(data->axes.variance.size());
    if (in.has("spectrum")) {
        const std::size_t count = in["spectrum"].size(d);
        data->spectrum = in["spectrum"].numbers(count, 0, 1e30);
    } else {
        // Written before there was a scree plot: what is shown is all that is known.
        for (std::size_t c = 0; c < std::min(shown, d); ++c)
            data->spectrum.push_back(data->axes.variance[static_cast<Eigen::Index>(c)]);
    }
    if (error)
        return *error;
    data->finish();
    return Projection(std::move(data));
}

} // namespace statescape::model
