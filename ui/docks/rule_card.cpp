// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/rule_card.h"

#include "ui/kit/section.h"
#include "ui/kit/text.h"
#include "ui/kit/theme.h"

#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QMenu>
#include <QPushButton>
#include <QRegularExpression>
#include <QVBoxLayout>

namespace statescape::ui {
namespace {

// 0.998 must not be read as perfect.
QString shareText(double share)
{
    return QString::number(share, 'f', share > 0.994 && share < 1 ? 3 : 2);
}

} // namespace

QString whereExpression(const model::Rule &rule, const schema::Schema &schema)
{
    if (rule.terms.size() != 1 || std::size_t(rule.terms.front().column) >= schema.size())
        return {};
    const model::RuleTerm &term = rule.terms.front();
    return QStringLiteral("%1 %2 %3")
        .arg(qt(schema[std::size_t(term.column)].key),
             term.above ? QStringLiteral(">") : QStringLiteral("<="))
        .arg(term.threshold, 0, 'g', 12);
}

RuleCard::RuleCard(QWidget *parent)
    : QFrame(parent)
    , m_rule(new QLabel)
    , m_quality(mutedLabel())
    , m_select(new QPushButton(tr("Select these")))
    , m_copy(new QPushButton(tr("Copy")))
    , m_buttons(new QWidget)
{
    setObjectName(QStringLiteral("card"));
    auto *box = new QVBoxLayout(this);
    box->setContentsMargins(10, 7, 10, 8);
    box->setSpacing(3);
    for (QLabel *label : {m_rule, m_quality}) {
        label->setWordWrap(true);
        label->setTextFormat(Qt::RichText);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        box->addWidget(label);
    }
    auto *row = new QHBoxLayout(m_buttons);
    row->setContentsMargins(0, 3, 0, 0);
    row->setSpacing(6);
    m_select->setToolTip(tr("Select every sample in the picture that the rule holds for"));
    m_select->setAccessibleName(m_select->toolTip());
    m_copy->setToolTip(tr("Copy the rule as text, or as a command for scripts"));
    m_copy->setAccessibleName(m_copy->toolTip());
    auto *menu = new QMenu(m_copy);
    menu->setToolTipsVisible(true);
    menu->addAction(tr("Copy as text"), this, [this] { QGuiApplication::clipboard()->setText(text()); });
    m_copyCommand = menu->addAction(tr("Copy as “statescape label --where …”"), this,
                                    [this] { QGuiApplication::clipboard()->setText(command()); });
    m_copy->setMenu(menu);
    row->addWidget(m_select);
    row->addStretch(1);
    row->addWidget(m_copy);
    box->addWidget(m_buttons);
    setTabOrder(m_select, m_copy);
    connect(m_select, &QPushButton::clicked, this, [this] {
        if (m_explanation.rule)
            Q_EMIT ruleWanted(*m_explanation.rule);
    });
}

void RuleCard::setExplanation(const Explanation &explanation, std::shared_ptr<const schema::Schema> schema,
                              const QString &file)
{
    m_file = file;
    m_explanation = explanation;
    m_schema = std::move(schema);
    const bool found = explanation.rule.has_value() && m_schema;
    m_buttons->setVisible(found);
    m_quality->setVisible(found);
    if (!found) {
        m_rule->setText(tr("No rule of at most three terms tells them from %1.")
                            .arg(againstText(explanation.against).toHtmlEscaped()));
        return;
    }
    const model::Rule &rule = *explanation.rule;
    // A comparison is read as one, so it is not broken across lines.
    static const QRegularExpression comparison(QStringLiteral("(>|≤|<=) (\\S+)(?: (?!and )(\\S+))?"));
    const QString space(QChar(0xa0));
    QString terms = qt(explanation.ruleText);
    for (auto match = comparison.match(terms); match.hasMatch();
         match = comparison.match(terms, match.capturedEnd()))
        terms.replace(match.capturedStart(), match.capturedLength(),
                      match.captured().replace(QLatin1Char(' '), space));
    m_rule->setText(tr("<span style=\"color:%1\">Rule</span> %2")
                        .arg(currentTheme().muted.name(),
                             terms.toHtmlEscaped().replace(tr(" and "), tr(" <b>and</b> "))));
    m_quality->setText(
        tr("precision <b>%1</b> &nbsp;recall <b>%2</b> &nbsp;· holds for %3")
            .arg(shareText(rule.precision), shareText(rule.recall), pluralText(rule.covered, tr("sample"))));
    m_quality->setToolTip(
        tr("Of the samples the rule holds for, %1 % are selected (precision); of the selected "
           "ones it holds for %2 % (recall). Counted over all of the selection and %3.")
            .arg(100 * rule.precision, 0, 'f', 1)
            .arg(100 * rule.recall, 0, 'f', 1)
            .arg(againstText(explanation.against)));
    const bool single = !whereExpression(rule, *m_schema).isEmpty();
    m_copyCommand->setEnabled(single);
    m_copyCommand->setToolTip(single ? tr("For scripts: labels the samples this rule holds for")
                                     : tr("--where takes one term, and this rule has more"));
}

void RuleCard::changeEvent(QEvent *event)
{
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_schema)
        setExplanation(Explanation(m_explanation), m_schema, QString(m_file));
}

QString RuleCard::text() const
{
    if (!m_explanation.rule)
        return {};
    const model::Rule &rule = *m_explanation.rule;
    return tr("%1 (precision %2, recall %3 against %4, holds for %5)")
        .arg(qt(m_explanation.ruleText), shareText(rule.precision), shareText(rule.recall),
             againstText(m_explanation.against), pluralText(rule.covered, tr("sample")));
}

QString RuleCard::command() const
{
    const QString where =
        m_explanation.rule && m_schema ? whereExpression(*m_explanation.rule, *m_schema) : QString();
    QString file = m_file;
    file.replace(QLatin1Char('\''), QStringLiteral("'\\''"));
    return where.isEmpty()
               ? QString()
               : QStringLiteral("statescape label '%1' --where '%2' --as negative").arg(file, where);
}

} // namespace statescape::ui
