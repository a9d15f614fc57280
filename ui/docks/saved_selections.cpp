// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/saved_selections.h"

#include "ui/kit/figure_list.h"
#include "ui/kit/section.h"
#include "ui/kit/text.h"
#include "ui/kit/theme.h"

#include <QBrush>
#include <QCoreApplication>
#include <QDateTime>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace statescape::ui {
namespace {

constexpr int kUndoMs = 8000;

std::uint64_t samplesIn(const store::SavedSelection &saved)
{
    std::uint64_t count = 0;
    for (const store::RowRun &run : saved.rows)
        count += run.count;
    return count;
}

} // namespace

void SavedModel::update(const std::vector<store::SavedSelection> &saved, store::SessionId here,
                        const store::SavedSelection *hidden)
{
    m_here = here;
    std::vector<SavedRow> rows;
    for (const auto &one : saved)
        if (!hidden || one.session != hidden->session || one.name != hidden->name)
            rows.push_back({std::make_shared<store::SavedSelection>(one), samplesIn(one)});
    std::stable_sort(rows.begin(), rows.end(), [here](const SavedRow &a, const SavedRow &b) {
        const bool aHere = a.saved->session == here, bHere = b.saved->session == here;
        return aHere != bHere ? aHere : a.saved->createdNs > b.saved->createdNs;
    });
    replace(std::move(rows));
}

bool SavedModel::isHere(int row) const
{
    return row >= 0 && row < rowCount() && at(row).session == m_here;
}

QVariant SavedModel::data(const QModelIndex &index, int role) const
{
    const SavedRow *line = rowAt(index);
    if (!line)
        return {};
    const store::SavedSelection *row = line->saved.get();
    const bool here = row->session == m_here;
    const auto when = QDateTime::fromMSecsSinceEpoch(row->createdNs / 1'000'000);
    switch (role) {
    case Qt::DisplayRole:
        return index.column() == 0   ? qt(row->name)
               : index.column() == 1 ? countText(line->samples)
                                     : QStringLiteral("⋯");
    case Qt::AccessibleTextRole:
        return tr("%1, %2, saved %3")
            .arg(qt(row->name), pluralText(line->samples, tr("sample")),
                 QLocale().toString(when, QLocale::ShortFormat));
    case Qt::ToolTipRole: {
        QString text = tr("<b>%1</b>: %2, saved %3")
                           .arg(qt(row->name).toHtmlEscaped(), pluralText(line->samples, tr("sample")),
                                QLocale().toString(when, QLocale::ShortFormat));
        text += here ? tr("<br>A click selects them again.")
                     : tr("<br>Of session %1 of this file: its samples are not in the picture, but the same "
                          "area can be drawn again.")
                           .arg(row->session);
        return text + tr("<br>More by right click or ⋯");
    }
    case Qt::FontRole:
        return index.column() == 1 ? QVariant(figureFont()) : QVariant();
    case Qt::ForegroundRole:
        return here && index.column() != 2 ? QVariant() : QVariant(QBrush(currentTheme().muted));
    case Qt::TextAlignmentRole:
        return int((index.column() == 0   ? Qt::AlignLeft
                    : index.column() == 1 ? Qt::AlignRight
                                          : Qt::AlignHCenter) |
                   Qt::AlignVCenter);
    default:
        return {};
    }
}

