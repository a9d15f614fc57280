// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/model/training.h"

#include <QWidget>

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QFormLayout;
class QLabel;
class QLineEdit;
class QSpinBox;

namespace statescape::ui {

/// How to train: the algorithm with a sentence on when to use it, and only what that algorithm takes. What
/// was set is remembered.
class TrainingForm : public QWidget {
    Q_OBJECT
public:
    explicit TrainingForm(QWidget *parent = nullptr);
    /// @return what the form says; what the algorithm does not take stays "choose".
    [[nodiscard]] model::TrainOptions options() const;
    /// Of the model in use, unless a person has typed another.
    void suggestName(const QString &name);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void addAlgorithms();
    void setUpFields();
    void restore();
    void remember() const;
    void showFields();
    [[nodiscard]] std::string key() const;

    QFormLayout *m_form;
    QLineEdit *m_name;
    QComboBox *m_algorithm;
    QLabel *m_when;
    QSpinBox *m_k, *m_minSamples, *m_minClusterSize;
    QDoubleSpinBox *m_radius;
    QComboBox *m_scaler;
    QCheckBox *m_useLabels, *m_levels;
};

} // namespace statescape::ui
