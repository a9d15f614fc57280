// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/schema/script_maps.h"

namespace statescape::schema {

base::Result<std::vector<ScriptMap>> scriptMaps(std::string_view)
{
    return base::fail(base::Code::NotSupported, "bpftrace scripts are not read yet", {});
}

} // namespace statescape::schema
