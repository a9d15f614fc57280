// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/wire/codec.h"
#include "fuzz.h"

#include <algorithm>
#include <vector>

using namespace statescape;

namespace {
constexpr std::size_t kSizeAt = 8;
constexpr std::size_t kChecksumAt = 12;

/// Puts right sums on whatever looks like a frame: a fuzzer would never guess them, and all that lies behind
/// them would stay untested.
void mendSums(std::vector<std::byte> &stream)
{
    for (std::size_t at = 0; stream.size() - at >= wire::kFrameHeaderBytes;) {
        std::uint32_t size = 0;
        std::memcpy(&size, stream.data() + at + kSizeAt, sizeof size);
        const auto body = at + wire::kFrameHeaderBytes;
        if (size > stream.size() - body)
            return;
        std::uint32_t sum = 0x811c9dc5U;
        for (std::size_t i = 0; i < size; ++i)
            sum = (sum ^ std::to_integer<std::uint32_t>(stream[body + i])) * 0x01000193U;
        std::memcpy(stream.data() + at + kChecksumAt, &sum, sizeof sum);
        at = body + size;
    }
}
} // namespace

/// First byte: lowest bit mends the checksums, the rest is the size of the pieces in which the stream
/// arrives.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzz::Choices choices(data, size);
    const auto mode = choices.byte();
    std::vector<std::byte> stream(choices.bytes().begin(), choices.bytes().end());
    if ((mode & 1) != 0)
        mendSums(stream);
    const std::size_t piece = mode < 2 ? std::max<std::size_t>(stream.size(), 1) : mode / 2;
    wire::Decoder decoder;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
        decoder.feed(std::span(stream).subspan(at, std::min(piece, stream.size() - at)));
        while (true) {
            const auto begin = decoder.offset();
            auto next = decoder.next();
            if (!next) {
                fuzz::require(!next.error().message.empty(), "an error says what");
                fuzz::require(!decoder.next(), "a dead stream stays dead");
                return 0;
            }
            if (!*next)
                break;
            const auto again = wire::encode(**next);
            fuzz::require(
                std::ranges::equal(again, std::span(stream).subspan(begin, decoder.offset() - begin)),
                "what is accepted is written the same way again");
        }
    }
    return 0;
}
