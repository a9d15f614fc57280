// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

namespace statescape::cli {

/// @return docs/probes.md: every probe, its hooks, features and recorded cost, and the kinds of probe of
/// one's own. Follows from the catalogue alone, the same on every machine.
std::string probesMarkdown();

} // namespace statescape::cli
