// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/point_view.h"

#include "ui/point_view/accessible_point_view.h"

#include <QAccessible>
#include <QEvent>
#include <QStyle>
#include <algorithm>
#include <cmath>

namespace statescape::ui {
namespace {

constexpr int kTickMs = 15;
constexpr double kBrushLeast = 3, kBrushMost = 400; // px

bool sameStyle(const PointStyle &a, const PointStyle &b)
{
    return a.onDark == b.onDark && a.onLight == b.onLight && a.shape == b.shape && a.size == b.size &&
           a.dimmed == b.dimmed && a.name == b.name;
}

} // namespace

PointView::PointView(QWidget *parent)
    : QWidget(parent)
    , m_renderer(makeCpuPointRenderer())
    , m_emptyText(tr("Waiting for the first samples…"))
{
    installAccessiblePointView();
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAttribute(Qt::WA_OpaquePaintEvent);
    setAccessibleName(tr("Point view"));
    m_otherCamera.setMode(ViewMode::ThreeD);
    m_ticker.setInterval(kTickMs);
    connect(&m_ticker, &QTimer::timeout, this, &PointView::tick);
    m_morphTicker.setInterval(kTickMs);
    connect(&m_morphTicker, &QTimer::timeout, this, &PointView::morphTick);
    m_goOn.setSingleShot(true);
    m_goOn.setInterval(0);
    connect(&m_goOn, &QTimer::timeout, this, &PointView::drawOn);
    m_previewTimer.setSingleShot(true);
    connect(&m_previewTimer, &QTimer::timeout, this, &PointView::refreshPreview);
    m_densityTimer.setSingleShot(true);
    connect(&m_densityTimer, &QTimer::timeout, this, &PointView::decideDensity);
    m_hoverTimer.setSingleShot(true);
    connect(&m_hoverTimer, &QTimer::timeout, this, [this] {
        QElapsedTimer timer;
        timer.start();
        const std::int64_t row = rowAt(mapFromGlobal(m_hoverPosition));
        m_pickMs = double(timer.nsecsElapsed()) / 1e6;
        setHover(row, m_hoverPosition);
    });
    updatePointer();
}

PointView::~PointView() = default;

void PointView::invalidate()
{
    ++m_scene;
    if (m_slab)
        previewChanged();
    update();
}

bool PointView::motionAllowed() const
{
    return m_animated && style()->styleHint(QStyle::SH_Widget_Animation_Duration, nullptr, this) > 0;
}

bool PointView::isPoint(std::int64_t row) const
{
    if (!m_points || row < std::int64_t(m_points->first) || row >= std::int64_t(m_points->size()))
        return false;
    const Vec3 p = positionOf(row);
    return std::isfinite(p[0]) && std::isfinite(p[1]) && std::isfinite(p[2]);
}

Vec3 PointView::positionOf(std::int64_t row) const
{
    const auto i = std::size_t(row);
    const PointSet &points = *drawn();
    return {points.x[i], points.y[i], points.z.empty() ? 0.0 : points.z[i]};
}

void PointView::describe()
{
    if (!QAccessible::isActive())
        return;
    QAccessibleEvent event(this, QAccessible::DescriptionChanged);
    QAccessible::updateAccessibility(&event);
}

QString PointView::textOf(std::int64_t row) const
{
    return m_tooltip && isPoint(row) ? m_tooltip(row) : QString();
}

void PointView::setStyles(std::vector<PointStyle> styles)
{
    if (std::equal(styles.begin(), styles.end(), m_styles.begin(), m_styles.end(), sameStyle))
        return;
    m_styles = std::move(styles);
    invalidate();
}

void PointView::setSelection(RowMaskPtr rows)
{
    if (rows == m_selection)
        return;
    m_selection = std::move(rows);
    describe();
    if (m_drawing.isOpen())
        previewChanged();
    invalidate();
}

void PointView::setAxes(const std::array<QString, 3> &captions)
{
    m_captions = captions;
    update();
}

void PointView::setAxisArrows(std::vector<AxisArrow> arrows)
{
    m_arrows = std::move(arrows);
    m_layout.arrowNames.clear();
    update();
}

void PointView::setColourScale(std::optional<ColourScale> scale)
{
    m_colourScale = std::move(scale);
    update();
}

void PointView::setNow(std::int64_t row)
{
    m_now = row;
    update();
}

void PointView::setTrail(std::int64_t first, std::int64_t last, std::vector<float> ages)
{
    m_trailFirst = first;
    m_trailLast = last;
    m_trailAges = std::move(ages);
    update();
}

void PointView::setNames(std::vector<StateName> names)
{
    m_names = std::move(names);
    update();
}

void PointView::setEmptyText(const QString &text)
{
    m_emptyText = text;
    update();
}

void PointView::setLegendVisible(bool visible)
{
    m_legend = visible;
    update();
}

void PointView::setHintVisible(bool visible)
{
    m_hint = visible;
    update();
}

void PointView::setDimUnselected(bool dim)
{
    if (dim == m_dim)
        return;
    m_dim = dim;
    invalidate();
}

void PointView::setDepthCue(DepthCue cue)
{
    if (cue == m_depthCue)
        return;
    m_depthCue = cue;
    invalidate();
}

void PointView::setTopInset(int px)
{
    if (px == m_topInset)
        return;
    m_topInset = std::max(px, 0);
    invalidate(); // the axis of the ground ends below it
}

void PointView::setAnimated(bool animated)
{
    m_animated = animated;
    if (!animated)
        endMorph();
}

void PointView::setTooltipProvider(std::function<QString(std::int64_t row)> provider)
{
    m_tooltip = std::move(provider);
}

void PointView::setTool(Tool tool)
{
    if (tool == m_tool)
        return;
    cancelDraw();
    m_tool = tool;
    updatePointer();
    update();
    emit toolChanged(tool);
}

void PointView::setBrushRadius(double logicalPx)
{
    logicalPx = std::clamp(logicalPx, kBrushLeast, kBrushMost);
    if (!(std::abs(logicalPx - m_brushRadius) > 0))
        return;
    m_brushRadius = logicalPx;
    if (m_drawing.isOpen() && m_drawing.kind() == Drawing::Kind::Brush) {
        m_drawing.setRadius(m_camera, m_brushRadius);
        previewChanged();
    }
    update();
    emit brushRadiusChanged(m_brushRadius);
}

void PointView::setSelectionOp(SelectionOp op)
{
    if (op == m_baseOp)
        return;
    m_baseOp = op;
    if (m_drawing.isOpen())
        previewChanged();
    update();
    emit selectionOpChanged(op);
}

void PointView::setOpenShape(const std::optional<DrawnShape> &shape, const QString &name,
                             const Camera *drawnWith)
{
    m_outline = shape ? AnchoredShape(*shape, drawnWith ? *drawnWith : m_camera) : AnchoredShape();
    m_outlineName = name;
    update();
}

void PointView::resizeEvent(QResizeEvent *)
{
    m_camera.setViewport(width(), height());
    if (m_follow)
        fitNow(m_bounds.box(), false);
    invalidate();
}

void PointView::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange ||
        event->type() == QEvent::StyleChange)
        invalidate();
    QWidget::changeEvent(event);
}

} // namespace statescape::ui
