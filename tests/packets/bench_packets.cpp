// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/packets/packets.h"
#include "tests/bench/row.h"
#include "wire_pair.h"

#include <array>
#include <bpf/bpf.h>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <functional>
#include <sys/wait.h>
#include <unistd.h>

using namespace statescape;
using namespace wire_pair;
using bench::printRow;
using schema::HookKind;

namespace {
constexpr int kPackets = 300'000;
constexpr int kRounds = 3;
bpf::KernelTraits traits;

std::unique_ptr<bpf::Attachment> attach(HookKind kind, const std::string &interface)
{
    static bpf::LibbpfLog log;
    schema::UserProbe probe;
    probe.kind = kind;
    probe.target = interface;
    auto attached = bpf::attachPackets(probe, traits, log);
    if (attached)
        return std::move(*attached);
    std::fprintf(stderr, "bench_packets: %s\n", attached.error().text().c_str());
    return nullptr;
}

/// Runs the program on one frame, without a network. @return ns a frame, below 0 when it cannot be
double testRunNs(int program, const Frame &frame)
{
    constexpr int kRepeat = 1'000'000;
    double best = -1;
    for (int i = 0; i < kRounds; ++i) {
        LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame.data(),
                    .data_size_in = static_cast<__u32>(frame.size()), .repeat = kRepeat);
        if (bpf_prog_test_run_opts(program, &options) != 0)
            return -1;
        best = best < 0 ? options.duration : std::min<double>(best, options.duration);
    }
    return best;
}

/// @return ns of CPU time of one packet sent and received over the pair by this thread, the best of some
/// rounds.
double perPacketNs(const Frame &frame)
{
    double best = 1e18;
    const Sender sender("there");
    for (int i = 0; i < kRounds; ++i) {
        const double ms = bench::milliseconds([&] { (void)sender.send(frame, kPackets); });
        best = std::min(best, ms * 1e6 / kPackets);
    }
    return best;
}

/// A peer while it lives.
class Peer {
public:
    explicit Peer(const std::vector<const char *> &arguments)
    {
        m_pid = ::fork();
        if (m_pid == 0) {
            const int null = ::open("/dev/null", O_RDWR);
            for (const int fd : {0, 1, 2})
                ::dup2(null, fd);
            auto list = arguments;
            list.push_back(nullptr);
            ::execvp(list[0], const_cast<char *const *>(list.data()));
            ::_exit(127);
        }
        ::sleep(3);
        m_runs = ::waitpid(m_pid, nullptr, WNOHANG) == 0;
    }
    ~Peer()
    {
        if (!m_runs)
            return;
        ::kill(m_pid, SIGKILL);
        ::waitpid(m_pid, nullptr, 0);
    }
    Peer(const Peer &) = delete;
    Peer &operator=(const Peer &) = delete;
    [[nodiscard]] bool runs() const { return m_runs; }

private:
    pid_t m_pid = -1;
    bool m_runs = false;
};

void addedRow(const char *name, double with, double without, const bench::Peer &peer = {},
              const std::string &note = {})
{
    // Less than the spread of the figures is not a figure.
    printRow("packets", name, std::max(with - without, 1.0), "ns", peer, note);
}
} // namespace

int main()
{
    const auto why = enterNamespace();
    const auto detected = bpf::KernelTraits::detect();
    if (!why.empty() || !detected || !makePair()) {
        std::fprintf(stderr, "bench_packets: needs root, ip(8) and veth; %s\n", why.c_str());
        return 0;
    }
    traits = *detected;
    const auto tcp = ethernet(0x0800, ipv4(6, 40));
    const auto deep =
        ethernet(0x86DD, ipv6(60, extension(43, 0, extension(6, 0, Frame(20)))), {0x88A8, 0x8100});
    if (const auto xdp = attach(HookKind::Xdp, "here")) {
        const int program = xdp->programFds()[0];
        printRow("packets", "XDP, program alone, TCP over IPv4", testRunNs(program, tcp), "ns");
        printRow("packets", "XDP, program alone, two tags and two IPv6 extensions", testRunNs(program, deep),
                 "ns");
        xdp->suspend();
        printRow("packets", "XDP, program alone, shed", testRunNs(program, tcp), "ns");
    }
    const double none = perPacketNs(tcp);
    double bpftrace = 0;
    {
        const Peer peer({"bpftrace", "-e",
                         "tracepoint:net:netif_receive_skb { @n = count(); @bytes = sum(args->len); "
                         "@size = hist(args->len); }"});
        if (peer.runs())
            bpftrace = std::max(perPacketNs(tcp) - none, 1.0);
    }
    double tcpdump = 0;
    {
        const Peer peer({"tcpdump", "-i", "here", "-n", "-w", "/dev/null"});
        if (peer.runs())
            tcpdump = std::max(perPacketNs(tcp) - none, 1.0);
    }
    printRow("packets", "a packet over a pair, nothing attached", none, "ns");
    if (const auto xdp = attach(HookKind::Xdp, "here")) {
        addedRow("XDP adds to a packet", perPacketNs(tcp), none, {"bpftrace count, sum, hist", bpftrace},
                 "native on veth, which then receives by polling");
        xdp->suspend();
        addedRow("XDP adds to a packet, shed", perPacketNs(tcp), none);
    }
    if (const auto packets = attach(HookKind::Packets, "here")) {
        const double with = perPacketNs(tcp);
        addedRow("socket filter adds to a packet", with, none, {"bpftrace count, sum, hist", bpftrace});
        addedRow("socket filter adds to a packet", with, none, {"tcpdump -w /dev/null", tcpdump});
        packets->suspend();
        addedRow("socket filter adds to a packet, shed", perPacketNs(tcp), none);
    }
    return 0;
}
