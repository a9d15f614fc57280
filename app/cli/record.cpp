// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/child.h"
#include "app/cli/commands.h"
#include "app/cli/probe_tools.h"
#include "app/cli/score_line.h"

#include "core/base/log.h"
#include "core/base/units.h"
#include "core/schema/entities.h"
#include "core/session/plan_text.h"
#include "core/session/recording.h"

#include <filesystem>
#include <fmt/core.h>
#include <memory>
#include <sys/wait.h>
#include <unistd.h>

namespace statescape::cli {
namespace {
using session::Recording;

struct RecordOptions {
    std::string file, duration, interval = "250ms", entity = "host", label, helper, budget = "1%";
    std::vector<std::string> probes, own, command;
    bool pkexec = false;
};

base::Result<schema::EntityKind> entityKind(const std::string &word)
{
    for (const auto kind :
         {schema::EntityKind::Host, schema::EntityKind::Cgroup, schema::EntityKind::Process})
        if (word == schema::entityKindKey(kind))
            return kind;
    return base::fail(base::Code::NotSupported, "--entity " + word + " is not in this version",
                      "use host, cgroup or process");
}

std::string defaultName()
{
    std::string stamp = base::formatRfc3339(base::realtimeNs()).substr(0, 19);
    for (char &c : stamp)
        if (c == ':')
            c = '-';
    return stamp + ".statescape";
}

void say(const std::string &text)
{
    base::log(base::LogLevel::Info, text);
}

/// What a person should know before the numbers come: nothing when all is well.
void tellStanding(const wire::Hello &hello, const schema::Layout &layout)
{
    std::string off, hint;
    for (const auto &state : hello.probes)
        if (!state.available && state.code != base::Code::Ok) {
            off.append(off.empty() ? "" : ", ").append(layout[state.probe].key);
            hint = hint.empty() ? state.hint : hint;
        }
    if (!off.empty())
        base::log(base::LogLevel::Warning,
                  "reduced: no data from " + off + "; " + (hint.empty() ? "see statescape doctor" : hint));
}

std::string summaryText(const std::string &file, const Recording::Summary &summary)
{
    return fmt::format("{} session {}: {} samples over {}, dropped {}", file, summary.session,
                       summary.samples, base::formatDuration(summary.lastNs - summary.firstNs),
                       summary.dropped);
}

/// One line for each probe that the budget let look at a part of the time only.
std::string seenText(const Recording::Summary &summary)
{
    std::string out;
    for (const auto &[probe, total] : summary.seen) {
        out += fmt::format("\n{}: seen {} of the time in {} of {} samples", probe,
                           percentText(total.shares / static_cast<double>(total.samples)), total.samples,
                           summary.samples);
        if (total.errors > 0)
            out += fmt::format(", error about {}", percentText(total.usualError()));
    }
    return out;
}

/// ", scheduler seen 4 %" of the last interval.
std::string seenNowText(const source::SourceStatus &status)
{
    std::string out;
    for (std::size_t i = 0; i < status.seenShare.size(); ++i)
        if (status.seenShare[i] > 0 && status.seenShare[i] < 1)
            out +=
                fmt::format(", {} seen {}", status.layout->probes()[i].key, percentText(status.seenShare[i]));
    return out;
}

/// Dies the way the command died, so that a caller sees the same.
int passOn(int status)
{
    if (WIFEXITED(status))
        return WEXITSTATUS(status);
    const int number = WTERMSIG(status);
    ::signal(number, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
    raise(number);
    return 128 + number;
}

class RecordRun {
public:
    explicit RecordRun(const RecordOptions &options)
        : m_options(options)
    {}

    base::Result<int> run()
    {
        source::HelperOptions helper;
        STATESCAPE_TRY(helper.plan.entity, entityKind(m_options.entity));
        STATESCAPE_TRY(helper.intervalNs, base::parseDuration(m_options.interval));
        // Before any file is made.
        if (helper.intervalNs < wire::kMinIntervalNs || helper.intervalNs > wire::kMaxIntervalNs)
            return base::fail(base::Code::InvalidArgument,
                              "--interval " + m_options.interval + " is out of range", "use 50ms to 60s");
        if (!m_options.probes.empty()) {
            STATESCAPE_TRY(helper.plan.probes, session::probeMask(m_options.probes));
        }
        if (helper.plan.entity != schema::EntityKind::Host) {
            if (!m_options.own.empty())
                return base::fail(base::Code::InvalidArgument,
                                  "--probe counts for the whole machine, not per " + m_options.entity,
                                  "record it with --entity host");
            if (m_options.probes.empty())
                helper.plan.probes = schema::entityProbes();
        }
        for (const auto &text : m_options.own) {
            STATESCAPE_TRY(helper.plan.user.emplace_back(), readExistingProbe(text));
        }
        STATESCAPE_TRY(helper.plan.budgetPercent, parseBudget(m_options.budget));
        STATESCAPE_CHECK(schema::check(helper.plan));
        helper.program = m_options.helper;
        helper.launch =
            m_options.pkexec ? source::HelperOptions::Launch::Pkexec : source::HelperOptions::Launch::Auto;
        if (!m_options.duration.empty()) {
            STATESCAPE_TRY(m_durationNs, base::parseDuration(m_options.duration));
            if (m_durationNs == 0)
                return base::fail(base::Code::InvalidArgument,
                                  "--duration " + m_options.duration + " ends before it begins",
                                  "leave it out to go on until interrupted");
        }
        LabelWord label;
        if (!m_options.label.empty()) {
            STATESCAPE_TRY(label, parseLabelWord(m_options.label, false));
        }
        const std::string file = m_options.file.empty() ? defaultName() : m_options.file;
        std::string command;
        for (const auto &word : m_options.command)
            command.append(command.empty() ? "" : " ").append(word);

        Signals signals;
        std::error_code ignored;
        const bool existed = std::filesystem::exists(file, ignored);
        STATESCAPE_TRY(m_recording, Recording::start(file, helper, command));
        STATESCAPE_TRY(const auto hello, m_recording->hello(20'000'000'000));
        const schema::Layout layout(helper.plan);
        if (const auto standing = requireOwnProbes(hello, layout); !standing) {
            // A recording without what was asked for by name is not what was asked for.
            m_recording.reset();
            if (!existed)
                std::filesystem::remove(file, ignored);
            return standing.error();
        }
        tellStanding(hello, layout);
        STATESCAPE_CHECK(loop(signals));
        // A sample that came after the label was given would be without it.
        m_recording->stop();
        if (!m_options.label.empty()) {
            STATESCAPE_CHECK(m_recording->label(0, ~std::uint64_t{0}, label.polarity, label.className));
        }
        STATESCAPE_TRY(const auto summary, m_recording->finish());
        const std::string text = summaryText(file, summary) + seenText(summary);
        // The command owns standard output.
        if (m_options.command.empty())
            fmt::print("{}\n", text);
        else
            say(text);
        if (summary.samples == 0)
            return base::fail(base::Code::NotEnoughData, "no sample was taken",
                              summary.status.text.empty() ? "record for longer than one interval"
                                                          : summary.status.text);
        return m_child ? passOn(m_child->poll().value_or(0)) : 0;
    }

private:
    base::Result<> loop(Signals &signals)
    {
        const bool terminal = isatty(STDERR_FILENO) != 0;
        const std::uint64_t begun = base::monotonicNs();
        std::uint64_t deadline = m_durationNs == 0 ? ~std::uint64_t{0} : begun + m_durationNs;
        bool ending = false;
        while (true) {
            const auto summary = m_recording->summary();
            // The first interval belongs to the machine without the command.
            if (!m_options.command.empty() && !m_child && summary.samples != 0) {
                STATESCAPE_TRY(m_child, Child::start(m_options.command, signals));
                if (m_durationNs != 0)
                    deadline = base::monotonicNs() + m_durationNs;
            }
            if (m_child && m_child->poll())
                break;
            if (summary.status.state == source::HelperState::Failed)
                return base::fail(base::Code::Disconnected, summary.status.text, summary.status.hint);
            tellTrouble(summary.status);
            const std::uint64_t now = base::monotonicNs();
            if (now >= deadline) {
                if (!m_child)
                    break;
                m_child->signal(ending ? SIGKILL : SIGTERM);
                ending = true;
                deadline = now + 5'000'000'000;
            }
            if (terminal)
                fmt::print(stderr, "\r\033[K{}, {} samples, dropped {}, helper {:.2f} % of one CPU{} ",
                           base::formatDuration((now - begun) / 100'000'000 * 100'000'000), summary.samples,
                           summary.dropped, summary.status.helperCpuShare, seenNowText(summary.status));
            const auto number = signals.wait(std::min<std::uint64_t>(200'000'000, deadline - now));
            if (!number || *number == SIGCHLD)
                continue;
            if (!m_child)
                break;
            m_child->signal(*number);
        }
        if (terminal)
            fmt::print(stderr, "\r\033[K");
        // The interval in which the command ended is part of the story.
        if (m_child)
            waitOneSample(signals);
        return {};
    }

    /// A helper that is silent or was started again leaves a gap: said when it happens.
    void tellTrouble(const source::SourceStatus &status)
    {
        const bool trouble =
            status.state == source::HelperState::Silent || status.state == source::HelperState::Restarting;
        if (trouble && status.text != m_trouble)
            base::log(base::LogLevel::Warning, status.text);
        m_trouble = trouble ? status.text : std::string();
    }

    void waitOneSample(Signals &signals)
    {
        const auto before = m_recording->summary().samples;
        const std::uint64_t deadline = base::monotonicNs() + 2'000'000'000;
        while (m_recording->summary().samples == before && base::monotonicNs() < deadline)
            signals.wait(20'000'000);
    }

    const RecordOptions &m_options;
    std::uint64_t m_durationNs = 0;
    std::string m_trouble; ///< told last, while it lasts
    std::unique_ptr<Recording> m_recording;
    std::optional<Child> m_child;
};
} // namespace

Run addRecord(CLI::App &app, const std::vector<std::string> &command)
{
    const auto options = std::make_shared<RecordOptions>();
    options->command = command;
    app.add_option("-o,--output", options->file,
                   "session file, made or added to (default: named by the time)");
    app.add_option("--duration", options->duration, "such as 60s; with a COMMAND it is ended then");
    app.add_option("--interval", options->interval, "50ms to 60s")->capture_default_str();
    app.add_option(
           "--probes", options->probes,
           "keys, separated by commas; `default` and `all` stand for many: default,locks (default: default)")
        ->delimiter(',');
    app.add_option("--probe", options->own,
                   "a probe of your own, such as kprobe:vfs_fsync:latency (may be given several times; see "
                   "statescape probes --search)");
    app.add_option("--entity", options->entity,
                   "what one sample is about: host, cgroup or process (the most active ones; needs the "
                   "kernel probes); remote comes later")
        ->check(CLI::IsMember({"host", "cgroup", "process", "remote"}));
    app.add_option("--label", options->label,
                   "label every sample: positive or negative, with :NAME for a class");
    app.add_option(
           "--budget", options->budget,
           "what the probes may cost, of one CPU, or off; over it the dearest ones look only a part of the "
           "time")
        ->capture_default_str();
    app.add_option("--helper", options->helper, "path of statescape-helper");
    app.add_flag("--pkexec", options->pkexec, "start the helper through pkexec");
    app.footer("After -- a COMMAND may follow: it is run and recorded until it ends, and its exit status is "
               "passed on.");
    return [options] {
        const auto status = RecordRun(*options).run();
        return status ? *status : failed(status.error());
    };
}

} // namespace statescape::cli
