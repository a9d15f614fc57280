// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/feature_bins.h"
#include "ui/kit/section.h"
#include "ui/models/background.h"
#include "ui/session/session_controller.h"

#include <map>

class QScrollArea;

namespace statescape::ui {

class FeatureChoice;
class HistogramView;

/// Small histograms of features, all samples and those selected: the features that tell the selection apart,
/// without one those that load most on the axes, and what is pinned. Dragging over one selects its samples.
class HistogramsDock : public SectionDock {
    Q_OBJECT
public:
    explicit HistogramsDock(SessionController &controller, QWidget *parent = nullptr);
    ~HistogramsDock() override;

    /// Keeps a feature's histogram, whatever is selected; remembered.
    void pin(const QString &key, bool on = true);
    [[nodiscard]] const QStringList &pinned() const { return m_pinned; }
    /// @return keys of the features shown, in order.
    [[nodiscard]] QStringList shown() const;
    [[nodiscard]] HistogramView *view(const QString &key) const;
    /// @return whether everything shown has been counted.
    [[nodiscard]] bool isComplete() const;

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    void update();
    void updateSelection();
    void choose();
    [[nodiscard]] QStringList suggested() const;
    void setViews(const QStringList &keys);
    HistogramView *makeView(const QString &key);
    void arrange();
    void build();
    void follow();
    void selectInterval(const HistogramView &view, quint8 firstCode, quint8 lastCode, const QString &what,
                        SelectionOp op);
    [[nodiscard]] int columnOf(const QString &key) const;

    SessionController &m_controller;
    FeatureChoice *m_add;
    QLabel *m_nothing;
    QScrollArea *m_scroll;
    QWidget *m_page;
    QStringList m_pinned, m_closed;
    std::vector<HistogramView *> m_views;
    SnapshotPtr m_snapshot;
    std::map<int, std::shared_ptr<session::FeatureBins>> m_bins; ///< by column; as many rows as m_snapshot
    std::vector<int> m_building;                                 ///< columns the thread has in hand
    int m_across = 0;
    Background m_builder;
};

} // namespace statescape::ui
