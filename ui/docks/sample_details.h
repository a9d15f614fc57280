// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/explanation_models.h"
#include "ui/models/sample_facts.h"
#include "ui/session/session_controller.h"

#include <QDialog>

class QLabel;
class QLineEdit;
class QPushButton;
class QSortFilterProxyModel;

namespace statescape::ui {

class FigureList;
class Heading;

/// Everything known of one sample; stays open beside the picture and follows the cursor.
class SampleDetails : public QDialog {
    Q_OBJECT
public:
    SampleDetails(QWidget *parent, SessionController &controller);
    void showRow(std::int64_t row);
    [[nodiscard]] std::int64_t row() const { return m_row; }
    [[nodiscard]] SampleFacts *facts() const { return m_facts; }
    [[nodiscard]] QLineEdit *search() const { return m_search; }
    /// @return rows that the search leaves.
    [[nodiscard]] int shownFeatures() const;
    /// @return when, state and label, plain.
    [[nodiscard]] QString headText() const;
    /// @return all of it for people, a line each.
    [[nodiscard]] QString toText() const;
    void step(int by);

private:
    void update();
    void follow();
    [[nodiscard]] QString stateText(const session::Snapshot &s) const;

    SessionController &m_controller;
    std::int64_t m_row = -1;
    std::uint64_t m_timeNs = 0; ///< of the row, so that another session's row of the same number is told
    SampleFacts *m_facts;
    ProcessModel *m_processes;
    QSortFilterProxyModel *m_filter;
    QLabel *m_when, *m_state, *m_label;
    QLineEdit *m_search;
    FigureList *m_list, *m_who;
    Heading *m_whoHeading;
    QPushButton *m_previous, *m_next;
};

/// Opens the window for @p row, or shows it in the one already open.
void showSampleDetails(QWidget *parent, SessionController &controller, std::int64_t row);

} // namespace statescape::ui
