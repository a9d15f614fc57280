// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/workbench/bench_window.h"

#include "ui/kit/text.h"

#include <QSettings>
#include <QStandardPaths>
#include <QTest>

namespace statescape::test {

void isolate(const QTemporaryDir &folder)
{
    QStandardPaths::setTestModeEnabled(true);
    QSettings::setDefaultFormat(QSettings::IniFormat);
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope,
                       folder.filePath(QStringLiteral("settings")));
    QApplication::setOrganizationName(QStringLiteral("StatescapeTest"));
    QApplication::setApplicationName(QStringLiteral("workbench"));
}

void showWindow(ui::MainWindow &window, const QSize &size)
{
    window.resize(size);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    window.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    window.resize(size);
    window.picture().view()->setAnimated(false);
}

bool waitForPicture(const ui::MainWindow &window)
{
    return QTest::qWaitFor(
        [&] {
            return window.controller().shown() && window.controller().shown()->coordinates &&
                   window.picture().shownPoints() > 0;
        },
        15000);
}

void lassoRound(ui::MainWindow &window, const std::function<bool(std::size_t)> &wanted,
                Qt::KeyboardModifiers modifiers)
{
    ui::PointView *view = window.picture().view();
    const auto shown = window.controller().shown();
    QPolygonF places;
    for (std::size_t i = 0; i < shown->samples.rows(); ++i)
        if (wanted(i)) {
            const auto at =
                view->camera().project({double(shown->coordinates->x[i]), double(shown->coordinates->y[i]),
                                        double(shown->coordinates->z[i])});
            places << QPointF(at.x, at.y);
        }
    const QRect box = places.boundingRect().adjusted(-8, -8, 8, 8).toAlignedRect();
    window.commandSet().trigger(QStringLiteral("select.lasso"));
    QTest::mousePress(view, Qt::LeftButton, modifiers, box.topLeft());
    for (const QPoint &corner :
         {box.topRight(), box.bottomRight(), box.bottomLeft(), box.topLeft() + QPoint(0, 2)}) {
        QTest::mouseMove(view, corner - QPoint(1, 1));
        QTest::qWait(20);
        QTest::mouseMove(view, corner);
        QTest::qWait(20);
    }
    QTest::mouseRelease(view, Qt::LeftButton, modifiers, box.topLeft() + QPoint(0, 2));
}

std::vector<schema::Label> labelsInFile(const ui::MainWindow &window)
{
    const auto flushed = window.controller().workspace()->flush();
    auto file = store::SessionStore::open(window.controller().live()->file, store::OpenMode::ReadOnly);
    if (!flushed || !file)
        return {};
    const auto sessions = file->sessions().value();
    return file->labels(sessions.back().id).value();
}

} // namespace statescape::test
