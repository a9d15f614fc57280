// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/comparison.h"
#include "core/model/model.h"

#include <span>
#include <string>

namespace statescape::cli {

/// The stable form of `train --json`, see docs/json.md. @param table of `--compare`, else empty; @param
/// model null: no algorithm gave one
std::string modelJson(const model::Model *model, std::span<const model::Compared> table = {});
/// What was found, what changed and how good it is, for people.
std::string modelText(const model::Model &model);
/// One row an algorithm, the best marked, and why.
std::string comparedText(std::span<const model::Compared> table);

} // namespace statescape::cli
