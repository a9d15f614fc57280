// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/tour_plan.h"

#include "core/session/explanation.h"

#include <algorithm>
#include <fmt/core.h>
#include <fstream>
#include <nlohmann/json.hpp>

namespace statescape::cli {
namespace {

constexpr const char *kStyle = R"(<style>
:root { color-scheme: light dark; --line: #8884; --good: #0072b2; --bad: #d55e00; }
@media (prefers-color-scheme: dark) { :root { --good: #56b4e9; --bad: #e8703a; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 1080px; margin: 2em auto; padding: 0 1em; }
table { border-collapse: collapse; margin: 1em 0; } td, th { padding: .25em .8em; border-bottom: 1px solid var(--line); text-align: left; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; } .bad { color: var(--bad); } .good { color: var(--good); }
.big { display: flex; gap: 2.5em; flex-wrap: wrap; } .big b { display: block; font-size: 1.9em; line-height: 1.2; }
img { max-width: 100%; border: 1px solid var(--line); margin: .5em 0; } small { opacity: .75; }
</style>)";

std::string escaped(const std::string &text)
{
    std::string out;
    for (const char c : text) {
        if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '&')
            out += "&amp;";
        else
            out += c;
    }
    return out;
}

std::string cell(const std::string &text, bool numeric = false)
{
    return fmt::format("<td{}>{}</td>", numeric ? " class=n" : "", text);
}

/// What set the phase's samples apart, from the recording itself.
std::string signature(const Phase &phase, const feature::SampleLog::View &samples, std::string &who)
{
    std::vector<std::uint8_t> flags(samples.rows(), 0);
    for (std::size_t i = 0; i < samples.rows(); ++i)
        flags[i] =
            samples.timeNs(i) <= phase.endNs && samples.timeNs(i) - samples.durationNs(i) >= phase.beginNs
                ? 1
                : 0;
    auto explanation = session::describeSelection(samples, flags);
    std::vector<model::Side> sides(flags.size());
    std::transform(flags.begin(), flags.end(), sides.begin(),
                   [](std::uint8_t flag) { return flag != 0 ? model::Side::Selected : model::Side::Others; });
    session::explainDifferences(samples, sides, explanation);
    if (!explanation.processes.empty())
        who = fmt::format("{} ({:.0f} % of one CPU)", explanation.processes.front().comm,
                          explanation.processes.front().cpuShare);
    std::string out;
    for (std::size_t i = 0; i < explanation.differences.size() && i < 3; ++i) {
        const auto &difference = explanation.differences[i];
        const auto &feature = samples.schema()[static_cast<std::size_t>(difference.column)];
        out += fmt::format("{}{} {} (elsewhere {})", i == 0 ? "" : ", ", feature.title,
                           base::formatValue(difference.medianSelected, feature.unit),
                           base::formatValue(difference.medianOthers, feature.unit));
    }
    if (explanation.rule && explanation.rule->f1 >= 0.8)
        out += fmt::format("; told apart by {} (precision {:.2f}, recall {:.2f})", explanation.ruleText,
                           explanation.rule->precision, explanation.rule->recall);
    return out;
}

std::string headline(const TourStory &story, const TourResult &result)
{
    std::string out = "<div class=big>";
    out += fmt::format("<div><b>{:.3f}</b>F1 on the scored half</div>", result.f1());
    out += fmt::format("<div><b>{:.3f}</b>precision</div><div><b>{:.3f}</b>recall</div>", result.precision(),
                       result.recall());
    out += result.worstDelay < 0
               ? std::string("<div><b class=bad>missed</b>a fault was never seen</div>")
               : fmt::format("<div><b>{}</b>intervals to the slowest detection</div>", result.worstDelay);
    out += fmt::format("<div><b>{}</b>false alarms</div>", result.falseAlarms);
    out += fmt::format("<div><b>{:.2f} %</b>of one CPU: helper</div>", story.helperCpuShare);
    out += fmt::format(
        "<div><b>{:.2f} %</b>of one CPU: probes, modelled, median phase (worst storm {:.1f} %)</div>",
        story.probeCpuShare, story.probeCpuShareMost);
    out += fmt::format("<div><b>{}</b>samples dropped</div></div>", story.summary.dropped);
    return out;
}

std::string phaseTable(const TourStory &story, const std::vector<Phase> &plan, const TourResult &result,
                       const feature::SampleLog::View &samples)
{
    std::string out = "<table><tr><th>start</th><th>phase</th><th>half</th><th class=n>samples</th><th "
                      "class=n>right</th><th class=n>delay</th>"
                      "<th>judged as</th><th>what differed most</th><th>most CPU</th></tr>\n";
    for (std::size_t i = 0; i < plan.size(); ++i) {
        const auto &phase = plan[i];
        const auto &row = result.phases[i];
        std::string who, judged;
        const std::string what = signature(phase, samples, who);
        for (const auto &[state, count] : row.states)
            judged += fmt::format("{}{} {}", judged.empty() ? "" : ", ", escaped(state), count);
        const bool scored = phase.half == 1;
        out += "<tr>" +
               cell(fmt::format("+{:.1f} s",
                                static_cast<double>(phase.beginNs - story.session.anchor.monotonicNs) / 1e9),
                    true) +
               cell(fmt::format("<span class={}>{} {}</span>", phase.fault ? "bad" : "good",
                                phase.fault ? "&times;" : "+", escaped(phase.name))) +
               cell(scored ? "scored" : "trained on") +
               cell(scored ? std::to_string(row.samples) : "", true) +
               cell(scored ? std::to_string(row.right) : "", true) +
               cell(scored && phase.fault ? (row.delay < 0 ? "never" : fmt::format("{} intervals", row.delay))
                                          : "",
                    true) +
               cell(judged) + cell(phase.fault ? escaped(what) : "") + cell(phase.fault ? escaped(who) : "") +
               "</tr>\n";
    }
    return out + "</table>";
}

nlohmann::ordered_json resultJson(const TourStory &story, const std::vector<Phase> &plan,
                                  const TourResult &result)
{
    nlohmann::ordered_json out{{"f1", result.f1()},
                               {"precision", result.precision()},
                               {"recall", result.recall()},
                               {"true_positive", result.truePositive},
                               {"false_positive", result.falsePositive},
                               {"false_negative", result.falseNegative},
                               {"true_negative", result.trueNegative},
                               {"boundary_samples", result.boundary},
                               {"worst_delay_intervals", result.worstDelay},
                               {"false_alarms", result.falseAlarms},
                               {"interval_ns", story.session.intervalNs},
                               {"samples", story.summary.samples},
                               {"dropped", story.summary.dropped},
                               {"helper_cpu_percent", story.helperCpuShare},
                               {"probe_cpu_percent_modelled", story.probeCpuShare},
                               {"probe_cpu_percent_modelled_most", story.probeCpuShareMost},
                               {"budget_percent", story.budgetPercent},
                               {"helper_rss_bytes", story.summary.status.helperRssBytes},
                               {"phases", nlohmann::ordered_json::array()}};
    for (std::size_t i = 0; i < plan.size(); ++i)
        out["phases"].push_back({{"name", plan[i].name},
                                 {"fault", plan[i].fault},
                                 {"half", plan[i].half == 0 ? "trained" : "scored"},
                                 {"begin_ns", plan[i].beginNs},
                                 {"end_ns", plan[i].endNs},
                                 {"samples", result.phases[i].samples},
                                 {"right", result.phases[i].right},
                                 {"delay_intervals", result.phases[i].delay},
                                 {"states", result.phases[i].states}});
    return out;
}

base::Result<> writeText(const std::filesystem::path &path, const std::string &text)
{
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << text;
    out.close();
    if (!out)
        return base::fail(base::Code::Io, path.string() + " cannot be written",
                          "check the folder and the free space", errno);
    return {};
}
} // namespace

base::Result<> writeReport(const TourStory &story, const std::vector<Phase> &plan, const TourResult &result,
                           const model::Model &model, const feature::SampleLog::View &samples,
                           const std::vector<std::string> &pictures)
{
    const auto &losses = story.summary.status.losses;
    std::string html = "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport "
                       "content='width=device-width'><title>Statescape tour</title>\n";
    html += kStyle;
    html += fmt::format(
        "\n<h1>Statescape tour of {}</h1>\n<p>{}, {}, {} samples of {} features, one every {}.</p>\n",
        escaped(story.session.host), escaped(story.session.kernel),
        base::formatRfc3339(story.session.anchor.realtimeNs), samples.rows(), samples.schema().size(),
        base::formatDuration(story.session.intervalNs));
    html += headline(story, result);
    for (const auto &name : pictures)
        html += fmt::format("\n<p><img src='{}' alt='{}'></p>", name, name);
    html += "\n<h2>What was done to the machine, and what the model said</h2>\n";
    html += "<p>The model was trained on the first half of the phases only; the figures above and the "
            "judgements below are of the second half, "
            "which it never saw. A sample that holds the change from one phase to the next is not judged (" +
            std::to_string(result.boundary) + " of them). Unknown counts as bad.</p>\n";
    html += phaseTable(story, plan, result, samples);
    html += fmt::format("<h2>Misses</h2><p>{} of {} fault samples were called good; {} of {} normal samples "
                        "were called bad.</p>\n",
                        result.falseNegative, result.falseNegative + result.truePositive,
                        result.falsePositive, result.falsePositive + result.trueNegative);
    html += fmt::format(
        "<h2>Model</h2><p>{}: {}, {} states, {} features, silhouette {:.2f}, trained in {:.2f} s.</p><ul>",
        escaped(model.name()), escaped(model.algorithm()), model.states().size(), model.features().size(),
        model.silhouette(), model.seconds());
    for (const auto &note : model.notes())
        html += "<li>" + escaped(note) + "</li>";
    html += fmt::format(
        "</ul>\n<h2>Losses and cost</h2><p>Samples dropped {}; missed intervals {}, slow reads {}, "
        "unreadable /proc files {}, kernel events missed {}, "
        "task table collisions {}. Helper memory {}. Helper CPU is measured; probe CPU is modelled from "
        "events/s and measured "
        "ns/event, {}.</p>\n",
        story.summary.dropped, losses.missedIntervals, losses.writeFailures, losses.readFailures,
        losses.eventsMissed, losses.taskCollisions,
        base::formatValue(static_cast<double>(story.summary.status.helperRssBytes), base::Unit::Bytes),
        story.budgetPercent > 0
            ? fmt::format("within a budget of {:g} % of one CPU", story.budgetPercent)
            : std::string("without a budget: the faults are storms on purpose, and no probe is to be shed"));
    html += fmt::format("<p><small>Open it: statescape-workbench {}</small></p></html>\n",
                        escaped(story.sessionFile));
    STATESCAPE_CHECK(writeText(story.folder / "report.html", html));
    return writeText(story.folder / "tour.json", resultJson(story, plan, result).dump(2) + "\n");
}

} // namespace statescape::cli
