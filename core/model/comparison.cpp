// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/comparison.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>

namespace statescape::model {
using base::Code;

namespace {
/// Figures this near are equal: other time blocks held out would turn them round.
constexpr double kEqual = 0.005;
/// A model that leaves out more than this says nothing of most samples.
constexpr double kMostNoise = 0.5;
/// By what a sample costs: one prototype a state, several, a matrix a state.
constexpr std::array<std::string_view, 6> kFastest{"kmeans", "ward", "genie", "hdbscan", "dbscan", "gmm"};

base::Result<std::vector<const Algorithm *>> algorithmsOf(std::span<const std::string> keys)
{
    std::vector<const Algorithm *> out;
    if (keys.empty()) {
        for (const auto &one : algorithms())
            if (one.key != "auto")
                out.push_back(&one);
        return out;
    }
    for (const auto &key : keys) {
        const auto *algorithm = algorithmOf(key);
        if (algorithm == nullptr) {
            std::string known;
            for (const auto &one : algorithms())
                known += (known.empty() ? "" : ", ") + std::string(one.key);
            return base::fail(Code::InvalidArgument, fmt::format("there is no algorithm \"{}\"", key),
                              "use " + known);
        }
        if (std::find(out.begin(), out.end(), algorithm) == out.end())
            out.push_back(algorithm);
    }
    return out;
}

TrainOptions optionsFor(const Algorithm &algorithm, const TrainOptions &asked)
{
    TrainOptions out = asked;
    const bool dbscan = algorithm.key == "dbscan";
    const bool hdbscan = algorithm.key == "hdbscan";
    out.algorithm = algorithm.key;
    out.k = algorithm.takesK ? asked.k : 0;
    out.radius = dbscan ? asked.radius : 0;
    out.minSamples = dbscan || hdbscan ? asked.minSamples : 0;
    out.minClusterSize = hdbscan ? asked.minClusterSize : 0;
    return out;
}

/// A figure by which models are ranked, larger is better.
struct Yardstick {
    double (*of)(const Model &);
    std::string_view words;
};
constexpr Yardstick kF1{[](const Model &model) { return model.quality().f1; }, "held-out F1"};
constexpr Yardstick kBalanced{[](const Model &model) { return model.quality().balancedAccuracy; },
                              "held-out balanced accuracy"};
constexpr Yardstick kAgreement{[](const Model &model) { return model.quality().agreement; },
                               "agreement of its states with those found on held-out samples"};
constexpr Yardstick kSilhouette{[](const Model &model) { return model.silhouette(); }, "silhouette"};

class Ranking {
public:
    Ranking(std::vector<Compared> &table, bool negatives, std::size_t rows)
        : m_rows(rows)
    {
        bool labelled = false;
        for (auto &one : table)
            if (one.model) {
                m_all.push_back(&one);
                labelled |= one.model->quality().samples > 0;
            }
        m_ranked = m_all;
        if (labelled && negatives && measures(kF1))
            m_yardstick = kF1;
        else if (labelled && measures(kBalanced))
            m_yardstick = kBalanced;
        else {
            keepAnswering();
            m_yardstick = measures(kAgreement) ? kAgreement : kSilhouette;
        }
    }

    void decide()
    {
        if (m_all.empty())
            return;
        std::stable_sort(m_ranked.begin(), m_ranked.end(),
                         [this](auto *a, auto *b) { return figure(*a) > figure(*b); });
        std::vector<Compared *> equal;
        for (auto *one : m_ranked)
            if (!(figure(*m_ranked.front()) - figure(*one) > kEqual))
                equal.push_back(one);
        std::stable_sort(equal.begin(), equal.end(),
                         [](auto *a, auto *b) { return slowness(*a) < slowness(*b); });
        Compared &best = *equal.front();
        best.best = true;
        best.reason = reason(best, equal);
    }

private:
    [[nodiscard]] bool measures(const Yardstick &yardstick) const
    {
        return std::any_of(m_ranked.begin(), m_ranked.end(),
                           [&](auto *one) { return std::isfinite(yardstick.of(*one->model)); });
    }
    /// One state repeats always, and so does leaving most samples out: that is no answer while others give
    /// one.
    void keepAnswering()
    {
        std::vector<Compared *> kept;
        for (auto *one : m_all)
            if (one->model->states().size() > 1 &&
                static_cast<double>(one->model->noise()) <= kMostNoise * static_cast<double>(m_rows))
                kept.push_back(one);
        if (!kept.empty())
            m_ranked = std::move(kept);
    }
    [[nodiscard]] double figure(const Compared &one) const
    {
        const double value = m_yardstick.of(*one.model);
        return std::isfinite(value) ? value : -2;
    }
    static std::size_t slowness(const Compared &one)
    {
        return static_cast<std::size_t>(std::find(kFastest.begin(), kFastest.end(), one.model->algorithm()) -
                                        kFastest.begin());
    }
    static std::string name(const Compared &one)
    {
        const auto *algorithm = algorithmOf(one.model->algorithm());
        const std::string found(algorithm != nullptr ? algorithm->name : one.model->algorithm());
        return one.algorithm == "auto" ? "auto (" + found + ")" : found;
    }

