// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/session_store.h"

#include <algorithm>
#include <cstring>
#include <string>

/// Sessions and samples with known content for the tests of the store.
namespace frames {
using namespace statescape;

inline std::shared_ptr<const schema::Schema> schemaOf(std::size_t columns)
{
    std::vector<schema::Feature> features(columns);
    for (std::size_t i = 0; i < columns; ++i) {
        features[i].key = "feature." + std::to_string(i);
        features[i].title = "feature " + std::to_string(i);
        features[i].unit = i % 2 == 0 ? base::Unit::Microseconds : base::Unit::PerSecond;
        features[i].kind = i % 2 == 0 ? schema::FeatureKind::Quantile : schema::FeatureKind::Rate;
        features[i].log1p = i % 3 == 0;
    }
    return std::make_shared<const schema::Schema>(std::move(features));
}

inline store::SessionInfo session(std::shared_ptr<const schema::Schema> schema)
{
    store::SessionInfo info;
    info.host = "web-3";
    info.kernel = "6.1.0";
    info.anchor = {5'000'000'000, 1'795'342'867'000'000'000, "a-boot-id"};
    info.intervalNs = 250'000'000;
    info.origin = "live";
    info.command = "make -j4";
    info.schema = std::move(schema);
    return info;
}

inline feature::FeatureFrame frame(std::uint64_t row, std::size_t columns)
{
    feature::FeatureFrame f;
    f.timeNs = 5'000'000'000 + row * 250'000'000;
    f.durationNs = 250'000'000;
    f.entity = static_cast<std::uint32_t>(row % 2);
    f.values.resize(columns);
    for (std::size_t i = 0; i < columns; ++i)
        f.values[i] = static_cast<float>(row) * 0.5F + static_cast<float>(i);
    f.values[row % columns] = schema::missingValue(static_cast<schema::Missing>(row % 9));
    for (std::uint32_t i = 0; i < row % 4; ++i) {
        wire::ProcessUse use{100 + i, {}, row << 20, ~std::uint64_t{0} - row, i};
        std::memcpy(use.comm.data(), "sixteen-bytes-xx", 16 - i);
        f.processes.push_back(use);
    }
    if (row % 5 == 3)
        f.seen.push_back({"scheduler", 0.04F, -1});
    if (row % 10 == 3)
        f.seen.push_back({"uprobe:/bin/sh:main", 0.5F, 0.06F});
    return f;
}
/// As files before format 4 have it.
inline feature::FeatureFrame oldFrame(std::uint64_t row, std::size_t columns)
{
    auto f = frame(row, columns);
    f.seen.clear();
    return f;
}

inline std::vector<feature::FeatureFrame> some(std::uint64_t first, std::uint64_t count, std::size_t columns)
{
    std::vector<feature::FeatureFrame> out;
    for (std::uint64_t i = 0; i < count; ++i)
        out.push_back(frame(first + i, columns));
    return out;
}

inline bool same(const feature::SampleLog::View &view, std::size_t row, const feature::FeatureFrame &f)
{
    const auto values = view.row(row);
    const auto processes = view.processes(row);
    return view.timeNs(row) == f.timeNs && view.durationNs(row) == f.durationNs &&
           view.entity(row) == f.entity && values.size() == f.values.size() &&
           std::memcmp(values.data(), f.values.data(), values.size_bytes()) == 0 &&
           std::equal(processes.begin(), processes.end(), f.processes.begin(), f.processes.end()) &&
           std::ranges::equal(view.seen(row), f.seen);
}

} // namespace frames
