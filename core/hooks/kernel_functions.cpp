// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hooks/kernel_functions.h"

#include "core/hooks/btf_file.h"

#include <algorithm>
#include <bpf/btf.h>
#include <filesystem>
#include <functional>

namespace statescape::hooks {
namespace {
constexpr std::size_t kLongestList = 64U << 20;
constexpr std::size_t kUsualNames = 96 * 1024;

bool isText(std::string_view type)
{
    return type.size() == 1 && std::string_view("tTwW").find(type[0]) != std::string_view::npos;
}

/// @return "NAME" of "[NAME]", or empty.
std::string_view moduleOf(std::string_view word)
{
    if (word.size() < 3 || word.front() != '[' || word.back() != ']')
        return {};
    return word.substr(1, word.size() - 2);
}

/// Room that the compiler keeps in front of a function, with a name of its own.
bool isPadding(std::string_view name)
{
    return name.starts_with("__pfx_") || name.starts_with("__cfi_");
}

/// Byte code and trampolines that the kernel lists like modules.
bool isGenerated(std::string_view module)
{
    return module == "bpf" || module.starts_with("__builtin__");
}

void addFunctions(NameList &names, const btf *types, __u32 first, const std::string &module)
{
    const __u32 count = btf__type_cnt(types);
    for (__u32 id = first; id < count; ++id) {
        const auto *type = btf__type_by_id(types, id);
        if (!type || !btf_is_func(type))
            continue;
        if (const char *name = btf__name_by_offset(types, type->name_off))
            names.add(name, module, kFentry);
    }
}

std::vector<std::string> modulesIn(const std::string &directory)
{
    std::vector<std::string> names;
    std::error_code ignored;
    for (std::filesystem::directory_iterator it(directory, ignored), end; it != end; it.increment(ignored))
        if (auto name = it->path().filename().string(); name != "vmlinux")
            names.push_back(std::move(name));
    std::ranges::sort(names);
    return names;
}
} // namespace

base::Result<> KernelFunctions::addBtf(const std::string &path, const std::string &base,
                                       const std::string &module)
{
    Btf kernel;
    if (!base.empty()) {
        STATESCAPE_TRY(kernel, loadBtf(base));
    }
    STATESCAPE_TRY(const auto types, loadBtf(path, kernel.get()));
    addFunctions(m_names, types.get(), kernel ? btf__type_cnt(kernel.get()) : 1, module);
    return {};
}

std::size_t KernelFunctions::addSymbols(std::string_view text)
{
    std::size_t skipped = 0;
    for (std::string_view line; takeLine(text, line);) {
        const auto address = takeWord(line);
        const auto type = takeWord(line);
        const auto name = takeWord(line);
        const auto module = takeWord(line);
        if (address.empty() || type.size() != 1 || name.empty() ||
            (!module.empty() && moduleOf(module).empty())) {
            ++skipped;
            continue;
        }
        if (!isText(type) || isPadding(name) || isGenerated(moduleOf(module)))
            continue;
        const auto at = m_names.add(name, moduleOf(module), 0);
        if (!at) {
            ++skipped;
            continue;
        }
        const auto had = m_names.flags(at->first);
        m_names.setFlags(at->first, had | kKprobe | ((had & kKprobe) != 0 ? kAmbiguous : 0));
    }
    return skipped;
}

void KernelFunctions::keepTraceable(std::string_view text)
{
    std::vector<bool> listed(m_names.size());
    for (std::string_view line; takeLine(text, line);) {
        const auto name = takeWord(line);
        if (const auto index = m_names.find(name, moduleOf(takeWord(line))))
            listed[*index] = true;
    }
    if (std::ranges::none_of(listed, std::identity{}))
        return;
    for (std::size_t i = 0; i < m_names.size(); ++i)
        if (!listed[i])
            m_names.setFlags(i, m_names.flags(i) & ~kFentry);
    m_knowsTraceable = true;
}

void KernelFunctions::dropBlacklisted(std::string_view text)
{
    // "0xADDRESS-0xADDRESS\tNAME", @source kernel/kprobes.c kprobe_blacklist_seq_show()
    for (std::string_view line; takeLine(text, line);) {
        takeWord(line);
        if (const auto index = m_names.find(takeWord(line), {}))
            m_names.setFlags(*index, m_names.flags(*index) & ~kKprobe);
    }
}

base::Result<KernelFunctions> KernelFunctions::load(const KernelFiles &files)
{
    // The kernel takes some 30 ms to write its symbols; types, and the symbols there are, are read meanwhile.
    TextStream symbols(files.symbols, kLongestList);
    KernelFunctions functions;
    functions.m_names.reserve(kUsualNames, kUsualNames * 24);
    auto kernel = loadBtf(files.btf + "/vmlinux");
    if (kernel) {
        addFunctions(functions.m_names, kernel->get(), 1, {});
        for (const auto &module : modulesIn(files.btf))
            // A module that went away meanwhile, or without types, has only its symbols.
            if (const auto types = loadBtf(files.btf + "/" + module, kernel->get()))
                addFunctions(functions.m_names, types->get(), btf__type_cnt(kernel->get()), module);
    }
    for (std::string lines; symbols.next(lines);)
        functions.addSymbols(lines);
    if (functions.m_names.empty())
        return base::fail(base::Code::NotSupported,
                          "this kernel shows neither types (" + files.btf + ") nor symbols (" +
                              files.symbols + ")",
                          "use a kernel built with CONFIG_DEBUG_INFO_BTF or CONFIG_KALLSYMS",
                          kernel ? 0 : kernel.error().sysErrno);
    if (const auto listed = readText(files.tracing + "/available_filter_functions", kLongestList))
        functions.keepTraceable(*listed);
    if (const auto listed = readText(files.blacklist, kLongestList))
        functions.dropBlacklisted(*listed);
    return functions;
}

} // namespace statescape::hooks
