// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "helper_client.h"

#include "core/base/clock.h"

#include <QTest>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <random>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace statescape;

namespace {
const std::string kHelper = STATESCAPE_BIN "/statescape-helper";
constexpr uid_t kNobody = 65534;
constexpr std::uint64_t kMs = 1'000'000;
constexpr std::size_t kSizeAt = 8;
constexpr std::size_t kChecksumAt = 12;
#ifdef __SANITIZE_ADDRESS__
constexpr std::uint64_t kMayGrow = 64U << 10; // kB; freed memory is kept back to catch its use
#else
constexpr std::uint64_t kMayGrow = 2U << 10;
#endif

using Bytes = std::vector<std::byte>;

bool exitedWith(std::optional<int> status, int code)
{
    return status && WIFEXITED(*status) && WEXITSTATUS(*status) == code;
}

/// A copy of the helper where nobody can start it.
class Copy {
public:
    Copy()
    {
        std::string name = "/tmp/statescape-test-XXXXXX";
        m_folder = ::mkdtemp(name.data());
        std::filesystem::permissions(m_folder, std::filesystem::perms(0755));
        std::filesystem::copy_file(kHelper, path());
    }
    ~Copy() { std::filesystem::remove_all(m_folder); }
    Copy(const Copy &) = delete;
    Copy &operator=(const Copy &) = delete;
    [[nodiscard]] std::string path() const { return m_folder + "/statescape-helper"; }

private:
    std::string m_folder;
};

/// Without privilege, so that a thousand rounds are not spent on loading programs: what reads requests is the
/// same.
HelperClient::Options unprivileged(std::optional<schema::ProbePlan> plan)
{
    return {::geteuid() == 0 ? kNobody : 0, {"--scripts"}, std::move(plan)};
}

/// A plan with something of everything.
schema::ProbePlan richPlan()
{
    schema::ProbePlan plan;
    for (const char *text :
         {"syscall:openat:latency", "kprobe:vfs_fsync", "tracepoint:sched:sched_switch:prev_prio",
          "uprobe:/bin/sh:main", "usdt:/bin/sh:p:n", "xdp:lo", "packets:lo"})
        plan.user.push_back(*schema::parseUserProbe(text));
    schema::UserProbe script{schema::HookKind::Script, "/tmp/a.bt", {}, schema::Measure::Count, {}};
    script.script = "tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }";
    plan.user.push_back(script);
    return plan;
}

void mendSum(Bytes &frame)
{
    if (frame.size() < wire::kFrameHeaderBytes)
        return;
    std::uint32_t size = 0;
    std::memcpy(&size, frame.data() + kSizeAt, sizeof size);
    std::uint32_t sum = 0x811c9dc5U;
    for (std::size_t i = wire::kFrameHeaderBytes;
         i < std::min<std::size_t>(frame.size(), wire::kFrameHeaderBytes + std::size_t{size}); ++i)
        sum = (sum ^ std::to_integer<std::uint32_t>(frame[i])) * 0x01000193U;
    std::memcpy(frame.data() + kChecksumAt, &sum, sizeof sum);
}

/// Spoils good frames in all the ways there are names for.
class Spoiler {
public:
    explicit Spoiler(unsigned seed)
        : m_random(seed)
    {}
    Bytes next(const Bytes &good)
    {
        auto bytes = good;
        switch (m_random() % 8) {
        case 0: // noise
            bytes.resize(1 + m_random() % 300);
            std::ranges::generate(bytes, [this] { return static_cast<std::byte>(m_random()); });
            break;
        case 1: // a length that is not so
            setSize(bytes, static_cast<std::uint32_t>(m_random()));
            break;
        case 2: // a length just over what may be
            setSize(bytes, static_cast<std::uint32_t>(wire::kMaxPayloadBytes + m_random() % 3));
            break;
        case 3: // cut
            bytes.resize(m_random() % bytes.size());
            break;
        case 4: // a bit, with its sum
            flip(bytes);
            mendSum(bytes);
            break;
        case 5: // many bits, with their sum
            for (int i = 0; i < 16; ++i)
                flip(bytes);
            mendSum(bytes);
            break;
        case 6: // a lengths's worth of ones in the payload, with its sum
            if (bytes.size() > wire::kFrameHeaderBytes + 4)
                std::memset(bytes.data() + wire::kFrameHeaderBytes +
                                m_random() % (bytes.size() - wire::kFrameHeaderBytes - 3),
                            0xff, 4);
            mendSum(bytes);
            break;
        default: // a wrong sum
            flip(bytes);
            break;
        }
        return bytes;
    }

private:
    static void setSize(Bytes &bytes, std::uint32_t size)
    {
        std::memcpy(bytes.data() + kSizeAt, &size, sizeof size);
    }
    void flip(Bytes &bytes)
    {
        const auto from = bytes.size() > wire::kFrameHeaderBytes ? wire::kFrameHeaderBytes : 0;
        bytes[from + m_random() % (bytes.size() - from)] ^= static_cast<std::byte>(1U << m_random() % 8);
    }
    std::mt19937 m_random;
};

/// @return how long tests that stop a process keep it stopped; a minute is for a person with time.
int stopSeconds()
{
    const char *text = std::getenv("STATESCAPE_STOP_SECONDS");
    return text ? std::max(1, std::atoi(text)) : 4;
}
} // namespace

