// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/histograms_dock.h"

#include "ui/docks/feature_choice.h"
#include "ui/docks/histogram_view.h"
#include "ui/kit/text.h"
#include "ui/models/row_selection.h"

#include <QGridLayout>
#include <QLineEdit>
#include <QScrollArea>
#include <QSettings>
#include <QVBoxLayout>

#include <algorithm>

namespace statescape::ui {
namespace {
constexpr int kSuggested = 6;
constexpr std::size_t kAppendAtOnce = 20'000; // more new rows are counted on the thread
const QString kSetting = QStringLiteral("histograms/pinned");
} // namespace

HistogramsDock::HistogramsDock(SessionController &controller, QWidget *parent)
    : SectionDock(QStringLiteral("histograms"), tr("Histograms"), parent)
    , m_controller(controller)
    , m_add(new FeatureChoice)
    , m_nothing(mutedLabel())
    , m_scroll(new QScrollArea)
    , m_page(new QWidget)
    , m_pinned(QSettings().value(kSetting).toStringList())
{
    auto *page = new QWidget;
    auto *box = new QVBoxLayout(page);
    box->setContentsMargins(12, 0, 12, 4);
    box->setSpacing(4);
    m_add->lineEdit()->setPlaceholderText(tr("Add a feature"));
    m_add->setAccessibleName(tr("Add the histogram of a feature"));
    m_add->setToolTip(tr("Any part of a feature's name; its histogram stays until closed"));
    box->addWidget(m_add);
    m_nothing->setWordWrap(true);
    box->addWidget(m_nothing);
    auto *grid = new QGridLayout(m_page);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setSpacing(8);
    m_scroll->setWidget(m_page);
    m_scroll->setWidgetResizable(true);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_scroll->setFocusPolicy(Qt::NoFocus);
    m_scroll->setMinimumHeight(fontMetrics().height() * 9); // one of them
    m_scroll->viewport()->setAutoFillBackground(false);
    m_page->setAutoFillBackground(false);
    box->addWidget(m_scroll, 1);
    setWidget(page);
    connect(m_add, &FeatureChoice::chose, this, [this](const QString &key) {
        pin(key);
        m_add->setChosen({});
    });
    connect(&controller, &SessionController::shownChanged, this, &HistogramsDock::update);
    connect(&controller, &SessionController::selectionChanged, this, &HistogramsDock::updateSelection);
    connect(&controller, &SessionController::explanationChanged, this, &HistogramsDock::choose);
    connect(&controller, &SessionController::sessionChanged, this, [this] { m_closed.clear(); });
    connect(this, &QDockWidget::visibilityChanged, this, &HistogramsDock::update);
    m_add->fill({}, nullptr);
    update();
}

HistogramsDock::~HistogramsDock()
{
    m_builder.disconnect(this);
}

void HistogramsDock::pin(const QString &key, bool on)
{
    m_closed.removeAll(key);
    if (on == m_pinned.contains(key))
        return;
    if (on)
        m_pinned << key;
    else
        m_pinned.removeAll(key);
    QSettings().setValue(kSetting, m_pinned);
    choose();
}

QStringList HistogramsDock::shown() const
{
    QStringList keys;
    for (const HistogramView *view : m_views)
        keys << view->key();
    return keys;
}

HistogramView *HistogramsDock::view(const QString &key) const
{
    const auto found =
        std::find_if(m_views.begin(), m_views.end(), [&](const HistogramView *v) { return v->key() == key; });
    return found == m_views.end() ? nullptr : *found;
}

int HistogramsDock::columnOf(const QString &key) const
{
    return m_snapshot && m_snapshot->samples.sharedSchema()
               ? m_snapshot->samples.schema().indexOf(key.toStdString())
               : -1;
}

bool HistogramsDock::isComplete() const
{
    return !m_builder.busy() && std::all_of(m_views.begin(), m_views.end(), [this](const HistogramView *v) {
        const auto found = m_bins.find(columnOf(v->key()));
        return found != m_bins.end() && found->second->rows() == m_snapshot->samples.rows();
    });
}

void HistogramsDock::update()
{
    if (!isVisible())
        return;
    const auto shown = m_controller.shown();
    const SnapshotPtr before = m_snapshot;
    m_snapshot = shown;
    const bool same = before && shown && before->samples.sharedSchema() == shown->samples.sharedSchema() &&
                      goesOn(before->samples, shown->samples);
    if (!same) {
        m_builder.cancel();
        m_building.clear();
        m_bins.clear();
        m_add->fill({}, shown && shown->samples.sharedSchema() ? &shown->samples.schema() : nullptr);
        m_add->setChosen({});
    }
    choose();
    follow();
}

void HistogramsDock::updateSelection()
{
    if (!isVisible())
        return;
    for (HistogramView *view : m_views) {
        const auto found = m_bins.find(columnOf(view->key()));
        view->show(found == m_bins.end() ? nullptr : found->second, m_controller.selection());
    }
    if (m_controller.selectedCount() == 0)
        choose();
}

QStringList HistogramsDock::suggested() const
{
    QStringList keys;
    if (!m_snapshot || !m_snapshot->samples.sharedSchema())
        return keys;
    const auto &schema = m_snapshot->samples.schema();
    const auto take = [&](int column) {
        if (column < 0 || std::size_t(column) >= schema.size() || keys.size() >= kSuggested)
            return;
        const QString key = qt(schema[std::size_t(column)].key);
        if (!keys.contains(key) && !m_closed.contains(key))
            keys << key;
    };
    if (m_controller.selectedCount() > 0) {
        for (const auto &difference : m_controller.explanation().differences)
            take(difference.column);
        if (!keys.isEmpty())
            return keys;
    }
    for (const auto &axis : m_snapshot->pictureAxes) {
        if (axis.kind == session::AxisSource::Kind::Feature)
            take(axis.index);
        else if (std::size_t(axis.index) < m_snapshot->axes.size())
            for (const int column : m_snapshot->axes[std::size_t(axis.index)].columns)
                take(column);
    }
    for (std::size_t c = 0; keys.isEmpty() && m_snapshot->samples.rows() > 0 && c < schema.size(); ++c)
        if (schema[c].kind != schema::FeatureKind::Level && keys.size() < 3)
            take(int(c));
    return keys;
}

void HistogramsDock::choose()
{
    if (!isVisible() || !m_snapshot)
        return;
    // While the answer for a new selection is on its way, what is shown stays.
    if (m_controller.selectedCount() > 0 && m_controller.explanation().differences.empty() &&
        !m_views.empty())
        return setViews(shown() + m_pinned);
    setViews(m_pinned + suggested());
}

void HistogramsDock::setViews(const QStringList &wanted)
{
    QStringList keys;
    for (const QString &key : wanted)
        if (!keys.contains(key) && !m_closed.contains(key) && columnOf(key) >= 0)
            keys << key;
    m_nothing->setVisible(keys.isEmpty() || m_snapshot->samples.rows() == 0);
    m_nothing->setText(m_snapshot->samples.rows() == 0
                           ? tr("No samples yet. Record this machine (Ctrl+R), import a CSV file or open a "
                                "session (Ctrl+O).")
                           : tr("Add a feature above, or select some points: the features that tell them "
                                "apart come here."));
    if (keys != shown()) {
        std::vector<HistogramView *> views;
        for (const QString &key : keys) {
            HistogramView *kept = view(key);
            views.push_back(kept ? kept : makeView(key));
        }
        for (HistogramView *old : m_views)
            if (std::find(views.begin(), views.end(), old) == views.end()) {
                old->hide();
                old->deleteLater();
            }
        m_views = std::move(views);
        m_across = 0;
        arrange();
        build();
        updateSelection();
    }
    for (HistogramView *view : m_views)
        view->setPinned(m_pinned.contains(view->key()));
}

HistogramView *HistogramsDock::makeView(const QString &key)
{
    auto *view = new HistogramView(m_snapshot->samples.schema()[std::size_t(columnOf(key))], m_page);
    connect(view, &HistogramView::pinWanted, this, [this, key](bool on) { pin(key, on); });
    connect(view, &HistogramView::closeWanted, this, [this, key] {
        m_pinned.removeAll(key);
        QSettings().setValue(kSetting, m_pinned);
        m_closed << key;
        choose();
    });
    connect(view, &HistogramView::intervalWanted, this,
            [this, view](quint8 first, quint8 last, const QString &what, SelectionOp op) {
                selectInterval(*view, first, last, what, op);
            });
    return view;
}

void HistogramsDock::arrange()
{
    if (m_views.empty())
        return;
    const int room = m_scroll->viewport()->width();
    const int across =
        std::clamp(room / (m_views.front()->minimumSizeHint().width() + 8), 1, int(m_views.size()));
    if (across == m_across)
        return;
    m_across = across;
    auto *grid = static_cast<QGridLayout *>(m_page->layout());
    while (QLayoutItem *item = grid->takeAt(0))
        delete item;
    for (int row = 0; row < grid->rowCount(); ++row)
        grid->setRowStretch(row, 0);
    for (int column = 0; column < grid->columnCount(); ++column)
        grid->setColumnStretch(column, column < across ? 1 : 0);
    for (std::size_t i = 0; i < m_views.size(); ++i) {
        grid->addWidget(m_views[i], int(i) / across, int(i) % across);
        m_views[i]->QWidget::show();
        if (i > 0)
            setTabOrder(m_views[i - 1], m_views[i]);
    }
    grid->setRowStretch(int(m_views.size() - 1) / across + 1, 1);
}

void HistogramsDock::resizeEvent(QResizeEvent *event)
{
    SectionDock::resizeEvent(event);
    arrange();
}

void HistogramsDock::build()
{
    std::vector<int> missing;
    for (const HistogramView *view : m_views) {
        const int column = columnOf(view->key());
        const auto found = m_bins.find(column);
        if (column >= 0 && (found == m_bins.end() || found->second->outgrown() ||
                            m_snapshot->samples.rows() - found->second->rows() > kAppendAtOnce))
            missing.push_back(column);
    }
    if (missing.empty() || missing == m_building || m_snapshot->samples.rows() == 0)
        return;
    m_building = missing;
    m_builder.start([this, missing, as = m_snapshot](const base::Progress &progress) -> Background::Finish {
        auto built = std::make_shared<std::vector<std::unique_ptr<session::FeatureBins>>>(
            session::FeatureBins::build(as->samples, missing, progress.stop));
        return [this, built] {
            m_building.clear();
            for (auto &bins : *built) {
                const int column = bins->column();
                m_bins[column] = std::move(bins);
            }
            follow();
            updateSelection();
        };
    });
}

void HistogramsDock::follow()
{
    if (!m_snapshot)
        return;
    build();
    const std::size_t rows = m_snapshot->samples.rows();
    for (HistogramView *view : m_views) {
        const auto found = m_bins.find(columnOf(view->key()));
        if (found == m_bins.end() || found->second->rows() >= rows ||
            rows - found->second->rows() > kAppendAtOnce)
            continue;
        found->second->append(m_snapshot->samples);
        view->show(found->second, m_controller.selection());
    }
}

void HistogramsDock::selectInterval(const HistogramView &view, quint8 firstCode, quint8 lastCode,
                                    const QString &what, SelectionOp op)
{
    const auto found = m_bins.find(columnOf(view.key()));
    if (found == m_bins.end() || !m_snapshot)
        return;
    m_controller.select(combined(*m_controller.selection(), found->second->rowsWith(firstCode, lastCode), op,
                                 m_snapshot->samples.rows()),
                        what);
}

} // namespace statescape::ui
