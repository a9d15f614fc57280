// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/feature/feature_frame.h"
#include "core/feature/sample_log.h"
#include "core/schema/entities.h"
#include "core/schema/label.h"
#include "core/schema/schema.h"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace statescape::source {

struct CsvOptions {
    std::string timeColumn; ///< empty: a column named "time_ns" (ns) or "time" if there is one, else rows are
                            ///< 1 s apart
    std::string labelColumn; ///< empty: "label" if there is one and it holds text, else none
};

struct CsvData {
    std::shared_ptr<const schema::Schema>
        schema; ///< catalogue meaning for known keys, kind Mean without unit or probe for the rest
    std::vector<feature::FeatureFrame> frames;
    std::vector<std::string> labels; ///< n, "" where empty; "positive", "negative", "negative:NAME",
                                     ///< "positive:NAME" or a class name
    bool hasWallClock = false;       ///< times were RFC 3339 or epoch seconds: realtimeOfFirstNs is set
    std::int64_t realtimeOfFirstNs = 0;
};

/// Reads RFC 4180 CSV (quotes, CRLF, BOM). Header row = feature keys. Empty cell or nan = missing. Nothing is
/// imported on error. Seconds from 1e9 up are taken as epoch seconds. With a wall clock the first sample is
/// at 0.
/// @error NotFound; InvalidArgument with "file:line: column 'x' (byte n): …" (all counted from 1) for text
/// where a number belongs, ragged rows,
///        duplicate or empty header names, times that go back, no data rows
base::Result<CsvData> readCsv(const std::filesystem::path &path, const CsvOptions &options);

/// Writes time_ns, duration_ns, entity, every feature and the label; readCsv() of it gives the same samples
/// and labels; a feature that is called as one of our columns comes back with "_" behind its name. Missing
/// values become empty cells (their reasons are not kept), processes are left out. A probe that saw only a
/// part of some interval has two columns more, such as seen_scheduler_% and error_scheduler_%, which come
/// back too.
/// @param entities of a session that is not about the host: the column entity has their texts then, by which
/// readCsv() tells them apart again, not their numbers
/// @param labels one per sample, or empty. @param only one flag a sample, a shorter one leaves the rest out;
/// empty: all @error Mismatch, Full, Io; Cancelled
base::Result<> writeCsv(std::FILE *out, const feature::SampleLog::View &view,
                        std::span<const schema::Label> labels, std::span<const std::string> classNames,
                        std::span<const std::uint8_t> only = {}, const base::Progress &progress = {},
                        const schema::Entities *entities = nullptr);
/// Replaces @p path only when all is written. @error also NotFound, NotPermitted
base::Result<> writeCsv(const std::filesystem::path &path, const feature::SampleLog::View &view,
                        std::span<const schema::Label> labels, std::span<const std::string> classNames,
                        std::span<const std::uint8_t> only = {}, const base::Progress &progress = {},
                        const schema::Entities *entities = nullptr);

} // namespace statescape::source
