// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/outlook.h"

#include "core/forecast/forecast.h"

#include <algorithm>
#include <map>
#include <set>

namespace statescape::session {
namespace {
constexpr std::size_t kMinScores = 40;
constexpr std::size_t kHoltScores = 240;
constexpr int kHorizon = 240; // a minute at the default interval
constexpr int kBandHorizon = 40;

float clamped(double value)
{
    return static_cast<float>(std::clamp(value, 0.0, 1.0));
}

void addBand(std::span<const model::Score> scores, Outlook &out)
{
    std::vector<float> series;
    for (const auto &score : scores.last(std::min(scores.size(), kHoltScores)))
        series.push_back(score.abnormality);
    const auto forecast = forecast::dampedHolt(series, kBandHorizon);
    if (!forecast)
        return;
    for (std::size_t i = 0; i < forecast->mean.size(); ++i) {
        out.abnormality.push_back(clamped(forecast->mean[i]));
        out.low.push_back(clamped(forecast->low[i]));
        out.high.push_back(clamped(forecast->high[i]));
    }
}
/// What one entity did, up to the newest interval.
struct Story {
    std::uint32_t entity = 0;
    int state = 0; ///< now
    std::vector<model::Score> scores;
};
struct Stories {
    std::vector<int> states;    ///< of one entity after the other, -1 between them
    std::vector<Story> present; ///< those of the newest interval
};

Stories storiesOf(std::span<const model::Score> scores, const Whose &whose, int unknown)
{
    const auto stateOf = [unknown](const model::Score &score) {
        return score.cluster < 0 ? unknown : score.cluster;
    };
    const bool several = whose.entities.size() >= scores.size();
    const auto entities = several ? whose.entities.last(scores.size()) : whose.entities;
    std::map<std::uint32_t, std::vector<model::Score>> byEntity;
    for (std::size_t i = 0; i < scores.size(); ++i)
        byEntity[several ? entities[i] : 0].push_back(scores[i]);
    std::set<std::uint32_t> present;
    for (std::size_t i = scores.size() - std::min(scores.size(), whose.newest); i < scores.size(); ++i)
        present.insert(several ? entities[i] : 0);
    Stories out;
    for (auto &[entity, own] : byEntity) {
        if (!out.states.empty())
            out.states.push_back(-1);
        for (const auto &score : own)
            out.states.push_back(stateOf(score));
        if (present.contains(entity))
            out.present.push_back({entity, stateOf(own.back()), std::move(own)});
    }
    return out;
}
} // namespace

std::optional<Outlook> outlookOf(const model::Model &model, std::span<const model::Score> scores,
                                 const AlarmRule &rule, std::uint64_t intervalNs, const Whose &whose)
{
    if (scores.size() < kMinScores)
        return std::nullopt;
    const auto recent = scores.last(std::min(scores.size(), kOutlookScores));
    const int unknown = static_cast<int>(model.states().size());
    std::vector<std::uint8_t> bad(static_cast<std::size_t>(unknown) + 1, 0);
    for (int i = 0; i < unknown; ++i)
        bad[static_cast<std::size_t>(i)] =
            model.states()[static_cast<std::size_t>(i)].polarity == schema::Polarity::Negative ? 1 : 0;
    bad.back() = rule.unknownCounts ? 1 : 0;
    const auto stories = storiesOf(recent, whose, unknown);

    Outlook out;
    out.horizonNs = intervalNs * kHorizon;
    const auto transitions = forecast::Transitions::fit(stories.states, unknown + 1);
    const Story *chosen = nullptr;
    for (const auto &story : stories.present) {
        // While it is bad there is nothing to warn of.
        const int now = story.state;
        if (!transitions || bad[static_cast<std::size_t>(now)] != 0)
            continue;
        const auto due = transitions->nextBad(now, bad, kHorizon);
        if (chosen && due.probability <= out.probability)
            continue;
        chosen = &story;
        out.probability = due.probability;
        out.earliestNs = intervalNs * static_cast<std::uint64_t>(due.earliest);
        out.latestNs = intervalNs * static_cast<std::uint64_t>(due.latest);
    }
    if (!chosen && !stories.present.empty())
        chosen = &stories.present.front();
    if (!chosen)
        return out;
    out.entity = chosen->entity;
    addBand(chosen->scores, out);
    if (!transitions || bad[static_cast<std::size_t>(chosen->state)] != 0)
        return out;
    std::uint64_t most = 0;
    for (int i = 0; i <= unknown; ++i) {
        std::uint64_t entered = 0;
        for (int from = 0; from <= unknown; ++from)
            entered += bad[static_cast<std::size_t>(from)] == 0 ? transitions->count(from, i) : 0;
        if (bad[static_cast<std::size_t>(i)] != 0 && entered > most) {
            most = entered;
            out.state = i == unknown ? "unknown" : model.states()[static_cast<std::size_t>(i)].name;
        }
    }
    // Nothing bad was ever seen to begin: smoothing alone is no evidence.
    if (most == 0)
        out.probability = 0;
    return out;
}

} // namespace statescape::session
