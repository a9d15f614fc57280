// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/picture/picture_pane.h"

#include "ui/kit/text.h"
#include "ui/kit/theme.h"
#include "ui/models/entity_model.h"
#include "ui/models/feature_norms.h"
#include "ui/picture/camera_text.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QResizeEvent>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>
#include <limits>

namespace statescape::ui {
namespace {
constexpr std::uint64_t kTrailNs = 60'000'000'000;
constexpr double kTrailFadeNs = 5e9;
constexpr std::size_t kMostArrows = 10;
constexpr int kChipMargin = 10;

QLabel *makeChip(QWidget *parent)
{
    auto *chip = new QLabel(parent);
    chip->setObjectName(QStringLiteral("chip"));
    chip->setContentsMargins(10, 4, 10, 4);
    chip->setAttribute(Qt::WA_TransparentForMouseEvents);
    chip->hide();
    return chip;
}

/// How far most places reach along each axis: half the way between the 2nd and the 98th percentile.
Vec3 reachOf(const session::Snapshot &s)
{
    Vec3 reach{0, 0, 0};
    std::size_t a = 0;
    for (const auto *axis : {&s.coordinates->x, &s.coordinates->y, &s.coordinates->z}) {
        std::vector<float> some;
        const std::size_t step = axis->size() / 2000 + 1;
        for (std::size_t i = 0; i < axis->size(); i += step)
            if (std::isfinite((*axis)[i]))
                some.push_back((*axis)[i]);
        std::sort(some.begin(), some.end());
        if (!some.empty())
            reach[a] = double(some[some.size() * 49 / 50] - some[some.size() / 50]) / 2;
        ++a;
    }
    return reach;
}

bool onlyComponents(const session::PictureAxes &axes)
{
    return std::all_of(axes.begin(), axes.end(), [](const session::AxisSource &axis) {
        return axis.kind == session::AxisSource::Kind::Component;
    });
}

/// A feature's axis has its own unit, so lengths along it compare with nothing; nor do those of a map and of
/// a component. What lies behind a flat map does not count.
Aspect aspectOf(const session::PictureAxes &axes)
{
    const bool feature = std::any_of(axes.begin(), axes.end(), [](const session::AxisSource &axis) {
        return axis.kind == session::AxisSource::Kind::Feature;
    });
    return feature || axes[0].kind != axes[1].kind ? Aspect::Fitted : Aspect::Equal;
}

/// What an axis shows, as it is stored: by key where another version may have the feature in another column.
QJsonValue axisToJson(const session::AxisSource &axis, const schema::Schema &schema)
{
    using Kind = session::AxisSource::Kind;
    if (axis.kind == Kind::Feature)
        return qt(schema[std::size_t(axis.index)].key);
    if (axis.kind == Kind::Map)
        return QJsonObject{{QStringLiteral("map"), axis.index}};
    return axis.index;
}

} // namespace

std::size_t firstWithin(const session::Snapshot &s, std::uint64_t windowNs)
{
    const std::size_t n = s.samples.rows();
    if (windowNs == 0 || n == 0)
        return 0;
    const std::uint64_t last = s.samples.timeNs(n - 1);
    return last > windowNs ? s.samples.lowerBound(last - windowNs) : 0;
}

std::vector<AxisArrow> axisArrows(const session::Snapshot &s, std::size_t most)
{
    if (!s.projection || !onlyComponents(s.pictureAxes))
        return {};
    const auto columns = s.projection->columns();
    const Eigen::MatrixXd loadings = s.projection->loadings();
    struct Arrow {
        std::size_t column;
        Vec3 direction;
        double length;
    };
    std::vector<Arrow> arrows;
    for (std::size_t j = 0; j < columns.size(); ++j) {
        Arrow arrow{std::size_t(columns[j]), {}, 0};
        for (std::size_t a = 0; a < 3; ++a) {
            const int c = s.pictureAxes[a].index;
            arrow.direction[a] = c < loadings.cols() ? loadings(Eigen::Index(j), c) : 0;
            arrow.length += arrow.direction[a] * arrow.direction[a];
        }
        arrows.push_back(arrow);
    }
    most = std::min(most, arrows.size());
    std::partial_sort(arrows.begin(), arrows.begin() + std::ptrdiff_t(most), arrows.end(),
                      [](const Arrow &a, const Arrow &b) { return a.length > b.length; });
    // Only directions and lengths among each other mean something: they are drawn as long as the picture has
    // room for.
    const Vec3 reach = s.coordinates ? reachOf(s) : Vec3{0, 0, 0};
    double scale = std::numeric_limits<double>::infinity();
    for (std::size_t a = 0; a < 3; ++a)
        for (std::size_t i = 0; i < most; ++i)
            if (std::fabs(arrows[i].direction[a]) > 1e-9)
                scale = std::min(scale, reach[a] / std::fabs(arrows[i].direction[a]));
    if (!std::isfinite(scale))
        scale = 0;
    std::vector<AxisArrow> out;
    for (std::size_t i = 0; i < most; ++i) {
        for (double &part : arrows[i].direction)
            part *= scale;
        out.push_back({qt(s.samples.schema()[arrows[i].column].title), arrows[i].direction});
    }
    return out;
}

/// Why there are no points, and what brings them.
QString emptyText(const session::Snapshot &s)
{
    if (s.samples.rows() > 0)
        return PicturePane::tr("The axes appear after a few more samples.");
    if (!s.live)
        return PicturePane::tr("No samples yet. Press Recording to collect from this machine, begin a new "
                               "recording (Ctrl+N), or open a session (Ctrl+O).");
    switch (s.status.state) {
    case source::HelperState::Failed:
        return PicturePane::tr("Nothing is recorded: the message above says why and what to do.");
    case source::HelperState::Starting:
    case source::HelperState::Restarting:
        return PicturePane::tr("The probes are being attached and their cost is measured…");
    default:
        return PicturePane::tr("Recording. The first points come after a few intervals of %1.")
            .arg(durationText(s.intervalNs));
    }
}

void feedPointView(PointView &view, const session::Snapshot &s, const Marks &marks,
                   PointView::PointsChange change)
{
    view.setStyles(marks.styles);
    view.setColourScale(marks.scale);
    if (const Aspect aspect = aspectOf(s.pictureAxes); view.camera().aspect() != aspect)
        view.setAspect(aspect);
    std::array<QString, 3> captions;
    for (std::size_t i = 0; i < captions.size(); ++i)
        captions[i] = qt(session::axisText(s, i));
    view.setAxes(captions);
    view.setPoints(marks.points, change);
    std::vector<StateName> names;
    for (const Caption &caption : marks.captions)
        names.push_back(
            {caption.text, {caption.style.onDark, caption.style.onLight}, {caption.x, caption.y, caption.z}});
    view.setNames(std::move(names));
    const auto n = std::int64_t(marks.points->size());
    view.setNow(s.live && n > 0 ? std::int64_t(newestRow(s)) : -1);
    // Samples that follow each other are of different processes.
    if (s.live && n > 1 && !session::perEntity(s)) {
        const auto first = std::max(marks.first, firstWithin(s, kTrailNs));
        std::vector<float> ages;
        const std::uint64_t now = s.samples.timeNs(std::size_t(n) - 1);
        for (std::size_t row = first; row < std::size_t(n); ++row)
            // A minute of lines, all equally strong, hides the points it leads through.
            ages.push_back(float(1 - std::exp(-double(now - s.samples.timeNs(row)) / kTrailFadeNs)));
        view.setTrail(std::int64_t(first), n - 1, std::move(ages));
    } else {
        view.setTrail(-1, -1);
    }
    // In the label view the list at the left is the legend.
    view.setLegendVisible(marks.styles.empty() || marks.styles.front().name != "unlabelled");
    view.setEmptyText(emptyText(s));
}

PicturePane::PicturePane(SessionController &controller, QWidget *parent)
    : QWidget(parent)
    , m_controller(controller)
    , m_view(new PointView(this))
    , m_frozen(makeChip(this))
    , m_suggestion(makeChip(this))
{
    auto *box = new QVBoxLayout(this);
    box->setContentsMargins(0, 0, 0, 0);
    box->addWidget(m_view);
    m_view->setAccessibleName(tr("Map of samples"));
    m_view->setMode(ViewMode::ThreeD);
    m_view->setDepthCue(m_depthCue);
    m_view->setEmptyText(tr("No session. Open one with Ctrl+O, or press Recording."));
    m_view->setTooltipProvider([this](std::int64_t row) { return tipOf(row); });
    connect(&controller, &SessionController::shownChanged, this, &PicturePane::update);
    connect(&controller, &SessionController::frozenChanged, this, &PicturePane::placeChips);
    connect(&controller, &SessionController::liveChanged, this, &PicturePane::placeChips);
    connect(&controller, &SessionController::suggestionChanged, this, &PicturePane::placeChips);
    connect(&controller, &SessionController::selectionChanged, this,
            [this] { m_view->setSelection(m_controller.selection()); });
    connect(&controller, &SessionController::cursorChanged, this, [this](qint64 row) {
        m_view->setCursorRow(row, row >= 0 && !m_controller.suggestionText().isEmpty());
    });
    connect(m_view, &PointView::cursorMoved, &controller, &SessionController::setCursorRow);
    connect(m_view, &PointView::selectionMade, this, &PicturePane::takeDrawing);
}

void PicturePane::takeDrawing(const RowMaskPtr &rows, SelectionOp op, const DrawnArea &area)
{
    const auto shown = m_controller.shown();
    if (!rows || !shown)
        return;
    auto mask = std::make_shared<RowMask>(combine(m_controller.selection().get(), *rows, op));
    // Only what one drawing made can be drawn again.
    const bool whole = op == SelectionOp::Replace && area.shape.points.size() > 1;
    m_controller.select(std::move(mask), tr("select"), whole ? areaToText(area, *shown) : QString());
}

void PicturePane::drawAgain(const store::SavedSelection &saved)
{
    const auto shown = m_controller.shown();
    if (!shown)
        return;
    const auto area = areaFromText(qt(saved.geometry));
    if (!area) {
        Q_EMIT m_controller.problem(area.error().in(saved.name));
        return;
    }
    auto rows = rowsIn(*shown, *area);
    if (!rows) {
        Q_EMIT m_controller.problem(rows.error().in(saved.name));
        return;
    }
    const auto count = countRows(*rows);
    m_controller.select(std::make_shared<RowMask>(std::move(*rows)), tr("draw %1 again").arg(qt(saved.name)),
                        qt(saved.geometry));
    Q_EMIT m_controller.note(
        tr("%1: %2 in the area drawn before").arg(qt(saved.name), pluralText(count, tr("sample"))));
}

void PicturePane::setColouring(const Colouring &colouring)
{
    m_colouring = colouring;
    update();
    Q_EMIT settingsChanged();
}

void PicturePane::setWindow(std::uint64_t windowNs)
{
    m_windowNs = windowNs;
    update();
    if (m_view->followsData())
        m_view->fit();
}

void PicturePane::setArrows(bool on)
{
    m_arrows = on;
    update();
    Q_EMIT settingsChanged();
}

void PicturePane::setDepthCue(DepthCue cue)
{
    m_depthCue = cue;
    m_view->setDepthCue(cue);
    Q_EMIT settingsChanged();
}

void PicturePane::setAxis(std::size_t axis, const session::AxisSource &source)
{
    const auto shown = m_controller.shown();
    if (!shown || !m_controller.workspace() || axis >= shown->pictureAxes.size())
        return;
    session::PictureAxes axes = shown->pictureAxes;
    axes[axis] = source;
    m_controller.workspace()->setPictureAxes(axes);
}

void PicturePane::setTopInset(int pixels)
{
    m_topInset = pixels;
    m_view->setTopInset(pixels);
    placeChips();
}

void PicturePane::update()
{
    const auto shown = m_controller.shown();
    if (!shown)
        return;
    const Marks &marks = m_marker.update(*shown, m_colouring, firstWithin(*shown, m_windowNs));
    const bool moved = m_projection && (m_projection != shown->projection || m_map != shown->map ||
                                        m_axes != shown->pictureAxes);
    const bool otherKind = m_axes != shown->pictureAxes;
    m_projection = shown->projection;
    m_map = shown->map;
    m_axes = shown->pictureAxes;
    feedPointView(*m_view, *shown, marks,
                  moved ? PointView::PointsChange::Morph : PointView::PointsChange::Grown);
    m_view->setAxisArrows(m_arrows ? axisArrows(*shown, kMostArrows) : std::vector<AxisArrow>{});
    m_view->setSelection(m_controller.selection());
    if (otherKind && m_awaited && m_awaited->first == m_axes)
        m_view->setCamera(m_awaited->second);
    else if (otherKind)
        m_view->fit();
    if (otherKind)
        m_awaited.reset();
    m_view->setAccessibleDescription(tr("%1 of %2 samples shown, %3 selected")
                                         .arg(countText(marks.shown), countText(shown->samples.rows()),
                                              countText(m_controller.selectedCount())));
    Q_EMIT pictureChanged();
}

void PicturePane::placeChips()
{
    const Theme theme = currentTheme();
    const QString look =
        QStringLiteral("QLabel { background: %1; border: 1px solid %2; border-radius: 5px; color: %3; }")
            .arg(theme.button.name(), theme.buttonLine.name(), theme.text.name());
    int top = m_topInset + kChipMargin;
    const auto place = [&](QLabel *chip, const QString &text) {
        chip->setVisible(!text.isEmpty());
        if (text.isEmpty())
            return;
        chip->setStyleSheet(look);
        chip->setText(text);
        chip->adjustSize();
        chip->move((width() - chip->width()) / 2, top);
        chip->raise();
        top += chip->height() + 6;
    };
    place(m_frozen, m_controller.isFrozen()
                        ? tr("❚❚ frozen, %1").arg(pluralText(m_controller.newerSamples(), tr("newer sample")))
                        : QString());
    const QString suggested = m_controller.suggestionText();
    place(m_suggestion,
          suggested.isEmpty() ? QString() : tr("%1 · P, N or 1 to 9 answers, S skips").arg(suggested));
}

void PicturePane::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    placeChips();
}

