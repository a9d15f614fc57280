// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hooks/tracepoints.h"

#include "core/hooks/btf_file.h"

#include <algorithm>
#include <bpf/btf.h>
#include <charconv>
#include <filesystem>

namespace statescape::hooks {
namespace {
constexpr std::size_t kLongestFormat = 1U << 20;
constexpr std::uint32_t kLargestRecord = 64 * 1024;
constexpr std::size_t kMostFields = 512;
constexpr std::string_view kTypePrefix = "btf_trace_";
// Records of the tracers themselves, which are no tracepoints.
constexpr std::string_view kNotEvents = "ftrace";

template <class T>
bool number(std::string_view text, T &value)
{
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
}

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos)
        return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// @return the value of "KEY:VALUE" in the next part of @p line, which semicolons separate.
bool takePart(std::string_view &line, std::string_view key, std::string_view &value)
{
    const auto end = line.find(';');
    if (end == std::string_view::npos)
        return false;
    auto part = trimmed(line.substr(0, end));
    line.remove_prefix(end + 1);
    if (!part.starts_with(key))
        return false;
    value = part.substr(key.size());
    return true;
}

bool isNumeric(const TracepointField &field)
{
    const bool word = field.size == 1 || field.size == 2 || field.size == 4 || field.size == 8;
    return word && field.type.find_first_of("[*") == std::string::npos &&
           !field.type.starts_with("__data_loc") && !field.type.starts_with("__rel_loc") &&
           !field.type.starts_with("struct ") && !field.type.starts_with("union ");
}

/// Splits "unsigned long args[6]" into type "unsigned long[6]" and name "args".
bool splitDeclaration(std::string_view text, TracepointField &field)
{
    std::string_view array;
    if (const auto bracket = text.rfind('['); bracket != std::string_view::npos && text.ends_with(']')) {
        array = text.substr(bracket);
        text = trimmed(text.substr(0, bracket));
    }
    const auto blank = text.find_last_of(" *");
    if (blank == std::string_view::npos || blank + 1 >= text.size())
        return false;
    field.name = text.substr(blank + 1);
    field.type = trimmed(text.substr(0, blank + (text[blank] == '*' ? 1 : 0)));
    field.type.append(array);
    return !field.type.empty();
}

bool parseField(std::string_view line, TracepointField &field)
{
    std::string_view declaration;
    std::string_view offset;
    std::string_view size;
    std::string_view isSigned;
    if (!takePart(line, "field:", declaration) || !takePart(line, "offset:", offset) ||
        !takePart(line, "size:", size) || !takePart(line, "signed:", isSigned))
        return false;
    if (!splitDeclaration(trimmed(declaration), field) || !number(offset, field.offset) ||
        !number(size, field.size) || field.offset > kLargestRecord || field.size > kLargestRecord ||
        field.offset + field.size > kLargestRecord)
        return false;
    field.isSigned = isSigned == "1";
    field.numeric = isNumeric(field);
    return true;
}

std::vector<std::string> directoriesIn(const std::string &path)
{
    std::vector<std::string> names;
    std::error_code ignored;
    for (std::filesystem::directory_iterator it(path, ignored), end; it != end; it.increment(ignored))
        if (it->is_directory(ignored))
            names.push_back(it->path().filename().string());
    std::ranges::sort(names);
    return names;
}

const btf_type *skipNames(const btf *types, __u32 id, std::string &name)
{
    const auto *type = btf__type_by_id(types, id);
    // Types may not refer in a circle, but this file is not ours.
    for (int depth = 0; type && depth < 32; ++depth) {
        if (const char *text = btf__name_by_offset(types, type->name_off); text && name.empty())
            name = text;
        if (!btf_is_typedef(type) && !btf_is_mod(type))
            return type;
        type = btf__type_by_id(types, type->type);
    }
    return nullptr;
}

TracepointField fieldOf(const btf *types, const btf_type *record, const btf_member &member, __u32 index)
{
    TracepointField field;
    field.name = btf__name_by_offset(types, member.name_off);
    field.offset = btf_member_bit_offset(record, index) / 8;
    const auto *type = skipNames(types, member.type, field.type);
    if (!type)
        return field;
    const auto size = btf__resolve_size(types, member.type);
    field.size = size > 0 ? static_cast<std::uint32_t>(size) : 0;
    field.isSigned = btf_is_int(type) && (btf_int_encoding(type) & BTF_INT_SIGNED) != 0;
    const bool integer = btf_is_int(type) || btf_is_any_enum(type);
    field.numeric = integer && btf_member_bitfield_size(record, index) == 0 && isNumeric(field);
    return field;
}
} // namespace

