// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include <QCoreApplication>
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QProcess>
#include <QTemporaryDir>
#include <QThread>

#include <algorithm>
#include <cstdio>

/// The workbench recording live for ten minutes at 20 samples a second: what its memory does.
/// STATESCAPE_SOAK_SECONDS changes how long.
namespace {
void row(const char *name, double value, const char *unit, const char *note)
{
    std::printf(
        R"({"group":"soak","name":"%s","value":%.4g,"unit":"%s","peer":null,"peer_value":null,"ratio":null,"note":"%s"})"
        "\n",
        name, value, unit, note);
    std::fflush(stdout);
}

/// @return kB of anonymous memory the process has, 0 when it is gone.
double anonymousKilobytes(qint64 pid)
{
    QFile file(QStringLiteral("/proc/%1/status").arg(pid));
    if (!file.open(QIODevice::ReadOnly))
        return 0;
    for (const QByteArray &line : file.readAll().split('\n'))
        if (line.startsWith("RssAnon:"))
            return line.mid(8).trimmed().split(' ').first().toDouble();
    return 0;
}
} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication app(argc, argv);
    const int seconds = std::max(60, qEnvironmentVariableIntValue("STATESCAPE_SOAK_SECONDS") > 0
                                         ? qEnvironmentVariableIntValue("STATESCAPE_SOAK_SECONDS")
                                         : 600);
    const QTemporaryDir home;
    QProcess workbench;
    auto environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("QT_QPA_PLATFORM"), QStringLiteral("offscreen"));
    environment.insert(QStringLiteral("HOME"), home.path());
    environment.insert(QStringLiteral("XDG_DATA_HOME"), home.path());
    environment.insert(QStringLiteral("XDG_CONFIG_HOME"), home.path());
    workbench.setProcessEnvironment(environment);
    workbench.setStandardErrorFile(QProcess::nullDevice());
    workbench.start(
        QDir(QCoreApplication::applicationDirPath()).filePath(QStringLiteral("../bin/statescape-workbench")),
        {QStringLiteral("--interval"), QStringLiteral("50ms")});
    if (!workbench.waitForStarted())
        return 1;
    const int settled = seconds / 2;
    QElapsedTimer clock;
    clock.start();
    QThread::sleep(static_cast<unsigned long>(settled));
    const double before = anonymousKilobytes(workbench.processId());
    const double from = double(clock.elapsed());
    QThread::sleep(static_cast<unsigned long>(seconds - settled));
    const double after = anonymousKilobytes(workbench.processId());
    const double samples = (double(clock.elapsed()) - from) / 50;
    workbench.terminate();
    if (!workbench.waitForFinished(20'000))
        workbench.kill();
    if (before == 0 || after == 0)
        return 1;
    row("memory after half the time", before / 1e3, "MB",
        "anonymous, workbench recording live at 20 samples a second");
    row("memory at the end", after / 1e3, "MB", qPrintable(QStringLiteral("after %1 s").arg(seconds)));
    row("growth for each sample", (after - before) * 1e3 / samples, "B", "a sample itself is about 0.8 kB");
    return 0;
}
