// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/hooks/name_list.h"
#include "core/hooks/text_file.h"

#include <string>
#include <vector>

namespace statescape::hooks {

/// One field of a tracepoint's record.
struct TracepointField {
    std::string name;
    std::string type;         ///< as the kernel writes it: "unsigned int"
    std::uint32_t offset = 0; ///< bytes from the record's beginning, which starts with the common fields
    std::uint32_t size = 0;   ///< bytes, of the whole array where it is one
    bool isSigned = false;
    bool numeric =
        false; ///< a single integer of 1, 2, 4 or 8 bytes that is no address: it can be a histogram
    bool operator==(const TracepointField &) const = default;
};

struct TracepointFormat {
    std::string name;
    std::uint32_t id = 0; ///< for perf_event_open(); 0: not known
    std::vector<TracepointField> fields;
    [[nodiscard]] const TracepointField *field(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> numericFields() const;
};

/// Stands for the system of a tracepoint where it is not known: "*:sched_switch".
inline constexpr std::string_view kAnySystem = "*";

/// Flags of a tracepoint.
enum TracepointFlag : std::uint8_t {
    kRaw = 1,   ///< can be hooked by name alone, without tracefs (its type btf_trace_NAME is known)
    kEvent = 2, ///< tracefs lists it
};

/// The running kernel's tracepoints; the group is the system ("sched"), empty where tracefs cannot be read.
class Tracepoints {
public:
    /// @error NotSupported when neither tracefs nor BTF can be read. @thread any
    static base::Result<Tracepoints> load(const KernelFiles &files = {});

    [[nodiscard]] const NameList &names() const { return m_names; }
    /// @return whether systems are known: tracefs was readable.
    [[nodiscard]] bool knowsSystems() const { return m_knowsSystems; }

    /// @return a tracepoint's fields, the common ones left out: from its format file, else from the type that
    /// BTF has of its record (then without an id).
    /// @param system kAnySystem: whatever system has it
    /// @error NotFound, NotPermitted (tracefs unreadable and no such type), Corrupt
    [[nodiscard]] base::Result<TracepointFormat> format(const std::string &system,
                                                        const std::string &name) const;

private:
    KernelFiles m_files;
    NameList m_names;
    bool m_knowsSystems = false;
};

/// Reads the text of a format file. A field outside of a record of 64 KB is an error.
/// @error Corrupt
/// @source kernel/trace/trace_events.c f_show()
base::Result<TracepointFormat> parseTracepointFormat(std::string_view text);

} // namespace statescape::hooks
