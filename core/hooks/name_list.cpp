// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hooks/name_list.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <limits>
#include <numeric>

namespace statescape::hooks {
namespace {
constexpr std::size_t kLongestQuery = 256;

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lowered(std::string_view text)
{
    std::string out(text);
    std::ranges::transform(out, out.begin(), lower);
    return out;
}

bool printable(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= ' ' && c != 0x7f; });
}

/// @return where @p query (lower case) begins in @p text, or npos.
std::size_t findLower(std::string_view text, std::string_view query)
{
    const auto found = std::search(text.begin(), text.end(), query.begin(), query.end(),
                                   [](char a, char b) { return lower(a) == b; });
    return found == text.end() ? std::string_view::npos : static_cast<std::size_t>(found - text.begin());
}

Fit fitAt(std::string_view text, std::size_t at, std::size_t length)
{
    if (at == 0)
        return text.size() == length ? Fit::Exact : Fit::Prefix;
    return text[at - 1] == '_' || text[at - 1] == ':' ? Fit::Word : Fit::Part;
}
} // namespace

std::string_view NameList::name(std::size_t index) const
{
    const auto begin = m_entries[index].offset;
    const auto end = index + 1 < m_entries.size() ? m_entries[index + 1].offset : m_text.size();
    return std::string_view(m_text).substr(begin, end - begin - 1);
}

std::string NameList::fullName(std::size_t index) const
{
    std::string out(group(index));
    if (!out.empty())
        out += ':';
    return out.append(name(index));
}

void NameList::reserve(std::size_t names, std::size_t bytes)
{
    m_text.reserve(bytes + names);
    m_entries.reserve(names);
    while (m_table.size() < names * 2)
        growTable();
}

void NameList::growTable()
{
    const std::size_t size = std::max<std::size_t>(m_table.size() * 2, 64);
    m_table.assign(size, 0);
    for (std::size_t i = 0; i < m_entries.size(); ++i) {
        std::size_t at = std::hash<std::string_view>{}(name(i)) & (size - 1);
        while (m_table[at] != 0)
            at = (at + 1) & (size - 1);
        m_table[at] = static_cast<std::uint32_t>(i + 1);
    }
}

std::size_t NameList::place(std::string_view wanted, const std::uint16_t *group) const
{
    std::size_t at = std::hash<std::string_view>{}(wanted) & (m_table.size() - 1);
    for (; m_table[at] != 0; at = (at + 1) & (m_table.size() - 1)) {
        const std::size_t index = m_table[at] - 1;
        if (name(index) == wanted && (group == nullptr || m_entries[index].group == *group))
            break;
    }
    return at;
}

std::optional<std::uint16_t> NameList::groupIndex(std::string_view group)
{
    // Lists come group by group, so the last one is nearly always the one.
    for (std::size_t i = m_groups.size(); i-- > 0;)
        if (m_groups[i] == group)
            return static_cast<std::uint16_t>(i);
    if (m_groups.size() > std::numeric_limits<std::uint16_t>::max())
        return std::nullopt;
    m_groups.emplace_back(group);
    return static_cast<std::uint16_t>(m_groups.size() - 1);
}

std::optional<std::pair<std::size_t, bool>> NameList::add(std::string_view wanted, std::string_view group,
                                                          std::uint8_t flags, std::uint64_t value)
{
    if (wanted.empty() || wanted.size() > kLongestName || group.size() > kLongestName || !printable(wanted) ||
        !printable(group) || m_text.size() > std::numeric_limits<std::uint32_t>::max() - 2 * kLongestName)
        return std::nullopt;
    const auto groupAt = groupIndex(group);
    if (!groupAt)
        return std::nullopt;
    if (m_table.size() < (m_entries.size() + 1) * 2)
        growTable();
    const std::size_t at = place(wanted, &*groupAt);
    if (m_table[at] != 0) {
        const std::size_t index = m_table[at] - 1;
        m_entries[index].flags |= flags;
        return std::pair(index, false);
    }
    m_entries.push_back({static_cast<std::uint32_t>(m_text.size()), *groupAt, flags, value});
    m_text.append(wanted).push_back('\0');
    m_table[at] = static_cast<std::uint32_t>(m_entries.size());
    return std::pair(m_entries.size() - 1, true);
}

std::optional<std::size_t> NameList::find(std::string_view wanted, std::string_view group) const
{
    const auto known = std::ranges::find(m_groups, group);
    if (m_table.empty() || known == m_groups.end())
        return std::nullopt;
    const auto groupAt = static_cast<std::uint16_t>(known - m_groups.begin());
    const auto at = place(wanted, &groupAt);
    return m_table[at] == 0 ? std::nullopt : std::optional<std::size_t>(m_table[at] - 1);
}

