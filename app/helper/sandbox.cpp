// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/helper/sandbox.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <linux/bpf.h>
#include <memory>
#include <seccomp.h>
#include <sys/mman.h>

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
    {SCMP_SYS(openat), {2, SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC | O_PATH, O_RDONLY}},
    {SCMP_SYS(mmap), {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}},
    {SCMP_SYS(mprotect), {2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0}},
    {SCMP_SYS(bpf), {0, SCMP_CMP_EQ, BPF_OBJ_GET_INFO_BY_FD, 0}},
});
} // namespace

base::Result<> enterSandbox()
{
    const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(seccomp_init(SCMP_ACT_KILL_PROCESS),
                                                                  seccomp_release);
    if (!filter)
        return base::fail(base::Code::Io, "cannot make a seccomp filter", {}, ENOMEM);
    int error = 0;
    for (const int call : kAlways)
        error = error != 0 ? error : seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0);
    for (const auto &rule : kOnlyWhen)
        error = error != 0
                    ? error
                    : seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, rule.call, 1, &rule.condition);
    error = error != 0 ? error : seccomp_load(filter.get());
    if (error != 0)
        return base::fail(error == -EINVAL ? base::Code::NotSupported : base::Code::Io,
                          "cannot load the seccomp filter", {}, -error);
    return {};
}

} // namespace statescape::helper
