// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/base/clock.h"
#include "core/source/source.h"

#include <QtTest>
#include <atomic>
#include <csignal>
#include <mutex>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace statescape;
using base::Code;
using source::HelperOptions;
using source::HelperSource;
using source::HelperState;
using source::SourceStatus;

namespace {
constexpr std::uint64_t kSecond = 1'000'000'000;

/// What a source says, gathered.
struct Listener {
    std::mutex mutex;
    std::vector<feature::FeatureFrame> frames;
    std::vector<SourceStatus> statuses;

    HelperSource::Callbacks callbacks()
    {
        return {[this](feature::FeatureFrame frame) {
                    const std::lock_guard lock(mutex);
                    frames.push_back(std::move(frame));
                },
                [this](const SourceStatus &status) {
                    const std::lock_guard lock(mutex);
                    statuses.push_back(status);
                }};
    }
    std::size_t count()
    {
        const std::lock_guard lock(mutex);
        return frames.size();
    }
    feature::FeatureFrame frame(std::size_t index)
    {
        const std::lock_guard lock(mutex);
        return frames.at(index);
    }
    bool saw(HelperState state, const std::string &text = {})
    {
        const std::lock_guard lock(mutex);
        return std::any_of(statuses.begin(), statuses.end(), [&](const auto &s) {
            return s.state == state && s.text.find(text) != std::string::npos;
        });
    }
};

std::unique_ptr<HelperSource> start(Listener &listener, const char *mode, HelperOptions options = {})
{
    qputenv("FAKE_HELPER", mode);
    if (options.program.empty())
        options.program = STATESCAPE_FAKE_HELPER;
    if (options.intervalNs == 250'000'000)
        options.intervalNs = wire::kMinIntervalNs;
    auto source = HelperSource::start(options, listener.callbacks());
    if (!source)
        qWarning("%s", source.error().text().c_str());
    return source ? std::move(*source) : nullptr;
}

std::string reason(const feature::FeatureFrame &frame, std::string_view key)
{
    const float v = frame.values.at(static_cast<std::size_t>(schema::Schema::builtin()->indexOf(key)));
    return schema::isMissing(v) ? std::string(schema::missingKey(schema::missingReason(v))) : "present";
}
} // namespace

class TestHelperSource : public QObject {
    Q_OBJECT

private slots:
    void init()
    {
        m_dir = std::make_unique<QTemporaryDir>();
        qunsetenv("FAKE_HELPER_MARK");
    }
    // Whatever a test did, no helper may be left over.
    void cleanup() { QCOMPARE(::waitpid(-1, nullptr, WNOHANG), -1); }

