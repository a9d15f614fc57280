// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/probe_model.h"

#include "ui/kit/text.h"
#include "ui/kit/theme.h"

#include <QBrush>
#include <QIcon>
#include <QPainter>
#include <QPixmap>

#include <algorithm>
#include <array>
#include <cmath>

namespace statescape::ui {
namespace {
using Standing = ProbeRow::Standing;
constexpr double kSmoothing = 0.3;
constexpr int kTipColumns = 10;

QColor colourOf(Standing standing, const Theme &theme)
{
    return standing == Standing::Running                                 ? theme.good
           : standing == Standing::Shed || standing == Standing::Sampled ? theme.warning
                                                                         : theme.muted;
}

/// Full: running. A quarter left: sampled. Half: shed. A ring: waiting. A ring struck through: not here.
QIcon sign(Standing standing, const QColor &colour)
{
    // An icon made anew for every paint is scaled and kept anew by QPixmapCache too: 60 KB a second at 20
    // samples a second.
    static QHash<QRgb, QIcon> icons[6];
    QIcon &icon = icons[std::size_t(standing)][colour.rgb()];
    if (!icon.isNull())
        return icon;
    QPixmap pixmap(22, 22);
    pixmap.setDevicePixelRatio(2);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(colour, 1.2));
    const QRectF place(2, 2, 7, 7);
    painter.setBrush(standing == Standing::Running ? QBrush(colour) : QBrush(Qt::NoBrush));
    painter.drawEllipse(place);
    painter.setBrush(colour);
    if (standing == Standing::Shed)
        painter.drawPie(place, 180 * 16, 180 * 16);
    if (standing == Standing::Sampled)
        painter.drawPie(place, 0, 90 * 16);
    if (standing == Standing::Absent)
        painter.drawLine(place.bottomLeft() + QPointF(0.6, -0.6), place.topRight() + QPointF(-0.6, 0.6));
    painter.end();
    return icon = QIcon(pixmap);
}

QString shortReason(const ProbeRow &row)
{
    switch (row.standing) {
    case Standing::Idle:
        return QObject::tr("not recording");
    case Standing::Starting:
        return QObject::tr("starting");
    case Standing::Sampled:
        return QObject::tr("seen %1").arg(row.seen.error < 0 ? partText(row.seen.share)
                                                             : seenText(row.seen.share, row.seen.error));
    case Standing::Shed:
        return QObject::tr("shed: cost");
    case Standing::Running:
        return row.probe.origin == schema::ProbeOrigin::Proc ? QObject::tr("/proc") : QString();
    case Standing::Absent:
        break;
    }
    switch (row.state.code) {
    case base::Code::NotPermitted:
        return QObject::tr("no permission");
    case base::Code::NotSupported:
        return QObject::tr("not in this kernel");
    case base::Code::NotFound:
        return QObject::tr("not here");
    case base::Code::Ok:
        return QObject::tr("off");
    default:
        return qt(base::codeName(row.state.code));
    }
}

bool isOwn(const ProbeRow &row)
{
    return schema::probeFromKey(row.probe.key) == schema::Probe::kCount;
}

/// One's own probe by its whole text, which may go on in another line behind its signs.
QString nameOf(const ProbeRow &row)
{
    if (!isOwn(row))
        return qt(row.probe.title);
    QString out;
    for (const QChar c : qt(row.probe.key)) {
        out += c;
        if (c == QLatin1Char(':') || c == QLatin1Char('/') || c == QLatin1Char('_'))
            out += QChar(0x200b);
    }
    return out;
}

QString standingText(const ProbeRow &row)
{
    switch (row.standing) {
    case Standing::Idle:
        return QObject::tr("planned");
    case Standing::Starting:
        return QObject::tr("starting");
    case Standing::Running:
        return QObject::tr("running");
    case Standing::Sampled:
        return seenOverTimeText(row.seen.share, row.seen.error);
    case Standing::Shed:
        return QObject::tr("shed to stay within the budget");
    case Standing::Absent:
        break;
    }
    return QObject::tr("not available");
}

QString scaled(double value)
{
    if (value < 1000)
        return QString::number(value, 'f', 0);
    const double part = value < 1e6 ? value / 1e3 : value / 1e6;
    return QString::number(part, 'f', part < 99.95 ? 1 : 0) +
           (value < 1e6 ? QLatin1Char('k') : QLatin1Char('M'));
}

/// What an event costs at the present rate, ns.
double nsPerEvent(const ProbeRow &row)
{
    if (row.cpuShare > 0 && row.eventsPerSecond > 0.5)
        return row.cpuShare * 1e7 / row.eventsPerSecond;
    return double(row.state.nsPerEvent);
}

bool hasFigures(const ProbeRow &row)
{
    return (row.standing == Standing::Running || row.standing == Standing::Sampled) &&
           row.probe.origin != schema::ProbeOrigin::Proc;
}

double figure(const ProbeRow &row, int column)
{
    if (!hasFigures(row))
        return -1;
    return column == ProbeModel::kEvents ? row.eventsPerSecond
           : column == ProbeModel::kCost ? nsPerEvent(row)
                                         : row.cpuShare;
}

QString figureText(const ProbeRow &row, int column)
{
    const double value = figure(row, column);
    // Of one that is sampled, what it saw stands where the others have events and their cost.
    if (!hasFigures(row) || (row.standing == Standing::Sampled && column != ProbeModel::kShare))
        return {};
    if (value < 0)
        return QStringLiteral("–");
    return column == ProbeModel::kShare ? QString::number(value, 'f', value < 99.995 ? 2 : 0) : scaled(value);
}

QString tip(const ProbeRow &row)
{
    const auto &info = row.probe;
    QString text = QStringLiteral("<p style='white-space:pre-wrap'><b>%1</b><br>%2</p>")
                       .arg(qt(isOwn(row) ? info.key : info.title).toHtmlEscaped(),
                            qt(info.description).toHtmlEscaped());
    const auto line = [&text](const QString &what, const QString &value) {
        if (!value.isEmpty())
            text += QStringLiteral("<br>%1: %2").arg(what, value.toHtmlEscaped());
    };
    text += QObject::tr("Now: %1").arg(standingText(row));
    line(info.origin == schema::ProbeOrigin::Proc ? QObject::tr("Read from") : QObject::tr("Hooks"),
         qt(info.hooks));
    QStringList columns = row.columns.mid(0, kTipColumns);
    if (row.columns.size() > kTipColumns)
        columns << QObject::tr("%1 more").arg(row.columns.size() - kTipColumns);
    line(QObject::tr("Columns"), columns.join(QStringLiteral(", ")));
    if (hasFigures(row) && row.eventsPerSecond >= 0)
        line(QObject::tr("Seen"), (row.standing == Standing::Sampled ? QObject::tr("%1 events/s, an estimate")
                                                                     : QObject::tr("%1 events/s"))
                                      .arg(countText(std::uint64_t(row.eventsPerSecond + 0.5))));
    if (row.state.nsPerEvent >= 0) {
        QString cost = QObject::tr("%1 ns an event").arg(double(row.state.nsPerEvent), 0, 'f', 0);
        if (row.state.nsWhenBusy >= 0)
            cost += QObject::tr(", %1 ns where many come").arg(double(row.state.nsWhenBusy), 0, 'f', 0);
        cost += row.state.measured ? QObject::tr(" (measured on this machine)")
                                   : QObject::tr(" (recorded on another machine)");
        if (row.cpuShare >= 0 && hasFigures(row))
            cost += QObject::tr(": %1 % of one CPU").arg(row.cpuShare, 0, 'f', 2);
        line(QObject::tr("Cost"), cost);
    }
    line(row.standing == Standing::Shed                         ? QObject::tr("Shed")
         : hasFigures(row) || row.standing == Standing::Running ? QObject::tr("Note")
                                                                : QObject::tr("Why not"),
         qt(row.state.reason));
    line(QObject::tr("What to do"), qt(row.state.hint));
    if (row.standing == Standing::Sampled)
        text += QStringLiteral("<p>%1</p>").arg(samplingExplained());
    return text;
}

Standing standingOf(const wire::ProbeState &state)
{
    return state.shed ? Standing::Shed : state.available ? Standing::Running : Standing::Absent;
}

/// Rows in the order of the panel.
int classOf(const schema::PlannedProbe &probe, std::size_t index)
{
    return probe.origin == schema::ProbeOrigin::Proc ? 2 : index >= schema::kProbeCount ? 1 : 0;
}

QHash<QString, QStringList> columnsByProbe(const schema::Schema &schema)
{
    QHash<QString, QStringList> out;
    for (const auto &feature : schema.features()) {
        const QString unit = qt(base::unitKey(feature.unit));
        out[qt(feature.probe)] << (unit.isEmpty() ? qt(feature.title)
                                                  : QStringLiteral("%1 (%2)").arg(qt(feature.title), unit));
    }
    return out;
}

} // namespace