QString PicturePane::tipOf(std::int64_t row) const
{
    const auto s = m_controller.shown();
    if (!s || row < 0 || std::size_t(row) >= s->samples.rows())
        return {};
    const auto i = std::size_t(row);
    QString text = QStringLiteral("<b>%1</b>")
                       .arg(localTime(s->anchor, s->samples.timeNs(i), QStringLiteral("HH:mm:ss.zzz")));
    if (session::perEntity(*s))
        text += QLatin1Char(' ') + qt(session::entityText(*s, i)).toHtmlEscaped();
    if (s->labels && i < s->labels->size() && s->classNames)
        text += QStringLiteral("<br>") + labelText((*s->labels)[i], *s->classNames).toHtmlEscaped();
    if (s->model && s->scores && i < s->scores->size()) {
        const auto &score = (*s->scores)[i];
        text += tr("<br>state %1, %2 %3, abnormality %4")
                    .arg(qt(stateStyle(*s, score.cluster).name).toHtmlEscaped(), confidenceWord(*s->model))
                    .arg(double(score.confidence), 0, 'f', 2)
                    .arg(double(score.abnormality), 0, 'f', 2);
    }
    if (const QString unusual = unusualFeatures(*s, row); !unusual.isEmpty())
        text += QStringLiteral("<br>") + unusual;
    return text;
}

