// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/helper/sandbox.h"
#include "bpf/probes.h"
#include "core/base/fd.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

namespace statescape::helper {

/// Takes probes out of the kernel and puts them back on a thread of its own: a tracepoint that is taken again
/// waits for a grace period of the kernel, under load for seconds, and samples must not wait with it. The
/// thread may do nothing else, see enterSandbox(). It cannot be ended while it waits.
class Mover {
public:
    struct Moved {
        schema::Probe probe = schema::Probe::kCount;
        bool in = false;
        base::Result<> result;
        std::uint64_t cpuNs = 0;  ///< that it took of the helper
        std::uint64_t wallNs = 0; ///< from its turn to its end
    };

    /// @param needs of its moves @pre privilege is dropped, signals are blocked and the caller has the
    /// priority that it keeps
    /// @return lives as long as the process
    /// @error Io, NotSupported
    static base::Result<Mover *> start(const SandboxNeeds &needs);

    /// Moves run one after the other. @thread the owner's, as all of these
    void post(schema::Probe probe, bool in, bpf::Probes::Move move);
    /// @return a descriptor to watch for reading: moves have ended.
    [[nodiscard]] int readable() const { return m_news.get(); }
    /// @return moves that have ended since, in their order.
    std::vector<Moved> take();

private:
    struct Job {
        schema::Probe probe;
        bool in;
        bpf::Probes::Move move;
    };
    Mover() = default;
    void run(const SandboxNeeds &needs);

    base::Fd m_news; ///< an eventfd
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::deque<Job> m_jobs;
    std::vector<Moved> m_moved;
    std::optional<base::Result<>> m_confined; ///< once the thread has closed itself in
};

} // namespace statescape::helper
