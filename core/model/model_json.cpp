// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/model_data.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fmt/format.h>

namespace statescape::model {
using base::Code;
using nlohmann::json;
using schema::Missing;
using schema::Polarity;

namespace {
constexpr int kVersion = 1;
constexpr std::string_view kFormat = "statescape-model";
constexpr double kMost = 3.4e38;
constexpr double kMostMetric = 1e9;
constexpr std::size_t kMostStates = 65536;
constexpr std::size_t kMostPrototypes = 65536;
constexpr std::size_t kMostListed = 4096;
constexpr int kMissingReasons = 9;

/// The double nearest to the shortest decimal that reads back as @p value: a third of the digits of the float
/// itself.
double shortest(float value)
{
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    double out = value;
    std::from_chars(text, end, out);
    return out;
}

std::vector<double> shortest(std::span<const float> values)
{
    std::vector<double> out;
    for (const float value : values)
        out.push_back(shortest(value));
    return out;
}

json valueOf(float value)
{
    if (std::isnan(value))
        return schema::missingKey(schema::missingReason(value));
    return std::isinf(value) ? json(value > 0 ? "infinite" : "-infinite") : json(shortest(value));
}

float readValue(const JsonReader &in)
{
    if (!in.node().is_string())
        return in.real(-kMost, kMost);
    const std::string text = in.text(32);
    if (text == "infinite" || text == "-infinite")
        return text[0] == '-' ? -HUGE_VALF : HUGE_VALF;
    for (int reason = 0; reason < kMissingReasons; ++reason)
        if (text == schema::missingKey(static_cast<Missing>(reason)))
            return schema::missingValue(static_cast<Missing>(reason));
    in.fail("is no reason for a missing value");
    return 0;
}

Polarity readPolarity(const JsonReader &in)
{
    const std::string text = in.text(16);
    for (const auto polarity : {Polarity::Negative, Polarity::None, Polarity::Positive})
        if (text == schema::polarityKey(polarity))
            return polarity;
    in.fail("is not negative, none or positive");
    return Polarity::None;
}

json toJson(const TrainOptions &options)
{
    return {{"algorithm", options.algorithm},
            {"k", options.k},
            {"seed", options.seed},
            {"use_labels", options.useLabels},
            {"include_levels", options.includeLevels},
            {"features", options.features},
            {"scaler", options.scaler == Scaler::Robust ? "robust" : "standard"},
            {"restarts", options.restarts},
            {"held_out_share", options.heldOutShare},
            {"source", options.source},
            {"created_ns", options.createdNs}};
}

TrainOptions readOptions(const JsonReader &in)
{
    TrainOptions out;
    out.algorithm = in["algorithm"].text(64);
    out.k = static_cast<int>(in["k"].integer(0, 256));
    // Seeds use all 64 bits, so they come as unsigned.
    if (const JsonReader seed = in["seed"]; seed.node().is_number_unsigned())
        out.seed = seed.node().get<std::uint64_t>();
    else
        seed.fail("is not a whole number of 0 or more");
    out.useLabels = in["use_labels"].boolean();
    out.includeLevels = in["include_levels"].boolean();
    const JsonReader features = in["features"];
    for (std::size_t i = 0, count = features.size(kMostListed); i < count; ++i)
        out.features.push_back(features[i].text());
    const std::string scaler = in["scaler"].text(16);
    if (scaler != "robust" && scaler != "standard")
        in["scaler"].fail("is neither robust nor standard");
    out.scaler = scaler == "robust" ? Scaler::Robust : Scaler::Standard;
    out.restarts = static_cast<int>(in["restarts"].integer(1, 1000));
    out.heldOutShare = in["held_out_share"].number(0, 1);
    out.source = in["source"].text();
    out.createdNs = in["created_ns"].integer(INT64_MIN, INT64_MAX);
    return out;
}

json toJson(const Judge &judge)
{
    json states = json::array();
    for (std::size_t s = 0; s < judge.states.size(); ++s)
        states.push_back({{"name", judge.states[s].name},
                          {"polarity", schema::polarityKey(judge.states[s].polarity)},
                          {"samples", judge.states[s].samples},
                          {"silhouette", numberOrNull(judge.states[s].silhouette)},
                          {"reach", shortest(judge.reach[s])}});
    json prototypes = json::array();
    for (Eigen::Index p = 0; p < judge.centres.rows(); ++p) {
        const float *row = judge.centres.row(p).data();
        prototypes.push_back({{"state", judge.stateOf[static_cast<std::size_t>(p)]},
                              {"centre", shortest({row, static_cast<std::size_t>(judge.centres.cols())})}});
    }
    // Symmetric: the lower triangle says it all.
    json metric = json::array();
    for (Eigen::Index i = 0; i < judge.metric.rows(); ++i)
        metric.push_back(shortest({judge.metric.row(i).data(), static_cast<std::size_t>(i + 1)}));
    return {{"states", std::move(states)},         {"metric", std::move(metric)},
            {"prototypes", std::move(prototypes)}, {"unknown_distance", judge.unknownDistance},
            {"temperature", judge.temperature},    {"good_distances", shortest(judge.goodDistances)},
            {"good_samples", judge.goodSamples}};
}

Judge readJudge(const JsonReader &in, std::size_t dimensions)
{
    Judge out;
    const JsonReader states = in["states"];
    const std::size_t stateCount = states.size(kMostStates);
    if (stateCount == 0)
        states.fail("is empty");
    for (std::size_t s = 0; s < stateCount && !in.failed(); ++s) {
        State state;
        state.name = states[s]["name"].text();
        state.polarity = readPolarity(states[s]["polarity"]);
        state.samples = static_cast<std::uint64_t>(states[s]["samples"].integer(0, std::int64_t{1} << 53));
        state.silhouette = states[s]["silhouette"].numberOrNaN(-1.001, 1.001);
        out.states.push_back(std::move(state));
        out.classOf.push_back(-1);
        out.reach.push_back(states[s]["reach"].real(0, kMost));
    }
    const JsonReader prototypes = in["prototypes"];
    const std::size_t count = prototypes.size(kMostPrototypes);
    if (count == 0)
        prototypes.fail("is empty");
    out.centres = ml::Matrix::Zero(static_cast<Eigen::Index>(in.failed() ? 0 : count),
                                   static_cast<Eigen::Index>(dimensions));
    for (std::size_t p = 0; p < count && !in.failed(); ++p) {
        out.stateOf.push_back(
            static_cast<int>(prototypes[p]["state"].integer(0, static_cast<std::int64_t>(stateCount) - 1)));
        const auto centre = prototypes[p]["centre"].numbers(dimensions, -2 * kClip, 2 * kClip);
        for (std::size_t j = 0; j < dimensions; ++j)
            out.centres(static_cast<Eigen::Index>(p), static_cast<Eigen::Index>(j)) =
                static_cast<float>(centre[j]);
    }
    const JsonReader metric = in["metric"];
    if (const std::size_t rows = metric.size(dimensions); rows != 0) {
        if (rows != dimensions)
            metric.fail(fmt::format("has not {} rows", dimensions));
        out.metric = ml::Matrix::Zero(static_cast<Eigen::Index>(in.failed() ? 0 : dimensions),
                                      static_cast<Eigen::Index>(in.failed() ? 0 : dimensions));
        for (std::size_t i = 0; i < rows && !in.failed(); ++i) {
            const auto row = metric[i].numbers(i + 1, -kMostMetric, kMostMetric);
            for (std::size_t j = 0; j <= i; ++j)
                out.metric(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j)) =
                    out.metric(static_cast<Eigen::Index>(j), static_cast<Eigen::Index>(i)) =
                        static_cast<float>(row[j]);
        }
    }
    out.unknownDistance = in["unknown_distance"].number(0, kMost);
    out.temperature = in["temperature"].number(1e-300, kMost);
    const JsonReader good = in["good_distances"];
    for (const double distance : good.numbers(good.size(kMostListed), 0, kMost))
        out.goodDistances.push_back(static_cast<float>(distance));
    if (!std::is_sorted(out.goodDistances.begin(), out.goodDistances.end()))
        good.fail("does not rise");
    out.goodSamples = static_cast<std::uint64_t>(in["good_samples"].integer(0, std::int64_t{1} << 53));
    return out;
}

json toJson(const Quality &quality)
{
    return {{"samples", quality.samples},
            {"accuracy", numberOrNull(quality.accuracy)},
            {"f1", numberOrNull(quality.f1)},
            {"precision", numberOrNull(quality.precision)},
            {"recall", numberOrNull(quality.recall)},
            {"balanced_accuracy", numberOrNull(quality.balancedAccuracy)},
            {"classes", quality.classes},
            {"confusion", quality.confusion}};
}

Quality readQuality(const JsonReader &in)
{
    Quality out;
    out.samples = static_cast<std::uint64_t>(in["samples"].integer(0, std::int64_t{1} << 53));
    out.accuracy = in["accuracy"].numberOrNaN(0, 1);
    out.f1 = in["f1"].numberOrNaN(0, 1);
    out.precision = in["precision"].numberOrNaN(0, 1);
    out.recall = in["recall"].numberOrNaN(0, 1);
    out.balancedAccuracy = in["balanced_accuracy"].numberOrNaN(0, 1);
    const JsonReader classes = in["classes"];
    for (std::size_t i = 0, count = classes.size(kMostListed); i < count; ++i)
        out.classes.push_back(classes[i].text());
    const JsonReader rows = in["confusion"];
    const std::size_t count = rows.size(kMostListed);
    if (count != 0 && count != out.classes.size())
        rows.fail("has not one row a class");
    for (std::size_t i = 0; i < count && !in.failed(); ++i) {
        std::vector<std::uint64_t> row;
        if (rows[i].size(kMostListed) != out.classes.size() + 1)
            rows[i].fail("has not one entry a class and one for unknown");
        for (std::size_t j = 0; j <= out.classes.size() && !in.failed(); ++j)
            row.push_back(static_cast<std::uint64_t>(rows[i][j].integer(0, std::int64_t{1} << 53)));
        out.confusion.push_back(std::move(row));
    }
    return out;
}

json toJson(const std::vector<Golden> &golden)
{
    json out = json::array();
    for (const auto &one : golden) {
        json row = json::array();
        for (const float value : one.row)
            row.push_back(valueOf(value));
        out.push_back({{"row", std::move(row)},
                       {"cluster", one.score.cluster},
                       {"polarity", schema::polarityKey(one.score.polarity)},
                       {"confidence", shortest(one.score.confidence)},
                       {"abnormality", shortest(one.score.abnormality)}});
    }
    return out;
}

std::vector<Golden> readGolden(const JsonReader &in, std::size_t dimensions, std::size_t stateCount)
{
    std::vector<Golden> out;
    for (std::size_t i = 0, count = in.size(kMostListed); i < count && !in.failed(); ++i) {
        Golden one;
        const JsonReader row = in[i]["row"];
        if (row.size(dimensions) != dimensions)
            row.fail(fmt::format("has not {} entries", dimensions));
        for (std::size_t j = 0; j < dimensions && !in.failed(); ++j)
            one.row.push_back(readValue(row[j]));
        one.score.cluster =
            static_cast<int>(in[i]["cluster"].integer(-1, static_cast<std::int64_t>(stateCount) - 1));
        one.score.polarity = readPolarity(in[i]["polarity"]);
        one.score.confidence = in[i]["confidence"].real(0, 1);
        one.score.abnormality = in[i]["abnormality"].real(0, 1);
        out.push_back(std::move(one));
    }
    return out;
}
} // namespace