QString PicturePane::toText() const
{
    QJsonObject o;
    o[QStringLiteral("camera")] = cameraToJson(m_view->camera());
    o[QStringLiteral("follows")] = m_view->followsData();
    o[QStringLiteral("colourBy")] = int(m_colouring.by);
    o[QStringLiteral("colourFeature")] = qt(m_colouring.feature);
    o[QStringLiteral("windowNs")] = QString::number(m_windowNs);
    o[QStringLiteral("arrows")] = m_arrows;
    o[QStringLiteral("depthCue")] = int(m_depthCue);
    o[QStringLiteral("density")] = int(m_view->density());
    o[QStringLiteral("orthographic")] = m_view->camera().lens() == Lens::Orthographic;
    const auto live = m_controller.live();
    if (live && live->samples.sharedSchema()) {
        QJsonArray axes;
        for (const session::AxisSource &axis : live->pictureAxes)
            axes << axisToJson(axis, live->samples.schema());
        o[QStringLiteral("axes")] = axes;
    }
    return QString::fromUtf8(QJsonDocument(o).toJson(QJsonDocument::Compact));
}

void PicturePane::restore(const QString &text)
{
    const QJsonObject o = QJsonDocument::fromJson(text.toUtf8()).object();
    if (o.isEmpty())
        return;
    m_colouring = {ColourBy(std::clamp(o[QStringLiteral("colourBy")].toInt(), 0, int(ColourBy::Entity))),
                   o[QStringLiteral("colourFeature")].toString().toStdString()};
    m_windowNs = o[QStringLiteral("windowNs")].toString().toULongLong();
    m_arrows = o[QStringLiteral("arrows")].toBool();
    m_depthCue = DepthCue(
        std::clamp(o[QStringLiteral("depthCue")].toInt(int(DepthCue::Fog)), 0, int(DepthCue::EyeDome)));
    m_view->setDepthCue(m_depthCue);
    m_view->setDensity(PointView::Density(std::clamp(o[QStringLiteral("density")].toInt(), 0, 2)));
    m_view->setLens(o[QStringLiteral("orthographic")].toBool() ? Lens::Orthographic : Lens::Perspective);
    const auto live = m_controller.live();
    std::optional<session::PictureAxes> awaited;
    if (const QJsonArray stored = o[QStringLiteral("axes")].toArray();
        stored.size() == 3 && live && live->samples.sharedSchema() && m_controller.workspace()) {
        session::PictureAxes axes = session::kPrincipalAxes;
        const auto &features = live->samples.schema().features();
        for (std::size_t a = 0; a < 3; ++a) {
            const QJsonValue axis = stored[qsizetype(a)];
            const auto at = std::find_if(features.begin(), features.end(), [&](const auto &feature) {
                return axis.isString() && qt(feature.key) == axis.toString();
            });
            if (at != features.end())
                axes[a] = {session::AxisSource::Kind::Feature, int(at - features.begin())};
            else if (axis.isObject())
                axes[a] = {session::AxisSource::Kind::Map,
                           std::clamp(axis.toObject()[QStringLiteral("map")].toInt(), 0, 2)};
            else if (axis.isDouble())
                axes[a] = {session::AxisSource::Kind::Component,
                           std::clamp(axis.toInt(), 0, session::kComponents - 1)};
        }
        awaited = axes;
        m_controller.workspace()->setPictureAxes(axes);
    }
    update();
    const auto camera = cameraFromJson(o[QStringLiteral("camera")].toObject(), m_view->camera());
    if (camera) {
        m_view->setMode(camera->mode());
        if (o[QStringLiteral("follows")].toBool())
            m_view->fit();
        m_view->setCamera(*camera);
        // A neighbour map comes later; until then other axes are shown.
        if (awaited && *awaited != m_axes && !o[QStringLiteral("follows")].toBool())
            m_awaited = {*awaited, m_view->camera()};
    }
    Q_EMIT settingsChanged();
}

} // namespace statescape::ui
