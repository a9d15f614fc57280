// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/selection_dock.h"

#include "ui/docks/against_box.h"
#include "ui/docks/label_buttons.h"
#include "ui/docks/rule_card.h"
#include "ui/docks/saved_selections.h"
#include "ui/docks/twin_histogram.h"
#include "ui/kit/figure_list.h"
#include "ui/kit/text.h"
#include "ui/models/row_selection.h"

#include <QDateTime>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QMenu>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cstring>

namespace statescape::ui {
namespace {

constexpr int kLateMs = 400;
constexpr int kEntitiesMs = 1000; // a list that changes faster cannot be clicked

/// @return first and last row selected. A million flags take some 50 µs.
std::pair<std::size_t, std::size_t> ends(const RowMask &mask)
{
    std::size_t first = 0, last = mask.size();
    const auto empty = [&mask](std::size_t at) {
        std::uint64_t eight = 0;
        std::memcpy(&eight, mask.data() + at, 8);
        return eight == 0;
    };
    while (first + 8 <= mask.size() && empty(first))
        first += 8;
    while (first < mask.size() && mask[first] == 0)
        ++first;
    while (last >= 8 && empty(last - 8))
        last -= 8;
    while (last > 0 && mask[last - 1] == 0)
        --last;
    return {first, last == 0 ? 0 : last - 1};
}

} // namespace

SelectionDock::SelectionDock(SessionController &controller, QWidget *parent)
    : SectionDock(QStringLiteral("selection"), tr("Selection"), parent)
    , m_controller(controller)
    , m_differences(new DifferenceModel(this))
    , m_processes(new ProcessModel(this))
    , m_entityModel(new EntityModel(this))
    , m_suggestion(new QLabel)
    , m_nothing(mutedLabel(tr("Nothing selected. Freeze (F), then draw a lasso (L) round points, or drag an "
                              "interval in the strip below.")))
    , m_summary(new QLabel)
    , m_reason(mutedLabel())
    , m_labelling(new LabelButtons(controller))
    , m_whoHeading(new Heading(tr("Who was running")))
    , m_entityHeading(new Heading)
    , m_savedHeading(new Heading(tr("Saved selections")))
    , m_histogram(new TwinHistogramView)
    , m_rule(new RuleCard)
    , m_who(new FigureList)
    , m_entities(new FigureList)
    , m_saved(new SavedSelections(controller))
{
    auto *page = new QWidget;
    auto *box = new QVBoxLayout(page);
    box->setContentsMargins(12, 0, 12, 4);
    box->setSpacing(6);
    for (QLabel *label : {m_suggestion, m_nothing, m_summary, m_reason})
        label->setWordWrap(true);
    m_suggestion->setTextFormat(Qt::RichText);
    m_suggestion->setFrameShape(QFrame::StyledPanel);
    m_suggestion->setObjectName(QStringLiteral("card"));
    m_suggestion->setContentsMargins(8, 5, 8, 5);
    box->addWidget(m_suggestion);
    box->addWidget(m_nothing);
    box->addWidget(m_summary);
    box->addWidget(m_labelling);
    box->addWidget(m_whyRow = makeWhy());
    box->addWidget(m_reason);
    box->addWidget(m_why);
    box->addWidget(m_more);
    box->addWidget(m_histogram);
    box->addWidget(m_rule);
    box->addWidget(m_whoHeading);
    box->addWidget(m_who);
    box->addWidget(m_entityHeading);
    box->addWidget(m_entities);
    box->addWidget(m_savedHeading);
    box->addWidget(m_saved);
    box->addStretch(1);
    m_who->setFitsRows(12);
    m_who->setModel(m_processes);
    m_who->setHeaderHidden(false);
    m_who->setWrapsNames();
    m_who->setFigureWidth(1, QStringLiteral("88.8 %"));
    m_who->setFigureWidth(2, QStringLiteral("88.8 MB/s"));
    m_who->setFigureWidth(3, QStringLiteral("88.8 k/s"));
    m_who->setAccessibleName(tr("Who was running"));
    m_entities->setFitsRows(8);
    m_entities->setModel(m_entityModel);
    m_entities->setHeaderHidden(false);
    m_entities->setFigureWidth(1, QStringLiteral("9 999 999"));
    m_entities->setFigureWidth(2, QStringLiteral("88.8 %"));
    m_entities->setContextMenuPolicy(Qt::CustomContextMenu);
    m_entities->setAccessibleName(tr("Whose samples"));
    m_sinceEntities.start();
    setScrollingPage(page);
    connectParts();
    updateSuggestion();
    showWhy(false);
    m_reason->hide();
    updateSelection();
    if (controller.explanation().samples > 0)
        updateExplanation();
}

QWidget *SelectionDock::makeWhy()
{
    auto *page = new QWidget;
    auto *row = new QHBoxLayout(page);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(6);
    m_whyHeading = new Heading(tr("Why it differs from"));
    m_whyHeading->setSizePolicy(QSizePolicy::Minimum, QSizePolicy::Fixed);
    m_against = new AgainstBox(m_controller);
    m_why = new DifferenceList;
    m_more = new QToolButton;
    row->addWidget(m_whyHeading);
    row->addWidget(m_against, 1);
    m_why->setFitsRows(DifferenceModel::kMostRows);
    m_why->setModel(m_differences);
    m_why->setContextMenuPolicy(Qt::CustomContextMenu);
    m_more->setAutoRaise(true);
    m_more->setFocusPolicy(Qt::StrongFocus);
    return page;
}

void SelectionDock::connectParts()
{
    connect(&m_controller, &SessionController::selectionChanged, this, &SelectionDock::updateSelection);
    connect(&m_controller, &SessionController::explanationChanged, this, &SelectionDock::updateExplanation);
    connect(&m_controller, &SessionController::suggestionChanged, this, &SelectionDock::updateSuggestion);
    connect(m_why->selectionModel(), &QItemSelectionModel::currentChanged, this,
            [this](const QModelIndex &now) {
                if (now.isValid())
                    m_feature = now.data(DifferenceModel::kKeyRole).toString();
                updateHistogram();
            });
    connect(m_why, &QAbstractItemView::activated, this, [this](const QModelIndex &index) {
        Q_EMIT featureAction(index.data(DifferenceModel::kKeyRole).toString(), QStringLiteral("colour"));
    });
    connect(m_why, &QWidget::customContextMenuRequested, this, &SelectionDock::featureMenu);
    connectEntities();
    connect(m_more, &QToolButton::clicked, this, [this] {
        m_differences->setAllShown(m_differences->rowCount() < m_differences->available());
        updateMore();
    });
    connect(m_labelling, &LabelButtons::command, this, &SelectionDock::labelCommand);
    connect(m_rule, &RuleCard::ruleWanted, this, &SelectionDock::ruleWanted);
    connect(m_saved, &SavedSelections::areaWanted, this, &SelectionDock::areaWanted);
    connect(m_saved, &SavedSelections::compareWanted, this, [this](const store::SavedSelection &saved) {
        m_against->choose({Workspace::Against::Kind::Saved, saved.name});
    });
    connect(m_against, &AgainstBox::chosen, this, [this] { m_late.start(kLateMs); });
    m_late.setSingleShot(true);
    connect(&m_late, &QTimer::timeout, this, [this] {
        showWhy(false);
        m_reason->setText(tr("Comparing with %1 …").arg(againstText(m_controller.against())));
        m_reason->setVisible(m_controller.selectedCount() > 0);
    });
}

void SelectionDock::resizeEvent(QResizeEvent *event)
{
    SectionDock::resizeEvent(event);
    m_whyHeading->setHeading(width() < 300 ? tr("Differs from") : tr("Why it differs from"));
    m_who->setColumnHidden(3, width() < 300); // names matter more, and the tooltip has the figure
}

void SelectionDock::updateSuggestion()
{
    const QString text = m_controller.suggestionText();
    m_suggestion->setVisible(!text.isEmpty());
    m_suggestion->setText(
        tr("%1<br><b>P</b> positive · <b>N</b> negative · <b>1</b>–<b>9</b> class · <b>S</b> skip")
            .arg(text.toHtmlEscaped()));
}

QString SelectionDock::spanText() const
{
    const auto shown = m_controller.shown();
    const RowMask &mask = *m_controller.selection();
    const auto [first, last] = ends(mask);
    if (!shown || first >= shown->samples.rows() || last >= shown->samples.rows())
        return {};
    const std::uint64_t from = shown->samples.timeNs(first) - shown->samples.durationNs(first);
    const std::uint64_t to = shown->samples.timeNs(last);
    const QString day = QStringLiteral("d MMM HH:mm:ss"), clock = QStringLiteral("HH:mm:ss");
    const QString dayFormat = QStringLiteral("yyyy-MM-dd");
    const bool sameDay = localTime(shown->anchor, from, dayFormat) == localTime(shown->anchor, to, dayFormat);
    const QString begin = localTime(shown->anchor, from, sameDay ? clock : day);
    const QString end = localTime(shown->anchor, to, sameDay ? clock : day);
    return begin == end ? begin : tr("%1 to %2").arg(begin, end);
}

void SelectionDock::updateSelection()
{
    const std::uint64_t count = m_controller.selectedCount();
    const auto shown = m_controller.shown();
    setHeading(count == 0 ? tr("Selection") : tr("Selection · %1").arg(pluralText(count, tr("point"))));
    const bool any = count > 0;
    updateEntities();
    m_nothing->setVisible(!any);
    m_summary->setVisible(any);
    m_labelling->setVisible(any);
    m_whyRow->setVisible(any);
    if (any && shown) {
        const double share = 100.0 * double(count) / double(std::max<std::size_t>(1, shown->samples.rows()));
        QString text = tr("%1 % of %2, %3")
                           .arg(share, 0, 'f', share < 10 ? 1 : 0)
                           .arg(pluralText(shown->samples.rows(), tr("sample")), spanText());
        const Explanation &e = m_controller.explanation();
        if (e.samples > 0 && e.totalNs > 0)
            text += tr(" · %1 in %2").arg(durationText(e.totalNs), pluralText(e.intervals, tr("interval")));
        m_summary->setText(text);
    }
    if (!any) {
        m_late.stop();
        showWhy(false);
        m_reason->hide();
    } else if (m_controller.explanation().samples == 0) {
        m_late.start(kLateMs);
    }
}

void SelectionDock::connectEntities()
{
    const auto pick = [this](const QModelIndex &index) {
        pickEntity(index.row(), selectionOp(QGuiApplication::keyboardModifiers()),
                   m_controller.selectedCount() > 0);
    };
    connect(m_entities, &QAbstractItemView::clicked, this, pick);
    connect(m_entities, &QAbstractItemView::activated, this, [this, pick](const QModelIndex &index) {
        // Where a single click activates, it has been taken as one.
        if (!style()->styleHint(QStyle::SH_ItemView_ActivateItemOnSingleClick))
            pick(index);
    });
    connect(m_entities, &QWidget::customContextMenuRequested, this, &SelectionDock::entityMenu);
    connect(&m_controller, &SessionController::shownChanged, this, [this] {
        if (m_controller.selectedCount() == 0 &&
            (m_sinceEntities.elapsed() >= kEntitiesMs || m_entityModel->rowCount() == 0))
            updateEntities();
    });
}

void SelectionDock::updateEntities()
{
    m_sinceEntities.restart();
    const auto shown = m_controller.shown();
    const bool several = shown && session::perEntity(*shown) && shown->samples.rows() > 0;
    const bool any = m_controller.selectedCount() > 0;
    if (several)
        m_entityModel->update(*shown, any ? m_controller.selection().get() : nullptr);
    else if (m_entityModel->rowCount() > 0)
        m_entityModel->update(session::Snapshot(), nullptr);
    m_entityHeading->setVisible(several);
    m_entities->setVisible(several);
    if (several)
        m_entityHeading->setHeading(tr("%1 %2 · %3")
                                        .arg(any ? tr("Selected") : tr("All"), entityWord(*shown, true),
                                             countText(std::uint64_t(m_entityModel->rowCount()))));
}

void SelectionDock::pickEntity(int row, SelectionOp op, bool within)
{
    const auto shown = m_controller.shown();
    if (!shown || row < 0 || row >= m_entityModel->rowCount())
        return;
    const EntityRow picked = m_entityModel->rows()[std::size_t(row)];
    const bool only = within && op == SelectionOp::Replace;
    RowMaskPtr rows = samplesOf(*shown, picked.entity, only ? m_controller.selection().get() : nullptr);
    if (op != SelectionOp::Replace)
        rows = combined(*m_controller.selection(), *rows, op, rows->size());
    m_controller.select(std::move(rows), tr("select %1").arg(picked.name));
}

void SelectionDock::entityMenu(const QPoint &at)
{
    const QModelIndex under = m_entities->indexAt(at);
    const QModelIndex index = under.isValid() ? under : m_entities->currentIndex();
    if (!index.isValid())
        return;
    QMenu menu(this);
    const auto offer = [&](const QString &text, SelectionOp op, bool within) {
        menu.addAction(text, this, [this, row = index.row(), op, within] { pickEntity(row, op, within); });
    };
    offer(tr("Select &all its samples"), SelectionOp::Replace, false);
    if (m_controller.selectedCount() > 0) {
        offer(tr("Keep &only its samples selected"), SelectionOp::Replace, true);
        offer(tr("&Take its samples from the selection"), SelectionOp::Subtract, false);
    }
    menu.exec(m_entities->viewport()->mapToGlobal(at));
}

void SelectionDock::showWhy(bool shown)
{
    const bool differs = shown && m_differences->rowCount() > 0;
    // Focus that went on to the next widget by itself would put the keys to another use.
    for (QWidget *widget : {static_cast<QWidget *>(m_why), static_cast<QWidget *>(m_histogram->plot())})
        if (!differs && widget->hasFocus())
            widget->clearFocus();
    m_why->setVisible(differs);
    m_histogram->setVisible(differs);
    m_rule->setVisible(shown);
    // Where samples are about processes, the list of whose they are says it.
    const auto snapshot = m_controller.shown();
    const bool who = shown && m_processes->rowCount() > 0 && !(snapshot && session::perEntity(*snapshot));
    m_who->setVisible(who);
    m_whoHeading->setVisible(who);
    updateMore();
}

QString SelectionDock::reasonFor(const Explanation &e) const
{
    using Kind = Workspace::Against::Kind;
    const QString other = againstText(e.against);
    if (e.others == 0)
        switch (e.against.kind) {
        case Kind::Rest:
            return tr("Everything is selected, so there is nothing to compare with: select less, or choose "
                      "something else above.");
        case Kind::State:
            return tr("The model finds no sample outside the selection in %1: choose something else above.")
                .arg(other);
        case Kind::Class:
            return tr("No sample outside the selection is labelled %1: label some, or choose something else "
                      "above.")
                .arg(qt(e.against.name));
        case Kind::Saved:
            return tr("All of %1 is selected: select something else, or compare with the rest.").arg(other);
        }
    if (e.samples < 3)
        return tr("Too few to compare: select three or more.");
    if (e.others < 3)
        return tr("Too few to compare with: %1 has %2 outside the selection.")
            .arg(other, pluralText(e.others, tr("sample")));
    return m_differences->rowCount() > 0
               ? QString()
               : tr("No feature differs from %1 by half a sigma or more.").arg(other);
}

void SelectionDock::updateExplanation()
{
    const auto shown = m_controller.shown();
    const Explanation &e = m_controller.explanation();
    if (!shown || m_controller.selectedCount() == 0)
        return;
    m_late.stop();
    updateSelection();
    m_late.stop();
    m_differences->update(e, shown->samples.sharedSchema());
    m_processes->update(e);
    m_rule->setExplanation(e, shown->samples.sharedSchema(), qt(shown->file));
    m_why->setAccessibleName(tr("Why it differs from %1").arg(againstText(e.against)));
    const QString reason = reasonFor(e);
    m_reason->setText(reason);
    showWhy(true);
    m_reason->setVisible(!reason.isEmpty());
    m_rule->setVisible(e.samples >= 3 && e.others >= 3);
    // The feature looked at stays under the eye when it is still there.
    int row = 0;
    for (int i = 0; i < m_differences->rowCount(); ++i)
        if (m_differences->index(i, 0).data(DifferenceModel::kKeyRole).toString() == m_feature)
            row = i;
    if (m_differences->rowCount() > 0)
        m_why->setCurrentIndex(m_differences->index(row, 0));
    updateHistogram();
    const auto first = m_controller.explanation().firstNs;
    const QString top =
        m_differences->rowCount() > 0 ? m_differences->index(0, 0).data().toString() : QString();
    m_saved->setSuggestedName(
        (localTime(shown->anchor, first, QStringLiteral("HH:mm")) + QLatin1Char(' ') + top).trimmed());
}

void SelectionDock::updateMore()
{
    const int more = m_differences->available() - DifferenceModel::kFewRows;
    m_more->setVisible(more > 0 && !m_why->isHidden());
    m_more->setText(m_differences->rowCount() < m_differences->available() ? tr("%1 more ▾").arg(more)
                                                                           : tr("Fewer ▴"));
    m_more->setAccessibleName(tr("Features that differ less: %1").arg(m_more->text()));
}

void SelectionDock::updateHistogram()
{
    const QModelIndex now = m_why->currentIndex();
    const Explanation &e = m_controller.explanation();
    if (!now.isValid() || now.row() >= m_differences->rowCount() || !m_differences->schema() ||
        e.samples == 0)
        return;
    const model::Difference &row = m_differences->rows()[std::size_t(now.row())];
    const auto at = std::find_if(e.histograms.begin(), e.histograms.end(),
                                 [&](const auto &histogram) { return histogram.column == row.column; });
    m_histogram->setDifference(row, (*m_differences->schema())[std::size_t(row.column)],
                               againstText(e.against), at == e.histograms.end() ? nullptr : &*at);
}

void SelectionDock::featureMenu(const QPoint &at)
{
    const QModelIndex under = m_why->indexAt(at);
    const QModelIndex index = under.isValid() ? under : m_why->currentIndex();
    if (!index.isValid())
        return;
    const QString key = index.data(DifferenceModel::kKeyRole).toString();
    QMenu menu(this);
    const std::pair<QString, const char *> actions[] = {{tr("Colour by this feature"), "colour"},
                                                        {tr("Put on the X axis"), "x"},
                                                        {tr("Put on the Y axis"), "y"},
                                                        {tr("Put on the Z axis"), "z"},
                                                        {tr("Show in the strip"), "line"}};
    for (const auto &[text, action] : actions)
        menu.addAction(text, this,
                       [this, key, id = QString::fromLatin1(action)] { Q_EMIT featureAction(key, id); });
    menu.exec(m_why->viewport()->mapToGlobal(at));
}

void SelectionDock::startSaving()
{
    show();
    m_saved->startFromSuggestion();
}

void SelectionDock::label(schema::Polarity polarity)
{
    m_labelling->label(polarity);
}

void SelectionDock::assignClass(int number)
{
    m_labelling->assignClass(number);
}

QComboBox *SelectionDock::classBox() const
{
    return m_labelling->classBox();
}

} // namespace statescape::ui
