// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/ml/random.h"
#include "core/model/model.h"

#include <cmath>
#include <memory>
#include <string>
#include <vector>

namespace statescape::model::test {

/// A made-up recording: phases of known kinds over a real schema. Values follow the shape of the real ones
/// (log-normal rates, shares, slow wander, quantiles that are missing when nothing happened) and are drawn
/// from a fixed seed.
struct Planted {
    std::shared_ptr<const schema::Schema> schema = schema::Schema::builtin();
    ml::Matrix x;
    std::vector<schema::Label> labels;
    std::vector<std::uint64_t> timeNs;
    std::vector<std::string> classNames{""};
    std::vector<int> kind;

    [[nodiscard]] TrainingSet set() const { return {schema, x, labels, timeNs, classNames}; }
    [[nodiscard]] std::span<const float> row(Eigen::Index i) const
    {
        return {x.row(i).data(), static_cast<std::size_t>(x.cols())};
    }
};

struct PlantedOptions {
    int kinds = 6;         ///< faults; kind 0 is quiet, kind 1 busy but normal
    int rounds = 3;        ///< how often each phase comes
    int length = 24;       ///< samples a phase
    double strength = 2.5; ///< of a fault, in units of the noise
    std::uint64_t seed = 1;
    bool labelled = true;
};

inline Planted plant(const PlantedOptions &options)
{
    Planted out;
    const auto d = static_cast<Eigen::Index>(out.schema->size());
    ml::Random random(options.seed);
    ml::Random shape(99);
    Eigen::MatrixXd offset = Eigen::MatrixXd::Zero(options.kinds + 2, d);
    for (int kind = 1; kind < options.kinds + 2; ++kind) {
        if (kind > 1)
            out.classNames.push_back("fault " + std::to_string(kind - 1));
        for (Eigen::Index j = 0; j < d; ++j)
            if (shape.uniform() < 0.25)
                offset(kind, j) =
                    (0.5 + shape.uniform()) * options.strength * (shape.uniform() < 0.8 ? 1 : -1);
    }
    std::vector<int> phases;
    for (int round = 0; round < options.rounds; ++round)
        for (int kind = 2; kind < options.kinds + 2; ++kind) {
            phases.push_back(0);
            phases.push_back(1);
            phases.push_back(kind);
        }
    const auto n = static_cast<Eigen::Index>(phases.size()) * options.length;
    out.x.resize(n, d);
    Eigen::VectorXd wander = Eigen::VectorXd::Zero(d);
    for (Eigen::Index i = 0; i < n; ++i) {
        const int kind = phases[static_cast<std::size_t>(i / options.length)];
        out.kind.push_back(kind);
        out.timeNs.push_back(1000000000ULL + static_cast<std::uint64_t>(i) * 250000000ULL);
        const bool negative = kind > 1;
        out.labels.push_back(
            options.labelled
                ? schema::Label{negative ? schema::Polarity::Negative : schema::Polarity::Positive,
                                static_cast<std::uint16_t>(negative ? kind - 1 : 0)}
                : schema::Label{});
        for (Eigen::Index j = 0; j < d; ++j) {
            wander[j] = 0.97 * wander[j] + 0.2 * random.normal();
            const double z = 0.4 * wander[j] + 0.8 * random.normal() + offset(kind, j);
            const auto &feature = (*out.schema)[static_cast<std::size_t>(j)];
            out.x(i, j) = static_cast<float>(feature.log1p ? std::expm1(std::max(0.0, 4 + 0.7 * z))
                                                           : std::max(0.0, 20 + 5 * z));
            if (feature.kind == schema::FeatureKind::Quantile && random.uniform() < 0.1)
                out.x(i, j) = schema::missingValue(schema::Missing::NoEvents);
        }
    }
    out.x.row(0).setConstant(schema::missingValue(schema::Missing::Warmup));
    return out;
}

} // namespace statescape::model::test
