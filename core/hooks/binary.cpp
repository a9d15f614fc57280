// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hooks/binary.h"

#include "core/hooks/elf_handle.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace statescape::hooks {
namespace {
constexpr std::size_t kMostSegments = 4096;
constexpr std::size_t kMostFunctions = 4'000'000;
constexpr std::size_t kNamesShown = 3;
constexpr std::uint16_t kHiddenVersion = 0x8000; // @source the gABI's symbol versioning, VERSYM_HIDDEN

#if defined(__x86_64__)
constexpr unsigned kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr unsigned kMachine = EM_AARCH64;
#else
constexpr unsigned kMachine = EM_NONE;
#endif
} // namespace

Binary::Binary()
    : m_elf(std::make_unique<Elf>())
{}
Binary::Binary(Binary &&) noexcept = default;
Binary &Binary::operator=(Binary &&) noexcept = default;
Binary::~Binary() = default;

base::Error Binary::corrupt(const char *what) const
{
    return base::fail(base::Code::Corrupt, m_path + ": " + what, "install the file again");
}

base::Result<Binary> Binary::open(const std::string &path)
{
    if (path.empty() || path.front() != '/' || path.find('\0') != std::string::npos)
        return base::fail(base::Code::InvalidArgument, "'" + path + "' is not an absolute path");
    Binary binary;
    binary.m_path = path;
    binary.m_file.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!binary.m_file.valid()) {
        const int error = errno;
        const auto code = error == ENOENT || error == ENOTDIR ? base::Code::NotFound
                          : error == EACCES || error == EPERM ? base::Code::NotPermitted
                                                              : base::Code::Io;
        return base::fail(code, "cannot open " + path,
                          code == base::Code::NotFound ? "check the path of the program or library" : "",
                          error);
    }
    struct stat about {};
    if (::fstat(binary.m_file.get(), &about) != 0 || !S_ISREG(about.st_mode))
        return base::fail(base::Code::NotSupported, path + " is not a file", "name a program or a library");
    binary.m_bytes = static_cast<std::uint64_t>(about.st_size);
    if (!binary.m_elf->open(binary.m_file.get()))
        return base::fail(base::Code::NotSupported, path + " is not a program or library (ELF)",
                          "name the program itself, not a script that starts it");
    if (!binary.m_elf->is64(kMachine))
        return base::fail(base::Code::NotSupported, path + " is for another kind of machine",
                          "only 64-bit programs of this machine can be probed");
    STATESCAPE_CHECK(binary.readSegments());
    return binary;
}

base::Result<> Binary::readSegments()
{
    std::size_t count = 0;
    if (elf_getphdrnum(m_elf->get(), &count) != 0 || count > kMostSegments)
        return corrupt("its program headers cannot be read");
    for (std::size_t i = 0; i < count; ++i) {
        GElf_Phdr header{};
        if (!gelf_getphdr(m_elf->get(), static_cast<int>(i), &header))
            return corrupt("its program headers cannot be read");
        if (header.p_type != PT_LOAD)
            continue;
        if (header.p_offset > m_bytes || header.p_filesz > m_bytes - header.p_offset)
            return corrupt("a segment lies outside of the file");
        m_segments.push_back({header.p_vaddr, header.p_offset, header.p_filesz});
    }
    return {};
}

const Binary::Segment *Binary::segmentOf(std::uint64_t address) const
{
    for (const auto &segment : m_segments)
        if (address >= segment.address && address - segment.address < segment.bytes)
            return &segment;
    return nullptr;
}

bool Binary::isCurrent() const
{
    struct stat held {};
    struct stat named {};
    return ::fstat(m_file.get(), &held) == 0 && ::stat(m_path.c_str(), &named) == 0 &&
           held.st_dev == named.st_dev && held.st_ino == named.st_ino &&
           static_cast<std::uint64_t>(held.st_size) == m_bytes;
}

bool Binary::isStepped(const ProbePoint &point) const
{
    std::array<std::uint8_t, 4> code{};
    if (::pread(m_file.get(), code.data(), code.size(), static_cast<off_t>(point.offset)) !=
        static_cast<ssize_t>(code.size()))
        return true;
    const auto within = [](std::uint8_t byte, std::uint8_t first, std::uint8_t last) {
        return byte >= first && byte <= last;
    };
    const bool push = within(code[0], 0x50, 0x57) || (code[0] == 0x41 && within(code[1], 0x50, 0x57));
    const std::size_t at = code[0] == 0x66 ? 1 : 0;
    const bool nop = code[at] == 0x90 || (code[at] == 0x0f && code[at + 1] == 0x1f);
    const bool jump = within(code[0], 0x70, 0x7f) || code[0] == 0xe8 || code[0] == 0xe9 || code[0] == 0xeb ||
                      (code[0] == 0x0f && within(code[1], 0x80, 0x8f));
    return !push && !nop && !jump;
}

