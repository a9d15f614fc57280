// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/probe_dialog.h"

#include "ui/docks/probe_preview_pane.h"
#include "ui/kit/figure_list.h"
#include "ui/kit/section.h"
#include "ui/kit/text.h"
#include "ui/kit/theme.h"
#include "ui/models/offer_model.h"

#include <QComboBox>
#include <QCompleter>
#include <QCoreApplication>
#include <QFileDialog>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPushButton>
#include <QScreen>
#include <QSettings>
#include <QShortcut>
#include <QSplitter>
#include <QVBoxLayout>

namespace statescape::ui {
namespace {
using session::HookGroup;
const QString kPrograms = QStringLiteral("probes/programs"), kScripts = QStringLiteral("probes/scripts");
constexpr int kMostRecent = 12;
constexpr int kProbeRole = Qt::UserRole; ///< catalogue probe, or -1: one's own, whose text is kTextRole
constexpr int kTextRole = Qt::UserRole + 1;

void remember(const QString &key, const QString &path)
{
    QSettings settings;
    QStringList paths = settings.value(key).toStringList();
    paths.removeAll(path);
    paths.prepend(path);
    settings.setValue(key, paths.mid(0, kMostRecent));
}

std::vector<std::string> strings(const QStringList &list)
{
    std::vector<std::string> out;
    for (const QString &each : list)
        out.push_back(each.toStdString());
    return out;
}

QVBoxLayout *column(QWidget *part)
{
    auto *box = new QVBoxLayout(part);
    box->setContentsMargins(0, 0, 0, 0);
    box->setSpacing(6);
    return box;
}
} // namespace

ProbeDialog::ProbeDialog(SessionController &controller, PlanKeeper &keeper, QWidget *parent)
    : QDialog(parent)
    , m_controller(controller)
    , m_keeper(keeper)
    , m_text(new QLineEdit)
    , m_group(new QComboBox)
    , m_program(new QComboBox)
    , m_choose(new QPushButton)
    , m_remove(new QPushButton(tr("&Remove")))
    , m_use(new QPushButton)
    , m_offers(new OfferModel(this))
    , m_results(new FigureList)
    , m_found(mutedLabel())
    , m_consequence(new QLabel)
    , m_pane(new ProbePreviewPane)
    , m_list(new QListWidget)
{
    setObjectName(QStringLiteral("probeDialog"));
    setWindowTitle(tr("Probes"));
    const QSize wanted(fontMetrics().averageCharWidth() * 165, fontMetrics().height() * 34);
    resize(wanted.boundedTo(screen()->availableSize() * 0.92));
    auto *box = new QVBoxLayout(this);
    box->setContentsMargins(12, 12, 12, 12);
    box->setSpacing(10);
    box->addWidget(makeSearch());
    auto *middle = new QSplitter(Qt::Horizontal);
    middle->setChildrenCollapsible(false);
    middle->setHandleWidth(13);
    middle->addWidget(makeResults());
    middle->addWidget(m_pane);
    middle->addWidget(makeList());
    middle->setStretchFactor(0, 3);
    middle->setStretchFactor(1, 4);
    middle->setStretchFactor(2, 2);
    middle->setSizes({width() * 36 / 100, width() * 42 / 100, width() * 22 / 100});
    box->addWidget(middle, 1);
    box->addWidget(makeFoot());
    connect(m_pane, &ProbePreviewPane::measureChosen, this, &ProbeDialog::preview);
    connect(m_pane, &ProbePreviewPane::addWanted, this, &ProbeDialog::addShown);
    connect(&controller, &SessionController::liveChanged, this, &ProbeDialog::update);
    connect(&controller, &SessionController::sessionChanged, this, &ProbeDialog::update);
    auto *use = new QShortcut(QKeySequence(Qt::CTRL | Qt::Key_Return), this);
    connect(use, &QShortcut::activated, this, &ProbeDialog::useThese);
    connect(new QShortcut(QKeySequence::Find, this), &QShortcut::activated, m_text, [this] {
        m_text->setFocus(Qt::ShortcutFocusReason);
        m_text->selectAll();
    });
    begin();
}

ProbeDialog::~ProbeDialog() = default;

QWidget *ProbeDialog::makeSearch()
{
    auto *part = new QWidget;
    auto *row = new QHBoxLayout(part);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(6);
    m_text->setPlaceholderText(tr("Search functions, tracepoints, system calls, interfaces, scripts"));
    m_text->setClearButtonEnabled(true);
    m_text->setAccessibleName(tr("Search what can be probed"));
    m_text->setObjectName(QStringLiteral("search"));
    m_text->installEventFilter(this);
    fillGroups();
    m_group->setAccessibleName(tr("Kind of hook"));
    m_program->setEditable(true);
    m_program->setInsertPolicy(QComboBox::NoInsert);
    m_program->setAccessibleName(tr("Program or library to look into"));
    m_program->lineEdit()->setPlaceholderText(tr("in a program or library"));
    m_program->completer()->setFilterMode(Qt::MatchContains);
    m_program->completer()->setCompletionMode(QCompleter::PopupCompletion);
    m_program->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    m_program->setMinimumContentsLength(16);
    m_choose->setAutoDefault(false);
    row->addWidget(m_text, 3);
    row->addWidget(m_group);
    row->addWidget(m_program, 2);
    row->addWidget(m_choose);
    connect(m_text, &QLineEdit::textChanged, this, &ProbeDialog::ask);
    connect(m_text, &QLineEdit::returnPressed, this, &ProbeDialog::addShown);
    connect(m_group, &QComboBox::currentIndexChanged, this, [this] {
        update();
        ask();
    });
    connect(m_program, &QComboBox::activated, this, &ProbeDialog::ask);
    connect(m_program->lineEdit(), &QLineEdit::editingFinished, this, &ProbeDialog::ask);
    connect(m_choose, &QPushButton::clicked, this, &ProbeDialog::choose);
    return part;
}

void ProbeDialog::fillGroups()
{
    const std::pair<HookGroup, QString> groups[] = {{HookGroup::Everything, tr("Everything")},
                                                    {HookGroup::Syscalls, tr("System calls")},
                                                    {HookGroup::Tracepoints, tr("Tracepoints")},
                                                    {HookGroup::Functions, tr("Kernel functions")},
                                                    {HookGroup::Programs, tr("Functions of a program")},
                                                    {HookGroup::Markers, tr("Markers (USDT)")},
                                                    {HookGroup::Interfaces, tr("Network interfaces")},
                                                    {HookGroup::Scripts, tr("bpftrace scripts")},
                                                    {HookGroup::Before, tr("Used before")}};
    for (const auto &[group, name] : groups)
        m_group->addItem(name, int(group));
}

QWidget *ProbeDialog::makeResults()
{
    auto *part = new QWidget;
    auto *box = column(part);
    m_results->setModel(m_offers);
    m_results->setAccessibleName(tr("What was found"));
    m_results->setTextElideMode(Qt::ElideMiddle);
    m_results->setObjectName(QStringLiteral("results"));
    m_results->header()->setSectionResizeMode(OfferModel::kName, QHeaderView::Stretch);
    m_results->header()->setSectionResizeMode(OfferModel::kPlace, QHeaderView::Fixed);
    m_results->header()->resizeSection(OfferModel::kPlace,
                                       fontMetrics().horizontalAdvance(tr("tracepoint, filemap_x")));
    m_results->installEventFilter(this);
    m_found->setWordWrap(true);
    m_found->setTextFormat(Qt::RichText);
    m_found->setObjectName(QStringLiteral("found"));
    box->addWidget(m_results, 1);
    box->addWidget(m_found);
    connect(m_results->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex &current) {
                if (const auto *offer = m_offers->at(current))
                    preview(offer->probe);
            });
    connect(m_results, &QAbstractItemView::doubleClicked, this, &ProbeDialog::addShown);
    return part;
}

