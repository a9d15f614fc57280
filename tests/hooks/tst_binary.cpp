// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hooks/binary.h"
#include "core/hooks/checked_probe.h"

#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <cstring>
#include <dlfcn.h>
#include <elf.h>
#include <filesystem>
#include <fstream>
#include <random>
#include <sys/stat.h>
#include <unistd.h>

using namespace statescape;
using namespace statescape::hooks;

namespace {
std::string target(const char *form)
{
    return std::string(STATESCAPE_TARGETS "/hook_target_") + form;
}

std::string bytesOf(const std::string &path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::filesystem::path &path, std::string_view bytes)
{
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// Asks for everything there is.
void useAll(const Binary &binary)
{
    if (const auto names = binary.functions())
        for (std::size_t i = 0; i < names->size(); ++i)
            QVERIFY(!names->name(i).empty());
    if (const auto markers = binary.markers())
        for (const auto &marker : *markers)
            QVERIFY(!marker.points.empty());
}
} // namespace

class BinaryTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void functionsOfEveryForm_data()
    {
        QTest::addColumn<QString>("form");
        QTest::newRow("position independent") << "pie";
        QTest::newRow("fixed") << "fixed";
    }
    // The bytes at the offset are the function's: read back what the compiler put there.
    void functionsOfEveryForm()
    {
        QFETCH(QString, form);
        const auto path = target(form.toLatin1().constData());
        const auto binary = Binary::open(path);
        QVERIFY2(binary, binary ? "" : binary.error().text().c_str());
        const auto bytes = bytesOf(path);
        Elf64_Ehdr header;
        std::memcpy(&header, bytes.data(), sizeof(header));
        QCOMPARE(header.e_type == ET_EXEC, form == "fixed");
        const auto call = binary->function("hook_target_call");
        QVERIFY2(call, call ? "" : call.error().text().c_str());
        QVERIFY(call->offset < bytes.size());
        QCOMPARE(call->semaphore, std::uint64_t(0));
        const auto sleep = binary->function("hook_target_sleep");
        QVERIFY(sleep && sleep->offset != call->offset);
        // lea 2(%rdi),%eax or the like, and ret, lie within a few bytes of it.
        const auto code = bytes.substr(call->offset, 24);
        QVERIFY(code.find('\xc3') != std::string::npos);
    }

    void namesThatCannotBeHooked()
    {
        const auto binary = Binary::open(target("pie"));
        QVERIFY(binary);
        const auto twice = binary->function("hook_target_twice");
        QVERIFY(!twice);
        QCOMPARE(int(twice.error().code), int(base::Code::NotSupported));
        const auto chosen = binary->function("hook_target_chosen");
        QVERIFY(!chosen);
        QCOMPARE(int(chosen.error().code), int(base::Code::NotSupported));
        const auto wrong = binary->function("hook_target_cal");
        QVERIFY(!wrong);
        QCOMPARE(int(wrong.error().code), int(base::Code::NotFound));
        QVERIFY2(wrong.error().hint.find("hook_target_call") != std::string::npos,
                 wrong.error().hint.c_str());
        // It is called from elsewhere; here is nothing to hook.
        QCOMPARE(int(binary->function("nanosleep").error().code), int(base::Code::NotFound));
    }

    void aStrippedBinarySaysSo()
    {
        const auto binary = Binary::open(target("stripped"));
        QVERIFY(binary);
        const auto call = binary->function("hook_target_call");
        QVERIFY(!call);
        QCOMPARE(int(call.error().code), int(base::Code::NotFound));
        QVERIFY2(call.error().hint.find("stripped") != std::string::npos, call.error().hint.c_str());
    }

