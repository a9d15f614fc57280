// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/identity.h"
#include "core/model/model_data.h"
#include "core/model/state_rows.h"

#include <algorithm>
#include <fmt/format.h>

namespace statescape::model {
using Index = Eigen::Index;

namespace {
/// Two models are compared on at most this many rows, evenly drawn.
constexpr std::size_t kMostCompared = 50000;

/// @return states x d, NaN rows for states without samples
ml::Matrix meansOf(ml::MatrixView z, std::span<const int> answers, std::size_t states)
{
    Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(static_cast<Index>(states), z.cols());
    Eigen::VectorXd counts = Eigen::VectorXd::Zero(static_cast<Index>(states));
    for (std::size_t i = 0; i < answers.size(); ++i)
        if (answers[i] >= 0) {
            sums.row(answers[i]) += z.row(static_cast<Index>(i)).cast<double>();
            counts[answers[i]] += 1;
        }
    for (Index s = 0; s < sums.rows(); ++s)
        sums.row(s) /= counts[s]; // 0 / 0 is the NaN wanted
    return sums.cast<float>();
}

bool numbered(std::string_view name, std::string_view base)
{
    if (name.substr(0, base.size()) != base)
        return false;
    const auto rest = name.substr(base.size());
    return rest.empty() ||
           (rest.size() > 1 && rest[0] == ' ' &&
            std::all_of(rest.begin() + 1, rest.end(), [](char c) { return c >= '0' && c <= '9'; }));
}

/// Which class names each of the states, by name: a model does not keep its labels.
std::vector<int> classesOf(std::span<const State> states, std::span<const LabelClass> classes)
{
    std::vector<int> out;
    for (const auto &state : states) {
        const auto found = std::find_if(classes.begin(), classes.end(), [&](const LabelClass &one) {
            return one.polarity == state.polarity && numbered(state.name, one.name);
        });
        out.push_back(found == classes.end() ? -1 : static_cast<int>(found - classes.begin()));
    }
    return out;
}
} // namespace

base::Result<> followModel(ModelContent &content, const Model &previous, const TrainingSet &set,
                           ml::MatrixView z, std::span<const std::uint32_t> rows,
                           std::span<const int> answers, std::span<const LabelClass> classes,
                           const base::Progress &progress)
{
    const auto columns = previous.bind(*set.schema);
    if (!columns) {
        content.notes.push_back(fmt::format("states do not follow those of model \"{}\": {}", previous.name(),
                                            columns.error().message));
        return {};
    }
    const states::Rows some = states::evenRows(rows.size(), kMostCompared);
    std::vector<int> before;
    std::vector<int> after;
    for (const std::size_t i : some) {
        if (before.size() % 1024 == 0 && progress.stopped())
            return base::fail(base::Code::Cancelled, "training stopped on request");
        const float *row = set.x.data() + static_cast<Index>(rows[i]) * set.x.outerStride();
        before.push_back(previous.score({row, set.schema->size()}, *columns).cluster);
        after.push_back(answers[i]);
    }
    const ml::Matrix shared = states::take(z, some);
    auto &judged = content.judge.states;
    const ml::Matrix oldMeans = meansOf(shared, before, previous.states().size());
    const ml::Matrix newMeans = meansOf(shared, after, judged.size());
    const std::vector<int> oldClasses = classesOf(previous.states(), classes);
    Identity identity = matchStates({previous.states(), before, oldMeans, oldClasses},
                                    {judged, after, newMeans, content.judge.classOf}, previous.lastStateId());
    for (std::size_t s = 0; s < judged.size(); ++s) {
        judged[s].id = identity.ids[s];
        judged[s].name = std::move(identity.names[s]);
    }
    content.changes = std::move(identity.changes);
    content.lastId = previous.lastStateId();
    return {};
}

} // namespace statescape::model
