// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/labels_dock.h"

#include "ui/kit/figure_list.h"
#include "ui/kit/text.h"
#include "ui/kit/theme.h"
#include "ui/models/row_selection.h"

#include <QGuiApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QMenu>
#include <QPainter>
#include <QVBoxLayout>

namespace statescape::ui {
namespace {

SelectionOp opOf(Qt::KeyboardModifiers modifiers)
{
    return modifiers.testFlag(Qt::ControlModifier) ? SelectionOp::Add
           : modifiers.testFlag(Qt::AltModifier)   ? SelectionOp::Subtract
                                                   : SelectionOp::Replace;
}

/// Rows with the key of their class in a small box, and an editor that new counts do not overwrite.
class LabelDelegate : public RowDelegate {
public:
    using RowDelegate::RowDelegate;

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override
    {
        QStyleOptionViewItem text = option;
        const int digit = index.data(LabelModel::kDigitRole).toInt();
        QFont font = option.font;
        font.setPointSizeF(std::max(6.0, font.pointSizeF() * 0.78));
        const int side = QFontMetrics(font).height() + 2;
        RowDelegate::paint(painter, option, index);
        if (digit <= 0)
            return;
        const int end =
            option.rect.left() + 4 + option.fontMetrics.horizontalAdvance(index.data().toString()) + 6;
        const QRectF box(std::min(end, option.rect.right() - side) + 0.5,
                         option.rect.center().y() - side / 2 + 0.5, side - 1, side - 1);
        painter->save();
        painter->setRenderHint(QPainter::Antialiasing);
        const Theme theme = currentTheme();
        painter->setPen(theme.buttonLine);
        painter->setBrush(theme.window);
        painter->drawRoundedRect(box, 3, 3);
        painter->setPen(theme.muted);
        painter->setFont(font);
        painter->drawText(box, Qt::AlignCenter, QString::number(digit));
        painter->restore();
    }
    void setEditorData(QWidget *editor, const QModelIndex &index) const override
    {
        auto *line = qobject_cast<QLineEdit *>(editor);
        if (!line || line->property(kFrom).isValid())
            return;
        line->setProperty(kFrom, index.data(Qt::EditRole));
        line->setText(index.data(Qt::EditRole).toString());
        line->selectAll();
    }
    void setModelData(QWidget *editor, QAbstractItemModel *model, const QModelIndex &index) const override
    {
        // Counts may have moved the rows since; the class meant is the one whose name was opened.
        const QString from = editor->property(kFrom).toString();
        for (int row = 0; row < model->rowCount(); ++row) {
            const QModelIndex at = model->index(row, index.column());
            if (at.flags().testFlag(Qt::ItemIsEditable) && at.data(Qt::EditRole).toString() == from) {
                model->setData(at, qobject_cast<QLineEdit *>(editor)->text(), Qt::EditRole);
                return;
            }
        }
    }

private:
    static constexpr const char *kFrom = "statescapeFrom";
};

} // namespace

LabelsDock::LabelsDock(SessionController &controller, QWidget *parent)
    : SectionDock(QStringLiteral("labels"), tr("Labels"), parent)
    , m_controller(controller)
    , m_model(new LabelModel(this))
    , m_list(new FigureList)
{
    auto *page = new QWidget;
    auto *box = new QVBoxLayout(page);
    box->setContentsMargins(10, 0, 10, 4);
    m_list->setFitsRows(20);
    // A low window leaves room for the features too: the list then scrolls.
    m_list->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
    m_list->setMinimumHeight(5 * (fontMetrics().height() + 6));
    m_list->setModel(m_model);
    m_list->setItemDelegate(new LabelDelegate(m_list));
    m_list->setEditTriggers(QAbstractItemView::EditKeyPressed);
    m_list->setFigureWidth(1, QStringLiteral("9 999 999"));
    m_list->setAccessibleName(windowTitle());
    m_list->setContextMenuPolicy(Qt::CustomContextMenu);
    m_list->installEventFilter(this);
    box->addWidget(m_list);
    box->addStretch(1);
    setWidget(page);
    connect(m_list, &QAbstractItemView::clicked, this, [this](const QModelIndex &index) {
        pick(index.row(), opOf(QGuiApplication::keyboardModifiers()));
    });
    connect(m_list, &QWidget::customContextMenuRequested, this,
            [this](const QPoint &at) { menu(m_list->indexAt(at), m_list->viewport()->mapToGlobal(at)); });
    connect(m_model, &LabelModel::renameWanted, this, &LabelsDock::rename);
    connect(&controller, &SessionController::shownChanged, this, &LabelsDock::update);
    connect(&controller, &SessionController::sessionChanged, this, [this] {
        m_model->clear();
        update();
    });
    update();
}

void LabelsDock::update()
{
    const auto shown = m_controller.shown();
    if (!shown)
        return;
    const int before = m_model->rowCount();
    m_model->update(*shown);
    // The features below have use for the height that is left.
    if (m_model->rowCount() != before)
        widget()->setMaximumHeight(std::max(40, widget()->layout()->sizeHint().height()));
}

void LabelsDock::pick(int row, SelectionOp op)
{
    const auto shown = m_controller.shown();
    if (!shown || row < 0 || row >= m_model->rowCount() ||
        m_model->rows()[std::size_t(row)].kind == LabelRow::Kind::Heading)
        return;
    RowMaskPtr rows = m_model->samplesOf(row, *shown);
    if (op != SelectionOp::Replace)
        rows = combined(*m_controller.selection(), *rows, op, rows->size());
    m_controller.select(std::move(rows), m_model->stepText(row));
}

void LabelsDock::menu(const QModelIndex &index, const QPoint &globalAt)
{
    if (!index.isValid() || !index.flags().testFlag(Qt::ItemIsSelectable))
        return;
    QMenu menu(this);
    const int row = index.row();
    menu.addAction(tr("Select these samples"), this, [this, row] { pick(row, SelectionOp::Replace); });
    menu.addAction(tr("Add them to the selection"), this, [this, row] { pick(row, SelectionOp::Add); });
    menu.addAction(tr("Take them from the selection"), this,
                   [this, row] { pick(row, SelectionOp::Subtract); });
    if (index.siblingAtColumn(0).flags().testFlag(Qt::ItemIsEditable)) {
        menu.addSeparator();
        QAction *rename = menu.addAction(tr("Rename the class"), this, [this, row] {
            m_list->setCurrentIndex(m_model->index(row, 0));
            m_list->edit(m_model->index(row, 0));
        });
        rename->setShortcut(Qt::Key_F2);
    }
    menu.exec(globalAt);
}

void LabelsDock::rename(const QString &from, const QString &to)
{
    if (!m_controller.workspace())
        return;
    if (auto renamed = m_controller.workspace()->renameClass(from.toStdString(), to.toStdString()); !renamed)
        Q_EMIT m_controller.problem(renamed.error());
}

bool LabelsDock::eventFilter(QObject *watched, QEvent *event)
{
    if (watched == m_list && event->type() == QEvent::KeyPress) {
        const auto *key = static_cast<QKeyEvent *>(event);
        const QModelIndex current = m_list->currentIndex();
        if (current.isValid() && (key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter)) {
            pick(current.row(), opOf(key->modifiers()));
            return true;
        }
        const bool menuKey = key->key() == Qt::Key_Menu ||
                             (key->key() == Qt::Key_F10 && key->modifiers() == Qt::ShiftModifier);
        if (current.isValid() && menuKey) {
            menu(current, m_list->viewport()->mapToGlobal(m_list->visualRect(current).bottomLeft()));
            return true;
        }
        // F2 edits the name, wherever in the row the cursor is.
        if (current.isValid() && key->key() == Qt::Key_F2 && current.column() != 0) {
            m_list->setCurrentIndex(current.siblingAtColumn(0));
            m_list->edit(current.siblingAtColumn(0));
            return true;
        }
    }
    return SectionDock::eventFilter(watched, event);
}

} // namespace statescape::ui
