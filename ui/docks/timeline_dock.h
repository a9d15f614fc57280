// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/kit/section.h"
#include "ui/picture/picture_pane.h"
#include "ui/session/session_controller.h"

class QComboBox;

namespace statescape::ui {

class TimeStrip;

/// States over time, below the picture, with the choice of its line.
class TimelineDock : public SectionDock {
    Q_OBJECT
public:
    TimelineDock(SessionController &controller, PicturePane &picture, QWidget *parent = nullptr);
    [[nodiscard]] TimeStrip *strip() const { return m_strip; }
    void showFeature(const QString &key);

private:
    void update();
    void fillChoices();
    SessionController &m_controller;
    PicturePane &m_picture;
    TimeStrip *m_strip;
    QComboBox *m_line;
    RowMaskPtr m_drawn; ///< selection the strip has
    const void *m_schema = nullptr;
};

} // namespace statescape::ui
