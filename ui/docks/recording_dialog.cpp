// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/recording_dialog.h"

#include "core/wire/messages.h"
#include "ui/kit/section.h"
#include "ui/kit/text.h"
#include "ui/kit/theme.h"

#include <QButtonGroup>
#include <QClipboard>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QFileInfo>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QPushButton>
#include <QRadioButton>
#include <QResizeEvent>
#include <QVBoxLayout>

#include <array>

namespace statescape::ui {
namespace {
using schema::EntityKind;
constexpr std::array kKinds{EntityKind::Host, EntityKind::Process, EntityKind::Cgroup};
constexpr std::array<std::uint64_t, 8> kIntervalsMs{50, 100, 250, 500, 1000, 2000, 5000, 60'000};

QString titleOf(EntityKind kind)
{
    return kind == EntityKind::Host      ? RecordingDialog::tr("The whole &machine")
           : kind == EntityKind::Process ? RecordingDialog::tr("Each &process")
                                         : RecordingDialog::tr("Each c&group");
}

QString textOf(EntityKind kind, const schema::ProbePlan &machine)
{
    if (kind == EntityKind::Host)
        return RecordingDialog::tr("One point an interval, %1 features: scheduler, system calls, memory, "
                                   "disk, network and your own probes. Without privilege those of /proc and "
                                   "pressure still come.")
            .arg(schema::Layout(machine).schema()->size());
    const auto features = schema::entityFeatures().size();
    const QString needs =
        RecordingDialog::tr("Needs the kernel probes, so privilege. Costs more than the machine as a whole: "
                            "the probes count for each task, and the file grows by every point; the panel "
                            "of probes shows the share of a CPU, which stays within the budget.");
    return kind == EntityKind::Process
               ? RecordingDialog::tr("A point an interval for each of the most active processes, %1 features "
                                     "each: CPU, waiting, system calls, disk, memory.")
                         .arg(features) +
                     QLatin1Char(' ') + needs
               : RecordingDialog::tr("The same by cgroup: services, sessions and containers, by name.") +
                     QLatin1Char(' ') + RecordingDialog::tr("Needs and costs as each process does.");
}
} // namespace

RecordingDialog::RecordingDialog(SessionController &controller, PlanKeeper &keeper, QWidget *parent)
    : QDialog(parent)
    , m_controller(controller)
    , m_keeper(keeper)
    , m_entities(new QButtonGroup(this))
    , m_interval(new QComboBox)
{
    setObjectName(QStringLiteral("recordingDialog"));
    setWindowTitle(tr("New recording"));
    auto *box = new QVBoxLayout(this);
    box->setContentsMargins(16, 14, 16, 14);
    box->setSpacing(10);
    box->addWidget(new Heading(tr("What a sample is about")));
    box->addWidget(makeChoices());
    box->addWidget(makeWarning());
    box->addWidget(makeInterval());
    m_consequence = mutedLabel();
    m_consequence->setWordWrap(true);
    box->addWidget(m_consequence);
    box->addStretch(1);
    auto *buttons = new QDialogButtonBox(QDialogButtonBox::Cancel);
    auto *start = buttons->addButton(tr("● &Start recording"), QDialogButtonBox::AcceptRole);
    start->setObjectName(QStringLiteral("startRecording"));
    start->setToolTip(tr("Begin a new session file, named by the time, and record into it (Enter)"));
    box->addWidget(buttons);
    // Only now does the dialog know of it.
    start->setDefault(true);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons, &QDialogButtonBox::accepted, this, [this] {
        accept();
        Q_EMIT startWanted(entity(), intervalNs());
    });
    connect(m_entities, &QButtonGroup::idToggled, this, &RecordingDialog::update);
    connect(&controller, &SessionController::liveChanged, this, &RecordingDialog::update);
    setEntity(keeper.plan().entity);
    resize(fontMetrics().averageCharWidth() * 84, height());
    fitHeight();
    m_entities->checkedButton()->setFocus();
}

QWidget *RecordingDialog::makeChoices()
{
    auto *part = new QWidget;
    auto *box = new QVBoxLayout(part);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(2);
    for (const EntityKind kind : kKinds) {
        auto *choice = new QRadioButton(titleOf(kind));
        auto *text = mutedLabel(textOf(kind, m_keeper.machinePlan()));
        text->setWordWrap(true);
        text->setContentsMargins(24, 0, 0, 6);
        choice->setToolTip(tr("As record --entity %1 does").arg(qt(schema::entityKindKey(kind))));
        choice->setAccessibleDescription(text->text());
        m_entities->addButton(choice, int(kind));
        box->addWidget(choice);
        box->addWidget(text);
    }
    return part;
}

QWidget *RecordingDialog::makeInterval()
{
    auto *part = new QWidget;
    auto *row = new QHBoxLayout(part);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    auto *name = new QLabel(tr("One sample &every"));
    name->setBuddy(m_interval);
    m_interval->setAccessibleName(tr("One sample every"));
    m_interval->setToolTip(
        tr("Length of an interval, 50 ms to 60 s. Short ones show short trouble, long ones "
           "cost less and keep the file small."));
    const std::uint64_t now = m_keeper.options().intervalNs;
    for (const std::uint64_t ms : kIntervalsMs)
        m_interval->addItem(durationText(ms * 1'000'000), quint64(ms * 1'000'000));
    if (m_interval->findData(quint64(now)) < 0)
        m_interval->addItem(durationText(now), quint64(now));
    m_interval->setCurrentIndex(m_interval->findData(quint64(now)));
    row->addWidget(name);
    row->addWidget(m_interval);
    row->addStretch(1);
    return part;
}

QWidget *RecordingDialog::makeWarning()
{
    m_warningPart = new QFrame;
    m_warningPart->setObjectName(QStringLiteral("card"));
    auto *row = new QHBoxLayout(m_warningPart);
    row->setContentsMargins(10, 7, 10, 7);
    m_warning = new QLabel;
    m_warning->setObjectName(QStringLiteral("warning"));
    m_warning->setWordWrap(true);
    m_warning->setTextFormat(Qt::RichText);
    m_warning->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_copy = new QPushButton(tr("&Copy the command"));
    m_copy->setAutoDefault(false);
    m_copy->setToolTip(tr("Copy the command that gives the privilege, for a terminal"));
    row->addWidget(m_warning, 1);
    row->addWidget(m_copy, 0, Qt::AlignTop);
    connect(m_copy, &QPushButton::clicked, this,
            [this] { QGuiApplication::clipboard()->setText(m_command); });
    return m_warningPart;
}

EntityKind RecordingDialog::entity() const
{
    return EntityKind(std::max(0, m_entities->checkedId()));
}

void RecordingDialog::setEntity(EntityKind kind)
{
    QAbstractButton *choice = m_entities->button(int(kind));
    (choice ? choice : m_entities->button(int(EntityKind::Host)))->setChecked(true);
    update();
}

std::uint64_t RecordingDialog::intervalNs() const
{
    return m_interval->currentData().toULongLong();
}

QString RecordingDialog::warning() const
{
    return m_warningPart->isHidden() ? QString() : m_warning->text();
}

void RecordingDialog::update()
{
    const auto live = m_controller.live();
    const auto at = std::size_t(schema::Probe::Scheduler);
    m_command.clear();
    QString text;
    if (entity() != EntityKind::Host && live && at < live->status.probes.size()) {
        const auto &scheduler = live->status.probes[at];
        if (!scheduler.available && scheduler.code != base::Code::Ok) {
            m_command = qt(scheduler.hint.empty() ? live->status.hint : scheduler.hint);
            text =
                tr("<span style='color:%1'>▲</span> The last recording here had no kernel probes: %2. "
                   "Nothing would come.%3")
                    .arg(currentTheme().warning.name(),
                         qt(scheduler.reason.empty() ? base::codeName(scheduler.code) : scheduler.reason)
                             .toHtmlEscaped(),
                         m_command.isEmpty() ? QString()
                                             : tr(" First: <code>%1</code>").arg(m_command.toHtmlEscaped()));
        }
    }
    if (m_warning->text() != text)
        m_warning->setText(text);
    m_warningPart->setVisible(!text.isEmpty());
    m_copy->setVisible(!m_command.isEmpty());
    const QString kept = live && live->samples.rows() > 0
                             ? (live->live ? tr("The recording that runs stops; it is kept in %1.")
                                           : tr("The session open now is kept in %1."))
                                   .arg(QFileInfo(qt(live->file)).fileName())
                             : QString();
    if (m_consequence->text() != kept)
        m_consequence->setText(kept);
    m_consequence->setVisible(!kept.isEmpty());
    fitHeight();
}

void RecordingDialog::fitHeight()
{
    // A layout gives texts that wrap as much height as one line needs, unless somebody asks.
    layout()->activate();
    if (const int height = layout()->heightForWidth(width()); height > 0 && height != minimumHeight()) {
        setMinimumHeight(height);
        resize(width(), height);
    }
}

void RecordingDialog::resizeEvent(QResizeEvent *event)
{
    QDialog::resizeEvent(event);
    if (event->size().width() != event->oldSize().width())
        fitHeight();
}

} // namespace statescape::ui
