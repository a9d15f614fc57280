// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

#include <functional>

namespace statescape::workbench {

/// Turns INT, TERM and HUP into an ordinary close, so that a session ends as if the window had been closed.
/// Construct before the first thread, or signals may still reach the others.
class QuitSignals
{
public:
    QuitSignals();
    /// @param quit called once on the GUI thread; @p context ends it
    void listen(QObject *context, std::function<void()> quit) const;

private:
    int m_fd = -1; ///< for the life of the process
};

} // namespace statescape::workbench
