// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/model_report.h"

#include <algorithm>
#include <cmath>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace statescape::cli {
namespace {
using nlohmann::ordered_json;

ordered_json number(double value)
{
    return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
}

/// Only k-means has sums of squares to its centres as what it minimises.
double inertiaOf(const model::Model &model)
{
    return model.algorithm() == "kmeans" ? model.inertia() : model::kUndefined;
}

const char *kindKey(model::StateChange::Kind kind)
{
    using Kind = model::StateChange::Kind;
    switch (kind) {
    case Kind::Moved:
        return "moved";
    case Kind::Split:
        return "split";
    case Kind::Merged:
        return "merged";
    case Kind::Appeared:
        return "appeared";
    case Kind::Vanished:
        return "vanished";
    case Kind::Renamed:
        break;
    }
    return "renamed";
}

ordered_json heldOutJson(const model::Quality &quality)
{
    if (quality.samples == 0)
        return nullptr;
    return {{"accuracy", number(quality.accuracy)},
            {"f1", number(quality.f1)},
            {"precision", number(quality.precision)},
            {"recall", number(quality.recall)},
            {"balanced_accuracy", number(quality.balancedAccuracy)},
            {"samples", quality.samples},
            {"classes", quality.classes},
            {"confusion", quality.confusion}};
}

ordered_json reliabilityJson(const std::vector<model::Reliability> &points)
{
    auto out = ordered_json::array();
    for (const auto &point : points)
        out.push_back({{"claimed", point.claimed}, {"seen", point.seen}, {"samples", point.samples}});
    return out;
}

ordered_json calibrationJson(const model::Quality &quality)
{
    return {{"confidence_error", number(quality.confidenceError)},
            {"abnormality_error", number(quality.abnormalityError)},
            {"abnormality_chance", number(quality.abnormalityChance)},
            {"good_samples", quality.goodSamples},
            {"unknown_share", number(quality.unknownShare)},
            {"agreement", number(quality.agreement)},
            {"auroc", number(quality.auroc)},
            {"auprc", number(quality.auprc)},
            {"confidence", reliabilityJson(quality.confidence)},
            {"abnormality", reliabilityJson(quality.abnormality)}};
}

ordered_json choiceJson(const model::Choice &choice)
{
    if (choice.table.empty() && choice.reason.empty())
        return nullptr;
    ordered_json out{{"reason", choice.reason},
                     {"sure", number(choice.sure)},
                     {"structure", number(choice.structure)},
                     {"table", ordered_json::array()}};
    for (const auto &one : choice.table)
        out["table"].push_back({{"algorithm", one.algorithm},
                                {"k", one.k},
                                {"silhouette", number(one.silhouette)},
                                {"davies_bouldin", number(one.daviesBouldin)},
                                {"calinski_harabasz", number(one.calinskiHarabasz)},
                                {"density", number(one.density)},
                                {"stability", number(one.stability)},
                                {"noise", number(one.noise)},
                                {"score", number(one.score)},
                                {"chosen", one.chosen}});
    return out;
}

ordered_json changesJson(const model::Model &model)
{
    auto out = ordered_json::array();
    for (const auto &change : model.changes())
        out.push_back({{"kind", kindKey(change.kind)},
                       {"before", change.before},
                       {"after", change.after},
                       {"distance", number(change.distance)},
                       {"share", number(change.share)},
                       {"text", change.text}});
    return out;
}

ordered_json modelObject(const model::Model &model)
{
    ordered_json out;
    out["model"] = model.name();
    out["algorithm"] = model.algorithm();
    out["k"] = model.states().size();
    out["inertia"] = number(inertiaOf(model));
    out["silhouette"] = number(model.silhouette());
    out["held_out"] = heldOutJson(model.quality());
    out["explained_variance_ratio"] = model.explainedVarianceRatio();
    out["seconds"] = model.seconds();
    out["states"] = ordered_json::array();
    for (const auto &state : model.states())
        out["states"].push_back({{"name", state.name},
                                 {"polarity", schema::polarityKey(state.polarity)},
                                 {"samples", state.samples},
                                 {"silhouette", number(state.silhouette)},
                                 {"id", state.id}});
    out["features"] = model.features().size();
    out["unknown_distance"] = number(model.unknownDistance());
    out["story"] = model.story();
    out["changes"] = changesJson(model);
    out["choice"] = choiceJson(model.choice());
    out["fidelity"] = number(model.fidelity());
    out["noise"] = model.noise();
    out["calibration"] = calibrationJson(model.quality());
    out["notes"] = model.notes();
    return out;
}

ordered_json comparedJson(std::span<const model::Compared> table)
{
    auto out = ordered_json::array();
    for (const auto &one : table) {
        ordered_json row{{"algorithm", one.algorithm}, {"best", one.best}, {"reason", nullptr}};
        if (one.best)
            row["reason"] = one.reason;
        row["error"] = nullptr;
        if (one.error)
            row["error"] = {{"code", base::codeName(one.error->code)}, {"message", one.error->text()}};
        if (one.model) {
            const auto &model = *one.model;
            row["found_by"] = model.algorithm();
            row["k"] = model.states().size();
            row["noise"] = model.noise();
            row["inertia"] = number(inertiaOf(model));
            row["silhouette"] = number(model.silhouette());
            row["held_out"] = heldOutJson(model.quality());
            row["calibration"] = calibrationJson(model.quality());
            row["story"] = model.story();
            row["seconds"] = model.seconds();
        }
        out.push_back(std::move(row));
    }
    return out;
}

std::uint64_t samplesOf(const model::Model &model)
{
    std::uint64_t out = model.noise();
    for (const auto &state : model.states())
        out += state.samples;
    return out;
}

std::string heldOutText(const model::Model &model)
{
    const auto &quality = model.quality();
    if (quality.samples == 0)
        return "held out: not evaluated (too few labelled samples of both kinds in separate time blocks)\n";
    if (!std::isfinite(quality.f1))
        return fmt::format("held out: accuracy {:.3f} on {} labelled samples never trained on (only one "
                           "class of them, so no F1)\n",
                           quality.accuracy, quality.samples);
    const bool negatives = std::any_of(model.states().begin(), model.states().end(), [](const auto &state) {
        return state.polarity == schema::Polarity::Negative;
    });
    const auto figure = [](double value) {
        return std::isfinite(value) ? fmt::format("{:.3f}", value) : std::string("undefined");
    };
    return fmt::format("held out: F1 {:.3f}, precision {}, recall {}{}, accuracy {:.3f} on {} "
                       "labelled samples never trained on\n",
                       quality.f1, figure(quality.precision), figure(quality.recall),
                       negatives ? "" : " (means over the classes)", quality.accuracy, quality.samples);
}

std::string trustText(const model::Model &model)
{
    const auto &quality = model.quality();
    std::string out;
    if (model.states().size() > 1 && std::isfinite(quality.agreement))
        out += fmt::format("held out: states found again there agree by {:.2f} (1: the same, 0: as by "
                           "chance)\n",
                           quality.agreement);
    if (std::isfinite(quality.abnormalityError)) {
        out += fmt::format(
            "held out: abnormality claimed and seen differ by at most {:.1f} % on {} good samples",
            100 * quality.abnormalityError, quality.goodSamples);
        if (std::isfinite(quality.abnormalityChance))
            out += fmt::format(" (chance alone: {:.1f} %)", 100 * quality.abnormalityChance);
        out += "\n";
    }
    return out;
}

std::string cell(double value)
{
    return std::isfinite(value) ? fmt::format("{:.3f}", value) : "-";
}
} // namespace

