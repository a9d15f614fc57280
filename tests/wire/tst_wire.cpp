// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#define QT_NO_KEYWORDS // the catalogue has slots of its own
#include "core/wire/codec.h"

#include <QtTest>
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <random>

namespace {
std::atomic<std::size_t> g_largest{0};
}

// Watches for allocations by a length that came over the wire.
void *operator new(std::size_t size)
{
    std::size_t seen = g_largest.load(std::memory_order_relaxed);
    while (size > seen && !g_largest.compare_exchange_weak(seen, size, std::memory_order_relaxed)) {
    }
    if (void *p = std::malloc(size))
        return p;
    throw std::bad_alloc();
}
void operator delete(void *p) noexcept
{
    std::free(p);
}
void operator delete(void *p, std::size_t) noexcept
{
    std::free(p);
}

using namespace statescape;
using namespace statescape::wire;
using Bytes = std::vector<std::byte>;

namespace {
ProbeState probeState(int index)
{
    ProbeState state;
    state.probe = static_cast<schema::Probe>(index);
    state.available = index % 2 == 0;
    state.code = index % 2 == 0 ? base::Code::Ok : base::Code::NotPermitted;
    state.reason = index % 2 == 0 ? "" : "Operation not permitted";
    state.hint = "sudo setcap … µ";
    state.nsPerEvent = 12.5F * static_cast<float>(index);
    return state;
}

Hello hello()
{
    Hello hello;
    hello.layoutHash = schema::Layout({}).hash();
    hello.helperVersion = "0.1.0";
    hello.kernel = "6.1.0-test";
    hello.cpusPossible = 8;
    hello.privileged = true;
    for (int i = 0; i < static_cast<int>(schema::kProbeCount); ++i)
        hello.probes.push_back(probeState(i));
    return hello;
}

RawSample sample()
{
    RawSample raw;
    raw.sequence = 77;
    raw.timeNs = 1'000'000'007;
    raw.boottimeNs = 2'000'000'009;
    raw.onlineCpus = 4;
    raw.cpuChanges = 3;
    raw.probeMask = 0x3ff;
    raw.helperCpuNs = 5;
    raw.helperRssBytes = 6;
    raw.shedMask = 0x5;
    raw.losses = {1, 2, 3, 4, 5, 6};
    raw.events.resize(schema::kProbeCount + 1);
    for (std::size_t i = 0; i < raw.events.size(); ++i)
        raw.events[i] = 1000 + i;
    raw.slots.resize(schema::slotWords());
    for (std::size_t i = 0; i < raw.slots.size(); ++i)
        raw.slots[i] = i % 7 < 4 ? 0 : i * 0x0101010101ULL;
    raw.sampled.push_back({schema::Probe::Syscalls, 10'000'000, 1, -1});
    raw.sampled.push_back({schema::Probe::Scheduler, 250'000'001, 4, 0.0625F});
    raw.sampled.push_back({schema::userProbe(0), 1, 2, 0});
    std::ranges::sort(raw.sampled, {}, &Sampled::probe);
    for (std::uint32_t i = 0; i < kMaxProcesses; ++i) {
        ProcessUse use{i, {}, i * 10ULL, i * 20ULL, i * 30ULL};
        std::memcpy(use.comm.data(), "sixteen-bytes-xx", 16);
        raw.processes.push_back(use);
    }
    raw.entities.push_back({1, 4711, "postgres", {}});
    raw.entities.push_back({2, 12, "/a.slice/b.service", {1, 2, 3}});
    return raw;
}

schema::ProbePlan plan()
{
    schema::ProbePlan plan;
    plan.probes = 0x7;
    plan.budgetPercent = 2.5;
    for (const char *text :
         {"syscall:openat:latency", "tracepoint:block:block_rq_issue:bytes", "uprobe:/bin/sh:main", "xdp:lo"})
        plan.user.push_back(*schema::parseUserProbe(text));
    plan.user.push_back(*schema::parseUserProbe("bpftrace:/tmp/a b.bt"));
    plan.user.back().script = "tracepoint:a:b { @ = count(); }";
    return plan;
}

std::vector<Message> everyMessage()
{
    return {hello(),       Start{50'000'000},          Stop{},
            sample(),      ProbeUpdate{probeState(3)}, Problem{base::Code::Busy, "what", "then"},
            Attach{plan()}};
}

std::uint32_t fnv(std::span<const std::byte> bytes)
{
    std::uint32_t hash = 0x811c9dc5U;
    for (const std::byte b : bytes)
        hash = (hash ^ std::to_integer<std::uint32_t>(b)) * 0x01000193U;
    return hash;
}

void repairChecksum(Bytes &frame)
{
    const std::uint32_t size = static_cast<std::uint32_t>(frame.size() - kFrameHeaderBytes);
    const std::uint32_t sum = fnv(std::span(frame).subspan(kFrameHeaderBytes));
    std::memcpy(frame.data() + 8, &size, 4);
    std::memcpy(frame.data() + 12, &sum, 4);
}

struct Outcome {
    std::size_t messages = 0;
    std::optional<base::Error> error;
};

Outcome decode(std::span<const std::byte> bytes, std::size_t step)
{
    Decoder decoder;
    Outcome outcome;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        decoder.feed(bytes.subspan(at, std::min(step, bytes.size() - at)));
        for (;;) {
            auto message = decoder.next();
            if (!message) {
                outcome.error = message.error();
                return outcome;
            }
            if (!*message)
                break;
            ++outcome.messages;
        }
    }
    return outcome;
}
} // namespace

