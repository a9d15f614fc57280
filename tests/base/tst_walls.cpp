// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include <QtTest>

// Who may include whom, see ARCHITECTURE.md. A new line here is a decision about the architecture.
namespace {
struct Rule {
    QString module;
    QStringList modules;   ///< of ours, itself always
    QStringList libraries; ///< beside the standard library and the system's
};

const QStringList kCore{"core/base",  "core/schema",   "core/wire",  "core/hooks", "core/feature", "core/ml",
                        "core/forecast", "core/model", "core/store", "core/source", "core/session"};

QList<Rule> rules()
{
    return {
        {"core/base", {}, {"tl", "fmt"}},
        {"core/schema", {"core/base"}, {}},
        {"core/wire", {"core/base", "core/schema"}, {}},
        {"core/procfs", {"core/base", "core/schema", "core/wire"}, {}},
        {"core/hooks", {"core/base", "core/schema"}, {"libbpf", "libelf", "libseccomp"}},
        // core/ml here is matrix.h alone: the type that views are handed out as.
        {"core/feature", {"core/base", "core/schema", "core/wire", "core/ml"}, {"Eigen"}},
        {"core/ml", {"core/base"}, {"Eigen", "nanoflann", "Spectra", "fmt"}},
        {"core/forecast", {"core/base", "core/ml"}, {"Eigen", "fmt"}},
        {"core/model", {"core/base", "core/schema", "core/ml", "core/forecast"}, {"Eigen", "JSON", "fmt"}},
        {"core/store", {"core/base", "core/schema", "core/wire", "core/feature"}, {"SQLite", "fmt"}},
        {"core/source",
         {"core/base", "core/schema", "core/wire", "core/feature", "core/store", "core/procfs"},
         {"fmt"}},
        {"core/session", kCore, {"Eigen", "fmt", "JSON"}},
        {"bpf", {"core/base", "core/schema", "core/wire", "core/hooks"}, {"libbpf"}},
        {"app/helper",
         {"core/base", "core/schema", "core/wire", "core/procfs", "bpf"},
         {"libbpf", "libcap", "libseccomp"}},
        {"app/cli", kCore, {"CLI11", "JSON", "fmt", "SQLite"}}, // SQLite: only to tell its version
        {"ui",
         {"core/base", "core/schema", "core/wire", "core/feature", "core/ml", "core/model", "core/store",
          "core/session"},
         {"Qt", "QCustomPlot", "fmt"}},
        {"app/workbench", kCore + QStringList{"ui"}, {"Qt", "fmt"}},
    };
}

struct Include {
    QString path;
    bool quoted = false;
};

QString libraryOf(const Include &include)
{
    static const QList<QPair<QString, QString>> patterns{
        {"^Q[A-Z]\\w*$|^Qt\\w*(/|$)", "Qt"},
        {"^qcustomplot\\.h$", "QCustomPlot"},
        {"^Eigen/", "Eigen"},
        {"^nanoflann\\.hpp$", "nanoflann"},
        {"^Spectra/", "Spectra"},
        {"^SQLiteCpp/|^sqlite3\\.h$", "SQLite"},
        {"^nlohmann/", "JSON"},
        {"^CLI/", "CLI11"},
        {"^fmt/", "fmt"},
        {"^tl/", "tl"},
        {"^bpf/", "libbpf"},
        {"^seccomp\\.h$", "libseccomp"},
        {"^(libelf|gelf)\\.h$", "libelf"},
        {"^sys/capability\\.h$", "libcap"},
    };
    for (const auto &[pattern, name] : patterns)
        if (QRegularExpression(pattern).match(include.path).hasMatch())
            return name;
    return {};
}

QList<Include> includesOf(const QByteArray &text)
{
    static const QRegularExpression line("^[ \\t]*#[ \\t]*include[ \\t]*([<\"])([^>\"]+)[>\"]",
                                         QRegularExpression::MultilineOption);
    QList<Include> out;
    for (auto it = line.globalMatch(QString::fromUtf8(text)); it.hasNext();) {
        const auto match = it.next();
        out.append({match.captured(2), match.captured(1) == "\""});
    }
    return out;
}

QByteArray read(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}
} // namespace

class TestWalls : public QObject {
    Q_OBJECT

private slots:
    void initTestCase()
    {
        m_root = QDir(STATESCAPE_SOURCE);
        for (const char *top : {"core", "bpf", "ui", "app"})
            for (QDirIterator it(m_root.filePath(top), {"*.h", "*.c", "*.cpp"}, QDir::Files,
                                 QDirIterator::Subdirectories);
                 it.hasNext();) {
                const QString path = it.next();
                m_files[m_root.relativeFilePath(path)] = includesOf(read(path));
            }
        QVERIFY(m_files.size() > 40);
        QVERIFY(m_files.contains("core/store/database.h"));
    }

    void theParserSeesWhatIsThere()
    {
        const auto found = includesOf(
            "#include <a/b.h>\n  #  include \"c.h\" // x\n// #include <no>\nint x; #include <no>\n");
        QCOMPARE(found.size(), 2);
        QCOMPARE(found[0].path, QString("a/b.h"));
        QVERIFY(found[1].quoted);
        QCOMPARE(libraryOf({"QWidget", false}), QString("Qt"));
        QCOMPARE(libraryOf({"QtTest", false}), QString("Qt"));
        QCOMPARE(libraryOf({"queue", false}), QString());
        QCOMPARE(libraryOf({"sqlite3.h", false}), QString("SQLite"));
        QVERIFY(reachable({"core/store/database.h"}).contains("SQLite"));
        QVERIFY(reachable({"core/feature/sample_log.h"}).contains("Eigen"));
        QVERIFY2(!complaint("core/base/made_up.h", {"core/session/workspace.h", true}).isEmpty(),
                 "base may not use session");
        QVERIFY2(!complaint("core/session/made_up.h", {"QString", false}).isEmpty(), "core may not use Qt");
        QVERIFY2(!complaint("app/helper/made_up.cpp", {"core/feature/deriver.h", true}).isEmpty(),
                 "the helper may not use feature");
        QVERIFY(complaint("core/session/made_up.h", {"core/model/model.h", true}).isEmpty());
    }

