// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/probes/syscalls/syscalls.h"

#include "bpf/probe_program.h"
#include "bpf/probes/syscalls/errno_classes.h"
#include "bpf/probes/syscalls/syscall_classes.h"

#include <algorithm>
#include <asm/unistd_64.h>
#include <cassert>
#include <cstddef>
#include <initializer_list>
#include <syscalls.skel.h>

namespace statescape::bpf {
namespace {
constexpr std::array<Hook, SS_SYSCALLS_HOOKS> kHooks{{{"sys_exit"}}};

struct ClassMembers {
    ss_syscall_class kind;
    std::initializer_list<int> numbers;
};

// clang-format off
constexpr ClassMembers kRead{SS_SYS_READ, {
    __NR_read, __NR_pread64, __NR_readv, __NR_preadv, __NR_preadv2, __NR_getdents, __NR_getdents64, __NR_sendfile,
    __NR_splice, __NR_tee, __NR_copy_file_range, __NR_readahead}};
constexpr ClassMembers kWrite{SS_SYS_WRITE, {
    __NR_write, __NR_pwrite64, __NR_writev, __NR_pwritev, __NR_pwritev2, __NR_vmsplice}};
constexpr ClassMembers kSync{SS_SYS_SYNC, {
    __NR_fsync, __NR_fdatasync, __NR_sync, __NR_syncfs, __NR_msync, __NR_sync_file_range}};
constexpr ClassMembers kPoll{SS_SYS_POLL, {
    __NR_poll, __NR_ppoll, __NR_select, __NR_pselect6, __NR_epoll_wait, __NR_epoll_pwait, __NR_epoll_pwait2,
    __NR_epoll_ctl, __NR_epoll_create, __NR_epoll_create1}};
constexpr ClassMembers kLock{SS_SYS_LOCK, {
    __NR_futex, __NR_futex_waitv, __NR_flock, __NR_semget, __NR_semop, __NR_semctl, __NR_semtimedop,
    __NR_set_robust_list, __NR_get_robust_list}};
constexpr ClassMembers kNet{SS_SYS_NET, {
    __NR_socket, __NR_connect, __NR_accept, __NR_accept4, __NR_sendto, __NR_recvfrom, __NR_sendmsg, __NR_recvmsg,
    __NR_sendmmsg, __NR_recvmmsg, __NR_shutdown, __NR_bind, __NR_listen, __NR_getsockname, __NR_getpeername,
    __NR_socketpair, __NR_setsockopt, __NR_getsockopt}};
constexpr ClassMembers kMemory{SS_SYS_MEMORY, {
    __NR_mmap, __NR_munmap, __NR_mremap, __NR_mprotect, __NR_brk, __NR_madvise, __NR_process_madvise, __NR_mincore,
    __NR_mlock, __NR_mlock2, __NR_munlock, __NR_mlockall, __NR_munlockall, __NR_remap_file_pages, __NR_mbind,
    __NR_set_mempolicy, __NR_get_mempolicy, __NR_migrate_pages, __NR_move_pages, __NR_shmget, __NR_shmat, __NR_shmctl,
    __NR_shmdt, __NR_memfd_create, __NR_userfaultfd, __NR_pkey_mprotect, __NR_pkey_alloc, __NR_pkey_free}};
constexpr ClassMembers kFile{SS_SYS_FILE, {
    __NR_open, __NR_openat, __NR_openat2, __NR_creat, __NR_close, __NR_close_range, __NR_stat, __NR_fstat, __NR_lstat,
    __NR_newfstatat, __NR_statx, __NR_statfs, __NR_fstatfs, __NR_lseek, __NR_access, __NR_faccessat, __NR_faccessat2,
    __NR_fcntl, __NR_dup, __NR_dup2, __NR_dup3, __NR_pipe, __NR_pipe2, __NR_truncate, __NR_ftruncate, __NR_fallocate,
    __NR_fadvise64, __NR_getcwd, __NR_chdir, __NR_fchdir, __NR_rename, __NR_renameat, __NR_renameat2, __NR_mkdir,
    __NR_mkdirat, __NR_rmdir, __NR_link, __NR_linkat, __NR_unlink, __NR_unlinkat, __NR_symlink, __NR_symlinkat,
    __NR_readlink, __NR_readlinkat, __NR_chmod, __NR_fchmod, __NR_fchmodat, __NR_chown, __NR_fchown, __NR_lchown,
    __NR_fchownat, __NR_umask, __NR_utime, __NR_utimes, __NR_futimesat, __NR_utimensat, __NR_mknod, __NR_mknodat,
    __NR_setxattr, __NR_lsetxattr, __NR_fsetxattr, __NR_getxattr, __NR_lgetxattr, __NR_fgetxattr, __NR_listxattr,
    __NR_llistxattr, __NR_flistxattr, __NR_removexattr, __NR_lremovexattr, __NR_fremovexattr, __NR_inotify_init,
    __NR_inotify_init1, __NR_inotify_add_watch, __NR_inotify_rm_watch, __NR_name_to_handle_at, __NR_open_by_handle_at}};
constexpr ClassMembers kProcess{SS_SYS_PROCESS, {
    __NR_clone, __NR_clone3, __NR_fork, __NR_vfork, __NR_execve, __NR_execveat, __NR_exit, __NR_exit_group, __NR_wait4,
    __NR_waitid, __NR_kill, __NR_tkill, __NR_tgkill, __NR_pidfd_open, __NR_pidfd_getfd, __NR_pidfd_send_signal,
    __NR_rt_sigaction, __NR_rt_sigprocmask, __NR_rt_sigreturn, __NR_rt_sigpending, __NR_rt_sigtimedwait,
    __NR_rt_sigqueueinfo, __NR_rt_tgsigqueueinfo, __NR_rt_sigsuspend, __NR_sigaltstack, __NR_signalfd, __NR_signalfd4,
    __NR_pause, __NR_sched_yield, __NR_sched_setaffinity, __NR_sched_getaffinity, __NR_sched_setparam,
    __NR_sched_getparam, __NR_sched_setscheduler, __NR_sched_getscheduler, __NR_sched_setattr, __NR_sched_getattr,
    __NR_setpriority, __NR_getpriority, __NR_prctl, __NR_arch_prctl, __NR_ptrace, __NR_setpgid, __NR_getpgid,
    __NR_setsid, __NR_getsid, __NR_set_tid_address, __NR_rseq, __NR_unshare, __NR_setns, __NR_prlimit64,
    __NR_getrlimit, __NR_setrlimit, __NR_getrusage}};
constexpr ClassMembers kTime{SS_SYS_TIME, {
    __NR_nanosleep, __NR_clock_nanosleep, __NR_clock_gettime, __NR_clock_settime, __NR_clock_getres,
    __NR_clock_adjtime, __NR_adjtimex, __NR_gettimeofday, __NR_settimeofday, __NR_time, __NR_times, __NR_alarm,
    __NR_getitimer, __NR_setitimer, __NR_timer_create, __NR_timer_settime, __NR_timer_gettime, __NR_timer_getoverrun,
    __NR_timer_delete, __NR_timerfd_create, __NR_timerfd_settime, __NR_timerfd_gettime}};
// clang-format on

std::array<std::uint8_t, SS_SYSCALL_NUMBERS> buildClasses()
{
    std::array<std::uint8_t, SS_SYSCALL_NUMBERS> classes{};
    classes.fill(SS_SYS_OTHER);
    for (const auto &members : {kRead, kWrite, kSync, kPoll, kLock, kNet, kMemory, kFile, kProcess, kTime})
        for (const int number : members.numbers)
            classes.at(static_cast<std::size_t>(number)) = static_cast<std::uint8_t>(members.kind);
    return classes;
}

Opened open(const KernelTraits &traits)
{
    using schema::Slot;
    assert(slotAtWord(Slot::SysOther, Slot::SysRead, SS_SYS_OTHER * sizeof(std::uint64_t)));
    assert(slotAtWord(Slot::SysAgain, Slot::SysRead, offsetof(ss_syscalls_bank, again)));
    assert(slotAtWord(Slot::SysErrorPermission, Slot::SysRead, offsetof(ss_syscalls_bank, errors)));
    auto *skeleton = syscalls_bpf::open();
    if (skeleton) {
        skeleton->rodata->task_mask = traits.taskCells - 1;
        skeleton->rodata->per_entity = traits.perEntity;
        std::ranges::copy(syscallClasses(), skeleton->rodata->syscall_class);
        std::ranges::copy(errnoClasses(), skeleton->rodata->errno_class);
    }
    return adopt(skeleton);
}
} // namespace

const std::array<std::uint8_t, SS_SYSCALL_NUMBERS> &syscallClasses()
{
    static const auto kClasses = buildClasses();
    return kClasses;
}

const ProbeProgram &syscallsProbe()
{
    static constexpr ProbeProgram kProgram{schema::Probe::Syscalls,
                                           kHooks,
                                           sizeof(ss_syscalls_bank),
                                           offsetof(ss_syscalls_bank, hits) / 8,
                                           0,
                                           open};
    return kProgram;
}

} // namespace statescape::bpf
