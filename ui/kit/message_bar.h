// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

#include <functional>

class QVBoxLayout;

namespace statescape::ui {

/// What the user should know, without a box in the way: up to three rows above the picture, newest first,
/// each with a sign, text, one button at most and a way to close it.
class MessageBar : public QWidget {
    Q_OBJECT
public:
    enum class Kind { Note, Warning, Problem };
    explicit MessageBar(QWidget *parent = nullptr);

    /// @param key a message of the same key is replaced, not doubled @param html escaped rich text
    /// @param action text of the button, empty: none @param timeoutMs 0: stays until closed
    void show(const QString &key, Kind kind, const QString &html, const QString &action = {},
              std::function<void()> done = {}, int timeoutMs = 0);
    void close(const QString &key);
    void clear();
    /// @return plain text of all rows, for tests and screen readers.
    [[nodiscard]] QString text() const;

Q_SIGNALS:
    void heightChanged(int pixels); ///< what the messages cover of the picture; 0 without any

protected:
    void resizeEvent(QResizeEvent *event) override;

private:
    QWidget *find(const QString &key) const;
    QVBoxLayout *m_rows;
};

} // namespace statescape::ui
