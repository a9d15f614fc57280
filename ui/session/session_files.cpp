// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/session/session_files.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QSettings>
#include <QStandardPaths>

namespace statescape::ui::session_files {
namespace {
constexpr int kMost = 10;
const QString kKey = QStringLiteral("recentFiles");
} // namespace

QString newFile()
{
    const QDir folder(QStandardPaths::writableLocation(QStandardPaths::AppDataLocation));
    folder.mkpath(QStringLiteral("."));
    const QString stem = QDateTime::currentDateTime().toString(QStringLiteral("yyyy-MM-dd HH.mm.ss"));
    QString path = folder.filePath(stem + QStringLiteral(".statescape"));
    for (int i = 2; QFileInfo::exists(path); ++i)
        path = folder.filePath(QStringLiteral("%1 (%2).statescape").arg(stem).arg(i));
    return path;
}

QStringList recent()
{
    QStringList files = QSettings().value(kKey).toStringList();
    files.erase(std::remove_if(files.begin(), files.end(),
                               [](const QString &file) { return !QFileInfo::exists(file); }),
                files.end());
    return files;
}

void addRecent(const QString &file)
{
    QStringList files = QSettings().value(kKey).toStringList();
    const QString path = QFileInfo(file).absoluteFilePath();
    files.removeAll(path);
    files.prepend(path);
    QSettings().setValue(kKey, files.mid(0, kMost));
}

void clearRecent()
{
    QSettings().remove(kKey);
}

QString lastFolder()
{
    const QStringList files = recent();
    return files.isEmpty() ? QDir::homePath() : QFileInfo(files.first()).absolutePath();
}

} // namespace statescape::ui::session_files
