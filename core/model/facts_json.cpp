// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/content_json.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace statescape::model {
using nlohmann::json;

namespace {
/// What rounding may add to a share.
constexpr double kSlack = 1e-3;
constexpr int kMostK = 65536;

constexpr std::array<std::string_view, 6> kChanges{"moved",    "split",    "merged",
                                                   "appeared", "vanished", "renamed"};

double shareOrNaN(const JsonReader &in)
{
    return in.numberOrNaN(-kSlack, 1 + kSlack);
}

/// -1..1 or null
double balance(const JsonReader &in)
{
    return in.numberOrNaN(-1 - kSlack, 1 + kSlack);
}

std::uint64_t countOf(const JsonReader &in)
{
    return static_cast<std::uint64_t>(in.integer(0, kMostCount));
}

json toJson(const Candidate &one)
{
    return {{"algorithm", one.algorithm},
            {"k", one.k},
            {"silhouette", numberOrNull(one.silhouette)},
            {"davies_bouldin", numberOrNull(one.daviesBouldin)},
            {"calinski_harabasz", numberOrNull(one.calinskiHarabasz)},
            {"density", numberOrNull(one.density)},
            {"stability", numberOrNull(one.stability)},
            {"noise", numberOrNull(one.noise)},
            {"score", numberOrNull(one.score)},
            {"chosen", one.chosen}};
}

Candidate readCandidate(const JsonReader &in)
{
    Candidate out;
    out.algorithm = in["algorithm"].text(64);
    out.k = static_cast<int>(in["k"].integer(0, kMostK));
    out.silhouette = balance(in["silhouette"]);
    out.daviesBouldin = in["davies_bouldin"].numberOrNaN(0, kMostNumber);
    out.calinskiHarabasz = in["calinski_harabasz"].numberOrNaN(0, kMostNumber);
    out.density = balance(in["density"]);
    out.stability = balance(in["stability"]);
    out.noise = shareOrNaN(in["noise"]);
    out.score = shareOrNaN(in["score"]);
    out.chosen = in["chosen"].boolean();
    return out;
}

json toJson(const std::vector<Reliability> &bins)
{
    json out = json::array();
    for (const auto &one : bins)
        out.push_back({{"claimed", numberOrNull(one.claimed)},
                       {"seen", numberOrNull(one.seen)},
                       {"samples", one.samples}});
    return out;
}

std::vector<Reliability> readReliability(const JsonReader &in)
{
    std::vector<Reliability> out;
    for (std::size_t i = 0, count = in.size(kMostListed); i < count && !in.failed(); ++i)
        out.push_back({shareOrNaN(in[i]["claimed"]), shareOrNaN(in[i]["seen"]), countOf(in[i]["samples"])});
    return out;
}

void readConfusion(const JsonReader &rows, Quality &out)
{
    const std::size_t count = rows.size(kMostListed);
    if (count != 0 && count != out.classes.size())
        rows.fail("has not one row a class");
    for (std::size_t i = 0; i < count && !rows.failed(); ++i) {
        std::vector<std::uint64_t> row;
        if (rows[i].size(kMostListed) != out.classes.size() + 1)
            rows[i].fail("has not one entry a class and one for unknown");
        for (std::size_t j = 0; j <= out.classes.size() && !rows.failed(); ++j)
            row.push_back(countOf(rows[i][j]));
        out.confusion.push_back(std::move(row));
    }
}
} // namespace

json toJson(const JudgeReport &report)
{
    json table = json::array();
    for (const auto &one : report.choice.table)
        table.push_back(toJson(one));
    return {{"algorithm", report.algorithm},
            {"fidelity", numberOrNull(report.fidelity)},
            {"noise", report.noise},
            {"choice",
             {{"table", std::move(table)},
              {"sure", numberOrNull(report.choice.sure)},
              {"structure", numberOrNull(report.choice.structure)},
              {"reason", report.choice.reason}}}};
}

