// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/error.h"
#include "tests/session/planted_session.h"

#include <QImage>
#include <QProcess>
#include <QSet>
#include <QTemporaryDir>
#include <QTest>

using namespace statescape;

class TestPlot : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase()
    {
        m_file = m_folder.filePath(QStringLiteral("planted.statescape"));
        test::writePlanted(m_file.toStdString(), 300);
    }

    void drawsEveryView_data()
    {
        QTest::addColumn<QString>("view");
        for (const char *view : {"2d", "3d", "timeline", "window"})
            QTest::newRow(view) << QString::fromLatin1(view);
    }

    void drawsEveryView()
    {
        QFETCH(QString, view);
        const QString png = m_folder.filePath(view + QStringLiteral(".png"));
        const auto [status, text] = run({m_file, QStringLiteral("-o"), png, QStringLiteral("--view"), view,
                                         QStringLiteral("--size"), QStringLiteral("900x600")});
        QVERIFY2(status == 0, text.constData());
        const QImage image(png);
        QCOMPARE(image.size(), QSize(900, 600));
        QSet<QRgb> colours;
        for (int y = 0; y < image.height(); y += 2)
            for (int x = 0; x < image.width(); ++x)
                colours << image.pixel(x, y);
        QVERIFY2(colours.size() > 20, qPrintable(QString::number(colours.size()))); // something was drawn
    }

    void saysWhatIsWrong()
    {
        const QString png = m_folder.filePath(QStringLiteral("none.png"));
        QCOMPARE(run({m_file}).first, int(base::ExitStatus::WrongUse));
        QCOMPARE(
            run({m_file, QStringLiteral("-o"), png, QStringLiteral("--view"), QStringLiteral("4d")}).first,
            int(base::ExitStatus::WrongUse));
        QCOMPARE(
            run({m_file, QStringLiteral("-o"), png, QStringLiteral("--size"), QStringLiteral("big")}).first,
            int(base::ExitStatus::WrongUse));
        const auto missing =
            run({m_folder.filePath(QStringLiteral("nowhere.statescape")), QStringLiteral("-o"), png});
        QCOMPARE(missing.first, int(base::ExitStatus::Failed));
        QVERIFY2(missing.second.contains("nowhere.statescape"), missing.second.constData());
        QCOMPARE(run({m_file, QStringLiteral("-o"), png, QStringLiteral("--model"), QStringLiteral("nobody")})
                     .first,
                 int(base::ExitStatus::Failed));
        QCOMPARE(run({m_file, QStringLiteral("-o"), m_folder.filePath(QStringLiteral("no/such/folder.png"))})
                     .first,
                 int(base::ExitStatus::Failed));
        QVERIFY(!QFile::exists(png));
    }

private:
    std::pair<int, QByteArray> run(const QStringList &words)
    {
        QProcess process;
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(QStringLiteral("QT_QPA_PLATFORM"), QStringLiteral("offscreen"));
        environment.insert(QStringLiteral("XDG_CONFIG_HOME"), m_folder.path());
        process.setProcessEnvironment(environment);
        process.start(QStringLiteral(STATESCAPE_BIN "/statescape-plot"), words);
        if (!process.waitForFinished(60000))
            return {-1, "did not finish"};
        return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
                process.readAllStandardError()};
    }

    QTemporaryDir m_folder;
    QString m_file;
};

QTEST_GUILESS_MAIN(TestPlot)
#include "test_plot.moc"
