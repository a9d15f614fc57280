// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"

#include "core/base/units.h"
#include "core/source/csv.h"

#include <array>
#include <charconv>
#include <cmath>
#include <fmt/core.h>
#include <memory>
#include <optional>

/// import and label: what people know, into the file.
namespace statescape::cli {
namespace {

struct Condition {
    int column = 0;
    std::string relation;
    double value = 0;
    [[nodiscard]] bool holds(float x) const
    {
        // Missing is neither above nor below anything.
        if (schema::isMissing(x))
            return false;
        const auto v = static_cast<double>(x);
        return relation == ">"    ? v > value
               : relation == "<"  ? v < value
               : relation == ">=" ? v >= value
               : relation == "<=" ? v <= value
               : relation == "!=" ? v != value
                                  : v == value;
    }
};

std::string trimmed(const std::string &text)
{
    const auto first = text.find_first_not_of(" \t");
    const auto last = text.find_last_not_of(" \t");
    return first == std::string::npos ? std::string() : text.substr(first, last - first + 1);
}

base::Result<Condition> parseCondition(const std::string &text, const schema::Schema &schema)
{
    static constexpr std::array<const char *, 7> relations{">=", "<=", "!=", "==", ">", "<", "="};
    for (const char *relation : relations) {
        const auto at = text.find(relation);
        if (at == std::string::npos)
            continue;
        const std::string key = trimmed(text.substr(0, at));
        const std::string number = trimmed(text.substr(at + std::string_view(relation).size()));
        Condition out;
        out.column = schema.indexOf(key);
        out.relation = relation;
        if (out.column < 0)
            return base::fail(
                base::Code::InvalidArgument, "--where: no feature '" + key + "' in this session",
                "`statescape probes` lists the features of live sessions; a CSV's are its header row");
        const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), out.value);
        if (error != std::errc{} || end != number.data() + number.size())
            return base::fail(
                base::Code::InvalidArgument, "--where: '" + number + "' is not a number",
                "write it in the feature's unit (" +
                    std::string(base::unitKey(schema[static_cast<std::size_t>(out.column)].unit)) +
                    "), such as '" + key + " > 100'");
        return out;
    }
    return base::fail(base::Code::InvalidArgument, "--where: no comparison in '" + text + "'",
                      "write 'feature > value'");
}

struct LabelOptions {
    std::string file, from, to, as, where;
    store::SessionId session = 0;
};

base::Result<std::uint64_t> labelFile(const LabelOptions &options)
{
    STATESCAPE_TRY(const auto word, parseLabelWord(options.as, true));
    if (options.from.empty() && options.to.empty() && options.where.empty())
        return base::fail(base::Code::InvalidArgument, "label: neither a time nor a condition",
                          "give --from and --to, or --where");
    STATESCAPE_TRY(auto file, store::SessionStore::open(options.file, store::OpenMode::ReadWrite));
    STATESCAPE_TRY(const auto session, pickSession(file, options.session));
    std::uint64_t from = 0;
    std::uint64_t to = ~std::uint64_t{0};
    if (!options.from.empty()) {
        STATESCAPE_TRY(from, parseSessionTime(options.from, session));
    }
    if (!options.to.empty()) {
        STATESCAPE_TRY(to, parseSessionTime(options.to, session));
    }
    if (from > to)
        return base::fail(base::Code::InvalidArgument,
                          "--from " + options.from + " is after --to " + options.to, "swap them");
    std::optional<Condition> condition;
    if (!options.where.empty()) {
        STATESCAPE_TRY(condition, parseCondition(options.where, *session.schema));
    }
    STATESCAPE_TRY(const auto log, file.load(session.id));
    STATESCAPE_TRY(const auto before, file.labels(session.id));
    schema::Label after{word.polarity, 0};
    if (!word.className.empty() && !word.clear) {
        STATESCAPE_TRY(after.classId, file.classId(word.className));
    }
    std::uint16_t onlyClass = 0;
    if (word.clear && !word.className.empty()) {
        STATESCAPE_TRY(onlyClass, file.classId(word.className));
    }

    const auto samples = log->view();
    store::Step step;
    std::uint64_t matched = 0;
    for (std::size_t i = 0; i < samples.rows(); ++i) {
        const std::uint64_t middle = samples.timeNs(i) - samples.durationNs(i) / 2;
        if (middle < from || middle > to ||
            (condition && !condition->holds(samples.at(i, static_cast<std::size_t>(condition->column)))))
            continue;
        if (onlyClass != 0 && before[i].classId != onlyClass)
            continue;
        ++matched;
        if (!(before[i] == after))
            step.changes.push_back({i, before[i], after});
    }
    if (matched == 0)
        return base::fail(base::Code::NotFound, "label: no sample matches",
                          "the session runs from " +
                              base::formatRfc3339(session.anchor.toRealtimeNs(session.firstNs)) + " to " +
                              base::formatRfc3339(session.anchor.toRealtimeNs(session.lastNs)));
    step.what = fmt::format("label {} samples {}", step.changes.size(), options.as);
    if (!step.changes.empty())
        STATESCAPE_CHECK(file.applyStep(session.id, step));
    return matched;
}

