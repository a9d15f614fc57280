// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/hooks/binary.h"
#include "fuzz.h"

using namespace statescape;

/// First byte: lowest bit asks for the linker's cache instead of a binary.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzz::Choices choices(data, size);
    if ((choices.byte() & 1) != 0) {
        (void)hooks::findInLinkerCache(choices.text(), "libc.so.6");
        return 0;
    }
    static fuzz::MemoryFile file;
    file.fill(choices.text());
    const auto binary = hooks::Binary::open(file.path());
    if (!binary) {
        fuzz::require(!binary.error().message.empty(), "an error says what");
        return 0;
    }
    if (const auto functions = binary->functions())
        for (std::size_t i = 0; i < functions->size() && i < 16; ++i)
            (void)binary->function(std::string(functions->name(i)));
    if (const auto markers = binary->markers()) {
        fuzz::require(markers->size() <= 4096, "no more markers than may be");
        for (const auto &marker : *markers)
            fuzz::require(!marker.points.empty() && marker.points.size() <= 1024, "each has its places");
    }
    return 0;
}
