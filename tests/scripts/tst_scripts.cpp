// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/scripts/script.h"
#include "bpf/scripts/script_cost.h"
#include "core/base/clock.h"
#include "core/schema/script_maps.h"
#include "tests/helper/helper_client.h"

#include <QTest>
#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <poll.h>
#include <set>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace statescape;

namespace {
constexpr pid_t kNobodysGroup = 987654; // a process that is not there: the call is ours alone
const std::string kCount = "tracepoint:syscalls:sys_enter_getpgid / args->pid == 987654 / "
                           "{ @n = count(); @by[comm] = count(); @h = hist(args->pid); @last = args->pid; "
                           "@s = stats(args->pid); @none[tid] = count(); clear(@none); }";

schema::UserProbe probeOf(const std::string &script, const std::string &path = "/some/script.bt")
{
    schema::UserProbe probe;
    probe.kind = schema::HookKind::Script;
    probe.target = path;
    probe.script = script;
    return probe;
}

std::size_t wordsOf(const schema::UserProbe &probe)
{
    std::size_t words = 0;
    for (const auto &slot : schema::userSlots(probe))
        words += slot.kind == schema::SlotKind::Histogram ? schema::kHistogramBuckets : 1;
    return words;
}

/// Serves the attachment for a time, as the helper's loop does. @return its end, if it came.
base::Result<> serve(bpf::Attachment &attachment, int ms)
{
    const auto until = base::monotonicNs() + static_cast<std::uint64_t>(ms) * 1'000'000;
    while (base::monotonicNs() < until) {
        pollfd readable{attachment.readable(), POLLIN, 0};
        if (::poll(&readable, 1, 20) == 1)
            STATESCAPE_CHECK(attachment.onReadable());
    }
    return {};
}

/// Serves until @p done() or the time is up.
template <class Done>
bool serveUntil(bpf::Attachment &attachment, Done done, int seconds = 20)
{
    for (int i = 0; i < seconds * 20; ++i) {
        if (done())
            return true;
        if (!serve(attachment, 50))
            return false;
    }
    return false;
}

std::string contents(const std::string &path)
{
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

/// @return running bpftrace processes that are children of @p parent.
std::vector<pid_t> tracersOf(pid_t parent)
{
    std::vector<pid_t> out;
    std::error_code error;
    for (const auto &entry : std::filesystem::directory_iterator("/proc", error)) {
        const auto pid = std::atoi(entry.path().filename().c_str());
        const auto stat = pid > 0 ? contents(entry.path() / "stat") : std::string();
        const auto behind = stat.rfind(") ");
        char state = 0;
        int of = 0;
        if (behind != std::string::npos && stat.find("(bpftrace)") != std::string::npos &&
            std::sscanf(stat.c_str() + behind, ") %c %d", &state, &of) == 2 && of == parent && state != 'Z')
            out.push_back(pid);
    }
    return out;
}

/// @return whether the process is gone, or dead and only not asked for.
bool over(pid_t pid)
{
    const auto stat = contents("/proc/" + std::to_string(pid) + "/stat");
    const auto behind = stat.rfind(") ");
    return behind == std::string::npos || stat[behind + 2] == 'Z' ||
           stat.find("(bpftrace)") == std::string::npos;
}

HelperClient::Options helperOptions(const schema::UserProbe &probe)
{
    HelperClient::Options options;
    options.arguments = {"--scripts"};
    options.plan.emplace();
    options.plan->probes = 0;
    options.plan->user = {probe};
    return options;
}
const std::string kHelper = STATESCAPE_BIN "/statescape-helper";
} // namespace

class TestScripts : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void countsToTheLastEvent();
    void costIsMeasured();
    void costOfWhatNeverRunsIsNotKnown();
    void costOfWhatCountsNothingIsNotKnown();
    void fdinfoOfAnything();
    void errorsAreTheReason_data();
    void errorsAreTheReason();
    void killedTracerEnds();
    void floodIsBounded();
    void laterEndIsTold();
    void withoutRoot();
    void helperServesAScript();
    void helperOutlivesTheTracer();
    void helperRefusesWithoutTheMode();
    void diesWithTheHelper_data();
    void diesWithTheHelper();
    void shippedTools_data();
    void shippedTools();
    void ownExamples_data();
    void ownExamples();
};