    // C++ functions by what people call them: probe text, hint, and which of several.
    void namesAsPeopleWriteThem_data()
    {
        QTest::addColumn<QString>("written");
        QTest::addColumn<QString>("symbol");
        QTest::newRow("symbol") << "_ZN10hook_names10overloadedEi"
                                << "_ZN10hook_names10overloadedEi";
        QTest::newRow("parameters") << "hook_names::overloaded(int)"
                                    << "_ZN10hook_names10overloadedEi";
        QTest::newRow("other") << "hook_names::overloaded( long )"
                               << "_ZN10hook_names10overloadedEl";
        QTest::newRow("template") << "hook_names::Box<int>::open"
                                  << "_ZN10hook_names3BoxIiE4openEi";
        QTest::newRow("hidden") << "hook_names::(anonymous namespace)::hidden(int)"
                                << "_ZN10hook_names12_GLOBAL__N_16hiddenEi";
        QTest::newRow("unknown") << "hook_names::nothing"
                                 << "hook_names::nothing";
        QTest::newRow("C") << "main"
                           << "main";
    }
    void namesAsPeopleWriteThem()
    {
        QFETCH(QString, written);
        QFETCH(QString, symbol);
        const schema::UserProbe asked{schema::HookKind::UserFunction,
                                      STATESCAPE_TARGETS "/hook_names",
                                      written.toStdString(),
                                      schema::Measure::Count,
                                      {}};
        const auto probe = withFullNames(asked);
        QVERIFY2(probe, probe ? "" : probe.error().text().c_str());
        QCOMPARE(QString::fromStdString(probe->symbol), symbol);
    }
    void aNameOfSeveralFunctionsAsksWhich()
    {
        const schema::UserProbe asked{schema::HookKind::UserFunction,
                                      STATESCAPE_TARGETS "/hook_names",
                                      "hook_names::overloaded",
                                      schema::Measure::Count,
                                      {}};
        const auto probe = withFullNames(asked);
        QVERIFY(!probe);
        QCOMPARE(int(probe.error().code), int(base::Code::InvalidArgument));
        QVERIFY2(probe.error().hint.find("hook_names::overloaded(long)") != std::string::npos,
                 probe.error().hint.c_str());
    }

    // A stripped program whose package brought its symbols along, by link or by build id.
    void debugSymbolsAreFound()
    {
        const auto whole = Binary::open(STATESCAPE_TARGETS "/hook_names");
        QVERIFY(whole);
        const std::string name = "_ZN10hook_names12_GLOBAL__N_16hiddenEi";
        const auto expected = whole->function(name);
        QVERIFY(expected);
        QTemporaryDir folder;
        const std::filesystem::path at = folder.path().toStdString();
        const auto stripped = (at / "program").string();
        std::filesystem::copy(STATESCAPE_TARGETS "/hook_names_stripped", stripped);
        const auto alone = Binary::open(stripped);
        QVERIFY(alone && !debugFileOf(*alone));
        const auto none = alone->function(name);
        QVERIFY(!none);
        QVERIFY2(none.error().hint.find("debug symbols") != std::string::npos, none.error().hint.c_str());
        std::filesystem::create_directory(at / ".debug");
        std::filesystem::copy(STATESCAPE_TARGETS "/hook_names.debug", at / ".debug/hook_names.debug");
        const auto found = alone->function(name);
        QVERIFY2(found, found ? "" : found.error().text().c_str());
        QCOMPARE(found->offset, expected->offset);
        // Of another build: no name at all rather than a wrong place.
        std::filesystem::copy(target("pie"), at / ".debug/hook_names.debug",
                              std::filesystem::copy_options::overwrite_existing);
        QVERIFY(!alone->function(name));
        const auto id = alone->debugLink().buildId;
        QVERIFY(id.size() >= 8);
        std::filesystem::create_directories(at / "root/.build-id" / id.substr(0, 2));
        std::filesystem::copy(STATESCAPE_TARGETS "/hook_names.debug",
                              at / "root/.build-id" / id.substr(0, 2) / (id.substr(2) + ".debug"));
        const auto byId = debugFileOf(*alone, (at / "root").string());
        QVERIFY(byId);
        QCOMPARE(byId->debugLink().buildId, id);
    }

    void aVersionBelongsToNoName()
    {
        const auto path = findBinary("libc");
        if (!path)
            QSKIP("the dynamic linker's cache names no libc here");
        const auto point = Binary::open(*path)->function("getppid@GLIBC_2.2.5");
        QVERIFY(!point);
        QVERIFY2(point.error().hint.find("leave the version out") != std::string::npos,
                 point.error().hint.c_str());
    }

    void functionsOfALibrary()
    {
        const auto path = findBinary("libc");
        if (!path)
            QSKIP("the dynamic linker's cache names no libc here");
        Dl_info info{};
        QVERIFY(dladdr(reinterpret_cast<void *>(&::getppid), &info) != 0);
        std::error_code ignored;
        QVERIFY2(std::filesystem::equivalent(*path, info.dli_fname, ignored), path->c_str());
        const auto binary = Binary::open(*path);
        QVERIFY(binary);
        const auto names = binary->functions();
        QVERIFY(names && names->size() > 1000);
        const auto point = binary->function("getppid");
        QVERIFY(point);
        // In memory the same bytes are at the same distance from the file's first byte in the code segment.
        const auto bytes = bytesOf(*path);
        QCOMPARE(std::memcmp(bytes.data() + point->offset, reinterpret_cast<const void *>(&::getppid), 8), 0);
        const auto copy = binary->function("memcpy");
        QVERIFY(!copy);
        QCOMPARE(int(copy.error().code), int(base::Code::NotSupported));
    }

