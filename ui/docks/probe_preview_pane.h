// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/hook_search.h"
#include "core/session/probe_trial.h"

#include <QTimer>
#include <QWidget>

#include <atomic>

class QComboBox;
class QLabel;
class QLineEdit;
class QProgressBar;
class QPushButton;

namespace statescape::ui {

class FeatureStrips;

/// What one probe would be: text, measure, columns, hooks, needs, warnings; and a trial of it.
class ProbePreviewPane : public QWidget {
    Q_OBJECT
public:
    explicit ProbePreviewPane(QWidget *parent = nullptr);
    ~ProbePreviewPane() override;

    /// How a trial's helper is started.
    void setHow(const source::HelperOptions &how) { m_how = how; }
    /// Ends a trial of another probe.
    void show(const session::ProbePreview &preview);
    void clear();
    [[nodiscard]] const session::ProbePreview *preview() const { return m_has ? &m_preview : nullptr; }
    [[nodiscard]] bool isTrying() const { return m_trial != nullptr; }
    void startTrial();
    void stopTrial();

Q_SIGNALS:
    void measureChosen(const statescape::schema::UserProbe &probe); ///< the same hook, measured otherwise
    void addWanted();

private:
    QWidget *makeFacts();
    QWidget *makeFoot();
    void chooseMeasure(int index);
    void takeReport();
    void update();

    session::ProbePreview m_preview;
    bool m_has = false;
    source::HelperOptions m_how;
    QLineEdit *m_text;
    QPushButton *m_copy, *m_try, *m_add;
    QComboBox *m_measure;
    QLabel *m_verdict, *m_details, *m_result, *m_columns;
    QProgressBar *m_progress;
    FeatureStrips *m_strips;
    QWidget *m_facts;
    std::atomic<bool> m_newsPending = false;
    std::unique_ptr<session::ProbeTrial> m_trial;
    std::vector<std::unique_ptr<session::ProbeTrial>> m_ending; ///< their helpers are on their way out
    QTimer m_sweep;
};

} // namespace statescape::ui
