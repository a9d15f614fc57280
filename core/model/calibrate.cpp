// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/calibrate.h"

#include "core/ml/kernels.h"
#include "core/ml/parallel.h"
#include "core/ml/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace statescape::model::states {
using base::Code;
using schema::Polarity;
using Index = Eigen::Index;

namespace {
constexpr std::size_t kKnots = 257;
constexpr std::size_t kLeastCalibration = 5;
constexpr Index kChunkRows = 256;
constexpr std::uint64_t kThinning = 0xca11b;
/// Rows of each state that say how far its rows lie: quantiles settle long before.
constexpr std::size_t kMostCalibrated = 6000;
/// Rows not fitted on lie at most so much farther from a state before it is another one.
constexpr double kMostWidening = 2;
/// Rows whose distances to all states are kept, and how many make a temperature.
constexpr std::size_t kMostMargins = 3000;
constexpr std::size_t kLeastTemperature = 20;
constexpr int kTemperatureSteps = 20;
constexpr double kUnseenMistakes = 0.005;
constexpr double kLeastDoubt = 1e-12;
constexpr float kFar = std::numeric_limits<float>::infinity();

/// Held-out distances of all states.
struct CrossFit {
    std::vector<std::vector<float>> own; ///< per state: of its rows to its prototypes
    std::vector<float> good;             ///< of known-good rows to the nearest good prototype
    std::vector<float> goodOwn;          ///< and to those of their state
    ml::Matrix margins; ///< m x states, squared distances of some rows; infinite where a state had no part
    std::vector<int> truth; ///< m, their states
};

/// Mean surprise at the truth when confidence is a softmax of squared distances over @p temperature. Some
/// mistakes nobody has seen yet are counted in, or states that stand well apart would claim to be infallible.
double surprise(const CrossFit &cross, double temperature)
{
    double sum = 0;
    const auto rows = static_cast<double>(cross.truth.size());
    const double unseen = std::max(1.0, kUnseenMistakes * rows);
    for (Index i = 0; i < cross.margins.rows(); ++i) {
        const auto row = cross.margins.row(i);
        const double least = row.minCoeff();
        double shares = 0;
        for (const float dist2 : row)
            shares += std::exp((least - dist2) / temperature);
        const double missed = (row[cross.truth[static_cast<std::size_t>(i)]] - least) / temperature;
        sum += missed + std::log(shares);
        const double doubt = 1 - 1 / shares;
        sum -= unseen / rows * std::log(std::max(doubt, kLeastDoubt));
    }
    return sum / rows;
}

/// The squared distance of one e-fold that makes held-out confidence least surprised.
double bestTemperature(const CrossFit &cross, double usual)
{
    if (cross.truth.size() < kLeastTemperature || cross.margins.cols() < 2)
        return usual;
    double best = usual;
    double least = surprise(cross, usual);
    for (int step = 1; step <= kTemperatureSteps; ++step) {
        const double temperature = usual * std::exp2(-0.5 * step);
        if (const double value = surprise(cross, temperature); value < least) {
            least = value;
            best = temperature;
        }
    }
    return best;
}

/// Which states the abnormality is measured from, as Judge::finish() decides.
std::vector<bool> goodStates(const Judge &judge)
{
    const auto any = [&](auto wanted) {
        return std::any_of(judge.states.begin(), judge.states.end(),
                           [&](const State &state) { return wanted(state.polarity); });
    };
    const auto positive = [](Polarity polarity) { return polarity == Polarity::Positive; };
    const auto notNegative = [](Polarity polarity) { return polarity != Polarity::Negative; };
    const bool anyPositive = any(positive);
    const bool anyNotNegative = any(notNegative);
    std::vector<bool> out;
    for (const auto &state : judge.states)
        out.push_back(anyPositive ? positive(state.polarity)
                                  : !anyNotNegative || notNegative(state.polarity));
    return out;
}

/// Rows of each state, those of no state last.
std::vector<Rows> membersOf(const Found &found)
{
    const std::size_t states = found.judge.states.size();
    std::vector<Rows> out(states + 1);
    for (std::size_t i = 0; i < found.stateOf.size(); ++i)
        out[found.stateOf[i] < 0 ? states : static_cast<std::size_t>(found.stateOf[i])].push_back(i);
    for (auto &rows : out)
        rows = thinned(std::move(rows), kMostCalibrated, kThinning);
    return out;
}

class CrossFitter {
public:
    CrossFitter(const Found &found, const RowTable &table, const Space &space, const base::Progress &progress)
        : m_found(found)
        , m_table(table)
        , m_space(space)
        , m_progress(progress)
        , m_members(membersOf(found))
        , m_good(goodStates(found.judge))
    {
        m_out.own.resize(found.judge.states.size());
    }

