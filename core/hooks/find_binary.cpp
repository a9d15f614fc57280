// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hooks/binary.h"
#include "core/hooks/text_file.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <unistd.h>

namespace statescape::hooks {
namespace {
constexpr std::size_t kLongestCache = 64U << 20;
constexpr std::string_view kCacheMagic = "glibc-ld.so.cache1.1";
#if defined(__x86_64__)
constexpr std::int32_t kCacheFlags = 0x0303; // FLAG_X8664_LIB64 | FLAG_ELF_LIBC6
#elif defined(__aarch64__)
constexpr std::int32_t kCacheFlags = 0x0a03;
#else
constexpr std::int32_t kCacheFlags = 0x0003;
#endif

struct CacheHeader {
    char magic[20];
    std::uint32_t count;
    std::uint32_t textBytes;
    std::uint32_t unused[5];
};
static_assert(sizeof(CacheHeader) == 48);

struct CacheEntry {
    std::int32_t flags;
    std::uint32_t name;
    std::uint32_t path;
    std::uint32_t osVersion;
    std::uint64_t features;
};
static_assert(sizeof(CacheEntry) == 24);

std::string_view textAt(std::string_view cache, std::uint32_t offset)
{
    if (offset >= cache.size())
        return {};
    const auto end = cache.find('\0', offset);
    return end == std::string_view::npos ? std::string_view{} : cache.substr(offset, end - offset);
}

/// "libc.so.6" is meant by "c", "libc", "libc.so" and "libc.so.6".
bool isMeant(std::string_view library, std::string_view wanted)
{
    if (!wanted.starts_with("lib") && library.starts_with("lib"))
        library.remove_prefix(3);
    if (!library.starts_with(wanted))
        return false;
    const auto rest = library.substr(wanted.size());
    return rest.empty() || rest.starts_with(".so") ||
           (wanted.find(".so") != std::string_view::npos && rest[0] == '.');
}

std::string onPath(const std::string &name)
{
    const char *variable = std::getenv("PATH");
    std::string_view path = variable ? variable : "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin";
    while (!path.empty()) {
        const auto end = path.find(':');
        auto file = std::filesystem::path(path.substr(0, end)) / name;
        path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
        std::error_code ignored;
        if (file.is_absolute() && std::filesystem::is_regular_file(file, ignored) &&
            ::access(file.c_str(), X_OK) == 0)
            return file.string();
    }
    return {};
}
} // namespace

std::string findInLinkerCache(std::string_view cache, std::string_view name)
{
    // Older systems keep a second form in front of it.
    const auto begin = cache.find(kCacheMagic);
    if (name.empty() || begin == std::string_view::npos || cache.size() - begin < sizeof(CacheHeader))
        return {};
    cache.remove_prefix(begin);
    CacheHeader header{};
    std::memcpy(&header, cache.data(), sizeof(header));
    const auto room = (cache.size() - sizeof(header)) / sizeof(CacheEntry);
    for (std::size_t i = 0; i < std::min<std::size_t>(header.count, room); ++i) {
        CacheEntry entry{};
        std::memcpy(&entry, cache.data() + sizeof(header) + i * sizeof(entry), sizeof(entry));
        const auto path = textAt(cache, entry.path);
        if (entry.flags == kCacheFlags && path.starts_with('/') && isMeant(textAt(cache, entry.name), name))
            return std::string(path);
    }
    return {};
}

base::Result<std::string> findBinary(const std::string &name, const std::string &cache)
{
    if (name.find('/') != std::string::npos) {
        std::error_code error;
        const auto path = std::filesystem::absolute(name, error).lexically_normal();
        if (!error && std::filesystem::exists(path, error))
            return path.string();
        return base::fail(base::Code::NotFound, "there is no file " + name,
                          "check the path of the program or library");
    }
    if (!name.empty()) {
        if (auto path = onPath(name); !path.empty())
            return path;
        if (const auto text = readText(cache, kLongestCache))
            if (auto path = findInLinkerCache(*text, name); !path.empty())
                return path;
    }
    return base::fail(base::Code::NotFound, "there is no program or library '" + name + "' here",
                      "give its whole path, such as /usr/bin/" + (name.empty() ? std::string("env") : name));
}

} // namespace statescape::hooks
