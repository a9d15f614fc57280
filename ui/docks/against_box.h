// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/session/session_controller.h"

#include <QComboBox>

#include <vector>

namespace statescape::ui {

/// Chooses what the selection is compared with: the rest, a state of the model, a class or polarity, or a
/// saved selection of this session.
class AgainstBox : public QComboBox {
    Q_OBJECT
public:
    explicit AgainstBox(SessionController &controller, QWidget *parent = nullptr);
    [[nodiscard]] const std::vector<Workspace::Against> &choices() const { return m_choices; }
    void choose(const Workspace::Against &against);
    /// Looks again at what there is to choose from.
    void refresh();

Q_SIGNALS:
    void chosen();

private:
    void refreshWhenNew();
    SessionController &m_controller;
    std::vector<Workspace::Against> m_choices;
    std::shared_ptr<const model::Model> m_model;
    std::shared_ptr<const std::vector<std::string>> m_names;
};

} // namespace statescape::ui
