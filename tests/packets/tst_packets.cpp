// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/packets/packets.h"
#include "bpf/user/user_probes.h"
#include "core/base/fd.h"
#include "core/base/rights.h"
#include "wire_pair.h"

#include <QTest>
#include <arpa/inet.h>
#include <bpf/libbpf.h>
#include <linux/capability.h>
#include <numeric>
#include <poll.h>
#include <sys/socket.h>
#include <thread>

using namespace statescape;
using namespace wire_pair;
using schema::HookKind;

namespace {
enum Word : std::size_t { kPackets, kBytes, kTcp, kUdp, kIcmp, kOther, kIpv6, kSizes };
constexpr std::size_t kSentPackets = kSizes + schema::kHistogramBuckets;
constexpr std::size_t kSentBytes = kSentPackets + 1;
constexpr std::uint16_t kIpv4 = 0x0800, kIpv6Type = 0x86DD, kArp = 0x0806, kVlan = 0x8100, kQinQ = 0x88A8;
constexpr std::uint8_t kIcmp4 = 1, kTcp4 = 6, kUdp4 = 17, kRouting = 43, kFragment = 44, kIcmp6 = 58,
                       kOptions = 60;

schema::UserProbe probeOf(HookKind kind, const std::string &interface)
{
    schema::UserProbe probe;
    probe.kind = kind;
    probe.target = interface;
    return probe;
}

class Counters {
public:
    explicit Counters(bpf::Attachment &attachment, HookKind kind)
        : m_attachment(attachment)
    {
        std::size_t words = 0;
        for (const auto &slot : schema::userSlots(probeOf(kind, "here")))
            words += slot.kind == schema::SlotKind::Histogram ? schema::kHistogramBuckets : 1;
        m_words.resize(words);
        m_before = take();
    }
    /// @return growth since the last one.
    std::vector<std::uint64_t> take()
    {
        std::uint64_t events = 0;
        if (!m_attachment.read(m_words, events))
            return {};
        auto grown = m_words;
        for (std::size_t i = 0; i < m_before.size(); ++i)
            grown[i] -= m_before[i];
        m_before = m_words;
        return grown;
    }

private:
    bpf::Attachment &m_attachment;
    std::vector<std::uint64_t> m_words, m_before;
};

std::uint64_t sumOf(const std::vector<std::uint64_t> &words, std::size_t first, std::size_t count)
{
    return std::accumulate(words.begin() + static_cast<std::ptrdiff_t>(first),
                           words.begin() + static_cast<std::ptrdiff_t>(first + count), std::uint64_t{0});
}

bool waitReadable(int fd)
{
    pollfd readable{fd, POLLIN, 0};
    return ::poll(&readable, 1, 3000) == 1;
}
} // namespace

class TestPackets : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void init();
    void countsEachKind_data();
    void countsEachKind();
    void cutOffFramesAreOther();
    void millionPacketsAsIpLink_data();
    void millionPacketsAsIpLink();
    void loopbackGenericXdp();
    void jumboFramesOfSeveralBuffers();
    void occupiedInterfaceIsLeftAlone();
    void vanishedInterfaceEnds_data();
    void vanishedInterfaceEnds();
    void renamedAndDownAndUp_data();
    void renamedAndDownAndUp();
    void pausesAndGoesOn_data();
    void pausesAndGoesOn();
    void unknownInterface();
    void withoutRights_data();
    void withoutRights();

private:
    std::unique_ptr<bpf::Attachment> attach(HookKind kind, const std::string &interface)
    {
        auto attached = bpf::attachPackets(probeOf(kind, interface), m_traits, m_log);
        if (attached)
            return std::move(*attached);
        qWarning("%s", attached.error().text().c_str());
        return nullptr;
    }
    void bothKinds()
    {
        QTest::addColumn<int>("kind");
        QTest::newRow("xdp") << static_cast<int>(HookKind::Xdp);
        QTest::newRow("packets") << static_cast<int>(HookKind::Packets);
    }
    bpf::KernelTraits m_traits;
    bpf::LibbpfLog m_log;
};

