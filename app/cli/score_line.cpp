// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/score_line.h"

#include <algorithm>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace statescape::cli {
namespace {
std::string quoted(const std::string &text)
{
    if (text.find_first_of(",\"\n\r") == std::string::npos)
        return text;
    std::string out = "\"";
    for (const char c : text)
        out.append(c == '"' ? 2 : 1, c);
    return out + "\"";
}

const char *polarityOf(const model::Score &score)
{
    return score.cluster < 0 ? "unknown" : schema::polarityKey(score.polarity).data();
}
} // namespace

std::string stateName(const model::Score &score, const model::Model &model)
{
    return score.cluster < 0 ? "unknown" : model.states().at(static_cast<std::size_t>(score.cluster)).name;
}

std::string membershipHeader(const model::Model &model)
{
    std::string out;
    for (const auto &state : model.states())
        out += "," + quoted("membership:" + state.name);
    return out;
}

std::string scoreCsv(std::uint64_t timeNs, const std::string &entity, const model::Score &score,
                     const model::Model &model, std::span<const float> shares)
{
    std::string out =
        fmt::format("{},{},{},{},{},{:.6g},{:.6g}", timeNs, quoted(entity), score.cluster,
                    quoted(stateName(score, model)), polarityOf(score), score.confidence, score.abnormality);
    for (const float share : shares)
        out += fmt::format(",{:.6g}", share);
    return out;
}

std::string scoreJson(std::uint64_t timeNs, const std::string &entity, const model::Score &score,
                      const model::Model &model, std::span<const feature::Seen> seen,
                      std::optional<bool> alarm, std::span<const float> shares)
{
    nlohmann::ordered_json out{{"time_ns", timeNs},
                               {"entity", entity},
                               {"cluster", score.cluster},
                               {"state", stateName(score, model)},
                               {"polarity", polarityOf(score)},
                               {"confidence", score.confidence},
                               {"abnormality", score.abnormality}};
    if (alarm)
        out["alarm"] = *alarm;
    for (const auto &part : seen) {
        auto &told = out["seen"][part.probe];
        told["share"] = part.share;
        told["error"] = part.error < 0 ? nlohmann::ordered_json() : nlohmann::ordered_json(part.error);
    }
    for (std::size_t s = 0; s < shares.size(); ++s)
        out["memberships"][model.states()[s].name] = shares[s];
    return out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

std::string percentText(double share)
{
    const double percent = share * 100;
    if (share > 0.99 && share < 1)
        return ">99 %";
    return percent >= 10 ? fmt::format("{:.0f} %", percent) : fmt::format("{:.2g} %", percent);
}

std::string estimateText(std::span<const float> row, std::span<const int> columns, const model::Model &model,
                         std::span<const feature::Seen> seen)
{
    if (seen.empty())
        return {};
    constexpr std::size_t kLeading = 3;
    const auto leading = model.explain(row, columns);
    std::string out;
    for (const auto &part : seen) {
        const bool leads = std::any_of(
            leading.begin(), leading.begin() + std::min(kLeading, leading.size()), [&](const auto &each) {
                return model.features()[static_cast<std::size_t>(each.column)].probe == part.probe;
            });
        if (!leads)
            continue;
        out += fmt::format("{}{} seen {}", out.empty() ? "  estimate: " : "; ", part.probe,
                           percentText(part.share));
        if (part.error >= 0)
            out += ", error about " + percentText(part.error);
    }
    return out;
}

} // namespace statescape::cli
