// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/helper/privilege.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <memory>
#include <pwd.h>
#include <sched.h>
#include <sys/capability.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace statescape::helper {
namespace {
using base::Rights;
using base::RightsScope;
using Capabilities = std::unique_ptr<std::remove_pointer_t<cap_t>, int (*)(void *)>;

constexpr uid_t kNobody = 65534;
constexpr Rights kToBecomeAnother{CAP_SETUID, CAP_SETGID};
constexpr Rights kToLoad{CAP_BPF, CAP_PERFMON};
constexpr Rights kToMeasureCost{CAP_SYS_ADMIN};
constexpr Rights kToRunFirst{CAP_SYS_NICE};
constexpr Rights kToReadTracefs{CAP_DAC_READ_SEARCH};
constexpr Rights kToSeePackets{CAP_NET_ADMIN, CAP_NET_RAW};

base::Error failure(const char *what)
{
    const int error = errno;
    return base::fail(error == EPERM ? base::Code::NotPermitted : base::Code::Io, what, {}, error);
}

// Descriptors could be files of a user with more rights than ours, or take the numbers of the standard three.
base::Result<> keepStandardStreamsOnly()
{
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", O_RDWR) != fd)
            return failure("cannot open /dev/null");
    if (::syscall(SYS_close_range, STDERR_FILENO + 1U, ~0U, 0U) != 0 && errno != ENOSYS)
        return failure("cannot close inherited files");
    return {};
}

// @source pkexec(1): PKEXEC_UID is the user id of the process that invoked it
base::Result<std::optional<uid_t>> callerOfPkexec()
{
    const char *text = std::getenv("PKEXEC_UID");
    if (!text || ::geteuid() != 0)
        return std::optional<uid_t>{};
    const std::string_view digits(text);
    uid_t uid = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), uid);
    if (error != std::errc{} || end != digits.data() + digits.size())
        return base::fail(base::Code::InvalidArgument, "PKEXEC_UID is not a user id");
    return std::optional<uid_t>(uid);
}

// Keeps what is permitted: from here on pkexec and file capabilities are the same case.
base::Result<> become(uid_t uid)
{
    const auto *entry = ::getpwuid(uid);
    if (!entry)
        return base::fail(base::Code::NotFound, "PKEXEC_UID names no user of this machine");
    const gid_t gid = entry->pw_gid;
    if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || ::setgroups(0, nullptr) != 0 ||
        ::setresgid(gid, gid, gid) != 0 || ::setresuid(uid, uid, uid) != 0 ||
        ::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) != 0)
        return failure("cannot become the user who started pkexec");
    return {};
}

/// Only a holder of CAP_SETPCAP may; for all others no-new-privs closes that way.
void emptyBoundingSet()
{
    const RightsScope raised{{CAP_SETPCAP}};
    for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
        ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

/// @param rights stay permitted as far as they are; no other set keeps anything.
base::Result<> permitOnly(Rights rights)
{
    const Capabilities sets(cap_init(), cap_free);
    if (!sets)
        return failure("cannot make a set of capabilities");
    const auto kept = Rights::permitted().within(rights);
    for (cap_value_t capability = 0; capability < 64; ++capability)
        if (kept.has(capability) && cap_set_flag(sets.get(), CAP_PERMITTED, 1, &capability, CAP_SET) != 0)
            return failure("cannot name a capability");
    if (cap_set_proc(sets.get()) != 0)
        return failure("cannot drop capabilities");
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return {};
}
} // namespace

Rights rightsOf(Mode mode)
{
    const auto shipped =
        kToLoad.with(kToMeasureCost).with(kToRunFirst).with(kToBecomeAnother).with(kToSeePackets);
    switch (mode) {
    case Mode::Shipped:
        return shipped;
    case Mode::UserProbes:
        return shipped.with(kToReadTracefs);
    case Mode::Scripts:
        return Rights::fromBits(~std::uint64_t{0}); // bpftrace starts only as a root that has everything
    }
    return {};
}

base::Result<> keepOnly(Mode mode)
{
    STATESCAPE_CHECK(keepStandardStreamsOnly());
    STATESCAPE_TRY(const auto caller, callerOfPkexec());
    ::clearenv();
    constexpr rlimit kNothing{0, 0};
    if (::setrlimit(RLIMIT_CORE, &kNothing) != 0)
        return failure("cannot switch core dumps off");
    // Until 5.11 maps count against it; later kernels and rootless callers do not need it and may refuse.
    constexpr rlimit kAll{RLIM_INFINITY, RLIM_INFINITY};
    [[maybe_unused]] const int refused = ::setrlimit(RLIMIT_MEMLOCK, &kAll);
    if (mode != Mode::Scripts)
        emptyBoundingSet();
    if (caller)
        STATESCAPE_CHECK(become(*caller));
    STATESCAPE_CHECK(permitOnly(rightsOf(mode)));
    // Others of the same user could write into its memory or take its files otherwise.
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return failure("cannot keep others of this user out");
    return {};
}

void raisePriority()
{
    // Niceness counts inside one autogroup or cgroup only: a storm of switches in another one kept the helper
    // from its CPU for seconds. The bound keeps a runaway from doing the same to others.
    constexpr rlimit kLongestRun{200'000, 400'000}; // µs of CPU without a sleep; a tick takes under 1,000
    constexpr int kNice = -10;
    const RightsScope raised(kToRunFirst);
    const sched_param lowest{1};
    if (setrlimit(RLIMIT_RTTIME, &kLongestRun) == 0 && sched_setscheduler(0, SCHED_RR, &lowest) == 0)
        return;
    // Refused without CAP_SYS_NICE; late ticks are counted all the same.
    [[maybe_unused]] const int refused = setpriority(PRIO_PROCESS, 0, kNice);
}

base::Result<> dropPrivilege()
{
    emptyBoundingSet();
    if (::geteuid() == 0) {
        // Root without capabilities still owns the files of the system.
        const RightsScope raised(kToBecomeAnother);
        [[maybe_unused]] const int groups = ::setgroups(0, nullptr);
        ::setfsgid(kNobody);
        ::setfsuid(kNobody);
    }
    STATESCAPE_CHECK(permitOnly({}));
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return failure("cannot set no-new-privs");
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return failure("cannot keep others of this user out");
    return {};
}

base::Result<> dieWithParent()
{
    if (::prctl(PR_SET_PDEATHSIG, SIGHUP, 0, 0, 0) != 0)
        return failure("cannot ask for a signal at the parent's death");
    return {};
}

} // namespace statescape::helper