    base::Result<CrossFit> run()
    {
        for (int fold = 0; fold < kFolds; ++fold) {
            STATESCAPE_CHECK(place(fold));
            for (std::size_t s = 0; s < m_members.size(); ++s) {
                if (m_progress.stopped())
                    return base::fail(Code::Cancelled, "training stopped on request");
                m_progress.at(
                    0.6 + 0.4 * (fold + static_cast<double>(s) / static_cast<double>(m_members.size())) /
                              kFolds,
                    "calibrating");
                measure(s, fold);
            }
        }
        keepMargins();
        return std::move(m_out);
    }

private:
    void keepMargins()
    {
        const auto states = static_cast<Index>(m_found.judge.states.size());
        m_out.margins.resize(static_cast<Index>(m_out.truth.size()), states);
        std::copy(m_margins.begin(), m_margins.end(), m_out.margins.data());
    }

    base::Result<> place(int fold)
    {
        m_parts.clear();
        for (std::size_t s = 0; s + 1 < m_members.size(); ++s) {
            Rows outside;
            for (const std::size_t row : m_members[s])
                if (m_table.fold[row] != fold)
                    outside.push_back(row);
            m_parts.emplace_back();
            if (outside.empty())
                continue;
            STATESCAPE_TRY(const Part part, m_found.remake(outside, static_cast<int>(s), fold));
            m_parts.back().emplace(part);
        }
        return {};
    }

    void measure(std::size_t s, int fold)
    {
        const bool free = s + 1 == m_members.size(); // rows of no state
        if (!free && !m_parts[s])
            return;
        Rows inside;
        for (const std::size_t row : m_members[s])
            if (m_table.fold[row] == fold && (!free || m_table.goodRow(row)))
                inside.push_back(row);
        if (inside.empty())
            return;
        const ml::Matrix z = m_space.rows(inside, fold);
        std::vector<std::vector<float>> dist2(m_parts.size(), std::vector<float>(inside.size(), kFar));
        std::vector<float> nearest(inside.size(), kFar);
        for (std::size_t other = 0; other < m_parts.size(); ++other) {
            if (!m_parts[other])
                continue;
            dist2[other] = m_parts[other]->least(z);
            for (std::size_t i = 0; m_good[other] && i < inside.size(); ++i)
                nearest[i] = std::min(nearest[i], dist2[other][i]);
        }
        const std::vector<float> own = free ? nearest : dist2[s];
        // An even draw of all rows, so that common states count as they are common.
        const std::size_t every = 1 + m_table.n / kMostMargins;
        for (std::size_t i = 0; i < inside.size(); ++i) {
            if (!free && inside[i] % every == 0) {
                m_out.truth.push_back(static_cast<int>(s));
                for (const auto &one : dist2)
                    m_margins.push_back(one[i]);
            }
            if (!free)
                m_out.own[s].push_back(std::sqrt(own[i]));
            if (!m_table.goodRow(inside[i]))
                continue;
            if (!free)
                m_out.goodOwn.push_back(std::sqrt(own[i]));
            if (nearest[i] < kFar)
                m_out.good.push_back(std::sqrt(nearest[i]));
        }
    }

