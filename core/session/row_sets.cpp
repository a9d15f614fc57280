// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/row_sets.h"

#include <algorithm>

namespace statescape::session {

Rows maskOf(std::span<const store::RowRun> runs, std::size_t rows)
{
    if (runs.empty())
        return std::make_shared<const std::vector<std::uint8_t>>();
    auto mask = std::make_shared<std::vector<std::uint8_t>>(rows, std::uint8_t{0});
    for (const auto &run : runs)
        if (run.first < rows)
            std::fill_n(mask->begin() + static_cast<std::ptrdiff_t>(run.first),
                        std::min<std::uint64_t>(run.count, rows - run.first), std::uint8_t{1});
    return mask;
}

std::vector<store::RowRun> runsOf(const std::vector<std::uint8_t> &mask)
{
    std::vector<store::RowRun> runs;
    for (auto at = mask.begin();
         (at = std::find_if(at, mask.end(), [](auto f) { return f != 0; })) != mask.end();) {
        const auto end = std::find(at, mask.end(), std::uint8_t{0});
        runs.push_back({static_cast<std::uint64_t>(at - mask.begin()), static_cast<std::uint64_t>(end - at)});
        at = end;
    }
    return runs;
}

} // namespace statescape::session
