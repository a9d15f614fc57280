// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// Every structure that kernel and user space share, as C++ lays it out and as the compiled objects say.
#include "struct_walk.h"

#include <QDirIterator>
#include <QFile>
#include <QRegularExpression>
#include <QTest>
#include <algorithm>
#include <map>

namespace {
QStringList objects()
{
    QStringList paths;
    for (QDirIterator files(STATESCAPE_BPF_OBJECTS, {"*.bpf.o"}, QDir::Files); files.hasNext();)
        paths << files.next();
    return paths;
}

const Struct *seenByUserSpace(const std::string &name)
{
    const auto found = std::ranges::find(structs_of::userSpace(), name, &Struct::name);
    return found == structs_of::userSpace().end() ? nullptr : &*found;
}

QString words(const Member &member)
{
    return QString("%1 at %2, %3 bytes").arg(member.name.c_str()).arg(member.offset).arg(member.size);
}
} // namespace

class StructsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void userSpaceSeesWhatTheObjectSays_data()
    {
        QTest::addColumn<QString>("path");
        for (const auto &path : objects())
            QTest::newRow(qPrintable(QFileInfo(path).fileName())) << path;
        QVERIFY(objects().size() >= 7);
    }

    void userSpaceSeesWhatTheObjectSays()
    {
        QFETCH(QString, path);
        const auto structs = structs_of::object(path.toStdString());
        QVERIFY(structs);
        for (const auto &there : *structs) {
            const auto *here = seenByUserSpace(there.name);
            QVERIFY2(here,
                     qPrintable(QString("%1 is in no header that user space can include; a structure of "
                                        "the kernel half alone must not be named ss_")
                                    .arg(there.name.c_str())));
            QVERIFY2(here->size == there.size,
                     qPrintable(QString("%1 has %2 bytes in C++ and %3 in the object")
                                    .arg(there.name.c_str())
                                    .arg(here->size)
                                    .arg(there.size)));
            QCOMPARE(here->members.size(), there.members.size());
            for (std::size_t i = 0; i < there.members.size(); ++i) {
                const auto &a = here->members[i];
                const auto &b = there.members[i];
                QVERIFY2(a.name == b.name && a.offset == b.offset && a.size == b.size,
                         qPrintable(QString("%1: C++ has %2, the object %3")
                                        .arg(there.name.c_str(), words(a), words(b))));
            }
        }
    }

    // With no gap and no overlap a member that only one side knows has nowhere to hide.
    void nothingIsPadded()
    {
        for (const auto &type : structs_of::userSpace()) {
            std::size_t end = 0;
            for (const auto &member : type.members) {
                QVERIFY2(member.offset == end && member.size != 0,
                         qPrintable(QString("%1: %2, the one before ends at %3")
                                        .arg(type.name.c_str(), words(member))
                                        .arg(end)));
                end += member.size;
            }
            QVERIFY2(end == type.size, type.name.c_str());
        }
    }

    // A structure that a shared header defines but no object knows would go uncompared.
    void everySharedStructIsInAnObject()
    {
        static const QRegularExpression definition(R"(^(?:struct|union) (ss_\w+) \{)",
                                                   QRegularExpression::MultilineOption);
        std::map<QString, QString> defined;
        for (QDirIterator files(STATESCAPE_SOURCE "/bpf", {"*.h"}, QDir::Files, QDirIterator::Subdirectories);
             files.hasNext();) {
            QFile file(files.next());
            QVERIFY(file.open(QIODevice::ReadOnly));
            for (auto found = definition.globalMatch(QString::fromUtf8(file.readAll())); found.hasNext();)
                defined[found.next().captured(1)] = file.fileName();
        }
        QVERIFY(defined.size() >= 10);
        for (const auto &[name, header] : defined)
            QVERIFY2(seenByUserSpace(name.toStdString()),
                     qPrintable(QString("%1 of %2 is in no object's BTF").arg(name, header)));
    }
};

QTEST_GUILESS_MAIN(StructsTest)
#include "tst_structs.moc"
