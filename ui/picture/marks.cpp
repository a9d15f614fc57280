// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/picture/marks.h"

#include "ui/kit/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>

namespace statescape::ui {
namespace {

struct Hue {
    std::uint32_t onDark, onLight;
};
constexpr Hue kGrey{0xff8b939e, 0xff7a818b};
// Okabe-Ito, lightened on dark and darkened on light to 3:1 against the canvas. Bad ones are warm, good ones
// cool.
constexpr std::array<Hue, 6> kNegative{{{0xffe8713a, 0xffd55e00},
                                        {0xfff0c25a, 0xffa87400},
                                        {0xffd992bd, 0xffb3568f},
                                        {0xffe69f00, 0xff8c5f00},
                                        {0xffe07a78, 0xffb03a3a},
                                        {0xffcdb9a0, 0xff7a5c38}}};
constexpr std::array<Hue, 6> kPositive{{{0xff56b4e9, 0xff0072b2},
                                        {0xff4fc08d, 0xff0b805c},
                                        {0xff7f9cf5, 0xff3f56c4},
                                        {0xff5fd0cf, 0xff0f7a80},
                                        {0xffa9cf6b, 0xff55801a},
                                        {0xff9fc3e6, 0xff3d6a94}}};
constexpr std::array<Hue, 6> kNeutral{{{0xffb9a2e8, 0xff6b4fb3},
                                       {0xff5fd0cf, 0xff0f7a80},
                                       {0xffd992bd, 0xffb3568f},
                                       {0xffa9cf6b, 0xff55801a},
                                       {0xffcdb9a0, 0xff7a5c38},
                                       {0xff7f9cf5, 0xff3f56c4}}};
constexpr std::array<Shape, 5> kNeutralShapes{Shape::Square, Shape::Diamond, Shape::TriangleUp,
                                              Shape::TriangleDown, Shape::Circle};

PointStyle styleOf(schema::Polarity polarity, std::size_t index, std::string name)
{
    PointStyle style;
    const auto &hues = polarity == schema::Polarity::Negative   ? kNegative
                       : polarity == schema::Polarity::Positive ? kPositive
                                                                : kNeutral;
    const Hue hue = hues[index % hues.size()];
    style.onDark = hue.onDark;
    style.onLight = hue.onLight;
    style.size = 5.5F;
    style.shape = polarity == schema::Polarity::Negative   ? Shape::Cross
                  : polarity == schema::Polarity::Positive ? Shape::Plus
                                                           : kNeutralShapes[index % kNeutralShapes.size()];
    style.name = std::move(name);
    return style;
}

// Cividis: even steps of lightness, the same to eyes with and without colour deficiency.
std::uint32_t ramp(double share, bool dark)
{
    constexpr std::array<std::array<double, 3>, 5> stops{
        {{0, 58, 112}, {69, 87, 115}, {124, 123, 120}, {185, 165, 112}, {254, 231, 84}}};
    if (dark)
        share = 0.18 + 0.82 * share;
    else
        share = 0.86 * share;
    const double at = std::clamp(share, 0.0, 1.0) * (stops.size() - 1);
    const auto low = std::min<std::size_t>(static_cast<std::size_t>(at), stops.size() - 2);
    std::uint32_t colour = 0xff;
    for (std::size_t c = 0; c < 3; ++c)
        colour = colour << 8 | static_cast<std::uint32_t>(std::lround(
                                   std::lerp(stops[low][c], stops[low + 1][c], at - double(low))));
    return colour;
}

constexpr std::size_t kRampSteps = 16;

std::vector<PointStyle> rampStyles(const std::string &low, const std::string &high)
{
    constexpr std::array<Shape, 4> shapes{Shape::Dot, Shape::Diamond, Shape::TriangleUp, Shape::Square};
    std::vector<PointStyle> styles(kRampSteps);
    for (std::size_t i = 0; i < kRampSteps; ++i) {
        const double share = double(i) / (kRampSteps - 1);
        styles[i].onDark = ramp(share, true);
        styles[i].onLight = ramp(share, false);
        styles[i].shape = shapes[i * shapes.size() / kRampSteps];
        styles[i].size = 4.5F;
    }
    styles.front().name = low;
    styles.back().name = high;
    return styles;
}

/// Members of one group, thinned to a few hundred by a power of two, so that the choice stays the same while
/// rows are added.
struct Members {
    static constexpr std::size_t kMost = 512;
    std::vector<std::uint32_t> rows;
    std::size_t n = 0, step = 1;

