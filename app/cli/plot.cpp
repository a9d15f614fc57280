// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <unistd.h>

namespace statescape::cli {

Run addPlot(CLI::App &app)
{
    struct Options {
        std::string file, output, view = "2d", model, theme, size, session, colourBy, axes, density, depthCue,
                                  around;
        bool arrows = false;
    };
    const auto options = std::make_shared<Options>();
    app.add_option("FILE", options->file, "session file")->required();
    app.add_option("-o,--output", options->output, "PNG to write")->required();
    app.add_option("--view", options->view, "2d, 3d, timeline or window")
        ->check(CLI::IsMember({"2d", "3d", "timeline", "window"}));
    app.add_option("--model", options->model, "a model's name in FILE (default: the newest)");
    app.add_option("--session", options->session, "session id (default: the newest)");
    app.add_option("--theme", options->theme, "dark, light or contrast")
        ->check(CLI::IsMember({"dark", "light", "contrast"}));
    app.add_option("--size", options->size, "pixels, such as 1280x800");
    app.add_option("--colour-by", options->colourBy, "label, state, time, abnormality or a feature's key");
    app.add_option("--axes", options->axes,
                   "what the axes show: map (neighbours), or PC1 to PC8, map1 to map3 or features' keys, "
                   "apart by commas");
    app.add_option("--density", options->density, "how many points lie where, instead of the points")
        ->check(CLI::IsMember({"auto", "on", "off"}));
    app.add_option("--depth-cue", options->depthCue, "what tells near from far in 3D")
        ->check(CLI::IsMember({"fog", "eye-dome", "none"}));
    app.add_option("--around", options->around, "draw a lasso round this state or class");
    app.add_flag("--arrows", options->arrows, "draw what features do to a point's place");
    return [options] {
        // Drawing needs Qt, which servers may not have: a program of its own.
        const std::string program = programDirectory() + "/statescape-plot";
        std::vector<std::string> words{program,         options->file, "-o",
                                       options->output, "--view",      options->view};
        const auto pass = [&](const char *name, const std::string &value) {
            if (!value.empty())
                words.insert(words.end(), {name, value});
        };
        pass("--model", options->model);
        pass("--session", options->session);
        pass("--theme", options->theme);
        pass("--size", options->size);
        pass("--colour-by", options->colourBy);
        pass("--axes", options->axes);
        pass("--density", options->density);
        pass("--depth-cue", options->depthCue);
        pass("--around", options->around);
        if (options->arrows)
            words.emplace_back("--arrows");
        std::vector<char *> arguments;
        for (auto &word : words)
            arguments.push_back(word.data());
        arguments.push_back(nullptr);
        if (std::getenv("DISPLAY") == nullptr && std::getenv("WAYLAND_DISPLAY") == nullptr)
            setenv("QT_QPA_PLATFORM", "offscreen", 1);
        execv(program.c_str(), arguments.data());
        return failed(base::fail(base::Code::NotSupported, "no " + program,
                                 "install the desktop part of Statescape, which draws", errno));
    };
}

} // namespace statescape::cli
