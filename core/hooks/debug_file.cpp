// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hooks/binary.h"
#include "core/hooks/elf_handle.h"

#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <vector>
#include <zlib.h>

namespace statescape::hooks {
namespace {
constexpr std::size_t kShortestBuildId = 4;
constexpr std::size_t kLongestBuildId = 64;
constexpr std::size_t kPiece = 1U << 20;
constexpr std::string_view kGnu{"GNU\0", 4};

std::string hexadecimal(std::string_view bytes)
{
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) {
        out += kDigits[static_cast<unsigned char>(c) >> 4U];
        out += kDigits[static_cast<unsigned char>(c) & 15U];
    }
    return out;
}

/// @source bfd/opncls.c bfd_calc_gnu_debuglink_crc32: the CRC-32 of zlib
std::optional<std::uint32_t> checksumOf(const std::string &path)
{
    const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::vector<unsigned char> piece(kPiece);
    auto sum = ::crc32(0, nullptr, 0);
    for (;;) {
        const auto got = file.valid() ? ::read(file.get(), piece.data(), piece.size()) : -1;
        if (got < 0)
            return std::nullopt;
        if (got == 0)
            return static_cast<std::uint32_t>(sum);
        sum = ::crc32(sum, piece.data(), static_cast<uInt>(got));
    }
}

std::string folderOf(const std::string &path)
{
    return path.substr(0, path.rfind('/'));
}
} // namespace

std::string_view Binary::section(std::string_view wanted) const
{
    std::size_t names = 0;
    std::size_t sections = 0;
    if (elf_getshdrstrndx(m_elf->get(), &names) != 0 || elf_getshdrnum(m_elf->get(), &sections) != 0)
        return {};
    for (std::size_t i = 1; i < sections; ++i) {
        GElf_Shdr header{};
        auto *section = elf_getscn(m_elf->get(), i);
        if (!section || !gelf_getshdr(section, &header) || header.sh_type == SHT_NOBITS ||
            !Elf::inside(header, m_bytes))
            continue;
        const char *text = elf_strptr(m_elf->get(), names, header.sh_name);
        if (!text || text != wanted)
            continue;
        const auto *data = elf_rawdata(section, nullptr);
        return data && data->d_buf ? std::string_view(static_cast<const char *>(data->d_buf), data->d_size)
                                   : std::string_view{};
    }
    return {};
}

Binary::DebugLink Binary::debugLink() const
{
    DebugLink out;
    // name's length, content's length, type, "GNU", content. @source elf(5), Notes
    const auto note = section(".note.gnu.build-id");
    constexpr std::size_t kHead = sizeof(Elf64_Nhdr) + kGnu.size();
    Elf64_Nhdr header{};
    if (note.size() >= kHead) {
        std::memcpy(&header, note.data(), sizeof header);
        if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == kGnu.size() &&
            note.substr(sizeof header, kGnu.size()) == kGnu && header.n_descsz >= kShortestBuildId &&
            header.n_descsz <= kLongestBuildId && header.n_descsz <= note.size() - kHead)
            out.buildId = hexadecimal(note.substr(kHead, header.n_descsz));
    }
    // A name, zeros up to a multiple of four, a checksum.
    const auto link = section(".gnu_debuglink");
    const auto end = link.find('\0');
    if (end == std::string_view::npos || end == 0)
        return out;
    const auto at = (end + 4) / 4 * 4;
    const auto name = link.substr(0, end);
    if (at + sizeof out.checksum > link.size() || name.find('/') != std::string_view::npos)
        return out;
    std::memcpy(&out.checksum, link.data() + at, sizeof out.checksum);
    out.name = name;
    return out;
}

std::optional<Binary> debugFileOf(const Binary &binary, const std::string &root)
{
    const auto link = binary.debugLink();
    if (!link.buildId.empty())
        if (auto file = Binary::open(root + "/.build-id/" + link.buildId.substr(0, 2) + "/" +
                                     link.buildId.substr(2) + ".debug"))
            if (file->debugLink().buildId == link.buildId)
                return std::move(*file);
    if (link.name.empty())
        return std::nullopt;
    const auto folder = folderOf(binary.path());
    for (const auto &path :
         {folder + "/" + link.name, folder + "/.debug/" + link.name, root + folder + "/" + link.name}) {
        auto file = path == binary.path() ? base::Result<Binary>(base::fail(base::Code::NotFound, {}))
                                          : Binary::open(path);
        if (!file)
            continue;
        const auto theirs = file->debugLink().buildId;
        const bool same = link.buildId.empty() || theirs.empty() ? checksumOf(path) == link.checksum
                                                                 : theirs == link.buildId;
        if (same)
            return std::move(*file);
    }
    return std::nullopt;
}

} // namespace statescape::hooks
