// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace statescape::bpf {

/// A probe that is in the kernel, whatever it consists of. Destroying it takes it out. Made with privilege,
/// used without; after the sandbox closed it may read() what is open, map nothing new and open nothing. Not
/// thread-safe.
class Attachment {
public:
    virtual ~Attachment() = default;

    /// Sums all CPUs. @param[out] words as schema::userSlots() of the probe, a histogram as kHistogramBuckets
    /// words
    /// @param[out] events handled since attached @return whether the words are valid now (a script may have
    /// said nothing yet)
    virtual bool read(std::span<std::uint64_t> words, std::uint64_t &events) = 0;
    /// @return events that were seen but not measured (no cell, recursion, printed too late), cumulative.
    [[nodiscard]] virtual std::uint64_t missed() const { return 0; }
    /// @return programs whose run time the kernel's statistics can tell, for the cost.
    [[nodiscard]] virtual std::vector<int> programFds() const { return {}; }
    /// @return what an event costs where many come, measured while attaching and with the kernel's own way to
    /// the program, which its statistics do not see, ns; below 0: not known.
    [[nodiscard]] virtual double warmNs() const { return -1; }
    /// @return kernel memory of its maps, bytes.
    [[nodiscard]] virtual std::size_t mapBytes() const { return 0; }
    /// @return what to say about it although it stands, such as how it is attached; empty for nothing.
    [[nodiscard]] virtual std::string note() const { return {}; }

    /// Takes it out of the kernel but keeps its counters, so that resume() goes on from them. @return false
    /// where it cannot.
    virtual bool suspend() { return false; }
    /// Works without privilege. @error NotPermitted (kernels before 5.19), NotSupported (this kind of hook
    /// cannot)
    virtual base::Result<> resume();

    /// @return a descriptor that is to be watched for reading, -1 for none.
    [[nodiscard]] virtual int readable() const { return -1; }
    /// Takes what has come. @error Disconnected when nothing will come any more, saying why
    virtual base::Result<> onReadable() { return {}; }

protected:
    Attachment() = default;
    Attachment(const Attachment &) = default;
    Attachment &operator=(const Attachment &) = default;
};

} // namespace statescape::bpf