QWidget *ProbeDialog::makeList()
{
    auto *part = new QWidget;
    auto *box = column(part);
    box->addWidget(new Heading(tr("To be recorded")));
    m_list->setObjectName(QStringLiteral("planned"));
    m_list->setAccessibleName(tr("Probes to be recorded"));
    m_list->setFrameShape(QFrame::NoFrame);
    m_list->viewport()->setAutoFillBackground(false);
    m_list->setItemDelegate(new RowDelegate(m_list));
    // Boxes without a tick are to be seen too.
    QPalette colours = m_list->palette();
    colours.setColor(QPalette::Base, currentTheme().button);
    m_list->setPalette(colours);
    m_list->setWordWrap(true);
    m_list->setTextElideMode(Qt::ElideMiddle);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->installEventFilter(this);
    m_remove->setAutoDefault(false);
    m_remove->setToolTip(tr("Take the probe chosen off the list (Del)"));
    box->addWidget(m_list, 1);
    box->addWidget(m_remove, 0, Qt::AlignRight);
    connect(m_remove, &QPushButton::clicked, this, &ProbeDialog::removeChosen);
    connect(m_list, &QListWidget::currentRowChanged, this, &ProbeDialog::update);
    connect(m_list, &QListWidget::itemChanged, this, [this](const QListWidgetItem *item) {
        const int probe = item->data(kProbeRole).toInt();
        if (probe >= 0)
            m_plan = session::with(m_plan, schema::Probe(probe), item->checkState() == Qt::Checked);
        update();
    });
    return part;
}