void TestPackets::initTestCase()
{
    if (!base::Rights::effective().has(CAP_NET_ADMIN) || !base::Rights::effective().has(CAP_BPF))
        QSKIP("needs CAP_NET_ADMIN and CAP_BPF");
    const auto why = enterNamespace();
    if (!why.empty())
        QSKIP(why.c_str());
    const auto traits = bpf::KernelTraits::detect();
    QVERIFY(traits);
    m_traits = *traits;
}

void TestPackets::init()
{
    if (!makePair())
        QSKIP("this kernel makes no veth pairs");
}

void TestPackets::countsEachKind_data()
{
    bothKinds();
}

void TestPackets::countsEachKind()
{
    QFETCH(int, kind);
    const auto attached = attach(static_cast<HookKind>(kind), "here");
    QVERIFY(attached);
    Counters counters(*attached, static_cast<HookKind>(kind));
    const Sender sender("there");
    struct Case {
        const char *what;
        Frame frame;
        std::size_t word;
        bool ipv6;
    };
    const Frame tcp6 = extension(kTcp4, 0, Frame(20));
    Frame later =
        extension(kOptions, 0, Frame(40)); // the rest of a fragmented packet, whatever it looks like
    later[2] = 0x01;
    const std::vector<Case> cases{
        {"tcp", ethernet(kIpv4, ipv4(kTcp4, 60)), kTcp, false},
        {"udp", ethernet(kIpv4, ipv4(kUdp4, 1400)), kUdp, false},
        {"icmp", ethernet(kIpv4, ipv4(kIcmp4, 60)), kIcmp, false},
        {"second fragment of udp", ethernet(kIpv4, ipv4(kUdp4, 60, 185)), kUdp, false},
        {"arp", ethernet(kArp, Frame(46)), kOther, false},
        {"icmpv6 in ipv4", ethernet(kIpv4, ipv4(kIcmp6, 60)), kOther, false},
        {"sctp", ethernet(kIpv4, ipv4(132, 60)), kOther, false},
        {"vlan tcp", ethernet(kIpv4, ipv4(kTcp4, 60), {kVlan}), kTcp, false},
        {"qinq udp", ethernet(kIpv4, ipv4(kUdp4, 60), {kQinQ, kVlan}), kUdp, false},
        {"four tags", ethernet(kIpv4, ipv4(kUdp4, 60), {kQinQ, kVlan, kVlan, kVlan}), kOther, false},
        {"tcp over ipv6", ethernet(kIpv6Type, ipv6(kTcp4, Frame(20))), kTcp, true},
        {"icmpv6", ethernet(kIpv6Type, ipv6(kIcmp6, Frame(20))), kIcmp, true},
        {"icmp of ipv4 in ipv6", ethernet(kIpv6Type, ipv6(kIcmp4, Frame(20))), kOther, true},
        {"options, routing, tcp",
         ethernet(kIpv6Type, ipv6(kOptions, extension(kRouting, 2, extension(kTcp4, 1, Frame(20))))), kTcp,
         true},
        {"qinq, options, udp",
         ethernet(kIpv6Type, ipv6(kOptions, extension(kUdp4, 0, Frame(20))), {kQinQ, kVlan}), kUdp, true},
        {"later fragment", ethernet(kIpv6Type, ipv6(kFragment, later)), kOther, true},
        {"six headers",
         ethernet(kIpv6Type,
                  ipv6(kOptions, extension(kOptions, 0,
                                           extension(kOptions, 0,
                                                     extension(kOptions, 0, extension(kOptions, 0, tcp6)))))),
         kTcp, true},
        {"too many headers",
         ethernet(kIpv6Type,
                  ipv6(kOptions, extension(kOptions, 0,
                                           extension(kOptions, 0,
                                                     extension(kOptions, 0,
                                                               extension(kOptions, 0,
                                                                         extension(kOptions, 0, tcp6))))))),
         kOther, true},
    };
    for (const auto &each : cases) {
        const auto before = counted("here").packets;
        QVERIFY2(sender.send(each.frame, 3), each.what);
        QTRY_COMPARE(counted("here").packets - before, 3);
        const auto grown = counters.take();
        QVERIFY2(grown[kPackets] == 3 && grown[kBytes] == 3 * each.frame.size(),
                 (std::string(each.what) + " " + std::to_string(grown[kPackets]) + " " +
                  std::to_string(grown[kBytes]))
                     .c_str());
        QVERIFY2(grown[each.word] == 3, each.what);
        QVERIFY2(sumOf(grown, kTcp, 4) == 3, each.what);
        QVERIFY2(grown[kIpv6] == (each.ipv6 ? 3U : 0U), each.what);
        QVERIFY2(grown[kSizes + schema::bucketOf(each.frame.size() << 8)] == 3, each.what);
    }
}

