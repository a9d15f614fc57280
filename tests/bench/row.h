// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <unistd.h>

/// What the benchmarks share: one way to time, to ask the peer and to print a row of `./bench`.
namespace statescape::bench {
using nlohmann::json;

/// The program beside which a row stands; value 0 says there is none.
struct Peer {
    std::string name;
    double value = 0;
};

/// @param ratio how many times better ours is
inline void printRow(const std::string &group, const std::string &name, double value, const std::string &unit,
                     const Peer &peer, double ratio, const std::string &note)
{
    json row{{"group", group},  {"name", name},          {"value", value},   {"unit", unit},
             {"peer", nullptr}, {"peer_value", nullptr}, {"ratio", nullptr}, {"note", note}};
    if (peer.value > 0) {
        row["peer"] = peer.name;
        row["peer_value"] = peer.value;
        row["ratio"] = ratio;
    }
    std::printf("%s\n", row.dump().c_str());
    std::fflush(stdout);
}

/// A row where less is better.
inline void printRow(const std::string &group, const std::string &name, double value, const std::string &unit,
                     const Peer &peer = {}, const std::string &note = {})
{
    printRow(group, name, value, unit, peer, peer.value / value, note);
}

template <class Work>
double milliseconds(Work work)
{
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

/// @return the shortest of three, or the only one where it took more than two seconds.
template <class Work>
double bestMs(Work work)
{
    const double first = milliseconds(work);
    return first > 2000 ? first : std::min({first, milliseconds(work), milliseconds(work)});
}

/// Runs a script of ours on raw values with the first python3 that has @p module.
/// @return the object it prints; null where none has it
inline json askPython(const std::string &script, std::span<const float> values, const std::string &arguments,
                      const std::string &module = "sklearn")
{
    const auto file =
        std::filesystem::temp_directory_path() / ("statescape-bench-" + std::to_string(::getpid()));
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char *>(values.data()),
               static_cast<std::streamsize>(values.size_bytes()));
    // PATH may put a python3 without it before the system's.
    const std::string command = "for p in $(which -a python3 2>/dev/null); do \"$p\" -c 'import " + module +
                                "' 2>/dev/null && exec \"$p\" '" + script + "' '" + file.string() + "' " +
                                arguments + " 2>/dev/null; done";
    std::string text;
    if (FILE *pipe = ::popen(command.c_str(), "r")) {
        for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe))
            text += static_cast<char>(c);
        ::pclose(pipe);
    }
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
    const json out = json::parse(text, nullptr, false);
    return out.is_object() ? out : json();
}

} // namespace statescape::bench
