// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "bpf/kernel_traits.h"

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
    return traits;
}

} // namespace statescape::bpf
