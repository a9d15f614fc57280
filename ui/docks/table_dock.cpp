// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/table_dock.h"

#include "core/session/csv_export.h"
#include "ui/kit/text.h"
#include "ui/models/row_selection.h"
#include "ui/models/sample_table_model.h"

#include <QCheckBox>
#include <QClipboard>
#include <QFileDialog>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QMenu>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollBar>
#include <QToolButton>
#include <QVBoxLayout>

#include <map>

namespace statescape::ui {

SampleTableView::SampleTableView(QWidget *parent)
    : QTableView(parent)
{
    setSelectionBehavior(SelectRows);
    setSelectionMode(ExtendedSelection);
    setEditTriggers(NoEditTriggers);
    setShowGrid(false);
    setAlternatingRowColors(true);
    setWordWrap(false);
    setTabKeyNavigation(false);
    setSortingEnabled(true);
    setFrameShape(NoFrame);
    setContextMenuPolicy(Qt::CustomContextMenu);
    setCornerButtonEnabled(false);
    setHorizontalScrollMode(ScrollPerPixel);
    verticalHeader()->hide();
    verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    horizontalHeader()->setHighlightSections(false);
    horizontalHeader()->setSectionsMovable(true);
    horizontalHeader()->setTextElideMode(Qt::ElideRight);
}

void SampleTableView::keyPressEvent(QKeyEvent *event)
{
    if (event->matches(QKeySequence::Copy)) {
        Q_EMIT copyWanted();
        return;
    }
    if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) {
        Q_EMIT selectWanted(selectionOp(event->modifiers()));
        return;
    }
    if (event->modifiers() != Qt::ShiftModifier || !extend(*event))
        QTableView::keyPressEvent(event);
}

void SampleTableView::currentChanged(const QModelIndex &current, const QModelIndex &previous)
{
    if (!m_extending)
        m_anchor = current.row();
    QTableView::currentChanged(current, previous);
}

// Qt extends from where the last click or key was, which is not where another view has put the cursor since.
bool SampleTableView::extend(const QKeyEvent &key)
{
    static const std::map<int, CursorAction> kMoves{
        {Qt::Key_Up, MoveUp},         {Qt::Key_Down, MoveDown},
        {Qt::Key_PageUp, MovePageUp}, {Qt::Key_PageDown, MovePageDown},
        {Qt::Key_Home, MoveHome},     {Qt::Key_End, MoveEnd}};
    const auto move = kMoves.find(key.key());
    if (move == kMoves.end() || !currentIndex().isValid())
        return false;
    // Home and End mean rows here, for which Qt wants Ctrl.
    const QModelIndex to = moveCursor(move->second, Qt::ControlModifier);
    if (!to.isValid())
        return true;
    const int anchor = m_anchor < 0 ? currentIndex().row() : m_anchor;
    m_extending = true;
    selectionModel()->select(
        QItemSelection(model()->index(std::min(anchor, to.row()), 0),
                       model()->index(std::max(anchor, to.row()), model()->columnCount() - 1)),
        QItemSelectionModel::ClearAndSelect);
    selectionModel()->setCurrentIndex(model()->index(to.row(), currentIndex().column()),
                                      QItemSelectionModel::NoUpdate);
    m_extending = false;
    return true;
}

