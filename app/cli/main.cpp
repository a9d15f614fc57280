// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"

#include "core/base/log.h"
#include "core/hooks/name_list.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <unistd.h>

namespace {
using statescape::cli::Run;

int openWorkbench()
{
    const std::string program = statescape::cli::programDirectory() + "/statescape-workbench";
    const auto set = [](const char *name) {
        const char *value = std::getenv(name);
        return value != nullptr && *value != '\0';
    };
    if (!set("DISPLAY") && !set("WAYLAND_DISPLAY") && !set("QT_QPA_PLATFORM"))
        return statescape::cli::failed(statescape::base::fail(
            statescape::base::Code::NotSupported, "there is no display for the workbench here",
            "run statescape tour for the whole story, or see statescape --help"));
    execl(program.c_str(), program.c_str(), static_cast<char *>(nullptr));
    return statescape::cli::failed(
        statescape::base::fail(statescape::base::Code::NotSupported, "no workbench at " + program,
                               "this is an installation without a desktop; see statescape --help", errno));
}
/// @return a command that may have been meant, or nothing.
std::string nearest(const CLI::App &app, const std::string &word)
{
    constexpr std::size_t kFarthest = 2;
    std::string best;
    std::size_t least = kFarthest + 1;
    for (const auto *sub : app.get_subcommands({})) {
        const auto distance = statescape::hooks::editDistance(word, sub->get_name(), kFarthest);
        if (distance < least) {
            least = distance;
            best = sub->get_name();
        }
    }
    return best;
}

/// What could not be printed is not done, whatever else went well. A pipe's reader that has had enough is no
/// failure.
int printed(int status)
{
    errno = 0;
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0)
        return status;
    if (errno == EPIPE)
        return status;
    return statescape::cli::failed(statescape::base::fail(statescape::base::Code::Io,
                                                          "standard output cannot be written",
                                                          "free some space, or send it elsewhere", errno));
}

/// {fmt} throws where the C library says that a write failed.
int runAndPrint(const Run &run)
{
    try {
        return printed(run());
    } catch (const std::system_error &error) {
        if (error.code().value() == EPIPE)
            return 0;
        return statescape::cli::failed(
            statescape::base::fail(statescape::base::Code::Io, "standard output cannot be written",
                                   "free some space, or send it elsewhere", error.code().value()));
    }
}
} // namespace

int main(int argc, char **argv)
{
    if (argc == 1)
        return openWorkbench();
    // What stands after "--" belongs to the recorded command, options and all.
    std::vector<std::string> arguments(argv + 1, argv + argc);
    std::vector<std::string> command;
    if (const auto dashes = std::find(arguments.begin(), arguments.end(), "--"); dashes != arguments.end()) {
        command.assign(dashes + 1, arguments.end());
        arguments.erase(dashes, arguments.end());
    }

    CLI::App app("Turns what a Linux kernel does into points you can look at, name, and watch for.",
                 "statescape");
    app.set_version_flag("--version", "statescape " STATESCAPE_VERSION);
    app.require_subcommand(1);
    app.footer("Without a command the workbench opens. Exit status: 0 done, 1 failed, 2 wrong use, 3 alarm, "
               "4 not permitted, "
               "5 not supported here.");
    using namespace statescape::cli;
    struct Entry {
        CLI::App *app;
        Run run;
    };
    std::vector<Entry> entries;
    const auto add = [&](const char *name, const char *help, auto declare) {
        auto *sub = app.add_subcommand(name, help);
        entries.push_back({sub, declare(*sub)});
    };
    add("tour", "the whole story on this machine in about two minutes", addTour);
    add("doctor", "what works here, and why something does not", addDoctor);
    add("probes", "probes and features with units and hooks", addProbes);
    add("record", "record this machine into a session file",
        [&](CLI::App &sub) { return addRecord(sub, command); });
    add("import", "samples from elsewhere, as CSV", addImport);
    add("info", "what a session file holds", addInfo);
    add("label", "label samples by time or by a condition", addLabel);
    add("train", "train a model on the labelled samples", addTrain);
    add("score", "score the samples of a session with a model", addScore);
    add("watch", "score this machine live and raise alarms", addWatch);
    add("export", "write a model for another program", addExport);
    add("plot", "draw the workbench's views into a PNG", addPlot);

    const bool unknown = !arguments.empty() && arguments.front().rfind('-', 0) != 0 &&
                         std::none_of(entries.begin(), entries.end(), [&](const Entry &entry) {
                             return entry.app->get_name() == arguments.front();
                         });
    const auto near = unknown ? nearest(app, arguments.front()) : std::string();
    if (unknown)
        return failed(statescape::base::fail(
            statescape::base::Code::InvalidArgument, "there is no command '" + arguments.front() + "'",
            (near.empty() ? "" : "did you mean " + near + "? ") + "see statescape --help"));
    try {
        std::reverse(arguments.begin(), arguments.end());
        app.parse(arguments);
    } catch (const CLI::Success &success) {
        return app.exit(success);
    } catch (const CLI::ParseError &error) {
        std::string where = "statescape";
        for (const auto *sub : app.get_subcommands())
            where += " " + sub->get_name();
        std::string what = error.what();
        // CLI11 names them last to first.
        if (const auto rest = app.remaining(true);
            dynamic_cast<const CLI::ExtrasError *>(&error) && !rest.empty())
            what = "'" + rest.front() + "' is not known here";
        statescape::base::log(statescape::base::LogLevel::Error, what + "; see " + where + " --help");
        return static_cast<int>(statescape::base::ExitStatus::WrongUse);
    }
    for (const auto &entry : entries)
        if (entry.app->parsed()) {
            if (!command.empty() && entry.app->get_name() != "record")
                return failed(statescape::base::fail(statescape::base::Code::InvalidArgument,
                                                     "only record takes a command after --",
                                                     "drop what stands after --"));
            return runAndPrint(entry.run);
        }
    return static_cast<int>(statescape::base::ExitStatus::WrongUse);
}
