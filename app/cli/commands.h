// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/error.h"
#include "core/base/result.h"
#include "core/store/session_store.h"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

/// One function per command: declares its options on the app and returns what to run after parsing. Each runs
/// on the main thread and returns the process's exit status.
namespace statescape::cli {

using Run = std::function<int()>;

Run addTour(CLI::App &app);
Run addDoctor(CLI::App &app);
Run addProbes(CLI::App &app);
/// @param command what stood after "--"
Run addRecord(CLI::App &app, const std::vector<std::string> &command);
Run addImport(CLI::App &app);
Run addInfo(CLI::App &app);
Run addLabel(CLI::App &app);
Run addTrain(CLI::App &app);
Run addScore(CLI::App &app);
Run addWatch(CLI::App &app);
Run addExport(CLI::App &app);
/// @param self this program's arguments after "plot"
Run addPlot(CLI::App &app);

/// Prints one line on standard error. @return the exit status of that error
int failed(const base::Error &error);

/// A label as written on the command line: "positive", "negative:disk stall", "clear", ":NAME".
struct LabelWord {
    schema::Polarity polarity = schema::Polarity::None;
    std::string className;
    bool clear = false;
};
base::Result<LabelWord> parseLabelWord(const std::string &text, bool clearAllowed);

/// Reads RFC 3339 or "+12.5s". @return CLOCK_MONOTONIC ns of the session. @error InvalidArgument
base::Result<std::uint64_t> parseSessionTime(const std::string &text, const store::SessionInfo &session);

/// @return the session of that id, or the newest with samples when 0. @error NotFound
base::Result<store::SessionInfo> pickSession(const store::SessionStore &file, store::SessionId id);

/// Reads what the probes may cost: "1%", "0.5", "off".
/// @return % of one CPU, 0: no bound. @error InvalidArgument
base::Result<double> parseBudget(const std::string &text);

/// @return directory of the running program, without a trailing slash.
std::string programDirectory();

} // namespace statescape::cli
