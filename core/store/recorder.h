// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/store/session_store.h"

#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>

namespace statescape::store {

/// Owns the thread that writes one session file: samples are queued, written in batches at least every 500
/// ms, labels and other changes run between batches on the same thread. All functions are callable from any
/// thread.
class Recorder {
public:
    /// Starts the thread with @p store already open for writing.
    explicit Recorder(SessionStore store);
    /// Writes what is queued, then ends.
    ~Recorder();

    /// Queues one sample. Never blocks; beyond @c kQueueLimit queued samples the sample is dropped and
    /// counted.
    void append(SessionId id, feature::FeatureFrame frame);
    /// Runs @p work on the store's thread after everything queued before it.
    std::future<base::Result<>> run(std::function<base::Result<>(SessionStore &)> work);
    /// Waits until everything queued so far is on disk. @return the first write error since the last flush,
    /// if any
    base::Result<> flush();
    /// @return samples dropped because the queue was full or a batch could not be written after retries.
    [[nodiscard]] std::uint64_t dropped() const;
    /// Called on the store's thread with the first failure of a kind (disk full …), and with Code::Ok once it
    /// works again.
    void onProblem(std::function<void(const base::Error &)> callback);

    static constexpr std::size_t kQueueLimit = 65536;

private:
    struct Impl;
    std::unique_ptr<Impl> m_impl;
};

} // namespace statescape::store
