// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/models/rows_model.h"
#include "ui/session/session_controller.h"

#include <QTimer>
#include <QWidget>

#include <optional>

class QLabel;
class QLineEdit;
class QPushButton;

namespace statescape::ui {

class FigureList;

/// One line of the list.
struct SavedRow {
    std::shared_ptr<const store::SavedSelection> saved;
    std::uint64_t samples = 0;
};

/// Named selections: this session's first, newest first, then those of other sessions of the file.
class SavedModel : public RowsModel<SavedRow> {
    Q_OBJECT
public:
    explicit SavedModel(QObject *parent = nullptr)
        : RowsModel(3, parent)
    {}
    /// @param hidden one that is left out, or null
    void update(const std::vector<store::SavedSelection> &saved, store::SessionId here,
                const store::SavedSelection *hidden);
    [[nodiscard]] bool isHere(int row) const;
    /// @pre row is in the list
    [[nodiscard]] const store::SavedSelection &at(int row) const { return *rows()[std::size_t(row)].saved; }
    QVariant data(const QModelIndex &index, int role) const override;

private:
    store::SessionId m_here = 0;
};

/// The section where selections are kept under a name, found again and compared with.
class SavedSelections : public QWidget {
    Q_OBJECT
public:
    explicit SavedSelections(SessionController &controller, QWidget *parent = nullptr);
    /// Opens the line in which the name is typed. @param suggested name, selected so that typing replaces it
    void startSaving(const QString &suggested);
    void startFromSuggestion() { startSaving(m_suggested); }
    /// @param text suggested when the button is pressed
    void setSuggestedName(const QString &text) { m_suggested = text; }
    [[nodiscard]] FigureList *list() const { return m_list; }
    [[nodiscard]] SavedModel *model() const { return m_model; }
    [[nodiscard]] QLineEdit *nameEdit() const { return m_name; }
    /// Hides it at once and removes it for good in some seconds, unless takeBack() comes first.
    void remove(store::SavedSelection saved);
    void takeBack();
    /// Removes now what waits for it.
    void removeWaiting();

Q_SIGNALS:
    void areaWanted(const store::SavedSelection &saved); ///< draw the same area on today's samples
    void compareWanted(const store::SavedSelection &saved);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void updateRows();
    void updateParts();
    void save();
    void closeName();
    void activate(const QModelIndex &index);
    void menu(int row, const QPoint &globalAt);

    SessionController &m_controller;
    SavedModel *m_model;
    FigureList *m_list;
    QPushButton *m_save;
    QLineEdit *m_name;
    QLabel *m_hint;
    QWidget *m_removed; ///< "Removed monday. [Undo]"
    QLabel *m_removedText;
    QString m_suggested;
    std::optional<store::SavedSelection> m_waiting; ///< hidden and about to be removed
    QTimer m_removal;
};

} // namespace statescape::ui
