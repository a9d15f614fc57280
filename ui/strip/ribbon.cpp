// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/strip/ribbon.h"

#include "ui/kit/text.h"

#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <optional>

namespace statescape::ui {
namespace {

constexpr double kPatternPx = 3;      // wider runs show their pattern
constexpr int kNamedPx = 26;          // wider runs have their name in them
constexpr double kOwnPx = 1.5;        // narrower runs share a pixel
constexpr std::size_t kLookedAt = 32; // of the runs that share one
constexpr double kValuesPerPx = 1.5;  // more: drawn by columns

void fit(QCPAbstractItem *item, QCPAxisRect *rect)
{
    item->setClipToAxisRect(true);
    item->setClipAxisRect(rect);
    item->setSelectable(false);
}

/// @return the key that most rows of some runs have; of very many, some are looked at.
int mostOf(const std::vector<Run> &runs, std::size_t from, std::size_t to)
{
    const std::size_t step = (to - from + kLookedAt - 1) / kLookedAt;
    std::array<std::pair<int, std::uint64_t>, kLookedAt> rows;
    std::size_t kinds = 0;
    for (std::size_t i = from; i < to; i += step) {
        std::size_t kind = 0;
        while (kind < kinds && rows[kind].first != runs[i].key)
            ++kind;
        if (kind == kinds)
            rows[kinds++] = {runs[i].key, 0};
        rows[kind].second += runs[i].last - runs[i].first + 1;
    }
    return std::max_element(rows.begin(), rows.begin() + std::ptrdiff_t(kinds),
                            [](const auto &a, const auto &b) { return a.second < b.second; })
        ->first;
}

} // namespace

const std::vector<std::uint32_t> &StripScene::columns(const QCPAxis *axis)
{
    const QCPRange range = axis->range();
    const int left = axis->axisRect()->left(), width = axis->axisRect()->width();
    if (!m_columns.empty() && range == m_range && left == m_left && width == m_width)
        return m_columns;
    m_range = range;
    m_left = left;
    m_width = width;
    m_columns.clear();
    if (!snapshot || data.rows() == 0 || width <= 0)
        return m_columns;
    const auto &samples = snapshot->samples;
    const std::size_t n = data.rows();
    m_columns.reserve(std::size_t(width) + 1);
    std::size_t row = 0, step = 1;
    const auto before = [&](std::size_t at, std::uint64_t timeNs) {
        return at < n && samples.timeNs(at) < timeNs;
    };
    for (int x = 0; x <= width; ++x) {
        const double at = std::max(0.0, axis->pixelToCoord(left + x));
        const std::uint64_t timeNs = snapshot->anchor.toMonotonicNs(std::int64_t(at * 1e9));
        // From column to column it goes on by about as many rows; from there steps that double find it.
        std::size_t low = row, high = std::min(n, row + step);
        if (before(high, timeNs)) {
            for (std::size_t reach = 1; before(high, timeNs); reach *= 2) {
                low = high + 1;
                high = std::min(n, high + reach);
            }
        } else {
            for (std::size_t reach = 1; high > row; reach *= 2) {
                const std::size_t at = high - std::min(reach, high - row);
                if (before(at, timeNs)) {
                    low = at + 1;
                    break;
                }
                high = at;
            }
        }
        while (low < high) {
            const std::size_t middle = (low + high) / 2;
            if (before(middle, timeNs))
                low = middle + 1;
            else
                high = middle;
        }
        step = std::max<std::size_t>(1, low - row);
        row = low;
        m_columns.push_back(std::uint32_t(row));
    }
    return m_columns;
}

Ribbon::Ribbon(QCustomPlot *plot, QCPAxisRect *rect, StripScene &scene, const std::vector<Run> &runs,
               Look look)
    : QCPAbstractItem(plot)
    , m_rect(rect)
    , m_scene(scene)
    , m_runs(runs)
    , m_look(std::move(look))
{
    fit(this, rect);
}

void Ribbon::setPlace(int top, int height)
{
    m_top = top;
    m_height = height;
}

void Ribbon::draw(QCPPainter *painter)
{
    const QCPAxis *axis = m_rect->axis(QCPAxis::atBottom);
    const auto &columns = m_scene.columns(axis);
    if (columns.empty())
        return;
    painter->setAntialiasing(false); // edges of boxes lie on pixels
    const QCPRange range = axis->range();
    const auto &s = *m_scene.snapshot;
    std::map<int, RunLook> looks;
    const auto lookOf = [&](int key) -> const RunLook & {
        auto [at, isNew] = looks.try_emplace(key);
        if (isNew)
            at->second = m_look(s, key);
        return at->second;
    };
    const auto firstFrom = [&](std::size_t from, std::size_t row) {
        return std::size_t(std::partition_point(m_runs.begin() + std::ptrdiff_t(from), m_runs.end(),
                                                [row](const Run &run) { return run.first < row; }) -
                           m_runs.begin());
    };
    // Columns of pixels that several runs share, side by side and shown alike.
    struct Crowd {
        int key;
        double left, right;
    };
    std::optional<Crowd> crowd;
    const auto flush = [&] {
        if (crowd)
            drawRun(painter, lookOf(crowd->key), crowd->left, crowd->right);
        crowd.reset();
    };
    std::size_t i = std::size_t(std::partition_point(m_runs.begin(), m_runs.end(),
                                                     [&](const Run &r) { return r.last < columns.front(); }) -
                                m_runs.begin());
    while (i < m_runs.size()) {
        const double from = StripData::beginOf(s, m_runs[i].first), to = m_scene.endOf(m_runs[i].last);
        if (from > range.upper)
            break;
        const double left = axis->coordToPixel(std::max(from, range.lower));
        const double right = axis->coordToPixel(std::min(to, range.upper));
        if (right - left >= kOwnPx) {
            flush();
            drawRun(painter, lookOf(m_runs[i].key), left, right);
            ++i;
            continue;
        }
        const int column = std::clamp(int(left) - m_rect->left(), 0, int(columns.size()) - 2);
        std::size_t end = std::max(i + 1, firstFrom(i, columns[std::size_t(column) + 1]));
        // The last one may begin here and be wide.
        if (end > i + 1 && axis->coordToPixel(m_scene.endOf(m_runs[end - 1].last)) - left >= kOwnPx + 1)
            --end;
        const double pixel = m_rect->left() + column;
        const int key = mostOf(m_runs, i, end);
        if (!crowd || crowd->key != key || crowd->right < pixel) {
            flush();
            crowd = Crowd{key, pixel, pixel};
        }
        crowd->right = pixel + 1;
        i = end;
    }
    flush();
}

void Ribbon::drawRun(QCPPainter *painter, const RunLook &look, double left, double right) const
{
    const QRectF box(left, m_rect->top() + m_top, std::max(1.0, right - left), m_height);
    const QColor colour = colourOf(look.style, m_theme.dark);
    painter->setPen(Qt::NoPen);
    if (box.width() < kPatternPx) {
        // No pattern is seen here, and it would cost most of the picture's time.
        QColor thin = colour;
        thin.setAlphaF(look.unknown ? 0.5F : 1.0F);
        painter->fillRect(box, thin);
        return;
    }
    if (look.unknown) {
        painter->setBrush(QBrush(colour, Qt::Dense5Pattern));
        painter->drawRect(box);
    } else {
        painter->fillRect(box, colour);
        if (look.negative)
            painter->fillRect(box, QBrush(QColor(m_theme.dark ? 0x18 : 0xff, m_theme.dark ? 0x1a : 0xff,
                                                 m_theme.dark ? 0x1e : 0xff, 110),
                                          Qt::BDiagPattern));
    }
    if (box.width() < kNamedPx)
        return;
    const QFontMetrics metrics(painter->font());
    if (m_height < metrics.height() - 2)
        return;
    const QString name = qt(look.style.name);
    const QString fitting = metrics.elidedText(name, Qt::ElideRight, int(box.width()) - 8);
    if (fitting.size() < 3 && fitting != name)
        return;
    const QColor ink = look.unknown   ? m_theme.text
                       : m_theme.dark ? QColor(0x12, 0x15, 0x19)
                                      : QColor(Qt::white);
    if (look.negative || look.unknown) {
        const QRectF plate(box.left() + 2, box.top() + 1, metrics.horizontalAdvance(fitting) + 6,
                           box.height() - 2);
        painter->fillRect(plate, look.unknown ? m_theme.window : colour);
    }
    painter->setPen(ink);
    painter->drawText(box.adjusted(5, 0, -3, 0), Qt::AlignLeft | Qt::AlignVCenter, fitting);
}

SelectionMarks::SelectionMarks(QCustomPlot *plot, QCPAxisRect *rect, StripScene &scene)
    : QCPAbstractItem(plot)
    , m_rect(rect)
    , m_scene(scene)
{
    fit(this, rect);
}

void SelectionMarks::setBar(int top, int height)
{
    m_top = top;
    m_height = height;
}

void SelectionMarks::draw(QCPPainter *painter)
{
    const QCPAxis *axis = m_rect->axis(QCPAxis::atBottom);
    const auto &columns = m_scene.columns(axis);
    const RowMask &mask = *m_scene.selection;
    if (columns.empty() || mask.empty())
        return;
    const std::size_t n = std::min(mask.size(), m_scene.data.rows());
    const int top = m_rect->top() + (m_height < 0 ? 0 : m_top);
    const int height = m_height < 0 ? m_rect->height() : m_height;
    const auto selected = [&](std::size_t row) { return row < n && mask[row] != 0; };
    const auto width = int(columns.size()) - 1;
    int begin = -1;
    for (int x = 0; x <= width; ++x) {
        bool any = false;
        if (x < width) {
            const std::size_t first = columns[std::size_t(x)];
            const std::size_t end = std::min<std::size_t>(columns[std::size_t(x) + 1], n);
            if (first < end)
                any = std::memchr(mask.data() + first, 1, end - first) != nullptr;
            // No sample ends here; one that goes on over it may be selected.
            else if (selected(first))
                any =
                    axis->coordToPixel(StripData::beginOf(*m_scene.snapshot, first)) < m_rect->left() + x + 1;
        }
        if (any && begin < 0)
            begin = x;
        if (!any && begin >= 0) {
            painter->fillRect(QRect(m_rect->left() + begin, top, std::max(2, x - begin), height), m_colour);
            begin = -1;
        }
    }
}

Band::Band(QCustomPlot *plot, QCPAxisRect *rect)
    : QCPAbstractItem(plot)
    , m_rect(rect)
{
    fit(this, rect);
}

void Band::setInterval(double from, double to)
{
    m_from = from;
    m_to = to;
}

void Band::draw(QCPPainter *painter)
{
    if (m_from > m_to)
        return;
    const QCPAxis *axis = m_rect->axis(QCPAxis::atBottom);
    const double left = axis->coordToPixel(m_from), right = axis->coordToPixel(m_to);
    painter->fillRect(
        QRectF(left, m_rect->top() + m_top, std::max(1.0, right - left), m_rect->height() - m_top), m_colour);
}

Trace::Trace(QCustomPlot *plot, QCPAxisRect *rect, StripScene &scene)
    : QCPAbstractItem(plot)
    , m_rect(rect)
    , m_scene(scene)
{
    fit(this, rect);
}

void Trace::draw(QCPPainter *painter)
{
    const auto &columns = m_scene.columns(m_rect->axis(QCPAxis::atBottom));
    const std::size_t n = m_scene.data.line().size();
    if (columns.empty() || n == 0)
        return;
    painter->setPen(m_pen);
    const std::size_t first = columns.front(), last = std::min<std::size_t>(columns.back(), n);
    if (double(last - std::min(first, last)) <= kValuesPerPx * double(columns.size()))
        drawValues(painter, first > 0 ? first - 1 : 0, std::min(n, last + 1));
    else
        drawColumns(painter, columns);
}

void Trace::drawValues(QCPPainter *painter, std::size_t first, std::size_t last) const
{
    const QCPAxis *time = m_rect->axis(QCPAxis::atBottom), *value = m_rect->axis(QCPAxis::atLeft);
    const MinMax &line = m_scene.data.line();
    painter->setAntialiasing(true);
    QPolygonF stretch;
    const auto flush = [&] {
        if (stretch.size() == 1)
            painter->drawLine(stretch[0] - QPointF(1, 0), stretch[0] + QPointF(1, 0));
        else if (stretch.size() > 1)
            painter->drawPolyline(stretch);
        stretch.clear();
    };
    for (std::size_t row = first; row < last; ++row) {
        const auto at = double(line[row]);
        if (!std::isfinite(at) || (row > first && m_scene.data.gapBetween(row - 1, row)))
            flush();
        if (std::isfinite(at))
            stretch << QPointF(time->coordToPixel(m_scene.endOf(row)), value->coordToPixel(at));
    }
    flush();
}

void Trace::drawColumns(QCPPainter *painter, const std::vector<std::uint32_t> &columns) const
{
    const QCPAxis *value = m_rect->axis(QCPAxis::atLeft);
    const MinMax &line = m_scene.data.line();
    const auto px = [&](float at) { return value->coordToPixel(double(at)); };
    QVector<QLineF> lines;
    std::size_t before = 0; // last row of the column before, plus one
    double beforeX = 0;
    for (std::size_t x = 0; x + 1 < columns.size(); ++x) {
        const std::size_t first = columns[x], end = std::min<std::size_t>(columns[x + 1], line.size());
        if (first >= end)
            continue;
        const double at = m_rect->left() + double(x) + 0.5;
        if (before > 0 && std::isfinite(line[before - 1]) && std::isfinite(line[first]) &&
            !m_scene.data.gapBetween(before - 1, first))
            lines << QLineF(beforeX, px(line[before - 1]), at, px(line[first]));
        before = end;
        beforeX = at;
        if (const auto range = line.over(first, end); !range.empty())
            lines << QLineF(at, px(range.low) + 0.5, at, px(range.high) - 0.5);
    }
    // A wider pen would have each line outlined and filled.
    painter->setAntialiasing(false);
    painter->setPen(QPen(m_pen.color(), 0));
    painter->drawLines(lines);
}

} // namespace statescape::ui
