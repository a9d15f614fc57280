// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hooks/text_file.h"

#include "core/base/fd.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace statescape::hooks {
namespace {
constexpr std::size_t kPiece = 256 * 1024;
constexpr std::size_t kBatch = 64 * 1024;

base::Error unreadable(const std::string &path, int error)
{
    const auto code = error == ENOENT || error == ENOTDIR ? base::Code::NotFound
                      : error == EACCES || error == EPERM ? base::Code::NotPermitted
                                                          : base::Code::Io;
    return base::fail(code, "cannot read " + path, {}, error);
}

/// @param piece called with what was read each time
template <class Piece>
base::Result<> readPieces(const std::string &path, std::size_t limit, Piece piece)
{
    // A pipe or a device in place of the file must not hold us.
    const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file.valid())
        return unreadable(path, errno);
    std::string buffer(kPiece, '\0');
    for (std::size_t total = 0;;) {
        const auto got = ::read(file.get(), buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return unreadable(path, errno);
        if (got == 0)
            return {};
        total += static_cast<std::size_t>(got);
        if (total > limit)
            return base::fail(base::Code::Corrupt,
                              path + " is longer than " + std::to_string(limit) + " bytes");
        piece(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)));
    }
}
} // namespace

base::Result<std::string> readText(const std::string &path, std::size_t limit)
{
    std::string text;
    STATESCAPE_CHECK(readPieces(path, limit, [&text](std::string_view piece) { text.append(piece); }));
    return text;
}

TextStream::TextStream(std::string path, std::size_t limit)
    : m_thread([this, path = std::move(path), limit] { read(path, limit); })
{}

void TextStream::read(const std::string &path, std::size_t limit)
{
    std::string rest;
    auto result = readPieces(path, limit, [this, &rest](std::string_view piece) {
        rest.append(piece);
        // A page at a time is what the kernel gives; waking someone for each costs more than it brings.
        const auto end = rest.size() < kBatch ? std::string::npos : rest.rfind('\n');
        if (end == std::string::npos)
            return;
        put(rest.substr(0, end + 1), false);
        rest.erase(0, end + 1);
    });
    m_result = std::move(result);
    put(std::move(rest), true);
}

void TextStream::put(std::string &&piece, bool last)
{
    const std::lock_guard lock(m_mutex);
    m_ready.append(piece);
    m_ended = last;
    m_more.notify_one();
}

bool TextStream::next(std::string &lines)
{
    lines.clear();
    std::unique_lock lock(m_mutex);
    m_more.wait(lock, [this] { return m_ended || !m_ready.empty(); });
    lines.swap(m_ready);
    return !lines.empty();
}

bool takeLine(std::string_view &text, std::string_view &line)
{
    if (text.empty())
        return false;
    const auto end = text.find('\n');
    line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return true;
}

std::string_view takeWord(std::string_view &line)
{
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    const auto begin = std::ranges::find_if_not(line, blank);
    const auto end = std::find_if(begin, line.end(), blank);
    const std::string_view word(begin, end);
    line = std::string_view(end, line.end());
    return word;
}

} // namespace statescape::hooks
