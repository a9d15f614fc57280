// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/status_line.h"

#include "ui/kit/text.h"
#include "ui/kit/theme.h"
#include "ui/models/entity_model.h"
#include "ui/picture/marks.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QRegularExpression>

#include <algorithm>

namespace statescape::ui {

namespace {
constexpr std::size_t kDearest = 6;

QString share(double percent)
{
    return QObject::tr("%1 %").arg(percent, 0, 'f', 2);
}

/// Probes that see nothing at the moment, to stay within the budget.
QStringList shedProbes(const source::SourceStatus &status, const SeenTracker &seen)
{
    QStringList out;
    for (std::size_t i = 0; status.layout && i < status.probes.size(); ++i)
        if (status.probes[i].shed && !seen.of(i))
            out << qt(status.layout->probes()[i].title);
    return out;
}

/// Probes that see a part of the time, with how much that is.
QStringList sampledProbes(const source::SourceStatus &status, const SeenTracker &seen)
{
    QStringList out;
    for (std::size_t i = 0; status.layout && i < status.probes.size(); ++i)
        if (const auto part = seen.of(i))
            out << QObject::tr("%1 (%2)").arg(qt(status.layout->probes()[i].title),
                                              seenOverTimeText(part->share, part->error));
    return out;
}

QString costText(const source::SourceStatus &status, const SeenTracker &seen)
{
    const auto told = [](qsizetype count, const QString &text) {
        return count == 0 ? QString()
                          : QStringLiteral(", <b style='color:%1'>%2</b>")
                                .arg(currentTheme().warning.name(), text.arg(count));
    };
    return QObject::tr("probe cost <b style='color:%1'>%2</b> of one CPU%3")
        .arg(currentTheme().text.name(), share(status.probeCpuShare + status.helperCpuShare),
             told(sampledProbes(status, seen).size(), QObject::tr("%1 sampled")) +
                 told(shedProbes(status, seen).size(), QObject::tr("%1 shed")));
}

QString costTip(const source::SourceStatus &status, const SeenTracker &seen)
{
    std::vector<std::pair<double, QString>> parts;
    for (std::size_t i = 0; status.layout && i < status.cpuShare.size(); ++i)
        if (status.cpuShare[i] > 0)
            parts.emplace_back(status.cpuShare[i], qt(status.layout->probes()[i].title));
    std::sort(parts.begin(), parts.end(), [](const auto &a, const auto &b) { return a.first > b.first; });
    QString rows;
    const auto row = [&rows](const QString &name, const QString &figure) {
        rows += QStringLiteral("<tr><td>%1</td><td align='right'>&nbsp;&nbsp;%2</td></tr>")
                    .arg(name.toHtmlEscaped(), figure);
    };
    row(QObject::tr("helper, measured"), share(status.helperCpuShare));
    row(QObject::tr("probes, events × cost of one"), share(status.probeCpuShare));
    double rest = 0;
    for (std::size_t i = 0; i < parts.size(); ++i)
        if (i < kDearest)
            row(QStringLiteral("– ") + parts[i].second, share(parts[i].first));
        else
            rest += parts[i].first;
    if (parts.size() > kDearest)
        row(QObject::tr("– %1 more").arg(parts.size() - kDearest), share(rest));
    const double budget = status.layout ? status.layout->plan().budgetPercent : 0;
    row(QObject::tr("budget of the probes"), budget > 0 ? share(budget) : QObject::tr("none"));
    row(QObject::tr("helper's memory"), valueText(double(status.helperRssBytes), base::Unit::Bytes));
    row(QObject::tr("kernel memory of the maps"), valueText(double(status.mapBytes), base::Unit::Bytes));
    QString text = QObject::tr("Shares of one CPU:") + QStringLiteral("<table>%1</table>").arg(rows);
    if (const QStringList sampled = sampledProbes(status, seen); !sampled.isEmpty())
        text += QStringLiteral("<p>%1<br>%2</p>")
                    .arg(QObject::tr("Sampled to stay within the budget: %1.")
                             .arg(sampled.join(QStringLiteral(", ")).toHtmlEscaped()),
                         samplingExplained());
    if (const QStringList shed = shedProbes(status, seen); !shed.isEmpty())
        text += QObject::tr("Shed to stay within the budget: %1")
                    .arg(shed.join(QStringLiteral(", ")).toHtmlEscaped());
    return text;
}
} // namespace

StatusLine::StatusLine(SessionController &controller, QWidget *parent)
    : QWidget(parent)
    , m_controller(controller)
{
    auto *box = new QHBoxLayout(this);
    box->setContentsMargins(10, 1, 10, 1);
    box->setSpacing(20);
    m_host = add(2, tr("Machine"));
    m_rate = add(4, tr("Samples"));
    m_dropped = add(9, tr("Losses"));
    m_cost = add(5, tr("Probe cost"));
    m_shown = add(6, tr("Shown"));
    m_axes = add(3, tr("Axes"));
    box->addStretch(1);
    m_state = add(10, tr("State now"));
    m_file = add(1, tr("File"));
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    connect(&controller, &SessionController::liveChanged, this, &StatusLine::update);
    connect(&controller, &SessionController::shownChanged, this, &StatusLine::update);
}

QLabel *StatusLine::add(int urgency, const QString &name)
{
    auto *label = new QLabel(this);
    label->setProperty("muted", true);
    label->setTextFormat(Qt::RichText);
    label->setAccessibleName(name);
    label->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    layout()->addWidget(label);
    m_facts.push_back({label, urgency});
    return label;
}

void StatusLine::setShown(std::size_t points)
{
    m_points = points;
    update();
}

void StatusLine::update()
{
    const auto live = m_controller.live();
    if (!live)
        return;
    const Theme theme = currentTheme();
    const auto strong = [&](const QString &text, const QColor &colour) {
        return QStringLiteral("<b style='color:%1'>%2</b>").arg(colour.name(), text);
    };
    const auto &status = live->status;
    const QString release =
        qt(live->kernel).startsWith(QLatin1String("Linux ")) ? qt(live->kernel).mid(6) : qt(live->kernel);
    const bool known = !release.isEmpty();
    m_host->setText(live->host.empty() ? QString()
                    : !known
                        ? qt(live->host).toHtmlEscaped()
                        : tr("%1 · Linux %2")
                              .arg(qt(live->host).toHtmlEscaped(), release.section(QLatin1Char('-'), 0, 0)));
    m_host->setToolTip(tr("Linux %1<br>%2").arg(release, qt(status.text).toHtmlEscaped()));
    const double perSecond = live->intervalNs > 0 ? 1e9 / double(live->intervalNs) : 0;
    const bool records = live->live && status.state != source::HelperState::Failed;
    m_rate->setText(!records ? tr("not recording") : tr("%1 samples/s").arg(perSecond, 0, 'g', 3));
    m_rate->setToolTip(tr("interval %1 · from the interval's end to here %2")
                           .arg(durationText(live->intervalNs), durationText(status.latencyNs)));
    m_dropped->setText(live->droppedSamples > 0
                           ? tr("dropped %1").arg(strong(countText(live->droppedSamples), theme.negative))
                           : tr("dropped %1").arg(strong(QStringLiteral("0"), theme.good)));
    m_dropped->setToolTip(
        tr("all counted losses: %1<br>late intervals %2 · reader too slow %3 · never arrived "
           "%4<br>unreadable /proc files %5 · tasks not measured %6 · events not taken in %7<br>helper "
           "restarts %8")
            .arg(countText(live->droppedSamples), countText(status.losses.missedIntervals),
                 countText(status.losses.writeFailures), countText(status.gaps),
                 countText(status.losses.readFailures), countText(status.losses.taskCollisions),
                 countText(status.losses.eventsMissed), countText(status.restarts)));
    m_seen.update(*live);
    m_cost->setVisible(records);
    m_cost->setText(costText(status, m_seen));
    m_cost->setToolTip(costTip(status, m_seen));
    const auto shown = m_controller.shown();
    m_shown->setText(
        tr("shown %1 of %2").arg(countText(m_points), countText(shown ? shown->samples.rows() : 0)));
    m_axes->setText(!live->projection
                        ? QString()
                        : tr("axes: fitted %1, drift %2°%3")
                              .arg(localTime(live->anchor, live->axesFittedNs, QStringLiteral("HH:mm")))
                              .arg(live->driftDegrees, 0, 'f', 0)
                              .arg(live->axesPinned ? tr(", pinned") : QString()));
    m_axes->setToolTip(tr("Largest angle between these axes and a fresh fit on everything seen. Fit again "
                          "with Ctrl+T, pin in the View menu."));
    QString state;
    const std::size_t n = live->samples.rows();
    if (live->model && live->scores && n > 0 && live->scores->size() >= n) {
        const std::size_t row = newestRow(*live);
        const auto &score = (*live->scores)[row];
        const PointStyle style = stateStyle(*live, score.cluster);
        const QString polarity = score.polarity == schema::Polarity::None
                                     ? QString()
                                     : QStringLiteral(" · ") + qt(schema::polarityKey(score.polarity));
        const bool several = session::perEntity(*live);
        state = (several      ? tr("worst now: %4 %1 %2, abnormality %3")
                 : live->live ? tr("state now %1 %2, abnormality %3")
                              : tr("last state %1 %2, abnormality %3"))
                    .arg(strong(qt(style.name).toHtmlEscaped() +
                                    (qt(style.name) == qt(schema::polarityKey(score.polarity)) ? QString()
                                                                                               : polarity),
                                colourOf(style, theme.dark)))
                    .arg(double(score.confidence), 0, 'f', 2)
                    .arg(double(score.abnormality), 0, 'f', 2);
        if (several)
            state = state.arg(qt(session::entityText(*live, row)).toHtmlEscaped());
    }
    m_state->setText(state);
    m_state->setToolTip(tr("state with its polarity, %1 (0 to 1) and abnormality (0 to 1)")
                            .arg(live->model ? confidenceWord(*live->model) : tr("confidence")));
    m_file->setText(tr("%1 %2").arg(QFileInfo(qt(live->file)).fileName().toHtmlEscaped(),
                                    valueText(double(live->fileBytes), base::Unit::Bytes)));
    m_file->setToolTip(qt(live->file));
    fit();
}

void StatusLine::fit()
{
    // Hidden by priority, not cut: half a number is worse than none.
    std::vector<Fact> facts = m_facts;
    std::sort(facts.begin(), facts.end(), [](const Fact &a, const Fact &b) { return a.urgency > b.urgency; });
    const auto live = m_controller.live();
    int room = width() - 20;
    for (const Fact &fact : facts) {
        const bool wanted = !fact.label->text().isEmpty() &&
                            (fact.label != m_cost ||
                             (live && live->live && live->status.state != source::HelperState::Failed));
        const int need = fact.label->sizeHint().width() + layout()->spacing();
        const bool fits = wanted && need <= room;
        if (fits)
            room -= need;
        fact.label->setVisible(fits);
    }
}

void StatusLine::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    fit();
}

QString StatusLine::text() const
{
    QStringList parts;
    for (const Fact &fact : m_facts)
        if (!fact.label->text().isEmpty())
            parts << fact.label->text();
    return parts.join(QStringLiteral(" | ")).remove(QRegularExpression(QStringLiteral("<[^>]*>")));
}

} // namespace statescape::ui
