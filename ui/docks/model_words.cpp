// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/model_words.h"

#include "ui/docks/diagnostic_chart.h"
#include "ui/kit/text.h"

#include <QCoreApplication>
#include <QStringList>

#include <cmath>

namespace statescape::ui {
namespace {

constexpr std::size_t kMostChanges = 12;

QString tr(const char *text)
{
    return QCoreApplication::translate("ModelWords", text);
}

QString signOf(model::StateChange::Kind kind)
{
    using Kind = model::StateChange::Kind;
    switch (kind) {
    case Kind::Moved:
        return QStringLiteral("→");
    case Kind::Split:
        return QStringLiteral("÷");
    case Kind::Merged:
        return QStringLiteral("∪");
    case Kind::Appeared:
        return QStringLiteral("+");
    case Kind::Vanished:
        return QStringLiteral("−");
    case Kind::Renamed:
        return QStringLiteral("=");
    }
    return {};
}

QString paragraph(const QString &html)
{
    return QStringLiteral("<p style=\"margin:0 0 3px 0\">%1</p>").arg(html);
}

} // namespace

QString modelKind(const model::Model &model)
{
    const model::Algorithm *algorithm = model::algorithmOf(model.algorithm());
    QString text = tr("%1, %2").arg(algorithm ? qt(algorithm->name) : qt(model.algorithm()),
                                    pluralText(model.states().size(), tr("state")));
    if (model.options().useLabels && model.quality().samples > 0)
        text += tr(", seeded by labels");
    return text.toHtmlEscaped();
}

QString modelFacts(const model::Model &model)
{
    const auto &quality = model.quality();
    const QString f1 = quality.samples == 0 ? tr("held-out F1 <b>–</b> (too few labels)")
                                            : tr("held-out F1 <b>%1</b>").arg(figureText(quality.f1));
    return f1 + tr(" · silhouette <b>%1</b> · unknown beyond <b>%2 σ</b>")
                    .arg(figureText(model.silhouette()), figureText(model.unknownDistance(), 1));
}

QString figuresHtml(const model::Model &model)
{
    const auto &q = model.quality();
    QStringList heldOut, whole;
    const auto add = [](QStringList &list, const QString &what, double value) {
        if (std::isfinite(value))
            list << QStringLiteral("%1&nbsp;<b>%2</b>").arg(what, figureText(value));
    };
    if (q.samples > 0) {
        add(heldOut, tr("F1"), q.f1);
        add(heldOut, tr("balanced accuracy"), q.balancedAccuracy);
        add(heldOut, tr("accuracy"), q.accuracy);
        add(heldOut, tr("precision"), q.precision);
        add(heldOut, tr("recall"), q.recall);
        add(heldOut, tr("AUROC"), q.auroc);
        add(heldOut, tr("AUPRC"), q.auprc);
    }
    add(heldOut, tr("agreement"), q.agreement);
    if (std::isfinite(q.unknownShare))
        heldOut << tr("unknown&nbsp;<b>%1 %</b>").arg(figureText(100 * q.unknownShare, 1));
    add(whole, tr("silhouette"), model.silhouette());
    if (std::isfinite(model.fidelity()))
        whole << tr("fidelity&nbsp;<b>%1 %</b>").arg(figureText(100 * model.fidelity(), 1));
    whole << tr("unknown beyond&nbsp;<b>%1 σ</b>").arg(figureText(model.unknownDistance(), 1));
    if (model.seconds() > 0) // a stored model does not say
        whole << tr("trained in&nbsp;<b>%1</b>").arg(durationText(std::uint64_t(model.seconds() * 1e9)));
    QString text;
    if (!heldOut.isEmpty())
        text =
            paragraph(tr("Held out%1: %2")
                          .arg(q.samples > 0 ? tr(" (%1)").arg(pluralText(q.samples, tr("labelled sample")))
                                             : QString(),
                               heldOut.join(QStringLiteral(" · "))));
    else
        text = paragraph(tr("Held out: – (too few labels)"));
    return text + paragraph(whole.join(QStringLiteral(" · ")));
}

QString figuresTip()
{
    return tr(
        "<p>All 0 to 1 and high is good, unless it says otherwise.</p>"
        "<b>F1, precision, recall</b>: of negative against the rest; without negatives the mean of the "
        "classes<br>"
        "<b>balanced accuracy</b>: mean of the classes' shares judged right<br>"
        "<b>AUROC, AUPRC</b>: how well abnormality ranks negative above good samples; chance is 0.5 for "
        "AUROC<br>"
        "<b>agreement</b>: the same states are found on held-out samples by themselves; −1 to 1, chance "
        "is 0<br>"
        "<b>unknown</b>: share of held-out samples in no state<br>"
        "<b>silhouette</b>: how clearly states stand apart; −1 to 1<br>"
        "<b>fidelity</b>: share of samples the model places where its algorithm did<br>"
        "<b>unknown beyond</b>: distance from a good state, in scaled units");
}

QString storyHtml(const model::Model &model)
{
    QString html;
    for (const auto &sentence : model.story())
        html += paragraph(qt(sentence).toHtmlEscaped());
    return html;
}

QString changesHtml(std::span<const model::StateChange> changes)
{
    QString html;
    for (std::size_t i = 0; i < std::min(changes.size(), kMostChanges); ++i)
        html += paragraph(QStringLiteral("<b>%1</b>&nbsp; %2")
                              .arg(signOf(changes[i].kind), qt(changes[i].text).toHtmlEscaped()));
    if (changes.size() > kMostChanges)
        html += paragraph(tr("and %1 more").arg(changes.size() - kMostChanges));
    return html;
}

} // namespace statescape::ui