SavedSelections::SavedSelections(SessionController &controller, QWidget *parent)
    : QWidget(parent)
    , m_controller(controller)
    , m_model(new SavedModel(this))
    , m_list(new FigureList)
    , m_save(new QPushButton(tr("Save this selection…")))
    , m_name(new QLineEdit)
    , m_hint(mutedLabel())
    , m_removed(new QWidget)
    , m_removedText(mutedLabel())
{
    auto *box = new QVBoxLayout(this);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(4);
    m_list->setFitsRows(6);
    m_list->setModel(m_model);
    m_list->setWrapsNames();
    m_list->setFigureWidth(1, QStringLiteral("9 999 999"));
    m_list->setFigureWidth(2, QStringLiteral("⋯⋯"));
    m_list->setAccessibleName(tr("Saved selections"));
    m_list->setContextMenuPolicy(Qt::CustomContextMenu);
    m_list->installEventFilter(this);
    m_name->setPlaceholderText(tr("name of the selection"));
    m_name->setAccessibleName(tr("Name to save the selection under"));
    m_name->setToolTip(tr("Return saves, Escape does not"));
    m_name->setMaxLength(60);
    m_name->installEventFilter(this);
    m_save->setToolTip(
        tr("Keep the selected samples, and the area drawn round them, under a name in the file"));
    m_save->setAccessibleName(tr("Save this selection"));
    m_hint->setWordWrap(true);
    auto *removed = new QHBoxLayout(m_removed);
    removed->setContentsMargins(0, 0, 0, 0);
    m_removedText->setWordWrap(true);
    auto *undo = new QPushButton(tr("Undo"));
    undo->setAccessibleName(tr("Take the removal back"));
    removed->addWidget(m_removedText, 1);
    removed->addWidget(undo);
    for (QWidget *widget :
         {static_cast<QWidget *>(m_list), static_cast<QWidget *>(m_removed), static_cast<QWidget *>(m_save),
          static_cast<QWidget *>(m_name), static_cast<QWidget *>(m_hint)})
        box->addWidget(widget);
    m_removed->hide();
    m_removal.setSingleShot(true);
    connect(&m_removal, &QTimer::timeout, this, &SavedSelections::removeWaiting);
    connect(qApp, &QCoreApplication::aboutToQuit, this, &SavedSelections::removeWaiting);
    connect(undo, &QPushButton::clicked, this, &SavedSelections::takeBack);
    connect(m_save, &QPushButton::clicked, this, [this] { startSaving(m_suggested); });
    connect(m_name, &QLineEdit::returnPressed, this, &SavedSelections::save);
    connect(m_name, &QLineEdit::textChanged, this, &SavedSelections::updateParts);
    connect(m_list, &QAbstractItemView::clicked, this, [this](const QModelIndex &index) {
        if (index.column() == 2)
            menu(index.row(), QCursor::pos());
        else
            activate(index);
    });
    connect(m_list, &QAbstractItemView::activated, this, &SavedSelections::activate);
    connect(m_list, &QWidget::customContextMenuRequested, this, [this](const QPoint &at) {
        const QModelIndex index = m_list->indexAt(at);
        if (index.isValid())
            menu(index.row(), m_list->viewport()->mapToGlobal(at));
    });
    connect(&controller, &SessionController::savedSelectionsChanged, this, &SavedSelections::updateRows);
    connect(&controller, &SessionController::selectionChanged, this, &SavedSelections::updateParts);
    connect(&controller, &SessionController::sessionChanged, this, [this] {
        // What waited to be removed belongs to another file now and stays there.
        m_waiting.reset();
        m_removal.stop();
        closeName();
        updateRows();
    });
    closeName();
    updateRows();
}

void SavedSelections::updateRows()
{
    const auto here = m_controller.workspace() ? m_controller.workspace()->sessionId() : store::SessionId{0};
    m_model->update(m_controller.savedSelections(), here, m_waiting ? &*m_waiting : nullptr);
    updateParts();
}

void SavedSelections::updateParts()
{
    const bool any = m_controller.selectedCount() > 0, naming = !m_name->isHidden();
    if (naming && !any)
        return closeName();
    const std::string name = m_name->text().trimmed().toStdString();
    bool taken = false;
    for (int row = 0; row < m_model->rowCount(); ++row)
        taken = taken || (m_model->isHere(row) && m_model->at(row).name == name);
    m_list->setVisible(m_model->rowCount() > 0);
    m_save->setVisible(any && !naming);
    m_hint->setVisible((naming && taken) || (!any && m_model->rowCount() == 0));
    m_hint->setText(naming ? tr("Replaces the selection saved under this name.")
                           : tr("None yet. Select some points to save them under a name."));
    m_removed->setVisible(m_waiting.has_value());
}

void SavedSelections::startSaving(const QString &suggested)
{
    if (m_controller.selectedCount() == 0)
        return;
    m_name->setText(suggested);
    m_name->show();
    m_name->selectAll();
    m_name->setFocus(Qt::OtherFocusReason);
    updateParts();
}

