// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/packets/packets.h"

#include "bpf/mapped_array.h"
#include "bpf/packets/link_watch.h"
#include "bpf/packets/packets_bank.h"

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <bpf/bpf.h>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <memory>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <packets.skel.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace statescape::bpf {
namespace {
using base::Code;
using base::fail;

constexpr std::size_t kXdpWords = offsetof(ss_packets_bank, sent_packets) / sizeof(std::uint64_t);
constexpr std::size_t kSocketWords = offsetof(ss_packets_bank, paused) / sizeof(std::uint64_t);
constexpr std::size_t kVerifierLogBytes = 64 * 1024;

struct Interface {
    std::string name;
    int index = 0;
    bool ethernet = true;
};

base::Result<Interface> findInterface(const std::string &name)
{
    Interface found{name, static_cast<int>(::if_nametoindex(name.c_str())), true};
    if (found.index == 0) {
        std::string known;
        const std::unique_ptr<struct if_nameindex, void (*)(struct if_nameindex *)> all(::if_nameindex(),
                                                                                        ::if_freenameindex);
        for (const auto *entry = all.get(); entry && entry->if_index != 0; ++entry)
            known.append(known.empty() ? "" : ", ").append(entry->if_name);
        return fail(Code::NotFound, "no network interface '" + name + "'", "there are " + known);
    }
    const base::Fd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::strncpy(request.ifr_name, name.c_str(), IFNAMSIZ - 1);
    if (any.valid() && ::ioctl(any.get(), SIOCGIFHWADDR, &request) == 0)
        found.ethernet =
            request.ifr_hwaddr.sa_family == ARPHRD_ETHER || request.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK;
    return found;
}

base::Error failure(int error, const std::string &what, const std::string &words)
{
    const bool refused = error == EPERM || error == EACCES;
    return fail(refused ? Code::NotPermitted : Code::NotSupported,
                what + (words.empty() ? std::string() : ": " + words), {}, error);
}

struct Program {
    base::Fd fd;
    MappedArray banks;
};

base::Result<Program> loadProgram(const char *name, const Interface &interface, const KernelTraits &traits,
                                  LibbpfLog &log)
{
    Program program;
    STATESCAPE_TRY(program.banks,
                   MappedArray::create("ss_packets", sizeof(ss_packets_bank), traits.cpusPossible));
    const std::unique_ptr<packets_bpf, void (*)(packets_bpf *)> object(packets_bpf::open(),
                                                                       packets_bpf::destroy);
    if (!object)
        return failure(errno, "cannot open the packet programs", log.lastWarning());
    object->rodata->has_ethernet = interface.ethernet ? 1 : 0;
    if (bpf_map__reuse_fd(object->maps.banks, program.banks.fd()) != 0)
        return fail(Code::Internal, "cannot share the map of packets", {}, errno);
    std::vector<char> verifier(kVerifierLogBytes);
    bpf_program *wanted = nullptr;
    bpf_program *each = nullptr;
    bpf_object__for_each_program(each, object->obj)
    {
        const bool chosen = std::strcmp(bpf_program__name(each), name) == 0;
        bpf_program__set_autoload(each, chosen);
        if (chosen)
            wanted = each;
    }
    bpf_program__set_log_buf(wanted, verifier.data(), verifier.size());
    log.clear();
    if (const int error = packets_bpf::load(object.get()); error != 0) {
        const auto words = lastVerifierLine(verifier.data());
        return failure(-error, "cannot load " + std::string(name) + " for " + interface.name,
                       words.empty() ? log.lastWarning() : words);
    }
    program.fd.reset(::fcntl(bpf_program__fd(wanted), F_DUPFD_CLOEXEC, 3));
    if (!program.fd.valid())
        return fail(Code::Io, "cannot keep the packet program", {}, errno);
    return program;
}

/// @return what an interface already runs, for people; empty when it runs nothing.
std::string occupant(const Interface &interface)
{
    LIBBPF_OPTS(bpf_xdp_query_opts, query);
    if (bpf_xdp_query(interface.index, 0, &query) != 0 || query.attach_mode == XDP_ATTACHED_NONE)
        return {};
    const auto ids = {query.prog_id, query.drv_prog_id, query.skb_prog_id, query.hw_prog_id};
    const auto id = std::ranges::max(ids);
    std::string text = "XDP program " + std::to_string(id);
    // Its name is for those who may open other programs.
    const base::Fd program(bpf_prog_get_fd_by_id(id));
    bpf_prog_info info{};
    __u32 bytes = sizeof(info);
    if (program.valid() && bpf_obj_get_info_by_fd(program.get(), &info, &bytes) == 0)
        text += std::string(" '") + info.name + "'";
    return text;
}

base::Error occupied(const Interface &interface, const std::string &who)
{
    return fail(Code::NotSupported, interface.name + " already has " + who + ", which stays",
                "packets:" + interface.name + " counts beside it");
}

class PacketCounters : public Attachment {
public:
    PacketCounters(Interface interface, Program program, base::Fd hook, LinkWatch watch, std::size_t words,
                   std::string note)
        : m_interface(std::move(interface))
        , m_program(std::move(program))
        , m_hook(std::move(hook))
        , m_watch(std::move(watch))
        , m_words(words)
        , m_note(std::move(note))
    {}

    bool read(std::span<std::uint64_t> words, std::uint64_t &events) override
    {
        std::ranges::fill(words, 0);
        events = 0;
        const auto count = std::min(words.size(), m_words);
        for (std::uint32_t cpu = 0; cpu < m_program.banks.entries(); ++cpu) {
            const auto &bank = m_program.banks.as<ss_packets_bank>(cpu);
            const auto *from = &bank.packets;
            for (std::size_t i = 0; i < count; ++i)
                words[i] += load(from[i]);
            events += load(bank.packets) + load(bank.sent_packets);
        }
        return true;
    }
    [[nodiscard]] std::vector<int> programFds() const override { return {m_program.fd.get()}; }
    [[nodiscard]] std::size_t mapBytes() const override { return m_program.banks.bytes(); }
    [[nodiscard]] std::string note() const override { return m_note; }

    // Taking the program off and putting it back asks for rights that are gone by then; a program that looks
    // at one word and leaves costs what README.md says.
    bool suspend() override
    {
        pause(1);
        return true;
    }
    base::Result<> resume() override
    {
        pause(0);
        return {};
    }

    [[nodiscard]] int readable() const override { return m_watch.fd(); }
    base::Result<> onReadable() override
    {
        if (m_watch.gone())
            return fail(Code::Disconnected, "interface " + m_interface.name + " is gone",
                        "record again when it is back");
        return {};
    }

private:
    void pause(std::uint64_t value)
    {
        for (std::uint32_t cpu = 0; cpu < m_program.banks.entries(); ++cpu)
            std::atomic_ref(m_program.banks.as<ss_packets_bank>(cpu).paused)
                .store(value, std::memory_order_release);
    }

    Interface m_interface;
    Program m_program;
    base::Fd m_hook;
    LinkWatch m_watch;
    std::size_t m_words;
    std::string m_note;
};

/// @return the link; closing it, or dying, takes the program off.
base::Result<base::Fd> linkXdp(const Interface &interface, int program, __u32 mode)
{
    LIBBPF_OPTS(bpf_link_create_opts, options, .flags = mode);
    base::Fd link(bpf_link_create(program, interface.index, BPF_XDP, &options));
    if (link.valid())
        return link;
    const int error = errno;
    // Somebody came between the question and the attachment.
    if (error == EBUSY || error == EEXIST)
        return occupied(interface, occupant(interface));
    return failure(error,
                   std::string("XDP on ") + interface.name +
                       (mode == XDP_FLAGS_DRV_MODE ? ", in the driver" : ", generic"),
                   {});
}

AttachResult attachXdp(const Interface &interface, LinkWatch watch, const KernelTraits &traits,
                       LibbpfLog &log)
{
    if (const auto who = occupant(interface); !who.empty())
        return occupied(interface, who);
    auto program = loadProgram("count_frames_frags", interface, traits, log);
    if (!program && program.error().code == Code::NotSupported)
        program = loadProgram("count_frames", interface, traits, log);
    if (!program)
        return program.error();
    std::string note = "native XDP";
    auto link = linkXdp(interface, program->fd.get(), XDP_FLAGS_DRV_MODE);
    if (!link && link.error().code == Code::NotSupported &&
        (link.error().sysErrno == EOPNOTSUPP || link.error().sysErrno == EINVAL)) {
        note = std::string("generic XDP: the driver takes no program (") +
               std::strerror(link.error().sysErrno) + ")";
        link = linkXdp(interface, program->fd.get(), XDP_FLAGS_SKB_MODE);
    }
    if (!link)
        return link.error();
    return std::make_unique<PacketCounters>(interface, std::move(*program), std::move(*link),
                                            std::move(watch), kXdpWords, note);
}

AttachResult attachSocket(const Interface &interface, LinkWatch watch, const KernelTraits &traits,
                          LibbpfLog &log)
{
    // Without a protocol it receives nothing until it is bound, which is after it has its filter.
    base::Fd socket(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.valid())
        return failure(errno, "cannot open a packet socket on " + interface.name, {});
    STATESCAPE_TRY(auto program, loadProgram("count_packets", interface, traits, log));
    const int fd = program.fd.get();
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_ATTACH_BPF, &fd, sizeof(fd)) != 0)
        return failure(errno, "cannot put a filter on a socket of " + interface.name, {});
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = interface.index;
    if (::bind(socket.get(), reinterpret_cast<sockaddr *>(&address), sizeof(address)) != 0 &&
        errno != ENETDOWN)
        return failure(errno, "cannot bind a packet socket to " + interface.name, {});
    return std::make_unique<PacketCounters>(interface, std::move(program), std::move(socket),
                                            std::move(watch), kSocketWords, std::string());
}
} // namespace

AttachResult attachPackets(const schema::UserProbe &probe, const KernelTraits &traits, LibbpfLog &log)
{
    STATESCAPE_TRY(const auto interface, findInterface(probe.target));
    // Before the program, so that no farewell is missed.
    STATESCAPE_TRY(auto watch, LinkWatch::open(interface.index));
    return probe.kind == schema::HookKind::Xdp ? attachXdp(interface, std::move(watch), traits, log)
                                               : attachSocket(interface, std::move(watch), traits, log);
}

} // namespace statescape::bpf
