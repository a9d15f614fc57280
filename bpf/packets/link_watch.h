// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/fd.h"
#include "core/base/result.h"

#include <string>

namespace statescape::bpf {

/// Hears from the kernel when an interface goes. Needs no privilege; after open() only read() is called.
class LinkWatch {
public:
    /// @error Io
    static base::Result<LinkWatch> open(int interfaceIndex);

    [[nodiscard]] int fd() const { return m_socket.get(); }
    /// Takes what has come. @return whether the interface left this network namespace.
    [[nodiscard]] bool gone();

private:
    base::Fd m_socket;
    int m_index = 0;
};

} // namespace statescape::bpf
