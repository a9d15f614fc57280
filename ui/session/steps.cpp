// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/session/steps.h"

namespace statescape::ui {

SelectStep::SelectStep(SessionController &controller, RowMaskPtr before, RowMaskPtr after,
                       const QString &what)
    : QUndoCommand(what)
    , m_controller(controller)
    , m_before(std::move(before))
    , m_after(std::move(after))
{}

LabelStep::LabelStep(SessionController &controller, const QString &what)
    : QUndoCommand(what)
    , m_controller(controller)
{}

void LabelStep::undo()
{
    m_done = false;
    if (auto undone = m_controller.workspace()->undo(); !undone) {
        Q_EMIT m_controller.problem(undone.error());
        setObsolete(true);
    }
}

void LabelStep::redo()
{
    if (m_done)
        return;
    m_done = true;
    if (auto redone = m_controller.workspace()->redo(); !redone) {
        Q_EMIT m_controller.problem(redone.error());
        setObsolete(true);
    }
}

} // namespace statescape::ui
