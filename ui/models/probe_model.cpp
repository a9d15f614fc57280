// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/probe_model.h"

#include "ui/kit/text.h"
#include "ui/kit/theme.h"

#include <QBrush>
#include <QHash>
#include <QIcon>
#include <QPainter>
#include <QPixmap>

#include <array>

namespace statescape::ui {
namespace {

QIcon statusDot(bool filled, const QColor &colour)
{
    // An icon made anew for every paint is scaled and kept anew by QPixmapCache too: 60 KB a second at 20
    // samples a second.
    static QHash<QRgb, QIcon> icons[2];
    QIcon &icon = icons[filled ? 1 : 0][colour.rgb()];
    if (!icon.isNull())
        return icon;
    QPixmap pixmap(22, 22);
    pixmap.setDevicePixelRatio(2);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(colour, 1.2));
    painter.setBrush(filled ? QBrush(colour) : QBrush(Qt::NoBrush));
    painter.drawEllipse(QRectF(2, 2, 7, 7));
    painter.end();
    return icon = QIcon(pixmap);
}

QString shortReason(const wire::ProbeState &state)
{
    switch (state.code) {
    case base::Code::NotPermitted:
        return QObject::tr("no permission");
    case base::Code::NotSupported:
        return QObject::tr("not in this kernel");
    case base::Code::NotFound:
        return QObject::tr("not here");
    case base::Code::Ok:
        return QObject::tr("off");
    default:
        return qt(base::codeName(state.code));
    }
}

QString eventsText(double perSecond)
{
    if (perSecond < 1000)
        return QObject::tr("%1 ev/s").arg(perSecond, 0, 'f', 0);
    const double scaled = perSecond < 1e6 ? perSecond / 1e3 : perSecond / 1e6;
    return QObject::tr("%1%2 ev/s")
        .arg(scaled, 0, 'f', scaled < 100 ? 1 : 0)
        .arg(perSecond < 1e6 ? QLatin1Char('k') : QLatin1Char('M'));
}

QString figures(const ProbeRow &row)
{
    if (!row.state.available)
        return shortReason(row.state);
    if (!row.reporting)
        return QStringLiteral("–");
    if (row.probe.origin == schema::ProbeOrigin::Proc)
        return QObject::tr("/proc");
    QString text = eventsText(double(row.eventsPerSecond));
    if (row.state.nsPerEvent >= 0)
        text += QStringLiteral(" %1 ns").arg(double(row.state.nsPerEvent), 4, 'f', 0);
    return text;
}

QString tip(const ProbeRow &row)
{
    const auto &info = row.probe;
    QString text =
        QStringLiteral("<b>%1</b><br>%2<br><br>").arg(qt(info.title), qt(info.description).toHtmlEscaped());
    text += (info.origin == schema::ProbeOrigin::Proc ? QObject::tr("read from: ")
                                                      : QObject::tr("hooks: ")) +
            qt(info.hooks);
    if (!row.state.available)
        text += QStringLiteral("<br>") +
                QObject::tr("Not available: %1").arg(qt(row.state.reason).toHtmlEscaped());
    else if (row.state.nsPerEvent >= 0)
        text += QStringLiteral("<br>") +
                QObject::tr("%1 events/s at %2 ns per event: %3 % of one CPU")
                    .arg(countText(row.eventsPerSecond))
                    .arg(double(row.state.nsPerEvent), 0, 'f', 0)
                    .arg(double(row.eventsPerSecond) * double(row.state.nsPerEvent) / 1e7, 0, 'f', 2);
    if (!row.state.hint.empty())
        text += QStringLiteral("<br>") + qt(row.state.hint).toHtmlEscaped();
    return text;
}

} // namespace

void ProbeModel::update(const session::Snapshot &snapshot)
{
    std::vector<ProbeRow> rows;
    const auto &status = snapshot.status;
    for (std::size_t i = 0; status.layout && i < status.probes.size(); ++i) {
        if (!status.layout->probes()[i].planned)
            continue;
        const auto rate = i < status.eventsPerSecond.size() ? status.eventsPerSecond[i] : 0;
        rows.push_back({status.layout->probes()[i], status.probes[i], rate, snapshot.live});
    }
    replace(std::move(rows));
}

QVariant ProbeModel::data(const QModelIndex &index, int role) const
{
    const ProbeRow *row = rowAt(index);
    if (!row)
        return {};
    const Theme theme = currentTheme();
    switch (role) {
    case Qt::DisplayRole:
        return index.column() == 0 ? qt(row->probe.title) : figures(*row);
    case Qt::DecorationRole:
        if (index.column() == 0)
            return statusDot(row->state.available, row->state.available ? theme.good : theme.muted);
        return {};
    case Qt::ToolTipRole:
        return tip(*row);
    case Qt::FontRole:
        if (index.column() == 1 && row->state.available)
            return figureFont();
        return {};
    case Qt::ForegroundRole:
        if (index.column() == 1 || !row->state.available)
            return QBrush(theme.muted);
        return {};
    case Qt::TextAlignmentRole:
        if (index.column() == 1)
            return int(Qt::AlignRight | Qt::AlignVCenter);
        return {};
    case Qt::AccessibleTextRole:
        return QStringLiteral("%1, %2, %3")
            .arg(qt(row->probe.title),
                 row->state.available ? tr("available") : tr("not available"), figures(*row));
    default:
        return {};
    }
}

} // namespace statescape::ui
