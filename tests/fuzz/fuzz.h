// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <span>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

/// The one function of a target. libFuzzer calls it, and so does replay_main.cpp with each file of the
/// corpus.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);

namespace statescape::fuzz {

/// Ends the process when something that must hold for every input does not.
inline void require(bool holds, const char *what)
{
    if (holds)
        return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

inline std::span<const std::byte> bytesOf(const std::uint8_t *data, std::size_t size)
{
    return {reinterpret_cast<const std::byte *>(data), size};
}

inline std::string_view textOf(const std::uint8_t *data, std::size_t size)
{
    return {reinterpret_cast<const char *>(data), size};
}

/// Takes decisions off the front of the input, so that the rest stays readable in the corpus.
class Choices {
public:
    Choices(const std::uint8_t *data, std::size_t size)
        : m_rest(data, size)
    {}
    std::uint8_t byte()
    {
        if (m_rest.empty())
            return 0;
        const auto value = m_rest.front();
        m_rest = m_rest.subspan(1);
        return value;
    }
    [[nodiscard]] std::span<const std::byte> bytes() const { return std::as_bytes(m_rest); }
    [[nodiscard]] std::string_view text() const { return textOf(m_rest.data(), m_rest.size()); }

private:
    std::span<const std::uint8_t> m_rest;
};

/// A file in memory for parsers that take a path.
class MemoryFile {
public:
    MemoryFile()
        : m_fd(::memfd_create("fuzz", MFD_CLOEXEC))
    {
        require(m_fd >= 0, "a file in memory can be made");
    }
    ~MemoryFile() { ::close(m_fd); }
    MemoryFile(const MemoryFile &) = delete;
    MemoryFile &operator=(const MemoryFile &) = delete;
    void fill(std::string_view text)
    {
        require(::ftruncate(m_fd, 0) == 0, "it can be emptied");
        require(::pwrite(m_fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()),
                "it can be written");
    }
    [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(m_fd); }
    [[nodiscard]] int fd() const { return m_fd; }

private:
    int m_fd;
};

} // namespace statescape::fuzz
