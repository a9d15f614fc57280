// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/picture/marker.h"

#include "ui/kit/text.h"
#include "ui/models/entity_model.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace statescape::ui {
namespace {

constexpr std::size_t kMostMembers = 512;
constexpr int kRampSteps = 128;
constexpr std::size_t kRangeRows = 20'000;
constexpr std::size_t kEntities = 10; // more cannot be told apart
// In a ramp the colour is a value, so the shape alone tells the label.
enum RampShape : std::uint16_t { Unlabelled, Good, Bad, Missing, kRampShapes };

float medianOf(const std::vector<std::uint32_t> &rows, const base::Column<float>::View &values,
               std::size_t first)
{
    std::vector<float> some;
    some.reserve(rows.size());
    for (const std::uint32_t row : rows)
        if (row >= first && row < values.size() && std::isfinite(values[row]))
            some.push_back(values[row]);
    if (some.empty())
        return 0;
    const auto middle = some.begin() + std::ptrdiff_t(some.size() / 2);
    std::nth_element(some.begin(), middle, some.end());
    return *middle;
}

std::vector<PointStyle> rampStyles()
{
    const auto ramp = perceptualRamp(kRampSteps);
    std::vector<PointStyle> styles(std::size_t(kRampSteps) * kRampShapes);
    for (std::size_t i = 0; i < ramp.size(); ++i)
        for (std::size_t shape = 0; shape < kRampShapes; ++shape) {
            PointStyle &style = styles[i * kRampShapes + shape];
            style.onDark = ramp[i].onDark;
            style.onLight = ramp[i].onLight;
            style.shape = shape == Good ? Shape::Plus : shape == Bad ? Shape::Cross : Shape::Dot;
            style.size = shape == Unlabelled ? 4.0F : 5.5F;
        }
    // One for every value that is not there.
    styles[Missing] = missingStyle(6);
    return styles;
}

template <class T>
bool grown(const std::shared_ptr<const typename base::Column<T>::View> &now,
           const typename base::Column<T>::View &was, std::size_t rows)
{
    return now ? now->sharesPrefix(was, std::min(rows, was.size())) && was.size() >= rows : was.empty();
}

} // namespace

void Marker::Members::add(std::size_t row)
{
    if (n++ % step != 0)
        return;
    rows.push_back(static_cast<std::uint32_t>(row));
    if (rows.size() < kMostMembers)
        return;
    for (std::size_t i = 0; i < rows.size() / 2; ++i)
        rows[i] = rows[2 * i];
    rows.resize(rows.size() / 2);
    step *= 2;
}

bool Marker::mayContinue(const session::Snapshot &s, const Colouring &colouring, std::size_t first) const
{
    const std::size_t n = s.samples.rows();
    if (!m_marks.points || colouring != m_colouring || n < m_rows ||
        m_schema != s.samples.sharedSchema().get() || m_model != s.model.get() ||
        m_names != s.classNames.get() || first < m_marks.first)
        return false;
    if (!grown<schema::Label>(s.labels, m_labels, m_rows) ||
        (s.model && !grown<model::Score>(s.scores, m_scores, m_rows)))
        return false;
    if (colouring.by == ColourBy::Entity && n > 2 * m_entityRows)
        return false;
    // Colours over time and over a feature's range are stretched again when what they span has grown.
    if (m_ramp && n > m_ramp->rowsRanged + m_ramp->rowsRanged / (colouring.by == ColourBy::Time ? 64 : 1))
        return false;
    return true;
}

void Marker::begin(const session::Snapshot &s, const Colouring &colouring, std::size_t first)
{
    m_colouring = colouring;
    m_style.clear();
    m_members.clear();
    m_labelIndex.clear();
    m_ramp.reset();
    m_marks.styles.clear();
    m_marks.scale.reset();
    m_marks.first = first;
    m_names = s.classNames.get();
    m_model = s.model.get();
    m_schema = s.samples.sharedSchema().get();
    m_rows = 0;
    if (colouring.by == ColourBy::Label) {
        labelIndex(s, {});
    } else if (colouring.by == ColourBy::State && s.model && s.scores) {
        const std::size_t k = std::min(s.model->states().size(), kMaxStyles - 1);
        for (std::size_t i = 0; i < k; ++i)
            m_marks.styles.push_back(stateStyle(s, int(i)));
        m_marks.styles.push_back(stateStyle(s, -1));
    } else if (colouring.by == ColourBy::State) {
        m_marks.styles.push_back(unknownStyle());
    } else if (colouring.by == ColourBy::Entity) {
        beginEntities(s);
    } else {
        beginRamp(s, colouring);
    }
}

void Marker::beginEntities(const session::Snapshot &s)
{
    m_entityRows = s.samples.rows();
    m_entityStyle.assign(s.entities ? s.entities->size() : 1, 0);
    PointStyle rest = labelStyle({}, {});
    rest.name = session::perEntity(s) ? "others" : "host";
    m_marks.styles.push_back(std::move(rest));
    if (!session::perEntity(s))
        return;
    for (const std::uint32_t entity : busiestEntities(s, m_marks.first, kEntities)) {
        if (entity >= m_entityStyle.size())
            continue;
        m_entityStyle[entity] = static_cast<std::uint16_t>(m_marks.styles.size());
        m_marks.styles.push_back(
            entityStyle(m_marks.styles.size() - 1,
                        schema::entityText(s.samples.schema().entityKind(), *s.entities, entity)));
    }
}