std::optional<std::size_t> NameList::find(std::string_view wanted) const
{
    if (m_table.empty())
        return std::nullopt;
    const auto at = place(wanted, nullptr);
    return m_table[at] == 0 ? std::nullopt : std::optional<std::size_t>(m_table[at] - 1);
}

void NameList::searchPart(std::string_view query, std::uint8_t flags, std::vector<Match> &out) const
{
    const bool full = query.find(':') != std::string_view::npos;
    const bool glob = query.find_first_of("*?") != std::string_view::npos;
    std::string text;
    for (std::size_t i = 0; i < size(); ++i) {
        if (flags != 0 && (m_entries[i].flags & flags) == 0)
            continue;
        std::string_view candidate = name(i);
        if (full || glob) {
            text = lowered(full ? fullName(i) : std::string(candidate));
            candidate = text;
        }
        if (glob) {
            if (fitsGlob(query, candidate))
                out.push_back({i, Fit::Exact});
            continue;
        }
        if (candidate.size() < query.size())
            continue;
        if (const auto at = findLower(candidate, query); at != std::string_view::npos)
            out.push_back({i, fitAt(candidate, at, query.size())});
    }
}

SearchResult NameList::search(std::string_view query, std::size_t limit, std::uint8_t flags) const
{
    SearchResult result;
    const auto wanted = lowered(query.substr(0, kLongestQuery));
    searchPart(wanted, flags, result.matches);
    result.total = result.matches.size();
    const auto shown = result.matches.begin() + static_cast<std::ptrdiff_t>(std::min(limit, result.total));
    std::partial_sort(result.matches.begin(), shown, result.matches.end(),
                      [this](const Match &a, const Match &b) {
                          if (a.fit != b.fit)
                              return a.fit < b.fit;
                          const auto left = name(a.index);
                          const auto right = name(b.index);
                          if (left.size() != right.size())
                              return left.size() < right.size();
                          const int order = left.compare(right);
                          return order != 0 ? order < 0 : group(a.index) < group(b.index);
                      });
    result.matches.erase(shown, result.matches.end());
    return result;
}

std::vector<std::string> NameList::closest(std::string_view wanted, std::size_t limit,
                                           std::uint8_t flags) const
{
    struct Candidate {
        std::size_t distance, extra, index;
    };
    wanted = wanted.substr(0, kLongestQuery);
    const auto query = lowered(wanted);
    const std::size_t worst = std::max<std::size_t>(2, query.size() / 4);
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < size() && !query.empty(); ++i) {
        if (flags != 0 && (m_entries[i].flags & flags) == 0)
            continue;
        const auto other = name(i);
        const auto extra =
            other.size() > query.size() ? other.size() - query.size() : query.size() - other.size();
        std::size_t distance = extra > worst ? worst + 1 : editDistance(query, lowered(other), worst);
        // What begins alike is meant more often than the letters say.
        if (distance > 1 && query.size() >= 3 && findLower(other.substr(0, query.size()), query) == 0)
            distance = 1;
        if (distance <= worst)
            candidates.push_back({distance, extra, i});
    }
    const auto shown = candidates.begin() + static_cast<std::ptrdiff_t>(std::min(limit, candidates.size()));
    std::partial_sort(candidates.begin(), shown, candidates.end(),
                      [this](const Candidate &a, const Candidate &b) {
                          return std::tuple(a.distance, a.extra, name(a.index)) <
                                 std::tuple(b.distance, b.extra, name(b.index));
                      });
    std::vector<std::string> names;
    for (auto it = candidates.begin(); it != shown; ++it)
        names.push_back(fullName(it->index));
    return names;
}

bool fitsGlob(std::string_view pattern, std::string_view text)
{
    std::size_t p = 0;
    std::size_t t = 0;
    std::size_t star = std::string_view::npos;
    std::size_t resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::size_t editDistance(std::string_view a, std::string_view b, std::size_t limit)
{
    if (a.size() < b.size())
        std::swap(a, b);
    if (a.size() - b.size() > limit)
        return limit + 1;
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        if (*std::ranges::min_element(row) > limit)
            return limit + 1;
        std::swap(before, last);
        std::swap(last, row);
    }
    return last[b.size()];
}

std::string didYouMean(const std::vector<std::string> &names)
{
    std::string out;
    for (std::size_t i = 0; i < names.size(); ++i)
        out.append(i == 0 ? "did you mean " : i + 1 == names.size() ? " or " : ", ").append(names[i]);
    return names.empty() ? out : out + '?';
}

} // namespace statescape::hooks
