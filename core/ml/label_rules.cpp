// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/label_rules.h"

#include "core/ml/kmeans.h"
#include "core/ml/nearest_labels.h"
#include "core/ml/spanning_tree.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>

namespace statescape::ml {
using base::Code;
using Index = Eigen::Index;

namespace {
constexpr std::int32_t kFree = -1;

class RuleRun {
public:
    RuleRun(MatrixView x, const Clustering &given, const LabelRules &rules)
        : m_x(x)
        , m_rules(rules)
        , m_labels(given.labels)
        , m_links(given.labels.size())
        , m_ruled(given.labels.size())
    {}

    /// Finds groups of rows that belong together, and what must be apart.
    base::Result<> link()
    {
        const std::size_t n = m_labels.size();
        if (!m_rules.classes.empty() && m_rules.classes.size() != n)
            return base::fail(Code::InvalidArgument,
                              fmt::format("{} classes for {} rows", m_rules.classes.size(), n));
        for (const auto *pairs : {&m_rules.mustLink, &m_rules.cannotLink})
            for (const auto &[a, b] : *pairs) {
                if (a >= n || b >= n)
                    return base::fail(Code::InvalidArgument,
                                      fmt::format("a pair names row {} of {}", std::max(a, b), n));
                m_ruled[a] = m_ruled[b] = true;
            }
        for (const auto &[a, b] : m_rules.mustLink)
            m_links.join(a, b);
        m_class.assign(n, kFree);
        for (std::uint32_t i = 0; i < m_rules.classes.size(); ++i) {
            if (m_rules.classes[i] < 0)
                continue;
            m_ruled[i] = true;
            auto &of = m_class[m_links.find(i)];
            if (of >= 0 && of != m_rules.classes[i])
                return base::fail(Code::InvalidArgument,
                                  fmt::format("row {} of class {} must be with a row of class {}", i,
                                              m_rules.classes[i], of),
                                  "remove one of the labels or the link");
            of = m_rules.classes[i];
        }
        for (const auto &[a, b] : m_rules.cannotLink) {
            const auto one = m_links.find(a);
            const auto two = m_links.find(b);
            if (one == two)
                return base::fail(Code::InvalidArgument,
                                  fmt::format("rows {} and {} must be together and must not", a, b),
                                  "remove one of the links");
            m_apart.insert({std::min(one, two), std::max(one, two)});
        }
        return {};
    }

    /// Groups that lie in several clusters go where most of their rows are.
    int gather()
    {
        std::map<std::uint32_t, std::map<std::int32_t, int>> votes;
        for (std::uint32_t i = 0; i < m_labels.size(); ++i)
            if (m_ruled[i] && m_labels[i] >= 0)
                ++votes[m_links.find(i)][m_labels[i]];
        int moved = 0;
        for (const auto &[a, b] : m_rules.mustLink)
            for (const std::uint32_t row : {a, b}) {
                const auto group = votes.find(m_links.find(row));
                if (group == votes.end())
                    continue;
                const auto best =
                    std::max_element(group->second.begin(), group->second.end(),
                                     [](const auto &p, const auto &q) { return p.second < q.second; });
                if (m_labels[row] != best->first) {
                    m_labels[row] = best->first;
                    ++moved;
                }
            }
        return moved;
    }

    /// Splits a cluster where its groups must be apart. @return whether it did
    base::Result<bool> split(const std::vector<std::uint32_t> &rows, std::int32_t &next)
    {
        std::vector<std::uint32_t> ruled;
        for (const std::uint32_t row : rows)
            if (m_ruled[row])
                ruled.push_back(row);
        // Greedy colouring in order of rows: a group joins the first part it may be in.
        std::vector<std::vector<std::uint32_t>> parts;
        std::map<std::uint32_t, std::int32_t> partOf;
        for (const std::uint32_t row : ruled) {
            const std::uint32_t group = m_links.find(row);
            if (partOf.contains(group) || (m_class[group] < 0 && !hasRule(group)))
                continue;
            std::size_t part = 0;
            while (part < parts.size() && !fits(group, parts[part]))
                ++part;
            if (part == parts.size())
                parts.emplace_back();
            parts[part].push_back(group);
            partOf[group] = static_cast<std::int32_t>(part);
        }
        if (parts.size() < 2)
            return false;
        std::erase_if(ruled, [&](std::uint32_t row) { return !partOf.contains(m_links.find(row)); });
        Matrix seen(static_cast<Index>(ruled.size()), m_x.cols());
        std::vector<std::int32_t> labels;
        for (std::size_t r = 0; r < ruled.size(); ++r) {
            seen.row(static_cast<Index>(r)) = m_x.row(static_cast<Index>(ruled[r]));
            labels.push_back(partOf[m_links.find(ruled[r])]);
        }
        Matrix all(static_cast<Index>(rows.size()), m_x.cols());
        for (std::size_t r = 0; r < rows.size(); ++r)
            all.row(static_cast<Index>(r)) = m_x.row(static_cast<Index>(rows[r]));
        const NearestLabels nearest(seen, labels, static_cast<int>(parts.size()));
        STATESCAPE_TRY(const Clustering placed, nearest.predict(all));
        // A group that could be in any part stays whole, where its first row is.
        for (std::size_t r = 0; r < rows.size(); ++r)
            if (m_ruled[rows[r]])
                partOf.try_emplace(m_links.find(rows[r]), placed.labels[r]);
        for (std::size_t r = 0; r < rows.size(); ++r) {
            const auto own = m_ruled[rows[r]] ? partOf.find(m_links.find(rows[r])) : partOf.end();
            const std::int32_t part = own != partOf.end() ? own->second : placed.labels[r];
            if (part > 0)
                m_labels[rows[r]] = next + part - 1;
        }
        next += static_cast<std::int32_t>(parts.size()) - 1;
        return true;
    }

