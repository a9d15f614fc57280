// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/near_rows.h"
#include "core/ml/parallel.h"
#include "core/ml/statistics.h"
#include "core/model/advice.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <thread>
#include <tuple>

namespace statescape::model {
using Index = Eigen::Index;
using schema::Label;

namespace {
constexpr std::size_t kMostQueries = 50000;
constexpr std::size_t kMostNeighbours = 20000;
/// Unlabelled rows that do not end a run.
constexpr std::size_t kBridged = 10;
/// Neighbours in time over which a vote is averaged: a run that is wrong is wrong all along, a stray is not.
constexpr std::size_t kWindow = 5;
/// With fewer rows of the label outside the run nobody could vouch.
constexpr std::size_t kLeastVouchers = 3;
constexpr std::size_t kChunk = 256;
constexpr std::size_t kBetweenStops = 16;

struct Labelled {
    std::uint64_t row = 0;
    std::uint32_t run = 0;
    std::uint32_t label = 0;
};

struct Vote {
    double against = 0; ///< 0..1: lead of the strongest other label over the own one
    double reach = 0;   ///< distance of the furthest voter
    std::uint32_t instead = 0;
};

class Court {
public:
    Court(ml::MatrixView z, std::span<const Label> labels)
    {
        std::map<std::tuple<int, int>, std::uint32_t> ids;
        std::size_t last = 0;
        for (std::size_t i = 0; i < labels.size(); ++i) {
            if (labels[i].empty())
                continue;
            const auto [it, isNew] =
                ids.try_emplace({static_cast<int>(labels[i].polarity), labels[i].classId},
                                static_cast<std::uint32_t>(m_labels.size()));
            if (isNew)
                m_labels.push_back(labels[i]);
            const bool goesOn = m_runs > 0 && m_lastLabel == it->second && i - last <= kBridged + 1;
            m_runs += goesOn ? 0 : 1;
            m_lastLabel = it->second;
            last = i;
            const auto row = z.row(static_cast<Index>(i));
            if (row.allFinite())
                m_rows.push_back({i, m_runs - 1, it->second});
        }
    }

    [[nodiscard]] std::size_t labels() const { return m_labels.size(); }
    [[nodiscard]] Label label(std::uint32_t id) const { return m_labels[id]; }

    /// Evenly thinned, but the rarer labels whole: each label gets the same share of @p most until it needs
    /// no more.
    [[nodiscard]] std::vector<Labelled> picked(std::size_t most) const
    {
        if (m_rows.size() <= most)
            return m_rows;
        std::vector<std::size_t> counts(labels(), 0);
        for (const auto &one : m_rows)
            ++counts[one.label];
        std::vector<std::size_t> byCount = counts;
        std::sort(byCount.begin(), byCount.end());
        std::size_t left = most;
        std::size_t share = 0;
        for (std::size_t i = 0; i < byCount.size(); ++i) {
            share = left / (byCount.size() - i);
            left -= std::min(share, byCount[i]);
        }
        std::vector<Labelled> out;
        std::vector<std::size_t> seen(labels(), 0);
        for (const auto &one : m_rows) {
            const std::size_t at = seen[one.label]++;
            const std::size_t count = counts[one.label];
            if (count <= share || (at + 1) * share / count != at * share / count)
                out.push_back(one);
        }
        return out;
    }

private:
    std::vector<Label> m_labels;
    std::vector<Labelled> m_rows;
    std::uint32_t m_runs = 0, m_lastLabel = 0;
};

struct Neighbourhood {
    std::vector<Labelled> rows;
    std::vector<std::uint32_t> runs;
    std::map<std::uint32_t, std::size_t> ofRun; ///< rows of a run
    std::vector<std::size_t> ofLabel;

