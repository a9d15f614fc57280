// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/user/user_probes.h"

namespace statescape::bpf {

std::vector<AttachResult> attachUserProbes(std::span<const schema::UserProbe> probes, const KernelTraits &,
                                           LibbpfLog &)
{
    std::vector<AttachResult> out;
    for (const auto &probe : probes)
        out.emplace_back(
            base::fail(base::Code::NotSupported, schema::format(probe) + " cannot be attached yet", {}));
    return out;
}

} // namespace statescape::bpf
