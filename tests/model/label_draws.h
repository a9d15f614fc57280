// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/judge.h"
#include "tests/model/label_sets.h"

#include <string>
#include <vector>

/// Labels as a person gives them, and how good the answers are that they lead to.
namespace statescape::model::test {

/// Labels of some rows, and the rows to judge the answers on: never one beside a label in time.
struct LabelDraw {
    std::vector<int> given; ///< n, -1 unlabelled
    std::vector<std::uint8_t> judged;
};

/// @param each samples a class, or runs of neighbours @param run samples in a run: what a lasso catches
inline LabelDraw drawLabels(const LabelSet &set, int each, int run, std::uint64_t seed)
{
    const std::size_t n = set.truth.size();
    const bool recorded = !set.phase.empty();
    LabelDraw out{std::vector<int>(n, -1), std::vector<std::uint8_t>(n, 0)};
    std::vector<int> left(static_cast<std::size_t>(set.classes), each);
    for (const std::size_t i : ml::test::shuffled(n, seed + 1)) {
        const int c = set.truth[i];
        if (c < 0 || out.given[i] >= 0 || (recorded && set.session[i] != 0) ||
            left[static_cast<std::size_t>(c)]-- <= 0)
            continue;
        for (std::size_t j = i; j < std::min(n, i + static_cast<std::size_t>(run)); ++j)
            if (j == i || (set.phase[j] == set.phase[i] && set.truth[j] == c))
                out.given[j] = c;
    }
    for (std::size_t i = 0; i < n; ++i)
        out.judged[i] = set.truth[i] >= 0 && (recorded ? set.session[i] == 1 : out.given[i] < 0) ? 1 : 0;
    return out;
}

/// @return 0..1, mean recall of the classes, over the rows to be judged; unknown is wrong.
inline double balancedAccuracy(const LabelSet &set, const LabelDraw &draw, const std::vector<int> &answer)
{
    std::vector<double> right(static_cast<std::size_t>(set.classes), 0);
    std::vector<double> all(right.size(), 0);
    for (std::size_t i = 0; i < answer.size(); ++i)
        if (draw.judged[i] != 0) {
            all[static_cast<std::size_t>(set.truth[i])] += 1;
            right[static_cast<std::size_t>(set.truth[i])] += answer[i] == set.truth[i] ? 1 : 0;
        }
    double sum = 0;
    int seen = 0;
    for (std::size_t c = 0; c < all.size(); ++c)
        if (all[c] > 0) {
            sum += right[c] / all[c];
            ++seen;
        }
    return sum / seen;
}

/// Plain 1-NN in the scaled space.
inline std::vector<int> nearestLabel(const LabelSet &set, const std::vector<int> &given)
{
    std::vector<Eigen::Index> known;
    for (std::size_t i = 0; i < given.size(); ++i)
        if (given[i] >= 0)
            known.push_back(static_cast<Eigen::Index>(i));
    const ml::Matrix rows = set.z(known, Eigen::all);
    std::vector<int> out;
    for (Eigen::Index i = 0; i < set.z.rows(); ++i) {
        Eigen::Index best = 0;
        (rows.rowwise() - set.z.row(i)).rowwise().squaredNorm().minCoeff(&best);
        out.push_back(given[static_cast<std::size_t>(known[static_cast<std::size_t>(best)])]);
    }
    return out;
}

/// What the model trained on those labels calls each row, -1 for unknown and for states nobody named.
inline base::Result<std::vector<int>> modelAnswers(const LabelSet &set, const std::vector<int> &given,
                                                   const TrainOptions &options = {})
{
    std::vector<LabelClass> classes;
    for (int c = 0; c < set.classes; ++c)
        classes.push_back(
            {"class " + std::to_string(c), c == 0 ? schema::Polarity::Positive : schema::Polarity::Negative});
    const auto rows = set.trainingRows();
    ml::Matrix z(static_cast<Eigen::Index>(rows.size()), set.z.cols());
    std::vector<int> classOf;
    std::vector<std::uint64_t> times;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        z.row(static_cast<Eigen::Index>(i)) = set.z.row(static_cast<Eigen::Index>(rows[i]));
        classOf.push_back(given[rows[i]]);
        if (!set.ns.empty())
            times.push_back(set.ns[rows[i]]);
    }
    STATESCAPE_TRY(const Judge judge, Judge::fit({z, classOf, classes, times}, options, {}));
    std::vector<int> out;
    for (Eigen::Index i = 0; i < set.z.rows(); ++i) {
        const int state = judge.score(set.z.row(i).data(), true).cluster;
        out.push_back(state < 0 ? -1 : judge.classOf[static_cast<std::size_t>(state)]);
    }
    return out;
}

} // namespace statescape::model::test
