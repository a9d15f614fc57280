// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hooks/hook_support.h"

#include "core/base/fd.h"
#include "core/hooks/btf_file.h"

#include <array>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <cerrno>
#include <filesystem>
#include <linux/bpf.h>
#include <unistd.h>

namespace statescape::hooks {
namespace {
// Any kernel with a trampoline at all has these to try it on.
constexpr std::array kTrialFunctions{"vfs_fsync_range", "vfs_read", "do_nanosleep"};

bool exists(const std::string &path)
{
    std::error_code ignored;
    return std::filesystem::exists(path, ignored);
}

Support no(base::Code code, std::string reason, std::string hint = {}, int error = 0)
{
    return {false, true, base::fail(code, std::move(reason), std::move(hint), error)};
}

int loadTrial(bpf_prog_type type, bpf_attach_type attach, __u32 function)
{
    // r0 = 0; exit
    constexpr std::array<bpf_insn, 2> kProgram{
        {{BPF_ALU64 | BPF_MOV | BPF_K, 0, 0, 0, 0}, {BPF_JMP | BPF_EXIT, 0, 0, 0, 0}}};
    LIBBPF_OPTS(bpf_prog_load_opts, options);
    options.expected_attach_type = attach;
    options.attach_btf_id = function;
    const base::Fd program(
        bpf_prog_load(type, "ss_trial", "GPL", kProgram.data(), kProgram.size(), &options));
    return program.valid() ? 0 : errno;
}

Support tryFentry(const btf *kernel)
{
    int id = -ENOENT;
    for (const char *name : kTrialFunctions)
        if (id < 0)
            id = btf__find_by_name_kind(kernel, name, BTF_KIND_FUNC);
    if (id < 0)
        return no(base::Code::NotSupported, "this kernel's types name no functions",
                  "use a kernel built with CONFIG_DEBUG_INFO_BTF by pahole 1.16 or later");
    // What refuses every program says nothing about this kind.
    if (loadTrial(BPF_PROG_TYPE_RAW_TRACEPOINT, {}, 0) != 0)
        return {true, false, {}};
    const int error = loadTrial(BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, static_cast<__u32>(id));
    if (error == 0)
        return {};
    if (error == EPERM || error == EACCES)
        return no(base::Code::NotSupported,
                  "this kernel refuses hooks at the entry of its functions (fentry)",
                  "count a tracepoint or a system call near it instead", error);
    return no(base::Code::NotSupported, "this kernel has no fentry",
              "use a kernel built with CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS, or kprobe:", error);
}
} // namespace

HookSupport HookSupport::detect(const KernelFiles &files)
{
    HookSupport support;
    if (const auto kernel = loadBtf(files.btf + "/vmlinux"))
        support.fentry = tryFentry(kernel->get());
    else
        support.fentry = {false, true, kernel.error()};
    if (!exists(files.perf + "/kprobe"))
        support.kprobe = no(base::Code::NotSupported, "this kernel has no kprobes (CONFIG_KPROBES)",
                            "count a tracepoint or a system call near it instead");
    if (!exists(files.perf + "/uprobe"))
        support.uprobe = no(base::Code::NotSupported, "this kernel has no uprobes (CONFIG_UPROBE_EVENTS)",
                            "count the system calls of that program instead");
    if (!exists(files.perf + "/tracepoint")) {
        support.tracepoint = support.tracepointFields =
            no(base::Code::NotSupported, "this kernel has no tracepoints for programs (CONFIG_BPF_EVENTS)");
    } else if (::access((files.tracing + "/events").c_str(), R_OK | X_OK) != 0) {
        const int error = errno;
        const bool hidden = error == EACCES || error == EPERM;
        support.tracepointFields =
            no(hidden ? base::Code::NotPermitted : base::Code::NotSupported,
               "cannot read " + files.tracing + "/events, which names the fields of tracepoints",
               hidden ? "only root may: statescape record --pkexec asks for that"
                      : "mount -t tracefs none /sys/kernel/tracing as root",
               error);
    }
    return support;
}

const Support &HookSupport::function() const
{
    return fentry.possible || !kprobe.possible ? fentry : kprobe;
}

} // namespace statescape::hooks