void SavedSelections::closeName()
{
    const bool had = m_name->hasFocus();
    m_name->hide();
    m_name->clear();
    updateParts();
    if (had && !m_save->isHidden())
        m_save->setFocus(Qt::OtherFocusReason);
}

void SavedSelections::save()
{
    const QString name = m_name->text().trimmed();
    if (name.isEmpty())
        return;
    // A removal that waits would otherwise take the one saved now under the same name.
    removeWaiting();
    closeName();
    m_controller.saveSelection(name);
}

void SavedSelections::activate(const QModelIndex &index)
{
    if (!index.isValid())
        return;
    const store::SavedSelection saved = m_model->at(index.row());
    if (m_model->isHere(index.row()))
        m_controller.recall(saved);
    else
        menu(index.row(), m_list->viewport()->mapToGlobal(m_list->visualRect(index).bottomLeft()));
}

void SavedSelections::menu(int row, const QPoint &globalAt)
{
    if (row < 0 || row >= m_model->rowCount())
        return;
    const store::SavedSelection saved = m_model->at(row);
    const bool here = m_model->isHere(row);
    QMenu menu(this);
    menu.setToolTipsVisible(true);
    const QString elsewhere = tr("Of another session of this file; its samples are not in the picture");
    QAction *recall =
        menu.addAction(tr("Select these samples"), this, [this, saved] { m_controller.recall(saved); });
    QAction *area =
        menu.addAction(tr("Draw the same area again"), this, [this, saved] { Q_EMIT areaWanted(saved); });
    QAction *compare = menu.addAction(tr("Compare the selection with it"), this,
                                      [this, saved] { Q_EMIT compareWanted(saved); });
    menu.addSeparator();
    menu.addAction(tr("Remove"), this, [this, saved] { remove(saved); });
    recall->setEnabled(here);
    recall->setToolTip(here ? QString() : elsewhere);
    area->setEnabled(!saved.geometry.empty());
    area->setToolTip(saved.geometry.empty() ? tr("It was not drawn, or combined from several areas")
                                            : tr("Selects what lies in that area of the picture today"));
    compare->setEnabled(here && m_controller.selectedCount() > 0);
    compare->setToolTip(!here                               ? elsewhere
                        : m_controller.selectedCount() == 0 ? tr("Select something first")
                                                            : QString());
    menu.exec(globalAt);
}

void SavedSelections::remove(store::SavedSelection saved)
{
    removeWaiting();
    m_removedText->setText(tr("Removed “%1”.").arg(qt(saved.name)));
    m_waiting = std::move(saved);
    m_removal.start(kUndoMs);
    updateRows();
}

void SavedSelections::takeBack()
{
    m_waiting.reset();
    m_removal.stop();
    updateRows();
}

void SavedSelections::removeWaiting()
{
    m_removal.stop();
    if (const auto saved = std::exchange(m_waiting, std::nullopt))
        m_controller.removeSelection(*saved);
    updateRows();
}

bool SavedSelections::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::KeyPress) {
        const auto *key = static_cast<QKeyEvent *>(event);
        if (watched == m_name && key->key() == Qt::Key_Escape) {
            closeName();
            return true;
        }
        const QModelIndex current = m_list->currentIndex();
        if (watched == m_list && current.isValid() && key->key() == Qt::Key_Delete) {
            remove(m_model->at(current.row()));
            return true;
        }
        const bool menuKey = key->key() == Qt::Key_Menu ||
                             (key->key() == Qt::Key_F10 && key->modifiers() == Qt::ShiftModifier);
        if (watched == m_list && current.isValid() && menuKey) {
            menu(current.row(), m_list->viewport()->mapToGlobal(m_list->visualRect(current).bottomLeft()));
            return true;
        }
    }
    // Delete and Escape may be shortcuts of the window too.
    if (event->type() == QEvent::ShortcutOverride) {
        const auto *key = static_cast<QKeyEvent *>(event);
        if ((watched == m_list && key->key() == Qt::Key_Delete && m_list->currentIndex().isValid()) ||
            (watched == m_name && key->key() == Qt::Key_Escape)) {
            event->accept();
            return true;
        }
    }
    return QWidget::eventFilter(watched, event);
}

} // namespace statescape::ui
