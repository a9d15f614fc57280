// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/csv_export.h"

#include "core/source/csv.h"

#include <algorithm>

namespace statescape::session {

base::Result<std::uint64_t> exportCsv(const std::filesystem::path &path, const Snapshot &snapshot,
                                      std::span<const std::uint8_t> only, const base::Progress &progress)
{
    const std::size_t rows = snapshot.samples.rows();
    const std::size_t flags = std::min(only.size(), rows);
    const auto count = only.empty()
                           ? rows
                           : std::uint64_t(std::count_if(only.begin(), only.begin() + std::ptrdiff_t(flags),
                                                         [](std::uint8_t flag) { return flag != 0; }));
    if (count == 0)
        return base::fail(base::Code::NotEnoughData, "there is no sample to export",
                          "select some, or export all");
    // While frozen there are more labels than samples.
    std::vector<schema::Label> labels = snapshot.labels->toVector();
    labels.resize(rows);
    static const std::vector<std::string> kNone;
    STATESCAPE_CHECK(source::writeCsv(path, snapshot.samples, labels,
                                      snapshot.classNames ? *snapshot.classNames : kNone, only, progress,
                                      perEntity(snapshot) ? snapshot.entities.get() : nullptr));
    progress.at(1, "written");
    return count;
}

} // namespace statescape::session
