// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace statescape::bpf {

/// Takes over what libbpf would print. libbpf has one print function per process, so one of these at a time.
class LibbpfLog {
public:
    LibbpfLog();
    ~LibbpfLog();
    LibbpfLog(const LibbpfLog &) = delete;
    LibbpfLog &operator=(const LibbpfLog &) = delete;

    void clear();
    /// @return libbpf's last warning in one line, without its prefix.
    [[nodiscard]] std::string lastWarning() const;
};

/// @return the line of a verifier log that tells what it objected to: the last one before its statistics.
std::string lastVerifierLine(std::string_view log);

} // namespace statescape::bpf
