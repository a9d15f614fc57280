// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/hook_search.h"

namespace statescape::session {

/// Holds the probe against what the kernel or the program lists; opens nothing else and attaches nothing.
/// Takes up to 100 ms the first time.
ProbePreview previewOf(const schema::UserProbe &probe);

} // namespace statescape::session