double Marker::valueOf(const session::Snapshot &s, std::size_t row) const
{
    constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();
    switch (m_colouring.by) {
    case ColourBy::Time:
        return double(s.samples.timeNs(row));
    case ColourBy::Abnormality:
        return s.scores && row < s.scores->size() ? double((*s.scores)[row].abnormality) : kMissing;
    case ColourBy::Feature: {
        const float value = s.samples.at(row, m_ramp->column);
        return m_ramp->logarithmic ? std::copysign(std::log1p(std::fabs(double(value))), double(value))
                                   : double(value);
    }
    case ColourBy::Label:
    case ColourBy::State:
    case ColourBy::Entity:
        break;
    }
    return kMissing;
}

void Marker::beginRamp(const session::Snapshot &s, const Colouring &colouring)
{
    const std::size_t n = s.samples.rows();
    Ramp ramp;
    const schema::Feature *feature = nullptr;
    if (colouring.by == ColourBy::Feature && s.samples.sharedSchema())
        for (std::size_t c = 0; c < s.samples.schema().size(); ++c)
            if (s.samples.schema()[c].key == colouring.feature) {
                ramp.column = c;
                feature = &s.samples.schema()[c];
                ramp.logarithmic = feature->log1p;
            }
    if (colouring.by == ColourBy::Feature && !feature) {
        m_colouring.by = ColourBy::Time; // the schema of another session; time is always there
        return beginRamp(s, m_colouring);
    }
    ramp.rowsRanged = n;
    m_ramp = ramp;
    m_marks.styles = rampStyles();
    ColourScale scale;
    scale.ramp = perceptualRamp(kRampSteps);
    scale.missingText = PointView::tr("missing");
    if (colouring.by == ColourBy::Abnormality) {
        scale.title = PointView::tr("abnormality");
        scale.ticks = {{0, QStringLiteral("0")}, {0.5, QStringLiteral("0.5")}, {1, QStringLiteral("1")}};
    } else {
        std::vector<double> values;
        const std::size_t from = m_marks.first, step = (n - from) / kRangeRows + 1;
        for (std::size_t i = from; i < n; i += step)
            if (const double value = valueOf(s, i); std::isfinite(value))
                values.push_back(value);
        std::sort(values.begin(), values.end());
        if (!values.empty()) {
            // A burst must not take all the colours from the rest.
            const bool time = m_colouring.by == ColourBy::Time;
            const std::size_t cut = time ? 0 : values.size() / 100;
            m_ramp->low = values[cut];
            m_ramp->high = time && n > 0 ? double(s.samples.timeNs(n - 1)) : values[values.size() - 1 - cut];
        }
        scale.title = feature ? qt(feature->title) : PointView::tr("time");
        const auto text = [&](double share) {
            double value = m_ramp->low + share * (m_ramp->high - m_ramp->low);
            if (!feature)
                return localTime(s.anchor, std::uint64_t(value));
            if (m_ramp->logarithmic)
                value = std::copysign(std::expm1(std::fabs(value)), value);
            return valueText(value, feature->unit);
        };
        for (const double share : {0.0, 0.25, 0.5, 0.75, 1.0})
            scale.ticks.emplace_back(share, text(share));
    }
    m_marks.scale = std::move(scale);
}

std::uint16_t Marker::labelIndex(const session::Snapshot &s, schema::Label label)
{
    const std::uint32_t key =
        label.empty() ? 0 : std::uint32_t(label.classId) << 2 | std::uint32_t(int(label.polarity) + 2);
    const auto [at, isNew] = m_labelIndex.try_emplace(
        key, static_cast<std::uint16_t>(std::min(m_marks.styles.size(), kMaxStyles - 1)));
    if (isNew && m_marks.styles.size() < kMaxStyles) {
        static const std::vector<std::string> none{""};
        m_marks.styles.push_back(labelStyle(label, s.classNames ? *s.classNames : none));
    }
    return at->second;
}

std::uint16_t Marker::styleOf(const session::Snapshot &s, std::size_t row)
{
    const schema::Label label = s.labels && row < s.labels->size() ? (*s.labels)[row] : schema::Label{};
    if (m_colouring.by == ColourBy::Label)
        return labelIndex(s, label);
    if (m_colouring.by == ColourBy::State) {
        const auto unknown = static_cast<std::uint16_t>(m_marks.styles.size() - 1);
        const int cluster = s.scores && row < s.scores->size() ? (*s.scores)[row].cluster : -1;
        return cluster >= 0 && cluster < unknown ? static_cast<std::uint16_t>(cluster) : unknown;
    }
    if (m_colouring.by == ColourBy::Entity) {
        const std::uint32_t entity = s.samples.entity(row);
        return entity < m_entityStyle.size() ? m_entityStyle[entity] : std::uint16_t{0};
    }
    const double value = valueOf(s, row);
    if (!std::isfinite(value))
        return Missing;
    const double span = m_ramp->high - m_ramp->low;
    const double share = span > 0 ? std::clamp((value - m_ramp->low) / span, 0.0, 1.0) : 0.5;
    const auto shape = label.polarity == schema::Polarity::Positive   ? Good
                       : label.polarity == schema::Polarity::Negative ? Bad
                                                                      : Unlabelled;
    return static_cast<std::uint16_t>(std::lround(share * (kRampSteps - 1)) * kRampShapes + shape);
}

