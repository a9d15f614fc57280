// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/tool_bar.h"

#include "ui/kit/key_button.h"

#include <QCompleter>
#include <QInputDialog>
#include <QLabel>
#include <QLayout>
#include <QLineEdit>
#include <QResizeEvent>

#include <array>
#include <functional>

namespace statescape::ui {

ToolBar::ToolBar(const CommandSet &commands, QWidget *parent)
    : QToolBar(tr("Tools"), parent)
    , m_commands(commands)
{
    setObjectName(QStringLiteral("tools"));
    setMovable(false);
    setContextMenuPolicy(Qt::PreventContextMenu);
    addCommand(QStringLiteral("session.record"), tr("● Recording"))
        ->setObjectName(QStringLiteral("recording"));
    addCommand(QStringLiteral("view.freeze"), tr("❚❚ Freeze"));
    addCommand(QStringLiteral("view.live"), tr("▸ Live"));
    addSeparator();
    addCommand(QStringLiteral("select.pan"));
    addCommand(QStringLiteral("select.lasso"));
    addCommand(QStringLiteral("select.rectangle"));
    const auto addOptional = [this](std::vector<QAction *> &group, const char *id, const QString &text = {}) {
        addCommand(QString::fromLatin1(id), text);
        group.push_back(actions().last());
    };
    addOptional(m_rareTools, "select.polygon");
    addOptional(m_rareTools, "select.brush");
    addOptional(m_ops, "select.replace", QStringLiteral("▣"));
    addOptional(m_ops, "select.add", QStringLiteral("+"));
    addOptional(m_ops, "select.subtract", QStringLiteral("−"));
    addOptional(m_ops, "select.intersect", QStringLiteral("∩"));
    addSeparator();
    addCommand(QStringLiteral("view.2d"));
    addCommand(QStringLiteral("view.3d"));
    addSeparator();
    m_colour = addChoice(tr("Colour by"), tr("Colour by"));
    m_colour->setToolTip(tr("What the colours of the points mean"));
    m_colour->addItems({tr("Label"), tr("State"), tr("Time"), tr("Abnormality"), tr("Feature…")});
    m_window = addChoice(tr("Show"), tr("Span shown"));
    m_window->setToolTip(tr("Which samples the picture and the strip show, counted back from the newest"));
    m_window->addItem(tr("last 5 min"), quint64{300'000'000'000});
    m_window->addItem(tr("last 15 min"), quint64{900'000'000'000});
    m_window->addItem(tr("last 1 h"), quint64{3'600'000'000'000});
    m_window->addItem(tr("all"), quint64{0});
    auto *stretch = new QWidget;
    stretch->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    addWidget(stretch);
    for (const char *id : {"view.observe", "view.label", "view.train", "view.watch"})
        addCommand(QString::fromLatin1(id));
    connect(m_colour, &QComboBox::activated, this, [this](int index) {
        if (ColourBy(index) == ColourBy::Feature)
            chooseFeature();
        else
            Q_EMIT colouringChosen({ColourBy(index), {}});
    });
    connect(m_window, &QComboBox::activated, this,
            [this] { Q_EMIT windowChosen(m_window->currentData().toULongLong()); });
}

QToolButton *ToolBar::addCommand(const QString &id, const QString &text)
{
    QAction *action = m_commands.action(id);
    const QString plain = action->text().remove(QLatin1Char('&'));
    // Tool buttons show the icon text, so that the sign before it is theirs alone.
    action->setIconText(text.isEmpty() ? plain : text);
    const QString key = action->shortcut().toString(QKeySequence::NativeText);
    auto *button = new KeyToolButton(key.size() == 1 ? key : QString());
    button->setDefaultAction(action);
    button->setToolButtonStyle(Qt::ToolButtonTextOnly);
    button->setFocusPolicy(Qt::TabFocus);
    button->setAccessibleName(plain);
    m_buttons.push_back(button);
    addWidget(button);
    return button;
}

QComboBox *ToolBar::addChoice(const QString &label, const QString &name)
{
    auto *text = new QLabel(label);
    text->setContentsMargins(6, 0, 4, 0);
    m_words.push_back(addWidget(text));
    auto *box = new QComboBox;
    box->setAccessibleName(name);
    box->setFocusPolicy(Qt::TabFocus);
    box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    text->setBuddy(box);
    addWidget(box);
    return box;
}

void ToolBar::resizeEvent(QResizeEvent *event)
{
    QToolBar::resizeEvent(event);
    if (event->size().width() == event->oldSize().width())
        return;
    // What has a key or a menu goes first: keys on buttons, words before the choices, what a drawing does,
    // the rarer tools.
    const auto fits = [this] {
        layout()->invalidate();
        return layout()->sizeHint().width() <= width();
    };
    const std::array<std::function<void(bool)>, 4> extras{[this](bool on) {
                                                              for (KeyToolButton *button : m_buttons)
                                                                  button->setKeyShown(on);
                                                          },
                                                          [this](bool on) {
                                                              for (QAction *word : m_words)
                                                                  word->setVisible(on);
                                                          },
                                                          [this](bool on) {
                                                              for (QAction *op : m_ops)
                                                                  op->setVisible(on);
                                                          },
                                                          [this](bool on) {
                                                              for (QAction *tool : m_rareTools)
                                                                  tool->setVisible(on);
                                                          }};
    for (const auto &show : extras)
        show(true);
    for (const auto &show : extras) {
        if (fits())
            break;
        show(false);
    }
}

void ToolBar::setFeatures(std::vector<std::pair<QString, QString>> features)
{
    m_features = std::move(features);
}

void ToolBar::chooseFeature()
{
    // Ninety features want a search field, not a menu.
    QStringList titles;
    int now = 0;
    for (const auto &[key, title] : m_features) {
        if (key.toStdString() == m_colouring.feature)
            now = int(titles.size());
        titles << title;
    }
    bool chosen = false;
    QInputDialog dialog(this);
    dialog.setWindowTitle(tr("Colour by a feature"));
    dialog.setLabelText(tr("Feature (type to search)"));
    dialog.setComboBoxItems(titles);
    dialog.setComboBoxEditable(true);
    if (!titles.isEmpty())
        dialog.setTextValue(titles[now]);
    if (auto *box = dialog.findChild<QComboBox *>(); box && box->completer()) {
        box->completer()->setFilterMode(Qt::MatchContains);
        box->completer()->setCompletionMode(QCompleter::PopupCompletion);
        box->lineEdit()->selectAll();
    }
    if (dialog.exec() == QDialog::Accepted)
        for (const auto &[key, title] : m_features)
            if (title == dialog.textValue()) {
                chosen = true;
                Q_EMIT colouringChosen({ColourBy::Feature, key.toStdString()});
                break;
            }
    if (!chosen)
        setColouring(m_colouring);
}

void ToolBar::setColouring(const Colouring &colouring)
{
    m_colouring = colouring;
    m_colour->setCurrentIndex(int(colouring.by));
    QString text = tr("Feature…");
    if (colouring.by == ColourBy::Feature)
        for (const auto &[key, title] : m_features)
            if (key.toStdString() == colouring.feature)
                text = title;
    m_colour->setItemText(int(ColourBy::Feature), text);
}

void ToolBar::setEntityWord(const QString &word)
{
    const int at = int(ColourBy::Entity);
    if (word.isEmpty() && m_colour->count() > at)
        m_colour->removeItem(at);
    else if (!word.isEmpty() && m_colour->count() <= at)
        m_colour->addItem(word);
    else if (!word.isEmpty() && m_colour->itemText(at) != word)
        m_colour->setItemText(at, word);
}

void ToolBar::setWindow(quint64 windowNs)
{
    m_window->setCurrentIndex(std::max(0, m_window->findData(windowNs)));
}

} // namespace statescape::ui
