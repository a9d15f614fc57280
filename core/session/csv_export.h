// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/progress.h"
#include "core/base/result.h"
#include "core/session/snapshot.h"

#include <filesystem>
#include <span>

namespace statescape::session {

/// Writes samples as `statescape import` reads them: time_ns, duration_ns, entity, every feature by its key,
/// what probes saw where that was a part only, label. Missing values are empty cells. The file is replaced only when all is written.
/// @param only one flag a row, a shorter one leaves the rest out; empty: every sample
/// @return how many samples were written
/// @error NotFound, NotPermitted, Full, Io; Cancelled; NotEnoughData when no sample is flagged
/// @thread any; takes as long as the file is large
base::Result<std::uint64_t> exportCsv(const std::filesystem::path &path, const Snapshot &snapshot,
                                      std::span<const std::uint8_t> only,
                                      const base::Progress &progress = {});

} // namespace statescape::session