base::Result<> Binary::addFunctions(const Binary &file, std::size_t index, NameList &names) const
{
    auto *section = elf_getscn(file.m_elf->get(), index);
    GElf_Shdr header{};
    if (!section || !gelf_getshdr(section, &header) || !m_elf->inside(header, file.m_bytes))
        return file.corrupt("its symbol table lies outside of the file");
    if (header.sh_entsize != sizeof(Elf64_Sym))
        return file.corrupt("its symbol table has entries of a strange size");
    const auto hidden = file.m_elf->versionsOf(index, file.m_bytes);
    auto *data = elf_getdata(section, nullptr);
    const auto count = data ? data->d_size / sizeof(Elf64_Sym) : 0;
    if (!data || count > kMostFunctions)
        return file.corrupt("its symbol table cannot be read");
    for (std::size_t i = 0; i < count; ++i) {
        GElf_Sym symbol{};
        if (!gelf_getsym(data, static_cast<int>(i), &symbol) || symbol.st_shndx == SHN_UNDEF)
            continue;
        const auto type = GELF_ST_TYPE(symbol.st_info);
        const auto *segment = segmentOf(symbol.st_value);
        if ((type != STT_FUNC && type != STT_GNU_IFUNC) || !segment)
            continue;
        const char *text = elf_strptr(file.m_elf->get(), header.sh_link, symbol.st_name);
        if (!text)
            return file.corrupt("a symbol's name lies outside of the file");
        std::string_view name(text);
        name = name.substr(0, name.find('@'));
        const auto offset = symbol.st_value - segment->address + segment->offset;
        // An old version of a name, kept for programs that were linked with it.
        const bool old = i < hidden.size() && (hidden[i] & kHiddenVersion) != 0;
        const std::uint8_t global = GELF_ST_BIND(symbol.st_info) == STB_LOCAL || old ? 0 : kGlobal;
        const std::uint8_t flags = type == STT_GNU_IFUNC ? global | kIndirect : global;
        const auto known = names.find(name, {});
        if (!known) {
            names.add(name, {}, flags, offset);
        } else if (names.value(*known) != offset) {
            // What other files can call is what is meant; among others nobody can tell.
            const bool had = (names.flags(*known) & kGlobal) != 0;
            if (global && !had) {
                names.setValue(*known, offset);
                names.setFlags(*known, flags);
            } else if (!had) {
                names.setFlags(*known, names.flags(*known) | kManyPlaces);
            }
        }
    }
    return {};
}

base::Result<bool> Binary::addAllFunctions(const Binary &file, NameList &names) const
{
    std::size_t sections = 0;
    if (elf_getshdrnum(file.m_elf->get(), &sections) != 0)
        return file.corrupt("its section headers cannot be read");
    bool whole = false;
    for (std::size_t i = 1; i < sections; ++i) {
        GElf_Shdr header{};
        auto *section = elf_getscn(file.m_elf->get(), i);
        if (!section || !gelf_getshdr(section, &header))
            return file.corrupt("its section headers cannot be read");
        // A debug file keeps the headers of what was left out of it.
        if (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM)
            STATESCAPE_CHECK(addFunctions(file, i, names));
        whole = whole || header.sh_type == SHT_SYMTAB;
    }
    return whole;
}

base::Result<NameList> Binary::functions() const
{
    NameList names;
    STATESCAPE_TRY(const bool whole, addAllFunctions(*this, names));
    if (!whole)
        if (const auto symbols = debugFileOf(*this)) {
            // Damaged symbols of another package are no reason to refuse what the file itself lists.
            NameList more;
            if (addAllFunctions(*this, more) && addAllFunctions(*symbols, more))
                names = std::move(more);
        }
    return names;
}

base::Result<ProbePoint> Binary::function(const std::string &name) const
{
    STATESCAPE_TRY(const auto names, functions());
    const auto index = names.find(name, {});
    if (!index)
        return noFunction(name, names);
    if ((names.flags(*index) & kIndirect) != 0)
        return base::fail(base::Code::NotSupported,
                          m_path + " chooses among variants of " + name + " when a program starts",
                          "probe one of the variants, or the system call behind it");
    if ((names.flags(*index) & kManyPlaces) != 0)
        return base::fail(base::Code::NotSupported, m_path + " has several functions named " + name,
                          "probe a function that calls them");
    return ProbePoint{names.value(*index), 0};
}

base::Error Binary::noFunction(const std::string &name, const NameList &names) const
{
    const std::string stripped = "its symbols are stripped away: install its debug symbols (packages named "
                                 "-dbgsym, -dbg or -debuginfo), or a build that keeps them";
    std::string hint;
    if (const auto at = name.find('@'); at != std::string::npos && names.find(name.substr(0, at), {}))
        hint =
            "leave the version out: " + name.substr(0, at) + " is the one that new programs are linked with";
    if (hint.empty())
        hint = didYouMean(names.closest(name, kNamesShown));
    if (hint.empty() && names.empty())
        hint = stripped;
    if (hint.empty()) {
        hint = "it has " + std::to_string(names.size()) +
               " functions with a name; search them with statescape probes --program " + m_path +
               " --kind uprobe --search TEXT";
        NameList own;
        if (const auto whole = addAllFunctions(*this, own); whole && !*whole && own.size() == names.size())
            hint += "; those it does not show to others were stripped away and come with its debug symbols";
    }
    return base::fail(base::Code::NotFound, m_path + " has no function " + name, hint);
}

} // namespace statescape::hooks