    void markersAndTheirSemaphores_data() { functionsOfEveryForm_data(); }
    void markersAndTheirSemaphores()
    {
        if (!STATESCAPE_HAS_SDT)
            QSKIP("built without <sys/sdt.h> (systemtap-sdt-dev)");
        QFETCH(QString, form);
        const auto path = target(form.toLatin1().constData());
        const auto bytes = bytesOf(path);
        const auto binary = Binary::open(path);
        QVERIFY(binary);
        const auto plain = binary->marker("statescape", "plain");
        QVERIFY2(plain, plain ? "" : plain.error().text().c_str());
        QCOMPARE(plain->points.size(), std::size_t(2));
        const auto guarded = binary->marker("statescape", "guarded");
        QVERIFY(guarded);
        QCOMPARE(guarded->points.size(), std::size_t(1));
        QVERIFY(guarded->points[0].semaphore != 0);
        QVERIFY(!guarded->arguments.empty());
        for (const auto &marker : {*plain, *guarded})
            for (const auto &point : marker.points) {
                QVERIFY(!binary->isStepped(point));
                // A marker is one byte of nothing.
                QCOMPARE(int(static_cast<unsigned char>(bytes.at(point.offset))), 0x90);
                QVERIFY(point.semaphore + 2 <= bytes.size());
                QCOMPARE(int(bytes.at(point.semaphore)), 0);
            }
        const auto wrong = binary->marker("statescape", "guardd");
        QVERIFY(!wrong);
        QVERIFY2(wrong.error().hint.find("statescape:guarded") != std::string::npos,
                 wrong.error().hint.c_str());
        QCOMPARE(int(binary->marker("other", "plain").error().code), int(base::Code::NotFound));
    }

    void filesThatAreNoBinary_data()
    {
        QTest::addColumn<QString>("path");
        QTest::addColumn<int>("code");
        using base::Code;
        QTest::newRow("relative") << "bin/sh" << int(Code::InvalidArgument);
        QTest::newRow("empty") << "" << int(Code::InvalidArgument);
        QTest::newRow("gone") << "/nonexistent/program" << int(Code::NotFound);
        QTest::newRow("directory") << "/usr/bin" << int(Code::NotSupported);
        QTest::newRow("device") << "/dev/zero" << int(Code::NotSupported);
        QTest::newRow("text") << "/etc/passwd" << int(Code::NotSupported);
    }
    void filesThatAreNoBinary()
    {
        QFETCH(QString, path);
        QFETCH(int, code);
        const auto binary = Binary::open(path.toStdString());
        QVERIFY(!binary);
        QCOMPARE(int(binary.error().code), code);
        QVERIFY(!binary.error().message.empty());
    }

    void aPipeDoesNotHoldUs()
    {
        const QTemporaryDir at;
        const auto path = (at.path() + "/pipe").toStdString();
        QCOMPARE(::mkfifo(path.c_str(), 0600), 0);
        QVERIFY(!Binary::open(path));
    }

    void otherMachinesAreRefused()
    {
        const QTemporaryDir at;
        const auto path = (at.path() + "/other").toStdString();
        auto bytes = bytesOf(target("pie"));
        Elf64_Ehdr header;
        std::memcpy(&header, bytes.data(), sizeof(header));
        header.e_machine = EM_S390;
        std::memcpy(bytes.data(), &header, sizeof(header));
        write(path, bytes);
        QCOMPARE(int(Binary::open(path).error().code), int(base::Code::NotSupported));
        header.e_machine = EM_X86_64;
        header.e_ident[EI_CLASS] = ELFCLASS32;
        std::memcpy(bytes.data(), &header, sizeof(header));
        write(path, bytes);
        QVERIFY(!Binary::open(path));
    }

    void aFileThatIsReplacedIsStillTheOneThatWasChecked()
    {
        const QTemporaryDir at;
        const auto path = (at.path() + "/program").toStdString();
        write(path, bytesOf(target("pie")));
        const auto binary = Binary::open(path);
        QVERIFY(binary && binary->isCurrent());
        const auto before = binary->function("hook_target_call");
        write(path + ".new", "#!/bin/sh\n");
        std::filesystem::rename(path + ".new", path);
        QVERIFY(!binary->isCurrent());
        QVERIFY(before && binary->function("hook_target_call")->offset == before->offset);
        QCOMPARE(bytesOf(binary->link()), bytesOf(target("pie")));
        std::filesystem::remove(path);
        QVERIFY(!binary->isCurrent());
        QVERIFY(binary->function("hook_target_sleep"));
    }

