// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPushButton>
#include <QToolButton>

namespace statescape::ui {

/// A tool button that shows its key in a small box beside the text.
class KeyToolButton : public QToolButton {
    Q_OBJECT
public:
    explicit KeyToolButton(const QString &key, QWidget *parent = nullptr);
    /// Without the key box, for narrow windows.
    void setKeyShown(bool shown);
    QSize sizeHint() const override;
    QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QString m_key;
    bool m_keyShown = true;
};

/// The same for a push button.
class KeyPushButton : public QPushButton {
    Q_OBJECT
public:
    KeyPushButton(const QString &text, const QString &key, QWidget *parent = nullptr);
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QString m_key;
};

} // namespace statescape::ui
