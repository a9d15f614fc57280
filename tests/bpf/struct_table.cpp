// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Writes the C++ table that tst_structs compares with the compiled objects: the names come from the objects'
// BTF, the numbers are left to the C++ compiler. Nobody keeps a list that could miss a structure. One that no
// header defines is left for the test to name.
//   struct_table OUTPUT HEADER... -- OBJECT...
#include "struct_walk.h"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string_view>

namespace {
void addDefined(const char *header, std::set<std::string> &names)
{
    std::ifstream file(STATESCAPE_SOURCE "/" + std::string(header));
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    static const std::regex kDefinition("(?:struct|union) (ss_[a-z0-9_]+) \\{");
    for (auto found = std::sregex_iterator(text.begin(), text.end(), kDefinition);
         found != std::sregex_iterator(); ++found)
        names.insert((*found)[1]);
}
} // namespace

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    std::ofstream out(argv[1]);
    int i = 2;
    std::set<std::string> unwritten;
    for (; i < argc && std::string_view(argv[i]) != "--"; ++i) {
        out << "#include \"" << argv[i] << "\"\n";
        addDefined(argv[i], unwritten);
    }
    out << "#include \"struct_walk.h\"\n#include <cstddef>\n"
           "const std::vector<Struct> &structs_of::userSpace()\n{\n"
           "static const std::vector<Struct> kStructs{\n";
    for (++i; i < argc; ++i) {
        const auto structs = structs_of::object(argv[i]);
        if (!structs) {
            std::fprintf(stderr, "struct_table: %s has no BTF\n", argv[i]);
            return 1;
        }
        for (const auto &type : *structs) {
            if (unwritten.erase(type.name) == 0)
                continue;
            out << "{\"" << type.name << "\", sizeof(" << type.name << "), {";
            for (const auto &member : type.members)
                out << "{\"" << member.name << "\", offsetof(" << type.name << ", " << member.name
                    << "), sizeof(" << type.name << "::" << member.name << ")}, ";
            out << "}},\n";
        }
    }
    out << "};\nreturn kStructs;\n}\n";
    return out.flush() ? 0 : 1;
}
