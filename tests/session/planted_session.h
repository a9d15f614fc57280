// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/store/session_store.h"

#include <filesystem>

/// A session file with known structure: catalogue columns, three kinds of samples far apart in a few
/// features, small noise everywhere else. Rows come in blocks of 25: calm, busy, stalled, calm …
namespace statescape::test {

struct Planted {
    static constexpr std::size_t kBlock = 25;
    static constexpr std::uint64_t kStartNs = 1'000'000'000'000;
    static constexpr std::uint64_t kIntervalNs = 250'000'000;
    /// @return 0 calm, 1 busy, 2 stalled
    static int kindOf(std::size_t row) { return static_cast<int>(row / kBlock % 3); }
};

feature::FeatureFrame plantedFrame(std::size_t row);
/// @pre the file does not exist @return id of the session
store::SessionId writePlanted(const std::filesystem::path &file, std::size_t rows);

} // namespace statescape::test
