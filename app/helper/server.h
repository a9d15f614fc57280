// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/helper/output_queue.h"
#include "app/helper/sampler.h"
#include "core/base/fd.h"
#include "core/wire/codec.h"

#include <sys/types.h>

namespace statescape::helper {

/// The loop between standard input, timers and standard output. One thread, one epoll.
class Server {
public:
    /// Makes every file descriptor that the loop needs, so that the sandbox can close behind it.
    /// @param decoder may already hold requests @error Io
    static base::Result<Server> create(Sampler sampler, wire::Decoder decoder);

    /// Before run(), with privilege dropped and before the process closes itself in. @param needs of what the
    /// budget moves
    /// @error Io, NotSupported
    base::Result<> startMover(const SandboxNeeds &needs);

    /// Says hello, then serves until the other side or the parent is gone. Tells the other side why it ends
    /// on an error.
    /// @return nothing at a regular end. @error what the other side did wrong, or Io
    base::Result<> run();

private:
    enum class State : std::uint8_t { Idle, Running };
    /// A request that is not in the table, or not allowed in the present state, ends the helper.
    struct Request {
        std::size_t message; ///< index in wire::Message
        bool whenIdle;
        bool whenRunning;
        base::Result<> (Server::*handle)(const wire::Message &message);
    };
    static const std::array<Request, 2> kRequests;

    Server(Sampler sampler, wire::Decoder decoder);
    base::Result<> loop();
    base::Result<> watch(int fd, std::uint32_t events, bool change = false);
    base::Result<bool> onInput();
    base::Result<> dispatchAll();
    base::Result<> onProbe(int fd);
    base::Result<> dispatch(const wire::Message &message);
    base::Result<> onStart(const wire::Message &message);
    base::Result<> onStop(const wire::Message &message);
    base::Result<> onTick();
    base::Result<> onCostKnown();
    base::Result<> onBudget();
    base::Result<> keepBudget();
    base::Result<> onMoved();
    [[nodiscard]] bool onSignal();
    base::Result<> armTick(std::uint64_t firstNs, std::uint64_t intervalNs);
    base::Result<> answer(const wire::Message &message);
    base::Result<> flush();
    void sendSample();

    Sampler m_sampler;
    base::Fd m_epoll;
    base::Fd m_tick;
    base::Fd m_costTimer;
    base::Fd m_budgetTimer;
    base::Fd m_signals;
    pid_t m_parent;
    wire::Decoder m_decoder;
    OutputQueue m_output;
    bool m_waitingForReader = false;
    State m_state = State::Idle;
    std::uint64_t m_intervalNs = 0; ///< of the last Start; 0: none yet
    std::uint64_t m_firstTickNs = 0;
    std::uint64_t m_sequence = 0;
    std::uint64_t m_missed = 0;
};

} // namespace statescape::helper