QWidget *ProbeDialog::makeFoot()
{
    auto *part = new QWidget;
    auto *row = new QHBoxLayout(part);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(6);
    m_consequence->setWordWrap(true);
    m_consequence->setObjectName(QStringLiteral("consequence"));
    m_consequence->setProperty("muted", true);
    m_use->setObjectName(QStringLiteral("train"));
    m_use->setAutoDefault(false);
    m_use->setToolTip(tr("Record by this list from now on (Ctrl+Enter)"));
    auto *close = new QPushButton(tr("Close"));
    close->setAutoDefault(false);
    row->addWidget(m_consequence, 1);
    row->addWidget(m_use);
    row->addWidget(close);
    connect(m_use, &QPushButton::clicked, this, &ProbeDialog::useThese);
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    return part;
}

void ProbeDialog::begin()
{
    m_plan = m_keeper.plan();
    m_pane->setHow(m_keeper.options());
    m_scripts = QSettings().value(kScripts).toStringList();
    m_search.programs([this](std::vector<std::string> found) {
        QMetaObject::invokeMethod(
            this,
            [this, found = std::move(found)] {
                const QString typed = m_program->currentText();
                QStringList paths = QSettings().value(kPrograms).toStringList();
                for (const auto &path : found)
                    paths << qt(path);
                paths.removeDuplicates();
                m_program->clear();
                m_program->addItems(paths);
                m_program->setCurrentIndex(-1);
                m_program->setEditText(typed);
            },
            Qt::QueuedConnection);
    });
    fillList();
    update();
    ask();
}

void ProbeDialog::setGroup(HookGroup group)
{
    m_group->setCurrentIndex(m_group->findData(int(group)));
}

HookGroup ProbeDialog::group() const
{
    return HookGroup(m_group->currentData().toInt());
}

bool ProbeDialog::looksIntoPrograms() const
{
    return group() == HookGroup::Everything || group() == HookGroup::Programs ||
           group() == HookGroup::Markers;
}

void ProbeDialog::setProgram(const QString &path)
{
    m_program->setEditText(path);
    ask();
}

void ProbeDialog::choose()
{
    const bool script = group() == HookGroup::Scripts;
    const QString path = QFileDialog::getOpenFileName(
        this, script ? tr("Choose a bpftrace script") : tr("Choose a program or library"), {},
        script ? tr("bpftrace scripts (*.bt);;All files (*)") : QString());
    if (path.isEmpty())
        return;
    remember(script ? kScripts : kPrograms, path);
    if (script) {
        m_scripts = QSettings().value(kScripts).toStringList();
        m_text->clear();
        ask();
        preview({schema::HookKind::Script, path.toStdString(), {}, schema::Measure::Count, {}});
    } else {
        setProgram(path);
    }
}

void ProbeDialog::ask()
{
    session::HookQuery query;
    query.text = m_text->text().trimmed().toStdString();
    query.group = group();
    if (looksIntoPrograms())
        query.program = m_program->currentText().trimmed().toStdString();
    query.scripts = strings(m_scripts);
    query.before = strings(m_keeper.usedBefore());
    m_search.find(query, [this, query](session::Offers offers) {
        QMetaObject::invokeMethod(
            this, [this, query, offers = std::move(offers)]() mutable { take(query, std::move(offers)); },
            Qt::QueuedConnection);
    });
}

void ProbeDialog::take(const session::HookQuery &query, session::Offers offers)
{
    // What was typed meanwhile has its own answer under way.
    if (query.text != m_text->text().trimmed().toStdString() || query.group != group())
        return;
    m_found->setText(foundText(query, offers));
    m_offers->set(std::move(offers.offers));
    if (m_offers->rowCount() == 0)
        return;
    const QModelIndex first = m_offers->index(0, 0);
    // The first row may be another hook now while it is still the first row.
    m_results->selectionModel()->setCurrentIndex(first, QItemSelectionModel::ClearAndSelect |
                                                            QItemSelectionModel::Rows);
    m_results->scrollToTop();
    preview(m_offers->at(first)->probe);
}

void ProbeDialog::preview(const schema::UserProbe &probe)
{
    m_wanted = probe;
    m_search.preview(probe, [this, probe](session::ProbePreview preview) {
        QMetaObject::invokeMethod(
            this,
            [this, probe, preview = std::move(preview)] {
                if (probe == m_wanted)
                    m_pane->show(preview);
            },
            Qt::QueuedConnection);
    });
}

