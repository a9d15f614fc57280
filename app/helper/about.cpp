// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/helper/about.h"

#include <array>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace statescape::helper {

std::string aboutText()
{
    return "statescape-helper " STATESCAPE_VERSION ": reads the kernel's counters for Statescape.\n"
           "It is started by `statescape` and `statescape-workbench`, not by hand, and talks binary frames "
           "over\n"
           "its standard input and output.\n\n"
           "  --shipped      serve a plan of shipped probes and packet counters, as without an argument\n"
           "  --user-probes  serve a plan that also has hooks of the user's choice\n"
           "  --scripts      serve a plan that also has bpftrace scripts\n"
           "  --check    print which probes stand on this machine, with the rights this program has\n"
           "  --version  print the version\n"
           "  --help     print this\n";
}

std::string standingText(std::span<const wire::ProbeState> probes)
{
    std::string text;
    for (const auto &state : probes) {
        text += schema::info(state.probe).key;
        text +=
            state.available ? ": available" : ": not available, " + std::string(base::codeName(state.code));
        if (!state.reason.empty())
            text += " (" + state.reason + ")";
        if (!state.hint.empty())
            text += "\n    try: " + state.hint;
        text += '\n';
    }
    return text;
}

bool startedByProgram()
{
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO}) {
        struct stat info {};
        if (::fstat(fd, &info) != 0 || !(S_ISFIFO(info.st_mode) || S_ISSOCK(info.st_mode)))
            return false;
    }
    return true;
}

std::string ownPath()
{
    std::array<char, 4096> path{};
    const auto size = ::readlink("/proc/self/exe", path.data(), path.size());
    return size > 0 ? std::string(path.data(), static_cast<std::size_t>(size)) : "statescape-helper";
}

std::string kernelRelease()
{
    utsname name{};
    return ::uname(&name) == 0 ? name.release : "";
}

} // namespace statescape::helper
