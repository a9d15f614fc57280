// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/background.h"

#include "core/ml/near_rows.h"
#include "core/model/state_rows.h"

#include <algorithm>
#include <fmt/format.h>

namespace statescape::model {
using base::Code;
using schema::Polarity;

namespace {
constexpr std::size_t kLeastUnlabelled = 10;
constexpr std::size_t kMostLabelled = 5000;

/// Squared distance of each row of @p queries to the nearest of @p among.
base::Result<std::vector<float>> nearestOf(const ml::Matrix &queries, const ml::Matrix &among,
                                           const base::Progress &progress)
{
    const ml::NearRows near(among);
    ml::NearRows::Scratch scratch;
    std::vector<ml::NearRows::Hit> hits;
    std::vector<float> out;
    for (Eigen::Index i = 0; i < queries.rows(); ++i) {
        if (i % 256 == 0 && progress.stopped())
            return base::fail(Code::Cancelled, "training stopped on request");
        near.nearest(queries.row(i).data(), 1, {}, 0, hits, scratch);
        out.push_back(hits.front().dist2);
    }
    return out;
}
} // namespace

bool needsBackground(const JudgeInput &in)
{
    std::vector<std::uint8_t> seen(in.classes.size(), 0);
    std::size_t unlabelled = 0;
    for (const int c : in.classOf) {
        if (c >= 0)
            seen[static_cast<std::size_t>(c)] = 1;
        else
            ++unlabelled;
    }
    std::size_t labelled = 0;
    bool allBad = true;
    for (std::size_t c = 0; c < seen.size(); ++c) {
        if (seen[c] == 0)
            continue;
        if (in.classes[c].polarity == Polarity::Positive)
            return false;
        ++labelled;
        allBad = allBad && in.classes[c].polarity == Polarity::Negative;
    }
    return labelled > 0 && (allBad || labelled == 1) && unlabelled >= kLeastUnlabelled;
}

base::Result<Background> backgroundOf(const JudgeInput &in, std::uint64_t seed,
                                      const base::Progress &progress)
{
    Background out{{in.classes.begin(), in.classes.end()}, {in.classOf.begin(), in.classOf.end()}, {}};
    std::string name = kBackgroundName;
    while (std::any_of(in.classes.begin(), in.classes.end(),
                       [&](const LabelClass &one) { return one.name == name; }))
        name += " (unlabelled)";
    out.classes.push_back({name, Polarity::None});
    states::Rows labelled;
    states::Rows others;
    for (std::size_t i = 0; i < in.classOf.size(); ++i)
        (in.classOf[i] >= 0 ? labelled : others).push_back(i);
    labelled = states::thinned(std::move(labelled), kMostLabelled, seed);
    others = states::thinned(std::move(others), states::kMostFitRows, seed + 1);
    const ml::Matrix z = states::take(in.z, others);
    STATESCAPE_TRY(const std::vector<float> toLabelled, nearestOf(z, states::take(in.z, labelled), progress));
    std::vector<float> sorted = toLabelled;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    states::Rows far;
    for (std::size_t i = 0; i < others.size(); ++i)
        if (toLabelled[i] >= *middle)
            far.push_back(others[i]);
    STATESCAPE_TRY(const std::vector<float> toFar,
                   nearestOf(z, states::take(in.z, states::thinned(far, kMostLabelled, seed + 2)), progress));
    const int background = static_cast<int>(in.classes.size());
    std::size_t taken = 0;
    for (std::size_t i = 0; i < others.size(); ++i)
        if (toFar[i] < toLabelled[i]) {
            out.classOf[others[i]] = background;
            ++taken;
        }
    out.note = fmt::format("nothing is labelled good: {} samples unlike the labelled ones stand for it, as "
                           "state \"{}\"; {} like them were left open",
                           taken, name, others.size() - taken);
    return out;
}

} // namespace statescape::model