void ProbeModel::smooth(ProbeRow &row, double events, double share)
{
    const QString key = qt(row.probe.key);
    const bool known = m_figures.contains(key);
    Figures &now = m_figures[key];
    const double weight = known ? kSmoothing : 1;
    now.events += weight * (events - now.events);
    now.share += weight * (share - now.share);
    row.eventsPerSecond = now.events;
    row.cpuShare = row.state.nsPerEvent >= 0 || row.state.nsWhenBusy >= 0 ? now.share : -1;
}

void ProbeModel::update(const session::Snapshot &snapshot, const schema::ProbePlan &plan)
{
    const auto &status = snapshot.status;
    m_seen.update(snapshot);
    const auto layout =
        snapshot.live && status.layout ? status.layout : std::make_shared<const schema::Layout>(plan);
    const auto columns = columnsByProbe(*layout->schema());
    std::array<std::vector<ProbeRow>, 3> classes;
    for (std::size_t i = 0; i < layout->probes().size(); ++i) {
        const auto &planned = layout->probes()[i];
        if (!planned.planned)
            continue;
        ProbeRow row;
        row.probe = planned;
        row.columns = columns.value(qt(planned.key));
        if (snapshot.live && i < status.probes.size()) {
            row.state = status.probes[i];
            row.standing = standingOf(row.state);
        } else if (snapshot.live) {
            row.standing = Standing::Starting;
        }
        if (const auto part = snapshot.live ? m_seen.of(i) : std::nullopt;
            part && row.standing != Standing::Absent && row.standing != Standing::Starting) {
            row.standing = Standing::Sampled;
            row.seen = *part;
        }
        const bool counted = row.standing == Standing::Running || row.standing == Standing::Sampled;
        if (counted && i < status.eventsPerSecond.size() && i < status.cpuShare.size())
            smooth(row, double(status.eventsPerSecond[i]), status.cpuShare[i]);
        else
            m_figures.remove(qt(planned.key));
        classes[std::size_t(classOf(planned, i))].push_back(std::move(row));
    }
    std::vector<ProbeRow> rows;
    for (auto &each : classes)
        std::move(each.begin(), each.end(), std::back_inserter(rows));
    replace(std::move(rows));
}

