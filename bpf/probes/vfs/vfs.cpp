// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/probes/vfs/vfs.h"

#include "bpf/probe_program.h"

#include <array>
#include <cassert>
#include <cstddef>
#include <vfs.skel.h>

namespace statescape::bpf {
namespace {
constexpr std::array<Hook, SS_VFS_HOOKS> kHooks{{
    {"vfs_read", true, {}, At::Entry},
    {"vfs_read", true, {}, At::Exit},
    {"vfs_write", true, {}, At::Entry},
    {"vfs_write", true, {}, At::Exit},
    {"vfs_fsync_range", true, {}, At::Entry},
    {"vfs_fsync_range", true, {}, At::Exit},
}};

Opened open(const KernelTraits &)
{
    using schema::Slot;
    assert(slotAtWord(Slot::VfsReadHistogram, Slot::VfsReads, offsetof(ss_vfs_bank, times)));
    assert(slotAtWord(Slot::VfsSyncHistogram, Slot::VfsReads, offsetof(ss_vfs_bank, times[SS_VFS_SYNC])));
    return adopt(vfs_bpf::open());
}
} // namespace

const ProbeProgram &vfsProbe()
{
    static constexpr ProbeProgram kProgram{schema::Probe::Vfs,
                                           kHooks,
                                           sizeof(ss_vfs_bank),
                                           offsetof(ss_vfs_bank, hits) / 8,
                                           offsetof(ss_vfs_bank, untimed) / 8,
                                           open,
                                           SS_VFS_CELLS};
    return kProgram;
}

} // namespace statescape::bpf