void TestScripts::initTestCase()
{
    if (::geteuid() != 0)
        QSKIP("bpftrace needs root");
    if (::access("/usr/bin/bpftrace", X_OK) != 0)
        QSKIP("bpftrace is not installed");
    if (::access("/sys/kernel/tracing/events/syscalls/sys_enter_getpgid", R_OK) != 0)
        QSKIP("tracefs is not mounted, or has no system calls");
}

void TestScripts::countsToTheLastEvent()
{
    const auto probe = probeOf(kCount);
    auto attached = bpf::attachScript(probe);
    QVERIFY2(attached, attached ? "" : attached.error().text().c_str());
    std::vector<std::uint64_t> words(wordsOf(probe));
    std::uint64_t events = 0;
    QVERIFY(serveUntil(**attached, [&] { return (*attached)->read(words, events); }));
    QCOMPARE(words[0], 0U);
    // The level that was never set, behind the two counters and the histogram.
    const std::size_t last = 2 + 1 + schema::kHistogramBuckets;
    QCOMPARE(words[last], schema::kNoLevel);
    std::uint64_t seen = 0;
    for (int i = 0; i < 20'000; ++i) {
        ::getpgid(kNobodysGroup);
        if (i % 1000 != 0)
            continue;
        QVERIFY(serve(**attached, 20));
        QVERIFY((*attached)->read(words, events));
        QVERIFY(words[0] >= seen);
        seen = words[0];
    }
    QVERIFY(serveUntil(**attached, [&] { return (*attached)->read(words, events) && words[0] == 20'000; }));
    QCOMPARE(words[1], 20'000U);
    QCOMPARE(words[2], 20'000U);
    QCOMPARE(
        std::accumulate(words.begin() + 3, words.begin() + 3 + schema::kHistogramBuckets, std::uint64_t{0}),
        20'000U);
    QCOMPARE(words[last], static_cast<std::uint64_t>(kNobodysGroup));
    QCOMPARE(words[last + 1], 20'000U);
    QCOMPARE(words[last + 2], 20'000ULL * kNobodysGroup);
    QCOMPARE((*attached)->missed(), 0U);
}

namespace {
/// Makes a system call about nobody's process as long as it lives.
class Caller {
public:
    Caller()
        : m_thread([this] {
            while (!m_stop) {
                for (int i = 0; i < 20; ++i)
                    ::getpgid(kNobodysGroup);
                ::usleep(100);
            }
        })
    {}
    ~Caller()
    {
        m_stop = true;
        m_thread.join();
    }

private:
    std::atomic<bool> m_stop = false;
    std::thread m_thread;
};
} // namespace

void TestScripts::costIsMeasured()
{
    const Caller caller;
    const auto attached = bpf::attachScript(probeOf(kCount));
    QVERIFY2(attached, attached ? "" : attached.error().text().c_str());
    const auto note = (*attached)->note();
    // Five maps with an update each: never as cheap as an empty program, never tens of microseconds.
    QVERIFY2((*attached)->warmNs() > 20 && (*attached)->warmNs() < 50'000,
             (std::to_string((*attached)->warmNs()) + "; " + note).c_str());
    QVERIFY2(note.starts_with("bpftrace itself takes "), note.c_str());
    QVERIFY2(note.find("cannot be taken out") != std::string::npos, note.c_str());
}

void TestScripts::costOfWhatNeverRunsIsNotKnown()
{
    // A system call that nobody makes.
    const auto attached =
        bpf::attachScript(probeOf("tracepoint:syscalls:sys_enter_swapoff { @n = count(); }"));
    QVERIFY2(attached, attached ? "" : attached.error().text().c_str());
    QVERIFY((*attached)->warmNs() < 0);
    const auto note = (*attached)->note();
    QVERIFY2(note.find("its cost is not known: ") != std::string::npos, note.c_str());
}

void TestScripts::costOfWhatCountsNothingIsNotKnown()
{
    const Caller caller;
    const auto attached = bpf::attachScript(
        probeOf("tracepoint:syscalls:sys_enter_getpgid / args->pid == 987654 / { @last = args->pid; }"));
    QVERIFY2(attached, attached ? "" : attached.error().text().c_str());
    QVERIFY((*attached)->warmNs() < 0);
    const auto note = (*attached)->note();
    QVERIFY2(note.find("none of its maps counted an event") != std::string::npos, note.c_str());
}

void TestScripts::fdinfoOfAnything()
{
    bpf::ProgramUse use;
    bpf::addProgram("", use);
    bpf::addProgram("pos:\t0\nmap_id:\t7\nrun_time_ns:\t5\nrun_cnt:\t5\n", use);
    bpf::addProgram("prog_id:\t1\nrun_time_ns:\t-\nrun_cnt:\t5\n", use);
    bpf::addProgram("prog_id:\t1\nrun_time_ns:\t99999999999999999999999\nrun_cnt:\t5\n", use);
    QCOMPARE(use.programs, 0U);
    bpf::addProgram("pos:\t0\nprog_id:\t80221\nxrun_cnt:\t3\nrun_time_ns:\t161772\nrun_cnt:\t14", use);
    bpf::addProgram("prog_id:\t80222\nrun_time_ns:\t1\nrun_cnt:\t2\n", use);
    QCOMPARE(use.programs, 2U);
    QCOMPARE(use.reading.ns, 161773U);
    QCOMPARE(use.reading.count, 16U);
}

void TestScripts::errorsAreTheReason_data()
{
    QTest::addColumn<QString>("script");
    QTest::addColumn<QString>("reason");
    QTest::newRow("no map") << "BEGIN { printf(\"x\"); }"
                            << "no map";
    QTest::newRow("syntax") << "BEGIN { @ = count() ; 1 + ; }"
                            << "syntax error";
    QTest::newRow("brackets but no sense") << "BEGIN { @ = count() foo bar; }"
                                           << "script.bt:1:";
    QTest::newRow("no such tracepoint") << "tracepoint:nosuch:thing { @ = count(); }"
                                        << "tracepoint not found";
    QTest::newRow("types that do not fit") << "BEGIN { @ = count(); @ = hist(1); }"
                                           << "script.bt:1:";
    QTest::newRow("ends by itself") << "BEGIN { @n = 1; exit(); }"
                                    << "ended with status 0";
    QTest::newRow("wants to run programs") << "BEGIN { @n = 1; system(\"touch /tmp/never\"); }"
                                           << "unsafe";
}

void TestScripts::errorsAreTheReason()
{
    QFETCH(QString, script);
    QFETCH(QString, reason);
    const auto attached = bpf::attachScript(probeOf(script.toStdString()));
    QVERIFY(!attached);
    QCOMPARE(attached.error().code,
             reason == "no map" ? base::Code::InvalidArgument : base::Code::NotSupported);
    const auto words = QString::fromStdString(attached.error().message);
    QVERIFY2(words.contains(reason), qPrintable(words));
    QVERIFY2(!words.contains("/proc/self") && !words.contains("MEMLOCK") && !words.contains('\n'),
             qPrintable(words));
    QVERIFY(!attached.error().hint.empty());
}

void TestScripts::killedTracerEnds()
{
    auto attached = bpf::attachScript(probeOf(kCount));
    QVERIFY(attached);
    std::vector<std::uint64_t> words(wordsOf(probeOf(kCount)));
    std::uint64_t events = 0;
    QVERIFY(serveUntil(**attached, [&] { return (*attached)->read(words, events); }));
    const auto tracers = tracersOf(::getpid());
    QCOMPARE(tracers.size(), 1U);
    ::kill(tracers[0], SIGKILL);
    const auto ended = serve(**attached, 5000);
    QVERIFY(!ended);
    QVERIFY2(ended.error().message.find("killed by signal 9") != std::string::npos,
             ended.error().message.c_str());
}

void TestScripts::floodIsBounded()
{
    // Some megabytes a second of text, and a line that never ends.
    auto attached = bpf::attachScript(
        probeOf("tracepoint:raw_syscalls:sys_enter { @n = count(); printf(\"%s %s %d\\n\", comm, "
                "\"ssssssssssssssssssssssssssssssssssssssssssssssssssssssss\", args->id); printf(\"x\"); }"));
    QVERIFY(attached);
    std::vector<std::uint64_t> words(1);
    std::uint64_t events = 0;
    QVERIFY(serveUntil(**attached, [&] { return (*attached)->read(words, events); }));
    const auto memory = [] {
        long total = 0;
        long resident = 0;
        return std::sscanf(contents("/proc/self/statm").c_str(), "%ld %ld", &total, &resident) == 2 ? resident
                                                                                                    : 0;
    };
    const auto before = memory();
    std::atomic<bool> stop = false;
    std::thread load([&stop] {
        while (!stop)
            ::getppid();
    });
    const auto served = serve(**attached, 5000);
    stop = true;
    load.join();
    QVERIFY(served);
    QVERIFY2((memory() - before) * 4096 < 8'000'000, "memory grew");
    // What bpftrace could not get rid of is counted.
    QVERIFY((*attached)->missed() > 0);
}

void TestScripts::laterEndIsTold()
{
    auto attached = bpf::attachScript(probeOf("BEGIN { @n = 1; } interval:s:4 { exit(); }"));
    QVERIFY2(attached, attached ? "" : attached.error().text().c_str());
    std::vector<std::uint64_t> words(1);
    std::uint64_t events = 0;
    QVERIFY((*attached)->read(words, events));
    QCOMPARE(words[0], 1U);
    const auto ended = serve(**attached, 20'000);
    QVERIFY(!ended);
    QCOMPARE(ended.error().code, base::Code::Disconnected);
    QCOMPARE(QString::fromStdString(ended.error().message), QString("bpftrace ended with status 0"));
}

void TestScripts::withoutRoot()
{
    const pid_t pid = ::fork();
    if (pid == 0) {
        if (::setresuid(65534, 65534, 65534) != 0)
            ::_exit(1);
        const auto attached = bpf::attachScript(probeOf(kCount));
        ::_exit(!attached && attached.error().code == base::Code::NotPermitted &&
                        !attached.error().hint.empty()
                    ? 0
                    : 2);
    }
    int status = 0;
    QCOMPARE(::waitpid(pid, &status, 0), pid);
    QVERIFY(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

void TestScripts::helperServesAScript()
{
    const auto probe = probeOf(kCount);
    HelperClient helper(kHelper, helperOptions(probe));
    const auto hello = helper.receiveA<wire::Hello>(20'000);
    QVERIFY(hello);
    const auto standing = std::ranges::find(hello->probes, schema::userProbe(0), &wire::ProbeState::probe);
    QVERIFY(standing != hello->probes.end());
    QVERIFY2(standing->available, standing->reason.c_str());
    QVERIFY(helper.send(wire::Start{100'000'000}));
    const schema::Layout layout(*helperOptions(probe).plan);
    const auto first = layout[schema::userProbe(0)].firstWord;
    std::optional<wire::RawSample> sample;
    const auto valid = [&] {
        sample = helper.receiveA<wire::RawSample>();
        return sample && (sample->probeMask & schema::bitOf(schema::userProbe(0))) != 0;
    };
    for (int i = 0; i < 200 && !valid() && sample; ++i) {
    }
    QVERIFY(valid());
    for (int i = 0; i < 5000; ++i)
        ::getpgid(kNobodysGroup);
    for (int i = 0; i < 100 && valid() && sample->slots[first] < 5000; ++i) {
    }
    QCOMPARE(sample->slots[first], 5000U);
    // The same event in several maps is one event.
    QCOMPARE(sample->events[schema::kProbeCount], 5000U);
}

void TestScripts::helperOutlivesTheTracer()
{
    HelperClient helper(kHelper, helperOptions(probeOf(kCount)));
    QVERIFY(helper.receiveA<wire::Hello>(20'000));
    QVERIFY(helper.send(wire::Start{100'000'000}));
    const auto tracers = tracersOf(helper.pid());
    QCOMPARE(tracers.size(), 1U);
    ::kill(tracers[0], SIGKILL);
    const auto update = helper.receiveA<wire::ProbeUpdate>();
    QVERIFY(update);
    QCOMPARE(update->state.probe, schema::userProbe(0));
    QVERIFY(!update->state.available);
    QVERIFY2(update->state.reason.find("killed by signal 9") != std::string::npos,
             update->state.reason.c_str());
    const auto sample = helper.receiveA<wire::RawSample>();
    QVERIFY(sample);
    QCOMPARE(sample->probeMask & schema::bitOf(schema::userProbe(0)), 0U);
}

void TestScripts::helperRefusesWithoutTheMode()
{
    auto options = helperOptions(probeOf(kCount));
    options.arguments = {"--user-probes"};
    HelperClient helper(kHelper, options);
    const auto problem = helper.receiveA<wire::Problem>();
    QVERIFY(problem);
    QCOMPARE(problem->code, base::Code::NotPermitted);
}

void TestScripts::diesWithTheHelper_data()
{
    QTest::addColumn<QString>("how");
    QTest::addColumn<bool>("pkexec");
    for (const char *how : {"SIGKILL", "SIGTERM", "end of input", "output closed"})
        for (const bool pkexec : {false, true})
            QTest::addRow("%s%s", how, pkexec ? ", as the user of pkexec" : "") << QString(how) << pkexec;
}

// As root's child it gets the signal it asked for; the dead helper of another user may send none, and closes
// the pipe.
void TestScripts::diesWithTheHelper()
{
    QFETCH(QString, how);
    QFETCH(bool, pkexec);
    if (pkexec)
        ::setenv("PKEXEC_UID", "65534", 1);
    HelperClient helper(kHelper, helperOptions(probeOf(kCount)));
    ::unsetenv("PKEXEC_UID");
    QVERIFY(helper.receiveA<wire::Hello>(20'000));
    QVERIFY(helper.send(wire::Start{100'000'000}));
    std::optional<wire::RawSample> sample;
    for (int i = 0; i < 200; ++i) {
        sample = helper.receiveA<wire::RawSample>();
        if (!sample || (sample->probeMask & schema::bitOf(schema::userProbe(0))) != 0)
            break;
    }
    QVERIFY(sample && (sample->probeMask & schema::bitOf(schema::userProbe(0))) != 0);
    QCOMPARE(helper.status("Uid").value_or(1), pkexec ? 65534U : 0U);
    const auto tracers = tracersOf(helper.pid());
    QCOMPARE(tracers.size(), 1U);
    if (how == "SIGKILL")
        ::kill(helper.pid(), SIGKILL);
    else if (how == "SIGTERM")
        ::kill(helper.pid(), SIGTERM);
    else if (how == "end of input")
        helper.closeInput();
    else
        helper.closeOutput();
    QVERIFY(helper.wait().has_value());
    QTRY_VERIFY2(over(tracers[0]), "bpftrace survived the helper");
}

void TestScripts::shippedTools_data()
{
    QTest::addColumn<QString>("path");
    std::set<std::string> tools;
    for (const char *folder : {"/usr/share/bpftrace/tools", "/usr/sbin"}) {
        std::error_code error;
        for (const auto &entry : std::filesystem::directory_iterator(folder, error))
            if (entry.path().extension() == ".bt")
                tools.insert(entry.path());
    }
    for (const auto &tool : tools)
        QTest::newRow(tool.c_str()) << QString::fromStdString(tool);
    if (tools.empty())
        QTest::newRow("none") << QString();
}

// What is found in the text against what bpftrace says when it runs.
void TestScripts::shippedTools()
{
    QFETCH(QString, path);
    if (path.isEmpty())
        QSKIP("bpftrace came without tools");
    const auto probe = probeOf(contents(path.toStdString()), path.toStdString());
    const auto maps = schema::scriptMaps(probe.script);
    if (!maps) {
        // Nothing to count: then bpftrace must not print a map that counts either.
        QVERIFY2(maps.error().message.find("no map") != std::string::npos, maps.error().message.c_str());
        for (const char *function : {"= count()", "= hist(", "= lhist(", "= sum(", "= stats(", "= avg("})
            QVERIFY2(probe.script.find(function) == std::string::npos, function);
        return;
    }
    auto attached = bpf::attachScript(probe);
    if (!attached)
        QSKIP(attached.error().message.c_str());
    std::vector<std::uint64_t> words(wordsOf(probe));
    std::uint64_t events = 0;
    QVERIFY(serve(**attached, 2000));
    QVERIFY((*attached)->read(words, events));
    QCOMPARE((*attached)->missed(), 0U);
    qInfo("%zu maps, %llu events in 2 s", maps->size(), static_cast<unsigned long long>(events));
}

void TestScripts::ownExamples_data()
{
    QTest::addColumn<QString>("path");
    std::error_code error;
    for (const auto &entry :
         std::filesystem::directory_iterator(STATESCAPE_SOURCE "/resources/scripts", error))
        if (entry.path().extension() == ".bt")
            QTest::newRow(entry.path().filename().c_str()) << QString::fromStdString(entry.path());
}

void TestScripts::ownExamples()
{
    QFETCH(QString, path);
    const auto probe = probeOf(contents(path.toStdString()), path.toStdString());
    QVERIFY(!schema::userFeatures(probe).empty());
    auto attached = bpf::attachScript(probe);
    QVERIFY(attached);
    std::vector<std::uint64_t> words(wordsOf(probe));
    std::uint64_t events = 0;
    QVERIFY(serveUntil(**attached, [&] { return (*attached)->read(words, events); }));
    QVERIFY(serve(**attached, 1000));
}

QTEST_GUILESS_MAIN(TestScripts)
#include "tst_scripts.moc"
