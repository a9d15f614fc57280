// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/attachment.h"

namespace statescape::bpf {

base::Result<> Attachment::resume()
{
    return base::fail(base::Code::NotSupported,
                      "this kind of hook cannot be attached again without privilege", "record again");
}

} // namespace statescape::bpf
