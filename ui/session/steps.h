// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/session/session_controller.h"

#include <QUndoCommand>

namespace statescape::ui {

/// A selection in the history.
class SelectStep : public QUndoCommand {
public:
    SelectStep(SessionController &controller, RowMaskPtr before, RowMaskPtr after, const QString &what);
    void undo() override { m_controller.setSelection(m_before); }
    void redo() override { m_controller.setSelection(m_after); }

private:
    SessionController &m_controller;
    RowMaskPtr m_before, m_after;
};

/// A labelling in the history; the step itself lies in the session file, so it is undone there.
class LabelStep : public QUndoCommand {
public:
    LabelStep(SessionController &controller, const QString &what);
    void undo() override;
    void redo() override;

private:
    SessionController &m_controller;
    bool m_done = true; ///< the file had it before the history did
};

} // namespace statescape::ui
