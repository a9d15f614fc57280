// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/split.h"

#include "core/ml/random.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

namespace statescape::ml {
namespace {
constexpr std::uint64_t kBreakSteps = 20;

std::uint64_t medianStep(std::span<const std::uint64_t> timeNs)
{
    std::vector<std::uint64_t> steps;
    for (std::size_t i = 1; i < timeNs.size(); ++i)
        if (timeNs[i] > timeNs[i - 1])
            steps.push_back(timeNs[i] - timeNs[i - 1]);
    if (steps.empty())
        return 0;
    const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
    std::nth_element(steps.begin(), middle, steps.end());
    return *middle;
}
} // namespace

std::vector<int> timeBlocks(std::span<const std::uint64_t> timeNs, std::size_t rows, int wanted)
{
    std::vector<int> blocks(rows, 0);
    const bool timed = timeNs.size() == rows;
    const std::uint64_t longest = timed ? medianStep(timeNs) * kBreakSteps : 0;
    const std::size_t length = std::max<std::size_t>(1, rows / static_cast<std::size_t>(std::max(wanted, 1)));
    int block = 0;
    std::size_t filled = 0;
    for (std::size_t i = 0; i < rows; ++i) {
        const bool broken =
            timed && i > 0 &&
            (timeNs[i] < timeNs[i - 1] || (longest > 0 && timeNs[i] - timeNs[i - 1] > longest));
        const bool within = longest > 0 && i > 0 && timeNs[i] == timeNs[i - 1];
        if (i > 0 && ((filled >= length && !within) || broken)) {
            ++block;
            filled = 0;
        }
        blocks[i] = block;
        ++filled;
    }
    return blocks;
}

std::size_t rowsAtOnce(std::span<const std::uint64_t> timeNs)
{
    std::size_t times = 0;
    for (std::size_t i = 0; i < timeNs.size(); ++i)
        times += i == 0 || timeNs[i] != timeNs[i - 1] ? 1 : 0;
    // All at one time says that nobody knows the times.
    return times <= 1 ? 1 : (timeNs.size() + times - 1) / times;
}

std::vector<Side> holdOut(std::span<const int> blocks, std::span<const int> classes, double share,
                          std::size_t gap, std::uint64_t seed)
{
    const std::size_t n = blocks.size();
    std::vector<Side> sides(n, Side::Train);
    if (n == 0)
        return sides;
    const int count = *std::max_element(blocks.begin(), blocks.end()) + 1;
    std::map<int, std::vector<int>> blocksOf;
    for (std::size_t i = 0; i < n; ++i) {
        auto &list = blocksOf[classes.empty() ? -1 : classes[i]];
        if (list.empty() || list.back() != blocks[i])
            list.push_back(blocks[i]);
    }
    std::vector<std::pair<std::size_t, int>> rarestFirst;
    for (const auto &[key, list] : blocksOf)
        rarestFirst.emplace_back(list.size(), key);
    std::sort(rarestFirst.begin(), rarestFirst.end());

    Random random(seed, 0x5b11);
    enum : char { Open, Held, Kept };
    std::vector<char> fate(static_cast<std::size_t>(count), Open);
    const auto fateOf = [&](int block) -> char & { return fate[static_cast<std::size_t>(block)]; };
    for (const auto &[size, key] : rarestFirst) {
        auto list = blocksOf[key];
        if (size < 2)
            continue;
        for (std::size_t i = list.size(); i > 1; --i)
            std::swap(list[i - 1], list[random.below(i)]);
        const auto target = std::clamp<std::size_t>(
            static_cast<std::size_t>(share * static_cast<double>(size) + 0.5), 1, size - 1);
        auto held = static_cast<std::size_t>(
            std::count_if(list.begin(), list.end(), [&](int b) { return fateOf(b) == Held; }));
        auto kept = static_cast<std::size_t>(
            std::count_if(list.begin(), list.end(), [&](int b) { return fateOf(b) == Kept; }));
        for (const int block : list) {
            if (fateOf(block) != Open)
                continue;
            // Training comes first where a class has only one block left to give.
            const bool hold = held < target && !(kept == 0 && held + 1 == size);
            fateOf(block) = hold ? Held : Kept;
            ++(hold ? held : kept);
        }
    }
    for (std::size_t i = 0; i < n; ++i)
        if (fateOf(blocks[i]) == Held)
            sides[i] = Side::HeldOut;
    for (std::size_t i = 0; i < n; ++i) {
        if (sides[i] != Side::Train)
            continue;
        const std::size_t from = i > gap ? i - gap : 0;
        const std::size_t to = std::min(n - 1, i + gap);
        for (std::size_t o = from; o <= to && gap > 0; ++o)
            if (sides[o] == Side::HeldOut)
                sides[i] = Side::Gap;
    }
    return sides;
}

} // namespace statescape::ml
