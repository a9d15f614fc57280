// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/probes/vfs/vfs.h"

#include "bpf/mapped_array.h"
#include "bpf/probe_program.h"
#include "core/base/fd.h"

#include <array>
#include <cassert>
#include <cstddef>
#include <sys/mman.h>
#include <unistd.h>
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
    {"do_fsync", false, "fsync(2)", At::Entry},
    {"do_fsync", false, "fsync(2)", At::Exit},
}};
constexpr std::uint64_t kFsyncCall = std::uint64_t{3} << SS_VFS_FSYNC_CALL;
constexpr int kTrials = 64;
constexpr unsigned kNoExecSeal = 8; // MFD_NOEXEC_SEAL, since 6.3, which asks for a word on it

Opened open(const KernelTraits &)
{
    using schema::Slot;
    assert(slotAtWord(Slot::VfsReadHistogram, Slot::VfsReads, offsetof(ss_vfs_bank, times)));
    assert(slotAtWord(Slot::VfsSyncHistogram, Slot::VfsReads, offsetof(ss_vfs_bank, times[SS_VFS_SYNC])));
    return adopt(vfs_bpf::open());
}

std::uint64_t rangeHits(const MappedArray &banks)
{
    std::uint64_t sum = 0;
    for (std::uint32_t cpu = 0; cpu < banks.entries(); ++cpu)
        sum += load(banks.as<ss_vfs_bank>(cpu).hits[2 * SS_VFS_SYNC]);
    return sum;
}

// fsync(2) passes vfs_fsync_range() unless the compiler has put that into it (seen on 7.2), and no list of
// the kernel's tells. Others may sync files meanwhile, hence more than one try.
std::uint64_t redundant(const MappedArray &banks)
{
    base::Fd file(::memfd_create("statescape", MFD_CLOEXEC | kNoExecSeal));
    if (!file.valid())
        file.reset(::memfd_create("statescape", MFD_CLOEXEC));
    int passed = 0;
    for (int i = 0; i < kTrials; ++i) {
        const auto before = rangeHits(banks);
        if (::fsync(file.get()) != 0)
            return kFsyncCall;
        passed += rangeHits(banks) != before ? 1 : 0;
    }
    return passed > kTrials / 2 ? kFsyncCall : 0;
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
                                           SS_VFS_CELLS,
                                           nullptr,
                                           redundant};
    return kProgram;
}

} // namespace statescape::bpf
