// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <memory>
#include <string>

struct btf;

namespace statescape::hooks {

struct BtfDeleter {
    void operator()(btf *types) const;
};
using Btf = std::unique_ptr<btf, BtfDeleter>;

/// @param base types that a module's build on; null for the kernel's own. Must outlive the result.
/// @error NotFound, NotPermitted, Corrupt
base::Result<Btf> loadBtf(const std::string &path, btf *base = nullptr);

} // namespace statescape::hooks