struct ImportOptions {
    std::string csv, file, timeColumn, labelColumn;
};

base::Result<> importFile(const ImportOptions &options)
{
    STATESCAPE_TRY(const auto data, source::readCsv(options.csv, {options.timeColumn, options.labelColumn}));
    std::vector<LabelWord> words;
    for (std::size_t i = 0; i < data.labels.size(); ++i) {
        const auto &text = data.labels[i];
        LabelWord word;
        const std::string head = text.substr(0, text.find(':'));
        if (head == "positive" || head == "negative") {
            STATESCAPE_TRY(word, parseLabelWord(text, false));
        } else
            word.className = text;
        words.push_back(std::move(word));
    }
    std::error_code ignored;
    const bool exists = std::filesystem::exists(options.file, ignored);
    STATESCAPE_TRY(auto file, store::SessionStore::open(options.file, exists ? store::OpenMode::ReadWrite
                                                                             : store::OpenMode::Create));
    store::SessionInfo info;
    info.origin = "import";
    info.host = std::filesystem::path(options.csv).filename().string();
    info.schema = data.schema;
    const auto &first = data.frames.front();
    info.anchor = {first.timeNs - std::min(first.timeNs, first.durationNs), data.realtimeOfFirstNs, ""};
    if (data.hasWallClock)
        info.anchor.realtimeNs -= static_cast<std::int64_t>(first.timeNs - info.anchor.monotonicNs);
    else
        info.anchor.realtimeNs = base::realtimeNs();
    STATESCAPE_TRY(const auto id, file.beginSession(info));
    STATESCAPE_CHECK(file.append(id, data.frames));
    store::Step step;
    for (std::size_t i = 0; i < words.size(); ++i) {
        schema::Label label{words[i].polarity, 0};
        if (!words[i].className.empty()) {
            STATESCAPE_TRY(label.classId, file.classId(words[i].className));
        }
        if (!label.empty())
            step.changes.push_back({i, {}, label});
    }
    step.what = fmt::format("labels of {}", info.host);
    if (!step.changes.empty())
        STATESCAPE_CHECK(file.applyStep(id, step));
    fmt::print("{} session {}: {} samples of {} features, {} labelled\n", options.file, id,
               data.frames.size(), data.schema->size(), step.changes.size());
    return {};
}
} // namespace

Run addLabel(CLI::App &app)
{
    const auto options = std::make_shared<LabelOptions>();
    app.add_option("FILE", options->file, "session file")->required();
    app.add_option("--from", options->from, "RFC 3339, or +12.5s from the session's start");
    app.add_option("--to", options->to, "RFC 3339, or +12.5s from the session's start");
    app.add_option("--where", options->where, "'feature > value' in the feature's unit");
    app.add_option("--as", options->as,
                   "positive, negative or clear, with :NAME for a class; :NAME alone for a class only")
        ->required();
    app.add_option("--session", options->session, "session id (default: the newest)");
    return [options] {
        const auto matched = labelFile(*options);
        if (!matched)
            return failed(matched.error());
        fmt::print("{} samples {}\n", *matched, options->as);
        return 0;
    };
}

Run addImport(CLI::App &app)
{
    const auto options = std::make_shared<ImportOptions>();
    app.add_option("CSV", options->csv, "header row = feature keys")->required();
    app.add_option("-o,--output", options->file, "session file, made or added to")->required();
    app.add_option("--time-column", options->timeColumn, "time_ns (CLOCK_MONOTONIC), RFC 3339, or seconds");
    app.add_option("--label-column", options->labelColumn, "the one column that may hold text");
    return [options] {
        const auto done = importFile(*options);
        return done ? 0 : failed(done.error());
    };
}

} // namespace statescape::cli