    const Found &m_found;
    const RowTable &m_table;
    const Space &m_space;
    const base::Progress &m_progress;
    std::vector<Rows> m_members;
    std::vector<bool> m_good;
    std::vector<std::optional<Distances>> m_parts;
    std::vector<float> m_margins;
    CrossFit m_out;
};

/// Every row to the prototypes as shipped; for when there are too few to cross-fit.
std::vector<float> plainDistances(const Found &found, const Space &space)
{
    const auto n = static_cast<std::size_t>(space.z().rows());
    std::vector<float> out =
        Distances(found.judge).least(space.rows(thinned(allRows(n), kMostFitRows, kThinning)));
    for (auto &distance : out)
        distance = std::sqrt(distance);
    return out;
}

/// How much farther than among the rows fitted on: of medians, which no stray row moves.
double widening(const Found &found, const Space &space, int state, std::vector<float> &held)
{
    Rows rows;
    for (std::size_t i = 0; i < found.stateOf.size(); ++i)
        if (found.stateOf[i] == state)
            rows.push_back(i);
    if (rows.empty() || held.size() < kLeastCalibration)
        return 1;
    Judge one;
    for (std::size_t p = 0; p < found.judge.stateOf.size(); ++p)
        if (found.judge.stateOf[p] == state)
            addPart(one, {found.judge.centres.row(static_cast<Index>(p)), {}, {}}, 0);
    std::vector<float> inside =
        Distances(one).least(space.rows(thinned(std::move(rows), kMostFitRows, kThinning)));
    const double seen = std::sqrt(ml::medianInPlace(inside));
    return seen > 0 ? std::clamp(ml::medianInPlace(held) / seen, 1.0, kMostWidening) : 1;
}
} // namespace

Distances::Distances(const Judge &judge)
    : m_centres(judge.centres)
    , m_shapes(judge.shapes)
    , m_logShare(judge.logShare)
    , m_stateOf(judge.stateOf)
{}

Distances::Distances(const Part &part)
    : m_centres(part.centres)
    , m_shapes(part.shapes)
    , m_logShare(part.logShare)
{}

template <class Keep>
void Distances::each(ml::MatrixView z, const Keep &keep) const
{
    const auto chunks = static_cast<std::size_t>((z.rows() + kChunkRows - 1) / kChunkRows);
    const ml::kernel::Tiles tiles = m_shapes.empty() ? ml::kernel::Tiles(m_centres) : ml::kernel::Tiles();
    ml::forEachChunk(chunks, chunks < 8 ? 1 : ml::threadCount(0), [&](std::size_t chunk) {
        const Index first = static_cast<Index>(chunk) * kChunkRows;
        const Index count = std::min(kChunkRows, z.rows() - first);
        if (m_shapes.empty()) {
            std::vector<float> dist2(tiles.count() * ml::kernel::kLanes);
            for (Index i = first; i < first + count; ++i) {
                ml::kernel::distances(tiles.tile(0), tiles.count(), tiles.columns(),
                                      z.data() + i * z.outerStride(), dist2.data(), ml::kernel::bestIsa());
                for (Index p = 0; p < m_centres.rows(); ++p)
                    keep(i, p, dist2[static_cast<std::size_t>(p)]);
            }
            return;
        }
        for (Index p = 0; p < m_centres.rows(); ++p) {
            const ml::Matrix away = (z.middleRows(first, count).rowwise() - m_centres.row(p)) *
                                    m_shapes[static_cast<std::size_t>(p)].transpose();
            for (Index i = 0; i < count; ++i)
                keep(first + i, p, away.row(i).squaredNorm());
        }
    });
}

Distances::Nearest Distances::nearest(ml::MatrixView z) const
{
    const auto n = static_cast<std::size_t>(z.rows());
    Nearest out{std::vector<int>(n, -1), std::vector<float>(n, kFar)};
    std::vector<float> best(n, kFar);
    each(z, [&](Index row, Index p, float dist2) {
        const auto i = static_cast<std::size_t>(row);
        const float cost = m_logShare.empty() ? dist2 : dist2 - 2 * m_logShare[static_cast<std::size_t>(p)];
        if (out.prototype[i] < 0 || cost < best[i]) {
            best[i] = cost;
            out.prototype[i] = static_cast<int>(p);
            out.dist2[i] = dist2;
        }
    });
    return out;
}