void TestPackets::cutOffFramesAreOther()
{
    for (const auto kind : {HookKind::Xdp, HookKind::Packets}) {
        const auto attached = attach(kind, "here");
        QVERIFY(attached);
        Counters counters(*attached, kind);
        const Sender sender("there");
        const auto whole = ethernet(kIpv6Type, ipv6(kOptions, extension(kTcp4, 1, Frame(20))), {kVlan});
        std::int64_t sent = 0;
        const auto before = counted("here").packets;
        // The last byte that is looked at is the fourth of the extension header.
        const std::size_t needed = 14 + 4 + 40 + 4;
        // The kernel itself drops a tag that is cut off, before a socket could see it.
        for (std::size_t bytes = kind == HookKind::Xdp ? 15 : 20; bytes < needed; ++bytes, ++sent)
            QVERIFY(sender.send(std::span(whole).first(bytes)));
        QTRY_COMPARE(counted("here").packets - before, sent);
        auto grown = counters.take();
        QCOMPARE(grown[kPackets], static_cast<std::uint64_t>(sent));
        QCOMPARE(grown[kOther], static_cast<std::uint64_t>(sent));
        QVERIFY(sender.send(std::span(whole).first(needed)));
        QTRY_COMPARE(counted("here").packets - before, sent + 1);
        grown = counters.take();
        QCOMPARE(grown[kTcp], 1U);
    }
}

void TestPackets::millionPacketsAsIpLink_data()
{
    bothKinds();
}

void TestPackets::millionPacketsAsIpLink()
{
    QFETCH(int, kind);
    const auto hook = static_cast<HookKind>(kind);
    const auto attached = attach(hook, "here");
    QVERIFY(attached);
    if (hook == HookKind::Xdp)
        QCOMPARE(attached->note(), std::string("native XDP"));
    Counters counters(*attached, hook);
    const auto before = counted("here");
    constexpr int kEach = 250'000;
    std::vector<std::thread> senders;
    std::atomic<int> good = 0;
    for (const auto &frame : {ethernet(kIpv4, ipv4(kTcp4, 40)), ethernet(kIpv4, ipv4(kUdp4, 1000)),
                              ethernet(kArp, Frame(46)), ethernet(kIpv6Type, ipv6(kIcmp6, Frame(80)))})
        senders.emplace_back([frame, &good] { good += Sender("there").send(frame, kEach) ? 1 : 0; });
    QVERIFY(Sender("here").send(ethernet(kArp, Frame(46)), 1000));
    for (auto &sender : senders)
        sender.join();
    QCOMPARE(good.load(), 4);
    std::int64_t settled = -1;
    QTRY_VERIFY(std::exchange(settled, counted("here").packets) == settled);
    const auto after = counted("here");
    const auto grown = counters.take();
    // What the pair dropped because the receiver was behind did not arrive for anybody.
    QVERIFY(after.packets - before.packets > kEach);
    QCOMPARE(grown[kPackets], static_cast<std::uint64_t>(after.packets - before.packets));
    // With XDP in the driver veth counts its bytes without the Ethernet header.
    const auto header = hook == HookKind::Xdp ? 14 * grown[kPackets] : 0;
    QCOMPARE(grown[kBytes] - header, static_cast<std::uint64_t>(after.bytes - before.bytes));
    QCOMPARE(sumOf(grown, kTcp, 4), grown[kPackets]);
    QCOMPARE(sumOf(grown, kSizes, schema::kHistogramBuckets), grown[kPackets]);
    qInfo("%llu of %d packets arrived and were counted", static_cast<unsigned long long>(grown[kPackets]),
          4 * kEach);
    if (hook == HookKind::Packets) {
        QCOMPARE(grown[kSentPackets], static_cast<std::uint64_t>(after.sentPackets - before.sentPackets));
        QCOMPARE(grown[kSentBytes], static_cast<std::uint64_t>(after.sentBytes - before.sentBytes));
    }
}

