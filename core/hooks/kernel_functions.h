// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/hooks/name_list.h"
#include "core/hooks/text_file.h"

#include <memory>

namespace statescape::hooks {

/// Flags of a kernel function.
enum FunctionFlag : std::uint8_t {
    kFentry = 1,    ///< typed (BTF) and, where the kernel says which, with room for a hook
    kKprobe = 2,    ///< in the symbol table and not on the kprobe blacklist
    kAmbiguous = 4, ///< several functions have this name: hooks by name cannot tell them apart
};

/// The functions of the running kernel and its modules; the group is the module, empty for the kernel itself.
class KernelFunctions {
public:
    /// Needs no privilege where the kernel shows its BTF or symbols to all, as it does by default; the lists
    /// that need some (available_filter_functions, the blacklist) only take names away.
    /// @error NotSupported when neither BTF nor symbols can be read. @thread any; 30 to 60 ms
    static base::Result<KernelFunctions> load(const KernelFiles &files = {});

    [[nodiscard]] const NameList &names() const { return m_names; }
    /// @return whether the kernel said which functions have room for a hook; else attaching tells.
    [[nodiscard]] bool knowsTraceable() const { return m_knowsTraceable; }

    /// Adds the text symbols of @p text, which has the form of /proc/kallsyms; lines of any other form are
    /// skipped. @return lines skipped
    std::size_t addSymbols(std::string_view text);
    /// Takes kFentry from functions that @p text, in the form of available_filter_functions, does not name.
    void keepTraceable(std::string_view text);
    /// Takes kKprobe from functions that @p text, in the form of the kprobe blacklist, names.
    void dropBlacklisted(std::string_view text);
    /// Adds the functions of one file of /sys/kernel/btf. @param base file of the types it builds on, or
    /// empty
    /// @error NotFound, Corrupt
    base::Result<> addBtf(const std::string &path, const std::string &base, const std::string &module);

private:
    NameList m_names;
    bool m_knowsTraceable = false;
};

} // namespace statescape::hooks
