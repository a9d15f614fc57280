// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// How well few labels teach: balanced accuracy of what ships by default at 1, 3 and 10 labels a class, beside
// scikit-learn on the same draws; unknown counts as wrong. One JSON row a line.
#include "core/model/label_spreading.h"
#include "tests/bench/row.h"
#include "tests/model/label_draws.h"

#include <cmath>
#include <fmt/format.h>
#include <numeric>
#include <optional>

using namespace statescape;
using namespace statescape::model;

namespace {
constexpr int kDraws = 30;

struct Figures {
    double model = 0, error = 0;                ///< mean over the draws, standard error
    double nearest = 0;                         ///< ours
    double nn = 0, spreading = 0, logistic = 0; ///< scikit-learn's; 0 where it is not installed
};

double meanOf(const std::vector<double> &values)
{
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

void ask(const test::LabelSet &set, const std::vector<test::LabelDraw> &draws, Figures &out)
{
    std::vector<float> values(set.z.data(), set.z.data() + set.z.size());
    values.insert(values.end(), set.truth.begin(), set.truth.end());
    for (std::size_t i = 0; i < set.truth.size(); ++i)
        values.push_back(set.session.empty() || set.session[i] == 0 ? 1 : 0);
    for (const auto &draw : draws) {
        values.insert(values.end(), draw.given.begin(), draw.given.end());
        values.insert(values.end(), draw.judged.begin(), draw.judged.end());
    }
    const auto theirs = bench::askPython(STATESCAPE_BENCH_PEER, values,
                                         std::to_string(set.z.rows()) + " " + std::to_string(set.z.cols()) +
                                             " " + std::to_string(draws.size()));
    if (!theirs.is_object())
        return;
    out.nn = meanOf(theirs["nn"].get<std::vector<double>>());
    out.spreading = meanOf(theirs["spreading"].get<std::vector<double>>());
    out.logistic = meanOf(theirs["logistic"].get<std::vector<double>>());
}

/// @return nothing where a fit failed
std::optional<Figures> measure(const test::LabelSet &set, int each, int run)
{
    Figures out;
    std::vector<test::LabelDraw> draws;
    std::vector<double> model;
    for (std::uint64_t k = 0; k < kDraws; ++k) {
        draws.push_back(test::drawLabels(set, each, run, k));
        const auto answers = test::modelAnswers(set, draws.back().given);
        if (!answers)
            return std::nullopt;
        model.push_back(test::balancedAccuracy(set, draws.back(), *answers));
        out.nearest +=
            test::balancedAccuracy(set, draws.back(), test::nearestLabel(set, draws.back().given)) / kDraws;
    }
    out.model = meanOf(model);
    for (const double value : model)
        out.error += (value - out.model) * (value - out.model);
    out.error = std::sqrt(out.error / (kDraws - 1) / kDraws);
    ask(set, draws, out);
    return out;
}

void print(const std::string &name, const Figures &figures)
{
    std::string note = figures.error > 0 ? fmt::format("+-{:.3f} over {} draws", figures.error, kDraws) : "";
    if (figures.nn > 0)
        note += fmt::format("{}label spreading {:.3f}, logistic {:.3f}", note.empty() ? "" : "; ",
                            figures.spreading, figures.logistic);
    const bool asked = figures.nn > 0;
    const double peer = asked ? figures.nn : figures.nearest;
    bench::printRow("labels", name, figures.model, "balanced accuracy",
                    {asked ? "1-NN, scikit-learn" : "1-NN, ours", peer}, figures.model / peer, note);
}
} // namespace

int main()
{
    const auto sets = test::labelSets(STATESCAPE_SOURCE);
    for (const int each : {1, 3, 10}) {
        const std::string labels = fmt::format("{} label{} a class", each, each > 1 ? "s" : "");
        Figures mean;
        for (const auto &set : sets) {
            const auto one = measure(set, each, 1);
            if (!one)
                return 1;
            print(set.name + ", " + labels, *one);
            const auto share = 1.0 / static_cast<double>(sets.size());
            mean.model += one->model * share;
            mean.nearest += one->nearest * share;
            mean.nn += one->nn * share;
            mean.spreading += one->spreading * share;
            mean.logistic += one->logistic * share;
        }
        print("mean of the sets, " + labels, mean);
    }
    for (const int runs : {1, 2, 3})
        if (const auto one = measure(sets.back(), runs, 8))
            print(
                fmt::format("{}, {} run{} of 8 samples a class", sets.back().name, runs, runs > 1 ? "s" : ""),
                *one);
    std::vector<LabelClass> classes{{"a", schema::Polarity::Positive}, {"b", schema::Polarity::Negative}};
    for (const Eigen::Index rows : {1000, 10000, 1000000}) {
        const auto data = ml::test::blobs(rows, 64, 2, 1, 4);
        std::vector<int> given(static_cast<std::size_t>(rows), -1);
        for (std::size_t i = 0; i < 40; ++i)
            given[i] = data.truth[i];
        bench::printRow("labels", fmt::format("spread 40 labels among {} x 64", rows), bench::bestMs([&] {
                            (void)spreadLabels({data.x, given, classes, {}}, 1);
                        }),
                        "ms", {}, rows > 5000 ? "5,000 rows of them" : "");
    }
    return 0;
}