void Marker::mark(const session::Snapshot &s, std::size_t from, std::size_t to)
{
    const bool named = !m_ramp;
    std::vector<std::uint16_t> block;
    block.reserve(std::min<std::size_t>(to - from, 65'536));
    schema::Label lastLabel;
    std::uint16_t lastStyle = 0;
    bool any = false;
    for (std::size_t i = from; i < to; ++i) {
        std::uint16_t style = 0;
        if (i >= m_marks.first) {
            // Labels come in long runs; looking one up costs more than comparing with the last.
            const bool byLabel = m_colouring.by == ColourBy::Label;
            const schema::Label label =
                byLabel && s.labels && i < s.labels->size() ? (*s.labels)[i] : schema::Label{};
            style = byLabel && any && label == lastLabel ? lastStyle : styleOf(s, i);
            any = true;
            lastLabel = label;
            lastStyle = style;
        }
        block.push_back(style);
        if (named && i >= m_marks.first && std::isfinite(s.coordinates->x[i])) {
            if (m_members.size() <= style)
                m_members.resize(std::size_t(style) + 1);
            m_members[style].add(i);
        }
        if (block.size() == 65'536) {
            m_style.append(block);
            block.clear();
        }
    }
    m_style.append(block);
}

void Marker::countShown(const session::Snapshot &s, std::size_t from, std::size_t to)
{
    for (std::size_t i = std::max(from, m_marks.first); i < to; ++i)
        m_marks.shown += std::isfinite(s.coordinates->x[i]) && std::isfinite(s.coordinates->y[i]) ? 1 : 0;
}

void Marker::placeCaptions(const session::Snapshot &s)
{
    m_marks.captions.clear();
    if (m_ramp)
        return;
    for (std::size_t i = 0; i < std::min(m_members.size(), m_marks.styles.size()); ++i) {
        const Members &group = m_members[i];
        const PointStyle &style = m_marks.styles[i];
        const bool unnamed =
            ((m_colouring.by == ColourBy::Label || m_colouring.by == ColourBy::Entity) && i == 0) ||
            (m_colouring.by == ColourBy::State && i + 1 == m_marks.styles.size());
        if (group.n < 3 || style.name.empty() || unnamed || group.rows.back() < m_marks.first)
            continue;
        // The median lies in the larger part of a group in two parts, where the mean lies in the void
        // between.
        m_marks.captions.push_back({qt(style.name), style,
                                    medianOf(group.rows, s.coordinates->x, m_marks.first),
                                    medianOf(group.rows, s.coordinates->y, m_marks.first),
                                    medianOf(group.rows, s.coordinates->z, m_marks.first), group.n});
    }
}

const Marks &Marker::update(const session::Snapshot &s, const Colouring &colouring, std::size_t first)
{
    const std::size_t n = s.samples.rows();
    first = std::min(first, n);
    if (!s.coordinates || s.coordinates->x.size() < n || n == 0) {
        *this = {};
        m_marks.styles.push_back(labelStyle({}, {}));
        m_marks.points = std::make_shared<PointSet>();
        return m_marks;
    }
    if (!mayContinue(s, colouring, first)) {
        begin(s, colouring, first);
        m_x = {};
    }
    const bool samePlaces = s.coordinates->x.sharesPrefix(m_x, m_x.size()) && !m_x.empty();
    if (!samePlaces)
        m_members.clear();
    if (samePlaces || m_rows == 0) {
        mark(s, m_rows, n);
    } else {
        // Places moved and styles did not: only who stands for a style is chosen anew.
        m_style.clear();
        mark(s, 0, n);
    }
    if (!samePlaces || first != m_marks.first) {
        m_marks.first = first;
        m_marks.shown = 0;
        countShown(s, 0, n);
    } else {
        countShown(s, m_x.size(), n);
    }
    auto points = std::make_shared<PointSet>();
    points->x = s.coordinates->x;
    points->y = s.coordinates->y;
    points->z = s.coordinates->z;
    points->style = m_style.view();
    points->first = first;
    m_marks.points = std::move(points);
    m_labels = s.labels ? *s.labels : base::Column<schema::Label>::View{};
    m_scores = s.scores ? *s.scores : base::Column<model::Score>::View{};
    m_x = s.coordinates->x;
    m_rows = n;
    placeCaptions(s);
    return m_marks;
}

Marks makeMarks(const session::Snapshot &snapshot, const Colouring &colouring, std::size_t first)
{
    Marker marker;
    return marker.update(snapshot, colouring, first);
}

} // namespace statescape::ui
