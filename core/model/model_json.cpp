// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/content_json.h"
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
constexpr std::string_view kFormat = "statescape-model";
constexpr int kMissingReasons = static_cast<int>(Missing::Shed) + 1;

json valueOf(float value)
{
    if (std::isnan(value))
        return schema::missingKey(schema::missingReason(value));
    return std::isinf(value) ? json(value > 0 ? "infinite" : "-infinite") : json(shortest(value));
}

float readValue(const JsonReader &in)
{
    if (!in.node().is_string())
        return in.real(-kMostNumber, kMostNumber);
    const std::string text = in.text(32);
    if (text == "infinite" || text == "-infinite")
        return text[0] == '-' ? -HUGE_VALF : HUGE_VALF;
    for (int reason = 0; reason < kMissingReasons; ++reason)
        if (text == schema::missingKey(static_cast<Missing>(reason)))
            return schema::missingValue(static_cast<Missing>(reason));
    in.fail("is no reason for a missing value");
    return 0;
}

json toJson(const TrainOptions &options)
{
    return {{"algorithm", options.algorithm},
            {"k", options.k},
            {"radius", options.radius},
            {"min_samples", options.minSamples},
            {"min_cluster_size", options.minClusterSize},
            {"seed", options.seed},
            {"use_labels", options.useLabels},
            {"include_levels", options.includeLevels},
            {"features", options.features},
            {"scaler", options.scaler == Scaler::Robust ? "robust" : "standard"},
            {"restarts", options.restarts},
            {"held_out_share", options.heldOutShare},
            {"source", options.source},
            {"created_ns", options.createdNs},
            {"interval_ns", options.intervalNs}};
}

TrainOptions readOptions(const JsonReader &in, int version)
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
    out.features = readTexts(in["features"], 4096);
    const std::string scaler = in["scaler"].text(16);
    if (scaler != "robust" && scaler != "standard")
        in["scaler"].fail("is neither robust nor standard");
    out.scaler = scaler == "robust" ? Scaler::Robust : Scaler::Standard;
    out.restarts = static_cast<int>(in["restarts"].integer(1, 1000));
    out.heldOutShare = in["held_out_share"].number(0, 1);
    out.source = in["source"].text();
    out.createdNs = in["created_ns"].integer(INT64_MIN, INT64_MAX);
    if (version < 2)
        return out;
    out.radius = in["radius"].number(0, kMostNumber);
    out.minSamples = static_cast<int>(in["min_samples"].integer(0, INT32_MAX));
    out.minClusterSize = static_cast<int>(in["min_cluster_size"].integer(0, INT32_MAX));
    out.intervalNs = static_cast<std::uint64_t>(in["interval_ns"].integer(0, INT64_MAX));
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

Polarity readPolarity(const JsonReader &in)
{
    const std::string text = in.text(16);
    for (const auto polarity : {Polarity::Negative, Polarity::None, Polarity::Positive})
        if (text == schema::polarityKey(polarity))
            return polarity;
    in.fail("is not negative, none or positive");
    return Polarity::None;
}

std::vector<std::string> readTexts(const JsonReader &in, std::size_t mostBytes)
{
    std::vector<std::string> out;
    for (std::size_t i = 0, count = in.size(kMostListed); i < count && !in.failed(); ++i)
        out.push_back(in[i].text(mostBytes));
    return out;
}

std::string toJsonText(const ModelContent &content)
{
    json out{{"format", kFormat},
             {"version", kModelVersion},
             {"name", content.name},
             {"schema_hash", fmt::format("{:016x}", content.schemaHash)},
             {"clip", kClip},
             {"inertia", content.inertia},
             {"silhouette", numberOrNull(content.silhouette)},
             {"notes", content.notes},
             {"story", content.story},
             {"last_id", content.lastId},
             {"entity", schema::entityKindKey(content.entity)}};
    out["options"] = toJson(content.options);
    out["features"] = toJson(content.preparer);
    out["axes"] = toJson(content.axes);
    out["judge"] = toJson(content.judge);
    out["report"] = toJson(content.judge.report);
    out["quality"] = toJson(content.quality);
    out["changes"] = toJson(content.changes);
    out["golden"] = toJson(content.golden);
    return dump(out);
}

base::Result<ModelContent> contentFromJson(std::string_view text)
{
    STATESCAPE_TRY(const json root, JsonReader::parse(text));
    STATESCAPE_CHECK(JsonReader::checkHeader(root, kFormat, kModelVersion));
    std::optional<base::Error> error;
    const JsonReader in(root, error);
    const auto version = static_cast<int>(in["version"].integer(1, kModelVersion));
    ModelContent out{{}, {}, 0, readPreparer(in["features"]), {}, {}, {}, 0, 0, 0, {}, {}, {}, {}};
    const auto d = static_cast<std::size_t>(out.preparer.size());
    out.options = readOptions(in["options"], version);
    out.name = out.options.name = in["name"].text();
    const std::string hash = in["schema_hash"].text(16);
    for (const char c : hash) {
        const std::size_t digit = std::string_view("0123456789abcdef").find(c);
        if (digit > 15)
            in["schema_hash"].fail("is not hexadecimal");
        out.schemaHash = out.schemaHash << 4 | (digit & 15U);
    }
    if (in["clip"].number(0, kMostNumber) != kClip)
        in["clip"].fail(fmt::format("is not {}", kClip));
    out.inertia = in["inertia"].number(0, kMostNumber);
    out.silhouette = in["silhouette"].numberOrNaN(-1.001, 1.001);
    out.notes = readTexts(in["notes"]);
    out.axes = readAxes(in["axes"], d);
    out.judge = readJudge(in["judge"], d, version);
    out.quality = readQuality(in["quality"], version);
    out.golden = readGolden(in["golden"], d, out.judge.states.size());
    if (version < 2) {
        out.judge.report.algorithm = "kmeans";
    } else {
        out.judge.report = readReport(in["report"]);
        out.changes = readChanges(in["changes"]);
        out.story = readTexts(in["story"]);
    }
    for (const auto &state : out.judge.states)
        out.lastId = std::max(out.lastId, state.id);
    if (in.has("last_id"))
        out.lastId = std::max(out.lastId, static_cast<std::uint32_t>(in["last_id"].integer(0, UINT32_MAX)));
    // Models of before were about hosts only.
    if (in.has("entity")) {
        const std::string kind = in["entity"].text(16);
        bool known = false;
        for (const auto each : {schema::EntityKind::Host, schema::EntityKind::Cgroup,
                                schema::EntityKind::Process, schema::EntityKind::Remote})
            if (kind == schema::entityKindKey(each)) {
                out.entity = each;
                known = true;
            }
        if (!known)
            in["entity"].fail("is neither host, cgroup, process nor remote");
    }
    if (error)
        return *error;
    out.judge.finish();
    return out;
}

} // namespace statescape::model
