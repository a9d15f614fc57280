// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/store/file_check.h"

#include "core/base/fd.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace statescape::store {
namespace {
using base::Code;
using base::fail;
constexpr std::size_t kHeaderBytes = 100;
constexpr std::string_view kMagic{"SQLite format 3\0", 16};
using Header = std::array<unsigned char, kHeaderBytes>;

std::uint32_t bigEndian(const Header &header, std::size_t at)
{
    return static_cast<std::uint32_t>(header[at]) << 24 | static_cast<std::uint32_t>(header[at + 1]) << 16 |
           static_cast<std::uint32_t>(header[at + 2]) << 8 | header[at + 3];
}

base::Error openError(const std::string &name, int code)
{
    if (code == ENOENT || code == ENOTDIR)
        return fail(Code::NotFound, "there is no file " + name, "check the path", code);
    if (code == EACCES || code == EPERM)
        return fail(Code::NotPermitted, name + " cannot be read",
                    "check the permissions of the file and its folder", code);
    return fail(Code::Io, name + " cannot be opened", {}, code);
}

base::Result<int> checkHeader(const std::string &name, const Header &header, std::uint64_t bytes,
                              bool journal, int newest)
{
    const std::string otherFile = "give a file made by statescape record or statescape import";
    if (std::memcmp(header.data(), kMagic.data(), kMagic.size()) != 0)
        return fail(Code::Corrupt, name + " is not a session file (byte 0: not SQLite)", otherFile);
    if (bigEndian(header, 68) != kApplicationId)
        return fail(Code::Corrupt, name + " is an SQLite file of another program (byte 68)", otherFile);
    const auto version = bigEndian(header, 60);
    if (version > static_cast<std::uint32_t>(newest))
        return fail(Code::NewerVersion,
                    name + " has format " + std::to_string(version) + ", this program knows up to " +
                        std::to_string(newest),
                    "open it with the version of Statescape that wrote it, or a later one");
    if (version == 0)
        return fail(Code::Corrupt, name + " has no format version (byte 60)", otherFile);
    const std::uint64_t rawPage = static_cast<std::uint64_t>(header[16]) << 8 | header[17];
    const std::uint64_t expected = (rawPage == 1 ? 65536 : rawPage) * bigEndian(header, 28);
    // With a journal beside it the file may lag behind its header until SQLite has recovered it.
    if (!journal && bytes < expected)
        return fail(Code::Corrupt,
                    name + " is cut off: " + std::to_string(bytes) + " of " + std::to_string(expected) +
                        " bytes are there",
                    "copy it again from where it came");
    return static_cast<int>(version);
}
} // namespace

std::filesystem::path beside(const std::filesystem::path &path, const char *suffix)
{
    return std::filesystem::path(path.native() + suffix);
}

bool hasWal(const std::filesystem::path &path)
{
    return ::access(beside(path, "-wal").c_str(), F_OK) == 0;
}

bool isWalFormat(const std::filesystem::path &path)
{
    unsigned char readVersion = 0;
    const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    return file.valid() && ::pread(file.get(), &readVersion, 1, 19) == 1 && readVersion == 2;
}

base::Result<int> checkFile(const std::filesystem::path &path, int newestVersion)
{
    const std::string name = path.string();
    const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.valid())
        return openError(name, errno);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0)
        return fail(Code::Io, name + " cannot be examined", {}, errno);
    if (S_ISDIR(status.st_mode))
        return fail(Code::InvalidArgument, name + " is a folder", "give a session file");
    if (!S_ISREG(status.st_mode))
        return fail(Code::InvalidArgument, name + " is not a regular file", "give a session file");
    if (status.st_size == 0)
        return fail(Code::Corrupt, name + " is empty",
                    "give a file made by statescape record or statescape import");
    Header header{};
    const ssize_t got = ::pread(file.get(), header.data(), header.size(), 0);
    if (got < 0)
        return fail(Code::Io, name + " cannot be read", "check the disk", errno);
    if (static_cast<std::size_t>(got) < header.size())
        return fail(Code::Corrupt, name + " is not a session file (" + std::to_string(got) + " bytes)",
                    "give a file made by statescape record or statescape import");
    const bool journal = hasWal(path) || ::access(beside(path, "-journal").c_str(), F_OK) == 0;
    return checkHeader(name, header, static_cast<std::uint64_t>(status.st_size), journal, newestVersion);
}

base::Result<> checkFolder(const std::filesystem::path &path)
{
    std::filesystem::path folder = path.parent_path();
    if (folder.empty())
        folder = ".";
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0)
        return fail(errno == EACCES ? Code::NotPermitted : Code::NotFound,
                    "there is no folder " + folder.string(), "make it first: mkdir -p " + folder.string(),
                    errno);
    if (!S_ISDIR(status.st_mode))
        return fail(Code::NotFound, folder.string() + " is not a folder", "choose another place");
    if (::access(folder.c_str(), W_OK | X_OK) != 0)
        return fail(Code::NotPermitted, "the folder " + folder.string() + " cannot be written",
                    "choose a folder of your own", errno);
    return {};
}

std::string fileUri(const std::filesystem::path &path, const char *query)
{
    static constexpr std::string_view hex = "0123456789ABCDEF";
    std::string uri = "file:";
    const std::string whole = std::filesystem::absolute(path).string();
    for (const char c : whole) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte <= ' ' || byte >= 0x7f || c == '%' || c == '?' || c == '#') {
            uri += '%';
            uri += hex[byte >> 4];
            uri += hex[byte & 15];
        } else {
            uri += c;
        }
    }
    return uri + "?" + query;
}

} // namespace statescape::store
