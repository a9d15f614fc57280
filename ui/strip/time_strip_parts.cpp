// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/strip/time_strip_parts.h"

namespace statescape::ui {
namespace {

constexpr int kLeft = 112, kRight = 14;
constexpr int kNowHeight = 15, kStateHeight = 20, kLabelHeight = 9, kBarHeight = 4;

QCPAxisRect *makeRect(QCustomPlot *plot, int row, const QMargins &margins)
{
    auto *rect = new QCPAxisRect(plot, true);
    plot->plotLayout()->addElement(row, 0, rect);
    rect->setAutoMargins(QCP::msNone);
    rect->setMargins(margins);
    rect->setRangeDrag({});
    rect->setRangeZoom({});
    for (QCPAxis *axis : rect->axes()) {
        axis->grid()->setVisible(false);
        axis->setVisible(false);
    }
    return rect;
}

QCPItemText *makeText(QCustomPlot *plot, QCPAxisRect *rect, double x, double y, Qt::Alignment alignment,
                      const QMargins &padding = {})
{
    auto *text = new QCPItemText(plot);
    text->position->setType(QCPItemPosition::ptAxisRectRatio);
    text->position->setAxisRect(rect);
    text->position->setCoords(x, y);
    text->setPositionAlignment(alignment);
    text->setPadding(padding);
    text->setClipToAxisRect(false);
    text->setSelectable(false);
    return text;
}

QCPItemLine *makeUpright(QCustomPlot *plot, QCPAxis *time, QCPAxisRect *from, QCPAxisRect *to)
{
    auto *line = new QCPItemLine(plot);
    const auto place = [&](QCPItemPosition *end, QCPAxisRect *rect, double ratio) {
        end->setTypeX(QCPItemPosition::ptPlotCoords);
        end->setTypeY(QCPItemPosition::ptAxisRectRatio);
        end->setAxes(time, rect->axis(QCPAxis::atLeft));
        end->setAxisRect(rect);
        end->setCoords(0, ratio);
    };
    place(line->start, from, 0);
    place(line->end, to, 1);
    line->setClipToAxisRect(false);
    line->setSelectable(false);
    line->setVisible(false);
    return line;
}

} // namespace

TimeStrip::Parts::Parts(QCustomPlot *plot)
{
    plot->plotLayout()->clear();
    plot->plotLayout()->setRowSpacing(0);
    plot->setAutoAddPlottableToLegend(false);
    const int height = kNowHeight + kStateHeight + 3 + kLabelHeight + 3 + kBarHeight;
    ribbons = makeRect(plot, 0, QMargins(kLeft, 0, kRight, 0));
    ribbons->setMinimumSize(0, height);
    ribbons->setMaximumSize(QWIDGETSIZE_MAX, height);
    lines = makeRect(plot, 1, QMargins(kLeft, 6, kRight, 20));
    time = lines->axis(QCPAxis::atBottom);
    value = lines->axis(QCPAxis::atLeft);
    time->setVisible(true);
    time->setTickLengthIn(0);
    time->setTickLengthOut(3);
    time->setSubTicks(false);
    time->setNumberFormat(QStringLiteral("f"));
    ticker.reset(new QCPAxisTickerDateTime);
    ticker->setDateTimeSpec(Qt::LocalTime);
    ticker->setTickCount(7);
    time->setTicker(ticker);
    states = new Ribbon(plot, ribbons, scene, scene.data.states(), &StripData::stateLook);
    states->setPlace(kNowHeight, kStateHeight);
    labels = new Ribbon(plot, ribbons, scene, scene.data.labels(), &StripData::labelLook);
    labels->setPlace(kNowHeight + kStateHeight + 3, kLabelHeight);
    marks = new SelectionMarks(plot, ribbons, scene);
    marks->setBar(kNowHeight + kStateHeight + 3 + kLabelHeight + 3, kBarHeight);
    tint = new SelectionMarks(plot, lines, scene);
    bandAbove = new Band(plot, ribbons);
    bandAbove->setTop(kNowHeight);
    bandBelow = new Band(plot, lines);
    low = plot->addGraph(time, value);
    high = plot->addGraph(time, value);
    high->setChannelFillGraph(low);
    ahead = plot->addGraph(time, value);
    line = new Trace(plot, lines, scene);
    now = makeUpright(plot, time, ribbons, lines);
    cursor = makeUpright(plot, time, ribbons, lines);
    threshold = new QCPItemLine(plot);
    for (QCPItemPosition *end : {threshold->start, threshold->end}) {
        end->setTypeX(QCPItemPosition::ptAxisRectRatio);
        end->setTypeY(QCPItemPosition::ptPlotCoords);
        end->setAxes(time, value);
        end->setAxisRect(lines);
        end->setCoords(end == threshold->start ? 0 : 1, 1);
    }
    threshold->setVisible(false);
    const double middleOfState = (kNowHeight + kStateHeight / 2.0) / height;
    const double middleOfLabels = (kNowHeight + kStateHeight + 3 + kLabelHeight / 2.0) / height;
    const QMargins beside(0, 0, 10, 0);
    stateName = makeText(plot, ribbons, 0, middleOfState, Qt::AlignRight | Qt::AlignVCenter, beside);
    stateName->setText(TimeStrip::tr("state"));
    labelsName = makeText(plot, ribbons, 0, middleOfLabels, Qt::AlignRight | Qt::AlignVCenter, beside);
    labelsName->setText(TimeStrip::tr("labels"));
    lineName = makeText(plot, lines, 0, 0.5, Qt::AlignRight | Qt::AlignVCenter, beside);
    top = makeText(plot, lines, 0, 0, Qt::AlignRight | Qt::AlignTop, beside);
    alarmText = makeText(plot, lines, 0, 0, Qt::AlignLeft | Qt::AlignBottom, QMargins(4, 0, 0, 1));
    alarmText->position->setTypeY(QCPItemPosition::ptPlotCoords);
    alarmText->position->setAxes(time, value);
    alarmText->setText(TimeStrip::tr("alarm"));
    emptyText =
        makeText(plot, ribbons, 0, middleOfState, Qt::AlignLeft | Qt::AlignVCenter, QMargins(6, 0, 0, 0));
    nowText = new QCPItemText(plot);
    nowText->position->setTypeX(QCPItemPosition::ptPlotCoords);
    nowText->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
    nowText->position->setAxes(time, ribbons->axis(QCPAxis::atLeft));
    nowText->position->setAxisRect(ribbons);
    nowText->setPositionAlignment(Qt::AlignRight | Qt::AlignTop);
    nowText->setPadding(QMargins(0, 0, 4, 0));
    nowText->setClipToAxisRect(false);
    nowText->setText(TimeStrip::tr("now"));
    outlookText = new QCPItemText(plot);
    outlookText->position->setTypeX(QCPItemPosition::ptPlotCoords);
    outlookText->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
    outlookText->position->setAxes(time, ribbons->axis(QCPAxis::atLeft));
    outlookText->position->setAxisRect(ribbons);
    outlookText->setPositionAlignment(Qt::AlignRight | Qt::AlignTop);
    outlookText->setPadding(QMargins(0, 0, 48, 0));
    outlookText->setClipToAxisRect(false);
    for (QCPItemText *text : {alarmText, outlookText, emptyText, nowText})
        text->setVisible(false);
}

void TimeStrip::Parts::applyTheme(const Theme &theme)
{
    QFont small = QApplication::font();
    small.setPointSizeF(std::max(6.5, small.pointSizeF() * 0.9));
    time->setBasePen(QPen(theme.line));
    time->setTickPen(QPen(theme.line));
    time->setTickLabelColor(theme.muted);
    time->setTickLabelFont(small);
    for (QCPItemText *text :
         {stateName, labelsName, lineName, top, alarmText, emptyText, nowText, outlookText}) {
        text->setFont(small);
        text->setColor(theme.muted);
    }
    nowText->setColor(theme.text);
    states->setTheme(theme);
    labels->setTheme(theme);
    QColor tintColour = theme.positive, band = theme.text;
    tintColour.setAlpha(38);
    band.setAlpha(45);
    marks->setColour(theme.text);
    tint->setColour(tintColour);
    bandAbove->setColour(band);
    bandBelow->setColour(band);
    line->setPen(QPen(theme.text, 1.2));
    QColor fill = theme.negative;
    fill.setAlpha(60);
    high->setBrush(fill);
    high->setPen(Qt::NoPen);
    low->setPen(Qt::NoPen);
    ahead->setPen(QPen(theme.negative, 1.4));
    now->setPen(QPen(theme.text, 1.4));
    cursor->setPen(QPen(theme.text, 1, Qt::DotLine));
    threshold->setPen(QPen(theme.negative, 1, Qt::DashLine));
    alarmText->setColor(theme.negative);
}

void TimeStrip::Parts::setRange(double from, double to)
{
    ribbons->axis(QCPAxis::atBottom)->setRange(from, to);
    time->setRange(from, to);
    ticker->setDateTimeFormat(to - from < 1200      ? QStringLiteral("HH:mm:ss")
                              : to - from < 86400.0 ? QStringLiteral("HH:mm")
                                                    : QStringLiteral("d MMM HH:mm"));
}

} // namespace statescape::ui
