// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/state_rows.h"

#include "core/ml/parallel.h"
#include "core/ml/random.h"
#include "core/ml/split.h"
#include "core/ml/whitening.h"

#include <algorithm>
#include <numeric>

namespace statescape::model::states {
using base::Code;
using schema::Polarity;
using Index = Eigen::Index;

namespace {
constexpr int kBlocks = 24;
/// Samples next in time are near-copies, so the spread inside classes is known less well than their number
/// says.
constexpr double kLeastShrinkage = 0.1;
constexpr Index kTurnedAtOnce = 1024;
} // namespace

ml::Matrix take(ml::MatrixView z, std::span<const std::size_t> rows)
{
    ml::Matrix out(static_cast<Index>(rows.size()), z.cols());
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.row(static_cast<Index>(i)) = z.row(static_cast<Index>(rows[i]));
    return out;
}

Rows thinned(Rows rows, std::size_t most, std::uint64_t seed)
{
    if (rows.size() <= most)
        return rows;
    ml::Random random(seed, 0x7417);
    for (std::size_t i = 0; i < most; ++i)
        std::swap(rows[i], rows[i + random.below(rows.size() - i)]);
    rows.resize(most);
    std::sort(rows.begin(), rows.end());
    return rows;
}

Rows evenRows(std::size_t n, std::size_t most)
{
    if (n <= most)
        return allRows(n);
    Rows out(most);
    for (std::size_t i = 0; i < most; ++i)
        out[i] = i * n / most;
    return out;
}

Rows allRows(std::size_t n)
{
    Rows out(n);
    std::iota(out.begin(), out.end(), std::size_t{0});
    return out;
}

RowTable::RowTable(const JudgeInput &input)
    : in(input)
    , n(static_cast<std::size_t>(input.z.rows()))
    , rowsOf(input.classes.size())
    , fold(ml::timeBlocks(input.timeNs, n, kBlocks))
{
    for (auto &one : fold)
        one %= kFolds;
    for (std::size_t i = 0; i < n; ++i)
        if (const int c = in.classOf[i]; c >= 0)
            rowsOf[static_cast<std::size_t>(c)].push_back(i);
    for (std::size_t c = 0; c < rowsOf.size(); ++c)
        if (!rowsOf[c].empty()) {
            classes.push_back(c);
            m_anyPositive |= in.classes[c].polarity == Polarity::Positive;
        }
}

bool RowTable::good(int classIndex) const
{
    const Polarity polarity = in.classes[static_cast<std::size_t>(classIndex)].polarity;
    return m_anyPositive ? polarity == Polarity::Positive : polarity != Polarity::Negative;
}

bool RowTable::goodRow(std::size_t i) const
{
    return !labelled() || (in.classOf[i] >= 0 && good(in.classOf[i]));
}

Space::Space(const RowTable &table)
    : m_raw(table.in.z)
{}

base::Result<Space> Space::whitened(const RowTable &table, std::uint64_t seed, const base::Progress &progress)
{
    Space out(table);
    const auto learn = [&](Rows rows) {
        rows = thinned(std::move(rows), kMostFitRows, seed);
        std::vector<int> classOf;
        for (const std::size_t row : rows)
            classOf.push_back(table.in.classOf[row]);
        return ml::withinClassWhitening(take(table.in.z, rows), classOf, kLeastShrinkage,
                                        {progress.stop, {}});
    };
    Rows all;
    for (std::size_t i = 0; i < table.n; ++i)
        if (table.in.classOf[i] >= 0)
            all.push_back(i);
    auto whole = learn(std::move(all));
    if (!whole && whole.error().code == Code::NotEnoughData)
        return out;
    if (!whole)
        return whole.error();
    for (int fold = 0; fold < kFolds; ++fold) {
        Rows rows;
        for (const std::size_t c : table.classes)
            for (const std::size_t row : table.rowsOf[c])
                if (table.fold[row] != fold)
                    rows.push_back(row);
        auto part = learn(std::move(rows));
        if (!part && part.error().code != Code::NotEnoughData)
            return part.error();
        out.m_foldForward.push_back(part ? std::move(part->forward) : ml::Matrix());
    }
    out.m_forward = std::move(whole->forward);
    out.m_backward = std::move(whole->backward);
    STATESCAPE_CHECK(out.turn(progress));
    return out;
}

base::Result<> Space::turn(const base::Progress &progress)
{
    m_z.resize(m_raw.rows(), m_raw.cols());
    const auto chunks = static_cast<std::size_t>((m_raw.rows() + kTurnedAtOnce - 1) / kTurnedAtOnce);
    ml::forEachChunk(chunks, chunks < 4 ? 1 : ml::threadCount(0), [&](std::size_t chunk) {
        if (progress.stopped())
            return;
        const Index first = static_cast<Index>(chunk) * kTurnedAtOnce;
        const Index count = std::min(kTurnedAtOnce, m_raw.rows() - first);
        m_z.middleRows(first, count).noalias() = m_raw.middleRows(first, count) * m_forward;
    });
    if (progress.stopped())
        return base::fail(Code::Cancelled, "training stopped on request");
    return {};
}

ml::MatrixView Space::z() const
{
    return turned() ? ml::MatrixView(m_z) : m_raw;
}

ml::Matrix Space::rows(std::span<const std::size_t> rows, int fold) const
{
    if (fold < 0 || m_foldForward.empty())
        return take(z(), rows);
    const auto &forward = m_foldForward[static_cast<std::size_t>(fold)];
    return forward.size() == 0 ? take(m_raw, rows) : ml::Matrix(take(m_raw, rows) * forward);
}

} // namespace statescape::model::states
