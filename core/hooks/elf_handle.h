// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/hooks/binary.h"

#include <gelf.h>
#include <libelf.h>
#include <span>

namespace statescape::hooks {

/// libelf's handle on an open file. Reads, never maps.
struct Binary::Elf {
    Elf() = default;
    Elf(const Elf &) = delete;
    Elf &operator=(const Elf &) = delete;
    ~Elf() { elf_end(m_elf); }

    /// @return whether it is an ELF file.
    bool open(int file)
    {
        if (elf_version(EV_CURRENT) == EV_NONE)
            return false;
        m_elf = elf_begin(file, ELF_C_READ, nullptr);
        return m_elf && elf_kind(m_elf) == ELF_K_ELF;
    }
    [[nodiscard]] bool is64(unsigned machine) const
    {
        GElf_Ehdr header{};
        return gelf_getclass(m_elf) == ELFCLASS64 && gelf_getehdr(m_elf, &header) &&
               header.e_machine == machine;
    }
    /// @return whether a section's bytes lie in a file of @p bytes.
    [[nodiscard]] static bool inside(const GElf_Shdr &section, std::uint64_t bytes)
    {
        return section.sh_offset <= bytes && section.sh_size <= bytes - section.sh_offset;
    }
    /// @return a word per symbol of the table in section @p symbols; empty where it has no versions.
    [[nodiscard]] std::span<const std::uint16_t> versionsOf(std::size_t symbols, std::uint64_t bytes) const
    {
        std::size_t sections = 0;
        elf_getshdrnum(m_elf, &sections);
        for (std::size_t i = 1; i < sections; ++i) {
            GElf_Shdr header{};
            auto *section = elf_getscn(m_elf, i);
            if (!section || !gelf_getshdr(section, &header) || header.sh_type != SHT_GNU_versym ||
                header.sh_link != symbols || !inside(header, bytes))
                continue;
            if (const auto *data = elf_getdata(section, nullptr); data && data->d_buf)
                return {static_cast<const std::uint16_t *>(data->d_buf),
                        data->d_size / sizeof(std::uint16_t)};
        }
        return {};
    }
    [[nodiscard]] ::Elf *get() const { return m_elf; }

private:
    ::Elf *m_elf = nullptr;
};

} // namespace statescape::hooks