    void samplesArrive()
    {
        Listener listener;
        auto source = start(listener, "good");
        QVERIFY(source);
        const auto hello = source->hello(10 * kSecond);
        QVERIFY(hello);
        QCOMPARE(hello->helperVersion, std::string("fake"));
        QTRY_VERIFY_WITH_TIMEOUT(listener.count() >= 5, 20'000);
        const auto status = source->status();
        QCOMPARE(status.state, HelperState::Running);
        QVERIFY(status.text.starts_with("running with 13 of 13"));
        QCOMPARE(status.probes.size(), schema::kProbeCount);
        QVERIFY(status.latencyNs > 0);
        QVERIFY(status.helperCpuShare > 0);
        QVERIFY(status.eventsPerSecond[0] > 0);
        // 100 ns an event where few come: the share follows from the rates.
        double expected = 0;
        for (std::size_t i = 0; i < status.probes.size(); ++i)
            if (status.layout->probes()[i].planned)
                expected +=
                    schema::costPerSecond({100, -1}, static_cast<double>(status.eventsPerSecond[i]), 2) / 1e7;
        QVERIFY(std::abs(status.probeCpuShare - expected) < 0.01 * expected + 1e-3);
        QCOMPARE(status.helperRssBytes, std::uint64_t(wire::kMinIntervalNs));
        QCOMPARE(status.losses.missedIntervals, std::uint64_t(7));
        QCOMPARE(status.gaps, std::uint64_t(0));
        QCOMPARE(reason(listener.frame(0), "sched.switch.rate"), std::string("warm-up"));
        const auto second = listener.frame(1);
        QCOMPARE(reason(second, "sched.switch.rate"), std::string("present"));
        const float rate =
            second.values[static_cast<std::size_t>(schema::Schema::builtin()->indexOf("sched.switch.rate"))];
        const double exact = 1000.0 / (static_cast<double>(second.durationNs) / 1e9);
        QVERIFY(std::abs(rate - exact) < 1e-3 * exact);
        source.reset();
        QVERIFY(listener.saw(HelperState::Stopped));
    }

    void whatAProbeSawIsTold()
    {
        Listener listener;
        auto source = start(listener, "sampled");
        QTRY_VERIFY_WITH_TIMEOUT(listener.count() >= 3, 20'000);
        const auto status = source->status();
        const auto at = [](schema::Probe probe) { return static_cast<std::size_t>(probe); };
        QCOMPARE(status.seenShare.size(), schema::kProbeCount);
        const float share = status.seenShare[at(schema::Probe::Scheduler)];
        QVERIFY(std::abs(share - 0.2F) < 1e-3F);
        QCOMPARE(status.seenError[at(schema::Probe::Scheduler)], 0.06F);
        QCOMPARE(status.seenShare[at(schema::Probe::Tcp)], 0.0F);
        QCOMPARE(status.seenShare[at(schema::Probe::Cpu)], 1.0F);
        QCOMPARE(status.seenError[at(schema::Probe::Cpu)], 0.0F);
        // As many events as others in a fifth of the time; its hooks cost only then.
        const auto rate = static_cast<double>(status.eventsPerSecond[at(schema::Probe::Scheduler)]);
        const auto others = static_cast<double>(status.eventsPerSecond[at(schema::Probe::Cpu)]);
        QVERIFY(others > 0 && std::abs(rate - 5 * others) < 0.01 * rate);
        QCOMPARE(status.eventsPerSecond[at(schema::Probe::Tcp)], std::uint64_t(0));
        const double cost = share * schema::costPerSecond({100, -1}, rate, 2) / 1e7;
        QVERIFY(std::abs(status.cpuShare[at(schema::Probe::Scheduler)] - cost) < 0.01 * cost);
        QCOMPARE(status.cpuShare[at(schema::Probe::Tcp)], 0.0);
        QVERIFY(listener.frame(0).seen.empty());
        const auto second = listener.frame(1);
        QCOMPARE(second.seen.size(), std::size_t(1));
        QCOMPARE(second.seen[0].probe, std::string("scheduler"));
        QCOMPARE(reason(second, "tcp.connect.rate"), std::string("shed"));
        const float switches =
            second.values[static_cast<std::size_t>(schema::Schema::builtin()->indexOf("sched.switch.rate"))];
        const double exact = 5 * 1000 / (static_cast<double>(second.durationNs) / 1e9);
        QVERIFY(std::abs(switches - exact) < 0.01 * exact);
    }

    void theIntervalCanChange()
    {
        Listener listener;
        auto source = start(listener, "good");
        QTRY_VERIFY_WITH_TIMEOUT(listener.count() >= 1, 20'000);
        source->setInterval(80'000'000);
        QTRY_COMPARE_WITH_TIMEOUT(source->status().helperRssBytes, std::uint64_t(80'000'000), 20'000);
        source->setInterval(1);
        QTRY_COMPARE_WITH_TIMEOUT(source->status().helperRssBytes, std::uint64_t(wire::kMinIntervalNs),
                                  20'000);
        // More requests than its pipe holds must not stop us.
        for (int i = 0; i < 5000; ++i)
            source->setInterval(60'000'000);
        const auto before = listener.count();
        QTRY_VERIFY_WITH_TIMEOUT(listener.count() > before + 2, 20'000);
    }

    void whatMisbehavesOnceIsStartedAgain_data()
    {
        QTest::addColumn<QByteArray>("mode");
        QTest::addColumn<QString>("text");
        QTest::newRow("exits") << QByteArray("exit:3") << "exited with status 3: boom: no such hook";
        QTest::newRow("killed") << QByteArray("kill:3") << "was killed (signal 9)";
        QTest::newRow("bad checksum") << QByteArray("checksum:3") << "checksum mismatch";
        QTest::newRow("truncated") << QByteArray("truncated:3") << "exited with status 0";
        QTest::newRow("huge length") << QByteArray("huge:3") << "could not be believed";
        QTest::newRow("noise") << QByteArray("noise:3") << "not a frame";
        QTest::newRow("garbage before hello") << QByteArray("garbage-first") << "not a frame at byte 0";
        QTest::newRow("sample before hello") << QByteArray("sample-first") << "before its greeting";
        QTest::newRow("second hello") << QByteArray("second-hello:3") << "second greeting";
        QTest::newRow("request") << QByteArray("request:3") << "sent a request";
        QTest::newRow("repeats itself") << QByteArray("repeat:3") << "not later";
        QTest::newRow("problem") << QByteArray("problem:3") << "the probes were unloaded";
    }
    void whatMisbehavesOnceIsStartedAgain()
    {
        QFETCH(QByteArray, mode);
        QFETCH(QString, text);
        qputenv("FAKE_HELPER_MARK", m_dir->filePath("mark").toLocal8Bit());
        Listener listener;
        auto source = start(listener, mode.constData());
        QTRY_VERIFY2_WITH_TIMEOUT(listener.saw(HelperState::Restarting, text.toStdString()),
                                  qPrintable(QString::fromStdString(source->status().text)), 20'000);
        const auto before = listener.count();
        QTRY_VERIFY_WITH_TIMEOUT(listener.count() >= before + 3, 20'000);
        const auto status = source->status();
        QCOMPARE(status.state, HelperState::Running);
        QCOMPARE(status.restarts, std::uint64_t(1));
        QCOMPARE(status.losses.missedIntervals, std::uint64_t(before > 0 ? 14 : 7));
        QCOMPARE(reason(listener.frame(before), "sched.switch.rate"), std::string("warm-up"));
        QCOMPARE(reason(listener.frame(before + 1), "sched.switch.rate"), std::string("present"));
        for (std::size_t i = 1; i < listener.count(); ++i)
            QVERIFY(listener.frame(i).timeNs > listener.frame(i - 1).timeNs);
    }

    void whatCannotGetBetterFails_data()
    {
        QTest::addColumn<QByteArray>("mode");
        QTest::addColumn<int>("code");
        QTest::newRow("other catalogue") << QByteArray("wrong-hash") << int(Code::Mismatch);
        QTest::newRow("newer protocol") << QByteArray("newer-protocol") << int(Code::NewerVersion);
    }
    void whatCannotGetBetterFails()
    {
        QFETCH(QByteArray, mode);
        QFETCH(int, code);
        Listener listener;
        auto source = start(listener, mode.constData());
        const auto hello = source->hello(20 * kSecond);
        QVERIFY(!hello);
        QCOMPARE(int(hello.error().code), code);
        QVERIFY(hello.error().hint.find("same version") != std::string::npos);
        QTRY_COMPARE_WITH_TIMEOUT(source->status().state, HelperState::Failed, 5000);
        QCOMPARE(source->status().restarts, std::uint64_t(0));
        QCOMPARE(listener.count(), std::size_t(0));
    }

    void whatDiesAgainAndAgainFails()
    {
        Listener listener;
        auto source = start(listener, "exit:1");
        QTRY_COMPARE_WITH_TIMEOUT(source->status().state, HelperState::Failed, 60'000);
        const auto status = source->status();
        QCOMPARE(status.restarts, std::uint64_t(5));
        QVERIFY(status.text.find("6 times within a minute") != std::string::npos);
        QVERIFY(status.text.find("boom") != std::string::npos);
        QVERIFY(!status.hint.empty());
        QCOMPARE(status.losses.missedIntervals, std::uint64_t(7 * 6));
        QCOMPARE(listener.count(), std::size_t(6));
    }

    void aDeathBeforeTheGreetingIsTold()
    {
        qputenv("FAKE_HELPER", "good");
        HelperOptions options;
        options.program = "/bin/false";
        Listener listener;
        auto source = start(listener, "good", options);
        const auto hello = source->hello(kSecond);
        QCOMPARE(hello.error().code, Code::Disconnected);
        QVERIFY(hello.error().message.find("exited with status 1") != std::string::npos);
    }

    void aMuteHelperTimesOut()
    {
        Listener listener;
        auto source = start(listener, "mute");
        QCOMPARE(source->hello(kSecond / 5).error().code, Code::Timeout);
        QCOMPARE(source->status().state, HelperState::Starting);
    }

    void silenceIsSaidAndEnded()
    {
        qputenv("FAKE_HELPER_MARK", m_dir->filePath("mark").toLocal8Bit());
        Listener listener;
        auto source = start(listener, "hang:3");
        QTRY_VERIFY_WITH_TIMEOUT(listener.saw(HelperState::Silent), 20'000);
        QVERIFY(source->status().text.find("no sample for") != std::string::npos);
        QTRY_VERIFY_WITH_TIMEOUT(listener.saw(HelperState::Restarting, "hung and was killed"), 40'000);
        const auto before = listener.count();
        QTRY_VERIFY_WITH_TIMEOUT(listener.count() > before + 2, 20'000);
        QCOMPARE(source->status().state, HelperState::Running);
    }

    void aHelperThatIgnoresEverythingIsKilledAtTheEnd()
    {
        Listener listener;
        auto source = start(listener, "hang:1");
        QTRY_VERIFY_WITH_TIMEOUT(listener.count() >= 1, 20'000);
        QTest::qWait(200);
        source.reset();
    }

    void aClosedStderrIsNoEnd()
    {
        Listener listener;
        auto source = start(listener, "no-stderr");
        QTRY_VERIFY_WITH_TIMEOUT(listener.count() >= 5, 20'000);
        QCOMPARE(source->status().restarts, std::uint64_t(0));
    }

    void gapsAreCounted()
    {
        Listener listener;
        auto source = start(listener, "gaps:2");
        QTRY_VERIFY_WITH_TIMEOUT(listener.count() >= 5, 20'000);
        const auto count = listener.count();
        QVERIFY(source->status().gaps >= 3 * (count - 3));
        QCOMPARE(source->status().gaps % 3, std::uint64_t(0));
    }

    void withoutPrivilegeItIsReduced()
    {
        Listener listener;
        auto source = start(listener, "unprivileged");
        QTRY_VERIFY_WITH_TIMEOUT(listener.count() >= 2, 20'000);
        const auto status = source->status();
        QCOMPARE(status.state, HelperState::Reduced);
        QVERIFY(status.text.find("without privilege") != std::string::npos);
        QCOMPARE(status.hint, std::string("run it as root"));
        QCOMPARE(reason(listener.frame(1), "sched.switch.rate"), std::string("no-permission"));
        QCOMPARE(reason(listener.frame(1), "net.rx.packets"), std::string("present"));
    }

    void badRequestsAreRefused()
    {
        HelperOptions options;
        options.program = m_dir->filePath("nothing").toStdString();
        QCOMPARE(HelperSource::start(options, {}).error().code, Code::NotFound);
        options.program = STATESCAPE_FAKE_HELPER;
        for (const std::uint64_t ns :
             {std::uint64_t(0), wire::kMinIntervalNs - 1, wire::kMaxIntervalNs + 1}) {
            options.intervalNs = ns;
            QCOMPARE(HelperSource::start(options, {}).error().code, Code::InvalidArgument);
        }
    }

    void theProgramIsFound()
    {
        const QByteArray path = qgetenv("PATH");
        qputenv("PATH", m_dir->path().toLocal8Bit());
        const auto missing = HelperSource::start({}, {});
        if (!missing) {
            QCOMPARE(missing.error().code, Code::NotFound);
            QVERIFY(missing.error().message.find(m_dir->path().toStdString()) != std::string::npos);
            QVERIFY(missing.error().hint.find("STATESCAPE_HELPER") != std::string::npos);
        }
        QVERIFY(QFile::copy(STATESCAPE_FAKE_HELPER, m_dir->filePath("statescape-helper")));
        qputenv("FAKE_HELPER", "good");
        auto source = HelperSource::start({}, {});
        QVERIFY(source);
        QVERIFY((*source)->hello(10 * kSecond));
        source->reset();
        QFile::remove(m_dir->filePath("statescape-helper"));
        qputenv("STATESCAPE_HELPER", STATESCAPE_FAKE_HELPER);
        source = HelperSource::start({}, {});
        QVERIFY(source);
        QCOMPARE((*source)->hello(10 * kSecond)->helperVersion, std::string("fake"));
        qunsetenv("STATESCAPE_HELPER");
        qputenv("PATH", path);
    }

    void pkexecThatIsRefusedSaysWhatToDo()
    {
        const QByteArray path = qgetenv("PATH");
        QFile script(m_dir->filePath("pkexec"));
        QVERIFY(script.open(QIODevice::WriteOnly));
        script.write("#!/bin/sh\necho 'Request dismissed' >&2\nexit 126\n");
        script.close();
        script.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
        qputenv("PATH", m_dir->path().toLocal8Bit() + ":" + path);
        HelperOptions options;
        options.launch = HelperOptions::Launch::Pkexec;
        Listener listener;
        auto source = start(listener, "good", options);
        const auto hello = source->hello(20 * kSecond);
        QCOMPARE(hello.error().code, Code::NotPermitted);
        QVERIFY(hello.error().message.find("Request dismissed") != std::string::npos);
        QVERIFY(hello.error().hint.find("setcap") != std::string::npos);
        QCOMPARE(source->status().restarts, std::uint64_t(0));
        source.reset();
        // And one that agrees: it gets the absolute path.
        QVERIFY(script.open(QIODevice::WriteOnly | QIODevice::Truncate));
        script.write("#!/bin/sh\nexec \"$1\"\n");
        script.close();
        source = start(listener, "good", options);
        QVERIFY(source->hello(20 * kSecond));
        source.reset();
        qputenv("PATH", path);
    }

    void capabilitiesOutsideTheBoundingSetAreExplained()
    {
        const QString program = m_dir->filePath("capable-helper");
        QVERIFY(QFile::copy(STATESCAPE_FAKE_HELPER, program));
        if (QProcess::execute("setcap", {"cap_sys_time+ep", program}) != 0)
            QSKIP("setcap is not there or not permitted");
        const pid_t child = ::fork();
        if (child == 0) {
            constexpr int capSysTime = 25;
            if (::prctl(PR_CAPBSET_DROP, capSysTime) != 0)
                ::_exit(90);
            HelperOptions options;
            options.program = program.toStdString();
            auto source = HelperSource::start(options, {});
            if (!source)
                ::_exit(91);
            const auto hello = (*source)->hello(20 * kSecond);
            const bool told = !hello && hello.error().hint.find("setcap -r") != std::string::npos;
            ::_exit(!hello && told ? static_cast<int>(hello.error().code) : 92);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        if (WIFEXITED(status) && WEXITSTATUS(status) == 90)
            QSKIP("the bounding set cannot be changed here");
        QVERIFY(WIFEXITED(status));
        QCOMPARE(WEXITSTATUS(status), static_cast<int>(Code::NotPermitted));
    }

    void theRealHelper()
    {
        HelperOptions options;
        options.program = std::string(STATESCAPE_BIN) + "/statescape-helper";
        if (::access(options.program.c_str(), X_OK) != 0)
            QSKIP("statescape-helper is not built here");
        options.intervalNs = 100'000'000;
        Listener listener;
        auto source = HelperSource::start(options, listener.callbacks());
        QVERIFY(source);
        const auto hello = (*source)->hello(60 * kSecond);
        QVERIFY2(hello, hello ? "" : hello.error().text().c_str());
        QCOMPARE(hello->probes.size(), schema::kProbeCount);
        QTRY_VERIFY_WITH_TIMEOUT(listener.count() >= 10, 60'000);
        const auto status = (*source)->status();
        QVERIFY(status.state == HelperState::Running || status.state == HelperState::Reduced);
        QCOMPARE(status.restarts, std::uint64_t(0));
        QCOMPARE(reason(listener.frame(5), "cpu.user.share"), std::string("present"));
        QVERIFY(status.helperRssBytes > 0);
        source->reset();
    }

private:
    std::unique_ptr<QTemporaryDir> m_dir;
};

QTEST_GUILESS_MAIN(TestHelperSource)
#include "tst_helper_source.moc"
