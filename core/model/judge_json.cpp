// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/content_json.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <set>

namespace statescape::model {
using nlohmann::json;
using Index = Eigen::Index;

namespace {
constexpr double kMostMetric = 1e9;
constexpr double kLeastDiagonal = 1e-12;
constexpr double kMostLog = 1e6;
constexpr std::size_t kMostStates = 65536;
constexpr std::size_t kMostPrototypes = 65536;

json triangle(const ml::Matrix &matrix)
{
    json out = json::array();
    for (Index i = 0; i < matrix.rows(); ++i)
        out.push_back(shortest({matrix.row(i).data(), static_cast<std::size_t>(i + 1)}));
    return out;
}

/// @return d x d, 0 above the diagonal
ml::Matrix readTriangle(const JsonReader &in, std::size_t dimensions)
{
    if (in.size(dimensions) != dimensions)
        in.fail(fmt::format("has not {} rows", dimensions));
    const auto d = static_cast<Index>(in.failed() ? 0 : dimensions);
    ml::Matrix out = ml::Matrix::Zero(d, d);
    for (Index i = 0; i < d && !in.failed(); ++i) {
        const auto at = static_cast<std::size_t>(i);
        const auto row = in[at].numbers(at + 1, -kMostMetric, kMostMetric);
        for (Index j = 0; j <= i; ++j)
            out(i, j) = static_cast<float>(row[static_cast<std::size_t>(j)]);
    }
    return out;
}

void readStates(const JsonReader &in, int version, Judge &out)
{
    const std::size_t count = in.size(kMostStates);
    if (count == 0)
        in.fail("is empty");
    std::set<std::uint32_t> ids;
    for (std::size_t s = 0; s < count && !in.failed(); ++s) {
        const JsonReader from = in[s];
        State state;
        state.name = from["name"].text();
        state.polarity = readPolarity(from["polarity"]);
        state.samples = static_cast<std::uint64_t>(from["samples"].integer(0, kMostCount));
        state.silhouette = from["silhouette"].numberOrNaN(-1.001, 1.001);
        state.id = version < 2 ? static_cast<std::uint32_t>(s + 1)
                               : static_cast<std::uint32_t>(from["id"].integer(1, UINT32_MAX));
        if (!ids.insert(state.id).second)
            from["id"].fail("is that of another state too");
        out.states.push_back(std::move(state));
        out.classOf.push_back(-1);
        out.reach.push_back(from["reach"].real(0, kMostNumber));
    }
}

void readShape(const JsonReader &in, std::size_t dimensions, Judge &out)
{
    out.logShare.push_back(in["log_share"].real(-kMostLog, kMostLog));
    ml::Matrix shape = readTriangle(in["shape"], dimensions);
    for (Index i = 0; i < shape.rows() && !in.failed(); ++i)
        if (!(shape(i, i) >= kLeastDiagonal))
            in["shape"][static_cast<std::size_t>(i)].fail("does not end above 0");
    out.shapes.push_back(std::move(shape));
}

void readPrototypes(const JsonReader &in, std::size_t dimensions, int version, Judge &out)
{
    const std::size_t count = in.size(kMostPrototypes);
    if (count == 0)
        in.fail("is empty");
    const bool shaped = version >= 2 && count > 0 && in[std::size_t{0}].has("shape");
    if (shaped && count * (dimensions * (dimensions + 1) / 2) > kMostShapeNumbers)
        in.fail(fmt::format("has more than {} numbers in its shapes", kMostShapeNumbers));
    out.centres = ml::Matrix::Zero(static_cast<Index>(in.failed() ? 0 : count),
                                   static_cast<Index>(in.failed() ? 0 : dimensions));
    for (std::size_t p = 0; p < count && !in.failed(); ++p) {
        const JsonReader from = in[p];
        out.stateOf.push_back(static_cast<int>(
            from["state"].integer(version < 2 ? 0 : -1, static_cast<std::int64_t>(out.states.size()) - 1)));
        const auto centre = from["centre"].numbers(dimensions, -2 * kClip, 2 * kClip);
        for (std::size_t j = 0; j < dimensions; ++j)
            out.centres(static_cast<Index>(p), static_cast<Index>(j)) = static_cast<float>(centre[j]);
        if (shaped)
            readShape(from, dimensions, out);
    }
    if (std::all_of(out.stateOf.begin(), out.stateOf.end(), [](int state) { return state < 0; }))
        in.fail("are all of noise");
}
} // namespace

json toJson(const Judge &judge)
{
    json states = json::array();
    for (std::size_t s = 0; s < judge.states.size(); ++s)
        states.push_back({{"id", judge.states[s].id},
                          {"name", judge.states[s].name},
                          {"polarity", schema::polarityKey(judge.states[s].polarity)},
                          {"samples", judge.states[s].samples},
                          {"silhouette", numberOrNull(judge.states[s].silhouette)},
                          {"reach", shortest(judge.reach[s])}});
    json prototypes = json::array();
    for (Index p = 0; p < judge.centres.rows(); ++p) {
        const auto at = static_cast<std::size_t>(p);
        const float *row = judge.centres.row(p).data();
        json one{{"state", judge.stateOf[at]},
                 {"centre", shortest({row, static_cast<std::size_t>(judge.centres.cols())})}};
        if (!judge.shapes.empty()) {
            one["log_share"] = shortest(judge.logShare[at]);
            one["shape"] = triangle(judge.shapes[at]);
        }
        prototypes.push_back(std::move(one));
    }
    // Symmetric: the lower triangle says it all.
    return {{"states", std::move(states)},         {"metric", triangle(judge.metric)},
            {"prototypes", std::move(prototypes)}, {"unknown_distance", judge.unknownDistance},
            {"temperature", judge.temperature},    {"good_distances", shortest(judge.goodDistances)},
            {"good_samples", judge.goodSamples}};
}

Judge readJudge(const JsonReader &in, std::size_t dimensions, int version)
{
    Judge out;
    readStates(in["states"], version, out);
    if (!in.failed())
        readPrototypes(in["prototypes"], dimensions, version, out);
    const JsonReader metric = in["metric"];
    if (metric.size(dimensions) != 0 && !in.failed()) {
        if (!out.shapes.empty())
            metric.fail("is given beside shapes");
        const ml::Matrix lower = readTriangle(metric, dimensions);
        out.metric = lower;
        out.metric.triangularView<Eigen::StrictlyUpper>() = lower.transpose();
    }
    out.unknownDistance = in["unknown_distance"].number(0, kMostNumber);
    out.temperature = in["temperature"].number(1e-300, kMostNumber);
    const JsonReader good = in["good_distances"];
    for (const double distance : good.numbers(good.size(kMostListed), 0, kMostNumber))
        out.goodDistances.push_back(static_cast<float>(distance));
    if (!std::is_sorted(out.goodDistances.begin(), out.goodDistances.end()))
        good.fail("does not rise");
    out.goodSamples = static_cast<std::uint64_t>(in["good_samples"].integer(0, kMostCount));
    return out;
}

} // namespace statescape::model
