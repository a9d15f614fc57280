// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/trial_words.h"

#include "ui/kit/text.h"
#include "ui/kit/theme.h"

#include <QObject>

namespace statescape::ui {
namespace {
using State = session::TrialReport::State;
using Verdict = session::ProbePreview::Verdict;

QString coloured(const QColor &colour, const QString &text)
{
    return QStringLiteral("<span style='color:%1'>%2</span>").arg(colour.name(), text);
}

QString rateText(double perSecond)
{
    return QObject::tr("%1 events/s")
        .arg(perSecond < 10 ? QString::number(perSecond, 'f', 1) : countText(std::uint64_t(perSecond + 0.5)));
}

QString costText(const session::TrialReport &report)
{
    const auto &standing = report.standing;
    const bool known = standing.nsPerEvent >= 0 || standing.nsWhenBusy >= 0;
    if (!known)
        return QObject::tr("cost of an event not known here");
    if (report.eventsPerSecond < 0.5)
        return QObject::tr("%1 ns an event").arg(double(standing.nsPerEvent), 0, 'f', 0);
    return QObject::tr("%1 ns an event (%2) · <b>%3 % of one CPU</b>")
        .arg(report.cpuShare * 1e7 / report.eventsPerSecond, 0, 'f', 0)
        .arg(standing.measured ? QObject::tr("measured here") : QObject::tr("recorded elsewhere"))
        .arg(report.cpuShare, 0, 'f', report.cpuShare < 0.1 ? 3 : 2);
}

QString lossText(const session::TrialReport &report)
{
    const auto &losses = report.losses;
    if (losses.total() + report.gaps == 0)
        return QObject::tr("nothing lost");
    QStringList parts;
    const auto add = [&parts](std::uint64_t count, const QString &what) {
        if (count > 0)
            parts << QStringLiteral("%1 %2").arg(countText(count), what);
    };
    add(losses.eventsMissed, QObject::tr("events not taken in"));
    add(losses.missedIntervals, QObject::tr("late intervals"));
    add(losses.writeFailures + report.gaps, QObject::tr("samples that never arrived"));
    add(losses.taskCollisions, QObject::tr("tasks not measured"));
    add(losses.readFailures, QObject::tr("files not read"));
    return coloured(currentTheme().negative, QObject::tr("lost: %1").arg(parts.join(QStringLiteral(", "))));
}
} // namespace

QString verdictText(const session::ProbePreview &preview)
{
    const Theme theme = currentTheme();
    switch (preview.verdict) {
    case Verdict::Possible:
        return coloured(theme.good, QStringLiteral("✓")) + QLatin1Char(' ') +
               QObject::tr("This kernel has it");
    case Verdict::Uncertain:
        return coloured(theme.warning, QStringLiteral("?")) + QLatin1Char(' ') +
               QObject::tr("This kernel lists it; only trying tells whether it lets us");
    case Verdict::Impossible:
        break;
    }
    return coloured(theme.negative, QStringLiteral("✖")) + QLatin1Char(' ') + errorText(preview.problem);
}

QString previewText(const session::ProbePreview &preview)
{
    QString text = QStringLiteral("<b>%1</b> %2<br><b>%3</b> %4")
                       .arg(QObject::tr("Hooks:"), qt(preview.hooks).toHtmlEscaped(), QObject::tr("Needs:"),
                            qt(preview.needs).toHtmlEscaped());
    for (const auto &warning : preview.warnings)
        text += QStringLiteral("<br>%1 %2")
                    .arg(coloured(currentTheme().warning, QStringLiteral("▲")), qt(warning).toHtmlEscaped());
    return text;
}

QString trialText(const session::TrialReport &report)
{
    const QString seconds = QObject::tr("%1 of %2 s")
                                .arg(double(report.elapsedNs) / 1e9, 0, 'f', 1)
                                .arg(double(report.lengthNs) / 1e9, 0, 'f', 0);
    switch (report.state) {
    case State::Starting:
        return QObject::tr("Starting a helper with this probe alone…");
    case State::Failed:
        return coloured(currentTheme().negative, QStringLiteral("✖")) + QLatin1Char(' ') +
               errorText(report.error);
    case State::Running:
    case State::Done:
        break;
    }
    if (report.seconds.empty())
        return QObject::tr("Stopped before anything was seen");
    QString text = QStringLiteral("<b>%1</b>").arg(rateText(report.eventsPerSecond));
    if (report.mostPerSecond > 1.5 * report.eventsPerSecond)
        text += QObject::tr(" (at most %1)").arg(rateText(report.mostPerSecond));
    return text + QStringLiteral(" · ") + costText(report) + QStringLiteral(" · ") + lossText(report) +
           QStringLiteral("<br>") +
           QObject::tr("helper %1 % of one CPU, %2 · maps %3 · tried %4")
               .arg(report.helperCpuShare, 0, 'f', 2)
               .arg(valueText(double(report.helperRssBytes), base::Unit::Bytes),
                    valueText(double(report.mapBytes), base::Unit::Bytes), seconds);
}

QString commandLineText(const std::string &probe)
{
    QString quoted = qt(probe);
    quoted.replace(QLatin1Char('\''), QStringLiteral("'\\''"));
    return QStringLiteral("--probe '%1'").arg(quoted);
}

} // namespace statescape::ui
