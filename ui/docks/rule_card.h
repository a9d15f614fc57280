// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/explanation_models.h"

#include <QFrame>

class QAction;
class QLabel;
class QPushButton;

namespace statescape::ui {

/// @return "block.queue.p99 > 18400", what `statescape label --where` takes; empty when the rule has more
/// than one term, which it does not.
QString whereExpression(const model::Rule &rule, const schema::Schema &schema);

/// The rule that tells the selected samples from the others, how good it is, and what can be done with it.
class RuleCard : public QFrame {
    Q_OBJECT
public:
    explicit RuleCard(QWidget *parent = nullptr);
    /// @param file of the session, for the command that is copied
    void setExplanation(const Explanation &explanation, std::shared_ptr<const schema::Schema> schema,
                        const QString &file);
    /// @return plain text of the card, as it is copied; empty without a rule.
    [[nodiscard]] QString text() const;
    /// @return "statescape label 'FILE' --where '…' --as negative"; empty unless the rule has just one term.
    [[nodiscard]] QString command() const;

Q_SIGNALS:
    void ruleWanted(const model::Rule &rule); ///< select the samples it holds for

protected:
    void changeEvent(QEvent *event) override;

private:
    QLabel *m_rule, *m_quality;
    QPushButton *m_select, *m_copy;
    QAction *m_copyCommand;
    QWidget *m_buttons;
    QString m_file;
    Explanation m_explanation;
    std::shared_ptr<const schema::Schema> m_schema;
};

} // namespace statescape::ui
