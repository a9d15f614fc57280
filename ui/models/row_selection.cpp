// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/models/row_selection.h"

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
    auto out = std::make_shared<RowMask>(rows, std::uint8_t{0});
    std::copy_n(now.begin(), std::min(rows, now.size()), out->begin());
    const std::size_t common = std::min(rows, before.size());
    std::uint8_t *to = out->data();
    const std::uint8_t *was = before.data();
    switch (op) {
    case SelectionOp::Replace:
        break;
    case SelectionOp::Add:
        for (std::size_t i = 0; i < common; ++i)
            to[i] |= was[i];
        break;
    case SelectionOp::Subtract:
        for (std::size_t i = 0; i < common; ++i)
            to[i] = was[i] & std::uint8_t(to[i] ^ 1U);
        std::fill(out->begin() + std::ptrdiff_t(common), out->end(), std::uint8_t{0});
        break;
    case SelectionOp::Intersect:
        for (std::size_t i = 0; i < common; ++i)
            to[i] &= was[i];
        std::fill(out->begin() + std::ptrdiff_t(common), out->end(), std::uint8_t{0});
        break;
    }
    return out;
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
    case schema::Missing::Unknown:
        break;
    }
    return QObject::tr("missing");
}

} // namespace statescape::ui
