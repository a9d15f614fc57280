// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/parallel.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace statescape::ml {

int threadCount(int asked)
{
    if (asked > 0)
        return asked;
    return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 8U));
}

void forEachChunk(std::size_t count, int threads, const std::function<void(std::size_t)> &body)
{
    const auto workers = std::min(count, static_cast<std::size_t>(std::max(threads, 1)));
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (std::size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1))
            body(i);
    };
    std::vector<std::jthread> pool;
    for (std::size_t i = 1; i < workers; ++i)
        pool.emplace_back(work);
    work();
}

} // namespace statescape::ml
