// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/strip/strip_data.h"

#include "ui/kit/text.h"

#include <QObject>

#include <cmath>
#include <limits>
#include <map>

namespace statescape::ui {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// @return whether samples are missing between rows i - 1 and i.
bool gapBefore(const session::Snapshot &s, std::size_t i)
{
    const std::uint64_t step = s.samples.timeNs(i) - s.samples.timeNs(i - 1);
    const std::uint64_t usual = s.intervalNs != 0 ? s.intervalNs : s.samples.durationNs(i);
    return usual > 0 && step > 3 * usual;
}

double lengthOf(const session::Snapshot &s, std::size_t i)
{
    const std::uint64_t duration = s.samples.durationNs(i) != 0 ? s.samples.durationNs(i) : s.intervalNs;
    // A sample after lost ones covers them all; drawn at full length it would hide the loss.
    if (duration != 0)
        return double(s.intervalNs != 0 ? std::min(duration, 2 * s.intervalNs) : duration) * 1e-9;
    return i > 0 ? double(s.samples.timeNs(i) - s.samples.timeNs(i - 1)) * 1e-9 : 1;
}

template <class Key, class Style>
std::vector<Run> runsOf(const session::Snapshot &s, std::size_t first, Key key, Style style)
{
    std::vector<Run> runs;
    std::map<int, Run> looks;
    int last = -1;
    for (std::size_t i = first; i < s.samples.rows(); ++i) {
        const int now = key(i);
        const double to = secondsOf(s, s.samples.timeNs(i));
        if (now >= 0 && now == last && !gapBefore(s, i)) {
            runs.back().to = to;
        } else if (now >= 0) {
            auto [at, isNew] = looks.try_emplace(now);
            if (isNew)
                at->second = style(i);
            Run run = at->second;
            run.from = to - lengthOf(s, i);
            run.to = to;
            runs.push_back(std::move(run));
        }
        last = now;
    }
    return runs;
}

void fillLine(const session::Snapshot &s, std::size_t first, const LineChoice &choice, StripData &data)
{
    const std::size_t n = s.samples.rows();
    const bool scored = s.scores && s.scores->size() >= n && n > 0;
    const bool placed = s.coordinates && s.coordinates->x.size() >= n;
    int column = choice.kind == LineChoice::Kind::Feature && s.samples.sharedSchema()
                     ? s.samples.schema().indexOf(choice.key.toStdString())
                     : -1;
    data.isAbnormality = column < 0 && scored && choice.kind != LineChoice::Kind::Distance;
    if (column >= 0) {
        const auto &feature = s.samples.schema()[std::size_t(column)];
        data.unit = feature.unit;
        data.lineName = qt(feature.title);
    } else if (data.isAbnormality) {
        data.lineName = QObject::tr("abnormality");
    } else if (placed) {
        data.lineName = QObject::tr("from centre, σ");
    } else {
        return;
    }
    data.time.reserve(n - first);
    data.value.reserve(n - first);
    for (std::size_t i = first; i < n; ++i) {
        double value = kNan;
        if (column >= 0) {
            value = double(s.samples.at(i, std::size_t(column)));
        } else if (data.isAbnormality) {
            value = double((*s.scores)[i].abnormality);
        } else {
            const double x = double(s.coordinates->x[i]), y = double(s.coordinates->y[i]);
            const double z = i < s.coordinates->z.size() ? double(s.coordinates->z[i]) : 0;
            value = std::sqrt(x * x + y * y + z * z);
        }
        const double at = secondsOf(s, s.samples.timeNs(i));
        if (i > first && gapBefore(s, i)) {
            data.time.push_back(at - lengthOf(s, i));
            data.value.push_back(kNan);
        }
        data.time.push_back(at);
        data.value.push_back(value);
    }
}

} // namespace

double secondsOf(const session::Snapshot &s, std::uint64_t timeNs)
{
    return double(s.anchor.toRealtimeNs(timeNs)) * 1e-9;
}

StripData makeStripData(const session::Snapshot &s, std::size_t first, const LineChoice &choice)
{
    StripData data;
    const std::size_t n = s.samples.rows();
    if (n == 0 || first >= n)
        return data;
    if (s.model && s.scores && s.scores->size() >= n)
        data.states = runsOf(
            s, first, [&](std::size_t i) { return (*s.scores)[i].cluster + 1; },
            [&](std::size_t i) {
                const auto &score = (*s.scores)[i];
                return Run{0, 0, stateStyle(s, score.cluster), score.polarity == schema::Polarity::Negative,
                           score.cluster < 0};
            });
    if (s.labels && s.labels->size() >= n && s.classNames)
        data.labels = runsOf(
            s, first,
            [&](std::size_t i) {
                const auto label = (*s.labels)[i];
                return label.empty() ? -1 : int(label.classId) * 4 + int(label.polarity) + 1;
            },
            [&](std::size_t i) {
                const auto label = (*s.labels)[i];
                return Run{0, 0, labelStyle(label, *s.classNames),
                           label.polarity == schema::Polarity::Negative, false};
            });
    fillLine(s, first, choice, data);
    return data;
}

std::vector<std::pair<double, double>> selectedRuns(const session::Snapshot &s, const RowMask &mask)
{
    std::vector<std::pair<double, double>> runs;
    bool open = false;
    for (std::size_t i = 0; i < std::min(mask.size(), s.samples.rows()); ++i) {
        if (mask[i] == 0) {
            open = false;
            continue;
        }
        const double to = secondsOf(s, s.samples.timeNs(i));
        if (open && !gapBefore(s, i))
            runs.back().second = to;
        else
            runs.emplace_back(to - lengthOf(s, i), to);
        open = true;
    }
    return runs;
}

} // namespace statescape::ui
