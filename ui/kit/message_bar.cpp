// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/kit/message_bar.h"

#include "ui/kit/theme.h"

#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QResizeEvent>
#include <QTextDocumentFragment>
#include <QTimer>
#include <QToolButton>

namespace statescape::ui {
namespace {
constexpr int kMaxRows = 3;
}

MessageBar::MessageBar(QWidget *parent)
    : QWidget(parent)
    , m_rows(new QVBoxLayout(this))
{
    m_rows->setContentsMargins(0, 0, 0, 0);
    m_rows->setSpacing(0);
    setAccessibleName(tr("Messages"));
    setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Maximum);
}

void MessageBar::show(const QString &key, Kind kind, const QString &html, const QString &action,
                      std::function<void()> done, int timeoutMs)
{
    close(key);
    const Theme theme = currentTheme();
    auto *row = new QFrame(this);
    row->setObjectName(QStringLiteral("message"));
    row->setProperty("key", key);
    auto *box = new QHBoxLayout(row);
    box->setContentsMargins(12, 5, 6, 5);
    auto *sign = new QLabel(kind == Kind::Note      ? QStringLiteral("ℹ")
                            : kind == Kind::Warning ? QStringLiteral("▲")
                                                    : QStringLiteral("✖"));
    const QColor colour = kind == Kind::Note      ? theme.positive
                          : kind == Kind::Warning ? theme.warning
                                                  : theme.negative;
    sign->setStyleSheet(QStringLiteral("color: %1").arg(colour.name()));
    auto *text = new QLabel(html);
    text->setObjectName(QStringLiteral("text"));
    text->setWordWrap(true);
    text->setTextFormat(Qt::RichText);
    text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    row->setAccessibleName(QTextDocumentFragment::fromHtml(html).toPlainText());
    box->addWidget(sign);
    box->addWidget(text, 1);
    if (!action.isEmpty()) {
        auto *button = new QPushButton(action);
        box->addWidget(button);
        connect(button, &QPushButton::clicked, this, [done] {
            if (done)
                done();
        });
    }
    auto *shut = new QToolButton;
    shut->setText(QStringLiteral("✕"));
    shut->setAutoRaise(true);
    shut->setToolTip(tr("Close this message"));
    shut->setAccessibleName(shut->toolTip());
    box->addWidget(shut);
    connect(shut, &QToolButton::clicked, this, [this, key] { close(key); });
    if (timeoutMs > 0)
        QTimer::singleShot(timeoutMs, row, [this, key] { close(key); });
    m_rows->insertWidget(0, row);
    while (m_rows->count() > kMaxRows) {
        QWidget *last = m_rows->itemAt(m_rows->count() - 1)->widget();
        m_rows->removeWidget(last);
        last->deleteLater();
    }
}

void MessageBar::close(const QString &key)
{
    if (QWidget *row = find(key)) {
        m_rows->removeWidget(row);
        row->hide();
        row->deleteLater();
    }
}

void MessageBar::clear()
{
    while (m_rows->count() > 0)
        close(m_rows->itemAt(0)->widget()->property("key").toString());
}

void MessageBar::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    Q_EMIT heightChanged(m_rows->count() == 0 ? 0 : height());
}

QString MessageBar::text() const
{
    QStringList lines;
    for (int i = 0; i < m_rows->count(); ++i)
        lines << m_rows->itemAt(i)->widget()->accessibleName();
    return lines.join(QLatin1Char('\n'));
}

QWidget *MessageBar::find(const QString &key) const
{
    for (int i = 0; i < m_rows->count(); ++i)
        if (QWidget *row = m_rows->itemAt(i)->widget(); row->property("key").toString() == key)
            return row;
    return nullptr;
}

} // namespace statescape::ui
