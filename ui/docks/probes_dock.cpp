// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/probes_dock.h"

#include "ui/docks/probe_list.h"
#include "ui/kit/text.h"
#include "ui/kit/theme.h"

#include <QApplication>
#include <QClipboard>
#include <QGridLayout>
#include <QHeaderView>
#include <QMenu>
#include <QPushButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QVBoxLayout>

#include <algorithm>
#include <array>

namespace statescape::ui {
namespace {
constexpr int kUpdateMs = 240; // figures that change faster cannot be read
constexpr int kOrderMs = 2000; // rows that change places faster neither
constexpr std::array kBudgets{0.0, 0.5, 1.0, 2.0, 5.0};
enum Total { kAll, kHelper, kBudget };

QString shareText(double share)
{
    return QObject::tr("%1 %").arg(share, 0, 'f', 2);
}

} // namespace

ProbesDock::ProbesDock(SessionController &controller, PlanKeeper &keeper, QWidget *parent)
    : SectionDock(QStringLiteral("probes"), tr("Probes on this machine"), parent)
    , m_controller(controller)
    , m_keeper(keeper)
    , m_model(new ProbeModel(this))
    , m_list(new ProbeList(m_model))
{
    m_privilege = makePrivilege();
    auto *page = m_page = new QWidget;
    auto *box = new QVBoxLayout(page);
    box->setContentsMargins(10, 0, 10, 6);
    box->setSpacing(2);
    m_list->setAccessibleName(windowTitle());
    m_list->setContextMenuPolicy(Qt::CustomContextMenu);
    box->addWidget(m_privilege);
    box->addWidget(m_list);
    m_totals = makeTotals();
    box->addWidget(m_totals);
    box->addSpacing(3);
    box->addWidget(makeButtons());
    box->addStretch(1);
    // In a low window the panel scrolls as a whole; it must not decide how low a window can be.
    auto *scroll = new QScrollArea;
    scroll->setWidget(page);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setMinimumWidth(page->minimumSizeHint().width());
    setWidget(scroll);
    m_sinceUpdate.start();
    m_sinceOrder.start();
    m_later.setSingleShot(true);
    connect(&m_later, &QTimer::timeout, this, &ProbesDock::update);
    connect(m_list, &QWidget::customContextMenuRequested, this, [this](const QPoint &at) {
        // From the keyboard the place is that of the widget, not of a row.
        const QModelIndex under = m_list->indexAt(at);
        const QModelIndex index = under.isValid() ? under : m_list->currentIndex();
        QMenu menu(this);
        fillMenu(menu, index.data(ProbeModel::kKeyRole).toString());
        menu.exec(m_list->viewport()->mapToGlobal(at));
    });
    connect(&keeper, &PlanKeeper::planChanged, this, &ProbesDock::update);
    connect(&controller, &SessionController::sessionChanged, this, &ProbesDock::update);
    connect(&controller, &SessionController::liveChanged, this, [this] {
        if (m_sinceUpdate.elapsed() >= kUpdateMs)
            update();
        else if (!m_later.isActive())
            m_later.start(kUpdateMs);
    });
    update();
}

QWidget *ProbesDock::makePrivilege()
{
    auto *part = new QWidget;
    auto *box = new QVBoxLayout(part);
    box->setContentsMargins(0, 0, 0, 4);
    box->setSpacing(3);
    m_privilegeText = new QLabel;
    m_privilegeText->setObjectName(QStringLiteral("privilege"));
    m_privilegeText->setWordWrap(true);
    m_privilegeText->setTextFormat(Qt::RichText);
    m_privilegeText->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_copyCommand = new QPushButton(tr("Copy the command"));
    m_copyCommand->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    box->addWidget(m_privilegeText);
    box->addWidget(m_copyCommand);
    part->hide();
    connect(m_copyCommand, &QPushButton::clicked, this,
            [this] { QApplication::clipboard()->setText(m_command); });
    return part;
}

QWidget *ProbesDock::makeTotals()
{
    auto *part = new QWidget;
    auto *grid = new QGridLayout(part);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(6);
    grid->setVerticalSpacing(1);
    grid->setColumnStretch(0, 1);
    for (int i = 0; i < 3; ++i) {
        m_names[i] = mutedLabel();
        m_names[i]->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
        m_figures[i] = new QLabel;
        m_figures[i]->setFont(figureFont());
        m_figures[i]->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
        m_figures[i]->setMinimumWidth(
            QFontMetrics(figureFont()).horizontalAdvance(QStringLiteral("99.99 %")));
        grid->addWidget(m_names[i], i, 0);
        grid->addWidget(m_figures[i], i, 1);
    }
    QFont strong = figureFont();
    strong.setBold(true);
    m_figures[kAll]->setFont(strong);
    return part;
}

QWidget *ProbesDock::makeButtons()
{
    auto *part = new QWidget;
    auto *row = new QHBoxLayout(part);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(4);
    auto *add = new QPushButton(tr("+ Add a probe…"));
    add->setObjectName(QStringLiteral("addProbe"));
    add->setToolTip(
        tr("Search what this machine offers, see what a probe would give and cost, try it, add it "
           "(Ctrl+P)"));
    m_menu = new QPushButton(QStringLiteral("⋯"));
    m_menu->setObjectName(QStringLiteral("probesMenu"));
    m_menu->setToolTip(tr("Which shipped probes run, and what all of them may cost"));
    m_menu->setAccessibleName(tr("Probes and budget"));
    m_menu->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
    connect(m_menu, &QPushButton::clicked, this, [this] {
        QMenu menu(this);
        fillMenu(menu, {});
        menu.exec(m_menu->mapToGlobal(QPoint(0, m_menu->height())));
    });
    row->addWidget(add, 1);
    row->addWidget(m_menu);
    connect(add, &QPushButton::clicked, this, &ProbesDock::addWanted);
    return part;
}

void ProbesDock::fillMenu(QMenu &menu, const QString &key)
{
    if (!key.isEmpty())
        addOwn(menu, key);
    const auto offer = [&menu](QAction *action, bool fixed) {
        action->setEnabled(!fixed);
        if (fixed)
            action->setToolTip(tr("Samples of processes and cgroups come from a fixed set of probes; a "
                                  "recording of the whole machine takes any (Ctrl+N)"));
        menu.setToolTipsVisible(true);
    };
    offer(menu.addAction(tr("&Add a probe…"), this, &ProbesDock::addWanted), m_keeper.perEntity());
    QMenu *shipped = menu.addMenu(tr("S&hipped probes"));
    addShipped(*shipped);
    offer(shipped->menuAction(), m_keeper.perEntity());
    addBudgets(*menu.addMenu(tr("&Budget: %1").arg(budgetText(m_keeper.plan().budgetPercent))));
}

void ProbesDock::addOwn(QMenu &menu, const QString &key)
{
    const auto probe = schema::probeFromKey(key.toStdString());
    if (probe == schema::Probe::kCount) {
        menu.addAction(tr("&Remove this probe"), this, [this, key] {
            m_keeper.ask(session::without(m_keeper.plan(), key.toStdString()), this);
        });
        menu.addAction(tr("Copy for the &command line"), this, [key] {
            QApplication::clipboard()->setText(QStringLiteral("--probe '%1'").arg(key));
        });
    } else if (!m_keeper.perEntity()) {
        menu.addAction(tr("&Switch off"), this,
                       [this, probe] { m_keeper.ask(session::with(m_keeper.plan(), probe, false), this); });
    }
    for (const ProbeRow &row : m_model->rows()) {
        const QString hint = qt(row.state.hint);
        if (qt(row.probe.key) == key && !hint.isEmpty())
            menu.addAction(tr("Copy &what to do: %1")
                               .arg(m_list->fontMetrics().elidedText(
                                   hint, Qt::ElideRight, 60 * m_list->fontMetrics().averageCharWidth())),
                           this, [hint] { QApplication::clipboard()->setText(hint); });
    }
    if (!menu.isEmpty())
        menu.addSeparator();
}

void ProbesDock::addShipped(QMenu &menu)
{
    menu.setToolTipsVisible(true);
    for (std::size_t i = 0; i < schema::kProbeCount; ++i) {
        const auto probe = schema::Probe(i);
        QAction *action = menu.addAction(qt(schema::info(probe).title));
        action->setCheckable(true);
        action->setChecked((m_keeper.plan().probes & schema::bitOf(probe)) != 0);
        action->setToolTip(qt(schema::info(probe).description));
        connect(action, &QAction::toggled, this,
                [this, probe](bool on) { m_keeper.ask(session::with(m_keeper.plan(), probe, on), this); });
    }
    menu.addSeparator();
    menu.addAction(tr("Those by &default"), this, [this] {
        auto plan = m_keeper.plan();
        plan.probes = schema::defaultProbes();
        m_keeper.ask(plan, this);
    });
}

void ProbesDock::addBudgets(QMenu &menu)
{
    menu.setToolTipsVisible(true);
    for (const double percent : kBudgets) {
        QAction *action = menu.addAction(percent > 0 ? tr("%1 of one CPU").arg(budgetText(percent))
                                                     : tr("Off: nothing is shed"),
                                         this, [this, percent] {
                                             auto plan = m_keeper.plan();
                                             plan.budgetPercent = percent;
                                             m_keeper.ask(plan, this);
                                         });
        action->setCheckable(true);
        action->setChecked(percent == m_keeper.plan().budgetPercent);
        action->setToolTip(tr("Above it the dearest probe is shed, and taken back when it fits"));
    }
}

void ProbesDock::showPrivilege(const session::Snapshot &live)
{
    const auto &status = live.status;
    const bool reduced = live.live && status.state == source::HelperState::Reduced;
    if (reduced) {
        m_command = qt(status.hint);
        const QString text =
            tr("<span style='color:%1'>▲</span> <b>Without privilege:</b> only what /proc tells. For all of "
               "them: <code>%2</code>")
                .arg(currentTheme().warning.name(), m_command.toHtmlEscaped());
        if (m_privilegeText->text() != text)
            m_privilegeText->setText(text);
        m_copyCommand->setVisible(!m_command.isEmpty());
    }
    m_privilege->setVisible(reduced);
}

void ProbesDock::showTotals(const session::Snapshot &live)
{
    const auto &status = live.status;
    const auto set = [this](Total which, const QString &name, const QString &figure, const QString &tip) {
        m_names[which]->setText(name);
        m_figures[which]->setText(figure);
        for (QLabel *label : {m_names[which], m_figures[which]})
            label->setToolTip(tip);
    };
    const QString none = QStringLiteral("–");
    const double budget = m_keeper.plan().budgetPercent;
    double all = 0;
    for (const ProbeRow &row : m_model->rows())
        all += std::max(0.0, row.cpuShare);
    const bool over = live.live && budget > 0 && all > budget;
    set(kAll,
        status.mapBytes > 0
            ? tr("All probes, maps %1").arg(valueText(double(status.mapBytes), base::Unit::Bytes))
            : tr("All probes"),
        live.live ? (over ? QStringLiteral("▲ ") : QString()) + shareText(all) : none,
        tr("What the probes cost inside the kernel: events × cost of one, as a share of one CPU; and the "
           "kernel memory of "
           "their maps"));
    set(kHelper,
        status.helperRssBytes > 0
            ? tr("Helper, %1").arg(valueText(double(status.helperRssBytes), base::Unit::Bytes))
            : tr("Helper"),
        live.live ? shareText(status.helperCpuShare) : none,
        tr("The program that reads the probes: its CPU time as a share of one CPU, measured, and its "
           "memory"));
    set(kBudget, tr("Budget"), budgetText(budget),
        tr("What all probes together may cost, as a share of one CPU. Above it the dearest is shed and taken "
           "back when it fits. Change it in the menu beside the button."));
    m_figures[kAll]->setStyleSheet(over ? QStringLiteral("color: %1").arg(currentTheme().negative.name())
                                        : QString());
}

void ProbesDock::update()
{
    m_later.stop();
    m_sinceUpdate.restart();
    const auto live = m_controller.live();
    const session::Snapshot none;
    const session::Snapshot &now = live ? *live : none;
    m_model->update(now, m_keeper.plan());
    if (m_sinceOrder.elapsed() >= kOrderMs) {
        m_sinceOrder.restart();
        m_list->order()->refresh();
    }
    showPrivilege(now);
    showTotals(now);
    fitHeight();
}

void ProbesDock::fitHeight()
{
    // The sums stand under the shares, whether the list scrolls or not.
    const int bar = m_list->verticalScrollBar()->isVisible() ? m_list->verticalScrollBar()->width() : 0;
    if (const QMargins margins(3, 3, 3 + bar, 0); m_totals->contentsMargins() != margins)
        m_totals->setContentsMargins(margins);
    // A box layout short of height would cut the last line of a text that wraps.
    if (!m_privilege->isHidden()) {
        const int height = m_privilegeText->heightForWidth(std::max(40, m_page->width() - 20));
        if (m_privilegeText->minimumHeight() != height)
            m_privilegeText->setMinimumHeight(height);
    }
    // The features below have use for the height that is left.
    const auto *box = m_page->layout();
    const int most = std::max(40, box->hasHeightForWidth() ? box->heightForWidth(m_page->width())
                                                           : box->sizeHint().height());
    if (widget()->maximumHeight() != most)
        widget()->setMaximumHeight(most);
}

} // namespace statescape::ui
