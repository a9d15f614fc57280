// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/outlook.h"

#include "core/forecast/forecast.h"

#include <algorithm>

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
} // namespace

std::optional<Outlook> outlookOf(const model::Model &model, std::span<const model::Score> scores,
                                 const AlarmRule &rule, std::uint64_t intervalNs)
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
    std::vector<int> states;
    states.reserve(recent.size());
    for (const auto &score : recent)
        states.push_back(score.cluster < 0 ? unknown : score.cluster);

    Outlook out;
    addBand(recent, out);
    out.horizonNs = intervalNs * kHorizon;
    const auto transitions = forecast::Transitions::fit(states, unknown + 1);
    const int now = states.back();
    // While it is bad there is nothing to warn of.
    if (!transitions || bad[static_cast<std::size_t>(now)] != 0)
        return out;
    const auto due = transitions->nextBad(now, bad, kHorizon);
    out.probability = due.probability;
    out.earliestNs = intervalNs * static_cast<std::uint64_t>(due.earliest);
    out.latestNs = intervalNs * static_cast<std::uint64_t>(due.latest);
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
