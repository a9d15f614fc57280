// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/axes_dock.h"

#include "ui/docks/feature_choice.h"
#include "ui/docks/scree_plot.h"
#include "ui/kit/text.h"

#include <QCheckBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QMenu>
#include <QProgressBar>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace statescape::ui {
namespace {

using session::AxisSource;

constexpr std::size_t kBars = 6;  // loadings drawn for each axis
constexpr std::size_t kWords = 3; // and said in words
const QString kComponentData = QStringLiteral("\npc");
const QString kMapData = QStringLiteral("\nmap");

QString dataOf(const AxisSource &source, const session::Snapshot &s)
{
    if (source.kind == AxisSource::Kind::Component)
        return kComponentData + QString::number(source.index);
    if (source.kind == AxisSource::Kind::Map)
        return kMapData + QString::number(source.index);
    return s.samples.sharedSchema() && std::size_t(source.index) < s.samples.schema().size()
               ? qt(s.samples.schema()[std::size_t(source.index)].key)
               : QString();
}

QString nameOf(int axis)
{
    return QString(QChar(u'X' + axis));
}

std::vector<Loading> loadingsOf(const session::Snapshot &s, int component)
{
    std::vector<Loading> out;
    if (!s.projection || component < 0 || component >= s.projection->components())
        return out;
    const auto columns = s.projection->columns();
    const auto weights = s.projection->loadings();
    for (std::size_t i = 0; i < columns.size() && Eigen::Index(i) < weights.rows(); ++i) {
        const auto &feature = s.samples.schema()[std::size_t(columns[i])];
        out.push_back({qt(feature.title.empty() ? feature.key : feature.title), qt(feature.key),
                       weights(Eigen::Index(i), component)});
    }
    std::stable_sort(out.begin(), out.end(), [](const Loading &a, const Loading &b) {
        return std::abs(a.weight) > std::abs(b.weight);
    });
    out.resize(std::min(out.size(), kBars));
    return out;
}

} // namespace

AxesDock::AxesDock(SessionController &controller, QWidget *parent)
    : SectionDock(QStringLiteral("axes"), tr("Axes"), parent)
    , m_controller(controller)
    , m_nothing(
          mutedLabel(tr("The axes are found when there are some seconds of samples. Record this machine "
                        "(Ctrl+R), import a CSV file or open a session (Ctrl+O).")))
    , m_hint(mutedLabel())
    , m_drift(new QLabel)
    , m_body(new QWidget)
    , m_scree(new ScreePlot)
    , m_arrows(new QCheckBox(tr("Arrows in the picture")))
    , m_pin(new QPushButton(tr("Pin")))
    , m_refit(new QPushButton(tr("Refit now")))
    , m_principal(new QPushButton(tr("Principal axes")))
    , m_map(new QPushButton(tr("Neighbour map")))
    , m_trust(
          mutedLabel(tr("Neighbour map: trust which samples lie together, not how far apart groups lie, how "
                        "large or how dense they look; components tell that.")))
    , m_making(new QWidget)
    , m_progress(new QProgressBar)
{
    auto *page = new QWidget;
    auto *outer = new QVBoxLayout(page);
    outer->setContentsMargins(12, 0, 12, 6);
    m_nothing->setWordWrap(true);
    outer->addWidget(m_nothing);
    outer->addWidget(m_body);
    outer->addStretch(1);
    auto *box = new QVBoxLayout(m_body);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(6);
    box->addWidget(makeChoices());
    box->addWidget(new Heading(tr("Variance of each component")));
    box->addWidget(m_scree);
    m_hint->setWordWrap(true);
    box->addWidget(m_hint);
    for (Axis &axis : m_axes) {
        box->addWidget(axis.heading = new Heading);
        box->addWidget(axis.bars = new LoadingBars);
    }
    m_arrows->setToolTip(tr("Draw the features that load most as arrows from the centre of the picture"));
    box->addWidget(m_arrows);
    box->addWidget(makeStability());
    setScrollingPage(page);
    connect(m_arrows, &QCheckBox::toggled, this, &AxesDock::arrowsWanted);
    connect(m_scree, &ScreePlot::componentWanted, this, &AxesDock::putOnNext);
    connect(&controller, &SessionController::shownChanged, this, &AxesDock::update);
    connect(this, &QDockWidget::visibilityChanged, this, &AxesDock::update);
    update();
}

