// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/alarm.h"

#include <algorithm>

namespace statescape::session {

bool AlarmWatch::isBad(const AlarmRule &rule, const model::Score &score)
{
    // Nothing could be said of it: missing data is not a state of the machine, and not abnormal.
    if (score.cluster < 0 && score.abnormality == 0)
        return false;
    return score.polarity == schema::Polarity::Negative || (score.cluster < 0 && rule.unknownCounts) ||
           (rule.abnormality < 1.0F && score.abnormality >= rule.abnormality);
}

// At the first sample of a later time: whoever was not there at the time before has left.
void AlarmWatch::endThoseGone(std::uint64_t timeNs)
{
    if (timeNs == m_nowNs)
        return;
    std::erase_if(m_runs, [this](const auto &entry) { return entry.second.lastNs != m_nowNs; });
    m_nowNs = timeNs;
}

bool AlarmWatch::add(std::uint64_t timeNs, const model::Score &score, const model::Model &model,
                     std::uint32_t entity)
{
    endThoseGone(timeNs);
    if (!isBad(m_rule, score)) {
        m_runs.erase(entity);
        return false;
    }
    auto &run = m_runs[entity];
    const std::size_t unknown = model.states().size();
    if (run.length == 0)
        run.sinceNs = timeNs;
    run.lastNs = timeNs;
    ++run.length;
    run.votes.resize(unknown + 1);
    ++run.votes[score.cluster < 0 ? unknown : static_cast<std::size_t>(score.cluster)];
    const auto winner =
        static_cast<std::size_t>(std::max_element(run.votes.begin(), run.votes.end()) - run.votes.begin());
    const std::string state = winner == unknown ? "unknown" : model.states()[winner].name;
    if (run.alarm) {
        run.alarm->samples = run.length;
        run.alarm->state = state;
        return false;
    }
    if (run.length < static_cast<std::uint64_t>(std::max(1, m_rule.run)))
        return false;
    run.alarm = Alarm{run.sinceNs, timeNs, run.length, state, entity, 0};
    return true;
}

std::optional<Alarm> AlarmWatch::of(std::uint32_t entity) const
{
    const auto run = m_runs.find(entity);
    return run == m_runs.end() ? std::nullopt : run->second.alarm;
}

std::optional<Alarm> AlarmWatch::current() const
{
    std::optional<Alarm> first;
    std::uint64_t count = 0;
    for (const auto &[entity, run] : m_runs) {
        if (!run.alarm)
            continue;
        ++count;
        if (!first || run.alarm->raisedNs < first->raisedNs)
            first = run.alarm;
    }
    if (first)
        first->others = count - 1;
    return first;
}

} // namespace statescape::session
