// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/fold.h"

#include "ui/kit/theme.h"

#include <QApplication>
#include <QEvent>
#include <QPainter>
#include <QSettings>
#include <QStyleOptionFocusRect>
#include <QVBoxLayout>

namespace statescape::ui {

FoldHeading::FoldHeading(const QString &text, QWidget *parent)
    : QAbstractButton(parent)
{
    setText(text);
    setCheckable(true);
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    setCursor(Qt::PointingHandCursor);
    setSmallFont();
}

void FoldHeading::setSmallFont()
{
    QFont small = QApplication::font();
    if (small.pointSizeF() > 0)
        small.setPointSizeF(small.pointSizeF() * 0.88);
    small.setLetterSpacing(QFont::AbsoluteSpacing, 0.6);
    small.setBold(true);
    if (small != font())
        setFont(small);
}

void FoldHeading::changeEvent(QEvent *event)
{
    QAbstractButton::changeEvent(event);
    if (event->type() == QEvent::ApplicationFontChange)
        setSmallFont();
}

QSize FoldHeading::sizeHint() const
{
    return {fontMetrics().horizontalAdvance(text().toUpper()) + fontMetrics().height() + 4,
            fontMetrics().height() + 8};
}

QSize FoldHeading::minimumSizeHint() const
{
    return {60, sizeHint().height()};
}

void FoldHeading::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const Theme theme = currentTheme();
    const QColor colour = underMouse() || hasFocus() ? theme.text : theme.muted;
    const double side = fontMetrics().height() * 0.32, middle = height() / 2.0, left = 1 + side;
    QPolygonF arrow;
    if (isChecked())
        arrow << QPointF(left - side, middle - side * 0.5) << QPointF(left + side, middle - side * 0.5)
              << QPointF(left, middle + side * 0.7);
    else
        arrow << QPointF(left - side * 0.5, middle - side) << QPointF(left + side * 0.7, middle)
              << QPointF(left - side * 0.5, middle + side);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    painter.drawPolygon(arrow);
    painter.setPen(colour);
    const QRect room = rect().adjusted(int(2 * side) + 7, 0, -1, 0);
    painter.drawText(room, Qt::AlignLeft | Qt::AlignVCenter,
                     fontMetrics().elidedText(text().toUpper(), Qt::ElideRight, room.width()));
    if (hasFocus()) {
        painter.setBrush(Qt::NoBrush);
        painter.setPen(QPen(theme.positive, 1));
        painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 3, 3);
    }
}

Fold::Fold(const QString &key, const QString &title, QWidget *content, bool open, QWidget *parent)
    : QWidget(parent)
    , m_heading(new FoldHeading(title))
{
    auto *box = new QVBoxLayout(this);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(2);
    box->addWidget(m_heading);
    box->addWidget(content);
    const QString path = QStringLiteral("folds/") + key;
    connect(m_heading, &QAbstractButton::toggled, this, [this, content, path](bool on) {
        content->setVisible(on);
        m_heading->setAccessibleDescription(on ? tr("open") : tr("closed"));
        QSettings().setValue(path, on);
    });
    const bool wanted = QSettings().value(path, open).toBool();
    const QSignalBlocker quiet(m_heading);
    m_heading->setChecked(wanted);
    m_heading->setAccessibleDescription(wanted ? tr("open") : tr("closed"));
    content->setVisible(wanted);
}

void Fold::setTitle(const QString &title)
{
    if (title == m_heading->text())
        return;
    m_heading->setText(title);
    m_heading->updateGeometry();
}

} // namespace statescape::ui
