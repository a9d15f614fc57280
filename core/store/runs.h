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

/// Compact bytes for what repeats: labels, selections and steps as runs, numbers as LEB128. Readers never
/// trust a length.
namespace statescape::store {

using Bytes = std::string;

/// A stretch of samples with one label.
struct LabelRun {
    std::uint64_t first = 0, count = 0;
    schema::Label label;
    bool operator==(const LabelRun &) const = default;
};
/// A class's two names. The name in the table is the truth; this is the way back.
struct Rename {
    std::uint16_t classId = 0;
    std::string before, after;
};
struct ModelChange {
    ModelRef before, after;
};
/// Rows that enter or leave the selection: its own inverse, and small when the selection is large. The counts
/// tell whether it fits the selection it is applied to.
struct SelectionChange {
    std::uint64_t selectedBefore = 0, selectedAfter = 0; ///< samples
    std::vector<RowRun> toggled;
};

/// @return empty labels left out. @pre runs sorted, apart
Bytes encodeLabels(std::span<const LabelRun> runs);
/// @return nothing when the bytes are not what they claim to be, or reach beyond @p rows.
std::optional<std::vector<LabelRun>> decodeLabels(std::span<const std::byte> bytes, std::uint64_t rows);
Bytes encodeChanges(std::span<const ChangeRun> runs);
std::optional<std::vector<ChangeRun>> decodeChanges(std::span<const std::byte> bytes, std::uint64_t rows);

/// @pre runs sorted, apart
Bytes encodeRows(std::span<const RowRun> runs);
std::optional<std::vector<RowRun>> decodeRows(std::span<const std::byte> bytes, std::uint64_t rows);
Bytes encodeSelectionChange(const SelectionChange &change);
std::optional<SelectionChange> decodeSelectionChange(std::span<const std::byte> bytes, std::uint64_t rows);
Bytes encodeRename(const Rename &rename);
std::optional<Rename> decodeRename(std::span<const std::byte> bytes);
Bytes encodeModelChange(const ModelChange &change);
std::optional<ModelChange> decodeModelChange(std::span<const std::byte> bytes);

/// @return a value that differs when a step's kind or bytes are not those that were written.
std::uint64_t checksumOf(StepKind kind, std::span<const std::byte> bytes);

Bytes encodeProcesses(std::span<const wire::ProcessUse> uses);
std::optional<std::vector<wire::ProcessUse>> decodeProcesses(std::span<const std::byte> bytes);

/// @return empty when there is nothing to tell.
Bytes encodeSeen(std::span<const feature::Seen> parts);
/// @return nothing also for shares outside 0 to 1 and errors that are no numbers.
std::optional<std::vector<feature::Seen>> decodeSeen(std::span<const std::byte> bytes);

/// @return one label per sample.
std::vector<schema::Label> toLabels(std::span<const LabelRun> runs, std::uint64_t rows);

} // namespace statescape::store
