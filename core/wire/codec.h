// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/wire/messages.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace statescape::wire {

/// Frame: magic "SSW1" (u32), type (u16), protocol (u16), payload length (u32), FNV-1a-32 of the payload
/// (u32); little-endian.
inline constexpr std::size_t kFrameHeaderBytes = 16;
inline constexpr std::uint32_t kFrameMagic = 0x31575353;
inline constexpr std::size_t kMaxPayloadBytes = 1 << 20;

/// @return one whole frame.
std::vector<std::byte> encode(const Message &message);

/// Turns a byte stream into messages. Never trusts a length, never reads past what was fed, holds at most one
/// frame. After an error the stream is dead: next() repeats the error.
class Decoder {
public:
    void feed(std::span<const std::byte> bytes);
    /// @return a message; nothing when more bytes are needed.
    /// @error Corrupt with the byte offset; NewerVersion when the other side speaks a later protocol
    base::Result<std::optional<Message>> next();
    /// @return bytes consumed since the start.
    [[nodiscard]] std::uint64_t offset() const { return m_offset; }

private:
    std::vector<std::byte> m_buffer;
    std::size_t m_at = 0;
    std::uint64_t m_offset = 0;
    std::optional<base::Error> m_dead;
};

} // namespace statescape::wire
