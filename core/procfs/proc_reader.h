// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/procfs/proc_file.h"
#include "core/schema/catalogue.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace statescape::procfs {

/// Fills the slots of the probes that come from /proc. Not thread-safe.
class ProcReader {
public:
    /// Opens what there is; what cannot be opened shows in standing().
    /// @param base "/proc", or a folder with recorded files of the same names
    static ProcReader open(const std::string &base = "/proc");

    /// @return nothing when @p probe can be read, else why not; NotSupported for a probe that is not from
    /// /proc.
    [[nodiscard]] const std::optional<base::Error> &standing(schema::Probe probe) const;

    /// Reads every openable probe of @p mask into @p slots (at least schema::slotWords() words, others untouched).
    /// @return the probes whose slots are valid now; a wanted one that is missing was counted in
    /// readFailures().
    std::uint64_t read(std::uint64_t mask, std::span<std::uint64_t> slots);

    /// @return files that could not be read or parsed since open().
    [[nodiscard]] std::uint64_t readFailures() const { return m_readFailures; }

private:
    enum File { Stat, Vmstat, Meminfo, NetDev, NetSnmp, PressureCpu, PressureMemory, PressureIo, kFiles };
    ProcReader();
    bool readProbe(schema::Probe probe, std::span<std::uint64_t> slots);
    bool readCpu(std::span<std::uint64_t> slots);
    bool readVm(std::span<std::uint64_t> slots);
    bool readNet(std::span<std::uint64_t> slots);
    bool readPressure(std::span<std::uint64_t> slots);

    std::array<std::optional<ProcFile>, kFiles> m_files;
    std::array<std::optional<base::Error>, schema::kProbeCount> m_standing;
    std::uint64_t m_nsPerTick = 0;
    std::uint64_t m_idleNs = 0;
    std::uint64_t m_iowaitNs = 0;
    std::uint64_t m_readFailures = 0;
};

} // namespace statescape::procfs