    void add(std::size_t row)
    {
        if (n++ % step != 0)
            return;
        rows.push_back(static_cast<std::uint32_t>(row));
        if (rows.size() < kMost)
            return;
        for (std::size_t i = 0; i < rows.size() / 2; ++i)
            rows[i] = rows[2 * i];
        rows.resize(rows.size() / 2);
        step *= 2;
    }
};

float medianOf(const std::vector<std::uint32_t> &rows, const std::vector<float> &values)
{
    std::vector<float> some;
    some.reserve(rows.size());
    for (const std::uint32_t row : rows)
        if (row < values.size() && std::isfinite(values[row]))
            some.push_back(values[row]);
    if (some.empty())
        return 0;
    const auto middle = some.begin() + std::ptrdiff_t(some.size() / 2);
    std::nth_element(some.begin(), middle, some.end());
    return *middle;
}

void placeStyles(const session::Snapshot &s, ColourBy by, Marks &marks)
{
    const std::size_t n = s.samples.rows();
    auto &style = marks.points->style;
    style.assign(n, 0);
    if (by == ColourBy::State && s.model && s.scores && s.scores->size() >= n) {
        const std::size_t k = std::min<std::size_t>(s.model->states().size(), 250);
        for (std::size_t i = 0; i < k; ++i)
            marks.styles.push_back(stateStyle(s, int(i)));
        marks.styles.push_back(stateStyle(s, -1));
        for (std::size_t i = marks.first; i < n; ++i) {
            const int cluster = (*s.scores)[i].cluster;
            style[i] = static_cast<std::uint8_t>(
                cluster >= 0 && std::size_t(cluster) < k ? std::size_t(cluster) : k);
        }
        return;
    }
    if (by == ColourBy::Abnormality && s.scores && s.scores->size() >= n) {
        marks.styles = rampStyles("abnormality 0", "abnormality 1");
        for (std::size_t i = marks.first; i < n; ++i)
            style[i] = static_cast<std::uint8_t>(
                std::clamp((*s.scores)[i].abnormality, 0.0F, 1.0F) * (kRampSteps - 1) + 0.5F);
        return;
    }
    if (by == ColourBy::Time && n > 0) {
        marks.styles = rampStyles("earliest", "latest");
        for (std::size_t i = marks.first; i < n; ++i)
            style[i] = static_cast<std::uint8_t>((i - marks.first) * kRampSteps / (n - marks.first));
        return;
    }
    static const std::vector<std::string> none{""};
    const auto &names = s.classNames ? *s.classNames : none;
    marks.styles.push_back(labelStyle({}, names));
    if (!s.labels)
        return;
    std::map<std::uint32_t, std::uint8_t> known{{0, 0}};
    std::uint32_t lastKey = 0;
    std::uint8_t last = 0;
    for (std::size_t i = marks.first; i < std::min(n, s.labels->size()); ++i) {
        const schema::Label label = (*s.labels)[i];
        const std::uint32_t key =
            label.empty() ? 0 : std::uint32_t(label.classId) << 2 | std::uint32_t(int(label.polarity) + 2);
        if (key != lastKey) {
            auto [at, isNew] = known.try_emplace(
                key, static_cast<std::uint8_t>(std::min<std::size_t>(marks.styles.size(), 254)));
            if (isNew && marks.styles.size() < 255)
                marks.styles.push_back(labelStyle(label, names));
            lastKey = key;
            last = at->second;
        }
        style[i] = last;
    }
}

void placeCaptions(const session::Snapshot &s, ColourBy by, Marks &marks)
{
    const bool perStyle = by == ColourBy::Label || by == ColourBy::State;
    std::vector<Members> groups(perStyle ? marks.styles.size() : s.model ? s.model->states().size() : 0);
    const PointSet &p = *marks.points;
    for (std::size_t i = marks.first; i < p.size() && !groups.empty(); ++i) {
        const int of = perStyle                           ? int(p.style[i])
                       : s.scores && i < s.scores->size() ? (*s.scores)[i].cluster
                                                          : -1;
        if (of >= 0 && std::size_t(of) < groups.size() && std::isfinite(p.x[i]))
            groups[std::size_t(of)].add(i);
    }
    for (std::size_t i = 0; i < groups.size(); ++i) {
        const PointStyle style = perStyle ? marks.styles[i] : stateStyle(s, int(i));
        const bool unnamed =
            (by == ColourBy::Label && i == 0) || (by == ColourBy::State && i + 1 == groups.size());
        if (groups[i].n < 3 || style.name.empty() || unnamed)
            continue;
        // The median lies in the larger part of a group in two parts, where the mean lies in the void
        // between.
        const auto &rows = groups[i].rows;
        marks.captions.push_back({qt(style.name), style, medianOf(rows, p.x), medianOf(rows, p.y),
                                  medianOf(rows, p.z), groups[i].n});
    }
    // States are worth naming in the label view too, but only where no label already names the same thing.
    if (by == ColourBy::Label && marks.captions.empty() && s.model && s.scores) {
        placeCaptions(s, ColourBy::Time, marks);
    }
}

} // namespace

PointStyle labelStyle(schema::Label label, const std::vector<std::string> &classNames)
{
    if (label.empty()) {
        PointStyle style;
        style.onDark = kGrey.onDark;
        style.onLight = kGrey.onLight;
        style.size = 3.5F;
        style.name = "unlabelled";
        return style;
    }
    std::string name = label.classId != 0 && label.classId < classNames.size()
                           ? classNames[label.classId]
                           : std::string(schema::polarityKey(label.polarity));
    return styleOf(label.polarity, label.classId, std::move(name));
}

PointStyle stateStyle(const model::Model &model, int cluster, const std::vector<std::string> *classNames)
{
    const auto &states = model.states();
    if (cluster < 0 || std::size_t(cluster) >= states.size()) {
        PointStyle style;
        style.onDark = kGrey.onDark;
        style.onLight = kGrey.onLight;
        style.shape = Shape::Circle;
        style.size = 5;
        style.name = "unknown";
        return style;
    }
    const auto &state = states[std::size_t(cluster)];
    if (state.name == schema::polarityKey(state.polarity))
        return styleOf(state.polarity, 0, state.name);
    const std::size_t classes = classNames ? classNames->size() : 1;
    for (std::size_t id = 1; id < classes; ++id)
        if ((*classNames)[id] == state.name)
            return styleOf(state.polarity, id, state.name);
    std::size_t index = classes;
    for (int i = 0; i < cluster; ++i)
        index += states[std::size_t(i)].polarity == state.polarity ? 1 : 0;
    return styleOf(state.polarity, index, state.name);
}

QColor colourOf(const PointStyle &style, bool dark)
{
    return QColor::fromRgba(dark ? style.onDark : style.onLight);
}

QString signOf(Shape shape)
{
    switch (shape) {
    case Shape::Dot:
        return QStringLiteral("•");
    case Shape::Plus:
        return QStringLiteral("+");
    case Shape::Cross:
        return QStringLiteral("×");
    case Shape::Square:
        return QStringLiteral("■");
    case Shape::Diamond:
        return QStringLiteral("◆");
    case Shape::TriangleUp:
        return QStringLiteral("▲");
    case Shape::TriangleDown:
        return QStringLiteral("▼");
    case Shape::Circle:
        return QStringLiteral("○");
    }
    return {};
}

QString labelText(schema::Label label, const std::vector<std::string> &classNames)
{
    if (label.empty())
        return QStringLiteral("unlabelled");
    const QString name =
        label.classId != 0 && label.classId < classNames.size() ? qt(classNames[label.classId]) : QString();
    if (label.polarity == schema::Polarity::None)
        return name;
    const QString polarity = qt(schema::polarityKey(label.polarity));
    return name.isEmpty() ? polarity : polarity + QStringLiteral(": ") + name;
}

Marks makeMarks(const session::Snapshot &s, ColourBy by, std::size_t first)
{
    Marks marks;
    const std::size_t n = s.samples.rows();
    marks.first = std::min(first, n);
    marks.points = std::make_shared<PointSet>();
    if (!s.coordinates || s.coordinates->x.size() < n) {
        marks.styles.push_back(labelStyle({}, {}));
        return marks;
    }
    const auto end = static_cast<std::ptrdiff_t>(n);
    auto &p = *marks.points;
    p.x.assign(s.coordinates->x.begin(), s.coordinates->x.begin() + end);
    p.y.assign(s.coordinates->y.begin(), s.coordinates->y.begin() + end);
    if (s.coordinates->z.size() >= n)
        p.z.assign(s.coordinates->z.begin(), s.coordinates->z.begin() + end);
    std::fill_n(p.x.begin(), marks.first, std::numeric_limits<float>::quiet_NaN());
    placeStyles(s, by, marks);
    placeCaptions(s, by, marks);
    for (std::size_t i = marks.first; i < n; ++i)
        marks.shown += std::isfinite(p.x[i]) && std::isfinite(p.y[i]) ? 1 : 0;
    return marks;
}

} // namespace statescape::ui
