// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/strip/ribbon.h"

#include "ui/kit/text.h"

namespace statescape::ui {

Ribbon::Ribbon(QCustomPlot *plot, QCPAxisRect *rect)
    : QCPAbstractItem(plot)
    , m_rect(rect)
{
    setClipToAxisRect(true);
    setClipAxisRect(rect);
    setSelectable(false);
}

void Ribbon::setPlace(int top, int height)
{
    m_top = top;
    m_height = height;
}

void Ribbon::draw(QCPPainter *painter)
{
    const QCPAxis *axis = m_rect->axis(QCPAxis::atBottom);
    const QCPRange range = axis->range();
    const auto above =
        std::partition_point(m_runs.begin(), m_runs.end(), [&](const Run &r) { return r.to < range.lower; });
    const QFontMetrics metrics(painter->font());
    for (auto run = above; run != m_runs.end() && run->from <= range.upper; ++run) {
        const double left = axis->coordToPixel(std::max(run->from, range.lower));
        const double right = axis->coordToPixel(std::min(run->to, range.upper));
        const QRectF box(left, m_rect->top() + m_top, std::max(1.0, right - left), m_height);
        const QColor colour = colourOf(run->style, m_theme.dark);
        painter->setPen(Qt::NoPen);
        if (run->unknown) {
            painter->setBrush(QBrush(colour, Qt::Dense5Pattern));
            painter->drawRect(box);
        } else {
            painter->fillRect(box, colour);
            if (run->negative)
                painter->fillRect(box, QBrush(QColor(m_theme.dark ? 0x18 : 0xff, m_theme.dark ? 0x1a : 0xff,
                                                     m_theme.dark ? 0x1e : 0xff, 110),
                                              Qt::BDiagPattern));
        }
        const QString name = qt(run->style.name);
        if (m_height < metrics.height() - 2 || box.width() < 26)
            continue;
        const QString fitting = metrics.elidedText(name, Qt::ElideRight, int(box.width()) - 8);
        if (fitting.size() < 3 && fitting != name)
            continue;
        const QColor ink = run->unknown   ? m_theme.text
                           : m_theme.dark ? QColor(0x12, 0x15, 0x19)
                                          : QColor(Qt::white);
        if (run->negative || run->unknown) {
            const QRectF plate(box.left() + 2, box.top() + 1, metrics.horizontalAdvance(fitting) + 6,
                               box.height() - 2);
            painter->fillRect(plate, run->unknown ? m_theme.window : colour);
        }
        painter->setPen(ink);
        painter->drawText(box.adjusted(5, 0, -3, 0), Qt::AlignLeft | Qt::AlignVCenter, fitting);
    }
}

SelectionMarks::SelectionMarks(QCustomPlot *plot, QCPAxisRect *rect)
    : QCPAbstractItem(plot)
    , m_rect(rect)
{
    setClipToAxisRect(true);
    setClipAxisRect(rect);
    setSelectable(false);
}

void SelectionMarks::setBar(int top, int height)
{
    m_top = top;
    m_height = height;
}

void SelectionMarks::draw(QCPPainter *painter)
{
    const QCPAxis *axis = m_rect->axis(QCPAxis::atBottom);
    const QCPRange range = axis->range();
    painter->setPen(Qt::NoPen);
    for (const auto &[from, to] : m_runs) {
        if (to < range.lower || from > range.upper)
            continue;
        const double left = axis->coordToPixel(from), right = axis->coordToPixel(to);
        const double top = m_rect->top() + (m_height < 0 ? 0 : m_top);
        painter->fillRect(
            QRectF(left, top, std::max(1.5, right - left), m_height < 0 ? m_rect->height() : m_height),
            m_colour);
    }
}

} // namespace statescape::ui
