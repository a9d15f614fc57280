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
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <random>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace statescape;
using schema::Probe;

namespace {
const std::string kHelper = STATESCAPE_BIN "/statescape-helper";
constexpr uid_t kNobody = 65534;
constexpr std::uint64_t kMs = 1'000'000;
#ifdef __SANITIZE_ADDRESS__
constexpr std::uint64_t kMayGrow = 64U << 20; // freed memory is kept back to catch its use
#else
constexpr std::uint64_t kMayGrow = 2U << 20;
#endif

bool exitedWith(std::optional<int> status, int code)
{
    return status && WIFEXITED(*status) && WEXITSTATUS(*status) == code;
}

std::vector<std::byte> bytesOf(std::string_view text)
{
    std::vector<std::byte> bytes(text.size());
    std::memcpy(bytes.data(), text.data(), text.size());
    return bytes;
}

/// A copy of the helper where nobody can start it; goes away with the object.
class Copy {
public:
    explicit Copy(const char *capabilities = nullptr)
    {
        std::string name = "/tmp/statescape-test-XXXXXX";
        m_folder = ::mkdtemp(name.data());
        std::filesystem::permissions(m_folder, std::filesystem::perms(0755));
        std::filesystem::copy_file(kHelper, path());
        std::filesystem::permissions(path(), std::filesystem::perms(0755));
        if (capabilities)
            m_capable =
                std::system(
                    ("setcap " + std::string(capabilities) + " " + path() + " 2>/dev/null").c_str()) == 0;
    }
    ~Copy() { std::filesystem::remove_all(m_folder); }
    Copy(const Copy &) = delete;
    Copy &operator=(const Copy &) = delete;
    [[nodiscard]] std::string path() const { return m_folder + "/statescape-helper"; }
    [[nodiscard]] bool capable() const { return m_capable; }

private:
    std::string m_folder;
    bool m_capable = false;
};

struct Output {
    int status = -1;
    std::string text; ///< standard error
};

/// Runs the helper as a person would, away from any pipe on standard input.
Output runByHand(const std::string &arguments)
{
    Output output;
    FILE *pipe = ::popen((kHelper + " " + arguments + " 2>&1 >/dev/null </dev/null").c_str(), "re");
    std::array<char, 4096> buffer{};
    while (const auto got = std::fread(buffer.data(), 1, buffer.size(), pipe))
        output.text.append(buffer.data(), got);
    output.status = ::pclose(pipe);
    return output;
}

std::uint32_t bpfMask(const wire::Hello &hello)
{
    std::uint32_t mask = 0;
    for (const auto &state : hello.probes)
        if (state.available && schema::info(state.probe).origin == schema::ProbeOrigin::Bpf)
            mask |= 1U << static_cast<unsigned>(state.probe);
    return mask;
}
} // namespace

schema::ProbePlan everything()
{
    schema::ProbePlan plan;
    plan.probes = (std::uint64_t{1} << schema::kProbeCount) - 1;
    return plan;
}

class HelperTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void saysWhatItIsWhenStartedByHand()
    {
        const auto plain = runByHand("");
        QVERIFY(exitedWith(plain.status, 2));
        QVERIFY(plain.text.find("started by") != std::string::npos);
        QVERIFY(exitedWith(runByHand("--help").status, 2));
        QVERIFY(exitedWith(runByHand("--no-such").status, 2));
        const auto version = runByHand("--version");
        QVERIFY(exitedWith(version.status, 2));
        QVERIFY(version.text.find(STATESCAPE_VERSION) != std::string::npos);
        const auto check = runByHand("--check");
        QVERIFY(exitedWith(check.status, 2));
        for (const auto &probe : schema::probes())
            QVERIFY2(check.text.find(std::string(probe.key) + ": ") != std::string::npos, check.text.c_str());
    }

    void helloNamesEveryProbe()
    {
        HelperClient client(kHelper, {.uid = 0, .arguments = {}, .plan = everything()});
        const auto hello = client.receiveA<wire::Hello>();
        QVERIFY(hello);
        QCOMPARE(hello->protocol, wire::kProtocolVersion);
        QCOMPARE(hello->layoutHash, schema::Layout(everything()).hash());
        QVERIFY(hello->cpusPossible >= 1);
        QVERIFY(!hello->kernel.empty());
        QCOMPARE(hello->probes.size(), schema::kProbeCount);
        for (std::size_t i = 0; i < schema::kProbeCount; ++i) {
            const auto &state = hello->probes[i];
            QCOMPARE(static_cast<std::size_t>(state.probe), i);
            QVERIFY(state.available ||
                    (!state.reason.empty() && !state.hint.empty() && state.code != base::Code::Ok));
        }
        if (::geteuid() == 0)
            QVERIFY(hello->privileged || hello->probes[0].code != base::Code::Ok);
    }

    void samplesComeAtTheInterval()
    {
        HelperClient client(kHelper);
        const auto hello = client.receiveA<wire::Hello>();
        QVERIFY(hello);
        QVERIFY(client.send(wire::Start{100 * kMs}));
        const auto first = client.receiveA<wire::RawSample>();
        QVERIFY(first);
        QCOMPARE(first->sequence, 0U);
        QCOMPARE(first->slots.size(), schema::slotWords());
        auto last = *first;
        for (int i = 0; i < 20; ++i) {
            auto next = client.receiveA<wire::RawSample>();
            QVERIFY(next);
            QVERIFY(next->sequence > last.sequence && next->timeNs > last.timeNs);
            QVERIFY(next->onlineCpus >= 1);
            QVERIFY(next->helperRssBytes > 0 && next->helperCpuNs >= last.helperCpuNs);
            for (std::size_t slot = 0; slot < schema::kSlotCount; ++slot) {
                const auto kind = static_cast<schema::Slot>(slot);
                const auto at = schema::slotOffset(kind);
                if (schema::info(kind).kind == schema::SlotKind::Counter)
                    QVERIFY2(next->slots[at] >= last.slots[at], std::string(schema::info(kind).key).c_str());
            }
            last = *next;
        }
        // Ticks are absolute: late ones do not push the later ones, so the mean holds whatever else the
        // machine does.
        const auto span = last.timeNs - first->timeNs;
        const auto ticks = last.sequence - first->sequence;
        QVERIFY2(span > (ticks - 1) * 100 * kMs && span < (ticks + 2) * 100 * kMs,
                 qPrintable(QString("%1 ticks in %2 ns").arg(ticks).arg(span)));
        QCOMPARE(last.probeMask & bpfMask(*hello), bpfMask(*hello));
    }

    void probesNotAskedForAreNotReported()
    {
        schema::ProbePlan plan;
        plan.probes = schema::bitOf(Probe::Vm);
        HelperClient client(kHelper, {.uid = 0, .arguments = {}, .plan = plan});
        const auto hello = client.receiveA<wire::Hello>();
        QVERIFY(hello);
        QCOMPARE(hello->probes.size(), 1U);
        QVERIFY(client.send(wire::Start{100 * kMs}));
        const auto sample = client.receiveA<wire::RawSample>();
        QVERIFY(sample);
        QCOMPARE(sample->probeMask, plan.probes);
    }

    void intervalsOutOfRangeAreRefused_data()
    {
        QTest::addColumn<quint64>("interval");
        QTest::newRow("zero") << quint64(0);
        QTest::newRow("too small") << quint64(wire::kMinIntervalNs - 1);
        QTest::newRow("too large") << quint64(wire::kMaxIntervalNs + 1);
        QTest::newRow("absurd") << ~quint64(0);
    }

    void intervalsOutOfRangeAreRefused()
    {
        QFETCH(quint64, interval);
        HelperClient client(kHelper);
        QVERIFY(client.send(wire::Start{interval}));
        const auto problem = client.receiveA<wire::Problem>();
        QVERIFY(problem);
        QCOMPARE(problem->code, base::Code::InvalidArgument);
        QVERIFY(!problem->hint.empty());
        QVERIFY(client.send(wire::Start{wire::kMinIntervalNs}));
        QVERIFY(client.receiveA<wire::RawSample>());
    }

    void stopAndStartAgain()
    {
        HelperClient client(kHelper);
        QVERIFY(client.send(wire::Start{50 * kMs}));
        QVERIFY(client.receiveA<wire::RawSample>());
        QVERIFY(client.send(wire::Stop{}));
        std::uint64_t last = 0;
        while (const auto sample = client.receiveA<wire::RawSample>(1500))
            last = sample->sequence;
        QVERIFY(client.send(wire::Start{50 * kMs}));
        const auto again = client.receiveA<wire::RawSample>();
        QVERIFY(again);
        QCOMPARE(again->sequence, last + 1);
    }

    void endsWithItsInput()
    {
        HelperClient client(kHelper);
        QVERIFY(client.receiveA<wire::Hello>());
        client.closeInput();
        QVERIFY(exitedWith(client.wait(), 0));
    }

    void endsWithItsReader()
    {
        HelperClient client(kHelper);
        QVERIFY(client.send(wire::Start{50 * kMs}));
        QVERIFY(client.receiveA<wire::RawSample>());
        client.closeOutput();
        QVERIFY(exitedWith(client.wait(), 0));
    }

    void endsOnTerminationAndNotOnInterrupt()
    {
        HelperClient client(kHelper);
        QVERIFY(client.receiveA<wire::Hello>());
        ::kill(client.pid(), SIGINT);
        QVERIFY(client.send(wire::Start{50 * kMs}));
        QVERIFY(client.receiveA<wire::RawSample>());
        ::kill(client.pid(), SIGTERM);
        QVERIFY(exitedWith(client.wait(), 0));
    }

    // The pipes stay open in this process, so only the parent's death can end it.
    void endsWithItsParent()
    {
        std::array<int, 2> in{};
        std::array<int, 2> out{};
        QVERIFY(::pipe2(in.data(), O_CLOEXEC) == 0 && ::pipe2(out.data(), O_CLOEXEC) == 0);
        ::prctl(PR_SET_CHILD_SUBREAPER, 1);
        const pid_t parent = ::fork();
        if (parent == 0) {
            if (::fork() == 0) {
                ::dup2(in[0], STDIN_FILENO);
                ::dup2(out[1], STDOUT_FILENO);
                ::execl(kHelper.c_str(), kHelper.c_str(), nullptr);
                ::_exit(126);
            }
            ::pause();
        }
        const auto attach = wire::encode(wire::Attach{});
        QCOMPARE(::write(in[1], attach.data(), attach.size()), ssize_t(attach.size()));
        std::array<char, 16> hello{};
        QCOMPARE(::read(out[0], hello.data(), hello.size()), ssize_t(16));
        ::kill(parent, SIGKILL);
        ::waitpid(parent, nullptr, 0);
        int status = -1;
        pid_t ended = 0;
        for (int i = 0; i < 1000 && ended == 0; ++i) {
            ended = ::waitpid(-1, &status, WNOHANG);
            ::usleep(5000);
        }
        ::prctl(PR_SET_CHILD_SUBREAPER, 0);
        for (const int fd : {in[0], in[1], out[0], out[1]})
            ::close(fd);
        QVERIFY(ended > 0);
        QVERIFY(exitedWith(status, 0));
    }

    void outlivesTheThreadThatStartedIt()
    {
        std::optional<HelperClient> client;
        std::thread([&client] {
            client.emplace(kHelper);
            client->receiveA<wire::Hello>();
        }).join();
        QVERIFY(client->send(wire::Start{50 * kMs}));
        for (int i = 0; i < 5; ++i)
            QVERIFY(client->receiveA<wire::RawSample>());
    }

    void requestsThatAreNoneEndIt_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        const auto row = [](const char *name, const std::vector<std::byte> &bytes) {
            QTest::newRow(name) << QByteArray(reinterpret_cast<const char *>(bytes.data()),
                                              static_cast<qsizetype>(bytes.size()));
        };
        row("text", bytesOf("GET / HTTP/1.1\r\n\r\n"));
        row("zeros", std::vector<std::byte>(64));
        row("hello to the helper", wire::encode(wire::Hello{}));
        row("sample to the helper", [] {
            wire::RawSample sample;
            sample.slots.resize(schema::slotWords());
            return wire::encode(sample);
        }());
        row("problem to the helper", wire::encode(wire::Problem{}));
        auto frame = wire::encode(wire::Start{});
        frame[frame.size() - 1] ^= std::byte{1};
        row("wrong checksum", frame);
        frame = wire::encode(wire::Start{});
        frame[4] = std::byte{99};
        row("unknown type", frame);
        frame = wire::encode(wire::Start{});
        frame[6] = std::byte{99};
        row("other protocol", frame);
        frame = wire::encode(wire::Start{});
        frame[11] = std::byte{0x7f};
        row("length of two gigabytes", frame);
    }

    void requestsThatAreNoneEndIt()
    {
        QFETCH(QByteArray, bytes);
        HelperClient client(kHelper);
        QVERIFY(client.receiveA<wire::Hello>());
        client.sendBytes(
            {reinterpret_cast<const std::byte *>(bytes.constData()), static_cast<std::size_t>(bytes.size())});
        const auto problem = client.receiveA<wire::Problem>();
        QVERIFY(problem);
        QVERIFY(!problem->message.empty());
        QVERIFY(exitedWith(client.wait(), 1));
    }

    // Whatever comes in, the helper answers with a Problem and 1, or waits for more and ends with its input:
    // it never crashes, hangs or meets its own sandbox.
    void mutatedRequestsNeverCrashIt()
    {
        const Copy copy;
        std::mt19937 random(7);
        const std::array seeds{wire::encode(wire::Start{100 * kMs}), wire::encode(wire::Stop{})};
        for (int round = 0; round < 40; ++round) {
            std::vector<std::byte> bytes;
            for (unsigned i = 0; i < 1 + random() % 4; ++i)
                bytes.insert(bytes.end(), seeds[i % 2].begin(), seeds[i % 2].end());
            for (unsigned i = 0; i < 1 + random() % 3; ++i)
                bytes[random() % bytes.size()] = static_cast<std::byte>(random());
            if (random() % 3 == 0)
                bytes.resize(random() % bytes.size());
            // Without privilege, so that the rounds are not spent on loading programs.
            HelperClient client(copy.path(), {::geteuid() == 0 ? kNobody : 0, {}});
            QVERIFY(client.receiveA<wire::Hello>());
            client.sendBytes(bytes);
            client.closeInput();
            const auto status = client.wait();
            QVERIFY2(exitedWith(status, 0) || exitedWith(status, 1),
                     qPrintable(QString("round %1, status %2").arg(round).arg(status.value_or(-1))));
        }
    }

    void theCorpusOfFramesNeverCrashesIt()
    {
        const std::filesystem::path corpus = STATESCAPE_SOURCE "/tests/wire/data";
        if (!std::filesystem::is_directory(corpus))
            QSKIP("no corpus of frames in tests/wire/data");
        const Copy copy;
        int replayed = 0;
        for (const auto &entry : std::filesystem::directory_iterator(corpus)) {
            std::ifstream file(entry.path(), std::ios::binary);
            const std::string text{std::istreambuf_iterator<char>(file), {}};
            HelperClient client(copy.path(), {::geteuid() == 0 ? kNobody : 0, {}});
            QVERIFY(client.receiveA<wire::Hello>());
            client.sendBytes(bytesOf(text));
            client.closeInput();
            const auto status = client.wait();
            QVERIFY2(exitedWith(status, 0) || exitedWith(status, 1), entry.path().c_str());
            ++replayed;
        }
        QVERIFY(replayed > 0);
    }

    void aSlowReaderLosesWholeSamplesAndIsTold()
    {
        HelperClient client(kHelper);
        QVERIFY(client.receiveA<wire::Hello>());
        QVERIFY(client.send(wire::Start{50 * kMs}));
        const auto first = client.receiveA<wire::RawSample>();
        QVERIFY(first);
        // Pipe and queue together hold half a megabyte: at most 400 samples of the smallest size.
        std::this_thread::sleep_for(std::chrono::seconds(30));
        const auto resident = client.status("VmRSS");
        QVERIFY(resident);
        QVERIFY2(*resident * 1024 < first->helperRssBytes + kMayGrow,
                 qPrintable(QString("%1 kB after %2 B").arg(*resident).arg(first->helperRssBytes)));
        std::uint64_t expected = first->sequence;
        std::uint64_t gaps = 0;
        std::uint64_t told = 0;
        for (int i = 0; i < 600; ++i) {
            const auto sample = client.receiveA<wire::RawSample>();
            QVERIFY(sample);
            QVERIFY(sample->sequence > expected);
            gaps += sample->sequence - expected - 1;
            expected = sample->sequence;
            told = sample->losses.writeFailures + sample->losses.missedIntervals;
            if (told != 0 && gaps == told)
                break;
        }
        QVERIFY2(gaps > 0 && gaps == told, qPrintable(QString("%1 missing, %2 told").arg(gaps).arg(told)));
    }

    void holdsNoPrivilegeOnceItServes()
    {
        HelperClient client(kHelper);
        QVERIFY(client.receiveA<wire::Hello>());
        const auto left = client.privilegeLeft(::geteuid() == 0);
        QVERIFY2(left.empty(), left.c_str());
    }

    void becomesTheUserOfPkexec()
    {
        if (::geteuid() != 0)
            QSKIP("needs root, as pkexec gives");
        ::setenv("PKEXEC_UID", std::to_string(kNobody).c_str(), 1);
        HelperClient client(kHelper);
        ::unsetenv("PKEXEC_UID");
        const auto hello = client.receiveA<wire::Hello>();
        QVERIFY(hello);
        QCOMPARE(client.status("Uid").value_or(0), std::uint64_t{kNobody});
        QVERIFY(client.send(wire::Start{50 * kMs}));
        QVERIFY(client.receiveA<wire::RawSample>());
        const auto sample = client.receiveA<wire::RawSample>();
        QVERIFY(sample);
        QCOMPARE(sample->probeMask & bpfMask(*hello), bpfMask(*hello));
    }

    void refusesAPkexecUserThatIsNone()
    {
        if (::geteuid() != 0)
            QSKIP("needs root, as pkexec gives");
        ::setenv("PKEXEC_UID", "-1; rm", 1);
        HelperClient client(kHelper);
        ::unsetenv("PKEXEC_UID");
        QVERIFY(!client.receiveA<wire::Hello>());
        QVERIFY(exitedWith(client.wait(), 1));
    }

    void withoutPrivilegeProcProbesWork()
    {
        if (::geteuid() != 0)
            QSKIP("needs root to become nobody");
        const Copy copy;
        HelperClient client(copy.path(), {kNobody, {}});
        const auto hello = client.receiveA<wire::Hello>();
        QVERIFY(hello);
        QVERIFY(!hello->privileged);
        for (const auto &state : hello->probes) {
            if (schema::info(state.probe).origin == schema::ProbeOrigin::Proc)
                continue;
            QVERIFY(!state.available);
            QCOMPARE(state.code, base::Code::NotPermitted);
            QCOMPARE(state.hint, "sudo setcap cap_bpf,cap_perfmon+ep " + copy.path());
        }
        QVERIFY(client.send(wire::Start{50 * kMs}));
        QVERIFY(client.receiveA<wire::RawSample>());
        const auto sample = client.receiveA<wire::RawSample>();
        QVERIFY(sample);
        const auto cpu = 1U << static_cast<unsigned>(Probe::Cpu);
        QVERIFY(sample->probeMask & cpu);
        QCOMPARE(sample->probeMask & bpfMask(*hello), 0U);
        QVERIFY(sample->processes.empty());
        QVERIFY(sample->slots[schema::slotOffset(schema::Slot::CpuUserNs)] > 0);
    }

    void withFileCapabilitiesKernelProbesWork()
    {
        if (::geteuid() != 0)
            QSKIP("needs root to give capabilities and become nobody");
        const Copy copy("cap_bpf,cap_perfmon+ep");
        if (!copy.capable())
            QSKIP("setcap does not work here");
        HelperClient client(copy.path(), {kNobody, {}});
        const auto hello = client.receiveA<wire::Hello>();
        QVERIFY(hello);
        if (!hello->privileged)
            QSKIP(hello->probes.front().reason.c_str());
        QCOMPARE(client.status("CapEff", 16).value_or(1), 0U);
        QCOMPARE(client.status("CapPrm", 16).value_or(1), 0U);
        HelperClient asRoot(kHelper);
        const auto rootHello = asRoot.receiveA<wire::Hello>();
        QVERIFY(rootHello);
        QCOMPARE(bpfMask(*hello), bpfMask(*rootHello));
        QVERIFY(client.send(wire::Start{100 * kMs}));
        const auto first = client.receiveA<wire::RawSample>();
        const auto second = client.receiveA<wire::RawSample>();
        QVERIFY(first && second);
        const auto syscalls = static_cast<std::size_t>(Probe::Syscalls);
        QVERIFY(second->events[syscalls] > first->events[syscalls]);
    }

    void costIsToldAfterASecond()
    {
        if (::geteuid() != 0)
            QSKIP("measuring the cost of BPF programs needs CAP_SYS_ADMIN");
        HelperClient client(kHelper);
        const auto hello = client.receiveA<wire::Hello>();
        QVERIFY(hello);
        if (!hello->privileged)
            QSKIP(hello->probes.front().reason.c_str());
        QVERIFY(client.send(wire::Start{50 * kMs}));
        const auto update = client.receiveA<wire::ProbeUpdate>();
        QVERIFY(update);
        QVERIFY(update->state.available);
        QVERIFY(update->state.nsPerEvent >= 0);
        QVERIFY(update->state.reason.empty() || !update->state.reason.starts_with("cost"));
    }
};

QTEST_GUILESS_MAIN(HelperTest)
#include "tst_helper.moc"
