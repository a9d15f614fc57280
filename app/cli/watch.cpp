// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/child.h"
#include "app/cli/commands.h"
#include "app/cli/model_file.h"
#include "app/cli/probe_tools.h"
#include "app/cli/score_line.h"

#include "core/base/log.h"
#include "core/schema/entities.h"
#include "core/session/alarm.h"
#include "core/session/entity_roll.h"
#include "core/source/source.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fmt/core.h>
#include <memory>
#include <mutex>

namespace statescape::cli {
namespace {

struct WatchOptions {
    std::string model, interval, metrics, duration, helper, budget = "1%";
    int run = 3;
    bool json = false, once = false, untilAlarm = false, knownOnly = false;
};

/// Scores samples as they come; everything is called on the source's thread.
class Watcher {
public:
    Watcher(const WatchOptions &options, const model::Model &model, std::vector<int> columns)
        : m_options(options)
        , m_model(model)
        , m_columns(std::move(columns))
        , m_alarm({options.run, !options.knownOnly, 1.0F})
    {}

    void add(const feature::FeatureFrame &frame)
    {
        if (m_done)
            return;
        // The first interval has nothing to be compared with: not a state, and not abnormal.
        if (m_samples++ == 0 && !frame.about)
            return;
        auto placed = frame;
        m_roll.place(placed);
        const auto entity = schema::entityText(m_model.entityKind(), m_roll.entities(), placed.entity);
        const auto score = m_model.score(frame.values, m_columns);
        if (score.cluster < 0 && score.abnormality == 0 && !m_toldBlind) {
            m_toldBlind = true;
            base::log(base::LogLevel::Warning,
                      "this sample cannot be judged: too many of the model's features are missing here; "
                      "statescape doctor says which probes are off and why");
        }
        const bool raised = m_alarm.add(frame.timeNs, score, m_model, placed.entity);
        const auto alarm = m_alarm.of(placed.entity);
        if (m_options.json)
            fmt::print("{}\n",
                       scoreJson(frame.timeNs, entity, score, m_model, frame.seen, alarm.has_value()));
        else
            fmt::print("{}  {}{:<24} {:<9} confidence {:.2f}  abnormality {:.2f}{}{}\n",
                       base::formatRfc3339(base::realtimeNs()),
                       frame.about ? fmt::format("{:<32} ", entity) : std::string(),
                       stateName(score, m_model),
                       score.cluster < 0 ? "unknown" : schema::polarityKey(score.polarity), score.confidence,
                       score.abnormality, alarm ? "  ALARM" : "",
                       estimateText(frame.values, m_columns, m_model, frame.seen));
        std::fflush(stdout);
        if (raised)
            tell(*alarm, frame.about ? entity : std::string());
        // With --once a whole interval is told of.
        const bool once = m_options.once && !frame.more;
        if (std::ferror(stdout) != 0 || once || (raised && m_options.untilAlarm)) {
            m_alarmed = raised && m_options.untilAlarm;
            m_done = true;
            kill(getpid(), SIGUSR1);
        }
    }
    [[nodiscard]] bool done() const { return m_done; }
    [[nodiscard]] bool alarmed() const { return m_alarmed; }

private:
    static void tell(const session::Alarm &alarm, const std::string &entity)
    {
        base::log(base::LogLevel::Warning,
                  fmt::format("alarm: {}{}{} for {} samples, {}", entity, entity.empty() ? "" : " is ",
                              alarm.state, alarm.samples,
                              base::formatDuration(alarm.raisedNs - alarm.sinceNs)));
    }

