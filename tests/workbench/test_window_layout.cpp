// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/session/planted_session.h"
#include "tests/workbench/bench_window.h"
#include "ui/kit/key_button.h"
#include "ui/kit/theme.h"
#include "ui/window/status_line.h"

#include <QAbstractItemView>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QSet>
#include <QTest>

using namespace statescape;
using namespace statescape::ui;

class TestWindowLayout : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        test::isolate(m_folder);
        m_file = m_folder.filePath(QStringLiteral("planted.statescape"));
        test::writePlanted(m_file.toStdString(), 300);
    }

    void everyCommandIsInAMenuWithAKeyOfItsOwn()
    {
        QSet<QString> ids, keys;
        for (const Command &command : commands()) {
            const QString id = QString::fromLatin1(command.id);
            QVERIFY2(!ids.contains(id), command.id);
            ids << id;
            QVERIFY2(*command.tip != 0, command.id);
            for (const QString &key :
                 QString::fromLatin1(command.shortcut).split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
                QVERIFY2(!keys.contains(key), command.shortcut);
                QVERIFY2(!QKeySequence(key, QKeySequence::PortableText).isEmpty(), command.shortcut);
                keys << key;
            }
        }
        MainWindow window(WorkbenchOptions{{}, false});
        QSet<QString> inMenus;
        for (const QAction *top : window.menuBar()->actions())
            if (top->menu())
                for (const QAction *action : top->menu()->actions())
                    inMenus << action->objectName();
        for (const QString &id : ids)
            QVERIFY2(inMenus.contains(id), qPrintable(id));
    }

    void nothingIsCutOff_data()
    {
        QTest::addColumn<QSize>("size");
        QTest::addColumn<QString>("theme");
        for (const QSize size : {QSize(1024, 700), QSize(1280, 800), QSize(1600, 1000)})
            for (const char *theme : {"dark", "light"})
                QTest::addRow("%dx%d %s", size.width(), size.height(), theme)
                    << size << QString::fromLatin1(theme);
    }

    void nothingIsCutOff()
    {
        QFETCH(QSize, size);
        QFETCH(QString, theme);
        applyTheme(theme);
        MainWindow window(WorkbenchOptions{{}, false});
        test::showWindow(window, size);
        QVERIFY(window.openFile(m_file));
        QVERIFY(test::waitForPicture(window));
        window.commandSet().trigger(QStringLiteral("select.all"));
        QTest::qWait(400);
        QVERIFY2(window.width() <= size.width() && window.height() <= size.height(),
                 qPrintable(QStringLiteral("%1x%2").arg(window.width()).arg(window.height())));
        for (auto *button : window.findChildren<QAbstractButton *>()) {
            if (!button->isVisible() || button->text().isEmpty())
                continue;
            const int text = button->fontMetrics().horizontalAdvance(button->text());
            QVERIFY2(button->width() >= text + 4, qPrintable(QStringLiteral("%1: %2 px for %3 px")
                                                                 .arg(button->text())
                                                                 .arg(button->width())
                                                                 .arg(text)));
        }
        for (auto *label : window.statusLine().findChildren<QLabel *>())
            if (label->isVisible())
                QVERIFY2(label->width() >= label->sizeHint().width(), qPrintable(label->text()));
        // Perspectives at the right end of the tool bar are there, not in an overflow menu.
        int perspectives = 0;
        for (auto *button : window.findChildren<KeyToolButton *>())
            perspectives += button->isVisible() && (button->text() == QStringLiteral("Observe") ||
                                                    button->text() == QStringLiteral("Watch"))
                                ? 1
                                : 0;
        QCOMPARE(perspectives, 2);
    }

    void everythingThatTakesFocusHasAName()
    {
        MainWindow window(WorkbenchOptions{{}, false});
        test::showWindow(window);
        QVERIFY(window.openFile(m_file));
        for (const char *perspective : {"view.observe", "view.label", "view.train", "view.watch"}) {
            window.commandSet().trigger(QString::fromLatin1(perspective));
            QTest::qWait(50);
            for (auto *widget : window.findChildren<QWidget *>()) {
                const bool named = qobject_cast<QAbstractItemView *>(widget) ||
                                   qobject_cast<QComboBox *>(widget) || qobject_cast<PointView *>(widget);
                if (widget->isVisible() && named && widget->focusPolicy() != Qt::NoFocus)
                    QVERIFY2(!widget->accessibleName().isEmpty(), widget->metaObject()->className());
            }
        }
    }

    void perspectivesShowWhatTheyAreFor()
    {
        MainWindow window(WorkbenchOptions{{}, false});
        test::showWindow(window);
        const auto visible = [&](const char *name) {
            return window.findChild<QDockWidget *>(QString::fromLatin1(name))->isVisible();
        };
        window.commandSet().trigger(QStringLiteral("view.train"));
        QVERIFY(visible("training") && visible("timeline") && !visible("probes"));
        window.commandSet().trigger(QStringLiteral("view.watch"));
        QVERIFY(visible("timeline") && !visible("training") && !visible("features"));
        window.commandSet().trigger(QStringLiteral("view.observe"));
        QVERIFY(visible("probes") && visible("features") && visible("labels") && visible("selection") &&
                visible("model"));
    }

private:
    QTemporaryDir m_folder;
    QString m_file;
};

QTEST_MAIN(TestWindowLayout)
#include "test_window_layout.moc"