std::string modelJson(const model::Model *model, std::span<const model::Compared> table)
{
    ordered_json out = model != nullptr ? modelObject(*model) : ordered_json::object();
    if (!table.empty())
        out["compared"] = comparedJson(table);
    return out.dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

std::string modelText(const model::Model &model)
{
    const auto *algorithm = model::algorithmOf(model.algorithm());
    std::string out =
        fmt::format("model {} ({}): {} state{}, {} feature{}, silhouette {}, trained in {:.2f} s\n",
                    model.name(), algorithm != nullptr ? algorithm->name : model.algorithm(),
                    model.states().size(), model.states().size() == 1 ? "" : "s", model.features().size(),
                    model.features().size() == 1 ? "" : "s",
                    std::isfinite(model.silhouette()) ? fmt::format("{:.2f}", model.silhouette()) : "none",
                    model.seconds());
    for (const auto &text : model.story())
        out += text + "\n";
    for (const auto &state : model.states())
        out +=
            fmt::format("    {:<28} {:<9} {:>8} samples, silhouette {}\n", state.name,
                        schema::polarityKey(state.polarity), state.samples,
                        std::isfinite(state.silhouette) ? fmt::format("{:.2f}", state.silhouette) : "none");
    if (!model.changes().empty())
        out += "since the model before:\n";
    for (const auto &change : model.changes())
        out += "    " + change.text + "\n";
    out += heldOutText(model) + trustText(model);
    for (const auto &note : model.notes())
        if (std::find(model.story().begin(), model.story().end(), note + ".") == model.story().end())
            out += "note: " + note + "\n";
    return out;
}

std::string comparedText(std::span<const model::Compared> table)
{
    std::string out =
        fmt::format("  {:<9} {:>6} {:>8} {:>8} {:>9} {:>10} {:>9} {:>11} {:>8}\n", "algorithm", "states",
                    "noise", "F1", "balanced", "silhouette", "agreement", "abn. error", "seconds");
    std::string reason;
    for (const auto &one : table) {
        out += one.best ? "* " : "  ";
        if (!one.model) {
            out += fmt::format("{:<9} {}\n", one.algorithm, one.error ? one.error->text() : "no model");
            continue;
        }
        const auto &quality = one.model->quality();
        const auto all = samplesOf(*one.model);
        const double noise =
            all == 0 ? 0 : static_cast<double>(one.model->noise()) / static_cast<double>(all);
        const bool labelled = quality.samples > 0;
        out += fmt::format("{:<9} {:>6} {:>8} {:>8} {:>9} {:>10} {:>9} {:>11} {:>8.2f}\n", one.algorithm,
                           one.model->states().size(), fmt::format("{:.1f} %", 100 * noise),
                           cell(labelled ? quality.f1 : model::kUndefined),
                           cell(labelled ? quality.balancedAccuracy : model::kUndefined),
                           cell(one.model->silhouette()), cell(quality.agreement),
                           cell(quality.abnormalityError), one.model->seconds());
        if (one.best)
            reason = one.reason;
    }
    return out + (reason.empty() ? "" : "* " + reason + "\n");
}

} // namespace statescape::cli
