// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/picture/marks.h"

#include "ui/kit/text.h"

#include <QObject>

#include <array>

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

PointStyle entityStyle(std::size_t index, std::string name)
{
    return styleOf(schema::Polarity::None, index, std::move(name));
}

PointStyle unknownStyle()
{
    PointStyle style;
    style.onDark = kGrey.onDark;
    style.onLight = kGrey.onLight;
    style.shape = Shape::Circle;
    style.size = 5;
    style.name = "unknown";
    return style;
}

PointStyle stateStyle(const model::Model &model, int cluster, const std::vector<std::string> *classNames)
{
    const auto &states = model.states();
    if (cluster < 0 || std::size_t(cluster) >= states.size())
        return unknownStyle();
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
    case Shape::HollowSquare:
        return QStringLiteral("□");
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

QString confidenceWord(const model::Model &model)
{
    const model::Algorithm *algorithm = model::algorithmOf(model.algorithm());
    return algorithm && algorithm->membership ? QObject::tr("share of the state") : QObject::tr("confidence");
}

} // namespace statescape::ui
