// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/kit/section.h"

#include <QScrollArea>

namespace statescape::ui {

Heading::Heading(const QString &text, QWidget *parent)
    : QLabel(text.toUpper(), parent)
{
    setProperty("heading", true);
    setTextFormat(Qt::PlainText);
    QFont small = font();
    if (small.pointSizeF() > 0)
        small.setPointSizeF(small.pointSizeF() * 0.88);
    small.setLetterSpacing(QFont::AbsoluteSpacing, 0.6);
    small.setBold(true);
    setFont(small);
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
}

SectionDock::SectionDock(const QString &name, const QString &title, QWidget *parent)
    : QDockWidget(title, parent)
    , m_heading(new Heading(title))
{
    setObjectName(name);
    m_heading->setContentsMargins(12, 8, 8, 3);
    m_heading->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    setTitleBarWidget(m_heading);
    setAccessibleName(title);
}

QLabel *mutedLabel(const QString &text, QWidget *parent)
{
    auto *label = new QLabel(text, parent);
    label->setProperty("muted", true);
    return label;
}

void SectionDock::setScrollingPage(QWidget *page)
{
    auto *scroll = new QScrollArea;
    scroll->setWidget(page);
    scroll->setWidgetResizable(true);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->viewport()->setAutoFillBackground(false);
    page->setAutoFillBackground(false);
    scroll->setFocusPolicy(Qt::NoFocus);
    setWidget(scroll);
}

} // namespace statescape::ui
