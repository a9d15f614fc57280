// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/feature/feature_frame.h"
#include "core/model/model.h"
#include "core/store/session_store.h"

#include <string>

/// A session about processes whose truth is known.
namespace test {

inline constexpr std::uint64_t kSecond = 1'000'000'000;

/// One sample of a process, every value 1 but CPU and system calls.
statescape::feature::FeatureFrame frame(std::uint64_t second, std::uint64_t run, std::uint32_t number,
                                        std::uint64_t id, const std::string &name, float cpu);
/// Four processes a second: "daemon 1 [4001]", "daemon 2", "hog", which burns in every other minute, "daemon
/// 4".
statescape::base::Result<statescape::store::SessionId> record(statescape::store::SessionStore &file,
                                                              int seconds);
/// Trained with the truth: who takes over half a CPU is bad.
statescape::model::Model trained(const statescape::store::SessionStore &file,
                                 statescape::store::SessionId id);

} // namespace test
