// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/commands.h"

#include "core/base/log.h"

#include <charconv>
#include <filesystem>

namespace statescape::cli {

int failed(const base::Error &error)
{
    base::log(base::LogLevel::Error, error.text());
    return static_cast<int>(base::exitStatusOf(error.code));
}

base::Result<double> parseBudget(const std::string &text)
{
    if (text == "off")
        return 0.0;
    const char *end = text.data() + text.size() - (text.ends_with('%') ? 1 : 0);
    double percent = 0;
    const auto parsed = std::from_chars(text.data(), end, percent);
    if (parsed.ec != std::errc{} || parsed.ptr != end || !(percent > 0 && percent <= 100))
        return base::fail(base::Code::InvalidArgument, "--budget: '" + text + "' is no share of one CPU",
                          "use 0.1% to 100%, or off");
    return percent;
}

base::Result<LabelWord> parseLabelWord(const std::string &text, bool clearAllowed)
{
    const auto colon = text.find(':');
    const std::string word = text.substr(0, colon);
    LabelWord out;
    if (colon != std::string::npos)
        out.className = text.substr(colon + 1);
    if (word == "positive")
        out.polarity = schema::Polarity::Positive;
    else if (word == "negative")
        out.polarity = schema::Polarity::Negative;
    else if (word == "clear" && clearAllowed)
        out.clear = true;
    else if (!(word.empty() && !out.className.empty()))
        return base::fail(base::Code::InvalidArgument, "'" + text + "' is not a label",
                          std::string("use positive or negative, with :NAME for a class") +
                              (clearAllowed ? ", or clear" : ""));
    if (colon != std::string::npos && out.className.empty())
        return base::fail(base::Code::InvalidArgument, "'" + text + "' has no class name after the colon",
                          "write negative:NAME");
    return out;
}

base::Result<std::uint64_t> parseSessionTime(const std::string &text, const store::SessionInfo &session)
{
    if (!text.empty() && text.front() == '+') {
        STATESCAPE_TRY(const auto offset, base::parseDuration(std::string_view(text).substr(1)));
        return session.anchor.monotonicNs + offset;
    }
    STATESCAPE_TRY(const auto real, base::parseRfc3339(text));
    return session.anchor.toMonotonicNs(real);
}

base::Result<store::SessionInfo> pickSession(const store::SessionStore &file, store::SessionId id)
{
    STATESCAPE_TRY(const auto sessions, file.sessions());
    const store::SessionInfo *found = nullptr;
    for (const auto &info : sessions)
        if (id == 0 ? info.samples != 0 : info.id == id)
            found = &info;
    if (found != nullptr)
        return *found;
    return base::fail(base::Code::NotFound,
                      file.path().string() +
                          (id == 0 ? ": no session with samples" : ": no session " + std::to_string(id)),
                      "`statescape info` lists the sessions there are");
}

std::string programDirectory()
{
    std::error_code error;
    const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
    return error ? std::string(".") : self.parent_path().string();
}

} // namespace statescape::cli