    explicit Neighbourhood(const Court &court)
        : rows(court.picked(kMostNeighbours))
        , ofLabel(court.labels(), 0)
    {
        for (const auto &one : rows) {
            runs.push_back(one.run);
            ++ofRun[one.run];
            ++ofLabel[one.label];
        }
    }
    [[nodiscard]] std::size_t vouchers(const Labelled &one) const
    {
        const auto own = ofRun.find(one.run);
        return ofLabel[one.label] - (own == ofRun.end() ? 0 : own->second);
    }
};

Vote count(const Labelled &one, const Neighbourhood &around, const std::vector<ml::NearRows::Hit> &hits,
           std::vector<double> &votes)
{
    std::fill(votes.begin(), votes.end(), 0);
    for (const auto &hit : hits)
        votes[around.rows[hit.row].label] += 1;
    Vote out;
    if (hits.empty())
        return out;
    const double all = static_cast<double>(hits.size());
    out.reach = std::sqrt(hits.back().dist2);
    const double own = votes[one.label] / std::min(all, static_cast<double>(around.vouchers(one)));
    votes[one.label] = -1;
    const auto best = std::max_element(votes.begin(), votes.end());
    out.instead = static_cast<std::uint32_t>(best - votes.begin());
    out.against = std::max(0.0, *best / all - own);
    return out;
}

/// Mean over the neighbours in time of the same run, and less where the voters are far off.
std::vector<double> suspicions(const std::vector<Labelled> &queries, const std::vector<Vote> &votes)
{
    std::vector<float> reaches;
    for (const auto &vote : votes)
        if (vote.reach > 0)
            reaches.push_back(static_cast<float>(vote.reach));
    const double typical = ml::medianInPlace(reaches);
    std::vector<double> out(queries.size());
    for (std::size_t i = 0; i < queries.size(); ++i) {
        double sum = 0;
        double weight = 0;
        for (std::size_t o = i - std::min(i, kWindow); o <= std::min(queries.size() - 1, i + kWindow); ++o)
            if (queries[o].run == queries[i].run) {
                sum += votes[o].against;
                weight += 1;
            }
        const double close = votes[i].reach > 2 * typical ? 2 * typical / votes[i].reach : 1;
        out[i] = std::sqrt(votes[i].against * sum / weight) * close * close;
    }
    return out;
}
} // namespace

std::vector<Suggestion> suspectLabels(ml::MatrixView z, std::span<const Label> labels, std::size_t most,
                                      int k, const base::Progress &progress)
{
    const Court court(z, labels.first(std::min(labels.size(), static_cast<std::size_t>(z.rows()))));
    const Neighbourhood around(court);
    const auto queries = court.picked(kMostQueries);
    if (court.labels() < 2 || k < 1)
        return {};
    ml::Matrix rows(static_cast<Index>(around.rows.size()), z.cols());
    for (std::size_t i = 0; i < around.rows.size(); ++i)
        rows.row(static_cast<Index>(i)) = z.row(static_cast<Index>(around.rows[i].row));
    const ml::NearRows near(rows);

    std::vector<Vote> votes(queries.size());
    std::atomic<std::size_t> done{0};
    const auto caller = std::this_thread::get_id();
    ml::forEachChunk((queries.size() + kChunk - 1) / kChunk, ml::threadCount(0), [&](std::size_t chunk) {
        ml::NearRows::Scratch scratch;
        std::vector<ml::NearRows::Hit> hits;
        std::vector<double> counts(court.labels());
        const std::size_t last = std::min(queries.size(), (chunk + 1) * kChunk);
        for (std::size_t i = chunk * kChunk; i < last; ++i) {
            if (i % kBetweenStops == 0 && progress.stopped())
                return;
            if (around.vouchers(queries[i]) < kLeastVouchers)
                continue;
            near.nearest(z.data() + static_cast<Index>(queries[i].row) * z.outerStride(),
                         static_cast<std::size_t>(k), around.runs, queries[i].run, hits, scratch);
            votes[i] = count(queries[i], around, hits, counts);
        }
        done += last - chunk * kChunk;
        if (std::this_thread::get_id() == caller)
            progress.at(static_cast<double>(done) / static_cast<double>(queries.size()), "suspected labels");
    });
    if (progress.stopped())
        return {};
    const auto scores = suspicions(queries, votes);
    std::vector<Suggestion> out;
    for (std::size_t i = 0; i < queries.size(); ++i)
        if (scores[i] > 0)
            out.push_back({queries[i].row, scores[i], court.label(votes[i].instead)});
    const auto worse = [](const Suggestion &a, const Suggestion &b) {
        return a.score != b.score ? a.score > b.score : a.row < b.row;
    };
    const std::size_t kept = std::min(most, out.size());
    std::partial_sort(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(kept), out.end(), worse);
    out.resize(kept);
    return out;
}

} // namespace statescape::model
