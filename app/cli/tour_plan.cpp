// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/tour_plan.h"

#include "core/session/alarm.h"

#include <algorithm>
#include <thread>

namespace statescape::cli {
namespace {

std::vector<std::string> stress(std::vector<std::string> options)
{
    std::vector<std::string> command{"stress-ng", "--quiet"};
    command.insert(command.end(), options.begin(), options.end());
    return command;
}

std::vector<std::string> shell(const std::string &script)
{
    return {"sh", "-c", script};
}

bool touches(const feature::SampleLog::View &samples, std::size_t row, const Phase &phase)
{
    return samples.timeNs(row) > phase.beginNs && samples.timeNs(row) - samples.durationNs(row) < phase.endNs;
}

bool inside(const feature::SampleLog::View &samples, std::size_t row, const Phase &phase)
{
    return samples.timeNs(row) <= phase.endNs &&
           samples.timeNs(row) - samples.durationNs(row) >= phase.beginNs;
}
} // namespace

std::vector<Phase> tourPlan(std::uint64_t phaseNs, const std::filesystem::path &scratch)
{
    const std::string cpus = std::to_string(std::max(1U, std::thread::hardware_concurrency()));
    const auto fault = [&](std::string name, std::vector<std::string> command) {
        return Phase{std::move(name), true, std::move(command), phaseNs, 0, 0, 0};
    };
    const Phase cpu = fault(
        "cpu hog", stress({"--cpu", std::to_string(std::stoi(cpus) + 1), "--cpu-method", "matrixprod"}));
    const Phase forks = fault("fork storm", stress({"--fork", "4"}));
    const Phase disk = fault("disk sync", stress({"--hdd", "2", "--hdd-bytes", "64m", "--hdd-opts", "fsync",
                                                  "--temp-path", scratch.string()}));
    const Phase switches = fault("switch storm", stress({"--switch", "4"}));
    const Phase memory =
        fault("memory churn", stress({"--vm", "2", "--vm-bytes", "256m", "--vm-method", "write64"}));

    const Phase quiet{"quiet", false, {}, phaseNs, 0, 0, 0};
    // What a machine does on a good day: archiving with pauses, hashing in a pipe. Never more than a core for
    // long.
    const Phase busyA{
        "busy",
        false,
        shell("while :; do tar -cf - /usr/include 2>/dev/null | gzip -1 >/dev/null; sleep 0.2; done"),
        phaseNs,
        0,
        0,
        0};
    const Phase busyB{"busy",
                      false,
                      shell("while :; do tar -cf - /usr/lib/python3 /usr/share/perl 2>/dev/null | sha256sum "
                            ">/dev/null; sleep 0.2; done"),
                      phaseNs,
                      0,
                      0,
                      0};

    std::vector<Phase> plan{quiet,    busyA, cpu,    quiet, forks, busyB,  disk,  quiet,
                            switches, busyA, memory, quiet, busyB, memory, quiet, switches,
                            busyA,    cpu,   quiet,  disk,  busyB, quiet,  forks, quiet};
    for (std::size_t i = 0; i < plan.size(); ++i)
        plan[i].half = i < plan.size() / 2 ? 0 : 1;
    return plan;
}

double TourResult::f1() const
{
    const double p = precision();
    const double r = recall();
    return p + r == 0 ? 0.0 : 2 * p * r / (p + r);
}

TourResult judge(const std::vector<Phase> &plan, const feature::SampleLog::View &samples,
                 const model::Model &model, const std::vector<int> &columns)
{
    TourResult out;
    out.phases.resize(plan.size());
    session::AlarmRule rule;
    rule.run = TourResult::kAlarmRun;
    session::AlarmWatch alarms(rule);
    std::vector<int> firstTouched(plan.size(), -1);
    int index = 0;
    for (std::size_t row = 0; row < samples.rows(); ++row) {
        const auto touched = std::find_if(plan.begin(), plan.end(), [&](const Phase &phase) {
            return phase.half == 1 && touches(samples, row, phase);
        });
        if (touched == plan.end())
            continue;
        ++index;
        const auto score = model.score(samples.row(row), columns);
        const bool bad = session::AlarmWatch::isBad(rule, score);
        const bool raised = alarms.add(samples.timeNs(row), score, model);
        // A phase ends where the next begins, so a boundary sample touches two.
        bool nearFault = false;
        for (std::size_t p = 0; p < plan.size(); ++p) {
            if (plan[p].half != 1 || !touches(samples, row, plan[p]) || !plan[p].fault)
                continue;
            nearFault = true;
            if (firstTouched[p] < 0)
                firstTouched[p] = index;
            if (bad && out.phases[p].delay < 0)
                out.phases[p].delay = index - firstTouched[p];
        }
        const auto p = static_cast<std::size_t>(touched - plan.begin());
        if (!inside(samples, row, *touched)) {
            ++out.boundary;
            continue;
        }
        if (raised && !nearFault)
            ++out.falseAlarms;
        auto &phase = out.phases[p];
        ++phase.samples;
        phase.right += bad == touched->fault ? 1 : 0;
        phase.unknown += score.cluster < 0 ? 1 : 0;
        ++phase.states[score.cluster < 0 ? "unknown"
                                         : model.states()[static_cast<std::size_t>(score.cluster)].name];
        ++(touched->fault ? (bad ? out.truePositive : out.falseNegative)
                          : (bad ? out.falsePositive : out.trueNegative));
    }
    for (std::size_t p = 0; p < plan.size(); ++p)
        if (plan[p].half == 1 && plan[p].fault && out.worstDelay >= 0)
            out.worstDelay = out.phases[p].delay < 0 ? -1 : std::max(out.worstDelay, out.phases[p].delay);
    return out;
}

} // namespace statescape::cli
