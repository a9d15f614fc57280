// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/session/session_controller.h"

#include <QDialog>

#include <functional>

class QLabel;
class QListWidget;
class QProgressBar;
class QPushButton;

namespace statescape::ui {

class AlgorithmTable;

/// Trains several algorithms side by side and takes one of their models into use. Stays open beside the
/// picture.
class CompareDialog : public QDialog {
    Q_OBJECT
public:
    /// @param options what to train with, asked for at every run
    CompareDialog(SessionController &controller, std::function<model::TrainOptions()> options,
                  QWidget *parent = nullptr);
    [[nodiscard]] AlgorithmTable &table() { return *m_table; }

public Q_SLOTS:
    void run();
    void useChosen();

private:
    QWidget *makeList();
    QWidget *makeFoot();
    void restoreList();
    void rememberList() const;
    [[nodiscard]] std::vector<std::string> keys() const;
    void showResult(bool ok, const QString &html);
    void update();

    SessionController &m_controller;
    std::function<model::TrainOptions()> m_options;
    QListWidget *m_list;
    AlgorithmTable *m_table;
    QLabel *m_words;
    QPushButton *m_run, *m_cancel, *m_use, *m_copy;
    QProgressBar *m_progress;
};

} // namespace statescape::ui