const TracepointField *TracepointFormat::field(std::string_view wanted) const
{
    const auto found = std::ranges::find(fields, wanted, &TracepointField::name);
    return found == fields.end() ? nullptr : &*found;
}

std::vector<std::string> TracepointFormat::numericFields() const
{
    std::vector<std::string> names;
    for (const auto &field : fields)
        if (field.numeric)
            names.push_back(field.name);
    return names;
}

base::Result<TracepointFormat> parseTracepointFormat(std::string_view text)
{
    TracepointFormat format;
    const auto corrupt = [](std::string_view line) {
        return base::fail(base::Code::Corrupt,
                          "not a tracepoint format: '" + std::string(line.substr(0, 80)) + "'");
    };
    for (std::string_view line; takeLine(text, line);) {
        if (line.starts_with("print fmt:"))
            break;
        if (line.starts_with("name:")) {
            format.name = trimmed(line.substr(5));
        } else if (line.starts_with("ID:")) {
            if (!number(trimmed(line.substr(3)), format.id))
                return corrupt(line);
        } else if (trimmed(line).starts_with("field:")) {
            TracepointField field;
            if (!parseField(line, field) || format.fields.size() >= kMostFields)
                return corrupt(line);
            if (!field.name.starts_with("common_"))
                format.fields.push_back(std::move(field));
        }
    }
    if (format.name.empty())
        return corrupt("no name");
    return format;
}

base::Result<Tracepoints> Tracepoints::load(const KernelFiles &files)
{
    Tracepoints points;
    points.m_files = files;
    for (const auto &system : directoriesIn(files.tracing + "/events")) {
        if (system == kNotEvents)
            continue;
        points.m_knowsSystems = true;
        for (const auto &name : directoriesIn(files.tracing + "/events/" + system))
            points.m_names.add(name, system, kEvent);
    }
    const auto kernel = loadBtf(files.btf + "/vmlinux");
    const __u32 count = kernel ? btf__type_cnt(kernel->get()) : 0;
    for (__u32 id = 1; id < count; ++id) {
        const auto *type = btf__type_by_id(kernel->get(), id);
        if (!type || !btf_is_typedef(type))
            continue;
        const char *text = btf__name_by_offset(kernel->get(), type->name_off);
        if (!text || !std::string_view(text).starts_with(kTypePrefix))
            continue;
        const auto name = std::string_view(text).substr(kTypePrefix.size());
        if (const auto known = points.m_names.find(name))
            points.m_names.setFlags(*known, points.m_names.flags(*known) | kRaw);
        else if (!points.m_knowsSystems)
            points.m_names.add(name, {}, kRaw);
    }
    if (points.m_names.empty())
        return base::fail(base::Code::NotSupported,
                          "this kernel lists no tracepoints: " + files.tracing + " cannot be read and " +
                              files.btf + " has no types",
                          "mount -t tracefs none /sys/kernel/tracing as root",
                          kernel ? 0 : kernel.error().sysErrno);
    return points;
}

base::Result<TracepointFormat> Tracepoints::format(const std::string &system, const std::string &name) const
{
    const auto known = system == kAnySystem ? m_names.find(name) : m_names.find(name, system);
    if (known && (m_names.flags(*known) & kEvent) != 0) {
        const auto path =
            m_files.tracing + "/events/" + std::string(m_names.group(*known)) + "/" + name + "/format";
        STATESCAPE_TRY(const auto text, readText(path, kLongestFormat));
        return parseTracepointFormat(text);
    }
    STATESCAPE_TRY(const auto kernel, loadBtf(m_files.btf + "/vmlinux"));
    const int id = btf__find_by_name_kind(kernel.get(), ("trace_event_raw_" + name).c_str(), BTF_KIND_STRUCT);
    if (id < 0)
        return base::fail(known ? base::Code::NotPermitted : base::Code::NotFound,
                          "the fields of tracepoint " + name + " are not known",
                          known ? "they are in " + m_files.tracing + ", which only root may read" : "");
    TracepointFormat format;
    format.name = name;
    const auto *record = btf__type_by_id(kernel.get(), static_cast<__u32>(id));
    const auto *members = btf_members(record);
    for (__u32 i = 0; i < btf_vlen(record); ++i) {
        auto field = fieldOf(kernel.get(), record, members[i], i);
        // "ent" is the common part, "__data" the strings behind the record.
        if (field.name != "ent" && field.name != "__data")
            format.fields.push_back(std::move(field));
    }
    return format;
}

} // namespace statescape::hooks
