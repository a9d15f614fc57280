// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QAbstractButton>

namespace statescape::ui {

/// A heading with an arrow that opens and closes what lies below it.
class FoldHeading : public QAbstractButton {
    Q_OBJECT
public:
    explicit FoldHeading(const QString &text, QWidget *parent = nullptr);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void setSmallFont();
};

/// A part of a dock under a heading that folds; open or closed is remembered.
class Fold : public QWidget {
    Q_OBJECT
public:
    /// @param key under which it is remembered @param open the first time
    Fold(const QString &key, const QString &title, QWidget *content, bool open, QWidget *parent = nullptr);
    void setTitle(const QString &title);
    [[nodiscard]] QString title() const { return m_heading->text(); }
    void setOpen(bool open) { m_heading->setChecked(open); }
    [[nodiscard]] bool isOpen() const { return m_heading->isChecked(); }

private:
    FoldHeading *m_heading;
};

} // namespace statescape::ui
