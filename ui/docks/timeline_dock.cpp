// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/timeline_dock.h"

#include "ui/kit/text.h"
#include "ui/strip/time_strip.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QVBoxLayout>

namespace statescape::ui {
namespace {
const QString kAuto = QStringLiteral("\n");
const QString kDistance = QStringLiteral("\nd");
} // namespace

TimelineDock::TimelineDock(SessionController &controller, PicturePane &picture, QWidget *parent)
    : SectionDock(QStringLiteral("timeline"), tr("States over time"), parent)
    , m_controller(controller)
    , m_picture(picture)
    , m_strip(new TimeStrip)
    , m_line(new QComboBox)
{
    auto *page = new QWidget;
    auto *box = new QVBoxLayout(page);
    box->setContentsMargins(8, 0, 8, 3);
    box->setSpacing(0);
    box->addWidget(m_strip, 1);
    auto *row = new QHBoxLayout;
    row->setContentsMargins(112, 0, 8, 0);
    auto *hint = mutedLabel(tr("Drag selects an interval: the same points light up above. Wheel zooms, "
                               "Shift+drag pans, double click shows all."));
    hint->setToolTip(tr("Keys: ← → move the cursor (Ctrl ten samples, Home, End), with Shift they select; "
                        "+ − zoom, Page Up and Page Down pan, 0 shows all"));
    hint->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    row->addWidget(hint, 1);
    row->setSpacing(8);
    row->addWidget(mutedLabel(tr("Line")));
    m_line->setAccessibleName(tr("Line of the time strip"));
    m_line->setToolTip(tr("What the line shows; automatic is abnormality (0 to 1) with a model, else "
                          "distance from the centre of the picture, or a feature in its unit"));
    m_line->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_line->setMinimumContentsLength(18);
    row->addWidget(m_line);
    box->addLayout(row);
    setWidget(page);
    fillChoices();
    connect(m_line, &QComboBox::currentIndexChanged, this, [this] {
        const QString key = m_line->currentData().toString();
        m_strip->setLine(key == kAuto || key.isEmpty() ? LineChoice{}
                         : key == kDistance            ? LineChoice{LineChoice::Kind::Distance, {}}
                                                       : LineChoice{LineChoice::Kind::Feature, key});
    });
    connect(&picture, &PicturePane::pictureChanged, this, &TimelineDock::update);
    connect(this, &QDockWidget::visibilityChanged, this, &TimelineDock::update);
    connect(&controller, &SessionController::sessionChanged, this, [this] {
        m_strip->reset();
        m_drawn.reset();
        update();
    });
    connect(&controller, &SessionController::cursorChanged, m_strip, &TimeStrip::setCursorRow);
    connect(m_strip, &TimeStrip::cursorMoved, &controller, &SessionController::setCursorRow);
    connect(&controller, &SessionController::selectionChanged, this, [this] {
        if (isVisible())
            m_strip->setSelection(m_drawn = m_controller.selection());
    });
    connect(m_strip, &TimeStrip::intervalSelected, &controller, &SessionController::selectRows);
}

void TimelineDock::update()
{
    const auto shown = m_controller.shown();
    if (!shown)
        return;
    if (shown->samples.sharedSchema().get() != m_schema) {
        m_schema = shown->samples.sharedSchema().get();
        fillChoices();
    }
    if (!isVisible())
        return;
    m_strip->setSnapshot(shown, m_picture.first());
    if (m_drawn != m_controller.selection())
        m_strip->setSelection(m_drawn = m_controller.selection());
}

void TimelineDock::fillChoices()
{
    const QString before = m_line->currentData().toString();
    const QSignalBlocker quiet(m_line);
    m_line->clear();
    m_line->addItem(tr("automatic"), kAuto);
    m_line->addItem(tr("distance from the centre"), kDistance);
    if (const auto shown = m_controller.shown(); shown && shown->samples.sharedSchema())
        for (const auto &feature : shown->samples.schema().features())
            m_line->addItem(qt(feature.title.empty() ? feature.key : feature.title), qt(feature.key));
    m_line->setCurrentIndex(std::max(0, m_line->findData(before)));
}

void TimelineDock::showFeature(const QString &key)
{
    if (const int index = m_line->findData(key); index >= 0)
        m_line->setCurrentIndex(index);
}

} // namespace statescape::ui
