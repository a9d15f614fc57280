// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/schema/catalogue.h"

#include <QFile>
#include <QProcess>
#include <QTest>

using namespace statescape;

class ProbesDocumentTest : public QObject {
    Q_OBJECT
    QByteArray m_printed;

private Q_SLOTS:
    void initTestCase()
    {
        QProcess program;
        program.start(STATESCAPE_BIN "/statescape", {"probes", "--markdown"});
        QVERIFY(program.waitForFinished());
        QCOMPARE(program.exitCode(), 0);
        m_printed = program.readAllStandardOutput();
    }

    void theCommittedFileIsWhatIsPrinted()
    {
        QFile file(STATESCAPE_SOURCE "/docs/probes.md");
        QVERIFY(file.open(QIODevice::ReadOnly));
        if (const auto committed = file.readAll(); committed != m_printed) {
            const auto old = committed.split('\n');
            const auto now = m_printed.split('\n');
            qsizetype line = 0;
            while (line < old.size() && line < now.size() && old[line] == now[line])
                ++line;
            QFAIL(qPrintable(
                QString(
                    "docs/probes.md differs from line %1 on: statescape probes --markdown > docs/probes.md")
                    .arg(line + 1)));
        }
    }

    void everyProbeAndFeatureIsInIt()
    {
        for (const auto &probe : schema::probes())
            QVERIFY(m_printed.contains("### " + QByteArray(probe.key.data(), qsizetype(probe.key.size())) +
                                       "\n"));
        for (const auto &feature : schema::features())
            QVERIFY(m_printed.contains("| `" + QByteArray(feature.key.data(), qsizetype(feature.key.size())) +
                                       "` |"));
        for (const char *kind : {"syscall", "function", "kprobe", "fentry", "tracepoint", "uprobe", "usdt",
                                 "xdp", "packets", "bpftrace"})
            QVERIFY2(m_printed.contains(QByteArray("--probe '") + kind + ":"), kind);
    }

    void everyKernelProbeHasACostAndAReadme()
    {
        for (const auto &probe : schema::probes()) {
            if (probe.origin == schema::ProbeOrigin::Proc)
                continue;
            const std::string key(probe.key);
            QVERIFY2(probe.recorded.coldNs > 0 && !probe.kernels.empty(), key.c_str());
            QVERIFY2(QFile::exists(QString(STATESCAPE_SOURCE "/bpf/probes/%1/README.md").arg(key.c_str())),
                     key.c_str());
        }
    }
};

QTEST_GUILESS_MAIN(ProbesDocumentTest)
#include "test_probes_document.moc"