/// Whatever the other side sends, or does not do, the helper answers, or ends; it never crashes, grows or
/// hangs.
class AbuseTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void sixHundredSpoiledFirstRequests()
    {
        const Copy copy;
        Spoiler spoiler(1);
        const std::array good{wire::encode(wire::Attach{richPlan()}), wire::encode(wire::Attach{}),
                              wire::encode(wire::Start{})};
        for (int round = 0; round < 600; ++round) {
            HelperClient client(copy.path(), unprivileged(std::nullopt));
            const auto bytes = spoiler.next(good[static_cast<std::size_t>(round) % good.size()]);
            client.sendBytes(bytes);
            client.closeInput();
            const auto status = client.wait(20'000);
            QVERIFY2(exitedWith(status, 0) || exitedWith(status, 1),
                     qPrintable(QString("round %1, status %2").arg(round).arg(status.value_or(-1))));
        }
    }

    void fourHundredSpoiledLaterRequests()
    {
        const Copy copy;
        Spoiler spoiler(2);
        const std::array good{wire::encode(wire::Start{100 * kMs}), wire::encode(wire::Stop{}),
                              wire::encode(wire::Attach{richPlan()})};
        for (int round = 0; round < 400; ++round) {
            HelperClient client(copy.path(), unprivileged(schema::ProbePlan{}));
            QVERIFY(client.receiveA<wire::Hello>(20'000));
            // Good ones first, in any number and order, then the bad one.
            for (int i = 0; i < round % 4; ++i)
                client.sendBytes(good[static_cast<std::size_t>(round + i) % 2]);
            client.sendBytes(spoiler.next(good[static_cast<std::size_t>(round) % good.size()]));
            client.closeInput();
            const auto status = client.wait(20'000);
            QVERIFY2(exitedWith(status, 0) || exitedWith(status, 1),
                     qPrintable(QString("round %1, status %2").arg(round).arg(status.value_or(-1))));
        }
    }

    void aThousandRefusedRequestsInOneProcess()
    {
        HelperClient client(kHelper);
        const auto hello = client.receiveA<wire::Hello>(20'000);
        QVERIFY(hello);
        const auto before = client.status("VmRSS");
        for (int i = 0; i < 1000; ++i) {
            QVERIFY(client.send(wire::Start{i % 2 == 0 ? static_cast<std::uint64_t>(i)
                                                       : ~0ULL - static_cast<std::uint64_t>(i)}));
            const auto problem = client.receiveA<wire::Problem>();
            QVERIFY(problem);
            QCOMPARE(problem->code, base::Code::InvalidArgument);
        }
        const auto after = client.status("VmRSS");
        QVERIFY(before && after);
        QVERIFY2(*after < *before + kMayGrow,
                 qPrintable(QString("%1 kB, then %2 kB").arg(*before).arg(*after)));
        QVERIFY(client.send(wire::Start{50 * kMs}));
        QVERIFY(client.receiveA<wire::RawSample>());
    }

    void theOrderIsAttachThenTheRest_data()
    {
        QTest::addColumn<int>("which");
        QTest::newRow("start first") << 0;
        QTest::newRow("stop first") << 1;
        QTest::newRow("hello first") << 2;
        QTest::newRow("a second attach") << 3;
        QTest::newRow("a second attach while running") << 4;
    }
    void theOrderIsAttachThenTheRest()
    {
        QFETCH(int, which);
        HelperClient client(kHelper, HelperClient::Options{0, {}, std::nullopt});
        if (which == 0)
            client.send(wire::Start{});
        if (which == 1)
            client.send(wire::Stop{});
        if (which == 2)
            client.send(wire::Hello{});
        if (which >= 3) {
            client.send(wire::Attach{});
            QVERIFY(client.receiveA<wire::Hello>(20'000));
            if (which == 4) {
                client.send(wire::Start{50 * kMs});
                QVERIFY(client.receiveA<wire::RawSample>());
            }
            client.send(wire::Attach{});
        }
        const auto problem = client.receiveA<wire::Problem>();
        QVERIFY(problem);
        QCOMPARE(problem->code, base::Code::InvalidArgument);
        QVERIFY(exitedWith(client.wait(), 1));
    }

    void morePlanThanTheModeMayDoIsRefused_data()
    {
        QTest::addColumn<QString>("argument");
        QTest::addColumn<QString>("probe");
        QTest::newRow("a user's hook") << ""
                                       << "kprobe:vfs_fsync";
        QTest::newRow("a user's hook, said plainly") << "--shipped"
                                                     << "tracepoint:sched:sched_switch";
        QTest::newRow("a script") << ""
                                  << "bpftrace:/tmp/a.bt";
        QTest::newRow("a script among user probes") << "--user-probes"
                                                    << "bpftrace:/tmp/a.bt";
    }
    void morePlanThanTheModeMayDoIsRefused()
    {
        QFETCH(QString, argument);
        QFETCH(QString, probe);
        schema::ProbePlan plan;
        auto parsed = schema::parseUserProbe(probe.toStdString());
        QVERIFY(parsed);
        if (parsed->kind == schema::HookKind::Script)
            parsed->script = "tracepoint:raw_syscalls:sys_enter { @ = count(); }";
        plan.user.push_back(*parsed);
        std::vector<std::string> arguments;
        if (!argument.isEmpty())
            arguments.push_back(argument.toStdString());
        HelperClient client(kHelper, HelperClient::Options{0, arguments, plan});
        const auto problem = client.receiveA<wire::Problem>();
        QVERIFY(problem);
        QCOMPARE(problem->code, base::Code::NotPermitted);
        QVERIFY(!problem->hint.empty());
        QVERIFY(exitedWith(client.wait(), 1));
    }

    void aRequestInSingleBytesIsOne()
    {
        HelperClient client(kHelper, HelperClient::Options{0, {}, std::nullopt});
        for (const auto byte : wire::encode(wire::Attach{}))
            QVERIFY(client.sendBytes(std::span(&byte, 1)));
        QVERIFY(client.receiveA<wire::Hello>(20'000));
    }

    void aUserWhoNeverAsksIsNotWaitedForLong()
    {
        HelperClient client(kHelper, HelperClient::Options{0, {}, std::nullopt});
        const auto problem = client.receiveA<wire::Problem>(20'000);
        QVERIFY(problem);
        QCOMPARE(problem->code, base::Code::Timeout);
        QVERIFY(exitedWith(client.wait(), 1));
    }

    void aReaderThatStopsForGoodIsNoBurden()
    {
        HelperClient client(kHelper);
        QVERIFY(client.receiveA<wire::Hello>(20'000));
        QVERIFY(client.send(wire::Start{50 * kMs}));
        QVERIFY(client.receiveA<wire::RawSample>());
        const auto before = client.status("VmRSS");
        std::this_thread::sleep_for(std::chrono::seconds(12));
        const auto after = client.status("VmRSS");
        QVERIFY(before && after && !client.wait(1));
        // The ring of 512 KB is touched for the first time meanwhile.
        QVERIFY2(*after < *before + kMayGrow,
                 qPrintable(QString("%1 kB, then %2 kB").arg(*before).arg(*after)));
        // Nobody reads, but asking it to end works.
        client.closeInput();
        QVERIFY(exitedWith(client.wait(), 0));
    }

    void aReaderThatTakesRequestsOnlyIsGivenUp()
    {
        HelperClient client(kHelper);
        QVERIFY(client.receiveA<wire::Hello>(20'000));
        // Every answer takes room; when the last of it is gone the helper ends rather than grow.
        const auto request = wire::encode(wire::Start{0});
        for (int i = 0; i < 20'000 && client.sendBytes(request); ++i) {
        }
        QVERIFY(exitedWith(client.wait(20'000), 1));
    }

    void aStoppedHelperCountsWhatItMissed()
    {
        HelperClient client(kHelper);
        QVERIFY(client.receiveA<wire::Hello>(20'000));
        QVERIFY(client.send(wire::Start{50 * kMs}));
        const auto first = client.receiveA<wire::RawSample>();
        QVERIFY(first);
        ::kill(client.pid(), SIGSTOP);
        std::this_thread::sleep_for(std::chrono::seconds(stopSeconds()));
        const auto resident = client.status("VmRSS");
        ::kill(client.pid(), SIGCONT);
        std::uint64_t expected = first->sequence;
        std::uint64_t gaps = 0;
        std::uint64_t told = first->losses.missedIntervals;
        const auto begin = base::monotonicNs();
        while (base::monotonicNs() - begin < 3000 * kMs) {
            const auto sample = client.receiveA<wire::RawSample>();
            QVERIFY(sample && sample->sequence > expected);
            gaps += sample->sequence - expected - 1;
            expected = sample->sequence;
            told = sample->losses.missedIntervals + sample->losses.writeFailures;
        }
        QCOMPARE(gaps, told);
        QVERIFY2(gaps >= static_cast<std::uint64_t>(stopSeconds()) * 20 - 2,
                 qPrintable(QString::number(gaps)));
        QVERIFY(resident && client.status("VmRSS").value_or(~0U) < *resident + kMayGrow);
    }

    // The whole way to the file: what a stopped reader missed is in its session.
    void aStoppedReaderFindsItsLossesInTheFile()
    {
        const std::string program = STATESCAPE_BIN "/statescape";
        if (!std::filesystem::exists(program))
            QSKIP("statescape is not built");
        std::string folder = "/tmp/statescape-test-XXXXXX";
        QVERIFY(::mkdtemp(folder.data()));
        const auto file = folder + "/a.statescape";
        const pid_t pid = ::fork();
        if (pid == 0) {
            ::freopen("/dev/null", "w", stderr);
            ::execl(program.c_str(), program.c_str(), "record", "-o", file.c_str(), "--interval", "50ms",
                    "--duration", "90s", nullptr);
            ::_exit(126);
        }
        std::this_thread::sleep_for(std::chrono::seconds(3));
        ::kill(pid, SIGSTOP);
        // A megabyte of pipe and half of queue hold some thirty seconds.
        std::this_thread::sleep_for(std::chrono::seconds(std::max(50, stopSeconds())));
        ::kill(pid, SIGCONT);
        std::this_thread::sleep_for(std::chrono::seconds(3));
        ::kill(pid, SIGINT);
        int status = 0;
        ::waitpid(pid, &status, 0);
        QVERIFY(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        FILE *pipe = ::popen((program + " info --json " + file).c_str(), "re");
        QByteArray text;
        for (int c = 0; (c = std::fgetc(pipe)) != EOF;)
            text += static_cast<char>(c);
        QCOMPARE(::pclose(pipe), 0);
        std::filesystem::remove_all(folder);
        const auto at = text.indexOf("\"dropped\":");
        QVERIFY2(at > 0, text.constData());
        const auto dropped = text.mid(at + 10).trimmed().split(',').first().toInt();
        QVERIFY2(dropped > 50, text.constData());
    }
};

QTEST_GUILESS_MAIN(AbuseTest)
#include "tst_abuse.moc"
