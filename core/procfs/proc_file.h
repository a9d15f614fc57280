// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/fd.h"
#include "core/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace statescape::procfs {

/// A /proc file that stays open and is read again from its start. Not thread-safe.
class ProcFile {
public:
    /// @error NotFound, NotPermitted, NotSupported (no such facility in this kernel), Io; message names the
    /// path
    static base::Result<ProcFile> open(const std::string &path);

    /// @return the whole text, valid until the next read(); empty when it cannot be read.
    std::string_view read();

private:
    explicit ProcFile(base::Fd fd)
        : m_fd(std::move(fd))
        , m_buffer(8192)
    {}
    base::Fd m_fd;
    std::vector<char> m_buffer;
};

/// Walks over text without allocating. Every reader leaves the cursor after what it took.
class Cursor {
public:
    explicit Cursor(std::string_view text)
        : m_rest(text)
    {}

    /// @return the next line without its end, and moves past it.
    std::string_view line();
    /// @return the next run of non-blanks in this line; empty at its end.
    std::string_view word();
    /// @param[out] value untouched on failure. @return false unless the next word is a decimal number of 64
    /// bits.
    bool number(std::uint64_t &value);
    [[nodiscard]] bool atEnd() const { return m_rest.empty(); }

private:
    std::string_view m_rest;
};

} // namespace statescape::procfs
