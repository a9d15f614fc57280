// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/row_sets.h"
#include "ui/kit/text.h"
#include "ui/session/session_controller.h"

#include <algorithm>

// What is asked about samples: why they differ, which to look at next, which are alike, which were kept by
// name.
namespace statescape::ui {
namespace {

std::size_t firstRow(const RowMask &mask)
{
    return std::size_t(std::find(mask.begin(), mask.end(), std::uint8_t{1}) - mask.begin());
}

} // namespace

void SessionController::askWhy()
{
    if (!m_workspace || m_selectedCount == 0)
        return;
    m_ticket = m_workspace->explain(m_selection, m_against, [this](Workspace::Explanation answer) {
        later([this, answer = std::move(answer)] {
            if (answer.ticket != m_ticket)
                return;
            m_explanation = answer;
            Q_EMIT explanationChanged();
        });
    });
}

void SessionController::setAgainst(const Workspace::Against &against)
{
    if (m_against == against)
        return;
    m_against = against;
    askWhy();
}

void SessionController::loadSaved()
{
    m_saved.clear();
    if (m_workspace && m_workspace->sessionId() != 0) {
        if (auto saved = m_workspace->savedSelections())
            m_saved = std::move(*saved);
        else
            Q_EMIT problem(saved.error());
    }
    Q_EMIT savedSelectionsChanged();
}

void SessionController::saveSelection(const QString &name)
{
    if (!m_workspace)
        return;
    if (auto saved = m_workspace->saveSelection(name.toStdString(), m_geometry.toStdString()); !saved)
        Q_EMIT problem(saved.error());
    else
        Q_EMIT note(tr("Selection kept as %1").arg(name));
    loadSaved();
}

void SessionController::removeSelection(const store::SavedSelection &saved)
{
    if (!m_workspace)
        return;
    if (auto removed = m_workspace->removeSelection(saved.session, saved.name); !removed)
        Q_EMIT problem(removed.error());
    loadSaved();
}

void SessionController::recall(const store::SavedSelection &saved)
{
    if (m_live)
        select(session::maskOf(saved.rows, m_live->samples.rows()), tr("recall %1").arg(qt(saved.name)),
               qt(saved.geometry));
}

void SessionController::nextSuggestion(Workspace::Ask what)
{
    if (!m_workspace || !m_live)
        return;
    Suggestions &s = m_suggestions;
    // What has a label by now needs no look, and a new model is unsure of others.
    const auto answered = [this, what](const model::Suggestion &each) {
        return what == Workspace::Ask::Uncertain && each.row < m_live->labels->size() &&
               !(*m_live->labels)[each.row].empty();
    };
    while (s.next < s.list.size() && answered(s.list[s.next]))
        ++s.next;
    if (s.what == what && s.by == m_live->model.get() && s.next < s.list.size())
        return showSuggestion();
    m_workspace->suggest(what, [this, what](base::Result<std::vector<model::Suggestion>> found) {
        later([this, what, found = std::move(found)] {
            if (!found) {
                Q_EMIT problem(found.error());
                return;
            }
            m_suggestions = {what, *found, 0, m_live ? m_live->model.get() : nullptr};
            if (found->empty())
                Q_EMIT note(
                    what == Workspace::Ask::Uncertain
                        ? tr("Nothing left to look at: the model is sure of every sample without a label.")
                        : tr("No label disagrees with its neighbours."));
            else
                showSuggestion();
        });
    });
}

void SessionController::showSuggestion()
{
    const Suggestions &s = m_suggestions;
    const model::Suggestion &each = s.list[s.next];
    if (each.row >= m_live->samples.rows())
        return;
    auto mask = std::make_shared<RowMask>(m_live->samples.rows(), std::uint8_t{0});
    (*mask)[each.row] = 1;
    const QString place = tr("%1 of %2").arg(s.next + 1).arg(s.list.size());
    ++m_suggestions.next;
    endSuggestion();
    select(mask,
           s.what == Workspace::Ask::Uncertain ? tr("next uncertain sample") : tr("next suspected label"));
    m_suggested = m_selection;
    setCursorRow(std::int64_t(each.row));
    if (s.what == Workspace::Ask::Suspect) {
        static const std::vector<std::string> none{""};
        const auto &names = m_live->classNames ? *m_live->classNames : none;
        const auto text = [&](schema::Label label) {
            const QString name =
                label.classId != 0 && label.classId < names.size() ? qt(names[label.classId]) : QString();
            return name.isEmpty() ? qt(schema::polarityKey(label.polarity)) : name;
        };
        m_suggestionText = tr("Suspect %1: labelled %2, its neighbours are %3")
                               .arg(place, text((*m_live->labels)[each.row]), text(each.instead));
    } else {
        const bool scored = m_live->scores && each.row < m_live->scores->size();
        const auto score = scored ? (*m_live->scores)[each.row] : model::Score{};
        const bool known = scored && score.cluster >= 0 && m_live->model;
        m_suggestionText = known
                               ? tr("Uncertain %1: perhaps %2, confidence %3")
                                     .arg(place, qt(m_live->model->states()[std::size_t(score.cluster)].name))
                                     .arg(double(score.confidence), 0, 'f', 2)
                               : tr("Uncertain %1: unknown to the model").arg(place);
    }
    Q_EMIT suggestionChanged();
}

void SessionController::endSuggestion()
{
    m_suggested.reset();
    if (m_suggestionText.isEmpty())
        return;
    m_suggestionText.clear();
    Q_EMIT suggestionChanged();
}

void SessionController::skipSuggestion()
{
    if (!m_workspace || !m_suggested)
        return;
    if (auto skipped = m_workspace->skip(firstRow(*m_suggested)); !skipped)
        Q_EMIT problem(skipped.error());
    nextSuggestion(m_suggestions.what);
}

void SessionController::growSelection(double reach)
{
    if (!m_workspace || m_selectedCount == 0)
        return;
    m_workspace->grow(m_selection, reach, [this](base::Result<session::Rows> grown) {
        later([this, grown = std::move(grown)] {
            if (!grown)
                Q_EMIT problem(grown.error());
            else
                select(*grown, tr("grow to neighbours"));
        });
    });
}

void SessionController::labelAllLike()
{
    if (!m_workspace || m_selectedCount == 0)
        return;
    const std::size_t row = firstRow(*m_selection);
    const schema::Label like = row < m_live->labels->size() ? (*m_live->labels)[row] : schema::Label{};
    if (like.empty()) {
        Q_EMIT note(tr("Label the sample first (P, N or 1 to 9); then all like it get the same."));
        return;
    }
    m_workspace->grow(m_selection, 1, [this, like](base::Result<session::Rows> grown) {
        later([this, like, grown = std::move(grown)] {
            if (!grown) {
                Q_EMIT problem(grown.error());
                return;
            }
            select(*grown, tr("select all like this"));
            const auto &names = *m_live->classNames;
            label(like.polarity, like.classId < names.size() ? qt(names[like.classId]) : QString());
        });
    });
}

} // namespace statescape::ui