std::vector<float> Distances::least(ml::MatrixView z) const
{
    std::vector<float> out(static_cast<std::size_t>(z.rows()), kFar);
    each(z, [&](Index i, Index, float dist2) {
        auto &nearest = out[static_cast<std::size_t>(i)];
        nearest = std::min(nearest, dist2);
    });
    return out;
}

std::vector<int> Distances::nearestStates(ml::MatrixView z) const
{
    std::vector<int> out = nearest(z).prototype;
    for (auto &one : out)
        one = one < 0 ? -1 : m_stateOf[static_cast<std::size_t>(one)];
    return out;
}

base::Result<std::vector<float>> crossDistances(const RowTable &table, const Space &space, const Rows &rows,
                                                int state, const MakePart &make,
                                                const base::Progress &progress)
{
    std::vector<float> out;
    for (int fold = 0; fold < kFolds; ++fold) {
        Rows inside;
        Rows outside;
        for (const std::size_t row : rows)
            (table.fold[row] == fold ? inside : outside).push_back(row);
        if (inside.empty() || outside.empty())
            continue;
        STATESCAPE_TRY(const Part part, make(outside, state, fold));
        inside = thinned(std::move(inside), kMostFitRows, kThinning);
        for (const float dist2 : Distances(part).least(space.rows(inside, fold)))
            out.push_back(std::sqrt(dist2));
        if (progress.stopped())
            return base::fail(Code::Cancelled, "training stopped on request");
    }
    return out;
}

double usualReach(std::vector<float> &distances)
{
    const double top = 1.25 * ml::quantileInPlace(distances, 0.999);
    return std::min(top, 2.5 * ml::quantileInPlace(distances, 0.9));
}

base::Result<> calibrate(Found &found, const RowTable &table, const Space &space,
                         const base::Progress &progress)
{
    Judge &judge = found.judge;
    STATESCAPE_TRY(CrossFit cross, CrossFitter(found, table, space, progress).run());
    std::vector<float> all;
    for (const auto &own : cross.own)
        all.insert(all.end(), own.begin(), own.end());
    if (all.size() < kLeastCalibration)
        all = plainDistances(found, space);
    if (cross.goodOwn.size() < kLeastCalibration)
        cross.goodOwn = all;
    auto &good = cross.good.size() < kLeastCalibration ? cross.goodOwn : cross.good;
    double squares = 0;
    for (const float distance : all)
        squares += static_cast<double>(distance) * distance;
    judge.temperature = std::max(1e-6, bestTemperature(cross, squares / static_cast<double>(all.size())));
    // A calibration set of equal rows would call the smallest change unknown; a hundredth of a sigma a
    // feature is no change.
    const double least = 0.01 * std::sqrt(static_cast<double>(space.z().cols()));
    std::sort(good.begin(), good.end());
    judge.goodSamples = good.size();
    const std::size_t knots = std::min(kKnots, good.size());
    for (std::size_t i = 0; i < knots; ++i)
        judge.goodDistances.push_back(good[(i + 1) * good.size() / knots - 1]);

    const bool given = !judge.reach.empty();
    judge.unknownDistance = given ? least : std::max(least, usualReach(cross.goodOwn));
    judge.reach.resize(judge.states.size(), 0);
    for (std::size_t s = 0; s < judge.states.size(); ++s) {
        auto &own = cross.own[s];
        double reach = judge.unknownDistance;
        if (given)
            reach = std::max(least, judge.reach[s] * widening(found, space, static_cast<int>(s), own));
        else if (judge.classOf[s] >= 0 && own.size() >= kLeastCalibration)
            reach = std::max(reach, usualReach(own));
        judge.reach[s] = static_cast<float>(reach);
        if (given)
            judge.unknownDistance = std::max(judge.unknownDistance, reach);
    }
    return {};
}

} // namespace statescape::model::states