QWidget *AxesDock::makeChoices()
{
    auto *choices = new QWidget;
    auto *grid = new QGridLayout(choices);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(3);
    grid->setColumnStretch(1, 1);
    for (int i = 0; i < 3; ++i) {
        Axis &axis = m_axes[std::size_t(i)];
        axis.choice = new FeatureChoice;
        axis.choice->setAccessibleName(tr("What axis %1 shows").arg(nameOf(i)));
        axis.choice->setToolTip(tr("A component, the neighbour map or any feature; type a part of its name"));
        axis.choice->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
        axis.meaning = mutedLabel();
        axis.meaning->setWordWrap(true);
        axis.meaning->setTextFormat(Qt::PlainText);
        auto *name = new QLabel(nameOf(i));
        name->setBuddy(axis.choice);
        grid->addWidget(name, 2 * i, 0);
        grid->addWidget(axis.choice, 2 * i, 1);
        grid->addWidget(axis.meaning, 2 * i + 1, 1);
        connect(axis.choice, &FeatureChoice::chose, this, [this, i](const QString &data) {
            if (!m_snapshot)
                return;
            AxisSource source;
            if (data.startsWith(kComponentData)) {
                source.index = data.mid(kComponentData.size()).toInt();
            } else if (data.startsWith(kMapData)) {
                source = {AxisSource::Kind::Map, data.mid(kMapData.size()).toInt()};
            } else {
                source.kind = AxisSource::Kind::Feature;
                source.index = m_snapshot->samples.schema().indexOf(data.toStdString());
            }
            if (source.index >= 0)
                setAxis(i, source);
        });
    }
    m_principal->setToolTip(tr("The first three components on X, Y and Z"));
    auto *row = new QHBoxLayout;
    row->setSpacing(6);
    row->addWidget(m_principal);
    row->addWidget(m_map);
    row->addStretch(1);
    grid->addLayout(row, 6, 0, 1, 2);
    connect(m_principal, &QPushButton::clicked, this, &AxesDock::setPrincipal);
    makeMapPart(*grid);
    return choices;
}

void AxesDock::makeMapPart(QGridLayout &grid)
{
    auto *menu = new QMenu(m_map);
    menu->addAction(tr("Flat: on X and Y"), this, [this] { setMap(2); });
    menu->addAction(tr("In space: on X, Y and Z"), this, [this] { setMap(3); });
    m_map->setMenu(menu);
    m_map->setToolTip(tr("Samples near each other in all features lie near each other here; made aside, the "
                         "picture stays until it is ready"));
    m_trust->setWordWrap(true);
    grid.addWidget(m_trust, 7, 0, 1, 2);
    auto *row = new QHBoxLayout(m_making);
    row->setContentsMargins(0, 0, 0, 0);
    m_progress->setRange(0, 100);
    m_progress->setAccessibleName(tr("Neighbour map being made"));
    m_progress->setFormat(tr("neighbour map, %p %"));
    auto *cancel = new QPushButton(tr("Cancel"));
    row->addWidget(m_progress, 1);
    row->addWidget(cancel);
    grid.addWidget(m_making, 8, 0, 1, 2);
    connect(cancel, &QPushButton::clicked, this, &AxesDock::cancelMap);
}

void AxesDock::setMap(int components)
{
    if (!m_controller.workspace())
        return;
    session::PictureAxes axes = m_wanted;
    for (int a = 0; a < components; ++a)
        axes[std::size_t(a)] = {AxisSource::Kind::Map, a};
    // A flat map has nothing behind it that is of the map.
    if (components == 2 && axes[2].kind == AxisSource::Kind::Map)
        axes[2] = session::kPrincipalAxes[0];
    m_wanted = axes;
    m_controller.workspace()->setPictureAxes(axes);
}

void AxesDock::cancelMap()
{
    if (!m_controller.workspace() || !m_snapshot)
        return;
    m_controller.workspace()->cancelMap();
    m_wanted = m_snapshot->pictureAxes;
    for (int axis = 0; axis < 3; ++axis)
        updateAxis(axis);
}

QWidget *AxesDock::makeStability()
{
    auto *part = new QWidget;
    auto *box = new QVBoxLayout(part);
    box->setContentsMargins(0, 4, 0, 0);
    box->setSpacing(6);
    box->addWidget(new Heading(tr("How steady they are")));
    m_drift->setWordWrap(true);
    box->addWidget(m_drift);
    auto *row = new QHBoxLayout;
    m_pin->setCheckable(true);
    m_pin->setToolTip(tr("Keep these axes, however much comes in"));
    m_refit->setToolTip(tr("Fit the components, and the neighbour map where it is shown, to everything there "
                           "is now; the picture turns as little as it must"));
    row->addWidget(m_pin);
    row->addWidget(m_refit);
    row->addStretch(1);
    box->addLayout(row);
    connect(m_pin, &QPushButton::clicked, this, [this] {
        // The command decides; what the snapshot then says is shown.
        m_pin->setChecked(m_snapshot && m_snapshot->axesPinned);
        Q_EMIT command(QStringLiteral("view.pin"));
    });
    connect(m_refit, &QPushButton::clicked, this, [this] { Q_EMIT command(QStringLiteral("view.refit")); });
    return part;
}

void AxesDock::setArrows(bool on)
{
    m_arrows->setChecked(on);
}

void AxesDock::setAxis(int axis, const AxisSource &source)
{
    if (!m_controller.workspace() || axis < 0 || axis > 2)
        return;
    session::PictureAxes axes = m_wanted;
    for (AxisSource &other : axes)
        if (other == source)
            other = axes[std::size_t(axis)];
    axes[std::size_t(axis)] = source;
    m_wanted = axes;
    m_controller.workspace()->setPictureAxes(axes);
}

