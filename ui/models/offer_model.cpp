// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/offer_model.h"

#include "ui/kit/text.h"
#include "ui/kit/theme.h"

#include <QBrush>

namespace statescape::ui {

QVariant OfferModel::data(const QModelIndex &index, int role) const
{
    const session::Offer *offer = rowAt(index);
    if (!offer)
        return {};
    switch (role) {
    case Qt::DisplayRole:
        return qt(index.column() == kName ? offer->name : offer->place);
    case Qt::ToolTipRole:
        return QStringLiteral("<p style='white-space:pre'><b>%1</b></p>%2")
            .arg(qt(schema::format(offer->probe)).toHtmlEscaped(), qt(offer->place).toHtmlEscaped());
    case Qt::ForegroundRole:
        return index.column() == kPlace ? QVariant(QBrush(currentTheme().muted)) : QVariant();
    case Qt::AccessibleTextRole:
        return QStringLiteral("%1, %2").arg(qt(offer->name), qt(offer->place));
    default:
        return {};
    }
}

QString foundText(const session::HookQuery &query, const session::Offers &offers)
{
    QStringList lines;
    if (offers.total > offers.offers.size())
        lines << QObject::tr("The best %1 of %2: type more of the name")
                     .arg(countText(offers.offers.size()), countText(offers.total));
    else if (!offers.offers.empty() && query.text.empty() && query.group == session::HookGroup::Everything)
        lines << QObject::tr("Used before; type part of a name for more");
    else if (!offers.offers.empty())
        lines << QObject::tr("%1 found").arg(countText(offers.total));
    else if (query.text.empty() && query.group == session::HookGroup::Everything)
        lines << QObject::tr(
            "Type part of a name, such as <i>openat</i>, <i>vfs_fsync</i> or <i>sched</i>; * stands "
            "for anything");
    else if ((query.group == session::HookGroup::Programs || query.group == session::HookGroup::Markers) &&
             query.program.empty())
        lines << QObject::tr("Choose a program or library to look into");
    else if (offers.missing.empty())
        lines << QObject::tr("Nothing has this in its name");
    for (const auto &error : offers.missing)
        lines << errorText(error);
    return lines.join(QStringLiteral("<br>"));
}

} // namespace statescape::ui