QVariant ProbeModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int((section == kName ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole)
        return section == kEvents ? tr("Events a second, over the last second or so. Click to sort.")
               : section == kCost ? tr("What an event costs at this rate, ns. Click to sort.")
               : section == kShare
                   ? tr("Events × cost, % of one CPU. Click to sort.")
                   : tr("Click to sort by name, once more the other way, and once more for the usual order.");
    if (role != Qt::DisplayRole)
        return {};
    return section == kName     ? tr("Probe")
           : section == kEvents ? tr("ev/s")
           : section == kCost   ? tr("ns/ev")
                                : tr("% CPU");
}

QVariant ProbeModel::data(const QModelIndex &index, int role) const
{
    const ProbeRow *row = rowAt(index);
    if (!row)
        return {};
    const bool name = index.column() == kName;
    const Theme theme = currentTheme();
    switch (role) {
    case Qt::DisplayRole:
        return name ? nameOf(*row) : figureText(*row, index.column());
    case Qt::DecorationRole:
        return name ? QVariant(sign(row->standing, colourOf(row->standing, theme))) : QVariant();
    case Qt::ToolTipRole:
        return tip(*row);
    case Qt::FontRole:
        return name ? QVariant() : QVariant(figureFont());
    case Qt::ForegroundRole:
        return !name || row->standing != Standing::Running ? QVariant(QBrush(theme.muted)) : QVariant();
    case Qt::TextAlignmentRole:
        return name ? QVariant() : QVariant(int(Qt::AlignRight | Qt::AlignVCenter));
    case Qt::AccessibleTextRole:
        if (!name)
            return figureText(*row, index.column());
        return row->standing == Standing::Sampled
                   ? tr("%1, %2, %3 % of one CPU")
                         .arg(qt(row->probe.title), standingText(*row), figureText(*row, kShare))
               : hasFigures(*row)
                   ? tr("%1, %2, %3 events/s, %4 ns an event, %5 % of one CPU")
                         .arg(qt(row->probe.title), standingText(*row), figureText(*row, kEvents),
                              figureText(*row, kCost), figureText(*row, kShare))
                   : QStringLiteral("%1, %2, %3")
                         .arg(qt(row->probe.title), standingText(*row), shortReason(*row));
    case kKeyRole:
        return qt(row->probe.key);
    case kReasonRole:
        return shortReason(*row);
    case kSortRole:
        return name ? QVariant(qt(row->probe.title).toLower()) : QVariant(figure(*row, index.column()));
    case kHintRole:
        return qt(row->state.hint);
    case kOwnRole:
        return isOwn(*row);
    default:
        return {};
    }
}

ProbeOrder::ProbeOrder(QObject *parent)
    : QSortFilterProxyModel(parent)
{
    setSortRole(ProbeModel::kSortRole);
    setDynamicSortFilter(false);
}

QVariant ProbeOrder::headerData(int section, Qt::Orientation orientation, int role) const
{
    const QVariant value = QSortFilterProxyModel::headerData(section, orientation, role);
    if (role != Qt::DisplayRole || section != sortColumn())
        return value;
    return value.toString() + (sortOrder() == Qt::DescendingOrder ? kDown : kUp);
}

void ProbeOrder::refresh()
{
    if (sortColumn() >= 0)
        invalidate();
}

} // namespace statescape::ui
