// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/fd.h"
#include "core/base/result.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>

namespace statescape::bpf {

/// A BPF array map seen as memory: the kernel writes, we read without system calls. Move only.
class MappedArray {
public:
    MappedArray() = default;
    /// @param valueBytes a multiple of 8
    /// @error NotPermitted, NotSupported, Io
    static base::Result<MappedArray> create(const std::string &name, std::size_t valueBytes,
                                            std::uint32_t entries);
    MappedArray(MappedArray &&other) noexcept;
    MappedArray &operator=(MappedArray &&other) noexcept;
    ~MappedArray();

    [[nodiscard]] int fd() const { return m_fd.get(); }
    [[nodiscard]] std::uint32_t entries() const { return m_entries; }
    [[nodiscard]] std::size_t bytes() const { return m_bytes; }
    [[nodiscard]] std::size_t words() const { return m_valueBytes / sizeof(std::uint64_t); }
    /// @return the entry's memory; its fields change under the reader, see load().
    template <class T>
    [[nodiscard]] T &as(std::uint32_t entry) const
    {
        return *reinterpret_cast<T *>(m_memory + entry * m_valueBytes);
    }

private:
    base::Fd m_fd;
    std::byte *m_memory = nullptr;
    std::size_t m_bytes = 0;
    std::size_t m_valueBytes = 0;
    std::uint32_t m_entries = 0;
};

/// Reads a word that the kernel may be writing. In program order with other load()s.
template <class T>
T load(const T &word)
{
    return std::atomic_ref<T>(const_cast<T &>(word)).load(std::memory_order_acquire);
}

} // namespace statescape::bpf
