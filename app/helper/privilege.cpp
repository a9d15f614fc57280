// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/helper/privilege.h"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <grp.h>
#include <memory>
#include <pwd.h>
#include <sched.h>
#include <string_view>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace statescape::helper {
namespace {
base::Error failure(const char *what)
{
    const int error = errno;
    return base::fail(error == EPERM ? base::Code::NotPermitted : base::Code::Io, what, {}, error);
}

// @source pkexec(1): PKEXEC_UID is the user id of the process that invoked it
base::Result<> becomeCaller()
{
    const char *text = std::getenv("PKEXEC_UID");
    if (!text || ::geteuid() != 0)
        return {};
    const std::string_view digits(text);
    uid_t uid = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), uid);
    if (error != std::errc{} || end != digits.data() + digits.size())
        return base::fail(base::Code::InvalidArgument, "PKEXEC_UID is not a user id");
    const auto *entry = ::getpwuid(uid);
    if (!entry)
        return base::fail(base::Code::NotFound, "PKEXEC_UID names no user of this machine");
    const gid_t gid = entry->pw_gid;
    if (::setgroups(0, nullptr) != 0 || ::setresgid(gid, gid, gid) != 0 || ::setresuid(uid, uid, uid) != 0)
        return failure("cannot become the user who started pkexec");
    return {};
}
} // namespace

void raisePriority()
{
    // Niceness counts inside one autogroup or cgroup only: a storm of switches in another one kept the helper
    // from its CPU for seconds. The bound keeps a runaway from doing the same to others.
    constexpr rlimit kLongestRun{200'000, 400'000}; // µs of CPU without a sleep; a tick takes under 1,000
    constexpr int kNice = -10;
    const sched_param lowest{1};
    if (setrlimit(RLIMIT_RTTIME, &kLongestRun) == 0 &&
        sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &lowest) == 0)
        return;
    // Refused without CAP_SYS_NICE; late ticks are counted all the same.
    [[maybe_unused]] const int refused = setpriority(PRIO_PROCESS, 0, kNice);
}

base::Result<> dropPrivilege()
{
    // Only a holder of CAP_SETPCAP may shrink the bounding set; for all others no-new-privs closes that way.
    for (int capability = 0; capability <= CAP_LAST_CAP; ++capability)
        if (::prctl(PR_CAPBSET_READ, capability) == 1)
            ::prctl(PR_CAPBSET_DROP, capability);
    STATESCAPE_CHECK(becomeCaller());
    const std::unique_ptr<std::remove_pointer_t<cap_t>, int (*)(void *)> none(cap_init(), cap_free);
    if (!none || cap_set_proc(none.get()) != 0)
        return failure("cannot drop capabilities");
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return failure("cannot set no-new-privs");
    return {};
}

base::Result<> dieWithParent()
{
    if (::prctl(PR_SET_PDEATHSIG, SIGHUP, 0, 0, 0) != 0)
        return failure("cannot ask for a signal at the parent's death");
    return {};
}

} // namespace statescape::helper
