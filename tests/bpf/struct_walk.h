// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

struct Member {
    std::string name; ///< "a.b" for a member of an unnamed part is just "b"
    std::size_t offset = 0;
    std::size_t size = 0;
};

struct Struct {
    std::string name;
    std::size_t size = 0;
    std::vector<Member> members;
};

namespace structs_of {

/// @return every structure or union of an object's BTF whose name begins with ss_; nothing without BTF.
std::optional<std::vector<Struct>> object(const std::string &path);

/// @return the same structures as the C++ compiler lays them out; the build writes this function's source.
const std::vector<Struct> &userSpace();

} // namespace structs_of
