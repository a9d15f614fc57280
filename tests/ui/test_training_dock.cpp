// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/session/planted_session.h"
#include "ui/docks/confusion_table.h"
#include "ui/docks/diagnostic_charts.h"
#include "ui/docks/fold.h"
#include "ui/docks/model_dock.h"
#include "ui/docks/model_words.h"
#include "ui/docks/training_dock.h"
#include "ui/kit/text.h"
#include "ui/kit/theme.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QTest>
#include <QWheelEvent>

using namespace statescape;
using namespace statescape::ui;
using test::Planted;

class TestTrainingDock : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        QSettings::setDefaultFormat(QSettings::IniFormat);
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_folder.path());
        QApplication::setOrganizationName(QStringLiteral("StatescapeTest"));
        applyTheme(QStringLiteral("dark"));
    }
    void init()
    {
        QSettings().clear();
        const QString file = m_folder.filePath(
            QStringLiteral("%1.statescape").arg(QLatin1String(QTest::currentTestFunction())));
        test::writePlanted(file.toStdString(), kRows);
        m_controller = std::make_unique<SessionController>();
        QVERIFY(m_controller->open(file).has_value());
        m_dock = std::make_unique<TrainingDock>(*m_controller);
        m_dock->setFloating(true);
        m_dock->resize(340, 900);
        m_dock->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_dock.get()));
    }
    void cleanup()
    {
        m_dock.reset();
        m_controller.reset();
    }

    void everyAlgorithmIsOfferedWithASentence()
    {
        auto *box = algorithmBox();
        QCOMPARE(std::size_t(box->count()), model::algorithms().size());
        for (int i = 0; i < box->count(); ++i) {
            const auto &algorithm = model::algorithms()[std::size_t(i)];
            box->setCurrentIndex(i);
            QVERIFY(visibleTexts().contains(qt(algorithm.when)));
            const QString tip = box->itemData(i, Qt::ToolTipRole).toString();
            QVERIFY(tip.contains(qt(algorithm.when).toHtmlEscaped()));
            QVERIFY(tip.contains(qt(algorithm.prediction).toHtmlEscaped()));
            QCOMPARE(field<QSpinBox>("Number of states")->isEnabled(), algorithm.takesK);
            QCOMPARE(m_dock->options().algorithm, std::string(algorithm.key));
        }
    }

    void onlyWhatTheAlgorithmTakesIsAskedAndPassedOn()
    {
        choose("dbscan");
        field<QDoubleSpinBox>("Radius")->setValue(1.5);
        field<QSpinBox>("Neighbours that make a sample dense")->setValue(7);
        QVERIFY(field<QDoubleSpinBox>("Radius")->isVisible());
        QVERIFY(!field<QSpinBox>("Samples of the smallest state")->isVisible());
        QCOMPARE(m_dock->options().radius, 1.5);
        QCOMPARE(m_dock->options().minSamples, 7);
        choose("hdbscan");
        field<QSpinBox>("Samples of the smallest state")->setValue(12);
        QVERIFY(!field<QDoubleSpinBox>("Radius")->isVisible());
        QCOMPARE(m_dock->options().radius, 0.0);
        QCOMPARE(m_dock->options().minSamples, 7);
        QCOMPARE(m_dock->options().minClusterSize, 12);
        choose("kmeans");
        field<QSpinBox>("Number of states")->setValue(5);
        QCOMPARE(m_dock->options().k, 5);
        QCOMPARE(m_dock->options().minSamples, 0);
        QCOMPARE(m_dock->options().minClusterSize, 0);
        choose("dbscan");
        QCOMPARE(m_dock->options().k, 0);
    }

    void theFormIsRemembered()
    {
        choose("gmm");
        field<QSpinBox>("Number of states")->setValue(4);
        field<QComboBox>("Scaling")->setCurrentIndex(1);
        TrainingDock again(*m_controller);
        const auto options = again.options();
        QCOMPARE(options.algorithm, std::string("gmm"));
        QCOMPARE(options.k, 4);
        QCOMPARE(options.scaler, model::Scaler::Robust);
        QVERIFY(options.useLabels);
    }

    void theWheelDoesNotChangeAFieldInPassing()
    {
        auto *k = field<QSpinBox>("Number of states");
        k->setValue(3);
        m_dock->setFocus();
        k->clearFocus();
        QWheelEvent wheel(QPointF(3, 3), k->mapToGlobal(QPointF(3, 3)), {}, QPoint(0, 120), Qt::NoButton,
                          Qt::NoModifier, Qt::NoScrollPhase, false);
        QApplication::sendEvent(k, &wheel);
        QCOMPARE(k->value(), 3);
    }

    void everythingIsReachedByTab()
    {
        choose("dbscan");
        QSet<QWidget *> reached;
        QWidget *at = field<QLineEdit>("Name of the model");
        for (int i = 0; i < 200 && !reached.contains(at); ++i) {
            reached << at;
            at = at->nextInFocusChain();
        }
        for (QWidget *wanted : std::initializer_list<QWidget *>{
                 algorithmBox(), field<QDoubleSpinBox>("Radius"), field<QComboBox>("Scaling"),
                 button("train"), button("compare")}) {
            QVERIFY(reached.contains(wanted));
            QVERIFY(wanted->focusPolicy() & Qt::TabFocus);
        }
    }

    void aTrainedModelIsTold()
    {
        label();
        QSignalSpy progress(m_controller.get(), &SessionController::trainingProgress);
        QVERIFY(train("kmeans"));
        QVERIFY(progress.size() > 2);
        const auto &model = *m_controller->live()->model;
        const QStringList texts = visibleTexts();
        const QString all = texts.join(QLatin1Char('\n'));
        QVERIFY2(all.contains(modelKind(model)), qPrintable(all));
        QVERIFY2(modelKind(model).startsWith(QStringLiteral("k-means, ")), qPrintable(modelKind(model)));
        for (const auto &sentence : model.story())
            QVERIFY2(all.contains(qt(sentence).toHtmlEscaped()), sentence.c_str());
        QVERIFY2(all.contains(QStringLiteral("Held out (")), qPrintable(all));
        auto *confusion = m_dock->findChild<ConfusionTable *>();
        QVERIFY(confusion->isVisible());
        std::uint64_t counted = 0;
        for (int r = 0; r < confusion->rowCount(); ++r)
            for (int c = 0; c < confusion->columnCount(); ++c)
                counted += confusion->item(r, c)->text().remove(QChar(0x2009)).toULongLong();
        QCOMPARE(counted, model.quality().samples);
        QCOMPARE(m_dock->findChild<SilhouetteChart *>()->bars().size(), model.states().size());
        // What this model cannot say is not drawn.
        for (const auto *chart : m_dock->findChildren<ReliabilityChart *>())
            QVERIFY(chart->isVisibleTo(m_dock.get()) != chart->points().empty());
        QVERIFY(m_dock->findChild<ChoiceChart *>()->isVisibleTo(m_dock.get()) !=
                model.choice().table.empty());
    }

    void trainingAgainSaysWhatChanged()
    {
        label();
        QVERIFY(train("kmeans"));
        field<QSpinBox>("Number of states")->setValue(6);
        QVERIFY(train("kmeans"));
        const auto &model = *m_controller->live()->model;
        const QString all = visibleTexts().join(QLatin1Char('\n'));
        for (const auto &change : model.changes())
            QVERIFY2(all.contains(qt(change.text).toHtmlEscaped()), change.text.c_str());
        for (const Fold *fold : m_dock->findChildren<Fold *>())
            if (fold->title().startsWith(QStringLiteral("Since")))
                QCOMPARE(fold->isVisibleTo(m_dock.get()), !model.changes().empty());
    }

    void nothingIsWiderThanTheDock()
    {
        label();
        QVERIFY(train("auto"));
        for (const int width : {300, 360}) {
            m_dock->resize(width, 900);
            QTest::qWait(30);
            for (const QWidget *widget : m_dock->findChildren<QWidget *>()) {
                if (!widget->isVisible() || widget->isWindow())
                    continue;
                const int right = widget->mapTo(m_dock.get(), QPoint(widget->width(), 0)).x();
                QVERIFY2(right <= m_dock->width() + 1,
                         qPrintable(QStringLiteral("%1 %2")
                                        .arg(QLatin1String(widget->metaObject()->className()))
                                        .arg(right)));
            }
        }
    }

    void theModelDockNamesTheAlgorithm()
    {
        label();
        ModelDock dock(*m_controller);
        dock.show();
        QVERIFY(train("kmeans"));
        QString all;
        for (const QLabel *each : dock.findChildren<QLabel *>())
            all += each->text() + QLatin1Char('\n');
        QVERIFY2(all.contains(QStringLiteral("k-means, ")), qPrintable(all));
        const auto &story = m_controller->live()->model->story();
        if (!story.empty())
            QVERIFY2(all.contains(qt(story.front()).toHtmlEscaped()), qPrintable(all));
        QVERIFY2(all.contains(QStringLiteral("held-out F1")), qPrintable(all));
    }

    void aCancelledTrainingEndsAtOnce()
    {
        label();
        QSignalSpy finished(m_controller.get(), &SessionController::trainingFinished);
        m_controller->train(m_dock->options());
        QVERIFY(m_dock->findChild<QProgressBar *>()->isVisible());
        m_controller->cancelTraining();
        QCOMPARE(finished.size(), 1);
        QVERIFY(!finished[0][0].toBool());
        QVERIFY(!m_controller->isTraining());
        QVERIFY(button("train")->isEnabled());
        QVERIFY(!m_dock->findChild<QProgressBar *>()->isVisible());
        QTest::qWait(300); // whatever the job still says is not heard
        QCOMPARE(finished.size(), 1);
    }

