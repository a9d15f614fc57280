// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/session/planted_session.h"
#include "ui/docks/axes_dock.h"
#include "ui/docks/feature_choice.h"
#include "ui/docks/scree_plot.h"
#include "ui/kit/text.h"
#include "ui/kit/theme.h"

#include <QCheckBox>
#include <QPushButton>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>

using namespace statescape;
using namespace statescape::ui;
using session::AxisSource;

class TestAxesDock : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        m_file = m_folder.filePath(QStringLiteral("planted.statescape"));
        test::writePlanted(m_file.toStdString(), 300);
        applyTheme(QStringLiteral("dark"));
    }
    void init()
    {
        m_controller = std::make_unique<SessionController>();
        QVERIFY(m_controller->open(m_file).has_value());
        QTRY_VERIFY_WITH_TIMEOUT(m_controller->shown() && m_controller->shown()->coordinates, 20000);
        m_dock = std::make_unique<AxesDock>(*m_controller);
        m_dock->setFloating(true);
        m_dock->resize(340, 900);
        m_dock->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_dock.get()));
        m_dock->setPrincipal();
        QTRY_VERIFY(m_controller->shown()->pictureAxes == session::kPrincipalAxes);
    }
    void cleanup()
    {
        m_dock.reset();
        m_controller.reset();
    }

    void textsAreThoseOfTheAxes()
    {
        for (int axis = 0; axis < 3; ++axis) {
            const QString text = qt(session::axisText(*m_controller->shown(), std::size_t(axis)));
            QVERIFY(!text.isEmpty());
            QVERIFY2(m_dock->meaning(axis).startsWith(text), qPrintable(m_dock->meaning(axis)));
        }
        QVERIFY2(m_dock->driftText().contains(QStringLiteral("300 samples")),
                 qPrintable(m_dock->driftText()));
        QVERIFY(m_dock->driftText().contains(QChar(0xb0)));
    }

    void choosingPutsAFeatureOnAnAxis()
    {
        const auto choices = m_dock->findChildren<FeatureChoice *>();
        QCOMPARE(choices.size(), 3);
        const int column = m_controller->shown()->samples.schema().indexOf("block.queue.p99");
        type(choices[1], QStringLiteral("block.queue.p99"));
        QTRY_COMPARE(m_controller->shown()->pictureAxes[1].index, column);
        QCOMPARE(m_controller->shown()->pictureAxes[1].kind, AxisSource::Kind::Feature);
        QTRY_VERIFY(m_dock->meaning(1) == qt(session::axisText(*m_controller->shown(), 1)));
        QVERIFY2(m_dock->meaning(1).contains(QStringLiteral("µs")) ||
                     m_dock->meaning(1).contains(QStringLiteral("ms")),
                 qPrintable(m_dock->meaning(1)));
        QVERIFY(m_dock->loadings(1).empty());
        QVERIFY(!m_dock->loadings(0).empty());
        // What is no feature changes nothing.
        type(choices[2], QStringLiteral("nonsense"));
        QTest::qWait(100);
        QCOMPARE(m_controller->shown()->pictureAxes[2], session::kPrincipalAxes[2]);
        m_dock->setPrincipal();
        QTRY_VERIFY(m_controller->shown()->pictureAxes == session::kPrincipalAxes);
    }

    void theSameTwiceChangesPlaces()
    {
        m_dock->setAxis(0, session::kPrincipalAxes[2]);
        QTRY_COMPARE(m_controller->shown()->pictureAxes[0], session::kPrincipalAxes[2]);
        QCOMPARE(m_controller->shown()->pictureAxes[2], session::kPrincipalAxes[0]);
        QCOMPARE(m_controller->shown()->pictureAxes[1], session::kPrincipalAxes[1]);
    }

    void theMapComesWithItsWarning()
    {
        const auto hasText = [this](const QString &text) {
            const auto labels = m_dock->findChildren<QLabel *>();
            return std::any_of(labels.begin(), labels.end(), [&](const QLabel *label) {
                return label->isVisible() && label->text().contains(text);
            });
        };
        QVERIFY(!hasText(QStringLiteral("trust which samples lie together")));
        m_dock->setMap(2);
        QTRY_VERIFY_WITH_TIMEOUT(session::showsMap(m_controller->shown()->pictureAxes), 20'000);
        const auto axes = m_controller->shown()->pictureAxes;
        QCOMPARE(axes[0], (AxisSource{AxisSource::Kind::Map, 0}));
        QCOMPARE(axes[1], (AxisSource{AxisSource::Kind::Map, 1}));
        QCOMPARE(axes[2], session::kPrincipalAxes[2]);
        QTRY_VERIFY(m_dock->meaning(0).startsWith(QStringLiteral("neighbour map 1 (no unit")));
        QVERIFY(hasText(QStringLiteral("trust which samples lie together")));
        QVERIFY(m_dock->loadings(0).empty());
        QVERIFY(!m_dock->loadings(2).empty());
        QVERIFY2(m_dock->driftText().contains(QStringLiteral("300 of 300 samples")),
                 qPrintable(m_dock->driftText()));
        const auto boxes = m_dock->findChildren<QCheckBox *>();
        QVERIFY(std::none_of(boxes.begin(), boxes.end(), [](auto *box) {
            return box->isVisible() && box->text().contains(QStringLiteral("Arrows"));
        }));
        m_dock->setMap(3);
        QTRY_VERIFY_WITH_TIMEOUT(
            (m_controller->shown()->pictureAxes[2] == AxisSource{AxisSource::Kind::Map, 2}), 20'000);
        // Typed like any other.
        m_dock->setAxis(2, session::kPrincipalAxes[1]);
        QTRY_VERIFY_WITH_TIMEOUT((m_controller->shown()->pictureAxes[2] == session::kPrincipalAxes[1]),
                                 20'000);
        type(m_dock->findChildren<FeatureChoice *>()[2], QStringLiteral("Neighbour map 3"));
        QTRY_VERIFY_WITH_TIMEOUT(
            (m_controller->shown()->pictureAxes[2] == AxisSource{AxisSource::Kind::Map, 2}), 20'000);
        m_dock->setPrincipal();
        QTRY_VERIFY(m_controller->shown()->pictureAxes == session::kPrincipalAxes);
        QTRY_VERIFY(!hasText(QStringLiteral("trust which samples lie together")));
    }

    void cancellingTheMapLeavesThePicture()
    {
        m_dock->setMap(3);
        m_dock->cancelMap();
        QTest::qWait(300);
        QVERIFY(m_controller->shown()->pictureAxes == session::kPrincipalAxes);
        QVERIFY(!m_controller->shown()->mapProgress);
        QCOMPARE(m_dock->findChildren<FeatureChoice *>()[0]->chosen(), QStringLiteral("\npc0"));
    }

    void loadingsAreThoseOfTheProjection()
    {
        const auto &s = *m_controller->shown();
        const auto weights = s.projection->loadings();
        const auto columns = s.projection->columns();
        for (int axis = 0; axis < 3; ++axis) {
            const auto &loadings = m_dock->loadings(axis);
            QVERIFY(loadings.size() >= 3);
            for (std::size_t i = 0; i < loadings.size(); ++i) {
                if (i > 0)
                    QVERIFY(std::abs(loadings[i].weight) <= std::abs(loadings[i - 1].weight));
                bool found = false;
                for (std::size_t c = 0; c < columns.size(); ++c)
                    if (qt(s.samples.schema()[std::size_t(columns[c])].key) == loadings[i].key) {
                        QCOMPARE(loadings[i].weight, weights(Eigen::Index(c), axis));
                        found = true;
                    }
                QVERIFY(found);
            }
            QVERIFY(m_dock->meaning(axis).contains(loadingWords(loadings, 1)));
        }
        const std::vector<Loading> made{{QStringLiteral("wait"), {}, 0.8},
                                        {QStringLiteral("idle"), {}, -0.4}};
        QCOMPARE(loadingWords(made, 3), QStringLiteral("wait rises, idle falls"));
    }

    void screeShowsSharesAndItsBarsFillTheAxes()
    {
        auto *scree = m_dock->findChild<ScreePlot *>();
        const auto shares = m_controller->shown()->projection->varianceShares();
        QCOMPARE(scree->bars(), int(std::min<std::size_t>(12, shares.size())));
        QVERIFY(scree->accessibleDescription().startsWith(
            QStringLiteral("PC1 %1 %").arg(100 * shares[0], 0, 'f', 1)));
        Q_EMIT scree->componentWanted(4);
        QTRY_COMPARE(m_controller->shown()->pictureAxes[0].index, 4);
        Q_EMIT scree->componentWanted(5);
        QTRY_COMPARE(m_controller->shown()->pictureAxes[1].index, 5);
        QTRY_VERIFY(scree->accessibleDescription().contains(QStringLiteral("PC6")));
    }

    void aClickOnABarIsHeard()
    {
        auto *scree = m_dock->findChild<ScreePlot *>();
        QSignalSpy wanted(scree, &ScreePlot::componentWanted);
        QTest::qWait(100);
        // The first bar is the highest; somewhere in the lower left of the plot it is hit.
        const QRectF area = scree->chart()->plotArea();
        const int bars = scree->bars();
        const QPoint at(int(area.left() + area.width() * 0.5 / bars), int(area.bottom() - 2));
        QTest::mouseClick(scree->viewport(), Qt::LeftButton, {}, at);
        QCOMPARE(wanted.size(), 1);
        QCOMPARE(wanted[0][0].toInt(), 0);
    }

    void buttonsAsk()
    {
        QSignalSpy commands(m_dock.get(), &AxesDock::command), arrows(m_dock.get(), &AxesDock::arrowsWanted);
        for (auto *button : m_dock->findChildren<QPushButton *>())
            if (button->text() == QStringLiteral("Pin") || button->text() == QStringLiteral("Refit now"))
                button->click();
        QCOMPARE(commands.size(), 2);
        QCOMPARE(commands[0][0].toString(), QStringLiteral("view.pin"));
        QCOMPARE(commands[1][0].toString(), QStringLiteral("view.refit"));
        m_dock->findChild<QCheckBox *>()->click();
        QCOMPARE(arrows.size(), 1);
        QVERIFY(arrows[0][0].toBool());
        m_controller->workspace()->setAxesPinned(true);
        QTRY_VERIFY(m_dock->driftText().contains(QStringLiteral("Pinned")));
    }

private:
    static void type(FeatureChoice *choice, const QString &text)
    {
        choice->setFocus();
        choice->setEditText(text);
        QTest::keyClick(choice, Qt::Key_Return);
    }
    QTemporaryDir m_folder;
    QString m_file;
    std::unique_ptr<SessionController> m_controller;
    std::unique_ptr<AxesDock> m_dock;
};

QTEST_MAIN(TestAxesDock)
#include "test_axes_dock.moc"
