// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/online_cpus.h"
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
#include <algorithm>
#include <asm/unistd_64.h>
#include <cstddef>

using namespace statescape;

class LayoutTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
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

    void listsOfCpusAreRead()
    {
        std::vector<bool> online(12, true);
        bpf::OnlineCpus::parse("0-3,8,10-70\n", online);
        QCOMPARE(online, (std::vector<bool>{true, true, true, true, false, false, false, false, true, false,
                                            true, true}));
        bpf::OnlineCpus::parse("1\n", online);
        QVERIFY(!online[0] && online[1] && !online[2]);
        bpf::OnlineCpus::parse("", online);
        QCOMPARE(std::ranges::count(online, true), 0);
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
