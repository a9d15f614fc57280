// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/snapshot.h"

#include <QWidget>

class QLabel;

namespace statescape::ui {

class ChoiceChart;
class ConfusionTable;
class DiagnosticChart;
class ReliabilityChart;
class SilhouetteChart;
class VarianceChart;
struct DiagnosticWords;

/// How far a model can be trusted: confusion, silhouette, calibration, how its states were chosen, variance.
/// Each under a heading that folds, with a sentence on what would be good; what is undefined is a sentence
/// too.
class DiagnosticsView : public QWidget {
    Q_OBJECT
public:
    explicit DiagnosticsView(QWidget *parent = nullptr);
    /// @pre snapshot.model
    void setSnapshot(const session::Snapshot &snapshot);

protected:
    void changeEvent(QEvent *event) override;

private:
    struct Part {
        QLabel *words = nullptr;
        QWidget *drawing = nullptr;
    };
    /// Adds a part with its words above the drawing to @p content.
    Part makePart(QWidget *content, QWidget *drawing);
    Part addFold(const QString &key, const QString &title, QWidget *drawing, bool open);
    static void say(const Part &part, const DiagnosticWords &words);

    ConfusionTable *m_confusion;
    SilhouetteChart *m_silhouette;
    ReliabilityChart *m_confidence, *m_abnormality;
    ChoiceChart *m_choice;
    VarianceChart *m_variance;
    QLabel *m_legend;
    Part m_confusionPart, m_silhouettePart, m_confidencePart, m_abnormalityPart, m_choicePart, m_variancePart;
};

} // namespace statescape::ui
