// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

/// Names of C++ and Rust functions as people write them. Nothing of it runs in the helper.
namespace statescape::schema {

/// @return "ns::Class::method(int)" for "_ZN2ns5Class6methodEi"; empty where the symbol is no such name:
/// plain C, Rust's newer scheme (_R), names of over 1,024 bytes or that would grow out of proportion.
/// @source Itanium C++ ABI, 5.1; Rust's older scheme is the same with a hash behind
std::string readableSymbol(std::string_view symbol);

/// @return @p readable without parameters and what is returned: "ns::Class<int>::method".
std::string withoutParameters(std::string_view readable);

/// @return at most the last two parts of @p readable, without parameters and template arguments:
/// "Class::method".
std::string shortSymbol(std::string_view readable);

} // namespace statescape::schema
