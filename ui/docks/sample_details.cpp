// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/sample_details.h"

#include "ui/kit/figure_list.h"
#include "ui/kit/section.h"
#include "ui/kit/text.h"
#include "ui/models/feature_norms.h"
#include "ui/models/seen.h"
#include "ui/picture/marks.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QMenu>
#include <QPushButton>
#include <QSortFilterProxyModel>
#include <QVBoxLayout>

namespace statescape::ui {
namespace {

/// Finds words in the title and in the key.
class Filter : public QSortFilterProxyModel {
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;

protected:
    bool filterAcceptsRow(int row, const QModelIndex &parent) const override
    {
        const QModelIndex index = sourceModel()->index(row, 0, parent);
        return index.data().toString().contains(filterRegularExpression()) ||
               index.data(SampleFacts::kKeyRole).toString().contains(filterRegularExpression());
    }
};

Explanation processesOf(const session::Snapshot &s, std::size_t row)
{
    Explanation out;
    const double seconds = double(s.samples.durationNs(row)) / 1e9;
    for (const auto &use : s.samples.processes(row)) {
        if (!(seconds > 0))
            break;
        const auto end = std::find(use.comm.begin(), use.comm.end(), '\0');
        out.processes.push_back({std::string(use.comm.begin(), end), use.pid,
                                 100.0 * double(use.cpuNs) / 1e9 / seconds, double(use.ioBytes) / seconds,
                                 double(use.syscalls) / seconds});
    }
    return out;
}

} // namespace

SampleDetails::SampleDetails(QWidget *parent, SessionController &controller)
    : QDialog(parent)
    , m_controller(controller)
    , m_facts(new SampleFacts(this))
    , m_processes(new ProcessModel(this))
    , m_filter(new Filter(this))
    , m_when(new QLabel)
    , m_state(new QLabel)
    , m_label(new QLabel)
    , m_search(new QLineEdit)
    , m_list(new FigureList)
    , m_who(new FigureList)
    , m_whoHeading(new Heading(tr("Who was running")))
    , m_previous(new QPushButton(tr("◂ Previous")))
    , m_next(new QPushButton(tr("Next ▸")))
{
    setWindowTitle(tr("Sample"));
    setModal(false);
    resize(560, 640);
    auto *box = new QVBoxLayout(this);
    for (QLabel *label : {m_when, m_state, m_label}) {
        label->setWordWrap(true);
        label->setTextInteractionFlags(Qt::TextSelectableByMouse);
        box->addWidget(label);
    }
    m_search->setPlaceholderText(tr("Search features"));
    m_search->setAccessibleName(tr("Search features"));
    m_search->setClearButtonEnabled(true);
    m_filter->setSourceModel(m_facts);
    m_filter->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_list->setModel(m_filter);
    m_list->setWrapsNames();
    m_list->setHeaderHidden(false);
    m_list->setFigureWidth(1, QStringLiteral("888.8 MB/s"));
    m_list->setFigureWidth(2, QStringLiteral("888.8 MB/s"));
    m_list->setFigureWidth(3, QStringLiteral("unusual by "));
    m_list->setAccessibleName(tr("Features of the sample, most unusual first"));
    m_who->setFitsRows(6);
    m_who->setModel(m_processes);
    m_who->setHeaderHidden(false);
    m_who->setFigureWidth(1, QStringLiteral("888.8 %"));
    m_who->setFigureWidth(2, QStringLiteral("888.8 MB/s"));
    m_who->setFigureWidth(3, QStringLiteral("888.8 k/s"));
    m_who->setAccessibleName(tr("Who was running"));
    auto *buttons = new QHBoxLayout;
    auto *copy = new QPushButton(tr("Copy"));
    auto *menu = new QMenu(copy);
    menu->addAction(tr("As text"), this, [this] { QGuiApplication::clipboard()->setText(toText()); });
    menu->addAction(tr("As a table (tabs)"), this,
                    [this] { QGuiApplication::clipboard()->setText(m_facts->toTsv()); });
    copy->setMenu(menu);
    auto *close = new QPushButton(tr("Close"));
    for (QPushButton *button : {m_previous, m_next, copy, close}) {
        button->setAutoDefault(false);
        buttons->addWidget(button);
        if (button == m_next)
            buttons->addStretch(1);
    }
    m_previous->setToolTip(tr("The sample before (Alt+Left)"));
    m_next->setToolTip(tr("The sample after (Alt+Right)"));
    m_previous->setShortcut(Qt::ALT | Qt::Key_Left);
    m_next->setShortcut(Qt::ALT | Qt::Key_Right);
    copy->setToolTip(tr("Copy everything shown here"));
    box->addWidget(m_search);
    box->addWidget(m_list, 1);
    box->addWidget(m_whoHeading);
    box->addWidget(m_who);
    box->addLayout(buttons);
    connect(m_search, &QLineEdit::textChanged, m_filter, &QSortFilterProxyModel::setFilterFixedString);
    connect(m_previous, &QPushButton::clicked, this, [this] { step(-1); });
    connect(m_next, &QPushButton::clicked, this, [this] { step(1); });
    connect(close, &QPushButton::clicked, this, &QDialog::close);
    connect(&controller, &SessionController::cursorChanged, this, [this](qint64 row) {
        if (row >= 0 && isVisible())
            showRow(row);
    });
    connect(&controller, &SessionController::shownChanged, this, &SampleDetails::follow);
    connect(&FeatureNorms::shared(), &FeatureNorms::refined, this, [this] {
        if (isVisible())
            showRow(m_row);
    });
    connect(&controller, &SessionController::sessionChanged, this, &QDialog::close);
}

int SampleDetails::shownFeatures() const
{
    return m_filter->rowCount();
}

QString SampleDetails::headText() const
{
    return m_when->text() + QLatin1Char('\n') + m_state->text() + QLatin1Char('\n') + m_label->text();
}

void SampleDetails::showRow(std::int64_t row)
{
    const auto shown = m_controller.shown();
    if (!shown || row < 0 || std::size_t(row) >= shown->samples.rows())
        return;
    m_row = row;
    m_timeNs = shown->samples.timeNs(std::size_t(row));
    update();
}

void SampleDetails::step(int by)
{
    showRow(m_row + by);
    m_controller.setCursorRow(m_row);
}

void SampleDetails::follow()
{
    const auto shown = m_controller.shown();
    if (!isVisible() || !shown || m_row < 0)
        return;
    if (std::size_t(m_row) >= shown->samples.rows() ||
        shown->samples.timeNs(std::size_t(m_row)) != m_timeNs) {
        close();
        return;
    }
    m_next->setEnabled(std::size_t(m_row) + 1 < shown->samples.rows());
    // Labels and scores change under an open window; what was measured does not.
    m_state->setText(stateText(*shown));
    m_state->setToolTip(shown->model ? tr("%1, 0 to 1").arg(confidenceWord(*shown->model)) : QString());
    const auto row = std::size_t(m_row);
    const schema::Label label = row < shown->labels->size() ? (*shown->labels)[row] : schema::Label{};
    m_label->setText(tr("Label: %1").arg(labelText(label, *shown->classNames)));
}

QString SampleDetails::stateText(const session::Snapshot &s) const
{
    const auto row = std::size_t(m_row);
    if (!s.model || !s.scores || row >= s.scores->size())
        return tr("State: no model to tell");
    const model::Score &score = (*s.scores)[row];
    return tr("State: %1, confidence %2, abnormality %3 (by %4)")
        .arg(score.cluster < 0 ? tr("unknown") : qt(s.model->states()[std::size_t(score.cluster)].name))
        .arg(double(score.confidence), 0, 'f', 2)
        .arg(double(score.abnormality), 0, 'f', 2)
        .arg(qt(s.model->name()));
}

void SampleDetails::update()
{
    const auto shown = m_controller.shown();
    const auto row = std::size_t(m_row);
    setWindowTitle(tr("Sample at %1").arg(localTime(shown->anchor, m_timeNs)));
    m_when->setText(tr("%1, an interval of %2, sample %3 of %4")
                        .arg(localTime(shown->anchor, m_timeNs, QStringLiteral("d MMM yyyy HH:mm:ss.zzz")),
                             durationText(shown->samples.durationNs(row)), countText(row + 1),
                             countText(shown->samples.rows())));
    if (session::perEntity(*shown))
        m_when->setText(qt(session::entityText(*shown, row)) + QStringLiteral(" · ") + m_when->text());
    if (const QString part = partlySeen(shown->samples, row); !part.isEmpty()) {
        m_when->setText(m_when->text() + tr("\nSampled within the budget: %1").arg(part));
        m_when->setToolTip(samplingExplained());
    } else {
        m_when->setToolTip(QString());
    }
    m_facts->update(*shown, row);
    const Explanation processes = processesOf(*shown, row);
    m_processes->update(processes);
    m_whoHeading->setHeading(processes.processes.empty() ? tr("No processes were recorded")
                                                         : tr("Who was running"));
    m_who->setVisible(!processes.processes.empty());
    m_previous->setEnabled(m_row > 0);
    m_next->setEnabled(row + 1 < shown->samples.rows());
    m_state->setText(stateText(*shown));
    const schema::Label label = row < shown->labels->size() ? (*shown->labels)[row] : schema::Label{};
    m_label->setText(tr("Label: %1").arg(labelText(label, *shown->classNames)));
}

QString SampleDetails::toText() const
{
    QString text = headText() + QLatin1Char('\n');
    for (int row = 0; row < m_facts->rowCount(); ++row)
        text += m_facts->index(row, 0).data(Qt::AccessibleTextRole).toString() + QLatin1Char('\n');
    for (int row = 0; row < m_processes->rowCount(); ++row) {
        QStringList cells;
        for (int column = 0; column < m_processes->columnCount(); ++column)
            cells << m_processes->index(row, column).data().toString();
        text += cells.join(QStringLiteral("  ")) + QLatin1Char('\n');
    }
    return text;
}

void showSampleDetails(QWidget *parent, SessionController &controller, std::int64_t row)
{
    auto *details =
        parent ? parent->findChild<SampleDetails *>(QString(), Qt::FindDirectChildrenOnly) : nullptr;
    if (!details)
        details = new SampleDetails(parent, controller);
    details->showRow(row);
    if (details->row() < 0)
        return;
    details->show();
    details->raise();
    details->activateWindow();
}

} // namespace statescape::ui
