// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/kit/section.h"
#include "ui/models/entity_model.h"
#include "ui/models/explanation_models.h"
#include "ui/session/session_controller.h"

class QComboBox;
class QToolButton;

#include <QElapsedTimer>

namespace statescape::ui {

class AgainstBox;
class DifferenceList;
class FigureList;
class LabelButtons;
class RuleCard;
class SavedSelections;
class TwinHistogramView;

/// The selected samples: how many, when, label buttons, why they differ, a rule that tells them apart, who
/// was running, and selections saved by name.
class SelectionDock : public SectionDock {
    Q_OBJECT
public:
    explicit SelectionDock(SessionController &controller, QWidget *parent = nullptr);

    /// Labels with the class named in the box, or keeps each sample's class when the box is empty.
    void label(schema::Polarity polarity);
    /// @param number 1..9: the file's classes in their order
    void assignClass(int number);
    /// Asks for a name in the dock and saves the selection under it.
    void startSaving();
    [[nodiscard]] QComboBox *classBox() const;
    [[nodiscard]] AgainstBox *againstBox() const { return m_against; }
    [[nodiscard]] SavedSelections *saved() const { return m_saved; }
    [[nodiscard]] DifferenceList *differences() const { return m_why; }
    [[nodiscard]] TwinHistogramView *histogram() const { return m_histogram; }
    [[nodiscard]] RuleCard *rule() const { return m_rule; }
    /// Processes or cgroups of the selection, or of everything while nothing is selected.
    [[nodiscard]] FigureList *entities() const { return m_entities; }
    /// @return count, share and time span, plain.
    [[nodiscard]] QString summary() const { return m_summary->text(); }
    /// @return why there is nothing to compare, plain; empty when there is.
    [[nodiscard]] QString reason() const { return m_reason->isHidden() ? QString() : m_reason->text(); }

Q_SIGNALS:
    void labelCommand(const QString &id); ///< a button was pressed: run this command, "label.positive" …
    /// @param action "colour" the picture by it, put it on the "x", "y" or "z" axis, or show its "line" in
    /// the strip
    void featureAction(const QString &key, const QString &action);
    void ruleWanted(const model::Rule &rule);            ///< select the samples it holds for
    void areaWanted(const store::SavedSelection &saved); ///< draw the same area again

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void updateSelection();
    void updateExplanation();
    void updateSuggestion();
    void updateHistogram();
    void updateMore();
    void connectEntities();
    void updateEntities();
    /// Selects samples of the entity in @p row of the list.
    void pickEntity(int row, SelectionOp op, bool within);
    void entityMenu(const QPoint &at);
    void showWhy(bool shown);
    [[nodiscard]] QString spanText() const;
    [[nodiscard]] QString reasonFor(const Explanation &e) const;
    void featureMenu(const QPoint &at);
    QWidget *makeWhy();
    void connectParts();

    SessionController &m_controller;
    DifferenceModel *m_differences;
    ProcessModel *m_processes;
    EntityModel *m_entityModel;
    QLabel *m_suggestion, *m_nothing, *m_summary, *m_reason;
    LabelButtons *m_labelling;
    QWidget *m_whyRow;
    Heading *m_whyHeading, *m_whoHeading, *m_entityHeading, *m_savedHeading;
    AgainstBox *m_against;
    DifferenceList *m_why;
    QToolButton *m_more;
    TwinHistogramView *m_histogram;
    RuleCard *m_rule;
    FigureList *m_who, *m_entities;
    SavedSelections *m_saved;
    QElapsedTimer m_sinceEntities;
    QTimer m_late;     ///< the answer is late: what is shown is no longer true
    QString m_feature; ///< key of the row the histogram shows
};

} // namespace statescape::ui
