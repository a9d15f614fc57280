// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/sample_order.h"

#include "ui/kit/text.h"
#include "ui/picture/marks.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

namespace statescape::ui {
namespace {

constexpr std::uint32_t kLast = 0xffffffffU;
constexpr std::size_t kPiece = 1 << 15; // rows between looks at the stop token

/// Larger floats have larger keys; none is kLast, also turned round.
std::uint32_t keyOf(float value)
{
    if (std::isnan(value))
        return kLast;
    const auto bits = std::bit_cast<std::uint32_t>(value == 0.0F ? 0.0F : value);
    return (bits & 0x80000000U) != 0 ? ~bits : bits | 0x80000000U;
}

/// Ranks of texts by the alphabet, looked up by what they stand for.
class Ranks {
public:
    void add(int id, const QString &text) { m_ids[text.toCaseFolded() + QChar(0) + text].push_back(id); }
    void settle()
    {
        std::uint32_t rank = 0;
        for (const auto &[text, ids] : m_ids) {
            for (const int id : ids)
                m_ranks[id] = rank;
            ++rank;
        }
    }
    [[nodiscard]] std::uint32_t of(int id) const
    {
        const auto found = m_ranks.find(id);
        return found == m_ranks.end() ? kLast : found->second;
    }

private:
    std::map<QString, std::vector<int>> m_ids;
    std::map<int, std::uint32_t> m_ranks;
};

Ranks stateRanks(const session::Snapshot &s)
{
    Ranks ranks;
    if (s.model)
        for (int cluster = -1; cluster < int(s.model->states().size()); ++cluster)
            ranks.add(cluster, qt(stateStyle(s, cluster).name));
    ranks.settle();
    return ranks;
}

Ranks labelRanks(const session::Snapshot &s)
{
    Ranks ranks;
    if (s.classNames)
        for (std::size_t id = 0; id < s.classNames->size(); ++id)
            for (const int polarity : {-1, 0, 1})
                if (id != 0 || polarity != 0) {
                    const schema::Label label{schema::Polarity(polarity), std::uint16_t(id)};
                    ranks.add(int(id) * 4 + polarity, labelText(label, *s.classNames));
                }
    ranks.settle();
    return ranks;
}

std::function<std::uint32_t(std::size_t)> keysOf(const session::Snapshot &s, int column)
{
    if (column >= kFirstFeature)
        return [&s, at = std::size_t(column - kFirstFeature)](std::size_t row) {
            return keyOf(s.samples.at(row, at));
        };
    if (column == kLabel)
        return [&s, ranks = labelRanks(s)](std::size_t row) {
            if (!s.labels || row >= s.labels->size())
                return kLast;
            const schema::Label label = (*s.labels)[row];
            return ranks.of(int(label.classId) * 4 + int(label.polarity));
        };
    if (column == kEntity) {
        Ranks ranks;
        for (int index = 0; s.entities && index < int(s.entities->size()); ++index)
            ranks.add(index, qt(schema::entityText(s.samples.schema().entityKind(), *s.entities,
                                                   std::uint32_t(index))));
        ranks.settle();
        return [&s, ranks](std::size_t row) { return ranks.of(int(s.samples.entity(row))); };
    }
    const bool scored = s.model && s.scores;
    return [&s, scored, column,
            ranks = column == kState ? stateRanks(s) : Ranks()](std::size_t row) -> std::uint32_t {
        if (!scored || row >= s.scores->size())
            return kLast;
        const auto &score = (*s.scores)[row];
        return column == kState        ? ranks.of(score.cluster)
               : column == kConfidence ? keyOf(score.confidence)
                                       : keyOf(score.abnormality);
    };
}

/// Sorts piece by piece and merges, so that a stop is heard in time. @return whether it got to the end
bool sortStoppably(std::vector<std::uint64_t> &keys, const std::stop_token &stop)
{
    const auto at = [&](std::size_t i) { return keys.begin() + std::ptrdiff_t(std::min(i, keys.size())); };
    for (std::size_t i = 0; i < keys.size(); i += kPiece) {
        if (stop.stop_requested())
            return false;
        std::sort(at(i), at(i + kPiece));
    }
    for (std::size_t width = kPiece; width < keys.size(); width *= 2)
        for (std::size_t i = 0; i + width < keys.size(); i += 2 * width) {
            if (stop.stop_requested())
                return false;
            std::inplace_merge(at(i), at(i + width), at(i + 2 * width));
        }
    return true;
}

} // namespace

std::vector<std::uint32_t> sortedRows(const session::Snapshot &s, int column, bool descending,
                                      const std::stop_token &stop)
{
    const auto key = keysOf(s, column);
    // The row in the low half makes every key different, so any sort is a stable one.
    std::vector<std::uint64_t> keys(s.samples.rows());
    for (std::size_t row = 0; row < keys.size(); ++row) {
        if (row % kPiece == 0 && stop.stop_requested())
            return {};
        const std::uint32_t high = key(row);
        keys[row] = std::uint64_t(descending && high != kLast ? kLast - 1 - high : high) << 32 | row;
    }
    if (!sortStoppably(keys, stop))
        return {};
    std::vector<std::uint32_t> rows(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i)
        rows[i] = std::uint32_t(keys[i]);
    return rows;
}

} // namespace statescape::ui
