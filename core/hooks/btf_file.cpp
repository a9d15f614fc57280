// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hooks/btf_file.h"

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <cerrno>

namespace statescape::hooks {

void BtfDeleter::operator()(btf *types) const
{
    btf__free(types);
}

base::Result<Btf> loadBtf(const std::string &path, btf *base)
{
    Btf types(base ? btf__parse_raw_split(path.c_str(), base) : btf__parse_raw(path.c_str()));
    if (types)
        return types;
    const int error = errno;
    const auto code = error == ENOENT                     ? base::Code::NotFound
                      : error == EACCES || error == EPERM ? base::Code::NotPermitted
                                                          : base::Code::Corrupt;
    return base::fail(code, "cannot read kernel types from " + path,
                      "use a kernel built with CONFIG_DEBUG_INFO_BTF", error);
}

} // namespace statescape::hooks
