// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "private_bus.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {
namespace fs = std::filesystem;
constexpr const char *kBus = "/usr/bin/dbus-daemon";
constexpr const char *kPolkit = "/usr/lib/polkit-1/polkitd";
constexpr const char *kActions = "/usr/share/polkit-1/actions";
constexpr std::array kRules{"/etc/polkit-1/rules.d", "/usr/share/polkit-1/rules.d"};

void write(const std::string &path, const std::string &text)
{
    std::ofstream(path) << text;
    ::chmod(path.c_str(), 0644);
}

std::string read(const std::string &path)
{
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}
} // namespace

std::optional<std::string> PrivateBus::start(const std::string &policy)
{
    for (const char *needed : {kBus, kPolkit, "/usr/bin/pkexec", "/usr/bin/pkaction", kActions})
        if (::access(needed, F_OK) != 0)
            return std::string(needed) + " is not installed";
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
        return "no mount namespace of its own: " + std::string(std::strerror(errno));
    // What any program falls to that has no action of its own.
    const auto everyone = read(std::string(kActions) + "/org.freedesktop.policykit.policy");
    std::vector<std::string> hidden{"/run/dbus", kActions};
    for (const char *rules : kRules)
        if (fs::is_directory(rules))
            hidden.emplace_back(rules);
    fs::create_directories("/run/dbus");
    for (const auto &folder : hidden)
        if (::mount("none", folder.c_str(), "tmpfs", 0, "mode=0755") != 0)
            return folder + " cannot be hidden: " + std::strerror(errno);
    write(std::string(kActions) + "/org.statescape.helper.policy", policy);
    write(std::string(kActions) + "/org.freedesktop.policykit.policy", everyone);
    m_bus = run({kBus, "--system", "--nofork", "--nopidfile", "--nosyslog"});
    for (int i = 0; i < 500 && ::access("/run/dbus/system_bus_socket", F_OK) != 0; ++i)
        ::usleep(10'000);
    return ::access("/run/dbus/system_bus_socket", F_OK) == 0
               ? std::nullopt
               : std::optional<std::string>("dbus-daemon does not start");
}

PrivateBus::~PrivateBus()
{
    stop(m_polkit);
    stop(m_bus);
}

bool PrivateBus::authorise(const std::string &rule)
{
    stop(m_polkit);
    write(std::string(kRules[0]) + "/10-test.rules", rule);
    m_polkit = run({kPolkit, "--no-debug"});
    for (int i = 0; i < 100; ++i) {
        if (std::system("pkaction --action-id org.statescape.helper.shipped >/dev/null 2>&1") == 0)
            return true;
        ::usleep(50'000);
    }
    return false;
}

pid_t PrivateBus::run(const std::vector<std::string> &command)
{
    std::vector<char *> arguments;
    for (const auto &word : command)
        arguments.push_back(const_cast<char *>(word.c_str()));
    arguments.push_back(nullptr);
    const pid_t pid = ::fork();
    if (pid != 0)
        return pid;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int nowhere = ::open("/dev/null", O_RDWR);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        ::dup2(nowhere, fd);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

void PrivateBus::stop(pid_t &pid)
{
    if (pid <= 0)
        return;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    pid = -1;
}
