// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "core/base/result.h"
#include "core/feature/feature_frame.h"
#include "core/wire/messages.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace statescape::source
{

/// Where the helper is in its life, for people and programs.
enum class HelperState : std::uint8_t { Starting, Running, Reduced /* no BPF */, Silent /* no sample for 5 intervals */, Restarting, Failed, Stopped };

/// What a live source says beside samples. All cumulative since start().
struct SourceStatus {
    HelperState state = HelperState::Starting;
    std::string text;                      ///< one line for people: "running as uid 0", "helper was killed (signal 9), restarted"
    std::string hint;                      ///< the one command that gives more, or empty
    std::shared_ptr<const schema::Layout> layout; ///< what was asked for; never null after start()
    std::vector<wire::ProbeState> probes;  ///< by probe of the layout; empty before Hello. A catalogue probe that is not in the plan is
                                           ///< unavailable with Code::Ok
    std::vector<std::uint64_t> eventsPerSecond; ///< last interval, by probe of the layout; empty before the second sample
    std::vector<double> cpuShare;          ///< modelled cost, by probe of the layout, % of one CPU; empty before the second sample
    std::vector<float> seenShare;          ///< of the last interval, by probe of the layout: 0 (nothing) to 1 (all); empty before the second
                                           ///< sample. Between these its features are estimates
    std::vector<float> seenError;          ///< see wire::Sampled::error, by probe of the layout; 0 where all was seen, below 0: not known
    double probeCpuShare = 0;              ///< sum of cpuShare, % of one CPU
    std::uint64_t mapBytes = 0;            ///< kernel memory of the probes' maps
    double helperCpuShare = 0;             ///< measured, % of one CPU, smoothed
    std::uint64_t helperRssBytes = 0;
    wire::Losses losses;                   ///< as told by the helper
    std::uint64_t gaps = 0;                ///< sequence numbers that never arrived
    std::uint64_t restarts = 0;
    std::uint64_t latencyNs = 0;           ///< from the interval's end in the helper to delivery here
};

struct HelperOptions {
    std::string program;                    ///< path of statescape-helper; empty: beside this program, then PATH, then libexec
    std::uint64_t intervalNs = 250'000'000;
    schema::ProbePlan plan;
    enum class Launch { Auto, Direct, Pkexec } launch = Launch::Auto; ///< Auto: direct when privileged or file capabilities are
                                                                      ///< there; pkexec only when asked
};

/// Live samples from this machine's helper, supervised on a thread of its own: started, read, restarted with growing pauses when it
/// dies (at most 5 times a minute), declared silent when it hangs, refused when it lies (schema hash, malformed frames).
class HelperSource
{
public:
    struct Callbacks {
        /// On the source's thread. One call an interval in a plan about the host, else one per entity told of, all of
        /// one time; FeatureFrame::entity is not yet set then, see FeatureFrame::about.
        std::function<void(feature::FeatureFrame)> sample;
        std::function<void(const SourceStatus &)> status;  ///< on the source's thread, on change and once a second
    };
    /// @error InvalidArgument (interval out of 50 ms..60 s, or a plan that check() refuses), NotFound (no helper program: says where it looked)
    static base::Result<std::unique_ptr<HelperSource>> start(const HelperOptions &options, Callbacks callbacks);
    virtual ~HelperSource() = default; ///< stops and joins; the helper ends with its stdin

    /// @return what Hello said, waiting at most @p timeoutNs. @error Timeout, Disconnected with the helper's stderr
    virtual base::Result<wire::Hello> hello(std::uint64_t timeoutNs) = 0;
    [[nodiscard]] virtual SourceStatus status() const = 0; ///< any thread
    virtual void setInterval(std::uint64_t intervalNs) = 0;
};

} // namespace statescape::source
