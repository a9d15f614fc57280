// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/probe_program.h"
#include "bpf/probes/block/block.h"
#include "bpf/probes/memory/memory.h"
#include "bpf/probes/process/process.h"
#include "bpf/probes/scheduler/scheduler.h"
#include "bpf/probes/syscalls/syscall_classes.h"
#include "bpf/probes/syscalls/syscalls.h"
#include "bpf/probes/tcp/tcp.h"
#include "bpf/shared.h"

#include <QTest>
#include <asm/unistd_64.h>
#include <bpf/btf.h>
#include <cstddef>
#include <map>
#include <memory>

using namespace statescape;

namespace {
using Btf = std::unique_ptr<btf, decltype(&btf__free)>;

Btf typesOf(const std::string &probe)
{
    return {btf__parse((STATESCAPE_BPF_OBJECTS "/" + probe + ".bpf.o").c_str(), nullptr), btf__free};
}

/// @return byte offset of every member by name, and the size under "".
std::map<std::string, std::size_t> layoutOf(const btf *types, const char *name)
{
    std::map<std::string, std::size_t> layout;
    const int id = btf__find_by_name_kind(types, name, BTF_KIND_STRUCT);
    if (id < 0)
        return layout;
    const auto *type = btf__type_by_id(types, static_cast<__u32>(id));
    layout[""] = type->size;
    for (int i = 0; i < btf_vlen(type); ++i)
        layout[btf__name_by_offset(types, btf_members(type)[i].name_off)] =
            btf_member_bit_offset(type, static_cast<__u32>(i)) / 8;
    return layout;
}

#define SS_MEMBER(type, member)                                                                              \
    {                                                                                                        \
#member, offsetof(type, member)                                                                      \
    }
} // namespace

class LayoutTest : public QObject {
    Q_OBJECT
    void compare(const char *object, const char *name, const std::map<std::string, std::size_t> &here)
    {
        const auto types = typesOf(object);
        QVERIFY2(types, object);
        const auto there = layoutOf(types.get(), name);
        for (const auto &[member, offset] : here)
            QVERIFY2(there.contains(member) && there.at(member) == offset,
                     (std::string(name) + "." + member).c_str());
        for (const auto &[member, offset] : there)
            QVERIFY2(here.contains(member) || member.starts_with("pad"),
                     (std::string(name) + "." + member).c_str());
    }

private Q_SLOTS:
    void sharedStructsAgreeWithTheObjects()
    {
        for (const char *object : {"scheduler", "syscalls", "block", "process"}) {
            compare(object, "ss_task",
                    {{"", sizeof(ss_task)},
                     SS_MEMBER(ss_task, tid),
                     SS_MEMBER(ss_task, tgid),
                     SS_MEMBER(ss_task, comm),
                     SS_MEMBER(ss_task, since_ns),
                     SS_MEMBER(ss_task, cpu_ns),
                     SS_MEMBER(ss_task, io_bytes),
                     SS_MEMBER(ss_task, syscalls),
                     SS_MEMBER(ss_task, state),
                     SS_MEMBER(ss_task, epoch)});
        }
        for (const char *object : {"scheduler", "syscalls", "block"}) {
            compare(object, "ss_active",
                    {{"", sizeof(ss_active)},
                     SS_MEMBER(ss_active, collisions),
                     SS_MEMBER(ss_active, overflows),
                     SS_MEMBER(ss_active, epoch),
                     SS_MEMBER(ss_active, count),
                     SS_MEMBER(ss_active, cells)});
            compare(object, "ss_control",
                    {{"", sizeof(ss_control)},
                     SS_MEMBER(ss_control, epoch),
                     SS_MEMBER(ss_control, block_needs_issue),
                     SS_MEMBER(ss_control, attached_ns)});
        }
        for (const char *object : {"memory", "block"})
            compare(
                object, "ss_pending",
                {{"", sizeof(ss_pending)}, SS_MEMBER(ss_pending, owner), SS_MEMBER(ss_pending, since_ns)});
        compare("scheduler", "ss_scheduler_bank",
                {{"", sizeof(ss_scheduler_bank)},
                 SS_MEMBER(ss_scheduler_bank, switches),
                 SS_MEMBER(ss_scheduler_bank, involuntary),
                 SS_MEMBER(ss_scheduler_bank, wakeups),
                 SS_MEMBER(ss_scheduler_bank, migrations),
                 SS_MEMBER(ss_scheduler_bank, oncpu_ns),
                 SS_MEMBER(ss_scheduler_bank, runq_ns),
                 SS_MEMBER(ss_scheduler_bank, blocked_ns),
                 SS_MEMBER(ss_scheduler_bank, runq),
                 SS_MEMBER(ss_scheduler_bank, blocked),
                 SS_MEMBER(ss_scheduler_bank, hits),
                 SS_MEMBER(ss_scheduler_bank, running_since_ns),
                 SS_MEMBER(ss_scheduler_bank, running_tid)});
        compare("syscalls", "ss_syscalls_bank",
                {{"", sizeof(ss_syscalls_bank)},
                 SS_MEMBER(ss_syscalls_bank, classes),
                 SS_MEMBER(ss_syscalls_bank, failed),
                 SS_MEMBER(ss_syscalls_bank, again),
                 SS_MEMBER(ss_syscalls_bank, hits)});
        compare("memory", "ss_memory_bank",
                {{"", sizeof(ss_memory_bank)},
                 SS_MEMBER(ss_memory_bank, reclaims),
                 SS_MEMBER(ss_memory_bank, reclaim_ns),
                 SS_MEMBER(ss_memory_bank, oom_kills),
                 SS_MEMBER(ss_memory_bank, reclaim),
                 SS_MEMBER(ss_memory_bank, hits),
                 SS_MEMBER(ss_memory_bank, collisions)});
        compare("block", "ss_block_bank",
                {{"", sizeof(ss_block_bank)},
                 SS_MEMBER(ss_block_bank, reads),
                 SS_MEMBER(ss_block_bank, writes),
                 SS_MEMBER(ss_block_bank, others),
                 SS_MEMBER(ss_block_bank, read_bytes),
                 SS_MEMBER(ss_block_bank, write_bytes),
                 SS_MEMBER(ss_block_bank, errors),
                 SS_MEMBER(ss_block_bank, queue_ns),
                 SS_MEMBER(ss_block_bank, device_ns),
                 SS_MEMBER(ss_block_bank, queue),
                 SS_MEMBER(ss_block_bank, device),
                 SS_MEMBER(ss_block_bank, hits),
                 SS_MEMBER(ss_block_bank, untimed)});
        compare("tcp", "ss_tcp_bank",
                {{"", sizeof(ss_tcp_bank)},
                 SS_MEMBER(ss_tcp_bank, retransmits),
                 SS_MEMBER(ss_tcp_bank, resets_sent),
                 SS_MEMBER(ss_tcp_bank, resets_received),
                 SS_MEMBER(ss_tcp_bank, connects),
                 SS_MEMBER(ss_tcp_bank, connects_failed),
                 SS_MEMBER(ss_tcp_bank, accepts),
                 SS_MEMBER(ss_tcp_bank, closes),
                 SS_MEMBER(ss_tcp_bank, state_changes),
                 SS_MEMBER(ss_tcp_bank, hits)});
        compare("process", "ss_process_bank",
                {{"", sizeof(ss_process_bank)},
                 SS_MEMBER(ss_process_bank, forks),
                 SS_MEMBER(ss_process_bank, threads),
                 SS_MEMBER(ss_process_bank, execs),
                 SS_MEMBER(ss_process_bank, exits),
                 SS_MEMBER(ss_process_bank, hits)});
    }