class TestWire : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyMessageRoundTripsToTheByte()
    {
        for (const auto &message : everyMessage()) {
            const Bytes bytes = encode(message);
            Decoder decoder;
            decoder.feed(bytes);
            const auto back = decoder.next();
            QVERIFY(back && *back);
            QCOMPARE((**back).index(), message.index());
            QCOMPARE(encode(**back), bytes);
            QCOMPARE(decoder.offset(), std::uint64_t(bytes.size()));
            QVERIFY(!*decoder.next());
        }
    }

    void fieldsArriveWhereTheyBelong()
    {
        Decoder decoder;
        decoder.feed(encode(sample()));
        const auto raw = std::get<RawSample>(**decoder.next());
        const auto sent = sample();
        QCOMPARE(raw.sequence, sent.sequence);
        QCOMPARE(raw.timeNs, sent.timeNs);
        QCOMPARE(raw.boottimeNs, sent.boottimeNs);
        QCOMPARE(raw.onlineCpus, sent.onlineCpus);
        QCOMPARE(raw.cpuChanges, sent.cpuChanges);
        QCOMPARE(raw.probeMask, sent.probeMask);
        QCOMPARE(raw.losses, sent.losses);
        QCOMPARE(raw.events, sent.events);
        QCOMPARE(raw.shedMask, sent.shedMask);
        QVERIFY(raw.entities == sent.entities);
        QCOMPARE(raw.sampled.size(), std::size_t(3));
        QVERIFY(raw.sampled == sent.sampled);
        QCOMPARE(raw.slots, sent.slots);
        QVERIFY(raw.processes == sent.processes);
        decoder.feed(encode(hello()));
        const auto greeting = std::get<Hello>(**decoder.next());
        QCOMPARE(greeting.probes.size(), schema::kProbeCount);
        QCOMPARE(greeting.probes[3].reason, probeState(3).reason);
        QCOMPARE(greeting.probes[3].nsPerEvent, probeState(3).nsPerEvent);
        QCOMPARE(greeting.layoutHash, schema::Layout({}).hash());
    }

    void aStreamMayBeCutAnywhere()
    {
        Bytes stream;
        for (const auto &message : everyMessage()) {
            const auto bytes = encode(message);
            stream.insert(stream.end(), bytes.begin(), bytes.end());
        }
        for (const std::size_t step : {1UL, 2UL, 15UL, 16UL, 17UL, 4096UL, stream.size()}) {
            const auto outcome = decode(stream, step);
            QVERIFY(!outcome.error);
            QCOMPARE(outcome.messages, everyMessage().size());
        }
        const auto start = encode(Start{});
        for (std::size_t size = 0; size < start.size(); ++size) {
            const auto outcome = decode(std::span(start).first(size), size + 1);
            QVERIFY(!outcome.error);
            QCOMPARE(outcome.messages, std::size_t(0));
        }
    }

    void liesEndTheStream_data()
    {
        QTest::addColumn<int>("at");
        QTest::addColumn<int>("value");
        QTest::addColumn<int>("code");
        QTest::newRow("magic") << 0 << 0x58 << int(base::Code::Corrupt);
        QTest::newRow("type") << 4 << 99 << int(base::Code::Corrupt);
        QTest::newRow("protocol") << 6 << kProtocolVersion + 1 << int(base::Code::NewerVersion);
        QTest::newRow("length") << 11 << 0x7f << int(base::Code::Corrupt);
        QTest::newRow("checksum") << 12 << 1 << int(base::Code::Corrupt);
        QTest::newRow("payload") << 20 << 0xee << int(base::Code::Corrupt);
    }
    void liesEndTheStream()
    {
        QFETCH(int, at);
        QFETCH(int, value);
        QFETCH(int, code);
        auto bytes = encode(Start{});
        const auto good = encode(Stop{});
        bytes.insert(bytes.begin(), good.begin(), good.end());
        bytes[good.size() + static_cast<std::size_t>(at)] = static_cast<std::byte>(value);
        Decoder decoder;
        decoder.feed(bytes);
        QVERIFY(*decoder.next());
        const auto error = decoder.next();
        QVERIFY(!error);
        QCOMPARE(static_cast<int>(error.error().code), code);
        QVERIFY(error.error().message.find("byte 16") != std::string::npos);
        decoder.feed(good);
        QVERIFY2(!decoder.next(), "a dead stream must stay dead");
    }

    void whatWasSeenIsCheckedPartByPart_data()
    {
        QTest::addColumn<std::vector<Sampled>>("parts");
        QTest::addColumn<bool>("good");
        using Parts = std::vector<Sampled>;
        const auto one = [](auto... fields) { return Parts{Sampled{fields...}}; };
        constexpr auto probe = schema::Probe::Scheduler;
        constexpr auto nan = std::numeric_limits<float>::quiet_NaN();
        Parts all;
        for (std::size_t i = 0; i < schema::kProbeCount + schema::kMaxUserProbes; ++i)
            all.push_back({static_cast<schema::Probe>(i), i + 1, 1, 0.5F});
        Parts more = all;
        more.push_back({static_cast<schema::Probe>(all.size()), 1, 1, 0});
        QTest::newRow("none") << Parts{} << true;
        QTest::newRow("the least there is") << one(probe, 1ULL, 1U, 0.0F) << true;
        QTest::newRow("error not known") << one(probe, 1ULL, 1U, -1.0F) << true;
        QTest::newRow("every probe") << all << true;
        QTest::newRow("error is no number") << one(probe, 1ULL, 1U, nan) << false;
        QTest::newRow("saw nothing") << one(probe, 0ULL, 1U, 0.0F) << false;
        QTest::newRow("in no window") << one(probe, 1ULL, 0U, 0.0F) << false;
        QTest::newRow("no such probe") << one(schema::Probe{0xff}, 1ULL, 1U, 0.0F) << false;
        QTest::newRow("twice") << Parts{all[1], all[1]} << false;
        QTest::newRow("descending") << Parts{all[1], all[0]} << false;
        QTest::newRow("more than there are probes") << more << false;
    }
    void whatWasSeenIsCheckedPartByPart()
    {
        QFETCH(std::vector<Sampled>, parts);
        QFETCH(bool, good);
        RawSample raw = sample();
        raw.sampled = parts;
        Decoder decoder;
        decoder.feed(encode(raw));
        const auto back = decoder.next();
        QCOMPARE(back.has_value(), good);
        if (good)
            QVERIFY(std::get<RawSample>(**back).sampled == parts);
        else
            QCOMPARE(back.error().code, base::Code::Corrupt);
    }

    void trailingBytesInAPayloadAreALie()
    {
        auto bytes = encode(Start{});
        bytes.push_back(std::byte{0});
        repairChecksum(bytes);
        QVERIFY(decode(bytes, bytes.size()).error);
    }

    void mutationsNeverCrashOrAllocateWildly()
    {
        std::mt19937_64 random(20261122);
        g_largest = 0;
        std::size_t accepted = 0;
        std::size_t refused = 0;
        for (const auto &message : everyMessage()) {
            const Bytes original = encode(message);
            for (int round = 0; round < 4000; ++round) {
                Bytes bytes = original;
                const int changes = 1 + static_cast<int>(random() % 4);
                for (int i = 0; i < changes; ++i) {
                    const std::size_t first =
                        round % 2 == 0 && bytes.size() > kFrameHeaderBytes ? kFrameHeaderBytes : 0;
                    auto &byte = bytes[first + random() % (bytes.size() - first)];
                    byte = random() % 3 == 0 ? std::byte{0xff} : static_cast<std::byte>(random());
                }
                if (random() % 4 == 0)
                    bytes.resize(std::max<std::size_t>(random() % bytes.size(), kFrameHeaderBytes));
                // Half with a right checksum, so that the payload's own checks are what stands in the way.
                if (round % 2 == 0)
                    repairChecksum(bytes);
                const auto outcome = decode(bytes, bytes.size());
                (outcome.error ? refused : accepted) += 1;
            }
        }
        for (int round = 0; round < 4000; ++round) {
            Bytes bytes(random() % 200);
            for (auto &byte : bytes)
                byte = static_cast<std::byte>(random());
            (void)decode(bytes, 1 + random() % 50);
        }
        QVERIFY(accepted > 0 && refused > 0);
        QVERIFY2(g_largest <= 2 * kMaxPayloadBytes, qPrintable(QString::number(g_largest.load())));
    }

    void aHugeLengthIsRefusedBeforeItsBytesCome()
    {
        auto bytes = encode(Stop{});
        const std::uint32_t huge = 0xfffffff0U;
        std::memcpy(bytes.data() + 8, &huge, 4);
        const auto outcome = decode(bytes, bytes.size());
        QVERIFY(outcome.error);
        QCOMPARE(outcome.error->code, base::Code::Corrupt);
    }

    // good-*: at least one message and no error; bad-*: an error; cut-*: neither; any-*: whatever, but no
    // crash.
    void corpusReplays()
    {
        QDir folder(STATESCAPE_TEST_DATA);
        if (qEnvironmentVariableIsSet("STATESCAPE_WRITE_CORPUS"))
            writeCorpus(folder);
        const auto files = folder.entryList({"*.bin"}, QDir::Files);
        QVERIFY(files.size() >= 20);
        for (const auto &name : files) {
            QFile file(folder.filePath(name));
            QVERIFY(file.open(QIODevice::ReadOnly));
            const QByteArray data = file.readAll();
            const auto bytes =
                std::as_bytes(std::span(data.constData(), static_cast<std::size_t>(data.size())));
            for (const std::size_t step :
                 {std::size_t(1), std::size_t(7), std::max<std::size_t>(bytes.size(), 1)}) {
                const auto outcome = decode(bytes, step);
                if (name.startsWith("good-"))
                    QVERIFY2(!outcome.error && outcome.messages > 0, qPrintable(name));
                else if (name.startsWith("bad-"))
                    QVERIFY2(outcome.error, qPrintable(name));
                else if (name.startsWith("cut-"))
                    QVERIFY2(!outcome.error && outcome.messages == 0, qPrintable(name));
            }
        }
    }

