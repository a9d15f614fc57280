// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/diagnostic_words.h"

#include "ui/docks/diagnostic_chart.h"
#include "ui/kit/text.h"

#include <QCoreApplication>

#include <algorithm>
#include <cmath>

namespace statescape::ui {
namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("DiagnosticWords", text);
}

/// @return mean of seen - claimed over the samples.
double leaning(const std::vector<model::Reliability> &points)
{
    double sum = 0, samples = 0;
    for (const auto &point : points) {
        sum += double(point.samples) * (point.seen - point.claimed);
        samples += double(point.samples);
    }
    return samples > 0 ? sum / samples : 0;
}

} // namespace

DiagnosticWords confusionWords(const model::Quality &quality)
{
    if (quality.samples == 0 || quality.confusion.empty())
        return {tr("Not known: there are too few labelled samples to hold some out of training."), false};
    return {tr("Truth by row, model by column, “?” is unknown: good is everything on the diagonal. %1 held "
               "out.")
                .arg(pluralText(quality.samples, tr("labelled sample"))),
            true};
}

DiagnosticWords silhouetteWords(std::span<const model::State> states)
{
    const model::State *least = nullptr;
    for (const auto &state : states)
        if (std::isfinite(state.silhouette) && (!least || state.silhouette < least->silhouette))
            least = &state;
    if (states.size() < 2)
        return {tr("Undefined: with one state there is no other to stand apart from."), false};
    if (!least)
        return {tr("Undefined: no state has the two samples it takes."), false};
    return {
        tr("How clearly each state stands apart, −1 to 1: above 0.5 is clear, near 0 it runs into another. "
           "Least clear: %1.")
            .arg(qt(least->name)),
        true};
}

DiagnosticWords confidenceWords(const model::Quality &quality)
{
    if (quality.samples == 0)
        return {tr("Not known: it takes labelled samples that training never saw."), false};
    if (quality.confidence.empty() || !std::isfinite(quality.confidenceError))
        return {tr("Not known: no held-out sample was given a state, or the model is older than this check."),
                false};
    return {tr("Good lies on the dashed line: 0.8 sure is right 8 times in 10. Off by %1 on average.")
                .arg(figureText(quality.confidenceError)),
            true};
}

DiagnosticWords abnormalityWords(const model::Quality &quality)
{
    if (quality.abnormality.empty() || !std::isfinite(quality.abnormalityError))
        return {tr("Not known: it takes known-good samples that training never saw."), false};
    QString text =
        tr("Good lies on the dashed line: one known-good sample in ten reads above 0.9. Off by at most %1 "
           "over %2")
            .arg(figureText(quality.abnormalityError), pluralText(quality.goodSamples, tr("sample")));
    if (!std::isfinite(quality.abnormalityChance))
        return {text + QLatin1Char('.'), true};
    text += tr("; chance alone gives up to %1.").arg(figureText(quality.abnormalityChance));
    if (quality.abnormalityError > quality.abnormalityChance)
        text += leaning(quality.abnormality) < 0 ? tr(" It reads too high.") : tr(" It reads too low.");
    return {text, true};
}

DiagnosticWords choiceWords(const model::Choice &choice, const model::TrainOptions &options, bool labelled)
{
    const bool drawable = std::any_of(choice.table.begin(), choice.table.end(),
                                      [](const auto &one) { return std::isfinite(one.score); });
    QString text = qt(choice.reason);
    if (text.isEmpty() && !drawable) {
        if (options.algorithm != "auto" && options.k > 0)
            return {tr("Nothing to choose: algorithm and number of states were given."), false};
        if (labelled)
            return {tr("Nothing to choose: the labels say which states there are."), false};
        return {tr("The model does not say how its states were chosen."), false};
    }
    if (drawable)
        text = tr("Good is a peak that stands out; the ring is what was chosen. ") + text;
    QStringList figures;
    if (std::isfinite(choice.sure))
        figures << tr("this one and no other %1").arg(figureText(choice.sure));
    if (std::isfinite(choice.structure))
        figures << tr("states at all %1").arg(figureText(choice.structure));
    if (!text.isEmpty() && !text.trimmed().endsWith(QLatin1Char('.')))
        text += QLatin1Char('.');
    if (!figures.isEmpty())
        text += tr(" How sure, 0 to 1: %1.").arg(figures.join(QStringLiteral(", ")));
    return {text.trimmed(), drawable};
}

DiagnosticWords varianceWords(std::span<const double> ratios)
{
    if (ratios.empty())
        return {tr("Undefined: the samples do not vary."), false};
    double together = 0;
    const std::size_t first = std::min<std::size_t>(3, ratios.size());
    for (std::size_t i = 0; i < first; ++i)
        together += 100 * ratios[i];
    return {
        tr("Bars: each component; line: all up to it. The first %1 carry %2 %: the more, the less a picture "
           "hides.")
            .arg(first)
            .arg(figureText(together, 0)),
        true};
}

} // namespace statescape::ui
