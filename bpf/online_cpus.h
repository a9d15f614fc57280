// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/fd.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace statescape::bpf {

/// Which CPUs are online now. Opens its file once, so that it can be asked from inside the sandbox.
class OnlineCpus {
public:
    static OnlineCpus open(std::uint32_t cpusPossible);
    /// Reads again. Where that fails all CPUs count as online.
    void update();
    [[nodiscard]] bool has(std::uint32_t cpu) const { return cpu >= m_online.size() || m_online[cpu]; }

    /// @param list as the kernel writes it: "0-3,8,10-11"
    static void parse(std::string_view list, std::vector<bool> &online);

private:
    base::Fd m_file;
    std::vector<bool> m_online;
};

} // namespace statescape::bpf
