// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/picture/picture_pane.h"

#include "ui/kit/text.h"
#include "ui/kit/theme.h"
#include "ui/picture/camera_text.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QResizeEvent>
#include <QVBoxLayout>

namespace statescape::ui {
namespace {

constexpr std::size_t kTrailSamples = 24;

RowMaskPtr combine(const RowMask &before, const RowMask &drawn, SelectionOp op)
{
    auto mask = std::make_shared<RowMask>(std::max(before.size(), drawn.size()), std::uint8_t{0});
    for (std::size_t i = 0; i < mask->size(); ++i) {
        const bool was = i < before.size() && before[i] != 0, now = i < drawn.size() && drawn[i] != 0;
        (*mask)[i] = op == SelectionOp::Replace    ? now
                     : op == SelectionOp::Add      ? was || now
                     : op == SelectionOp::Subtract ? was && !now
                                                   : was && now;
    }
    return mask;
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

void feedPointView(PointView &view, const session::Snapshot &s, const Marks &marks, ColourBy by)
{
    view.setStyles(marks.styles);
    view.setPoints(marks.points);
    std::array<QString, 3> captions;
    for (std::size_t i = 0; i < std::min(captions.size(), s.axes.size()); ++i)
        captions[i] = qt(s.axes[i].text);
    view.setAxes(captions);
    std::vector<StateName> names;
    for (const Caption &caption : marks.captions)
        names.push_back(
            {caption.text, {caption.style.onDark, caption.style.onLight}, {caption.x, caption.y, caption.z}});
    view.setNames(std::move(names));
    const auto n = std::int64_t(marks.points->size());
    view.setNow(s.live && n > 0 ? n - 1 : -1);
    if (s.live && n > 1)
        view.setTrail(std::max<std::int64_t>(std::int64_t(marks.first), n - std::int64_t(kTrailSamples)),
                      n - 1);
    else
        view.setTrail(-1, -1);
    view.setLegendVisible(by != ColourBy::Label);
    view.setEmptyText(
        s.samples.rows() == 0
            ? PicturePane::tr(
                  "No samples yet. Press Recording to collect from this machine, or open a session (Ctrl+O).")
            : PicturePane::tr("The axes appear after a few more samples."));
}

PicturePane::PicturePane(SessionController &controller, QWidget *parent)
    : QWidget(parent)
    , m_controller(controller)
    , m_view(new PointView(this))
    , m_chip(new QLabel(this))
{
    auto *box = new QVBoxLayout(this);
    box->setContentsMargins(0, 0, 0, 0);
    box->addWidget(m_view);
    m_view->setAccessibleName(tr("Map of samples"));
    m_view->setMode(ViewMode::ThreeD);
    m_view->setEmptyText(tr("No session. Open one with Ctrl+O, or press Recording."));
    m_view->setTooltipProvider([this](std::int64_t row) { return tipOf(row); });
    m_chip->setObjectName(QStringLiteral("chip"));
    m_chip->setContentsMargins(10, 4, 10, 4);
    m_chip->setAttribute(Qt::WA_TransparentForMouseEvents);
    m_chip->hide();
    connect(&controller, &SessionController::shownChanged, this, &PicturePane::update);
    connect(&controller, &SessionController::frozenChanged, this, &PicturePane::placeChip);
    connect(&controller, &SessionController::liveChanged, this, &PicturePane::placeChip);
    connect(&controller, &SessionController::selectionChanged, this,
            [this] { m_view->setSelection(m_controller.selection()); });
    connect(m_view, &PointView::selectionMade, this, [this](const RowMaskPtr &rows, SelectionOp op) {
        if (rows)
            m_controller.select(combine(*m_controller.selection(), *rows, op), tr("select"));
    });
}

void PicturePane::setColourBy(ColourBy by)
{
    m_by = by;
    update();
}

void PicturePane::setWindow(std::uint64_t windowNs)
{
    m_windowNs = windowNs;
    update();
    if (m_view->followsData())
        m_view->fit();
}

void PicturePane::update()
{
    const auto shown = m_controller.shown();
    if (!shown)
        return;
    m_marks = makeMarks(*shown, m_by, firstWithin(*shown, m_windowNs));
    feedPointView(*m_view, *shown, m_marks, m_by);
    m_view->setSelection(m_controller.selection());
    m_view->setAccessibleDescription(tr("%1 of %2 samples shown, %3 selected")
                                         .arg(countText(m_marks.shown), countText(shown->samples.rows()),
                                              countText(m_controller.selectedCount())));
    Q_EMIT pictureChanged();
}

void PicturePane::placeChip()
{
    m_chip->setVisible(m_controller.isFrozen());
    if (!m_controller.isFrozen())
        return;
    const Theme theme = currentTheme();
    m_chip->setStyleSheet(
        QStringLiteral("QLabel { background: %1; border: 1px solid %2; border-radius: 5px; color: %3; }")
            .arg(theme.button.name(), theme.buttonLine.name(), theme.text.name()));
    m_chip->setText(tr("❚❚ frozen, %1").arg(pluralText(m_controller.newerSamples(), tr("newer sample"))));
    m_chip->adjustSize();
    m_chip->move((width() - m_chip->width()) / 2, 10);
    m_chip->raise();
}

void PicturePane::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    placeChip();
}

QString PicturePane::tipOf(std::int64_t row) const
{
    const auto s = m_controller.shown();
    if (!s || row < 0 || std::size_t(row) >= s->samples.rows())
        return {};
    const auto i = std::size_t(row);
    QString text = QStringLiteral("<b>%1</b>")
                       .arg(localTime(s->anchor, s->samples.timeNs(i), QStringLiteral("HH:mm:ss.zzz")));
    if (s->labels && i < s->labels->size() && s->classNames)
        text += QStringLiteral("<br>") + labelText((*s->labels)[i], *s->classNames).toHtmlEscaped();
    if (s->model && s->scores && i < s->scores->size()) {
        const auto &score = (*s->scores)[i];
        text += tr("<br>state %1, confidence %2, abnormality %3")
                    .arg(qt(stateStyle(*s, score.cluster).name).toHtmlEscaped())
                    .arg(double(score.confidence), 0, 'f', 2)
                    .arg(double(score.abnormality), 0, 'f', 2);
    }
    for (const auto &axis : s->axes)
        if (!axis.columns.empty() && std::size_t(axis.columns.front()) < s->samples.schema().size()) {
            const auto column = std::size_t(axis.columns.front());
            const auto &feature = s->samples.schema()[column];
            text += QStringLiteral("<br>%1: %2")
                        .arg(qt(feature.title).toHtmlEscaped(),
                             valueText(double(s->samples.at(i, column)), feature.unit));
        }
    return text;
}

QString PicturePane::toText() const
{
    QJsonObject o;
    o[QStringLiteral("camera")] = cameraToJson(m_view->camera());
    o[QStringLiteral("follows")] = m_view->followsData();
    o[QStringLiteral("colourBy")] = int(m_by);
    o[QStringLiteral("windowNs")] = QString::number(m_windowNs);
    return QString::fromUtf8(QJsonDocument(o).toJson(QJsonDocument::Compact));
}

void PicturePane::restore(const QString &text)
{
    const QJsonObject o = QJsonDocument::fromJson(text.toUtf8()).object();
    if (o.isEmpty())
        return;
    m_by = ColourBy(std::clamp(o[QStringLiteral("colourBy")].toInt(), 0, 3));
    m_windowNs = o[QStringLiteral("windowNs")].toString().toULongLong();
    update();
    const auto camera = cameraFromJson(o[QStringLiteral("camera")].toObject(), m_view->camera());
    if (camera) {
        m_view->setMode(camera->mode());
        if (o[QStringLiteral("follows")].toBool())
            m_view->fit();
        m_view->setCamera(*camera);
    }
    Q_EMIT settingsChanged();
}

} // namespace statescape::ui
