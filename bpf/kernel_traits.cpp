// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/kernel_traits.h"

#include "bpf/probes/drops/drops.h"
#include "bpf/shared.h"

#include <algorithm>
#include <bit>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <cerrno>
#include <fstream>
#include <memory>
#include <string>

namespace statescape::bpf {
namespace {
/// @return how many arguments the tracepoint hands over; -1 where there is no such tracepoint.
int tracepointArguments(const btf *kernel, const std::string &name)
{
    const int id = btf__find_by_name_kind(kernel, ("btf_trace_" + name).c_str(), BTF_KIND_TYPEDEF);
    if (id < 0)
        return -1;
    const auto *pointer = btf__type_by_id(kernel, btf__type_by_id(kernel, static_cast<__u32>(id))->type);
    if (!pointer || !btf_is_ptr(pointer))
        return -1;
    const auto *prototype = btf__type_by_id(kernel, pointer->type);
    return prototype && btf_is_func_proto(prototype) ? btf_vlen(prototype) - 1 : -1;
}

/// @return the names of an enum by number, of the numbers below @p limit.
std::vector<std::string> enumNames(const btf *kernel, const char *name, std::size_t limit)
{
    std::vector<std::string> names;
    const auto put = [&](std::uint64_t value, const char *text) {
        if (value >= limit)
            return;
        names.resize(std::max<std::size_t>(names.size(), value + 1));
        names[value] = text ? text : "";
    };
    if (const int id = btf__find_by_name_kind(kernel, name, BTF_KIND_ENUM); id >= 0) {
        const auto *type = btf__type_by_id(kernel, static_cast<__u32>(id));
        for (int i = 0; i < btf_vlen(type); ++i)
            put(static_cast<std::uint32_t>(btf_enum(type)[i].val),
                btf__name_by_offset(kernel, btf_enum(type)[i].name_off));
    } else if (const int wide = btf__find_by_name_kind(kernel, name, BTF_KIND_ENUM64); wide >= 0) {
        const auto *type = btf__type_by_id(kernel, static_cast<__u32>(wide));
        for (int i = 0; i < btf_vlen(type); ++i)
            put(btf_enum64_value(&btf_enum64(type)[i]),
                btf__name_by_offset(kernel, btf_enum64(type)[i].name_off));
    }
    return names;
}

std::uint32_t pidMax()
{
    std::uint32_t value = 0;
    std::ifstream("/proc/sys/kernel/pid_max") >> value;
    return value == 0 ? 32768 : value;
}
} // namespace

base::Result<KernelTraits> KernelTraits::detect()
{
    const std::unique_ptr<btf, decltype(&btf__free)> kernel(btf__load_vmlinux_btf(), btf__free);
    if (!kernel)
        return base::fail(base::Code::NotSupported,
                          "cannot read the kernel's types from /sys/kernel/btf/vmlinux",
                          "use a kernel built with CONFIG_DEBUG_INFO_BTF", errno);
    KernelTraits traits;
    traits.cpusPossible = static_cast<std::uint32_t>(std::max(libbpf_num_possible_cpus(), 1));
    traits.taskCells = std::min<std::uint32_t>(std::bit_ceil(pidMax()), SS_MAX_TASK_CELLS);
    traits.switchHasState = tracepointArguments(kernel.get(), "sched_switch") >= 4;
    traits.issueHasQueue = tracepointArguments(kernel.get(), "block_rq_issue") == 2;
    traits.bioHasQueue = tracepointArguments(kernel.get(), "block_bio_queue") == 2;
    traits.dropHasReason = tracepointArguments(kernel.get(), "kfree_skb") >= 3;
    if (traits.dropHasReason)
        traits.dropReasons = enumNames(kernel.get(), "skb_drop_reason", SS_DROP_REASONS);
    return traits;
}

} // namespace statescape::bpf
