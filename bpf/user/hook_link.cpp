// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/user/hook_link.h"

#include <bpf/bpf.h>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace statescape::bpf {
namespace {
constexpr std::uint32_t kMultiReturn = 1; // BPF_F_UPROBE_MULTI_RETURN
constexpr unsigned kSemaphoreShift =
    32; // of a uprobe's config, @source kernel/events/core.c PERF_UPROBE_REF_CTR_OFFSET_SHIFT
constexpr const char *kDevices = "/sys/bus/event_source/devices/";

/// union bpf_attr for BPF_LINK_CREATE of a uprobe_multi link. @source include/uapi/linux/bpf.h (6.6)
struct MultiAttributes {
    std::uint32_t program;
    std::uint32_t target;
    std::uint32_t type;
    std::uint32_t flags;
    std::uint64_t path;
    std::uint64_t offsets;
    std::uint64_t semaphores;
    std::uint64_t cookies;
    std::uint32_t count;
    std::uint32_t multiFlags;
    std::uint32_t pid;
    std::uint32_t pad;
};
static_assert(sizeof(MultiAttributes) == 64);

/// @return the number after @p prefix in a file of the kernel; below 0 where it is not there.
int numberIn(const std::string &path, std::string_view prefix = {})
{
    std::ifstream file(path);
    std::string text;
    if (!std::getline(file, text) || !text.starts_with(prefix))
        return -1;
    return std::atoi(text.c_str() + prefix.size());
}

base::Fd openEvent(perf_event_attr &attributes)
{
    attributes.size = sizeof(attributes);
    // On one CPU, but the program runs on all: it hangs on the place, not on the event.
    return base::Fd(
        static_cast<int>(::syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
}

/// @param device "kprobe" or "uprobe"
base::Result<base::Fd> openPlace(const std::string &device, const std::string &target, std::uint64_t offset,
                                 std::uint64_t semaphore, bool atReturn)
{
    const int type = numberIn(kDevices + device + "/type");
    if (type < 0)
        return base::fail(base::Code::NotSupported, "this kernel has no " + device + "s",
                          "use a tracepoint or a system call");
    perf_event_attr attributes{};
    attributes.type = static_cast<std::uint32_t>(type);
    if (atReturn) {
        const int bit = numberIn(kDevices + device + "/format/retprobe", "config:");
        attributes.config |= std::uint64_t{1} << (bit < 0 ? 0 : bit);
    }
    attributes.config |= semaphore << kSemaphoreShift;
    attributes.config1 = reinterpret_cast<std::uint64_t>(target.c_str());
    attributes.config2 = offset;
    auto event = openEvent(attributes);
    if (!event.valid())
        return hookError("cannot set a " + device, errno);
    return event;
}
} // namespace

base::Error hookError(std::string what, int error)
{
    const auto code = error == EPERM || error == EACCES   ? base::Code::NotPermitted
                      : error == ENOENT || error == ESRCH ? base::Code::NotFound
                                                          : base::Code::NotSupported;
    return base::fail(code, std::move(what), {}, error);
}

base::Result<HookLink> HookLink::make(Open open)
{
    HookLink link;
    link.m_open = std::move(open);
    STATESCAPE_CHECK(link.resume());
    return link;
}

base::Result<HookLink> HookLink::tracepoint(int program, const std::string &name)
{
    return make([program, name]() -> base::Result<base::Fd> {
        base::Fd link(bpf_raw_tracepoint_open(name.c_str(), program));
        if (!link.valid())
            return hookError("cannot attach to tracepoint " + name, errno);
        return link;
    });
}

base::Result<HookLink> HookLink::typed(int program)
{
    return make([program]() -> base::Result<base::Fd> {
        base::Fd link(bpf_raw_tracepoint_open(nullptr, program));
        if (!link.valid())
            return hookError("cannot attach to the function or tracepoint", errno);
        return link;
    });
}

base::Result<HookLink> HookLink::onEvent(int program, base::Fd event)
{
    const int place = event.get();
    HookLink link;
    link.m_event = std::move(event);
    link.m_open = [program, place]() -> base::Result<base::Fd> {
        base::Fd made(bpf_link_create(program, place, BPF_PERF_EVENT, nullptr));
        if (!made.valid())
            return hookError("cannot hang the program on its hook", errno);
        ::ioctl(place, PERF_EVENT_IOC_ENABLE, 0);
        return made;
    };
    const auto made = link.resume();
    if (made)
        return link;
    if (made.error().sysErrno != EINVAL)
        return made.error();
    // Before 5.15 (b89fbfbb854c) a program hangs on an event for as long as the event lives.
    if (::ioctl(place, PERF_EVENT_IOC_SET_BPF, program) != 0 || ::ioctl(place, PERF_EVENT_IOC_ENABLE, 0) != 0)
        return hookError("cannot hang the program on its hook", errno);
    link.m_open = nullptr;
    return link;
}

base::Result<HookLink> HookLink::event(int program, std::uint32_t id)
{
    perf_event_attr attributes{};
    attributes.type = PERF_TYPE_TRACEPOINT;
    attributes.config = id;
    attributes.sample_period = 1;
    attributes.wakeup_events = 1;
    auto event = openEvent(attributes);
    if (!event.valid())
        return hookError("cannot open the tracepoint", errno);
    return onEvent(program, std::move(event));
}

base::Result<HookLink> HookLink::kernelFunction(int program, const std::string &name, bool atReturn)
{
    STATESCAPE_TRY(auto event, openPlace("kprobe", name, 0, 0, atReturn));
    return onEvent(program, std::move(event));
}

base::Result<HookLink> HookLink::userFunction(int program, const std::string &path,
                                              const hooks::ProbePoint &point, bool atReturn)
{
    if (point.semaphore >> kSemaphoreShift != 0)
        return base::fail(base::Code::NotSupported, "the marker's semaphore lies too far into the file");
    STATESCAPE_TRY(auto event, openPlace("uprobe", path, point.offset, point.semaphore, atReturn));
    return onEvent(program, std::move(event));
}

base::Result<HookLink> HookLink::userFunctions(int program, const std::string &path,
                                               std::span<const hooks::ProbePoint> points, bool atReturn)
{
    std::vector<std::uint64_t> offsets;
    std::vector<std::uint64_t> semaphores;
    for (const auto &point : points) {
        offsets.push_back(point.offset);
        semaphores.push_back(point.semaphore);
    }
    return make([program, path, offsets, semaphores, atReturn]() -> base::Result<base::Fd> {
        MultiAttributes attributes{};
        attributes.program = static_cast<std::uint32_t>(program);
        attributes.type = kUprobeMulti;
        attributes.path = reinterpret_cast<std::uint64_t>(path.c_str());
        attributes.offsets = reinterpret_cast<std::uint64_t>(offsets.data());
        attributes.semaphores = reinterpret_cast<std::uint64_t>(semaphores.data());
        attributes.count = static_cast<std::uint32_t>(offsets.size());
        attributes.multiFlags = atReturn ? kMultiReturn : 0;
        base::Fd link(static_cast<int>(::syscall(SYS_bpf, BPF_LINK_CREATE, &attributes, sizeof(attributes))));
        if (!link.valid())
            return hookError("cannot set uprobes", errno);
        return link;
    });
}

bool HookLink::suspend()
{
    if (!m_open)
        return false;
    if (m_event.valid())
        ::ioctl(m_event.get(), PERF_EVENT_IOC_DISABLE, 0);
    m_link.reset();
    return true;
}

base::Result<> HookLink::resume()
{
    if (m_link.valid() || !m_open)
        return {};
    STATESCAPE_TRY(m_link, m_open());
    return {};
}

} // namespace statescape::bpf
