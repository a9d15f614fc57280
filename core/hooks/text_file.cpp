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

base::Error unreadable(const std::string &path, int error)
{
    const auto code = error == ENOENT || error == ENOTDIR ? base::Code::NotFound
                      : error == EACCES || error == EPERM ? base::Code::NotPermitted
                                                          : base::Code::Io;
    return base::fail(code, "cannot read " + path, {}, error);
}
} // namespace

base::Result<std::string> readText(const std::string &path, std::size_t limit)
{
    // A pipe or a device in place of the file must not hold us.
    const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!file.valid())
        return unreadable(path, errno);
    std::string text;
    for (;;) {
        const auto had = text.size();
        if (had > limit)
            return base::fail(base::Code::Corrupt,
                              path + " is longer than " + std::to_string(limit) + " bytes");
        text.resize(had + kPiece);
        const auto got = ::read(file.get(), text.data() + had, kPiece);
        text.resize(had + static_cast<std::size_t>(got > 0 ? got : 0));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return unreadable(path, errno);
        if (got == 0)
            return text;
    }
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