private:
    static constexpr std::size_t kRows = 600;

    void label()
    {
        for (const bool bad : {true, false}) {
            auto mask = std::make_shared<RowMask>(kRows, std::uint8_t{0});
            for (std::size_t i = 0; i < kRows; ++i)
                (*mask)[i] = (Planted::kindOf(i) == 2) == bad ? 1 : 0;
            m_controller->select(mask, QStringLiteral("test"));
            m_controller->label(bad ? schema::Polarity::Negative : schema::Polarity::Positive,
                                bad ? QStringLiteral("disk stall") : QString());
        }
    }
    bool train(const char *algorithm)
    {
        choose(algorithm);
        QSignalSpy finished(m_controller.get(), &SessionController::trainingFinished);
        m_controller->train(m_dock->options());
        return QTest::qWaitFor([&] { return finished.size() == 1; }, 60000) && finished[0][0].toBool();
    }
    template <class T>
    T *field(const char *name) const
    {
        for (T *each : m_dock->findChildren<T *>())
            if (each->accessibleName() == QLatin1String(name))
                return each;
        qFatal("no field %s", name);
    }
    QComboBox *algorithmBox() const { return field<QComboBox>("Algorithm"); }
    QPushButton *button(const char *name) const
    {
        return m_dock->findChild<QPushButton *>(QLatin1String(name));
    }
    void choose(const char *key)
    {
        algorithmBox()->setCurrentIndex(algorithmBox()->findData(QString::fromLatin1(key)));
    }
    QStringList visibleTexts() const
    {
        QStringList out;
        for (const QLabel *each : m_dock->findChildren<QLabel *>())
            if (each->isVisible())
                out << each->text();
        return out;
    }
    QTemporaryDir m_folder;
    std::unique_ptr<SessionController> m_controller;
    std::unique_ptr<TrainingDock> m_dock;
};

QTEST_MAIN(TestTrainingDock)
#include "test_training_dock.moc"
