// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"

#include <tl/expected.hpp>
#include <utility>

namespace statescape::base {

/// What a fallible function returns: a T or an Error. Dropping one is a compiler warning.
template <class T = void>
class [[nodiscard]] Result : public tl::expected<T, Error> {
public:
    using tl::expected<T, Error>::expected;
    Result(Error error)
        : tl::expected<T, Error>(tl::unexpect, std::move(error))
    {}
};

/// Shorthand for `return fail(Code::Io, "…")`.
inline Error fail(Code code, std::string message, std::string hint = {}, int sysErrno = 0)
{
    return Error{code, std::move(message), std::move(hint), sysErrno};
}

} // namespace statescape::base

/// Assigns or returns: `STATESCAPE_TRY(auto file, open(path));`
#define STATESCAPE_TRY(declaration, expression)                                                              \
    STATESCAPE_TRY_IMPL(declaration, expression, STATESCAPE_JOIN(try_, __LINE__))
/// Returns the error of a Result<void>.
#define STATESCAPE_CHECK(expression)                                                                         \
    do {                                                                                                     \
        if (auto check_ = (expression); !check_)                                                             \
            return check_.error();                                                                           \
    } while (false)
#define STATESCAPE_JOIN_IMPL(a, b) a##b
#define STATESCAPE_JOIN(a, b) STATESCAPE_JOIN_IMPL(a, b)
#define STATESCAPE_TRY_IMPL(declaration, expression, name)                                                   \
    auto name = (expression);                                                                                \
    if (!name)                                                                                               \
        return name.error();                                                                                 \
    declaration = std::move(*name)
