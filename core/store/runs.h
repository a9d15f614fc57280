// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/schema/label.h"
#include "core/store/session_store.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

/// Compact bytes for what repeats: labels and steps as runs, numbers as LEB128. Readers never trust a length.
namespace statescape::store {

using Bytes = std::string;

/// A stretch of samples with one label.
struct LabelRun {
    std::uint64_t first = 0, count = 0;
    schema::Label label;
};
/// A stretch of samples that changed alike.
struct ChangeRun {
    std::uint64_t first = 0, count = 0;
    schema::Label before, after;
};

/// @return empty labels left out. @pre runs sorted, apart
Bytes encodeLabels(std::span<const LabelRun> runs);
/// @return nothing when the bytes are not what they claim to be, or reach beyond @p rows.
std::optional<std::vector<LabelRun>> decodeLabels(std::span<const std::byte> bytes, std::uint64_t rows);
Bytes encodeChanges(std::span<const ChangeRun> runs);
std::optional<std::vector<ChangeRun>> decodeChanges(std::span<const std::byte> bytes, std::uint64_t rows);

Bytes encodeProcesses(std::span<const wire::ProcessUse> uses);
std::optional<std::vector<wire::ProcessUse>> decodeProcesses(std::span<const std::byte> bytes);

/// One label per sample <-> runs.
std::vector<LabelRun> toRuns(std::span<const schema::Label> labels);
std::vector<schema::Label> toLabels(std::span<const LabelRun> runs, std::uint64_t rows);

} // namespace statescape::store
