// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "helper_client.h"

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

/// Who watches while a load runs: ours and the programs a user would take instead.
namespace watch {

/// The helper with a reader, as a recording has one.
class Helper {
public:
    /// Returns when the cost measurement of the first second is over. @param budgetPercent 0: none
    Helper(double budgetPercent, std::uint64_t intervalNs, std::uint64_t probes = 0);
    ~Helper();
    Helper(const Helper &) = delete;
    Helper &operator=(const Helper &) = delete;
    [[nodiscard]] pid_t pid() const { return m_client.pid(); }
    [[nodiscard]] bool works() const { return m_hello.has_value(); }
    [[nodiscard]] const statescape::wire::Hello &hello() const { return *m_hello; }
    [[nodiscard]] double helloMs() const { return m_helloMs; }
    /// @return the newest sample, waiting for one that is taken after now.
    statescape::wire::RawSample sample();
    std::vector<statescape::wire::ProbeState> states();
    /// @return modelled cost so far, ns, as the samples told it.
    double modelledNs();

private:
    void read();

    HelperClient m_client;
    std::optional<statescape::wire::Hello> m_hello;
    double m_helloMs = 0;
    std::mutex m_mutex;
    std::optional<statescape::wire::RawSample> m_last;
    std::vector<statescape::wire::ProbeState> m_states;
    double m_modelledNs = 0;
    std::atomic<bool> m_stop = false;
    std::thread m_reader;
};

/// A program that attaches something and says so, while it lives.
class Tool {
public:
    /// bpftrace with a script.
    static std::vector<std::string> bpftrace(const std::string &script);
    explicit Tool(const std::vector<std::string> &command);
    ~Tool();
    Tool(const Tool &) = delete;
    Tool &operator=(const Tool &) = delete;
    [[nodiscard]] bool runs() const { return m_runs; }

private:
    pid_t m_pid = -1;
    bool m_runs = false;
};

} // namespace watch
