// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/fd.h"

#include <cstdint>
#include <string>

/// The ways a program may hang on a hook.
enum class HeldKind { TypedTracepoint, RawTracepoint, Fentry, Kprobe, ClassicTracepoint };
const char *name(HeldKind kind);

/// A program that counts its hook's events, loaded and attached once with privilege; what becomes of it
/// without is the question.
class HeldProgram {
public:
    /// Loads and attaches. error() tells.
    explicit HeldProgram(HeldKind kind);
    /// @return what the kernel said at the first load or attach that failed; empty when it stands.
    [[nodiscard]] const std::string &error() const { return m_error; }
    /// Makes one event of the hook happen @p times times.
    static void provoke(int times);
    [[nodiscard]] std::uint64_t count() const;
    void detach();
    /// @return 0 or the errno.
    int attach();

private:
    bool load();
    HeldKind m_kind;
    std::string m_error;
    statescape::base::Fd m_map;
    statescape::base::Fd m_program;
    statescape::base::Fd m_perfEvent;
    statescape::base::Fd m_link;
};

/// Becomes nobody, without any capability and for good, in this process.
bool dropEverything();