    [[nodiscard]] std::string reason(const Compared &best, const std::vector<Compared *> &equal) const
    {
        if (m_all.size() == 1)
            return name(best) + " is the only one that gave a model.";
        if (m_yardstick.of == kAgreement.of && best.model->states().size() < 2)
            return "No algorithm tells states apart here; " + name(best) +
                   " is the fastest to judge samples.";
        if (figure(best) < -1)
            return "No held-out figure tells them apart; " + name(best) + " is the fastest to judge samples.";
        const std::string value = fmt::format("{:.3f}", figure(best));
        if (equal.size() > 1) {
            std::string others = name(*equal[1]);
            if (equal.size() == 3)
                others += " and " + name(*equal[2]);
            else if (equal.size() > 3)
                others = fmt::format("{} others", equal.size() - 1);
            const std::string most = fmt::format("{:.3f}", figure(*m_ranked.front()));
            return fmt::format("{}: {} {}, as good as {}{}, and the fastest of them to judge samples.",
                               name(best), m_yardstick.words, value, others,
                               most == value ? "" : " (" + most + " at best)");
        }
        if (m_ranked.size() == 1)
            return name(best) + " is the only one that tells states apart.";
        return fmt::format("{}: best {}, {}; next is {} with {}.", name(best), m_yardstick.words, value,
                           name(*m_ranked[1]),
                           figure(*m_ranked[1]) < -1 ? "none" : fmt::format("{:.3f}", figure(*m_ranked[1])));
    }

    std::size_t m_rows;
    std::vector<Compared *> m_all, m_ranked;
    Yardstick m_yardstick = kSilhouette;
};

/// @return whether no algorithm gave a model, all for the same reason
bool sharedFailure(const std::vector<Compared> &table)
{
    return std::all_of(table.begin(), table.end(), [&](const Compared &one) {
        return one.error && one.error->code == table.front().error->code;
    });
}
} // namespace

base::Result<std::vector<Compared>> compareAlgorithms(const TrainingSet &set, const TrainOptions &options,
                                                      std::span<const std::string> keys,
                                                      const base::Progress &progress)
{
    STATESCAPE_TRY(const auto chosen, algorithmsOf(keys));
    std::vector<Compared> out;
    for (std::size_t i = 0; i < chosen.size(); ++i) {
        const base::Progress part{progress.stop, [&](double fraction, std::string_view stage) {
                                      progress.at((static_cast<double>(i) + fraction) /
                                                      static_cast<double>(chosen.size()),
                                                  fmt::format("{}: {}", chosen[i]->name, stage));
                                  }};
        if (progress.stopped())
            return base::fail(Code::Cancelled, "comparing stopped on request");
        part.at(0, "starting");
        auto model = Model::train(set, optionsFor(*chosen[i], options), part);
        if (!model && model.error().code == Code::Cancelled)
            return model.error();
        Compared one;
        one.algorithm = chosen[i]->key;
        if (model)
            one.model = std::move(*model);
        else
            one.error = model.error();
        out.push_back(std::move(one));
    }
    if (sharedFailure(out))
        return *out.front().error;
    const bool negatives =
        options.useLabels && std::any_of(set.labels.begin(), set.labels.end(), [](const auto &label) {
            return label.polarity == schema::Polarity::Negative;
        });
    Ranking(out, negatives, static_cast<std::size_t>(set.x.rows())).decide();
    progress.at(1, "done");
    return out;
}

} // namespace statescape::model
