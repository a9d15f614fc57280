// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hooks/interfaces.h"
#include "core/hooks/kernel.h"
#include "core/hooks/syscalls.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <asm/unistd.h>
#include <filesystem>
#include <fstream>
#include <net/if.h>
#include <random>

using namespace statescape;
using namespace statescape::hooks;
using schema::HookKind;

namespace {
std::string data(const char *name)
{
    std::ifstream in(std::string(STATESCAPE_TEST_DATA "/") + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write(const std::filesystem::path &path, std::string_view text)
{
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
}

/// A kernel that shows what the test put there, and nothing else.
KernelFiles madeUp(const QTemporaryDir &at)
{
    const auto root = at.path().toStdString();
    return {root + "/btf",       root + "/kallsyms", root + "/tracing",
            root + "/blacklist", root + "/perf",     root + "/net"};
}

int flagsOf(const KernelFunctions &functions, const char *name, const char *module = "")
{
    const auto index = functions.names().find(name, module);
    return index ? functions.names().flags(*index) : -1;
}
} // namespace

class KernelListsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void symbolsOfARecordedTable()
    {
        KernelFunctions functions;
        QCOMPARE(functions.addSymbols(data("kallsyms")), std::size_t(0));
        QCOMPARE(functions.names().size(), std::size_t(6));
        QCOMPARE(flagsOf(functions, "vfs_fsync"), int(kKprobe));
        QCOMPARE(flagsOf(functions, "weak_one"), int(kKprobe));
        QCOMPARE(flagsOf(functions, "static_twice"), kKprobe | kAmbiguous);
        QCOMPARE(flagsOf(functions, "static_twice", "ext"), int(kKprobe));
        QCOMPARE(flagsOf(functions, "ext_begin", "ext"), int(kKprobe));
        QCOMPARE(flagsOf(functions, "some_data"), -1);
        QCOMPARE(flagsOf(functions, "bpf_prog_123_x", "bpf"), -1);
    }

    void symbolsOfAHostileTable()
    {
        KernelFunctions functions;
        QCOMPARE(functions.addSymbols(data("kallsyms.hostile")), std::size_t(8));
        QCOMPARE(functions.names().size(), std::size_t(2));
        QCOMPARE(flagsOf(functions, "two"), -1);
        QCOMPARE(flagsOf(functions, "tabbed"), int(kKprobe));
        QCOMPARE(flagsOf(functions, "last_without_end"), int(kKprobe));
        QCOMPARE(functions.addSymbols("ffff T " + std::string(100'000, 'x') + "\n"), std::size_t(1));
    }

    void listsThatTakeNamesAway()
    {
        KernelFunctions functions;
        functions.addSymbols(data("kallsyms"));
        functions.dropBlacklisted(
            "0xffffffff81003000-0xffffffff81003010\tvfs_fsync\n0x1-0x2\tunknown\njunk\n");
        QCOMPARE(flagsOf(functions, "vfs_fsync"), 0);
        QCOMPARE(flagsOf(functions, "weak_one"), int(kKprobe));
        // An empty or cut list is no statement.
        functions.keepTraceable("");
        QVERIFY(!functions.knowsTraceable());
        functions.keepTraceable("weak_one\next_begin [ext]\n");
        QVERIFY(functions.knowsTraceable());
    }

    void formatOfRecordedTracepoints()
    {
        const auto issue = parseTracepointFormat(data("block_rq_issue.format"));
        QVERIFY(issue);
        QCOMPARE(issue->name, std::string("block_rq_issue"));
        QCOMPARE(issue->numericFields(),
                 (std::vector<std::string>{"dev", "sector", "nr_sector", "bytes", "ioprio"}));
        const auto *bytes = issue->field("bytes");
        QVERIFY(bytes);
        QCOMPARE(*bytes, (TracepointField{"bytes", "unsigned int", 28, 4, false, true}));
        const auto *name = issue->field("comm");
        QVERIFY(name && !name->numeric);
        QCOMPARE(name->type, std::string("char[16]"));
        QVERIFY(!issue->field("common_pid"));
        const auto *location = issue->field("cmd");
        QVERIFY(location && !location->numeric);

        const auto change = parseTracepointFormat(data("sched_switch.format"));
        QVERIFY(change);
        QVERIFY(change->field("prev_state")->isSigned);
        QCOMPARE(change->field("prev_state")->size, 8U);
    }

    void hostileFormats_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("binary") << QByteArray("\0\1\2\3\xff", 5);
        QTest::newRow("no name") << QByteArray(
            "ID: 3\nformat:\n\tfield:int a;\toffset:8;\tsize:4;\tsigned:1;\n");
        QTest::newRow("negative") << QByteArray("name: x\n\tfield:int a;\toffset:-8;\tsize:4;\tsigned:1;\n");
        QTest::newRow("behind the record")
            << QByteArray("name: x\n\tfield:int a;\toffset:65535;\tsize:4;\tsigned:1;\n");
        QTest::newRow("overflow") << QByteArray(
            "name: x\n\tfield:int a;\toffset:4294967290;\tsize:8;\tsigned:1;\n");
        QTest::newRow("too big a number")
            << QByteArray("name: x\n\tfield:int a;\toffset:99999999999999999999;\tsize:8;\tsigned:1;\n");
        QTest::newRow("no declaration") << QByteArray("name: x\n\tfield:;\toffset:8;\tsize:4;\tsigned:1;\n");
        QTest::newRow("no type") << QByteArray("name: x\n\tfield:a;\toffset:8;\tsize:4;\tsigned:1;\n");
        QTest::newRow("cut") << QByteArray("name: x\n\tfield:int a;\toffset:8");
        QByteArray many("name: x\n");
        for (int i = 0; i < 1000; ++i)
            many += "\tfield:int a;\toffset:8;\tsize:4;\tsigned:1;\n";
        QTest::newRow("many") << many;
    }
    void hostileFormats()
    {
        QFETCH(QByteArray, text);
        const auto format = parseTracepointFormat(text.toStdString());
        QVERIFY(!format);
        QCOMPARE(int(format.error().code), int(base::Code::Corrupt));
    }

    void formatsMutatedAtRandomStayInBounds()
    {
        const auto good = data("block_rq_issue.format");
        std::mt19937 random(3);
        int parsed = 0;
        for (int i = 0; i < 3000; ++i) {
            auto text = good;
            for (unsigned n = random() % 6 + 1; n > 0; --n)
                text[random() % text.size()] = static_cast<char>(random());
            if (random() % 4 == 0)
                text.resize(random() % text.size());
            const auto format = parseTracepointFormat(text);
            parsed += format.has_value();
            for (const auto &field : format ? format->fields : std::vector<TracepointField>{}) {
                QVERIFY(field.offset + field.size <= 64 * 1024);
                QVERIFY(!field.numeric || (field.size >= 1 && field.size <= 8));
            }
        }
        QVERIFY(parsed > 0 && parsed < 3000);
    }

    void aMadeUpKernel()
    {
        const QTemporaryDir at;
        const auto files = madeUp(at);
        Kernel nothing(files);
        QCOMPARE(int(nothing.functions().error().code), int(base::Code::NotSupported));
        QCOMPARE(int(nothing.tracepoints().error().code), int(base::Code::NotSupported));
        QVERIFY(!nothing.support().kprobe.possible);
        QCOMPARE(nothing.support().kprobe.error.message,
                 std::string("this kernel has no kprobes (CONFIG_KPROBES)"));
        QVERIFY(!nothing.support().uprobe.possible);
        QVERIFY(!nothing.support().fentry.possible);

        write(files.symbols, data("kallsyms"));
        write(files.blacklist, "0x1-0x2\tweak_one\n");
        write(files.tracing + "/events/block/block_rq_issue/format", data("block_rq_issue.format"));
        write(files.tracing + "/events/block/enable", "0");
        write(files.tracing + "/events/sched/sched_switch/format", "junk");
        write(files.tracing + "/events/ftrace/function/format", "name: function\n");
        Kernel kernel(files);
        const auto functions = kernel.functions();
        QVERIFY(functions);
        QCOMPARE(flagsOf(**functions, "weak_one"), 0);
        QCOMPARE(flagsOf(**functions, "vfs_fsync"), int(kKprobe));
        const auto points = kernel.tracepoints();
        QVERIFY(points);
        QVERIFY((*points)->knowsSystems());
        QCOMPARE((*points)->names().size(), std::size_t(2));
        QVERIFY((*points)->format("block", "block_rq_issue"));
        QVERIFY((*points)->format("*", "block_rq_issue"));
        QCOMPARE(int((*points)->format("sched", "sched_switch").error().code), int(base::Code::Corrupt));
        QCOMPARE(int((*points)->format("sched", "block_rq_issue").error().code), int(base::Code::NotFound));
        QVERIFY(!(*points)->format("..", "../kallsyms"));

        // Loaded once; what comes later is seen after forget().
        write(files.symbols, "ffff T new_function\n");
        QVERIFY((*kernel.functions())->names().find("vfs_fsync"));
        kernel.forget();
        QVERIFY((*kernel.functions())->names().find("new_function"));
        QVERIFY(!(*kernel.functions())->names().find("vfs_fsync"));
        QVERIFY((*functions)->names().find("vfs_fsync"));
    }

    void systemCallsHaveTheirNumbers()
    {
        const auto names = loadSyscalls();
        QVERIFY(names.size() > 300);
        for (const auto &[name, number] :
             std::initializer_list<std::pair<const char *, long>>{{"read", __NR_read},
                                                                  {"openat", __NR_openat},
                                                                  {"execve", __NR_execve},
                                                                  {"futex", __NR_futex}}) {
            const auto index = names.find(name);
            QVERIFY2(index, name);
            QCOMPARE(long(names.value(*index)), number);
        }
        QVERIFY(!names.find("vfs_read"));
    }

    void interfacesOfThisMachine()
    {
        const auto names = loadInterfaces();
        const auto loopback = names.find("lo");
        if (!loopback)
            QSKIP("this network namespace has no interface");
        QCOMPARE(names.group(*loopback), std::string_view("loopback"));
        QCOMPARE(unsigned(names.value(*loopback)), if_nametoindex("lo"));
    }

    void theRunningKernel()
    {
        auto &kernel = Kernel::running();
        const auto functions = kernel.functions();
        if (!functions)
            QSKIP(qPrintable(QString::fromStdString(functions.error().text())));
        const auto &names = (*functions)->names();
        QVERIFY2(names.size() > 10'000, qPrintable(QString::number(names.size())));
        for (const char *name : {"vfs_read", "vfs_fsync_range", "do_nanosleep"})
            QVERIFY2(names.find(name, ""), name);
        QVERIFY(!names.find("no_such_function_at_all"));
        const auto near = names.closest("vfs_fsync_rnage", 3);
        QVERIFY(std::ranges::find(near, "vfs_fsync_range") != near.end());

        const auto points = kernel.tracepoints();
        QVERIFY(points);
        const auto change = (*points)->names().find("sched_switch");
        QVERIFY(change && ((*points)->names().flags(*change) & kRaw) != 0);
        if ((*points)->knowsSystems())
            QCOMPARE((*points)->names().group(*change), std::string_view("sched"));
    }

    // The same fields, told by the format file and by the kernel's types.
    void bothSourcesOfFieldsAgree()
    {
        const auto listed = Tracepoints::load();
        KernelFiles without;
        without.tracing = "/nonexistent";
        const auto typed = Tracepoints::load(without);
        if (!listed || !listed->knowsSystems() || !typed)
            QSKIP("needs tracefs, which only root may read, and BTF");
        QVERIFY(!typed->knowsSystems());
        int compared = 0;
        for (std::size_t i = 0; i < listed->names().size(); ++i) {
            const std::string name(listed->names().name(i));
            const auto text = listed->format(std::string(listed->names().group(i)), name);
            const auto types = typed->format("*", name);
            if (!text || !types || (listed->names().flags(i) & kRaw) == 0)
                continue;
            QVERIFY(text->id != 0);
            for (const auto &field : text->fields) {
                const auto *other = types->field(field.name);
                if (!field.numeric || !other || !other->numeric)
                    continue;
                QVERIFY2(field.offset == other->offset && field.size == other->size,
                         qPrintable(QString::fromStdString(name + "." + field.name)));
                ++compared;
            }
            if (compared > 400)
                break;
        }
        QVERIFY2(compared > 100, qPrintable(QString::number(compared)));
    }

    void searchesEverythingAtOnce()
    {
        Kernel kernel;
        const auto found = kernel.search("openat", std::nullopt, 40);
        QVERIFY(found);
        QVERIFY(found->hooks.size() <= 40 && found->total >= found->hooks.size());
        QCOMPARE(schema::format(found->hooks.front().probe), std::string("syscall:openat"));
        QVERIFY(std::ranges::any_of(found->hooks,
                                    [](const auto &hook) { return hook.probe.kind == HookKind::Function; }));
        for (const auto &hook : found->hooks) {
            const auto text = schema::format(hook.probe);
            const auto again = schema::parseUserProbe(text);
            QVERIFY2(again && *again == hook.probe, text.c_str());
        }
        const auto only = kernel.search("sched_sw*", HookKind::Tracepoint, 10);
        QVERIFY(only && only->total >= 1);
        QVERIFY(schema::format(only->hooks.front().probe).ends_with(":sched_switch"));
        const auto prefixed = kernel.search("tracepoint:sched_switch", std::nullopt, 10);
        QVERIFY(prefixed && prefixed->hooks.front().name == "sched_switch");
        const auto named = kernel.search("fentry:vfs_fsync_range", std::nullopt, 10);
        QVERIFY(named && schema::format(named->hooks.front().probe) == "fentry:vfs_fsync_range");
        QCOMPARE(int(kernel.search("x", HookKind::UserFunction, 10).error().code),
                 int(base::Code::InvalidArgument));
        QVERIFY(!kernel.search("no_such_thing_anywhere", std::nullopt, 10)->total);
    }
};

QTEST_GUILESS_MAIN(KernelListsTest)
#include "tst_kernel_lists.moc"
