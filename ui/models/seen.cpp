// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/seen.h"

#include "ui/kit/text.h"

#include <QObject>
#include <QStringList>

#include <algorithm>
#include <cmath>

namespace statescape::ui {
namespace {
constexpr std::uint64_t kHeldNs = 10'000'000'000;
constexpr double kSmoothing = 0.2;
} // namespace

QString partText(double share)
{
    const double percent = share * 100;
    if (percent > 0 && percent < 0.1)
        return QObject::tr("under 0.1 %");
    return QObject::tr("%1 %").arg(percent, 0, 'f', percent < 0.995 ? 1 : 0);
}

QString seenOverTimeText(double share, double error)
{
    return error < 0 ? QObject::tr("seen %1 of the time, error not known").arg(partText(share))
                     : QObject::tr("seen %1 of the time, ±%2").arg(partText(share), partText(error));
}

QString seenText(double share, double error)
{
    return error < 0 ? QObject::tr("%1, error not known").arg(partText(share))
                     : QObject::tr("%1, ±%2").arg(partText(share), partText(error));
}

QString estimateText(const feature::Seen &seen)
{
    return seen.error < 0 ? QObject::tr("estimate from %1 of the interval, error not known")
                                .arg(partText(double(seen.share)))
                          : QObject::tr("estimate from %1 of the interval, ±%2")
                                .arg(partText(double(seen.share)), partText(double(seen.error)));
}

QString samplingExplained()
{
    return QObject::tr(
        "All the time, it would cost more than the budget leaves. So it is attached in short windows, and "
        "what "
        "it counts there stands for the whole interval: its rates and shares are estimates. ± is the "
        "standard "
        "error of its number of events, from how the windows differ; real change counts too, so it is an "
        "upper "
        "bound. Only waits shorter than a window are seen: quantiles and means are weighted for that, and "
        "missing where they would mislead. A larger budget lets it see more.");
}

const feature::Seen *seenOf(const feature::SampleLog::View &samples, const schema::Feature &feature,
                            std::size_t row)
{
    return feature.probe.empty() ? nullptr : samples.seenBy(feature.probe, row);
}

QString partlySeen(const feature::SampleLog::View &samples, std::size_t row)
{
    QStringList parts;
    for (const feature::Seen &seen : samples.seen(row)) {
        const auto probe = schema::probeFromKey(seen.probe);
        const QString name = probe == schema::Probe::kCount ? qt(seen.probe) : qt(schema::info(probe).title);
        parts << QObject::tr("%1 saw %2").arg(name, seenText(double(seen.share), double(seen.error)));
    }
    return parts.join(QObject::tr("; "));
}

void SeenTracker::update(const session::Snapshot &snapshot)
{
    const auto &status = snapshot.status;
    if (!snapshot.live || status.layout != m_layout) {
        m_states.clear();
        m_layout = snapshot.live ? status.layout : nullptr;
        m_nowNs = 0;
    }
    const std::size_t n = snapshot.samples.rows();
    const std::uint64_t nowNs = n > 0 ? snapshot.samples.timeNs(n - 1) : 0;
    if (!snapshot.live || (nowNs == m_nowNs && !m_states.empty()))
        return;
    m_nowNs = nowNs;
    m_states.resize(status.seenShare.size());
    for (std::size_t i = 0; i < m_states.size(); ++i) {
        State &state = m_states[i];
        const double share = double(status.seenShare[i]);
        const bool part = share > 0 && share < 1;
        const bool held = share <= 0 && state.lastNs != 0 && nowNs - state.lastNs < kHeldNs;
        if (!part && !held) {
            state = {};
            continue;
        }
        const bool isNew = state.lastNs == 0;
        state.part.share += (isNew ? 1 : kSmoothing) * (share - state.part.share);
        if (!part)
            continue;
        state.lastNs = std::max<std::uint64_t>(nowNs, 1);
        if (i < status.seenError.size() && (status.seenError[i] >= 0 || isNew))
            state.part.error = double(status.seenError[i]);
    }
}

std::optional<SeenTracker::Part> SeenTracker::of(std::size_t probe) const
{
    return probe < m_states.size() && m_states[probe].lastNs != 0 ? std::optional<Part>(m_states[probe].part)
                                                                  : std::nullopt;
}

} // namespace statescape::ui