TableDock::TableDock(SessionController &controller, QWidget *parent)
    : SectionDock(QStringLiteral("table"), tr("Samples"), parent)
    , m_controller(controller)
    , m_model(new SampleTableModel(this))
    , m_view(new SampleTableView)
    , m_only(new QCheckBox(tr("Selected only")))
    , m_count(mutedLabel())
    , m_order(mutedLabel())
    , m_note(mutedLabel())
    , m_nothing(mutedLabel(tr("No samples yet. Record this machine (Ctrl+R), import a CSV file or open a "
                              "session (Ctrl+O).")))
    , m_again(new QPushButton(tr("Sort again")))
    , m_save(new QToolButton)
    , m_progress(new QProgressBar)
    , m_cancel(new QPushButton(tr("Cancel")))
{
    auto *page = new QWidget;
    auto *box = new QVBoxLayout(page);
    box->setContentsMargins(12, 0, 12, 4);
    box->setSpacing(4);
    box->addWidget(makeBar());
    m_nothing->setWordWrap(true);
    m_nothing->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    box->addWidget(m_nothing, 1);
    box->addWidget(m_view, 1);
    m_note->setWordWrap(true);
    m_note->hide();
    box->addWidget(m_note);
    setWidget(page);
    m_view->setModel(m_model);
    m_view->sortByColumn(kTime, Qt::AscendingOrder);
    m_view->setAccessibleName(tr("Samples"));
    m_view->verticalHeader()->setDefaultSectionSize(m_view->fontMetrics().height() + 6);
    connect(&controller, &SessionController::shownChanged, this, &TableDock::update);
    connect(&controller, &SessionController::selectionChanged, this, &TableDock::updateFilter);
    connect(&controller, &SessionController::cursorChanged, this, &TableDock::showCursor);
    connect(this, &QDockWidget::visibilityChanged, this, &TableDock::update);
    connect(m_model, &SampleTableModel::orderChanged, this, &TableDock::updateTexts);
    connect(m_model, &SampleTableModel::sortingChanged, this, &TableDock::updateTexts);
    connect(m_model, &QAbstractItemModel::modelReset, this, &TableDock::showCursor);
    connect(m_only, &QCheckBox::clicked, this, &TableDock::setSelectedOnly);
    connect(m_again, &QPushButton::clicked, m_model, &SampleTableModel::sortAgain);
    connect(m_view, &SampleTableView::selectWanted, this, &TableDock::selectMarked);
    connect(m_view, &SampleTableView::copyWanted, this, &TableDock::copy);
    connect(m_view, &QWidget::customContextMenuRequested, this, &TableDock::menu);
    connect(m_view, &QAbstractItemView::doubleClicked, this, [this](const QModelIndex &index) {
        Q_EMIT rowActivated(index.data(SampleTableModel::kRowRole).toLongLong());
    });
    connect(m_view->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex &current) {
                if (!current.isValid() || m_leading)
                    return;
                m_leading = true;
                m_controller.setCursorRow(current.data(SampleTableModel::kRowRole).toLongLong());
                m_leading = false;
            });
    connect(&m_export, &Background::progress, m_progress,
            [this](double fraction) { m_progress->setValue(int(fraction * 100)); });
    connect(&m_export, &Background::busyChanged, this, [this](bool busy) {
        m_progress->setVisible(busy);
        m_cancel->setVisible(busy);
        m_progress->setValue(0);
    });
    connect(m_cancel, &QPushButton::clicked, this, [this] {
        m_export.cancel();
        say(tr("The export was cancelled; no file was written."));
    });
    update();
}

QWidget *TableDock::makeBar()
{
    auto *bar = new QWidget;
    auto *row = new QHBoxLayout(bar);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(10);
    m_only->setToolTip(tr("While samples are selected, show only those"));
    m_again->setToolTip(tr("Sort everything there is now"));
    m_order->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_order->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_progress->setMaximumWidth(140);
    m_progress->setAccessibleName(tr("Export"));
    m_progress->hide();
    m_cancel->hide();
    m_cancel->setToolTip(tr("Stop the export; no file is written"));
    m_save->setText(tr("Export…"));
    m_save->setStyleSheet(QStringLiteral("QToolButton::menu-indicator { image: none; }"));
    m_save->setToolTip(tr("Write samples to a CSV file that statescape import reads"));
    m_save->setPopupMode(QToolButton::InstantPopup);
    auto *choices = new QMenu(m_save);
    QAction *selected =
        choices->addAction(tr("&Selected samples as CSV…"), this, [this] { askExport(true); });
    choices->addAction(tr("&All samples as CSV…"), this, [this] { askExport(false); });
    connect(choices, &QMenu::aboutToShow, this,
            [this, selected] { selected->setEnabled(m_controller.selectedCount() > 0); });
    m_save->setMenu(choices);
    row->addWidget(m_only);
    row->addWidget(m_count);
    row->addWidget(m_order, 1);
    row->addWidget(m_again);
    row->addWidget(m_progress);
    row->addWidget(m_cancel);
    row->addWidget(m_save);
    return bar;
}

void TableDock::update()
{
    if (!isVisible())
        return;
    const auto shown = m_controller.shown();
    QScrollBar *bar = m_view->verticalScrollBar();
    const bool atEnd = bar->maximum() > 0 && bar->value() == bar->maximum();
    m_model->setSnapshot(shown);
    setColumns();
    if (shown && shown->live && atEnd)
        m_view->scrollToBottom();
    updateFilter();
    updateTexts();
}