void AxesDock::setPrincipal()
{
    if (!m_controller.workspace())
        return;
    m_next = 0;
    m_wanted = session::kPrincipalAxes;
    m_controller.workspace()->setPictureAxes(session::kPrincipalAxes);
}

void AxesDock::putOnNext(int component)
{
    const int axis = m_next;
    m_next = (m_next + 1) % 3;
    setAxis(axis, {AxisSource::Kind::Component, component});
}

void AxesDock::update()
{
    if (!isVisible())
        return;
    const SnapshotPtr before = m_snapshot;
    m_snapshot = m_controller.shown();
    const bool any = m_snapshot && m_snapshot->projection;
    m_nothing->setVisible(!any);
    m_body->setVisible(any);
    if (!any)
        return;
    const auto &s = *m_snapshot;
    const bool axesMoved = !before || before->pictureAxes != s.pictureAxes;
    if (axesMoved)
        m_wanted = s.pictureAxes;
    if (!before || before->samples.sharedSchema() != s.samples.sharedSchema() || m_drawn != s.projection)
        fillChoices();
    if (axesMoved || m_drawn != s.projection) {
        m_drawn = s.projection;
        std::vector<int> shown;
        for (const AxisSource &axis : s.pictureAxes)
            if (axis.kind == AxisSource::Kind::Component)
                shown.push_back(axis.index);
        m_scree->setShares(s.projection->varianceShares(), shown, s.projection->components());
        for (int axis = 0; axis < 3; ++axis)
            updateAxis(axis);
        m_hint->setText(tr("Click a bar to put it on %1.").arg(nameOf(m_next)));
        m_principal->setEnabled(s.pictureAxes != session::kPrincipalAxes);
    }
    const bool onMap = session::showsMap(s.pictureAxes);
    m_trust->setVisible(onMap || s.mapProgress);
    m_arrows->setVisible(!onMap);
    m_making->setVisible(s.mapProgress.has_value());
    if (s.mapProgress)
        m_progress->setValue(int(100 * *s.mapProgress));
    updateStability();
}

void AxesDock::fillChoices()
{
    QList<QPair<QString, QString>> components;
    for (int c = 0; c < m_snapshot->projection->components(); ++c) {
        const auto at = std::size_t(c);
        QString text = tr("PC%1").arg(c + 1);
        if (at < m_snapshot->axes.size())
            text += QStringLiteral(" · %1 %").arg(100 * m_snapshot->axes[at].varianceShare, 0, 'f', 0);
        components << QPair(text, kComponentData + QString::number(c));
    }
    for (int c = 0; c < 3; ++c)
        components << QPair(tr("Neighbour map %1").arg(c + 1), kMapData + QString::number(c));
    for (Axis &axis : m_axes)
        axis.choice->fill(components, &m_snapshot->samples.schema());
}

void AxesDock::updateAxis(int index)
{
    Axis &axis = m_axes[std::size_t(index)];
    const auto &s = *m_snapshot;
    const AxisSource &source = s.pictureAxes[std::size_t(index)];
    axis.choice->setChosen(dataOf(source, s));
    axis.meaning->setText(qt(session::axisText(s, std::size_t(index))));
    const bool component = source.kind == AxisSource::Kind::Component;
    auto loadings = component ? loadingsOf(s, source.index) : std::vector<Loading>();
    axis.bars->setVisible(!loadings.empty());
    axis.heading->setVisible(!loadings.empty());
    if (!loadings.empty()) {
        axis.heading->setHeading(tr("Along %1 (PC%2)").arg(nameOf(index)).arg(source.index + 1));
        const QString words = loadingWords(loadings, kWords);
        axis.bars->setAccessibleName(tr("Along %1: %2").arg(nameOf(index), words));
        axis.meaning->setText(axis.meaning->text() + QLatin1Char('\n') + tr("Along it %1.").arg(words));
    }
    axis.bars->setLoadings(std::move(loadings));
}

QString AxesDock::meaning(int axis) const
{
    return m_axes[std::size_t(axis)].meaning->text();
}

const std::vector<Loading> &AxesDock::loadings(int axis) const
{
    return m_axes[std::size_t(axis)].bars->loadings();
}

void AxesDock::updateStability()
{
    const auto &s = *m_snapshot;
    QString text = tr("Fitted on %1").arg(pluralText(s.projection->rowsFitted(), tr("sample")));
    if (s.axesFittedNs != 0)
        text += tr(", the newest of %1").arg(localTime(s.anchor, s.axesFittedNs));
    text += tr(". A fresh fit would lie %1° away.").arg(s.driftDegrees, 0, 'f', 1);
    if (s.axesPinned)
        text += tr(" Pinned: they stay as they are.");
    if (s.map)
        text += tr(" The map was fitted on %1 of %2; the others are placed among them.")
                    .arg(countText(s.map->fitted()), pluralText(s.map->rows(), tr("sample")));
    if (m_drift->text() != text)
        m_drift->setText(text);
    m_pin->setChecked(s.axesPinned);
    m_pin->setText(s.axesPinned ? tr("Unpin") : tr("Pin"));
}

} // namespace statescape::ui
