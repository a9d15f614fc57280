// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/helper/sandbox.h"

#include "core/base/fd.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/landlock.h>
#include <linux/perf_event.h>
#include <memory>
#include <seccomp.h>
#include <span>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace statescape::helper {
namespace {
constexpr auto kAlways = std::to_array<int>({
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(pread64),
    SCMP_SYS(close),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(timerfd_settime),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(getppid),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(getrandom),
#ifdef __SANITIZE_ADDRESS__
    SCMP_SYS(sigaltstack), // the sanitizer's own, in developers' builds
#endif
});

struct Rule {
    int call;
    scmp_arg_cmp condition;
};
const auto kOnlyWhen = std::to_array<Rule>({
    {SCMP_SYS(mmap), {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}},
    {SCMP_SYS(mprotect), {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}},
    {SCMP_SYS(bpf), {0, SCMP_CMP_EQ, BPF_OBJ_GET_INFO_BY_FD, 0}},
});
const auto kForNames = std::to_array<Rule>({
    {SCMP_SYS(openat), {2, SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC | O_PATH, O_RDONLY}},
    // whatever the size: cgroups are found by the inode numbers of their folders
    {SCMP_SYS(getdents64), {2, SCMP_CMP_LE, 1U << 20, 0}},
});
const auto kForReattaching = std::to_array<Rule>({
    {SCMP_SYS(bpf), {0, SCMP_CMP_EQ, BPF_RAW_TRACEPOINT_OPEN, 0}},
    // passes over all CPUs, so that the scheduler probe knows again who runs there
    {SCMP_SYS(sched_getaffinity), {0, SCMP_CMP_EQ, 0, 0}},
    {SCMP_SYS(sched_setaffinity), {0, SCMP_CMP_EQ, 0, 0}},
});
const auto kForPerf = std::to_array<Rule>({
    {SCMP_SYS(ioctl), {1, SCMP_CMP_EQ, PERF_EVENT_IOC_ENABLE, 0}},
    {SCMP_SYS(ioctl), {1, SCMP_CMP_EQ, PERF_EVENT_IOC_DISABLE, 0}},
});
const auto kForRelinking = std::to_array<Rule>({
    {SCMP_SYS(bpf), {0, SCMP_CMP_EQ, BPF_LINK_CREATE, 0}},
});
const auto kForAChild = std::to_array<Rule>({
    {SCMP_SYS(wait4), {2, SCMP_CMP_EQ, WNOHANG, 0}},
});

int allow(scmp_filter_ctx filter, std::span<const Rule> rules)
{
    int error = 0;
    for (const auto &rule : rules)
        error = error != 0 ? error
                           : seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, rule.call, 1, &rule.condition);
    return error;
}

/// seccomp cannot see a path; this can. Where it is not there, no-one is worse off than without it.
/// @source Documentation/userspace-api/landlock.rst
base::Result<> confineFiles()
{
    const auto version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return {};
    constexpr std::uint64_t kFirstVersion = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
    constexpr std::uint64_t kRefer = std::uint64_t{1} << 13;
    constexpr std::uint64_t kTruncate = std::uint64_t{1} << 14;
    landlock_ruleset_attr handled{};
    handled.handled_access_fs = kFirstVersion | (version >= 2 ? kRefer : 0) | (version >= 3 ? kTruncate : 0);
    const base::Fd rules(static_cast<int>(
        ::syscall(SYS_landlock_create_ruleset, &handled, sizeof handled.handled_access_fs, 0)));
    if (!rules.valid())
        return base::fail(base::Code::Io, "cannot make a Landlock ruleset", {}, errno);
    for (const char *folder : {"/proc", "/sys/fs/cgroup"}) {
        const base::Fd parent(::open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!parent.valid())
            continue;
        landlock_path_beneath_attr beneath{};
        beneath.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
        beneath.parent_fd = parent.get();
        if (::syscall(SYS_landlock_add_rule, rules.get(), LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) != 0)
            return base::fail(base::Code::Io, "cannot add a Landlock rule", {}, errno);
    }
    if (::syscall(SYS_landlock_restrict_self, rules.get(), 0) != 0)
        return base::fail(base::Code::Io, "cannot enter the Landlock ruleset", {}, errno);
    return {};
}
} // namespace

base::Result<> enterSandbox(const SandboxNeeds &needs)
{
    STATESCAPE_CHECK(confineFiles());
    const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(seccomp_init(SCMP_ACT_KILL_PROCESS),
                                                                  seccomp_release);
    if (!filter)
        return base::fail(base::Code::Io, "cannot make a seccomp filter", {}, ENOMEM);
    int error = 0;
    for (const int call : kAlways)
        error = error != 0 ? error : seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0);
    const auto add = [&](bool needed, std::span<const Rule> rules) {
        if (needed && error == 0)
            error = allow(filter.get(), rules);
    };
    add(true, kOnlyWhen);
    add(needs.names, kForNames);
    add(needs.reattach, kForReattaching);
    add(needs.perf, kForPerf);
    add(needs.relink, kForRelinking);
    add(needs.child, kForAChild);
    error = error != 0 ? error : seccomp_load(filter.get());
    if (error != 0)
        return base::fail(error == -EINVAL ? base::Code::NotSupported : base::Code::Io,
                          "cannot load the seccomp filter", {}, -error);
    return {};
}

} // namespace statescape::helper
