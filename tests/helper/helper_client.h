// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/fd.h"
#include "core/wire/codec.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

/// A plain user of the helper: starts it on two pipes, sends what it is told to, reads with a time limit.
class HelperClient {
public:
    struct Options {
        uid_t uid = 0; ///< becomes this user first when not 0
        std::vector<std::string> arguments;
        /// Sent at once; none: the test sends the first request itself.
        std::optional<statescape::schema::ProbePlan> plan = statescape::schema::ProbePlan{};
    };
    explicit HelperClient(const std::string &program)
        : HelperClient(program, Options{})
    {}
    HelperClient(const std::string &program, const Options &options);
    ~HelperClient(); ///< kills it when it is still there
    HelperClient(const HelperClient &) = delete;
    HelperClient &operator=(const HelperClient &) = delete;

    [[nodiscard]] pid_t pid() const { return m_pid; }
    bool send(const statescape::wire::Message &message);
    /// @return false when the helper no longer reads.
    bool sendBytes(std::span<const std::byte> bytes);
    void closeInput() { m_input.reset(); }
    void closeOutput() { m_output.reset(); }

    /// @return the next message; nothing at the end of output, after the time limit, or on a malformed frame.
    std::optional<statescape::wire::Message> receive(int timeoutMs = 5000);
    /// Skips others. @return the next message of type T, or nothing.
    template <class T>
    std::optional<T> receiveA(int timeoutMs = 5000)
    {
        while (auto message = receive(timeoutMs))
            if (auto *wanted = std::get_if<T>(&*message))
                return std::move(*wanted);
        return std::nullopt;
    }
    /// @return the wait status; nothing when it has not ended in time.
    std::optional<int> wait(int timeoutMs = 5000);
    /// @return a number from a line "Key:\t123 ..." of /proc/<pid>/status in the given base; nothing when it
    /// has no such line.
    [[nodiscard]] std::optional<std::uint64_t> status(const std::string &key, int base = 10) const;
    /// @return why one of its threads could still do something that it has no right to; empty: none could.
    [[nodiscard]] std::string privilegeLeft(bool boundingSetToo) const;

private:
    pid_t m_pid = -1;
    std::optional<int> m_ended;
    statescape::base::Fd m_input;
    statescape::base::Fd m_output;
    statescape::wire::Decoder m_decoder;
};
