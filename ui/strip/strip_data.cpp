// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/strip/strip_data.h"

#include "ui/kit/text.h"
#include "ui/models/row_selection.h"

#include <QObject>

#include <cmath>

namespace statescape::ui {
namespace {

bool gapBefore(const session::Snapshot &s, std::size_t i)
{
    const std::uint64_t step = s.samples.timeNs(i) - s.samples.timeNs(i - 1);
    const std::uint64_t usual = s.intervalNs != 0 ? s.intervalNs : s.samples.durationNs(i);
    return usual > 0 && step > 3 * usual;
}

/// @return rows, at most @p rows, in which both are the very same memory.
template <class T>
std::size_t commonRows(const typename base::Column<T>::View &a, const typename base::Column<T>::View &b,
                       std::size_t rows)
{
    rows = std::min({rows, a.size(), b.size()});
    if (a.sharesPrefix(b, rows))
        return rows;
    std::size_t low = 0, high = rows / base::Column<T>::kChunkRows;
    while (low < high) {
        const std::size_t middle = (low + high + 1) / 2;
        if (a.sharesPrefix(b, middle * base::Column<T>::kChunkRows))
            low = middle;
        else
            high = middle - 1;
    }
    return low * base::Column<T>::kChunkRows;
}

void cutRuns(std::vector<Run> &runs, std::size_t rows)
{
    while (!runs.empty() && runs.back().first >= rows)
        runs.pop_back();
    if (!runs.empty() && runs.back().last >= rows)
        runs.back().last = std::uint32_t(rows - 1);
}

/// Goes on with @p runs from row @p from. @param keyOf the value's key, or kNoKey
constexpr int kNoKey = -2;
template <class View, class Key>
void extendRuns(std::vector<Run> &runs, const View &values, std::size_t from, std::size_t to,
                const std::vector<std::uint32_t> &gaps, Key keyOf)
{
    auto gap = std::lower_bound(gaps.begin(), gaps.end(), std::uint32_t(from));
    int last = !runs.empty() && runs.back().last + 1 == from ? runs.back().key : kNoKey;
    values.forEachRun(from, to, [&](std::size_t first, auto piece) {
        for (std::size_t i = 0; i < piece.size(); ++i) {
            const auto row = std::uint32_t(first + i);
            const int key = keyOf(piece[i]);
            const bool apart = gap != gaps.end() && *gap == row;
            if (apart)
                ++gap;
            if (key == kNoKey) {
                last = key;
                continue;
            }
            if (key == last && !apart)
                runs.back().last = row;
            else
                runs.push_back({row, row, key});
            last = key;
        }
    });
}

/// @return first and last row of the interval that @p row lies in.
std::pair<std::size_t, std::size_t> intervalOf(const feature::SampleLog::View &samples, std::size_t row)
{
    std::size_t first = row, last = row;
    while (first > 0 && samples.timeNs(first - 1) == samples.timeNs(row))
        --first;
    while (last + 1 < samples.rows() && samples.timeNs(last + 1) == samples.timeNs(row))
        ++last;
    return {first, last};
}

/// As extendRuns(), one step an interval. @param keyOf worst key of rows first..last, or kNoKey
template <class Key>
void extendByInterval(std::vector<Run> &runs, const feature::SampleLog::View &samples, std::size_t from,
                      std::size_t to, const std::vector<std::uint32_t> &gaps, Key keyOf)
{
    if (from >= to)
        return;
    from = intervalOf(samples, from).first;
    cutRuns(runs, from);
    while (from < to) {
        const std::size_t last = std::min(intervalOf(samples, from).second, to - 1);
        const int key = keyOf(from, last);
        const bool apart = std::binary_search(gaps.begin(), gaps.end(), std::uint32_t(from));
        if (key != kNoKey && !apart && !runs.empty() && runs.back().key == key &&
            runs.back().last + 1 == from)
            runs.back().last = std::uint32_t(last);
        else if (key != kNoKey)
            runs.push_back({std::uint32_t(from), std::uint32_t(last), key});
        from = last + 1;
    }
}

int badnessOf(const model::Score &score)
{
    if (score.polarity == schema::Polarity::Negative)
        return 2;
    // Nothing could be said of it where both are nothing.
    return score.cluster < 0 && score.abnormality > 0 ? 1 : 0;
}

std::size_t worstRow(const base::Column<model::Score>::View &scores, std::size_t first, std::size_t last)
{
    std::size_t worst = first;
    for (std::size_t row = first + 1; row <= last; ++row) {
        const auto &a = scores[row], &b = scores[worst];
        const int more = badnessOf(a) - badnessOf(b);
        if (more > 0 || (more == 0 && a.abnormality > b.abnormality))
            worst = row;
    }
    return worst;
}

} // namespace

std::size_t StripData::worstOf(const session::Snapshot &s, std::size_t row)
{
    if (!session::perEntity(s) || !s.model || !s.scores)
        return row;
    const auto [first, last] = intervalOf(s.samples, row);
    return last < s.scores->size() ? worstRow(*s.scores, first, last) : row;
}

double secondsOf(const session::Snapshot &s, std::uint64_t timeNs)
{
    return double(s.anchor.toRealtimeNs(timeNs)) * 1e-9;
}

void StripData::reset()
{
    *this = {};
}

double StripData::beginOf(const session::Snapshot &s, std::size_t row)
{
    const std::uint64_t end = s.samples.timeNs(row);
    const std::uint64_t duration = s.samples.durationNs(row) != 0 ? s.samples.durationNs(row) : s.intervalNs;
    std::uint64_t length = 1'000'000'000;
    // A sample after lost ones covers them all; drawn at full length it would hide the loss.
    if (duration != 0)
        length = s.intervalNs != 0 ? std::min(duration, 2 * s.intervalNs) : duration;
    else if (row > 0)
        length = end - s.samples.timeNs(row - 1);
    return secondsOf(s, end) - double(length) * 1e-9;
}

void StripData::findGaps(const session::Snapshot &s, std::size_t rows)
{
    for (std::size_t i = std::max<std::size_t>(m_rows, 1); i < rows; ++i)
        if (gapBefore(s, i))
            m_gaps.push_back(std::uint32_t(i));
}

bool StripData::gapBetween(std::size_t from, std::size_t to) const
{
    const auto gap = std::upper_bound(m_gaps.begin(), m_gaps.end(), std::uint32_t(from));
    return gap != m_gaps.end() && *gap <= to;
}

void StripData::update(const session::Snapshot &s, const LineChoice &choice)
{
    const std::size_t n = s.samples.rows();
    if (!goesOn(m_samples, s.samples) || s.intervalNs != m_intervalNs)
        reset();
    m_intervalNs = s.intervalNs;
    findGaps(s, n);

    const bool scored = s.model && s.scores && s.scores->size() >= n;
    const auto scores = scored ? *s.scores : base::Column<model::Score>::View();
    std::size_t kept = commonRows<model::Score>(m_seenScores, scores, m_rows);
    cutRuns(m_states, kept);
    if (session::perEntity(s) && scored)
        extendByInterval(m_states, s.samples, kept, n, m_gaps, [&](std::size_t first, std::size_t last) {
            return scores[worstRow(scores, first, last)].cluster;
        });
    else
        extendRuns(m_states, scores, kept, n, m_gaps,
                   [](const model::Score &score) { return score.cluster; });
    if (isAbnormality())
        m_line.truncate(kept);
    m_seenScores = scores;

    const auto labels = s.labels && s.labels->size() >= n ? *s.labels : base::Column<schema::Label>::View();
    kept = commonRows<schema::Label>(m_seenLabels, labels, m_rows);
    cutRuns(m_labels, kept);
    const auto keyOfLabel = [](schema::Label label) { return label.empty() ? kNoKey : labelKey(label); };
    if (session::perEntity(s) && labels.size() >= n)
        extendByInterval(m_labels, s.samples, kept, n, m_gaps, [&](std::size_t first, std::size_t last) {
            int worst = kNoKey;
            for (std::size_t row = first; row <= last; ++row)
                if (const int key = keyOfLabel(labels[row]);
                    key != kNoKey && (worst == kNoKey || labels[row].polarity < labelOf(worst).polarity))
                    worst = key;
            return worst;
        });
    else
        extendRuns(m_labels, labels, kept, n, m_gaps, keyOfLabel);
    m_seenLabels = labels;

    m_samples = s.samples;
    m_several = session::perEntity(s);
    m_rows = n;
    chooseLine(s, choice);
    extendLine();
}

void StripData::chooseLine(const session::Snapshot &s, const LineChoice &choice)
{
    const bool scored = m_seenScores.size() >= m_rows && m_rows > 0;
    const bool principal =
        std::all_of(s.pictureAxes.begin(), s.pictureAxes.end(), [](const session::AxisSource &axis) {
            return axis.kind == session::AxisSource::Kind::Component;
        });
    int column = choice.kind == LineChoice::Kind::Feature && s.samples.sharedSchema()
                     ? s.samples.schema().indexOf(choice.key.toStdString())
                     : -1;
    Source source = column >= 0                                           ? Source::Feature
                    : scored && choice.kind != LineChoice::Kind::Distance ? Source::Abnormality
                    : s.coordinates && principal                          ? Source::Distance
                                                                          : Source::None;
    // Features on the axes have no common centre; the first of them is a better line than none.
    if (source == Source::None && s.coordinates && choice.kind == LineChoice::Kind::Auto)
        for (const auto &axis : s.pictureAxes)
            if (column < 0 && axis.kind == session::AxisSource::Kind::Feature && s.samples.sharedSchema() &&
                std::size_t(axis.index) < s.samples.schema().size()) {
                column = axis.index;
                source = Source::Feature;
            }
    // Nor has a neighbour map a centre: what loads most on the first component.
    if (source == Source::None && choice.kind == LineChoice::Kind::Auto && session::showsMap(s.pictureAxes) &&
        !s.axes.empty() && !s.axes.front().columns.empty()) {
        column = s.axes.front().columns.front();
        source = Source::Feature;
    }
    const session::Coordinates places = source == Source::Distance ? *s.coordinates : session::Coordinates();
    const bool moved = source == Source::Distance &&
                       (!places.x.sharesPrefix(m_seenPlaces.x, m_line.size()) ||
                        !places.y.sharesPrefix(m_seenPlaces.y, m_line.size()) ||
                        (!places.z.empty() && !places.z.sharesPrefix(m_seenPlaces.z, m_line.size())));
    if (source != m_source || column != m_column || moved)
        m_line.truncate(0);
    m_seenPlaces = places;
    m_source = source;
    m_column = column;
    m_unit = base::Unit::None;
    m_lineName.clear();
    if (source == Source::Feature) {
        const auto &feature = s.samples.schema()[std::size_t(column)];
        m_unit = feature.unit;
        m_lineName = qt(feature.title.empty() ? feature.key : feature.title);
    } else if (source == Source::Abnormality) {
        m_lineName = QObject::tr("abnormality");
    } else if (source == Source::Distance) {
        m_lineName = QObject::tr("from centre, σ");
    } else if (choice.kind == LineChoice::Kind::Distance && s.coordinates) {
        m_lineName = QObject::tr("needs principal axes");
    }
    if (m_several && source != Source::None)
        m_lineName = QObject::tr("%1, highest").arg(m_lineName);
}

void StripData::extendLine()
{
    std::vector<float> values;
    const std::size_t from = m_line.size();
    switch (m_source) {
    case Source::None:
        return;
    case Source::Feature:
        for (std::size_t row = from; row < m_rows; ++row)
            values.push_back(m_samples.at(row, std::size_t(m_column)));
        break;
    case Source::Abnormality:
        m_seenScores.forEachRun(from, m_rows, [&](std::size_t, std::span<const model::Score> piece) {
            for (const auto &score : piece)
                values.push_back(score.abnormality);
        });
        break;
    case Source::Distance: {
        const std::size_t end = std::min({m_rows, m_seenPlaces.x.size(), m_seenPlaces.y.size()});
        for (std::size_t row = from; row < end; ++row) {
            const float z = row < m_seenPlaces.z.size() ? m_seenPlaces.z[row] : 0;
            const float x = m_seenPlaces.x[row], y = m_seenPlaces.y[row];
            values.push_back(std::sqrt(x * x + y * y + z * z));
        }
        break;
    }
    }
    // Of samples of one time a line can show but one.
    for (std::size_t i = 0; m_several && i < values.size();) {
        std::size_t end = i;
        float highest = values[i];
        for (; end < values.size() && m_samples.timeNs(from + end) == m_samples.timeNs(from + i); ++end)
            if (!(highest >= values[end]) && !std::isnan(values[end]))
                highest = values[end];
        for (; i < end; ++i)
            values[i] = highest;
    }
    m_line.append(values);
}

QString StripData::lineText(double value) const
{
    if (!std::isfinite(value))
        return QStringLiteral("–");
    switch (m_source) {
    case Source::Feature:
        return valueText(value, m_unit);
    case Source::Distance:
        return QString::number(value, 'g', 2) + QStringLiteral(" σ");
    case Source::Abnormality:
        return QString::number(value, 'f', 2);
    case Source::None:
        break;
    }
    return {};
}

RunLook StripData::stateLook(const session::Snapshot &s, int key)
{
    RunLook look;
    if (!s.model)
        return look;
    const auto &states = s.model->states();
    look.style = stateStyle(s, key);
    look.unknown = key < 0;
    look.negative = key >= 0 && std::size_t(key) < states.size() &&
                    states[std::size_t(key)].polarity == schema::Polarity::Negative;
    return look;
}

RunLook StripData::labelLook(const session::Snapshot &s, int key)
{
    const schema::Label label = labelOf(key);
    static const std::vector<std::string> kNone;
    return {labelStyle(label, s.classNames ? *s.classNames : kNone),
            label.polarity == schema::Polarity::Negative, false};
}

} // namespace statescape::ui