    void banksFollowTheCatalogue()
    {
        using bpf::slotAtWord;
        using schema::Slot;
        QVERIFY(slotAtWord(Slot::SchedOnCpuNs, Slot::SchedSwitches, offsetof(ss_scheduler_bank, oncpu_ns)));
        QVERIFY(slotAtWord(Slot::SchedBlockedHistogram, Slot::SchedSwitches,
                           offsetof(ss_scheduler_bank, blocked)));
        QVERIFY(slotAtWord(Slot::SysOther, Slot::SysRead, SS_SYS_OTHER * sizeof(std::uint64_t)));
        QVERIFY(slotAtWord(Slot::SysAgain, Slot::SysRead, offsetof(ss_syscalls_bank, again)));
        QVERIFY(slotAtWord(Slot::MemReclaimHistogram, Slot::MemReclaims, offsetof(ss_memory_bank, reclaim)));
        QVERIFY(slotAtWord(Slot::BlockDeviceHistogram, Slot::BlockReads, offsetof(ss_block_bank, device)));
        QVERIFY(slotAtWord(Slot::BlockErrors, Slot::BlockReads, offsetof(ss_block_bank, errors)));
        QVERIFY(
            slotAtWord(Slot::TcpStateChanges, Slot::TcpRetransmits, offsetof(ss_tcp_bank, state_changes)));
        QVERIFY(slotAtWord(Slot::ProcExits, Slot::ProcForks, offsetof(ss_process_bank, exits)));
        QCOMPARE(std::size_t{SS_BUCKETS}, schema::kHistogramBuckets);
        QCOMPARE(std::uint64_t{1} << SS_BUCKET_SHIFT, schema::kHistogramUnitNs);
    }

    void syscallsHaveTheirClasses()
    {
        const auto &classes = bpf::syscallClasses();
        QCOMPARE(int(classes[__NR_read]), int(SS_SYS_READ));
        QCOMPARE(int(classes[__NR_pwritev2]), int(SS_SYS_WRITE));
        QCOMPARE(int(classes[__NR_fdatasync]), int(SS_SYS_SYNC));
        QCOMPARE(int(classes[__NR_epoll_wait]), int(SS_SYS_POLL));
        QCOMPARE(int(classes[__NR_futex]), int(SS_SYS_LOCK));
        QCOMPARE(int(classes[__NR_accept4]), int(SS_SYS_NET));
        QCOMPARE(int(classes[__NR_madvise]), int(SS_SYS_MEMORY));
        QCOMPARE(int(classes[__NR_openat]), int(SS_SYS_FILE));
        QCOMPARE(int(classes[__NR_clone3]), int(SS_SYS_PROCESS));
        QCOMPARE(int(classes[__NR_clock_nanosleep]), int(SS_SYS_TIME));
        QCOMPARE(int(classes[__NR_getppid]), int(SS_SYS_OTHER));
        QCOMPARE(int(classes[511]), int(SS_SYS_OTHER));
    }
};

QTEST_GUILESS_MAIN(LayoutTest)
#include "tst_layout.moc"
