// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/source/source.h"
#include "core/store/session_store.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace statescape::session {

/// What every session says of the machine it was recorded on.
/// @param plan what is observed: the session's columns follow from it
store::SessionInfo describeMachine(std::uint64_t intervalNs, const schema::ProbePlan &plan,
                                   const std::string &command = {});

/// Samples of which a probe saw only a part.
struct SeenTotal {
    std::uint64_t samples = 0;
    double shares = 0;        ///< sum of their shares
    std::uint64_t errors = 0; ///< samples whose error is known
    double errorLogs = 0;     ///< sum of their errors' logarithms
    void add(const feature::Seen &seen);
    /// @return the geometric mean, which a few samples in which the load changed do not move much; below 0:
    /// not known
    [[nodiscard]] double usualError() const;
};

/// A plain recording into a session file: samples from the helper, nothing else. Every function is callable
/// from any thread.
class Recording {
public:
    struct Summary {
        store::SessionId session = 0;
        std::uint64_t samples = 0;
        std::uint64_t firstNs = 0, lastNs = 0;
        std::uint64_t dropped = 0;             ///< samples lost on the way, however they were
        std::map<std::string, SeenTotal> seen; ///< by probe; those that saw all are not in it
        source::SourceStatus status;
    };

    /// Makes the file or adds a session to it, and starts the helper.
    /// @param onSample after each sample, on the source's thread; may be empty
    /// @error as SessionStore::open and HelperSource::start
    static base::Result<std::unique_ptr<Recording>>
    start(const std::filesystem::path &file, const source::HelperOptions &options,
          const std::string &command = {}, std::function<void(const feature::FeatureFrame &)> onSample = {});
    /// Stops and writes what is queued.
    ~Recording();
    Recording(const Recording &) = delete;
    Recording &operator=(const Recording &) = delete;

    /// @return what the helper said of itself. @error Timeout, Disconnected, NotPermitted or NotSupported for
    /// a plan about processes or cgroups …: a recording without samples is then taken out of the file again
    base::Result<wire::Hello> hello(std::uint64_t timeoutNs);
    [[nodiscard]] Summary summary() const;
    /// Labels samples whose middle lies in [fromNs, toNs] (one step of undo). Waits for the disk.
    base::Result<std::uint64_t> label(std::uint64_t fromNs, std::uint64_t toNs, schema::Polarity polarity,
                                      const std::string &className);
    /// Ends the helper: no sample comes after this.
    void stop();
    /// Stops the source and writes everything. @return the first write error there was, if any
    base::Result<Summary> finish();

private:
    struct Impl;
    explicit Recording(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> m_impl;
};

} // namespace statescape::session
