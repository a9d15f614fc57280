// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/feature/deriver.h"
#include "core/feature/entity_deriver.h"
#include "core/source/helper_process.h"
#include "core/source/source.h"
#include "core/wire/codec.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

/// Private to core/source: the thread behind HelperSource.
namespace statescape::source {

class HelperSupervisor final : public HelperSource {
public:
    HelperSupervisor(std::string program, const HelperOptions &options, Callbacks callbacks, base::Fd wake);
    ~HelperSupervisor() override;

    base::Result<wire::Hello> hello(std::uint64_t timeoutNs) override;
    [[nodiscard]] SourceStatus status() const override;
    void setInterval(std::uint64_t intervalNs) override;

private:
    SourceStatus freshStatus() const
    {
        SourceStatus status;
        status.layout = m_layout;
        return status;
    }
    void loop();
    // helper_source.cpp: the life of the process
    void launch();
    void waitForEvents();
    void readOutput();
    void readWake();
    void checkSilence();
    void ended(const std::string &why);
    void refuse(const base::Error &error);
    void restartLater(const std::string &why);
    void sendStart();
    [[nodiscard]] std::uint64_t nextDeadline() const;
    [[nodiscard]] std::uint64_t silentAfterNs() const;
    void publish();
    void setState(HelperState state, std::string text, std::string hint = {});
    [[nodiscard]] std::string errorTail() const;
    // helper_messages.cpp: what it says
    base::Result<> handle(const wire::Message &message);
    base::Result<> on(const wire::Hello &hello);
    base::Result<> on(const wire::RawSample &raw);
    base::Result<> on(const wire::ProbeUpdate &update);
    base::Result<> on(const wire::Problem &problem);
    void account(const wire::RawSample &raw);
    void accountSeen(const wire::RawSample &raw, std::uint64_t intervalNs);
    /// Makes the deriver that the plan needs, or has it begin afresh.
    void prepareDeriver();
    [[nodiscard]] base::Result<> canTellEntities() const;
    void deliver(const wire::RawSample &raw);
    void running();

    const std::string m_program;
    const HelperOptions m_options;
    const Callbacks m_callbacks;
    const base::Fd m_wake; ///< eventfd: stop or a new interval
    const std::shared_ptr<const schema::Layout> m_layout;

    // The thread's alone:
    std::optional<HelperProcess> m_process;
    wire::Decoder m_decoder;
    std::optional<feature::Deriver> m_deriver; ///< of a plan about the host, or
    std::optional<feature::EntityDeriver> m_entityDeriver;
    std::optional<wire::RawSample> m_last; ///< of this process
    bool m_greeted = false;                ///< this process said Hello
    bool m_dirty = false;                  ///< status changed since the last publish()
    std::uint64_t m_launchedNs = 0;
    std::uint64_t m_heardNs = 0; ///< last sample, or Start
    std::uint64_t m_publishedNs = 0;
    std::uint64_t m_restartAtNs = 0; ///< 0: none planned
    std::uint64_t m_pauseNs = 0;
    std::deque<std::uint64_t> m_restartTimes; ///< within the last minute
    wire::Losses m_lossesBefore;              ///< of processes that ended
    std::optional<wire::Problem> m_problem;
    SourceStatus m_now = freshStatus();

    std::atomic<std::uint64_t> m_intervalNs;
    std::atomic<bool> m_stopping = false;
    mutable std::mutex m_mutex;
    std::condition_variable m_heardHello;
    SourceStatus m_shared;                ///< under m_mutex
    std::optional<wire::Hello> m_hello;   ///< under m_mutex
    std::optional<base::Error> m_failure; ///< under m_mutex: why it Failed, or last ended
    std::thread m_thread;
};

} // namespace statescape::source