    void aFileCutShortMeanwhileIsAnError()
    {
        const QTemporaryDir at;
        const auto path = (at.path() + "/program").toStdString();
        write(path, bytesOf(target("pie")));
        const auto binary = Binary::open(path);
        QVERIFY(binary);
        QCOMPARE(::truncate(path.c_str(), 2000), 0);
        const auto names = binary->functions();
        QVERIFY(!names || names->empty());
        useAll(*binary);
        QVERIFY(!binary->isCurrent() || true);
    }

    void everyLengthOfAFile()
    {
        const QTemporaryDir at;
        const auto path = (at.path() + "/cut").toStdString();
        const auto bytes = bytesOf(target("fixed"));
        for (std::size_t size = 0; size < bytes.size(); size += size < 4096 ? 97 : 611) {
            write(path, std::string_view(bytes).substr(0, size));
            if (const auto binary = Binary::open(path))
                useAll(*binary);
        }
    }

    // Headers, symbols and notes with random bytes in them: an answer or an error, never more.
    void mutatedFiles()
    {
        const QTemporaryDir at;
        const auto path = (at.path() + "/mutated").toStdString();
        const auto good = bytesOf(target("pie"));
        Elf64_Ehdr header;
        std::memcpy(&header, good.data(), sizeof(header));
        std::mt19937 random(11);
        int answered = 0;
        for (int i = 0; i < 1500; ++i) {
            auto bytes = good;
            const std::size_t tables = header.e_shoff;
            for (unsigned n = random() % 8 + 1; n > 0; --n) {
                const auto where = random() % 3 == 0   ? random() % 1024
                                   : random() % 2 == 0 ? tables + random() % (bytes.size() - tables)
                                                       : random() % bytes.size();
                bytes[where] = static_cast<char>(random());
            }
            write(path, bytes);
            const auto binary = Binary::open(path);
            if (!binary)
                continue;
            useAll(*binary);
            if (const auto point = binary->function("hook_target_call")) {
                QVERIFY(point->offset < bytes.size());
                ++answered;
            }
        }
        QVERIFY2(answered > 100, qPrintable(QString::number(answered)));
    }

    void namesBecomePaths()
    {
        const auto shell = findBinary("sh");
        QVERIFY(shell && shell->front() == '/' && shell->ends_with("/sh"));
        QCOMPARE(findBinary("/bin/sh").value_or(""), std::string("/bin/sh"));
        const auto old = std::filesystem::current_path();
        std::filesystem::current_path("/usr");
        QCOMPARE(findBinary("./bin/env").value_or(""), std::string("/usr/bin/env"));
        std::filesystem::current_path(old);
        const auto none = findBinary("no-such-program-here");
        QVERIFY(!none);
        QCOMPARE(int(none.error().code), int(base::Code::NotFound));
        QVERIFY(!findBinary(""));
        QVERIFY(!findBinary("/nonexistent/x"));
        const auto byNumber = findBinary("libc.so.6");
        QCOMPARE(findBinary("c").value_or("1"), byNumber.value_or("2"));
    }

    void hostileLinkerCaches()
    {
        std::string cache = bytesOf("/etc/ld.so.cache");
        if (cache.size() < 100)
            QSKIP("there is no linker cache here");
        const auto libc = findInLinkerCache(cache, "libc");
        QVERIFY(libc.starts_with('/'));
        QCOMPARE(findInLinkerCache("", "libc"), std::string());
        QCOMPARE(findInLinkerCache(cache, ""), std::string());
        for (std::size_t size = 0; size < cache.size(); size += 71)
            findInLinkerCache(std::string_view(cache).substr(0, size), "no-such");
        std::mt19937 random(5);
        for (int i = 0; i < 500; ++i) {
            auto bytes = cache;
            for (int n = 0; n < 40; ++n)
                bytes[random() % 3000] = static_cast<char>(random());
            const auto found = findInLinkerCache(bytes, "libc");
            QVERIFY(found.empty() || found.front() == '/');
        }
    }
};

QTEST_GUILESS_MAIN(BinaryTest)
#include "tst_binary.moc"
