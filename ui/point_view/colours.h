// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/point_set.h"

#include <QColor>
#include <QPalette>
#include <string>
#include <vector>

namespace statescape::ui {

/// One colour for dark and one for light backgrounds, 0xffRRGGBB; both at least 3:1 against their background.
struct ColourPair {
    std::uint32_t onDark = 0xff8d939c;
    std::uint32_t onLight = 0xff767c86;

    [[nodiscard]] QColor on(bool dark) const { return QColor::fromRgb(dark ? onDark : onLight); }
};

ColourPair unlabelledColour();
ColourPair positiveColour();
ColourPair negativeColour();
inline constexpr int kClassColours = 8;
/// Colours for classes and states after Okabe and Ito, told apart with the common kinds of colour blindness;
/// repeats after kClassColours.
ColourPair classColour(int index);
/// A shape for each class, so that colour is never the only sign; never the positive's or negative's.
Shape classShape(int index);

/// Colours for a number, lowest first: equal steps look equally large, lightness goes one way only (lighter
/// on dark, darker on light ground as the number grows), hue from blue to yellow (on light: from green to
/// violet); told apart with the common kinds of colour blindness.
/// @param steps 2 and above
std::vector<ColourPair> perceptualRamp(int steps);
/// What marks a sample whose number is missing: hollow, a shape of its own, never a colour of the ramp.
PointStyle missingStyle(float size, std::string name = {});

/// A ready style. @param name UTF-8, for the legend.
PointStyle makeStyle(ColourPair colour, Shape shape, float size, std::string name = {});

/// What the point view draws with, from the desktop's palette.
struct ViewColours {
    bool dark = true;
    bool highContrast = false; ///< the palette's contrast is the highest there is, or the desktop says so
    QColor background, text, muted, grid, axis;

    static ViewColours of(const QPalette &palette);
};

/// WCAG 2 contrast ratio, 1..21.
double contrastRatio(const QColor &a, const QColor &b);

} // namespace statescape::ui
