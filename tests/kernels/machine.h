// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QTest>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/utsname.h>

/// These tests run on this machine's own kernel and in machines that packaging/kernels/boot.sh makes. There
/// nobody else does anything, every right is given, and what is not there is a failure; here it is a reason
/// to skip.
namespace machine {

inline bool ours()
{
    return std::getenv("STATESCAPE_MACHINE") != nullptr;
}
/// @return a folder on a disk.
inline std::string disk()
{
    const char *folder = std::getenv("STATESCAPE_DISK");
    return folder ? folder : STATESCAPE_BIN;
}
/// @return a disk that holds nothing; empty where there is none to spare.
inline std::string spareDisk()
{
    const char *device = std::getenv("STATESCAPE_SPARE_DISK");
    return device ? device : "";
}
/// @return how many more events than expected are somebody else's.
inline std::uint64_t others(std::uint64_t inOurs = 2000)
{
    return ours() ? inOurs : 50'000;
}
inline std::string helper()
{
    return STATESCAPE_BIN "/statescape-helper";
}
/// @return whether the kernel is of that release or later.
inline bool kernelIs(int major, int minor)
{
    utsname name{};
    int has[2] = {0, 0};
    return ::uname(&name) == 0 && std::sscanf(name.release, "%d.%d", &has[0], &has[1]) == 2 &&
           (has[0] > major || (has[0] == major && has[1] >= minor));
}
/// @return how a probe stands, for note().
inline std::string standing(bool available, const std::string &probe, std::string reason)
{
    if (reason.starts_with(probe + ": "))
        reason.erase(0, probe.size() + 2);
    if (available && reason.starts_with("cost is the recorded figure"))
        reason.clear();
    return (available ? "yes" : "no") + (reason.empty() ? std::string() : ": " + reason);
}
/// A line for the table of docs/kernels.md.
inline void note(const std::string &what, const std::string &how)
{
    std::printf("NOTE %s|%s\n", what.c_str(), how.c_str());
    std::fflush(stdout);
}

} // namespace machine

#define NOT_HERE(reason)                                                                                     \
    do {                                                                                                     \
        if (machine::ours())                                                                                 \
            QFAIL(std::string(reason).c_str());                                                              \
        QSKIP(std::string(reason).c_str());                                                                  \
    } while (false)

#define VERIFY_BETWEEN(actual, least, most)                                                                  \
    do {                                                                                                     \
        const std::uint64_t a_ = (actual), l_ = (least), m_ = (most);                                        \
        QVERIFY2(a_ >= l_ && a_ <= m_,                                                                       \
                 qPrintable(QString("%1 is %2, expected %3 to %4").arg(#actual).arg(a_).arg(l_).arg(m_)));   \
    } while (false)

/// At least what was done, and no more than others may have added.
#define VERIFY_COUNT(actual, expected) VERIFY_BETWEEN(actual, expected, (expected) + machine::others())
