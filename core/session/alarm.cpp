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

bool AlarmWatch::add(std::uint64_t timeNs, const model::Score &score, const model::Model &model)
{
    if (!isBad(m_rule, score)) {
        m_run = 0;
        m_alarm.reset();
        return false;
    }
    const std::size_t unknown = model.states().size();
    if (m_run == 0) {
        m_sinceNs = timeNs;
        m_votes.assign(unknown + 1, 0);
    }
    ++m_run;
    m_votes.resize(unknown + 1);
    ++m_votes[score.cluster < 0 ? unknown : static_cast<std::size_t>(score.cluster)];
    const auto winner =
        static_cast<std::size_t>(std::max_element(m_votes.begin(), m_votes.end()) - m_votes.begin());
    const std::string state = winner == unknown ? "unknown" : model.states()[winner].name;
    if (m_alarm) {
        m_alarm->samples = m_run;
        m_alarm->state = state;
        return false;
    }
    if (m_run < static_cast<std::uint64_t>(std::max(1, m_rule.run)))
        return false;
    m_alarm = Alarm{m_sinceNs, timeNs, m_run, state};
    return true;
}

} // namespace statescape::session
