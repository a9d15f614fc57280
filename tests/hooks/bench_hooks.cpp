// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
// What finding a hook costs a person who types.
#include "core/hooks/kernel.h"
#include "tests/bench/row.h"

#include <array>

using namespace statescape;

int main()
{
    using bench::printRow;
    const double first = bench::bestMs([] {
        hooks::Kernel kernel;
        static_cast<void>(kernel.search("vfs_fsync", schema::HookKind::Function, 50));
    });
    hooks::Kernel kernel;
    const auto functions = kernel.functions();
    const auto count = functions ? std::to_string((*functions)->names().size()) : std::string("no");
    printRow("hooks", "first answer among kernel functions", first, "ms", {},
             count + " functions; lists loaded");
    printRow("hooks", "first answer among everything", bench::bestMs([] {
                 hooks::Kernel fresh;
                 static_cast<void>(fresh.search("fsync", std::nullopt, 50));
             }),
             "ms", {}, "functions, tracepoints, system calls, interfaces");
    static_cast<void>(kernel.search("x", std::nullopt, 1));
    for (const auto &[name, text] : {std::pair("a part of a name", "fsync"), std::pair("one letter", "s"),
                                     std::pair("a pattern", "vfs_*_r?nge")})
        printRow("hooks", std::string("next answers: ") + name, bench::bestMs([&kernel, text = text] {
                     static_cast<void>(kernel.search(text, std::nullopt, 50));
                 }),
                 "ms", {}, "all lists");
    printRow("hooks", "names near a wrong one", bench::bestMs([&functions] {
                 if (functions)
                     static_cast<void>((*functions)->names().closest("vfs_fsyncc_range", 3));
             }),
             "ms", {}, count + " functions");
    if (const auto path = hooks::findBinary("libc"))
        printRow("hooks", "functions of libc", bench::bestMs([&path] {
                     if (const auto binary = hooks::Binary::open(*path))
                         static_cast<void>(binary->functions());
                 }),
                 "ms");
    return 0;
}
