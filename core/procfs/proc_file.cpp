// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/procfs/proc_file.h"

#include <cerrno>
#include <charconv>
#include <fcntl.h>

namespace statescape::procfs {
namespace {
base::Code codeOfOpen(int error)
{
    switch (error) {
    case ENOENT:
        return base::Code::NotFound;
    case EACCES:
    case EPERM:
        return base::Code::NotPermitted;
    case EOPNOTSUPP:
        return base::Code::NotSupported;
    default:
        return base::Code::Io;
    }
}
} // namespace

base::Result<ProcFile> ProcFile::open(const std::string &path)
{
    base::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.valid()) {
        const int error = errno;
        return base::fail(codeOfOpen(error), "cannot open " + path, {}, error);
    }
    ProcFile file(std::move(fd));
    // Pressure files open even where PSI was switched off at boot, and refuse only when read.
    if (::pread(file.m_fd.get(), file.m_buffer.data(), 1, 0) < 0) {
        const int error = errno;
        return base::fail(codeOfOpen(error), "cannot read " + path, {}, error);
    }
    return file;
}

std::string_view ProcFile::read()
{
    std::size_t size = 0;
    while (true) {
        // Grows only while a file is larger than ever before.
        if (size == m_buffer.size())
            m_buffer.resize(m_buffer.size() * 2);
        const auto got =
            ::pread(m_fd.get(), m_buffer.data() + size, m_buffer.size() - size, static_cast<off_t>(size));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return {};
        if (got == 0)
            return {m_buffer.data(), size};
        size += static_cast<std::size_t>(got);
    }
}

std::string_view Cursor::line()
{
    const auto end = m_rest.find('\n');
    const auto out = m_rest.substr(0, end);
    m_rest.remove_prefix(end == std::string_view::npos ? m_rest.size() : end + 1);
    return out;
}

std::string_view Cursor::word()
{
    std::size_t begin = 0;
    while (begin < m_rest.size() && (m_rest[begin] == ' ' || m_rest[begin] == '\t'))
        ++begin;
    std::size_t end = begin;
    while (end < m_rest.size() && m_rest[end] != ' ' && m_rest[end] != '\t' && m_rest[end] != '\n')
        ++end;
    const auto out = m_rest.substr(begin, end - begin);
    m_rest.remove_prefix(end);
    return out;
}

bool Cursor::number(std::uint64_t &value)
{
    const auto text = word();
    std::uint64_t parsed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty())
        return false;
    value = parsed;
    return true;
}

} // namespace statescape::procfs
