// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/session/workspace.h"
#include "ui/models/rows_model.h"

namespace statescape::ui {

using Explanation = session::Workspace::Explanation;

/// @return what a selection is compared with, for the middle of a sentence: "the rest", "state idle", "class
/// disk stall", "negative", "saved selection monday".
QString againstText(const session::Workspace::Against &against);

/// Why the selection differs from what it is compared with: feature, bar of robust sigmas with its interval,
/// figure. Only what differs by half a sigma or more.
class DifferenceModel : public RowsModel<model::Difference> {
    Q_OBJECT
public:
    static constexpr int kEffectRole = Qt::UserRole;        ///< double, signed sigmas
    static constexpr int kLowRole = Qt::UserRole + 1;       ///< double, lower end of the 95 % interval
    static constexpr int kHighRole = Qt::UserRole + 2;      ///< double, upper end
    static constexpr int kCertainRole = Qt::UserRole + 3;   ///< bool
    static constexpr int kBelowZeroRole = Qt::UserRole + 4; ///< double >= 0, sigmas the bars' axis reaches
                                                            ///< to the other side of zero
    static constexpr int kLargestRole = Qt::UserRole + 5;   ///< double, sigmas at the axis' end
    static constexpr int kKeyRole = Qt::UserRole + 6;       ///< the feature's key
    static constexpr int kFewRows = 5, kMostRows = 12;      ///< shown at first, and at most
    static constexpr double kLongestBar = 40;               ///< sigmas; longer bars are drawn broken
    explicit DifferenceModel(QObject *parent = nullptr)
        : RowsModel(3, parent)
    {}
    void update(const Explanation &explanation, std::shared_ptr<const schema::Schema> schema);
    /// Shows kMostRows instead of kFewRows.
    void setAllShown(bool all);
    /// @return rows there would be with everything shown.
    [[nodiscard]] int available() const { return int(m_all.size()); }
    [[nodiscard]] const schema::Schema *schema() const { return m_schema.get(); }
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    void showSome();
    [[nodiscard]] QString tip(const model::Difference &row, const schema::Feature &feature) const;

    std::shared_ptr<const schema::Schema> m_schema;
    std::vector<model::Difference> m_all;
    session::Workspace::Against m_against;
    double m_belowZero = 0, m_largest = 1;
    bool m_allShown = false;
};

/// Who was running during the selection.
class ProcessModel : public RowsModel<Explanation::Who> {
public:
    explicit ProcessModel(QObject *parent = nullptr)
        : RowsModel(4, parent)
    {}
    void update(const Explanation &explanation) { replace(explanation.processes); }
    QVariant data(const QModelIndex &index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
};

} // namespace statescape::ui
