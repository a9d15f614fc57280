// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/docks/features_dock.h"

#include "ui/kit/figure_list.h"
#include "ui/kit/text.h"
#include "ui/models/entity_model.h"

#include <QLineEdit>
#include <QMenu>
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
               index.data(FeatureModel::kKeyRole).toString().contains(filterRegularExpression());
    }
};

constexpr int kListMs = 240; // figures that change faster cannot be read

} // namespace

FeaturesDock::FeaturesDock(SessionController &controller, QWidget *parent)
    : SectionDock(QStringLiteral("features"), tr("Features"), parent)
    , m_controller(controller)
    , m_model(new FeatureModel(this))
    , m_filter(new Filter(this))
    , m_search(new QLineEdit)
    , m_whose(mutedLabel())
    , m_list(new FigureList)
{
    auto *page = new QWidget;
    auto *box = new QVBoxLayout(page);
    box->setContentsMargins(10, 0, 10, 4);
    box->setSpacing(4);
    m_search->setPlaceholderText(tr("Search"));
    m_search->setClearButtonEnabled(true);
    m_search->setAccessibleName(tr("Search features"));
    m_filter->setSourceModel(m_model);
    m_filter->setFilterCaseSensitivity(Qt::CaseInsensitive);
    m_list->setModel(m_filter);
    m_list->setFigureWidth(1, QStringLiteral("≈ 888 MB/s"));
    m_whose->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    m_whose->setContentsMargins(3, 0, 0, 0);
    m_whose->hide();
    m_list->setAccessibleName(windowTitle());
    m_list->setContextMenuPolicy(Qt::CustomContextMenu);
    box->addWidget(m_search);
    box->addWidget(m_whose);
    box->addWidget(m_list, 1);
    setWidget(page);
    m_since.start();
    connect(m_search, &QLineEdit::textChanged, m_filter, &QSortFilterProxyModel::setFilterFixedString);
    connect(m_list, &QWidget::customContextMenuRequested, this, &FeaturesDock::menu);
    connect(m_list, &QAbstractItemView::activated, this, [this](const QModelIndex &index) {
        Q_EMIT lineWanted(index.data(FeatureModel::kKeyRole).toString());
    });
    connect(&controller, &SessionController::sessionChanged, this, &FeaturesDock::update);
    connect(&controller, &SessionController::liveChanged, this, [this] {
        if (m_since.elapsed() >= kListMs || m_model->rowCount() == 0)
            update();
    });
}

void FeaturesDock::focusSearch()
{
    show();
    m_search->setFocus(Qt::ShortcutFocusReason);
    m_search->selectAll();
}

void FeaturesDock::update()
{
    m_since.restart();
    const auto live = m_controller.live();
    if (!live)
        return;
    const std::size_t row = newestRow(*live);
    m_model->update(*live, row);
    const bool any = m_model->rowCount() > 0;
    setHeading(any ? tr("Features · %1 of %2 used").arg(m_model->used()).arg(m_model->rowCount())
                   : tr("Features"));
    // Of several samples at a time only one has room here, so it says whose they are.
    m_whose->setText(!any ? tr("They come with the first sample.")
                          : tr("of %1").arg(qt(session::entityText(*live, row))));
    m_whose->setToolTip(any ? tr("The %1 of the newest interval. The table has everybody's (Ctrl+F2).")
                                  .arg(live->model ? tr("most abnormal") : tr("busiest"))
                            : QString());
    m_whose->setVisible(!any || session::perEntity(*live));
}

void FeaturesDock::menu(const QPoint &at)
{
    // From the keyboard the place is that of the widget, not of a row.
    const QModelIndex under = m_list->indexAt(at);
    const QModelIndex index = under.isValid() ? under : m_list->currentIndex();
    if (!index.isValid())
        return;
    const QString key = index.data(FeatureModel::kKeyRole).toString();
    QMenu menu(this);
    const auto offer = [&](const QString &text, const char *action) {
        menu.addAction(text, this, [this, key, action] {
            if (QLatin1String(action) == QLatin1String("line"))
                Q_EMIT lineWanted(key);
            Q_EMIT featureAction(key, QLatin1String(action));
        });
    };
    offer(tr("Show in the &time strip"), "line");
    offer(tr("&Colour the picture by it"), "colour");
    menu.addSeparator();
    offer(tr("Put on axis &X"), "x");
    offer(tr("Put on axis &Y"), "y");
    offer(tr("Put on axis &Z"), "z");
    menu.addSeparator();
    QAction *use = menu.addAction(tr("Use in the next training"));
    use->setCheckable(true);
    use->setChecked(!m_model->isLeftOut(key));
    connect(use, &QAction::toggled, this, [this, key](bool on) { m_model->setLeftOut(key, !on); });
    menu.exec(m_list->viewport()->mapToGlobal(at));
}

} // namespace statescape::ui
