// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "struct_walk.h"

#include <bpf/btf.h>
#include <memory>
#include <string_view>

namespace structs_of {
namespace {
void addMembers(const btf *types, const btf_type *type, std::size_t base, std::vector<Member> &members)
{
    for (__u32 i = 0; i < btf_vlen(type); ++i) {
        const auto &member = btf_members(type)[i];
        const std::string name = btf__name_by_offset(types, member.name_off);
        const auto offset = base + btf_member_bit_offset(type, i) / 8;
        // A bit field has no offset in C++: the size 0 makes the comparison fail and say its name.
        const bool bits = btf_member_bitfield_size(type, i) != 0;
        if (name.empty())
            addMembers(types,
                       btf__type_by_id(types, static_cast<__u32>(btf__resolve_type(types, member.type))),
                       offset, members);
        else
            members.push_back(
                {name, offset, bits ? 0 : static_cast<std::size_t>(btf__resolve_size(types, member.type))});
    }
}
} // namespace

std::optional<std::vector<Struct>> object(const std::string &path)
{
    const std::unique_ptr<btf, decltype(&btf__free)> types(btf__parse(path.c_str(), nullptr), btf__free);
    if (!types)
        return std::nullopt;
    std::vector<Struct> structs;
    for (__u32 id = 1; id < btf__type_cnt(types.get()); ++id) {
        const auto *type = btf__type_by_id(types.get(), id);
        if (!btf_is_composite(type))
            continue;
        const std::string name = btf__name_by_offset(types.get(), type->name_off);
        if (!name.starts_with("ss_"))
            continue;
        structs.push_back({name, type->size, {}});
        addMembers(types.get(), type, 0, structs.back().members);
    }
    return structs;
}

} // namespace structs_of