void ProbeDialog::addShown()
{
    const auto *shown = m_pane->preview();
    if (!shown || shown->verdict == session::ProbePreview::Verdict::Impossible)
        return;
    auto more = session::with(m_plan, shown->probe);
    if (!more) {
        m_consequence->setText(errorText(more.error()));
        return;
    }
    m_plan = std::move(*more);
    const std::string &path = shown->probe.target;
    if (shown->probe.kind == schema::HookKind::UserFunction || shown->probe.kind == schema::HookKind::Usdt)
        remember(kPrograms, qt(path));
    else if (shown->probe.kind == schema::HookKind::Script)
        remember(kScripts, qt(path));
    fillList();
    update();
}

void ProbeDialog::removeChosen()
{
    const auto *item = m_list->currentItem();
    if (!item || item->data(kProbeRole).toInt() >= 0)
        return;
    m_plan = session::without(m_plan, item->data(kTextRole).toString().toStdString());
    fillList();
    update();
}

void ProbeDialog::fillList()
{
    const QSignalBlocker quiet(m_list);
    m_list->clear();
    for (const auto &probe : m_plan.user) {
        const QString text = qt(schema::format(probe));
        auto *item = new QListWidgetItem(text, m_list);
        item->setData(kProbeRole, -1);
        item->setData(kTextRole, text);
        item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable);
        item->setToolTip(tr("%1<br>Del takes it off the list").arg(text.toHtmlEscaped()));
        item->setFont(figureFont());
    }
    for (std::size_t i = 0; i < schema::kProbeCount; ++i) {
        const auto &info = schema::info(schema::Probe(i));
        auto *item = new QListWidgetItem(qt(info.title), m_list);
        item->setData(kProbeRole, int(i));
        item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsUserCheckable);
        item->setCheckState((m_plan.probes >> i & 1U) != 0 ? Qt::Checked : Qt::Unchecked);
        item->setToolTip(QStringLiteral("<p>%1</p>").arg(qt(info.description).toHtmlEscaped()));
    }
    m_list->setCurrentRow(m_plan.user.empty() ? -1 : int(m_plan.user.size()) - 1);
}

void ProbeDialog::update()
{
    m_program->setVisible(looksIntoPrograms());
    m_choose->setVisible(looksIntoPrograms() || group() == HookGroup::Scripts);
    m_choose->setText(group() == HookGroup::Scripts ? tr("Choose a &script…") : tr("C&hoose…"));
    const auto *item = m_list->currentItem();
    m_remove->setEnabled(item && item->data(kProbeRole).toInt() < 0);
    const bool changed = session::textOf(m_plan).user != session::textOf(m_keeper.plan()).user ||
                         m_plan.probes != m_keeper.plan().probes;
    const auto live = m_controller.live();
    m_use->setText(live && live->live ? tr("&Record these") : tr("&Use these"));
    m_use->setEnabled(changed);
    const QString told = changed ? m_keeper.consequence(m_plan) : QString();
    m_consequence->setText(!told.isEmpty() ? told
                           : !changed
                               ? tr("Add probes to the list, or switch shipped ones, then use the list.")
                               : tr("Recordings follow this list once it is used."));
}

void ProbeDialog::useThese()
{
    if (!m_use->isEnabled())
        return;
    m_pane->stopTrial();
    if (auto applied = m_keeper.apply(m_plan); !applied) {
        m_consequence->setText(errorText(applied.error()));
        return;
    }
    accept();
}

bool ProbeDialog::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() != QEvent::KeyPress)
        return QDialog::eventFilter(watched, event);
    const int key = static_cast<QKeyEvent *>(event)->key();
    const bool enter = key == Qt::Key_Return || key == Qt::Key_Enter;
    const bool plain = static_cast<QKeyEvent *>(event)->modifiers() == Qt::NoModifier;
    // The arrows walk through the results while the search has the keyboard.
    if (watched == m_text &&
        (key == Qt::Key_Down || key == Qt::Key_Up || key == Qt::Key_PageDown || key == Qt::Key_PageUp)) {
        QCoreApplication::sendEvent(m_results, event);
        return true;
    }
    if (watched == m_results && enter && plain) {
        addShown();
        return true;
    }
    if (watched == m_list && key == Qt::Key_Delete) {
        removeChosen();
        return true;
    }
    return QDialog::eventFilter(watched, event);
}

void ProbeDialog::showEvent(QShowEvent *event)
{
    QDialog::showEvent(event);
    m_text->setFocus(Qt::OtherFocusReason);
}

} // namespace statescape::ui