    void everyFileBelongsToAModule()
    {
        for (auto it = m_files.constBegin(); it != m_files.constEnd(); ++it)
            QVERIFY2(ruleOf(it.key()) != nullptr, qPrintable(it.key() + " is in no module of the table"));
    }

    void nobodyLooksOverAWall()
    {
        QStringList complaints;
        for (auto it = m_files.constBegin(); it != m_files.constEnd(); ++it)
            for (const auto &include : it.value())
                if (const QString text = complaint(it.key(), include); !text.isEmpty())
                    complaints += text;
        QVERIFY2(complaints.isEmpty(), qPrintable("\n" + complaints.join("\n")));
    }

    void coreNeverReachesQt() { expectUnreachable({"core", "app/cli"}, {"Qt", "QCustomPlot"}); }

    void whatHoldsPrivilegeReachesOnlyLittle()
    {
        expectUnreachable({"bpf", "app/helper", "core/base", "core/schema", "core/wire", "core/procfs"},
                          {"Qt", "QCustomPlot", "Eigen", "SQLite", "JSON", "CLI11", "nanoflann", "Spectra"});
    }

    void onlyTheStoreKnowsSqlite()
    {
        // Its public headers show none of it.
        for (const char *header : {"core/store/session_store.h", "core/store/recorder.h"})
            QVERIFY(!reachable({header}).contains("SQLite"));
    }

    void programsLinkWhatTheyMay_data()
    {
        QTest::addColumn<QString>("program");
        QTest::addColumn<QStringList>("forbidden");
        QTest::newRow("statescape") << "statescape" << QStringList{"libQt", "libqcustomplot"};
        QTest::newRow("statescape-helper")
            << "statescape-helper" << QStringList{"libQt", "libsqlite", "libCLI", "libfmt"};
    }
    void programsLinkWhatTheyMay()
    {
        QFETCH(QString, program);
        QFETCH(QStringList, forbidden);
        const QString path = QString(STATESCAPE_BIN) + "/" + program;
        if (!QFile::exists(path))
            QSKIP(qPrintable(program + " is not built here"));
        QProcess ldd;
        ldd.start("ldd", {path});
        if (!ldd.waitForFinished())
            QSKIP("ldd cannot be run here");
        const QString libraries = ldd.readAllStandardOutput();
        QVERIFY(libraries.contains("libc.so") || libraries.contains("not a dynamic"));
        for (const auto &name : forbidden)
            QVERIFY2(!libraries.contains(name), qPrintable(libraries));
    }

private:
    const Rule *ruleOf(const QString &file) const
    {
        for (const auto &rule : m_rules)
            if (file.startsWith(rule.module + "/"))
                return &rule;
        return nullptr;
    }

    /// @return the file of ours that is meant, relative to the root; empty for anything else.
    QString resolved(const QString &from, const Include &include) const
    {
        if (!include.quoted)
            return {};
        if (m_files.contains(include.path) || include.path.startsWith("core/") ||
            include.path.startsWith("ui/") || include.path.startsWith("app/"))
            return include.path;
        const QString near = QDir::cleanPath(QFileInfo(from).path() + "/" + include.path);
        return m_files.contains(near) ? near : QString();
    }

    QString complaint(const QString &file, const Include &include) const
    {
        const Rule *own = ruleOf(file);
        if (own == nullptr)
            return {};
        const QString target = resolved(file, include);
        if (target.isEmpty()) {
            const QString library = include.quoted ? QString() : libraryOf(include);
            return library.isEmpty() || own->libraries.contains(library)
                       ? QString()
                       : file + " includes " + include.path + ": " + own->module + " may not use " + library;
        }
        const Rule *other = ruleOf(target);
        if (other == nullptr || other == own || own->modules.contains(other->module))
            return {};
        return file + " includes " + target + ": " + own->module + " may not use " + other->module;
    }

    /// @return the libraries that @p files reach through any chain of our own files.
    QSet<QString> reachable(QStringList files) const
    {
        QSet<QString> seen(files.begin(), files.end());
        QSet<QString> libraries;
        while (!files.isEmpty()) {
            const QString file = files.takeLast();
            for (const auto &include : m_files.value(file)) {
                const QString target = resolved(file, include);
                if (!target.isEmpty() && !seen.contains(target)) {
                    seen.insert(target);
                    files.append(target);
                }
                if (target.isEmpty() && !include.quoted)
                    libraries.insert(libraryOf(include));
            }
        }
        return libraries;
    }

    void expectUnreachable(const QStringList &folders, const QStringList &libraries) const
    {
        for (const auto &file : m_files.keys()) {
            const bool inside = std::any_of(folders.begin(), folders.end(), [&](const auto &folder) {
                return file.startsWith(folder + "/");
            });
            if (!inside)
                continue;
            const auto reached = reachable({file});
            for (const auto &library : libraries)
                QVERIFY2(!reached.contains(library), qPrintable(file + " reaches " + library));
        }
    }

    QDir m_root;
    QMap<QString, QList<Include>> m_files;
    const QList<Rule> m_rules = rules();
};

QTEST_GUILESS_MAIN(TestWalls)
#include "tst_walls.moc"
