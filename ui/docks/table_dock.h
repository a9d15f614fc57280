// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/kit/section.h"
#include "ui/models/background.h"
#include "ui/session/session_controller.h"

#include <QTableView>

class QCheckBox;
class QProgressBar;
class QPushButton;
class QToolButton;

namespace statescape::ui {

class SampleTableModel;

/// The table's view: Enter selects its rows everywhere, Ctrl+C copies them.
class SampleTableView : public QTableView {
    Q_OBJECT
public:
    explicit SampleTableView(QWidget *parent = nullptr);

Q_SIGNALS:
    void selectWanted(statescape::ui::SelectionOp op);
    void copyWanted();

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void currentChanged(const QModelIndex &current, const QModelIndex &previous) override;

private:
    bool extend(const QKeyEvent &key);
    int m_anchor = -1; ///< row that Shift and a key mark from
    bool m_extending = false;
};

/// Every sample, or those selected, as a table: sortable, to be copied and exported; its rows can become the
/// selection and its current row is the cursor of all views.
class TableDock : public SectionDock {
    Q_OBJECT
public:
    /// More cells are for a file, not for the clipboard.
    static constexpr std::size_t kMostCopied = 1'000'000;

    explicit TableDock(SessionController &controller, QWidget *parent = nullptr);

    [[nodiscard]] SampleTableModel *model() const { return m_model; }
    [[nodiscard]] SampleTableView *view() const { return m_view; }
    /// Shows only selected samples while there are some.
    void setSelectedOnly(bool on);
    /// Makes the rows marked in the table the selection, or adds them to it, or takes them away.
    void selectMarked(SelectionOp op);
    /// @return whether the marked rows (without any: the current one) went to the clipboard.
    bool copy();
    /// Writes what `statescape import` reads, on a thread of its own. Errors go to the controller.
    void exportCsv(const QString &path, bool selectedOnly);
    [[nodiscard]] bool isExporting() const { return m_export.busy(); }
    /// @return what the dock says below the table.
    [[nodiscard]] QString message() const { return m_note->text(); }

Q_SIGNALS:
    void rowActivated(qint64 row); ///< double click: everything about this sample
    void exported(const QString &path, quint64 samples);

private:
    QWidget *makeBar();
    void update();
    void updateFilter();
    void updateTexts();
    void showCursor();
    void setColumns();
    void menu(const QPoint &at);
    void askExport(bool selectedOnly);
    [[nodiscard]] RowMask marked() const;
    void say(const QString &text);

    SessionController &m_controller;
    SampleTableModel *m_model;
    SampleTableView *m_view;
    QCheckBox *m_only;
    QLabel *m_count, *m_order, *m_note, *m_nothing;
    QPushButton *m_again;
    QToolButton *m_save;
    QProgressBar *m_progress;
    QPushButton *m_cancel;
    RowMaskPtr m_drawn; ///< selection the filter has
    const void *m_schema = nullptr;
    bool m_wanted = true, m_leading = false;
    Background m_export;
};

} // namespace statescape::ui
