// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/kit/key_button.h"

#include "ui/kit/theme.h"

#include <QStyleOptionButton>
#include <QStyleOptionToolButton>
#include <QStylePainter>

namespace statescape::ui {
namespace {

constexpr int kGap = 6, kPad = 3, kSide = 9;

QFont keyFont(const QFont &of)
{
    QFont font = of;
    font.setPointSizeF(std::max(6.0, of.pointSizeF() * 0.78));
    font.setBold(false);
    return font;
}

int keyWidth(const QFont &font, const QString &key)
{
    return key.isEmpty() ? 0 : QFontMetrics(keyFont(font)).horizontalAdvance(key) + 2 * kPad + 2;
}

/// Text and key box, together in the middle of @p rect; the key goes first when there is no room for both.
void paintTextAndKey(QPainter &painter, const QRect &rect, const QFont &font, const QString &text,
                     const QString &key, const QColor &colour)
{
    const QFontMetrics metrics(font);
    const int textWidth = metrics.horizontalAdvance(text);
    int box = keyWidth(font, key);
    if (box > 0 && textWidth + kGap + box > rect.width() - 6)
        box = 0;
    const int whole = std::min(textWidth + (box > 0 ? kGap + box : 0), rect.width() - 4);
    int x = rect.left() + (rect.width() - whole) / 2;
    painter.setFont(font);
    painter.setPen(colour);
    painter.drawText(QRect(x, rect.top(), rect.width() - (x - rect.left()), rect.height()),
                     Qt::AlignLeft | Qt::AlignVCenter,
                     metrics.elidedText(text, Qt::ElideRight, rect.width() - 4));
    if (box == 0)
        return;
    x += textWidth + kGap;
    const int height = QFontMetrics(keyFont(font)).height() + 1;
    QColor line = colour;
    line.setAlphaF(0.35F);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(line);
    painter.setBrush(Qt::NoBrush);
    const QRectF frame(x + 0.5, rect.center().y() - height / 2 + 0.5, box - 1, height);
    painter.drawRoundedRect(frame, 3, 3);
    line.setAlphaF(0.75F);
    painter.setPen(line);
    painter.setFont(keyFont(font));
    painter.drawText(frame, Qt::AlignCenter, key);
}

} // namespace

KeyToolButton::KeyToolButton(const QString &key, QWidget *parent)
    : QToolButton(parent)
    , m_key(key)
{}

void KeyToolButton::setKeyShown(bool shown)
{
    m_keyShown = shown;
    updateGeometry();
}

QSize KeyToolButton::sizeHint() const
{
    QFont bold = font();
    bold.setWeight(QFont::DemiBold); // a checked button is bolder and must not push its neighbours
    const int width = QFontMetrics(bold).horizontalAdvance(text()) +
                      (m_key.isEmpty() || !m_keyShown ? 0 : kGap + keyWidth(font(), m_key)) +
                      2 * (m_keyShown ? kSide : kSide - 3);
    return {width, QToolButton::sizeHint().height()};
}

void KeyToolButton::paintEvent(QPaintEvent *)
{
    QStylePainter painter(this);
    QStyleOptionToolButton option;
    initStyleOption(&option);
    const QString text = option.text;
    option.text.clear();
    painter.drawComplexControl(QStyle::CC_ToolButton, option);
    QFont own = font();
    if (isChecked())
        own.setWeight(QFont::DemiBold);
    const bool onRed = objectName() == QLatin1String("recording") && isChecked();
    paintTextAndKey(
        painter, rect(), own, text, m_keyShown ? m_key : QString(),
        onRed ? QColor(Qt::white)
              : palette().color(isEnabled() ? QPalette::Active : QPalette::Disabled, QPalette::WindowText));
}

KeyPushButton::KeyPushButton(const QString &text, const QString &key, QWidget *parent)
    : QPushButton(text, parent)
    , m_key(key)
{}

QSize KeyPushButton::sizeHint() const
{
    return QPushButton::sizeHint() + QSize(m_key.isEmpty() ? 0 : kGap + keyWidth(font(), m_key) - 8, 0);
}

void KeyPushButton::paintEvent(QPaintEvent *)
{
    QStylePainter painter(this);
    QStyleOptionButton option;
    initStyleOption(&option);
    const QString text = option.text;
    option.text.clear();
    painter.drawControl(QStyle::CE_PushButton, option);
    const bool filled = isEnabled() && !objectName().isEmpty() && objectName() != QLatin1String("plain");
    QFont own = font();
    if (filled)
        own.setWeight(QFont::DemiBold);
    const bool dark = currentTheme().dark;
    const QColor colour =
        filled ? (dark ? QColor(0x10, 0x14, 0x18) : QColor(Qt::white))
               : palette().color(isEnabled() ? QPalette::Active : QPalette::Disabled, QPalette::WindowText);
    paintTextAndKey(painter, rect(), own, text, m_key, colour);
}

} // namespace statescape::ui
