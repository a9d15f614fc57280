// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/mapped_array.h"

#include <bpf/bpf.h>
#include <cerrno>
#include <sys/mman.h>
#include <utility>

namespace statescape::bpf {

base::Result<MappedArray> MappedArray::create(const std::string &name, std::size_t valueBytes,
                                              std::uint32_t entries)
{
    LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
    MappedArray array;
    array.m_fd.reset(bpf_map_create(BPF_MAP_TYPE_ARRAY, name.c_str(), sizeof(std::uint32_t),
                                    static_cast<std::uint32_t>(valueBytes), entries, &options));
    if (!array.m_fd.valid()) {
        const int error = errno;
        const bool refused = error == EPERM || error == EACCES;
        return base::fail(refused ? base::Code::NotPermitted : base::Code::NotSupported,
                          "cannot create BPF map " + name, {}, error);
    }
    array.m_valueBytes = valueBytes;
    array.m_entries = entries;
    array.m_bytes = valueBytes * entries;
    void *memory = ::mmap(nullptr, array.m_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, array.m_fd.get(), 0);
    if (memory == MAP_FAILED)
        return base::fail(base::Code::Io, "cannot map BPF map " + name, {}, errno);
    array.m_memory = static_cast<std::byte *>(memory);
    return array;
}

MappedArray::MappedArray(MappedArray &&other) noexcept
    : m_fd(std::move(other.m_fd))
    , m_memory(std::exchange(other.m_memory, nullptr))
    , m_bytes(other.m_bytes)
    , m_valueBytes(other.m_valueBytes)
    , m_entries(other.m_entries)
{}

MappedArray &MappedArray::operator=(MappedArray &&other) noexcept
{
    std::swap(m_fd, other.m_fd);
    std::swap(m_memory, other.m_memory);
    std::swap(m_bytes, other.m_bytes);
    std::swap(m_valueBytes, other.m_valueBytes);
    std::swap(m_entries, other.m_entries);
    return *this;
}

MappedArray::~MappedArray()
{
    if (m_memory)
        ::munmap(m_memory, m_bytes);
}

} // namespace statescape::bpf