void TableDock::setColumns()
{
    const auto &s = m_model->snapshot();
    const bool scored = s && s->model && s->scores;
    for (const int column : {int(kState), int(kConfidence), int(kAbnormality)})
        if (m_view->isColumnHidden(column) == scored && m_model->columnCount() > column)
            m_view->setColumnHidden(column, !scored);
    const bool several = s && session::perEntity(*s);
    if (m_model->columnCount() > kEntity && m_view->isColumnHidden(kEntity) == several)
        m_view->setColumnHidden(kEntity, !several);
    const void *schema = s ? s->samples.sharedSchema().get() : nullptr;
    if (schema == m_schema)
        return;
    m_schema = schema;
    const QFontMetrics figures(figureFont()), text(font());
    const int least = figures.horizontalAdvance(QStringLiteral("8 888 888")) + 14;
    for (int column = 0; column < m_model->columnCount(); ++column) {
        int width = least;
        const QString header = m_model->headerData(column, Qt::Horizontal, Qt::DisplayRole).toString();
        for (const QString &line : header.split(QLatin1Char('\n')))
            width = std::max(width, text.horizontalAdvance(line) + 26);
        if (column == kTime)
            width = std::max(width, figures.horizontalAdvance(QStringLiteral("30 Nov 23:59:59.999")) + 14);
        if (column == kState || column == kLabel)
            width = std::max(width, text.horizontalAdvance(QStringLiteral("× negative: memory leaks")) + 20);
        if (column == kEntity)
            width = std::max(width, text.horizontalAdvance(QStringLiteral("containerd-shim [1234567]")) + 20);
        m_view->setColumnWidth(column, width);
    }
    // Whom it is about is read right after when it was.
    auto *header = m_view->horizontalHeader();
    if (several && header->visualIndex(kEntity) == kEntity)
        header->moveSection(kEntity, 1);
}

void TableDock::setSelectedOnly(bool on)
{
    m_wanted = on;
    m_drawn.reset();
    updateFilter();
}

void TableDock::updateFilter()
{
    if (!isVisible())
        return;
    const bool any = m_controller.selectedCount() > 0;
    m_only->setEnabled(any);
    m_only->setChecked(any && m_wanted);
    if (m_drawn != m_controller.selection() || (any && m_wanted) != m_model->isFiltered()) {
        m_drawn = m_controller.selection();
        m_model->setFilter(any && m_wanted ? m_drawn : nullptr);
    }
    updateTexts();
}

void TableDock::updateTexts()
{
    const std::size_t all = m_model->snapshot() ? m_model->snapshot()->samples.rows() : 0;
    m_nothing->setVisible(all == 0);
    m_view->setVisible(all > 0);
    m_save->setEnabled(all > 0);
    m_count->setText(
        all == 0 ? QString()
        : m_model->isFiltered()
            ? tr("%1 of %2").arg(countText(std::uint64_t(m_model->rowCount())), pluralText(all, tr("sample")))
            : pluralText(all, tr("sample")));
    const QString order = m_model->orderText();
    m_order->setText(order);
    m_order->setToolTip(order);
    m_again->setVisible(!order.isEmpty() && !m_model->isSorting());
}

void TableDock::showCursor()
{
    if (m_leading || !isVisible())
        return;
    const int row = m_model->rowOf(m_controller.cursorRow());
    if (row < 0 || m_view->currentIndex().row() == row)
        return;
    m_leading = true;
    const QModelIndex index = m_model->index(row, std::max(0, m_view->currentIndex().column()));
    auto *rows = m_view->selectionModel();
    const QItemSelection before = rows->selection();
    const bool many = before.size() > 1 || (before.size() == 1 && before.first().height() > 1);
    // Marked rows are somebody's work: only a single one moves along.
    rows->setCurrentIndex(index, many ? QItemSelectionModel::NoUpdate
                                      : QItemSelectionModel::ClearAndSelect | QItemSelectionModel::Rows);
    m_view->scrollTo(index);
    m_leading = false;
}

RowMask TableDock::marked() const
{
    const auto &s = m_model->snapshot();
    RowMask mask(s ? s->samples.rows() : 0, std::uint8_t{0});
    const QItemSelection ranges = m_view->selectionModel()->selection();
    for (const QItemSelectionRange &range : ranges)
        m_model->mark(range.top(), range.bottom(), mask);
    if (ranges.isEmpty() && m_view->currentIndex().isValid())
        m_model->mark(m_view->currentIndex().row(), m_view->currentIndex().row(), mask);
    return mask;
}