std::string toJsonText(const ModelContent &content)
{
    json out{{"format", kFormat},
             {"version", kVersion},
             {"name", content.name},
             {"schema_hash", fmt::format("{:016x}", content.schemaHash)},
             {"clip", kClip},
             {"inertia", content.inertia},
             {"silhouette", numberOrNull(content.silhouette)},
             {"notes", content.notes}};
    out["options"] = toJson(content.options);
    out["features"] = toJson(content.preparer);
    out["axes"] = toJson(content.axes);
    out["judge"] = toJson(content.judge);
    out["quality"] = toJson(content.quality);
    out["golden"] = toJson(content.golden);
    return dump(out);
}

base::Result<ModelContent> contentFromJson(std::string_view text)
{
    STATESCAPE_TRY(const json root, JsonReader::parse(text));
    STATESCAPE_CHECK(JsonReader::checkHeader(root, kFormat, kVersion));
    std::optional<base::Error> error;
    const JsonReader in(root, error);
    ModelContent out{{}, {}, 0, readPreparer(in["features"]), {}, {}, {}, 0, 0, 0, {}, {}, {}, {}};
    const auto d = static_cast<std::size_t>(out.preparer.size());
    out.options = readOptions(in["options"]);
    out.name = out.options.name = in["name"].text();
    const std::string hash = in["schema_hash"].text(16);
    for (const char c : hash) {
        const std::size_t digit = std::string_view("0123456789abcdef").find(c);
        if (digit > 15)
            in["schema_hash"].fail("is not hexadecimal");
        out.schemaHash = out.schemaHash << 4 | (digit & 15U);
    }
    if (in["clip"].number(0, kMost) != kClip)
        in["clip"].fail(fmt::format("is not {}", kClip));
    out.inertia = in["inertia"].number(0, kMost);
    out.silhouette = in["silhouette"].numberOrNaN(-1.001, 1.001);
    const JsonReader notes = in["notes"];
    for (std::size_t i = 0, count = notes.size(kMostListed); i < count; ++i)
        out.notes.push_back(notes[i].text());
    out.axes = readAxes(in["axes"], d);
    out.judge = readJudge(in["judge"], d);
    out.quality = readQuality(in["quality"]);
    out.golden = readGolden(in["golden"], d, out.judge.states.size());
    if (error)
        return *error;
    out.judge.finish();
    return out;
}

} // namespace statescape::model