JudgeReport readReport(const JsonReader &in)
{
    JudgeReport out;
    out.algorithm = in["algorithm"].text(64);
    if (out.algorithm.empty() || out.algorithm == "auto")
        in["algorithm"].fail("is not the algorithm that found the states");
    out.fidelity = shareOrNaN(in["fidelity"]);
    out.noise = countOf(in["noise"]);
    const JsonReader choice = in["choice"];
    const JsonReader table = choice["table"];
    for (std::size_t i = 0, count = table.size(kMostListed); i < count && !in.failed(); ++i)
        out.choice.table.push_back(readCandidate(table[i]));
    out.choice.sure = shareOrNaN(choice["sure"]);
    out.choice.structure = shareOrNaN(choice["structure"]);
    out.choice.reason = choice["reason"].text(kMostSentence);
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
            {"confusion", quality.confusion},
            {"confidence", toJson(quality.confidence)},
            {"confidence_error", numberOrNull(quality.confidenceError)},
            {"abnormality", toJson(quality.abnormality)},
            {"abnormality_error", numberOrNull(quality.abnormalityError)},
            {"abnormality_chance", numberOrNull(quality.abnormalityChance)},
            {"good_samples", quality.goodSamples},
            {"auroc", numberOrNull(quality.auroc)},
            {"auprc", numberOrNull(quality.auprc)},
            {"unknown_share", numberOrNull(quality.unknownShare)},
            {"agreement", numberOrNull(quality.agreement)}};
}

Quality readQuality(const JsonReader &in, int version)
{
    Quality out;
    out.samples = countOf(in["samples"]);
    out.accuracy = shareOrNaN(in["accuracy"]);
    out.f1 = shareOrNaN(in["f1"]);
    out.precision = shareOrNaN(in["precision"]);
    out.recall = shareOrNaN(in["recall"]);
    out.balancedAccuracy = shareOrNaN(in["balanced_accuracy"]);
    out.classes = readTexts(in["classes"], 4096);
    readConfusion(in["confusion"], out);
    if (version < 2)
        return out;
    out.confidence = readReliability(in["confidence"]);
    out.confidenceError = shareOrNaN(in["confidence_error"]);
    out.abnormality = readReliability(in["abnormality"]);
    out.abnormalityError = shareOrNaN(in["abnormality_error"]);
    out.abnormalityChance = shareOrNaN(in["abnormality_chance"]);
    out.goodSamples = countOf(in["good_samples"]);
    out.auroc = shareOrNaN(in["auroc"]);
    out.auprc = shareOrNaN(in["auprc"]);
    out.unknownShare = shareOrNaN(in["unknown_share"]);
    out.agreement = balance(in["agreement"]);
    return out;
}

json toJson(const std::vector<StateChange> &changes)
{
    json out = json::array();
    for (const auto &one : changes)
        out.push_back({{"kind", kChanges[static_cast<std::size_t>(one.kind)]},
                       {"before", one.before},
                       {"after", one.after},
                       {"distance", numberOrNull(one.distance)},
                       {"share", numberOrNull(one.share)},
                       {"text", one.text}});
    return out;
}

std::vector<StateChange> readChanges(const JsonReader &in)
{
    std::vector<StateChange> out;
    for (std::size_t i = 0, count = in.size(kMostListed); i < count && !in.failed(); ++i) {
        const JsonReader from = in[i];
        StateChange one;
        const std::string kind = from["kind"].text(16);
        const auto *const found = std::find(kChanges.begin(), kChanges.end(), kind);
        if (found == kChanges.end())
            from["kind"].fail("is no kind of change");
        else
            one.kind = static_cast<StateChange::Kind>(found - kChanges.begin());
        one.before = readTexts(from["before"], 4096);
        one.after = readTexts(from["after"], 4096);
        one.distance = from["distance"].numberOrNaN(0, kMostNumber);
        one.share = shareOrNaN(from["share"]);
        one.text = from["text"].text(kMostSentence);
        out.push_back(std::move(one));
    }
    return out;
}

} // namespace statescape::model
