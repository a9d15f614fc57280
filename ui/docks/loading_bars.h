// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <vector>

namespace statescape::ui {

/// How much a feature weighs on an axis.
struct Loading {
    QString title, key;
    double weight = 0; ///< -1..1
};

/// @return "block queue p99 rises, idle falls": what happens along an axis. @param most features named
QString loadingWords(const std::vector<Loading> &loadings, std::size_t most);

/// Features with bars to the right for what rises along an axis and to the left for what falls.
class LoadingBars : public QWidget {
    Q_OBJECT
public:
    explicit LoadingBars(QWidget *parent = nullptr);
    /// @param loadings heaviest first
    void setLoadings(std::vector<Loading> loadings);
    [[nodiscard]] const std::vector<Loading> &loadings() const { return m_loadings; }
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    [[nodiscard]] int rowHeight() const;
    std::vector<Loading> m_loadings;
};

} // namespace statescape::ui
