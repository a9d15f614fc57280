// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/fd.h"
#include "core/base/result.h"
#include "core/hooks/name_list.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace statescape::hooks {

/// Flags of a user function.
enum SymbolFlag : std::uint8_t {
    kGlobal = 1,
    kManyPlaces = 2, ///< several functions of this name, none of them global
    kIndirect =
        4, ///< chosen among variants when the program starts (STT_GNU_IFUNC): a hook would see the chooser
};

/// One place in a binary that a uprobe can stand at. Offsets are bytes from the file's beginning.
struct ProbePoint {
    std::uint64_t offset = 0;
    std::uint64_t semaphore = 0; ///< of a USDT marker's counter, 0: it has none
};

/// A marker compiled into a binary by <sys/sdt.h>.
struct UsdtMarker {
    std::string provider;
    std::string name;
    std::string arguments; ///< as the compiler wrote them: "-4@%edi 8@%rsi"
    std::vector<ProbePoint> points;
};

/// A program or a shared library: 64-bit ELF of this machine. Held open, so that what was checked is what is
/// hooked even when the path comes to name another file; see link(). Move only.
class Binary {
public:
    /// Reads nothing but the ELF headers; every offset and size in them is held against the file's length,
    /// and the file is never mapped, so that one cut short meanwhile is an error and not a signal.
    /// @param path absolute
    /// @error NotFound, NotPermitted, NotSupported (not a 64-bit ELF file of this machine), Corrupt,
    /// InvalidArgument
    static base::Result<Binary> open(const std::string &path);
    Binary(Binary &&) noexcept;
    Binary &operator=(Binary &&) noexcept;
    ~Binary();

    [[nodiscard]] const std::string &path() const { return m_path; }
    /// @return a path by which this process, and the kernel on its behalf, reach this very file.
    [[nodiscard]] std::string link() const { return "/proc/self/fd/" + std::to_string(m_file.get()); }
    /// @return whether @c path() still names this file, unchanged.
    [[nodiscard]] bool isCurrent() const;

    /// @return its functions from .symtab and .dynsym, and of a stripped file from its debug symbols where
    /// they are installed, see debugFileOf(); names without versions, the value is the offset in the file.
    /// @error Corrupt, Io
    [[nodiscard]] base::Result<NameList> functions() const;
    /// @error NotFound (says what is near, or that the file is stripped), NotSupported (kManyPlaces,
    /// kIndirect)
    [[nodiscard]] base::Result<ProbePoint> function(const std::string &name) const;
    /// @return identity that the linker gave the file, and the name and checksum of its debug symbols; empty
    /// where it has none.
    struct DebugLink {
        std::string buildId; ///< hexadecimal
        std::string name;
        std::uint32_t checksum = 0;
    };
    [[nodiscard]] DebugLink debugLink() const;
    /// @return whether the kernel has to step through the instruction at @p point in the program's place,
    /// which takes a second trap a call, instead of doing what it does. x86-64. @source
    /// arch/x86/kernel/uprobes.c arch_uprobe_analyze_insn()
    [[nodiscard]] bool isStepped(const ProbePoint &point) const;

    /// @return its USDT markers, at most 4,096 of them with 1,024 places each. @error Corrupt, Io
    [[nodiscard]] base::Result<std::vector<UsdtMarker>> markers() const;
    /// @error NotFound (says what is near)
    [[nodiscard]] base::Result<UsdtMarker> marker(const std::string &provider, const std::string &name) const;

private:
    struct Segment {
        std::uint64_t address, offset, bytes;
    };
    struct Elf;
    Binary();
    base::Result<> readSegments();
    [[nodiscard]] const Segment *segmentOf(std::uint64_t address) const;
    /// @param file whose symbols are read; their addresses are those of this file's segments
    [[nodiscard]] base::Result<> addFunctions(const Binary &file, std::size_t section, NameList &names) const;
    /// @return whether there is a .symtab. @error Corrupt
    [[nodiscard]] base::Result<bool> addAllFunctions(const Binary &file, NameList &names) const;
    /// @return content of the section of that name; empty where there is none.
    [[nodiscard]] std::string_view section(std::string_view name) const;
    [[nodiscard]] base::Error noFunction(const std::string &name, const NameList &names) const;
    [[nodiscard]] base::Error corrupt(const char *what) const;

    std::string m_path;
    base::Fd m_file;
    std::unique_ptr<Elf> m_elf;
    std::uint64_t m_bytes = 0;
    std::vector<Segment> m_segments;
};

/// The debug symbols of @p binary that a package put beside it: by its build id below @p root, or under the
/// name that it gives, in its folder, in .debug there, or below @p root. Only a file of the same build is
/// taken.
/// @return nothing where there is none
/// @source https://sourceware.org/gdb/current/onlinedocs/gdb.html/Separate-Debug-Files.html
std::optional<Binary> debugFileOf(const Binary &binary, const std::string &root = "/usr/lib/debug");

/// @return symbols of @p names that a person means by @p written: "ns::Class::method", with or without
/// parameters, blanks as they please; of the several that a compiler makes of one constructor the first.
/// Sorted.
std::vector<std::string> symbolsOf(const NameList &names, std::string_view written);

/// @return the absolute path meant by @p name: a path (relative ones from this directory), else a program on
/// PATH, else a library that the dynamic linker knows ("libc", "c", "libssl.so.3"). Follows no links.
/// @param cache file of the dynamic linker
/// @error NotFound
base::Result<std::string> findBinary(const std::string &name, const std::string &cache = "/etc/ld.so.cache");

/// @return path of the library in the text of a linker's cache (glibc 2.2 form); empty when it is not there.
/// @source glibc sysdeps/generic/dl-cache.h
std::string findInLinkerCache(std::string_view cache, std::string_view name);

} // namespace statescape::hooks
