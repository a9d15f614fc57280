// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/fd.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

struct floor_bpf;

namespace statescape::bpf {

/// Times programs by the kernel's own statistics, which cost every BPF program on the machine some 90 ns an
/// event while they are on: so they are on only while this lives.
class CostMeter {
public:
    struct Reading {
        std::uint64_t ns = 0;
        std::uint64_t count = 0;
    };
    /// @return nothing where statistics may not be switched on (needs CAP_SYS_ADMIN).
    static std::optional<CostMeter> start();

    /// @return what the programs took so far, all CPUs.
    [[nodiscard]] static Reading read(std::span<const int> programFds);
    /// @return ns per event between two readings, above an empty program; nothing with too few events to
    /// tell.
    [[nodiscard]] std::optional<double> nsPerEvent(const Reading &before, const Reading &now) const;
    /// @return s since start().
    [[nodiscard]] double seconds() const;

private:
    struct FloorDeleter {
        void operator()(floor_bpf *floor) const;
    };
    CostMeter() = default;
    base::Fd m_statistics;
    std::unique_ptr<floor_bpf, FloorDeleter> m_floor;
    std::uint64_t m_startedNs = 0;
};

/// @return events that the kernel kept from the program because it was already running on that CPU.
std::uint64_t recursionMisses(int programFd);

} // namespace statescape::bpf