private:
    static void save(const QDir &folder, const char *name, const Bytes &bytes)
    {
        QFile file(folder.filePath(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(reinterpret_cast<const char *>(bytes.data()), static_cast<qint64>(bytes.size()));
    }
    static Bytes patched(Bytes bytes, std::size_t at, std::uint32_t value, bool repair)
    {
        std::memcpy(bytes.data() + at, &value, sizeof value);
        if (repair)
            repairChecksum(bytes);
        return bytes;
    }
    // Run with STATESCAPE_WRITE_CORPUS=1 after a change of protocol; what the fuzzer finds is added by hand.
    static void writeCorpus(const QDir &folder)
    {
        const auto greeting = encode(hello());
        const auto raw = encode(sample());
        constexpr std::size_t kEventsAt = 16 + 8 * 3 + 4 + 8 * 11;
        std::size_t entityBytes = 4;
        for (const auto &entity : sample().entities)
            entityBytes += 4 + 8 + 4 + entity.name.size() + 8 * entity.words.size();
        const std::size_t sampledAt = raw.size() - entityBytes - kMaxProcesses * 44 - 4 - 3 * 17 - 4;
        const auto start = encode(Start{});
        const auto update = encode(ProbeUpdate{probeState(1)});
        const auto problem = encode(Problem{base::Code::Full, "no space", "free some"});
        save(folder, "good-hello.bin", greeting);
        save(folder, "good-start.bin", start);
        save(folder, "good-stop.bin", encode(Stop{}));
        save(folder, "good-update.bin", update);
        save(folder, "good-problem.bin", problem);
        save(folder, "any-sample.bin", raw);
        save(folder, "good-attach.bin", encode(Attach{plan()}));
        save(folder, "cut-header.bin", {start.begin(), start.begin() + 15});
        save(folder, "cut-payload.bin", {start.begin(), start.end() - 1});
        save(folder, "bad-magic.bin", patched(start, 0, 0x31575354, false));
        save(folder, "bad-type.bin", patched(start, 4, kProtocolVersion << 16U | 8, false));
        save(folder, "bad-protocol.bin", patched(start, 4, (kProtocolVersion + 1U) << 16 | 2, false));
        save(folder, "bad-length-max.bin", patched(start, 8, 0xffffffff, false));
        save(folder, "bad-length-just-over.bin", patched(start, 8, kMaxPayloadBytes + 1, false));
        save(folder, "bad-checksum.bin", patched(start, 12, 0, false));
        save(folder, "bad-flag.bin", patched(update, 16, 0x00000701, true));
        save(folder, "bad-probe-number.bin", patched(update, 16, 0x000000ff, true));
        save(folder, "bad-text-length.bin", patched(problem, 18, 0x0000ffff, true));
        save(folder, "bad-probe-count.bin",
             patched(greeting, 16 + 2 + 8 + 4 + 5 + 4 + 10 + 4 + 1 + 8, 0xffffffff, true));
        save(folder, "bad-event-count.bin", patched(raw, kEventsAt, 0xffffffff, true));
        save(folder, "bad-slot-count.bin",
             patched(raw, kEventsAt + 4 + 8 * (schema::kProbeCount + 1), 0xfffffff, true));
        save(folder, "bad-process-count.bin",
             patched(raw, raw.size() - entityBytes - kMaxProcesses * 44 - 4, 0xffffffff, true));
        save(folder, "bad-sampled-count.bin", patched(raw, sampledAt, 0xffffffff, true));
        save(folder, "bad-sampled-error.bin", patched(raw, sampledAt + 4 + 13, 0x7fc00000, true));
        Bytes longer = start;
        longer.push_back(std::byte{0});
        repairChecksum(longer);
        save(folder, "bad-trailing-byte.bin", longer);
        Bytes empty(greeting.begin(), greeting.begin() + kFrameHeaderBytes);
        repairChecksum(empty);
        save(folder, "bad-empty-hello.bin", empty);
    }
};

QTEST_GUILESS_MAIN(TestWire)
#include "tst_wire.moc"
