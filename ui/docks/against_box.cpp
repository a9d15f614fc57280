// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/against_box.h"

#include "ui/kit/text.h"
#include "ui/models/explanation_models.h"

#include <QSignalBlocker>

#include <algorithm>

namespace statescape::ui {
using Against = Workspace::Against;
using Kind = Workspace::Against::Kind;

AgainstBox::AgainstBox(SessionController &controller, QWidget *parent)
    : QComboBox(parent)
    , m_controller(controller)
{
    setAccessibleName(tr("Compared with"));
    setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    setMinimumContentsLength(6);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    connect(this, &QComboBox::activated, this, [this](int index) {
        if (index >= 0 && index < int(m_choices.size()))
            choose(m_choices[std::size_t(index)]);
    });
    connect(&controller, &SessionController::sessionChanged, this, &AgainstBox::refresh);
    connect(&controller, &SessionController::savedSelectionsChanged, this, &AgainstBox::refresh);
    connect(&controller, &SessionController::shownChanged, this, &AgainstBox::refreshWhenNew);
    refresh();
}

void AgainstBox::refreshWhenNew()
{
    const auto shown = m_controller.shown();
    if (shown && (shown->model != m_model || shown->classNames != m_names))
        refresh();
}

void AgainstBox::refresh()
{
    const auto shown = m_controller.shown();
    m_model = shown ? shown->model : nullptr;
    m_names = shown ? shown->classNames : nullptr;
    m_choices = {Against{}};
    if (m_model) {
        for (const auto &state : m_model->states())
            m_choices.push_back({Kind::State, state.name});
        m_choices.push_back({Kind::State, "unknown"});
    }
    m_choices.push_back({Kind::Class, "positive"});
    m_choices.push_back({Kind::Class, "negative"});
    for (std::size_t id = 1; m_names && id < m_names->size(); ++id)
        m_choices.push_back({Kind::Class, (*m_names)[id]});
    for (const auto &saved : m_controller.savedSelections())
        if (m_controller.workspace() && saved.session == m_controller.workspace()->sessionId())
            m_choices.push_back({Kind::Saved, saved.name});
    // What is compared with may have gone since: a class renamed, another model.
    const Against &now = m_controller.against();
    auto at = std::find(m_choices.begin(), m_choices.end(), now);
    if (at == m_choices.end())
        at = m_choices.insert(at, now);
    const QSignalBlocker quiet(this);
    clear();
    for (std::size_t i = 0; i < m_choices.size(); ++i) {
        addItem(againstText(m_choices[i]));
        setItemData(int(i), againstText(m_choices[i]), Qt::ToolTipRole);
    }
    setCurrentIndex(int(at - m_choices.begin()));
    setToolTip(tr("What the selection is compared with: %1").arg(currentText()));
}

void AgainstBox::choose(const Against &against)
{
    m_controller.setAgainst(against);
    refresh();
    Q_EMIT chosen();
}

} // namespace statescape::ui