void TestPackets::loopbackGenericXdp()
{
    const auto attached = attach(HookKind::Xdp, "lo");
    QVERIFY(attached);
    QVERIFY2(attached->note().starts_with("generic XDP"), attached->note().c_str());
    Counters counters(*attached, HookKind::Xdp);
    const auto before = counted("lo");
    const base::Fd receiver(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    QVERIFY(::bind(receiver.get(), reinterpret_cast<sockaddr *>(&address), size) == 0 &&
            ::getsockname(receiver.get(), reinterpret_cast<sockaddr *>(&address), &size) == 0);
    const std::array<char, 500> data{};
    for (int i = 0; i < 100; ++i)
        QCOMPARE(::sendto(receiver.get(), data.data(), data.size(), 0, reinterpret_cast<sockaddr *>(&address),
                          size),
                 static_cast<ssize_t>(data.size()));
    QTRY_COMPARE(counted("lo").packets - before.packets, 100);
    const auto grown = counters.take();
    QCOMPARE(grown[kUdp], 100U);
    QCOMPARE(grown[kBytes], 100U * (14 + 20 + 8 + data.size()));
    // Never in the way of what it counts.
    std::array<char, 600> got{};
    QCOMPARE(::recv(receiver.get(), got.data(), got.size(), MSG_DONTWAIT), static_cast<ssize_t>(data.size()));
}

void TestPackets::jumboFramesOfSeveralBuffers()
{
    QVERIFY(run("ip link set here mtu 9000") && run("ip link set there mtu 9000"));
    const auto attached = attach(HookKind::Xdp, "here");
    QVERIFY(attached);
    Counters counters(*attached, HookKind::Xdp);
    const auto frame = ethernet(kIpv4, ipv4(kUdp4, 8900));
    const auto before = counted("here").packets;
    QVERIFY(Sender("there").send(frame, 5));
    QTRY_COMPARE(counted("here").packets - before, 5);
    const auto grown = counters.take();
    QCOMPARE(grown[kUdp], 5U);
    QCOMPARE(grown[kBytes], 5U * frame.size());
}

void TestPackets::occupiedInterfaceIsLeftAlone()
{
    const auto first = attach(HookKind::Xdp, "here");
    QVERIFY(first);
    const auto second = bpf::attachPackets(probeOf(HookKind::Xdp, "here"), m_traits, m_log);
    QVERIFY(!second);
    QCOMPARE(second.error().code, base::Code::NotSupported);
    const QString words = QString::fromStdString(second.error().message);
    QVERIFY2(words.contains("already has XDP program") && words.contains("count_frames"), qPrintable(words));
    QCOMPARE(QString::fromStdString(second.error().hint), QString("packets:here counts beside it"));
    const auto beside = attach(HookKind::Packets, "here");
    QVERIFY(beside);
    // The first one still counts, and so does the one beside it.
    Counters counters(*first, HookKind::Xdp);
    Counters besides(*beside, HookKind::Packets);
    const auto before = counted("here").packets;
    QVERIFY(Sender("there").send(ethernet(kArp, Frame(46)), 10));
    QTRY_COMPARE(counted("here").packets - before, 10);
    QCOMPARE(counters.take()[kPackets], 10U);
    QCOMPARE(besides.take()[kPackets], 10U);
}

void TestPackets::vanishedInterfaceEnds_data()
{
    bothKinds();
}

void TestPackets::vanishedInterfaceEnds()
{
    QFETCH(int, kind);
    const auto attached = attach(static_cast<HookKind>(kind), "here");
    QVERIFY(attached);
    // Others may come and go.
    QVERIFY(run("ip link add other type veth peer name another") && run("ip link del other"));
    QVERIFY(waitReadable(attached->readable()));
    QVERIFY(attached->onReadable());
    QVERIFY(run("ip link del here"));
    QVERIFY(waitReadable(attached->readable()));
    const auto ended = attached->onReadable();
    QVERIFY(!ended);
    QCOMPARE(ended.error().code, base::Code::Disconnected);
    QCOMPARE(QString::fromStdString(ended.error().message), QString("interface here is gone"));
}

void TestPackets::renamedAndDownAndUp_data()
{
    bothKinds();
}

void TestPackets::renamedAndDownAndUp()
{
    QFETCH(int, kind);
    const auto hook = static_cast<HookKind>(kind);
    const auto attached = attach(hook, "here");
    QVERIFY(attached);
    Counters counters(*attached, hook);
    QVERIFY(run("ip link set here down") && run("ip link set here name elsewhere") &&
            run("ip link set elsewhere up"));
    QVERIFY(waitReadable(attached->readable()));
    QVERIFY(attached->onReadable());
    const auto before = counted("elsewhere");
    QVERIFY(Sender("there").send(ethernet(kIpv4, ipv4(kTcp4, 60)), 10));
    QTRY_COMPARE(counted("elsewhere").packets - before.packets, 10);
    QCOMPARE(counters.take()[kTcp], 10U);
    QVERIFY(run("ip link del elsewhere"));
}

void TestPackets::pausesAndGoesOn_data()
{
    bothKinds();
}

void TestPackets::pausesAndGoesOn()
{
    QFETCH(int, kind);
    const auto hook = static_cast<HookKind>(kind);
    const auto attached = attach(hook, "here");
    QVERIFY(attached);
    Counters counters(*attached, hook);
    const auto send = [](int times) { return Sender("there").send(ethernet(kArp, Frame(46)), times); };
    const auto before = counted("here").packets;
    QVERIFY(send(5));
    QTRY_COMPARE(counted("here").packets - before, 5);
    QVERIFY(attached->suspend());
    QVERIFY(send(100));
    QTRY_COMPARE(counted("here").packets - before, 105);
    {
        // As after the helper gave everything up.
        const base::RightsScope none{base::Rights{}};
        QVERIFY(attached->resume());
    }
    QVERIFY(send(7));
    QTRY_COMPARE(counted("here").packets - before, 112);
    QCOMPARE(counters.take()[kPackets], 12U);
}

void TestPackets::unknownInterface()
{
    const auto attached = bpf::attachPackets(probeOf(HookKind::Xdp, "hera"), m_traits, m_log);
    QVERIFY(!attached);
    QCOMPARE(attached.error().code, base::Code::NotFound);
    QVERIFY(attached.error().hint.find("here") != std::string::npos);
}

void TestPackets::withoutRights_data()
{
    bothKinds();
}

void TestPackets::withoutRights()
{
    QFETCH(int, kind);
    const base::RightsScope some{{CAP_BPF, CAP_PERFMON}};
    const auto attached = bpf::attachPackets(probeOf(static_cast<HookKind>(kind), "here"), m_traits, m_log);
    QVERIFY(!attached);
    QCOMPARE(attached.error().code, base::Code::NotPermitted);
    QVERIFY2(attached.error().message.find("here") != std::string::npos, attached.error().text().c_str());
}

QTEST_GUILESS_MAIN(TestPackets)
#include "tst_packets.moc"
