// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ml/clustering.h"

#include <unordered_map>

namespace statescape::ml {

Clustering countedClustering(std::vector<std::int32_t> labels, int clusters)
{
    Clustering out;
    out.labels = std::move(labels);
    out.sizes.assign(static_cast<std::size_t>(clusters), 0);
    for (const std::int32_t label : out.labels) {
        if (label < 0)
            ++out.noise;
        else
            ++out.sizes[static_cast<std::size_t>(label)];
    }
    return out;
}

int renumberByFirstRow(std::span<std::int32_t> labels)
{
    std::unordered_map<std::int32_t, std::int32_t> seen;
    for (auto &label : labels)
        if (label >= 0)
            label = seen.try_emplace(label, static_cast<std::int32_t>(seen.size())).first->second;
    return static_cast<int>(seen.size());
}

} // namespace statescape::ml
