// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/diagnostic_charts.h"

#include "core/model/training.h"
#include "ui/kit/text.h"
#include "ui/kit/theme.h"
#include "ui/picture/marks.h"
#include "ui/point_view/colours.h"

#include <QBarCategoryAxis>
#include <QBarSeries>
#include <QBarSet>
#include <QCategoryAxis>
#include <QChart>
#include <QHorizontalStackedBarSeries>
#include <QLineSeries>
#include <QScatterSeries>
#include <QValueAxis>

#include <algorithm>
#include <array>
#include <cmath>

namespace statescape::ui {
namespace {

constexpr std::size_t kMostComponents = 10;
constexpr double kNear = 14; // pixels from a point that still mean it
constexpr int kGap = 7;      // pixels between texts and bars

struct Mark {
    QScatterSeries::MarkerShape shape;
    char16_t sign;
};
constexpr std::array<Mark, 6> kMarks{{{QScatterSeries::MarkerShapeCircle, u'●'},
                                      {QScatterSeries::MarkerShapeRectangle, u'■'},
                                      {QScatterSeries::MarkerShapeTriangle, u'▲'},
                                      {QScatterSeries::MarkerShapeRotatedRectangle, u'◆'},
                                      {QScatterSeries::MarkerShapeStar, u'★'},
                                      {QScatterSeries::MarkerShapePentagon, u'⬟'}}};

/// Colour and mark of an algorithm: the same in every chart, whatever else is in it.
int placeOf(const std::string &key)
{
    const model::Algorithm *found = model::algorithmOf(key);
    return found ? int(found - model::algorithms().data()) : 0;
}

QString nameOf(const std::string &key)
{
    const model::Algorithm *found = model::algorithmOf(key);
    return found ? qt(found->name) : qt(key);
}

QString nameOf(const SilhouetteChart::Bar &bar)
{
    return signOf(bar.style.shape) + QLatin1Char(' ') + bar.name;
}

/// Qt Charts folds equal categories into one; what nobody sees keeps them apart.
QString apart(const QString &text, std::size_t place)
{
    return text + QString(qsizetype(place), QChar(0x200b));
}

/// From @p low to 1 in halves. @param first half that gets a label: where two axes meet, one says 0 for both
QCategoryAxis *halvesAxis(int low = 0, int first = 0)
{
    auto *axis = new QCategoryAxis;
    axis->setLabelsPosition(QCategoryAxis::AxisLabelsPositionOnValue);
    axis->setRange(low < 0 ? low - 0.22 : low, 1); // room for the first label
    axis->setStartValue(low - 1);                  // a label at the start itself is not shown
    // Qt Charts cuts labels that stand half as far apart.
    for (int half = first; half <= 2; half += low < 0 ? 2 : 1)
        axis->append(figureText(half / 2.0, half % 2 == 0 ? 0 : 1), half / 2.0);
    return axis;
}

QScatterSeries *marks(QScatterSeries::MarkerShape shape, double size, const QColor &fill, const QPen &edge)
{
    auto *series = new QScatterSeries;
    series->setMarkerShape(shape);
    series->setMarkerSize(size);
    series->setColor(fill);
    series->setPen(edge);
    return series;
}

} // namespace

void SilhouetteChart::setBars(std::vector<Bar> bars)
{
    m_bars = std::move(bars);
    QStringList words;
    for (const Bar &bar : m_bars)
        words << QStringLiteral("%1 %2").arg(bar.name, figureText(bar.silhouette));
    setAccessibleDescription(words.join(QStringLiteral("; ")));
    redraw();
}

int SilhouetteChart::lines() const
{
    return 3 + int(m_bars.size()) * 3 / 2;
}

void SilhouetteChart::fill()
{
    if (m_bars.empty())
        return;
    const Theme theme = currentTheme();
    auto *series = new QHorizontalStackedBarSeries;
    auto *names = new QBarCategoryAxis;
    const std::size_t n = m_bars.size();
    bool below = false;
    // Qt Charts counts categories from below; the first state belongs on top.
    for (std::size_t i = n; i-- > 0;) {
        const Bar &bar = m_bars[i];
        auto *set = new QBarSet(bar.name);
        for (std::size_t at = 0; at < n; ++at)
            set->append(at == n - 1 - i && std::isfinite(bar.silhouette) ? bar.silhouette : 0.0);
        set->setColor(colourOf(bar.style, theme.dark));
        set->setBorderColor(Qt::transparent);
        series->append(set);
        names->append(apart(bar.name, i));
        below = below || bar.silhouette < -0.005;
    }
    series->setBarWidth(0.55);
    addAxis(below ? halvesAxis(-1, -2) : halvesAxis(), Qt::AlignBottom);
    addAxis(names, Qt::AlignLeft);
    names->setGridLineVisible(false);
    names->setLineVisible(false);
    names->setLabelsVisible(false);
    addSeries(series);
    placePlot();
}

void SilhouetteChart::placePlot()
{
    const QFontMetrics metrics(smallFont());
    int widest = 0;
    for (const Bar &bar : m_bars)
        widest = std::max(widest, metrics.horizontalAdvance(nameOf(bar)));
    const int names = std::min(widest, width() * 45 / 100) + kGap;
    const int figures = metrics.horizontalAdvance(figureText(-0.88)) + kGap;
    chart()->setMargins(QMargins(names, 2, figures, 0));
}

void SilhouetteChart::resizeEvent(QResizeEvent *event)
{
    DiagnosticChart::resizeEvent(event);
    placePlot();
}

void SilhouetteChart::drawForeground(QPainter *painter, const QRectF &)
{
    if (m_bars.empty())
        return;
    const Theme theme = currentTheme();
    const QRectF plot = chart()->plotArea();
    const double row = plot.height() / double(m_bars.size());
    const QFontMetrics metrics(smallFont());
    painter->setFont(smallFont());
    for (std::size_t i = 0; i < m_bars.size(); ++i) {
        const double top = plot.top() + row * double(i);
        const QRectF name(0, top, plot.left() - kGap, row);
        const QRectF figure(plot.right(), top, width() - plot.right(), row);
        painter->setPen(theme.muted);
        painter->drawText(name, Qt::AlignLeft | Qt::AlignVCenter,
                          metrics.elidedText(nameOf(m_bars[i]), Qt::ElideRight, int(name.width())));
        painter->setPen(theme.text);
        painter->drawText(figure, Qt::AlignRight | Qt::AlignVCenter, figureText(m_bars[i].silhouette));
    }
}

QString SilhouetteChart::tipAt(const QPointF &at) const
{
    const auto row = std::llround(chart()->mapToValue(at).y());
    if (row < 0 || row >= std::ptrdiff_t(m_bars.size()))
        return {};
    const Bar &bar = m_bars[m_bars.size() - 1 - std::size_t(row)];
    return tr("<b>%1</b><br>silhouette %2 (−1 to 1), %3")
        .arg(bar.name.toHtmlEscaped(),
             std::isfinite(bar.silhouette) ? figureText(bar.silhouette)
                                           : tr("– (it takes two samples and two states)"),
             pluralText(bar.samples, tr("sample")));
}

ReliabilityChart::ReliabilityChart(const QString &name, QString claimed, QString seen, QString tip,
                                   QWidget *parent)
    : DiagnosticChart(name, parent)
    , m_claimed(std::move(claimed))
    , m_seen(std::move(seen))
    , m_tip(std::move(tip))
{}

void ReliabilityChart::setPoints(std::vector<model::Reliability> points)
{
    std::erase_if(points, [](const model::Reliability &point) {
        return point.samples == 0 || !std::isfinite(point.claimed) || !std::isfinite(point.seen);
    });
    m_points = std::move(points);
    QStringList words;
    for (const auto &point : m_points)
        words << m_tip.arg(figureText(point.claimed), figureText(point.seen),
                           pluralText(point.samples, tr("sample")));
    setAccessibleDescription(words.join(QStringLiteral("; ")));
    redraw();
}

void ReliabilityChart::fill()
{
    if (m_points.empty())
        return;
    const Theme theme = currentTheme();
    addAxis(halvesAxis(), Qt::AlignBottom, m_claimed);
    addAxis(halvesAxis(0, 1), Qt::AlignLeft, m_seen);
    auto *perfect = new QLineSeries;
    perfect->setPen(QPen(theme.muted, 1.2, Qt::DashLine));
    perfect->append(0, 0);
    perfect->append(1, 1);
    addSeries(perfect);
    auto *line = new QLineSeries;
    line->setPen(QPen(theme.positive, 1.2));
    std::uint64_t most = 1;
    for (const auto &point : m_points) {
        line->append(point.claimed, point.seen);
        most = std::max(most, point.samples);
    }
    addSeries(line);
    for (const auto &point : m_points) {
        auto *dot =
            marks(QScatterSeries::MarkerShapeCircle, 5 + 9 * std::sqrt(double(point.samples) / double(most)),
                  theme.positive, QPen(theme.window, 1));
        dot->append(point.claimed, point.seen);
        addSeries(dot);
    }
}

QString ReliabilityChart::tipAt(const QPointF &at) const
{
    const model::Reliability *best = nullptr;
    double nearest = kNear;
    for (const auto &point : m_points)
        if (const double away = pixelsTo({point.claimed, point.seen}, at); away < nearest) {
            nearest = away;
            best = &point;
        }
    return best ? m_tip.arg(figureText(best->claimed), figureText(best->seen),
                            pluralText(best->samples, tr("sample")))
                : QString();
}

void ChoiceChart::setCandidates(std::vector<model::Candidate> candidates)
{
    std::erase_if(candidates, [](const model::Candidate &one) { return !std::isfinite(one.score); });
    std::stable_sort(candidates.begin(), candidates.end(), [](const auto &a, const auto &b) {
        return std::pair(placeOf(a.algorithm), a.k) < std::pair(placeOf(b.algorithm), b.k);
    });
    m_candidates = std::move(candidates);
    QStringList words;
    for (const auto &one : m_candidates)
        words << tr("%1, %2: %3%4")
                     .arg(nameOf(one.algorithm), pluralText(std::uint64_t(std::max(0, one.k)), tr("state")),
                          figureText(one.score), one.chosen ? tr(", chosen") : QString());
    setAccessibleDescription(words.join(QStringLiteral("; ")));
    redraw();
}

std::vector<std::string> ChoiceChart::keys() const
{
    std::vector<std::string> out;
    for (const auto &one : m_candidates)
        if (out.empty() || out.back() != one.algorithm)
            out.push_back(one.algorithm);
    return out;
}

QString ChoiceChart::legendText() const
{
    const bool dark = currentTheme().dark;
    QStringList parts;
    for (const auto &key : keys()) {
        const int place = placeOf(key);
        parts << QStringLiteral(
                     "<span style=\"white-space:nowrap\"><span style=\"color:%1\">%2</span> %3</span>")
                     .arg(classColour(place).on(dark).name(),
                          QString(QChar(kMarks[std::size_t(place) % kMarks.size()].sign)),
                          nameOf(key).toHtmlEscaped());
    }
    return parts.join(QStringLiteral(" &nbsp; "));
}

void ChoiceChart::fill()
{
    if (m_candidates.empty())
        return;
    const Theme theme = currentTheme();
    int least = m_candidates.front().k, most = least;
    for (const auto &one : m_candidates) {
        least = std::min(least, one.k);
        most = std::max(most, one.k);
    }
    auto *x = new QValueAxis;
    const double room = std::max(0.5, 0.06 * (most - least)); // for the ring
    x->setRange(least - room, most + room);
    x->setTickType(QValueAxis::TicksDynamic);
    const int step = std::max(1, (most - least + 9) / 10);
    x->setTickInterval(step);
    x->setTickAnchor(least);
    x->setLabelFormat(QStringLiteral("%.0f"));
    addAxis(x, Qt::AlignBottom, tr("number of states"));
    addAxis(halvesAxis(), Qt::AlignLeft, tr("score"));
    for (const auto &key : keys()) {
        const int place = placeOf(key);
        const QColor colour = classColour(place).on(theme.dark);
        auto *line = new QLineSeries;
        line->setPen(QPen(colour, 1.4));
        auto *dots =
            marks(kMarks[std::size_t(place) % kMarks.size()].shape, 8, colour, QPen(Qt::transparent));
        for (const auto &one : m_candidates)
            if (one.algorithm == key) {
                line->append(one.k, one.score);
                dots->append(one.k, one.score);
            }
        addSeries(line);
        addSeries(dots);
    }
    for (const auto &one : m_candidates)
        if (one.chosen) {
            auto *ring = marks(QScatterSeries::MarkerShapeCircle, 17, Qt::transparent, QPen(theme.text, 2));
            ring->append(one.k, one.score);
            addSeries(ring);
        }
}

QString ChoiceChart::tipAt(const QPointF &at) const
{
    const model::Candidate *best = nullptr;
    double nearest = kNear;
    for (const auto &one : m_candidates)
        if (const double away = pixelsTo({double(one.k), one.score}, at); away < nearest) {
            nearest = away;
            best = &one;
        }
    if (!best)
        return {};
    QString rows;
    const auto row = [&](const QString &what, double value, const QString &range, int digits = 2) {
        rows += QStringLiteral("<tr><td>%1 </td><td align=\"right\">%2</td><td>&nbsp; %3</td></tr>")
                    .arg(what, figureText(value, digits), range);
    };
    row(tr("score, all together"), best->score, tr("0 to 1"));
    row(tr("silhouette"), best->silhouette, tr("−1 to 1, high is good"));
    row(tr("Davies-Bouldin"), best->daviesBouldin, tr("0 and above, low is good"));
    row(tr("Calinski-Harabasz"), best->calinskiHarabasz, tr("0 and above, high is good"), 0);
    row(tr("DBCV (density)"), best->density, tr("−1 to 1, high is good"));
    row(tr("stability"), best->stability, tr("at most 1, high is good"));
    row(tr("in no state"), 100 * best->noise, tr("% of samples"), 1);
    return tr("<b>%1, %2</b>%3<table>%4</table>")
        .arg(nameOf(best->algorithm).toHtmlEscaped(),
             pluralText(std::uint64_t(std::max(0, best->k)), tr("state")),
             best->chosen ? tr(", chosen") : QString(), rows);
}

void VarianceChart::setRatios(std::vector<double> ratios)
{
    ratios.resize(std::min(ratios.size(), kMostComponents));
    m_ratios = std::move(ratios);
    QStringList words;
    for (std::size_t i = 0; i < m_ratios.size(); ++i)
        words << tr("PC%1 %2 %").arg(i + 1).arg(figureText(100 * m_ratios[i], 1));
    setAccessibleDescription(words.join(QStringLiteral("; ")));
    redraw();
}

void VarianceChart::fill()
{
    if (m_ratios.empty())
        return;
    const Theme theme = currentTheme();
    auto *bars = new QBarSeries;
    auto *set = new QBarSet(tr("variance explained, %"));
    set->setColor(theme.positive);
    set->setBorderColor(Qt::transparent);
    auto *sum = new QLineSeries;
    sum->setPen(QPen(theme.text, 1.4));
    auto *x = new QBarCategoryAxis;
    double total = 0;
    for (std::size_t i = 0; i < m_ratios.size(); ++i) {
        set->append(100 * m_ratios[i]);
        total += 100 * m_ratios[i];
        sum->append(double(i), std::min(total, 100.0));
        x->append(QString::number(i + 1));
    }
    bars->append(set);
    bars->setBarWidth(0.65);
    auto *y = new QValueAxis;
    y->setRange(0, 100);
    y->setTickCount(3);
    y->setLabelFormat(QStringLiteral("%.0f %%"));
    addAxis(x, Qt::AlignBottom, tr("component"));
    addAxis(y, Qt::AlignLeft);
    x->setGridLineVisible(false);
    addSeries(bars);
    addSeries(sum);
}

QString VarianceChart::tipAt(const QPointF &at) const
{
    const auto place = std::llround(chart()->mapToValue(at).x());
    if (place < 0 || place >= std::ptrdiff_t(m_ratios.size()))
        return {};
    double together = 0;
    for (std::size_t i = 0; i <= std::size_t(place); ++i)
        together += 100 * m_ratios[i];
    return tr("PC%1: %2 % of the variance, %3 % with those before it")
        .arg(place + 1)
        .arg(figureText(100 * m_ratios[std::size_t(place)], 1), figureText(together, 1));
}

} // namespace statescape::ui
