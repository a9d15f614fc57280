// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/child.h"
#include "app/cli/commands.h"
#include "app/cli/model_file.h"
#include "app/cli/model_report.h"
#include "app/cli/tour_plan.h"

#include "core/base/log.h"
#include "core/session/dataset.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fmt/core.h>
#include <memory>
#include <sys/wait.h>
#include <unistd.h>

namespace statescape::cli {
namespace {
namespace fs = std::filesystem;

constexpr std::uint64_t kIntervalNs = 250'000'000;
constexpr const char *kModelName = "tour";

struct TourOptions {
    std::string folder, helper, phase = "5s", budget = "off";
};

class Tour {
public:
    explicit Tour(const TourOptions &options)
        : m_options(options)
    {}

    base::Result<int> run()
    {
        STATESCAPE_TRY(const auto phaseNs, base::parseDuration(m_options.phase));
        if (phaseNs < 1'000'000'000 || phaseNs > 600'000'000'000)
            return base::fail(base::Code::InvalidArgument, "--phase " + m_options.phase + " is out of range",
                              "use 1s to 10m");
        STATESCAPE_CHECK(prepareFolder());
        m_plan = tourPlan(phaseNs, m_scratch);
        Signals signals;
        Child::adoptOrphans();
        {
            auto probe = Child::start({"stress-ng", "--version"}, signals, true);
            if (!probe)
                return base::fail(base::Code::NotSupported,
                                  "the tour needs stress-ng, which makes its faults",
                                  "install it: apt-get install stress-ng");
            while (!probe->poll())
                usleep(2'000);
        }
        STATESCAPE_CHECK(record(signals));
        std::error_code ignored;
        fs::remove_all(m_scratch, ignored);
        return finish();
    }

private:
    base::Result<> prepareFolder()
    {
        std::string stamp = base::formatRfc3339(base::realtimeNs()).substr(0, 19);
        for (char &c : stamp)
            if (c == ':')
                c = '-';
        m_story.folder =
            m_options.folder.empty() ? fs::path("statescape-tour-" + stamp) : fs::path(m_options.folder);
        m_scratch = m_story.folder / "scratch";
        std::error_code error;
        fs::create_directories(m_scratch, error);
        if (error)
            return base::fail(
                error == std::errc::permission_denied || error == std::errc::read_only_file_system
                    ? base::Code::NotPermitted
                    : base::Code::Io,
                m_story.folder.string() + " cannot be made", "choose another --out", error.value());
        m_scratch = fs::absolute(m_scratch);
        // An earlier tour in the same folder is replaced by this one as a whole, never mixed with it.
        m_story.sessionFile = "tour.statescape";
        for (const char *suffix : {"", "-wal", "-shm"})
            fs::remove(m_story.folder / (m_story.sessionFile + suffix), error);
        return {};
    }

    base::Result<> record(Signals &signals)
    {
        source::HelperOptions helper;
        helper.program = m_options.helper;
        helper.intervalNs = kIntervalNs;
        STATESCAPE_TRY(helper.plan.budgetPercent, parseBudget(m_options.budget));
        m_story.budgetPercent = helper.plan.budgetPercent;
        STATESCAPE_TRY(auto recording, session::Recording::start(m_story.folder / m_story.sessionFile, helper,
                                                                 "statescape tour"));
        STATESCAPE_TRY(const auto hello, recording->hello(20'000'000'000));
        std::string off;
        for (const auto &state : hello.probes)
            if (!state.available)
                off.append(off.empty() ? "" : ", ").append(schema::info(state.probe).key);
        if (!off.empty())
            base::log(base::LogLevel::Warning, "reduced: no data from " + off + "; see statescape doctor");
        std::uint64_t total = 0;
        for (const auto &phase : m_plan)
            total += phase.lengthNs;
        base::log(base::LogLevel::Info, fmt::format("recording {} with {} phases, {}", hello.kernel,
                                                    m_plan.size(), base::formatDuration(total)));
        std::vector<double> probeShares, helperShares;
        for (std::size_t i = 0; i < m_plan.size(); ++i) {
            auto &phase = m_plan[i];
            base::log(base::LogLevel::Info, fmt::format("{:2}/{} {} {}", i + 1, m_plan.size(),
                                                        phase.fault ? "fault " : "normal", phase.name));
            STATESCAPE_CHECK(runPhase(phase, signals));
            const auto status = recording->summary().status;
            if (status.state == source::HelperState::Failed)
                return base::fail(base::Code::Disconnected, status.text, status.hint);
            probeShares.push_back(status.probeCpuShare);
            helperShares.push_back(status.helperCpuShare);
        }
        usleep(2 * kIntervalNs / 1000);
        recording->stop();
        std::sort(probeShares.begin(), probeShares.end());
        std::sort(helperShares.begin(), helperShares.end());
        m_story.probeCpuShare = probeShares[probeShares.size() / 2];
        m_story.probeCpuShareMost = probeShares.back();
        m_story.helperCpuShare = helperShares[helperShares.size() / 2];
        for (const auto &phase : m_plan) {
            // Samples that hold a boundary belong to neither side: their middle may, their whole does not.
            STATESCAPE_CHECK(recording->label(
                phase.beginNs + kIntervalNs / 2, phase.endNs - kIntervalNs / 2,
                phase.fault ? schema::Polarity::Negative : schema::Polarity::Positive, phase.name));
        }
        STATESCAPE_TRY(m_story.summary, recording->finish());
        return {};
    }

    static base::Result<> runPhase(Phase &phase, Signals &signals)
    {
        std::optional<Child> child;
        phase.beginNs = base::monotonicNs();
        if (!phase.command.empty()) {
            STATESCAPE_TRY(child, Child::start(phase.command, signals, true));
        }
        const std::uint64_t until = phase.beginNs + phase.lengthNs;
        bool interrupted = false;
        while (base::monotonicNs() < until && !interrupted) {
            const auto number = signals.wait(until - std::min(until, base::monotonicNs()));
            interrupted = number && *number != SIGCHLD;
            if (child && child->poll() && base::monotonicNs() < until && !interrupted)
                return base::fail(base::Code::Io,
                                  "the workload '" + phase.command.front() + "' of phase " + phase.name +
                                      " ended early",
                                  "run it by hand to see why");
        }
        if (child)
            child->killGroup(); // at once: time to tidy up would be seconds of nothing, labelled as the
                                // workload's
        phase.endNs = base::monotonicNs();
        if (interrupted)
            return base::fail(base::Code::Cancelled, "the tour was interrupted",
                              "what was recorded so far is kept in its session file");
        return {};
    }

    base::Result<model::Model> trainFirstHalf(store::SessionStore &file)
    {
        STATESCAPE_TRY(auto set, session::loadDataset(file, m_story.summary.session));
        std::uint64_t splitNs = 0;
        for (const auto &phase : m_plan)
            if (phase.half == 0)
                splitNs = std::max(splitNs, phase.endNs);
        Eigen::Index rows = 0;
        while (rows < set.x.rows() && set.timeNs[static_cast<std::size_t>(rows)] <= splitNs)
            ++rows;
        set.x.conservativeResize(rows, Eigen::NoChange);
        set.labels.resize(static_cast<std::size_t>(rows));
        set.timeNs.resize(static_cast<std::size_t>(rows));
        model::TrainOptions options;
        options.name = kModelName;
        options.source = fmt::format("{}, first {} samples", m_story.sessionFile, rows);
        options.createdNs = base::realtimeNs();
        options.intervalNs = kIntervalNs;
        STATESCAPE_TRY(auto model, model::Model::train(set.trainingSet(), options));
        STATESCAPE_CHECK(storeModel(file, model));
        return model;
    }

    base::Result<int> finish()
    {
        const fs::path path = m_story.folder / m_story.sessionFile;
        STATESCAPE_TRY(auto file, store::SessionStore::open(path, store::OpenMode::ReadWrite));
        base::log(base::LogLevel::Info, "training on the first half");
        STATESCAPE_TRY(const auto model, trainFirstHalf(file));
        STATESCAPE_TRY(m_story.session, file.session(m_story.summary.session));
        STATESCAPE_TRY(const auto log, file.load(m_story.summary.session));
        const auto samples = log->view();
        STATESCAPE_TRY(const auto columns, model.bind(samples.schema()));
        const auto result = judge(m_plan, samples, model, columns);
        base::log(base::LogLevel::Info, "drawing");
        const auto pictures = draw(path);
        STATESCAPE_CHECK(writeReport(m_story, m_plan, result, model, samples, pictures));
        fmt::print("{}", modelText(model));
        fmt::print("scored half, never trained on: F1 {:.3f}, precision {:.3f}, recall {:.3f} ({} of {} "
                   "fault samples missed, {} of {} "
                   "normal samples called bad, {} boundary samples not judged)\n",
                   result.f1(), result.precision(), result.recall(), result.falseNegative,
                   result.falseNegative + result.truePositive, result.falsePositive,
                   result.falsePositive + result.trueNegative, result.boundary);
        fmt::print("detection: {}, false alarms {} (run of {} samples)\n",
                   result.worstDelay < 0 ? std::string("a fault was never seen")
                                         : fmt::format("within {} intervals of 250 ms", result.worstDelay),
                   result.falseAlarms, TourResult::kAlarmRun);
        fmt::print(
            "cost: helper {:.2f} % of one CPU, probes {:.2f} % of one CPU in the median phase and {:.1f} % "
            "in the "
            "worst storm (modelled from events and ns per event), helper memory {}; dropped {} of {} "
            "samples\n",
            m_story.helperCpuShare, m_story.probeCpuShare, m_story.probeCpuShareMost,
            base::formatValue(static_cast<double>(m_story.summary.status.helperRssBytes), base::Unit::Bytes),
            m_story.summary.dropped, m_story.summary.samples + m_story.summary.dropped);
        fmt::print("{}\n", (m_story.folder / "report.html").string());
        return 0;
    }

    /// @return file names of the pictures that could be drawn.
    std::vector<std::string> draw(const fs::path &session) const
    {
        const std::string program = programDirectory() + "/statescape-plot";
        std::vector<std::string> drawn;
        Signals signals;
        for (const char *view : {"window", "3d", "2d", "timeline"}) {
            const std::string name = std::string("tour-") + view + ".png";
            auto child = Child::start({program, session.string(), "-o", (m_story.folder / name).string(),
                                       "--view", view, "--model", kModelName},
                                      signals, true, {"QT_QPA_PLATFORM=offscreen"});
            if (!child) {
                base::log(base::LogLevel::Warning, "no pictures: " + child.error().text());
                break;
            }
            while (!child->poll())
                signals.wait(50'000'000);
            if (child->poll() == 0)
                drawn.push_back(name);
            else
                base::log(base::LogLevel::Warning, std::string("the ") + view + " view could not be drawn");
        }
        return drawn;
    }

    const TourOptions &m_options;
    fs::path m_scratch;
    std::vector<Phase> m_plan;
    TourStory m_story;
};
} // namespace

Run addTour(CLI::App &app)
{
    const auto options = std::make_shared<TourOptions>();
    app.add_option("--out", options->folder, "folder for the session, the report and the pictures");
    app.add_option("--phase", options->phase, "length of a phase; there are 24")->capture_default_str();
    app.add_option("--budget", options->budget,
                   "what the probes may cost, of one CPU; off because the faults here are storms on purpose")
        ->capture_default_str();
    app.add_option("--helper", options->helper, "path of statescape-helper");
    return [options] {
        const auto status = Tour(*options).run();
        return status ? *status : failed(status.error());
    };
}

} // namespace statescape::cli
