// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/story.h"

#include "core/ml/kmeans.h"
#include "core/ml/random.h"
#include "core/ml/statistics.h"
#include "core/model/cloud_gap.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>
#include <set>

namespace statescape::model {
using base::Code;
using Index = Eigen::Index;

namespace {
/// Looked at of two states together; the gap costs their square.
constexpr std::size_t kMostRows = 1000;
/// Fewer samples say nothing of a gap.
constexpr std::size_t kLeastRows = 20;
/// The largest ones; more than that nobody reads about.
constexpr std::size_t kMostStates = 24;
constexpr double kLeastShare = 0.05;
constexpr int kMostCuts = 3;
constexpr std::size_t kMostGroups = 2;
constexpr std::size_t kMostCovers = 3;
constexpr std::size_t kLeastLabels = 10;
constexpr double kLeastCovered = 0.1;

base::Error stopped()
{
    return base::fail(Code::Cancelled, "training stopped on request");
}

std::string counted(std::size_t count, const std::string &one)
{
    return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

/// "a", "a and b", "a, b and c"
std::string listed(const std::vector<std::string> &parts)
{
    std::string out;
    for (std::size_t i = 0; i < parts.size(); ++i)
        out += (i == 0 ? "" : i + 1 < parts.size() ? ", " : " and ") + parts[i];
    return out;
}

std::string percent(double share)
{
    if (share < 0.001)
        return "under 0.1 %";
    return share < 0.0995 ? fmt::format("{:.1f} %", share * 100) : fmt::format("{:.0f} %", share * 100);
}

/// Columns as they are about the middle of both, logarithms beyond their usual spread.
void shortenTails(ml::Matrix &first, ml::Matrix &second)
{
    std::vector<float> values(static_cast<std::size_t>(first.rows() + second.rows()));
    for (Index j = 0; j < first.cols(); ++j) {
        for (Index i = 0; i < first.rows(); ++i)
            values[static_cast<std::size_t>(i)] = first(i, j);
        for (Index i = 0; i < second.rows(); ++i)
            values[static_cast<std::size_t>(first.rows() + i)] = second(i, j);
        const double middle = ml::medianInPlace(values);
        const double spread = ml::madInPlace(values, middle);
        if (!(spread > 0))
            continue;
        for (auto *part : {&first, &second})
            for (Index i = 0; i < part->rows(); ++i)
                (*part)(i, j) = static_cast<float>(std::asinh(((*part)(i, j) - middle) / spread));
    }
}

using Rows = std::vector<std::size_t>;

class Teller {
public:
    Teller(const Judge &judge, ml::MatrixView z, std::span<const int> answers, std::span<const int> labels,
           std::span<const LabelClass> classes, const base::Progress &progress)
        : m_judge(judge)
        , m_z(z)
        , m_answers(answers)
        , m_labels(labels)
        , m_classes(classes)
        , m_progress(progress)
        , m_rowsOf(judge.states.size())
    {
        for (std::size_t i = 0; i < answers.size(); ++i)
            if (answers[i] < 0)
                ++m_noise;
            else
                m_rowsOf[static_cast<std::size_t>(answers[i])].push_back(i);
        for (std::size_t s = 0; s < m_rowsOf.size(); ++s)
            if (m_rowsOf[s].size() >= kLeastRows)
                m_large.push_back(s);
        std::stable_sort(m_large.begin(), m_large.end(),
                         [&](auto a, auto b) { return m_rowsOf[a].size() > m_rowsOf[b].size(); });
        if (m_large.size() > kMostStates)
            m_large.erase(m_large.begin() + kMostStates, m_large.end());
    }

    base::Result<std::vector<std::string>> run()
    {
        count();
        STATESCAPE_CHECK(halves());
        STATESCAPE_CHECK(covers());
        if (m_noise > 0)
            m_story.push_back(percent(static_cast<double>(m_noise) / static_cast<double>(m_answers.size())) +
                              " of samples belong to none.");
        if (std::string reason = m_judge.report.choice.reason; !reason.empty()) {
            if (reason.back() == '.')
                reason.pop_back();
            if (std::isfinite(m_judge.report.choice.sure))
                reason += fmt::format(" ({:.0f} % sure)", 100 * m_judge.report.choice.sure);
            reason += '.';
            m_story.push_back(std::move(reason));
        }
        return std::move(m_story);
    }

private:
    [[nodiscard]] const std::string &name(std::size_t s) const { return m_judge.states[s].name; }
    [[nodiscard]] int classOf(std::size_t s) const
    {
        return s < m_judge.classOf.size() ? m_judge.classOf[s] : -1;
    }

    void count()
    {
        const std::size_t k = m_judge.states.size();
        std::size_t named = 0;
        for (std::size_t s = 0; s < k; ++s)
            named += classOf(s) >= 0 ? 1 : 0;
        const bool labels =
            std::any_of(m_labels.begin(), m_labels.end(), [](int label) { return label >= 0; });
        std::string text = counted(k, "state");
        if (named == k && k > 0)
            text += k == 1 ? ", named by your labels" : ", all named by your labels";
        else if (named > 0)
            text += fmt::format("; {} named by your labels", named);
        else if (labels)
            text += "; your labels name none of them";
        m_story.push_back(text + ".");
    }

    /// Drawn from all of them with the same chance, so that their densities stay as they are.
    [[nodiscard]] std::vector<Rows> drawn(const std::vector<const Rows *> &groups) const
    {
        std::vector<Rows> out(groups.size());
        std::vector<std::pair<std::size_t, std::size_t>> all;
        for (std::size_t g = 0; g < groups.size(); ++g)
            for (const std::size_t row : *groups[g])
                all.emplace_back(g, row);
        const std::size_t most = std::min(all.size(), kMostRows);
        ml::Random random(all.size(), 0x57021);
        for (std::size_t i = 0; i < most; ++i) {
            if (most < all.size())
                std::swap(all[i], all[i + random.below(all.size() - i)]);
            out[all[i].first].push_back(all[i].second);
        }
        return out;
    }
    [[nodiscard]] ml::Matrix take(const Rows &rows) const
    {
        ml::Matrix out(static_cast<Index>(rows.size()), m_z.cols());
        for (std::size_t i = 0; i < rows.size(); ++i)
            out.row(static_cast<Index>(i)) = m_z.row(static_cast<Index>(rows[i]));
        return out;
    }
    [[nodiscard]] bool sameCloud(std::size_t a, std::size_t b) const
    {
        const auto rows = drawn({&m_rowsOf[a], &m_rowsOf[b]});
        if (rows[0].size() < kLeastRows || rows[1].size() < kLeastRows)
            return false;
        ml::Matrix first = take(rows[0]);
        ml::Matrix second = take(rows[1]);
        if (!oneCloud(gapBetween(first, second)))
            return false;
        // In a long tail every density falls, so no gap shows there.
        shortenTails(first, second);
        return oneCloud(gapBetween(first, second));
    }

    /// Pairs in which one is among the two nearest of the other: those that can touch.
    [[nodiscard]] std::set<std::pair<std::size_t, std::size_t>> neighbours() const
    {
        std::vector<Eigen::RowVectorXd> means;
        for (const std::size_t s : m_large)
            means.emplace_back(take(drawn({&m_rowsOf[s]})[0]).cast<double>().colwise().mean());
        std::set<std::pair<std::size_t, std::size_t>> out;
        for (std::size_t i = 0; i < m_large.size(); ++i) {
            std::vector<std::pair<double, std::size_t>> others;
            for (std::size_t j = 0; j < m_large.size(); ++j)
                if (j != i)
                    others.emplace_back((means[i] - means[j]).squaredNorm(), j);
            std::sort(others.begin(), others.end());
            for (std::size_t n = 0; n < std::min<std::size_t>(2, others.size()); ++n)
                out.emplace(std::minmax(m_large[i], m_large[others[n].second]));
        }
        return out;
    }

    base::Result<> halves()
    {
        std::vector<std::size_t> group(m_judge.states.size());
        std::iota(group.begin(), group.end(), std::size_t{0});
        const auto top = [&](std::size_t s) {
            while (group[s] != s)
                s = group[s];
            return s;
        };
        std::vector<std::pair<std::size_t, std::size_t>> labelled;
        for (const auto &[a, b] : neighbours()) {
            if (m_progress.stopped())
                return stopped();
            const bool both = classOf(a) >= 0 && classOf(b) >= 0 && classOf(a) != classOf(b);
            if (!sameCloud(a, b))
                continue;
            if (both)
                labelled.emplace_back(a, b);
            else
                group[std::max(top(a), top(b))] = std::min(top(a), top(b));
        }
        tellGroups(group, top, labelled.empty() ? kMostGroups : 1);
        if (!labelled.empty()) {
            const auto size = [&](const auto &pair) {
                return m_rowsOf[pair.first].size() + m_rowsOf[pair.second].size();
            };
            const auto most =
                *std::max_element(labelled.begin(), labelled.end(),
                                  [&](const auto &x, const auto &y) { return size(x) < size(y); });
            std::string text = fmt::format("{} and {} are one cloud that only your labels tell apart",
                                           name(most.first), name(most.second));
            if (labelled.size() > 1)
                text += labelled.size() == 2
                            ? std::string("; so is 1 more pair of your classes")
                            : fmt::format("; so are {} more pairs of your classes", labelled.size() - 1);
            m_story.push_back(text + ".");
        }
        return {};
    }

    template <class Top>
    void tellGroups(const std::vector<std::size_t> &group, const Top &top, std::size_t most)
    {
        std::vector<std::vector<std::string>> groups;
        for (std::size_t s = 0; s < group.size(); ++s) {
            if (top(s) != s)
                continue;
            std::vector<std::string> names;
            for (std::size_t other = s; other < group.size(); ++other)
                if (top(other) == s)
                    names.push_back(name(other));
            if (names.size() > 1)
                groups.push_back(std::move(names));
        }
        for (std::size_t g = 0; g < std::min(groups.size(), most); ++g) {
            std::string text = listed(groups[g]) + " are one cloud cut ";
            text += groups[g].size() == 2 ? "in halves" : fmt::format("into {}", groups[g].size());
            if (g + 1 == most && groups.size() > most)
                text += fmt::format("; so {} {} more", groups.size() == most + 1 ? "is" : "are",
                                    groups.size() - most);
            m_story.push_back(text + ".");
        }
    }

    /// @return how many clouds with gaps between them the rows fall into.
    base::Result<std::size_t> clouds(const Rows &rows, std::size_t least, int cuts) const
    {
        if (m_progress.stopped())
            return stopped();
        if (rows.size() < 2 * least || cuts == 0)
            return std::size_t{1};
        const ml::Matrix z = take(rows);
        ml::KMeansOptions options;
        options.k = 2;
        options.restarts = 3;
        options.threads = 1;
        STATESCAPE_TRY(const ml::KMeans means, ml::KMeans::fit(z, options, {m_progress.stop, {}}));
        Rows sides[2];
        for (std::size_t i = 0; i < rows.size(); ++i)
            sides[means.labels()[i]].push_back(rows[i]);
        if (sides[0].size() < least || sides[1].size() < least ||
            !twoClouds(gapBetween(take(sides[0]), take(sides[1]))))
            return std::size_t{1};
        STATESCAPE_TRY(const std::size_t first, clouds(sides[0], least, cuts - 1));
        STATESCAPE_TRY(const std::size_t second, clouds(sides[1], least, cuts - 1));
        return first + second;
    }

    base::Result<> covers()
    {
        std::vector<std::string> told;
        std::set<std::size_t> known;
        // [class][1 + state]; before all states those in none.
        std::vector<std::vector<std::size_t>> counts(m_classes.size(),
                                                     std::vector<std::size_t>(m_judge.states.size() + 1, 0));
        for (std::size_t i = 0; i < std::min(m_labels.size(), m_answers.size()); ++i)
            if (m_labels[i] >= 0)
                ++counts[static_cast<std::size_t>(m_labels[i])][static_cast<std::size_t>(m_answers[i] + 1)];
        for (std::size_t c = 0; c < m_classes.size(); ++c)
            if (std::string text = spreadOf(static_cast<int>(c), counts[c], known); !text.empty())
                told.push_back(std::move(text));
        // What people named comes first.
        std::vector<std::size_t> order = m_large;
        std::stable_partition(order.begin(), order.end(), [&](auto s) { return classOf(s) >= 0; });
        for (const std::size_t s : order) {
            if (known.contains(s))
                continue;
            const Rows rows = drawn({&m_rowsOf[s]})[0];
            const auto least = std::max(
                kLeastRows, static_cast<std::size_t>(kLeastShare * static_cast<double>(rows.size())));
            STATESCAPE_TRY(const std::size_t count, clouds(rows, least, kMostCuts));
            if (count > 1)
                told.push_back(classOf(s) >= 0
                                   ? fmt::format("{} covers {} clusters", name(s), count)
                                   : fmt::format("{} may be {} states with a gap between", name(s), count));
        }
        if (told.empty())
            return {};
        std::string text;
        for (std::size_t i = 0; i < std::min(told.size(), kMostCovers); ++i)
            text += (i == 0 ? "" : "; ") + told[i];
        if (told.size() > kMostCovers)
            text += fmt::format("; {} more {} so", told.size() - kMostCovers,
                                told.size() == kMostCovers + 1 ? "does" : "do");
        m_story.push_back(text + ".");
        return {};
    }

    /// @param counts by state, from 1 on @param known gets the states that are told of
    /// @return empty when the class lies in one state
    [[nodiscard]] std::string spreadOf(int wanted, std::span<const std::size_t> counts,
                                       std::set<std::size_t> &known) const
    {
        const auto in = counts.subspan(1);
        const auto all = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
        std::vector<std::size_t> states;
        for (std::size_t s = 0; s < in.size(); ++s)
            if (all >= kLeastLabels && (classOf(s) == wanted || classOf(s) < 0) &&
                static_cast<double>(in[s]) >= kLeastCovered * static_cast<double>(all))
                states.push_back(s);
        if (states.size() < 2)
            return {};
        std::stable_sort(states.begin(), states.end(), [&](auto a, auto b) { return in[a] > in[b]; });
        std::vector<std::string> names;
        for (const std::size_t s : states) {
            names.push_back(fmt::format("{} ({})", name(s),
                                        percent(static_cast<double>(in[s]) / static_cast<double>(all))));
            known.insert(s);
        }
        return fmt::format("{} covers {} states: {}", m_classes[static_cast<std::size_t>(wanted)].name,
                           names.size(), listed(names));
    }

    const Judge &m_judge;
    ml::MatrixView m_z;
    std::span<const int> m_answers, m_labels;
    std::span<const LabelClass> m_classes;
    const base::Progress &m_progress;
    std::vector<Rows> m_rowsOf;
    std::vector<std::size_t> m_large; ///< enough samples to speak of, largest first
    std::size_t m_noise = 0;
    std::vector<std::string> m_story;
};
} // namespace

base::Result<std::vector<std::string>> storyOf(const Judge &judge, ml::MatrixView z,
                                               std::span<const int> answers, std::span<const int> labels,
                                               std::span<const LabelClass> classes,
                                               const base::Progress &progress)
{
    return Teller(judge, z, answers, labels, classes, progress).run();
}

} // namespace statescape::model
