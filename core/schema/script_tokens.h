// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <string_view>
#include <vector>

namespace statescape::schema {

/// A word of a bpftrace script.
struct ScriptToken {
    enum class Kind {
        Name, ///< an identifier, a keyword, $variable
        Map,  ///< @name
        Number,
        String,
        Sign, ///< an operator or a bracket
    };
    Kind kind = Kind::Sign;
    std::string_view text;  ///< into the script
    std::size_t behind = 0; ///< an opening bracket: index of what follows the one that closes it
};

/// Cuts a script into words as bpftrace's own lexer does, without comments, preprocessor lines and the
/// wildcards and paths of probe names.
/// @error InvalidArgument (with the line) a comment, a string or a bracket that is not closed, or one too
/// many
base::Result<std::vector<ScriptToken>> scriptTokens(std::string_view text);

} // namespace statescape::schema
