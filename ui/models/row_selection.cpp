// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/row_selection.h"

#include "ui/point_view/area_selection.h"

#include "core/schema/schema.h"

#include <QObject>

namespace statescape::ui {

SelectionOp selectionOp(Qt::KeyboardModifiers modifiers)
{
    const bool add = modifiers.testFlag(Qt::ControlModifier), remove = modifiers.testFlag(Qt::AltModifier);
    return add && remove ? SelectionOp::Intersect
           : add         ? SelectionOp::Add
           : remove      ? SelectionOp::Subtract
                         : SelectionOp::Replace;
}

RowMaskPtr combined(const RowMask &before, const RowMask &now, SelectionOp op, std::size_t rows)
{
    RowMask made(now);
    made.resize(rows, std::uint8_t{0});
    return std::make_shared<RowMask>(combine(&before, made, op));
}

bool goesOn(const feature::SampleLog::View &before, const feature::SampleLog::View &after)
{
    const std::size_t rows = before.rows();
    // No array of a log ever moves, so the same memory is the same samples.
    return rows == 0 || (before.sharedSchema() == after.sharedSchema() && after.rows() >= rows &&
                         after.row(0).data() == before.row(0).data() &&
                         after.row(rows - 1).data() == before.row(rows - 1).data());
}

QString missingText(float value)
{
    switch (schema::missingReason(value)) {
    case schema::Missing::NotSupported:
        return QObject::tr("not here");
    case schema::Missing::NoPermission:
        return QObject::tr("denied");
    case schema::Missing::Warmup:
        return QObject::tr("warm-up");
    case schema::Missing::CounterReset:
        return QObject::tr("reset");
    case schema::Missing::NoEvents:
        return QObject::tr("no events");
    case schema::Missing::Suspended:
        return QObject::tr("suspended");
    case schema::Missing::CpusChanged:
        return QObject::tr("CPUs changed");
    case schema::Missing::Disabled:
        return QObject::tr("off");
    case schema::Missing::Shed:
        return QObject::tr("shed");
    case schema::Missing::Unknown:
        break;
    }
    return QObject::tr("missing");
}

} // namespace statescape::ui