    const WatchOptions &m_options;
    const model::Model &m_model;
    const std::vector<int> m_columns;
    session::AlarmWatch m_alarm;
    session::EntityRoll m_roll;
    std::uint64_t m_samples = 0;
    bool m_toldBlind = false;
    std::atomic<bool> m_done{false};
    std::atomic<bool> m_alarmed{false};
};

/// @return what the model's features come from, and nothing else. @error a probe of the user's that cannot be
/// had here
base::Result<schema::ProbePlan> planOf(const model::Model &model)
{
    schema::ProbePlan plan;
    plan.entity = model.entityKind();
    if (plan.entity != schema::EntityKind::Host) {
        plan.probes = schema::entityProbes();
        return plan;
    }
    plan.probes = 0;
    std::vector<std::string> own;
    for (const auto &feature : model.features()) {
        if (const auto probe = schema::probeFromKey(feature.probe); probe != schema::Probe::kCount)
            plan.probes |= schema::bitOf(probe);
        else if (feature.probe.find(':') != std::string::npos &&
                 std::ranges::find(own, feature.probe) == own.end())
            own.push_back(feature.probe);
    }
    for (const auto &text : own) {
        STATESCAPE_TRY(plan.user.emplace_back(), readExistingProbe(text));
    }
    // A model of samples from elsewhere names no probes.
    if (plan.probes == 0 && plan.user.empty())
        plan.probes = schema::defaultProbes();
    STATESCAPE_CHECK(schema::check(plan));
    return plan;
}

base::Result<int> runWatch(const WatchOptions &options)
{
    if (!options.metrics.empty())
        return base::fail(base::Code::NotSupported, "--metrics is not in this version",
                          "use --json and a log shipper");
    if (options.run < 1 || options.run > 1000)
        return base::fail(base::Code::InvalidArgument, fmt::format("--run {} is out of range", options.run),
                          "use 1 to 1000");
    STATESCAPE_TRY(const auto model, loadModel(options.model));
    source::HelperOptions helper;
    STATESCAPE_TRY(helper.plan, planOf(model));
    STATESCAPE_TRY(helper.plan.budgetPercent, parseBudget(options.budget));
    const schema::Layout layout(helper.plan);
    STATESCAPE_TRY(auto columns, model.bind(*layout.schema()));
    helper.program = options.helper;
    if (model.options().intervalNs != 0)
        helper.intervalNs = model.options().intervalNs;
    if (!options.interval.empty()) {
        STATESCAPE_TRY(helper.intervalNs, base::parseDuration(options.interval));
    }
    std::uint64_t durationNs = 0;
    if (!options.duration.empty()) {
        STATESCAPE_TRY(durationNs, base::parseDuration(options.duration));
        if (durationNs == 0)
            return base::fail(base::Code::InvalidArgument,
                              "--duration " + options.duration + " ends before it begins",
                              "leave it out to go on until interrupted");
    }
    Signals signals;
    Watcher watcher(options, model, std::move(columns));
    std::mutex mutex;
    source::SourceStatus last;
    STATESCAPE_TRY(auto live, source::HelperSource::start(
                                  helper, {[&](const feature::FeatureFrame &frame) { watcher.add(frame); },
                                           [&](const source::SourceStatus &status) {
                                               const std::lock_guard lock(mutex);
                                               if (status.text != last.text)
                                                   base::log(base::LogLevel::Info, status.text);
                                               last = status;
                                           }}));
    STATESCAPE_TRY(const auto hello, live->hello(20'000'000'000));
    STATESCAPE_CHECK(requireOwnProbes(hello, layout));
    const std::uint64_t begun = base::monotonicNs();
    while (!watcher.done()) {
        {
            const std::lock_guard lock(mutex);
            if (last.state == source::HelperState::Failed)
                return base::fail(base::Code::Disconnected, last.text, last.hint);
        }
        if (const auto number = signals.wait(200'000'000); number && *number != SIGCHLD)
            break;
        if (durationNs != 0 && base::monotonicNs() - begun >= durationNs)
            break;
    }
    live.reset();
    return static_cast<int>(watcher.alarmed() ? base::ExitStatus::Alarm : base::ExitStatus::Done);
}
} // namespace

Run addWatch(CLI::App &app)
{
    const auto options = std::make_shared<WatchOptions>();
    app.add_option("--model", options->model, "FILE or FILE:NAME, or an exported model")->required();
    app.add_flag("--json", options->json, "one object a line");
    app.add_flag("--once", options->once, "one scored sample, then end");
    app.add_flag("--until-alarm", options->untilAlarm, "end with status 3 when an alarm is raised");
    app.add_option("--run", options->run, "bad samples in a row that make an alarm")->capture_default_str();
    app.add_flag("--known-only", options->knownOnly, "unknown samples are not bad");
    app.add_option("--interval", options->interval, "50ms to 60s (default: the model's)");
    app.add_option("--duration", options->duration, "end after this long");
    app.add_option("--metrics", options->metrics, "ADDR (comes later)");
    app.add_option(
           "--budget", options->budget,
           "what the probes may cost, of one CPU, or off; over it the dearest ones look only a part of the "
           "time")
        ->capture_default_str();
    app.add_option("--helper", options->helper, "path of statescape-helper");
    return [options] {
        const auto status = runWatch(*options);
        return status ? *status : failed(status.error());
    };
}

} // namespace statescape::cli
