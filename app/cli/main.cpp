// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"

#include "core/base/log.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
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

    if (!arguments.empty() && arguments.front().rfind('-', 0) != 0 &&
        std::none_of(entries.begin(), entries.end(),
                     [&](const Entry &entry) { return entry.app->get_name() == arguments.front(); }))
        return failed(statescape::base::fail(statescape::base::Code::InvalidArgument,
                                             "there is no command '" + arguments.front() + "'",
                                             "see statescape --help"));
    try {
        std::reverse(arguments.begin(), arguments.end());
        app.parse(arguments);
    } catch (const CLI::Success &success) {
        return app.exit(success);
    } catch (const CLI::ParseError &error) {
        std::string where = "statescape";
        for (const auto *sub : app.get_subcommands())
            where += " " + sub->get_name();
        statescape::base::log(statescape::base::LogLevel::Error,
                              std::string(error.what()) + "; see " + where + " --help");
        return static_cast<int>(statescape::base::ExitStatus::WrongUse);
    }
    for (const auto &entry : entries)
        if (entry.app->parsed()) {
            if (!command.empty() && entry.app->get_name() != "record")
                return failed(statescape::base::fail(statescape::base::Code::InvalidArgument,
                                                     "only record takes a command after --",
                                                     "drop what stands after --"));
            return entry.run();
        }
    return static_cast<int>(statescape::base::ExitStatus::WrongUse);
}