    std::vector<std::int32_t> &labels() { return m_labels; }
    std::int32_t classOf(std::uint32_t row) { return m_ruled[row] ? m_class[m_links.find(row)] : kFree; }
    bool apart(std::uint32_t a, std::uint32_t b)
    {
        a = m_links.find(a);
        b = m_links.find(b);
        return m_apart.contains({std::min(a, b), std::max(a, b)});
    }

private:
    bool hasRule(std::uint32_t group) const
    {
        return std::any_of(m_apart.begin(), m_apart.end(),
                           [&](const auto &pair) { return pair.first == group || pair.second == group; });
    }
    bool fits(std::uint32_t group, const std::vector<std::uint32_t> &part) const
    {
        return std::none_of(part.begin(), part.end(), [&](std::uint32_t other) {
            const bool classes =
                m_class[group] >= 0 && m_class[other] >= 0 && m_class[group] != m_class[other];
            return classes || m_apart.contains({std::min(group, other), std::max(group, other)});
        });
    }

    MatrixView m_x;
    const LabelRules &m_rules;
    std::vector<std::int32_t> m_labels;
    DisjointSets m_links;
    std::vector<bool> m_ruled;
    std::vector<std::int32_t> m_class; ///< by group
    std::set<std::pair<std::uint32_t, std::uint32_t>> m_apart;
};

std::vector<std::vector<std::uint32_t>> membersOf(const std::vector<std::int32_t> &labels,
                                                  std::int32_t clusters)
{
    std::vector<std::vector<std::uint32_t>> out(static_cast<std::size_t>(clusters));
    for (std::uint32_t i = 0; i < labels.size(); ++i)
        if (labels[i] >= 0)
            out[static_cast<std::size_t>(labels[i])].push_back(i);
    return out;
}

/// The one class of a cluster's rows, or -1 for none or several.
std::int32_t oneClass(RuleRun &run, const std::vector<std::uint32_t> &rows)
{
    std::int32_t out = kFree;
    for (const std::uint32_t row : rows) {
        const std::int32_t of = run.classOf(row);
        if (of >= 0 && out >= 0 && of != out)
            return kFree;
        out = std::max(out, of);
    }
    return out;
}

/// Joins clusters of one class unless a pair in them must be apart. @return how many went into another
int mergeSameClass(RuleRun &run, const LabelRules &rules, std::int32_t clusters)
{
    const auto members = membersOf(run.labels(), clusters);
    std::map<std::int32_t, std::vector<std::int32_t>> kept;
    std::vector<std::int32_t> into(static_cast<std::size_t>(clusters));
    int merged = 0;
    for (std::int32_t c = 0; c < clusters; ++c) {
        into[static_cast<std::size_t>(c)] = c;
        const std::int32_t of = oneClass(run, members[static_cast<std::size_t>(c)]);
        if (of < 0)
            continue;
        auto &targets = kept[of];
        const auto free = std::find_if(targets.begin(), targets.end(), [&](std::int32_t target) {
            return std::none_of(rules.cannotLink.begin(), rules.cannotLink.end(), [&](const auto &pair) {
                const auto at = [&](std::uint32_t row) {
                    const std::int32_t label = run.labels()[row];
                    return label < 0 ? kFree : into[static_cast<std::size_t>(label)];
                };
                return (at(pair.first) == target && at(pair.second) == c) ||
                       (at(pair.first) == c && at(pair.second) == target);
            });
        });
        if (free == targets.end()) {
            targets.push_back(c);
            continue;
        }
        into[static_cast<std::size_t>(c)] = *free;
        ++merged;
    }
    for (auto &label : run.labels())
        if (label >= 0)
            label = into[static_cast<std::size_t>(label)];
    return merged;
}
} // namespace

base::Result<RuledClustering> applyRules(MatrixView x, const Clustering &given, const LabelRules &rules,
                                         const base::Progress &progress)
{
    if (given.labels.size() != static_cast<std::size_t>(x.rows()))
        return base::fail(Code::InvalidArgument,
                          fmt::format("{} labels for {} rows", given.labels.size(), x.rows()));
    STATESCAPE_CHECK(checkFinite(x));
    RuleRun run(x, given, rules);
    STATESCAPE_CHECK(run.link());
    RuledClustering out;
    out.moved = run.gather();
    std::int32_t clusters = given.clusters();
    const auto before = membersOf(run.labels(), clusters);
    for (std::size_t c = 0; rules.splitMixed && c < before.size(); ++c) {
        if (progress.stopped())
            return base::fail(Code::Cancelled, "label rules stopped on request");
        progress.at(static_cast<double>(c) / static_cast<double>(before.size()), "label rules");
        STATESCAPE_TRY(const bool did, run.split(before[c], clusters));
        out.split += did ? 1 : 0;
    }
    if (rules.mergeSame)
        out.merged = mergeSameClass(run, rules, clusters);
    std::vector<std::int32_t> labels = run.labels();
    const int count = renumberByFirstRow(labels);
    const auto members = membersOf(labels, count);
    for (const auto &rows : members) {
        out.classOf.push_back(oneClass(run, rows));
        std::map<std::int32_t, int> votes;
        for (const std::uint32_t row : rows)
            ++votes[given.labels[row]];
        out.from.push_back(std::max_element(votes.begin(), votes.end(), [](const auto &a, const auto &b) {
                               return a.second < b.second;
                           })->first);
    }
    out.clustering = countedClustering(std::move(labels), count);
    return out;
}

} // namespace statescape::ml