void TableDock::selectMarked(SelectionOp op)
{
    const RowMask rows = marked();
    if (std::find(rows.begin(), rows.end(), 1) == rows.end())
        return;
    m_controller.select(combined(*m_controller.selection(), rows, op, rows.size()),
                        tr("select in the table"));
}

bool TableDock::copy()
{
    const RowMask rows = marked();
    const auto count = std::size_t(std::count(rows.begin(), rows.end(), std::uint8_t{1}));
    std::vector<int> columns;
    for (int place = 0; place < m_model->columnCount(); ++place)
        if (const int column = m_view->horizontalHeader()->logicalIndex(place);
            !m_view->isColumnHidden(column))
            columns.push_back(column);
    if (count == 0 || columns.empty())
        return false;
    if (count * columns.size() > kMostCopied) {
        say(tr("%1 cells are too many for the clipboard (at most %2): export them as CSV instead.")
                .arg(countText(count * columns.size()), countText(kMostCopied)));
        return false;
    }
    QString text;
    for (const int column : columns)
        text += (text.isEmpty() ? QString() : QStringLiteral("\t")) + m_model->plainHeader(column);
    text += QLatin1Char('\n');
    // In the order shown, not in that of time.
    for (int row = 0; row < m_model->rowCount(); ++row) {
        const std::size_t sample = m_model->sampleOf(row);
        if (rows[sample] == 0)
            continue;
        for (std::size_t i = 0; i < columns.size(); ++i)
            text += (i == 0 ? QString() : QStringLiteral("\t")) + m_model->plainText(sample, columns[i]);
        text += QLatin1Char('\n');
    }
    QGuiApplication::clipboard()->setText(text);
    say(tr("%1 copied, with headers.").arg(pluralText(count, tr("row"))));
    return true;
}

void TableDock::menu(const QPoint &at)
{
    if (m_model->rowCount() == 0)
        return;
    QMenu menu(this);
    const auto offer = [&](const QString &text, const QString &keys, SelectionOp op) {
        menu.addAction(text + QLatin1Char('\t') + keys, this, [this, op] { selectMarked(op); });
    };
    offer(tr("&Select these rows"), tr("Enter"), SelectionOp::Replace);
    offer(tr("&Add them to the selection"), tr("Ctrl+Enter"), SelectionOp::Add);
    offer(tr("&Take them out of the selection"), tr("Alt+Enter"), SelectionOp::Subtract);
    menu.addSeparator();
    menu.addAction(tr("&Copy") + QStringLiteral("\tCtrl+C"), this, &TableDock::copy);
    QAction *selected =
        menu.addAction(tr("&Export the selected samples as CSV…"), this, [this] { askExport(true); });
    selected->setEnabled(m_controller.selectedCount() > 0);
    menu.addAction(tr("Export a&ll samples as CSV…"), this, [this] { askExport(false); });
    menu.exec(m_view->viewport()->mapToGlobal(at));
}

void TableDock::askExport(bool selectedOnly)
{
    const QString path = QFileDialog::getSaveFileName(
        this, selectedOnly ? tr("Export the selected samples") : tr("Export all samples"),
        QStringLiteral("samples.csv"), tr("CSV files (*.csv);;All files (*)"));
    if (!path.isEmpty())
        exportCsv(path, selectedOnly);
}

void TableDock::exportCsv(const QString &path, bool selectedOnly)
{
    const auto shown = m_controller.shown();
    if (!shown)
        return;
    if (selectedOnly && m_controller.selectedCount() == 0) {
        say(tr("Nothing is selected: select some samples, or export all."));
        return;
    }
    say(tr("Writing %1…").arg(path));
    const RowMaskPtr rows = selectedOnly ? m_controller.selection() : RowMaskPtr();
    m_export.start([this, shown, rows, path](const base::Progress &progress) -> Background::Finish {
        const auto written = session::exportCsv(
            path.toStdString(), *shown,
            rows ? std::span<const std::uint8_t>(*rows) : std::span<const std::uint8_t>(), progress);
        return [this, path, written] {
            if (!written) {
                say({});
                Q_EMIT m_controller.problem(written.error());
                return;
            }
            say(tr("%1 written to %2.").arg(pluralText(*written, tr("sample")), path));
            Q_EMIT exported(path, *written);
        };
    });
}

void TableDock::say(const QString &text)
{
    m_note->setText(text);
    m_note->setVisible(!text.isEmpty());
}

} // namespace statescape::ui
