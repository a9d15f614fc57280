// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hooks/binary.h"
#include "core/hooks/elf_handle.h"

#include <array>
#include <cstring>
#include <map>

// @source https://sourceware.org/systemtap/wiki/UserSpaceProbeImplementation, <sys/sdt.h>
namespace statescape::hooks {
namespace {
constexpr std::string_view kNoteSection = ".note.stapsdt";
constexpr std::string_view kBaseSection = ".stapsdt.base";
constexpr std::string_view kNoteName{"stapsdt\0", 8};
constexpr unsigned kNoteType = 3;
constexpr std::uint64_t kLargestNotes = 64U << 20;
constexpr std::size_t kMostMarkers = 4096;
constexpr std::size_t kMostPoints = 1024;
constexpr std::size_t kNamesShown = 3;

struct Note {
    std::uint64_t place, base, semaphore;
    std::string_view provider, name, arguments;
};

bool takeText(std::string_view &bytes, std::string_view &text)
{
    const auto end = bytes.find('\0');
    if (end == std::string_view::npos)
        return false;
    text = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    return true;
}

bool parseNote(std::string_view bytes, Note &note)
{
    constexpr std::size_t kNumbers = 3 * sizeof(std::uint64_t);
    if (bytes.size() < kNumbers)
        return false;
    std::array<std::uint64_t, 3> numbers{};
    std::memcpy(numbers.data(), bytes.data(), kNumbers);
    note.place = numbers[0];
    note.base = numbers[1];
    note.semaphore = numbers[2];
    bytes.remove_prefix(kNumbers);
    return takeText(bytes, note.provider) && takeText(bytes, note.name) && takeText(bytes, note.arguments);
}
} // namespace

base::Result<std::vector<UsdtMarker>> Binary::markers() const
{
    std::vector<UsdtMarker> markers;
    std::size_t names = 0;
    std::size_t sections = 0;
    if (elf_getshdrstrndx(m_elf->get(), &names) != 0 || elf_getshdrnum(m_elf->get(), &sections) != 0)
        return markers;
    GElf_Shdr notes{};
    Elf_Scn *noteSection = nullptr;
    std::uint64_t base = 0;
    for (std::size_t i = 1; i < sections; ++i) {
        GElf_Shdr header{};
        auto *section = elf_getscn(m_elf->get(), i);
        if (!section || !gelf_getshdr(section, &header))
            return corrupt("its section headers cannot be read");
        const char *text = elf_strptr(m_elf->get(), names, header.sh_name);
        const std::string_view name = text ? text : "";
        if (name == kBaseSection) {
            base = header.sh_addr;
        } else if (name == kNoteSection && header.sh_type == SHT_NOTE) {
            notes = header;
            noteSection = section;
        }
    }
    if (!noteSection)
        return markers;
    if (!Elf::inside(notes, m_bytes) || notes.sh_size > kLargestNotes)
        return corrupt("its USDT notes lie outside of the file");
    auto *data = elf_getdata(noteSection, nullptr);
    if (!data || !data->d_buf)
        return corrupt("its USDT notes cannot be read");
    const std::string_view bytes(static_cast<const char *>(data->d_buf), data->d_size);
    std::map<std::pair<std::string_view, std::string_view>, std::size_t> places;
    GElf_Nhdr header{};
    std::size_t nameAt = 0;
    std::size_t textAt = 0;
    for (std::size_t at = 0, next = 0; (next = gelf_getnote(data, at, &header, &nameAt, &textAt)) > 0;
         at = next) {
        if (nameAt > bytes.size() || header.n_namesz > bytes.size() - nameAt || textAt > bytes.size() ||
            header.n_descsz > bytes.size() - textAt)
            return corrupt("a USDT note lies outside of its section");
        Note note{};
        if (header.n_type != kNoteType || bytes.substr(nameAt, header.n_namesz) != kNoteName)
            continue;
        if (!parseNote(bytes.substr(textAt, header.n_descsz), note))
            return corrupt("a USDT note is cut short");
        // A prelinked file was moved after its notes were written; the base section moved along.
        const std::uint64_t moved = base != 0 && note.base != 0 ? base - note.base : 0;
        const auto *segment = segmentOf(note.place + moved);
        if (!segment)
            return corrupt("a USDT marker lies outside of its segments");
        ProbePoint point{note.place + moved - segment->address + segment->offset, 0};
        if (note.semaphore != 0) {
            const auto *counter = segmentOf(note.semaphore + moved);
            if (!counter)
                return corrupt("the semaphore of a USDT marker lies outside of its segments");
            point.semaphore = note.semaphore + moved - counter->address + counter->offset;
        }
        const auto [known, isNew] = places.try_emplace({note.provider, note.name}, markers.size());
        if (isNew)
            markers.push_back(
                {std::string(note.provider), std::string(note.name), std::string(note.arguments), {}});
        auto &points = markers[known->second].points;
        if (markers.size() > kMostMarkers || points.size() >= kMostPoints)
            return corrupt("it has more USDT markers than can be");
        points.push_back(point);
    }
    return markers;
}

base::Result<UsdtMarker> Binary::marker(const std::string &provider, const std::string &name) const
{
    STATESCAPE_TRY(auto all, markers());
    NameList names;
    for (auto &marker : all) {
        if (marker.provider == provider && marker.name == name)
            return std::move(marker);
        names.add(marker.name, marker.provider, 0);
    }
    auto near = didYouMean(names.closest(name, kNamesShown));
    if (near.empty())
        near = all.empty() ? "it has no USDT markers; build it with <sys/sdt.h>, or probe a function of it"
                           : "it has " + std::to_string(all.size()) +
                                 " markers; search them with statescape probes --search";
    return base::fail(base::Code::NotFound, m_path + " has no marker " + provider + ":" + name, near);
}

} // namespace statescape::hooks
