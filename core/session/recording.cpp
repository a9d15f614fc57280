// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/recording.h"

#include "core/session/entity_roll.h"
#include "core/session/losses.h"
#include "core/store/recorder.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <sys/utsname.h>
#include <utility>

namespace statescape::session {

store::SessionInfo describeMachine(std::uint64_t intervalNs, const schema::ProbePlan &plan,
                                   const std::string &command)
{
    store::SessionInfo info;
    utsname names{};
    const bool known = uname(&names) == 0;
    info.host = known ? names.nodename : "unknown host";
    info.kernel = known ? std::string("Linux ").append(names.release) : "Linux";
    info.anchor = base::ClockAnchor::now();
    info.intervalNs = intervalNs;
    info.origin = "live";
    info.command = command;
    info.schema = schema::Layout(plan).schema();
    return info;
}

void SeenTotal::add(const feature::Seen &seen)
{
    ++samples;
    shares += seen.share;
    if (seen.error < 0)
        return;
    ++errors;
    constexpr double kLeast = 1e-4; // none at all has no logarithm
    errorLogs += std::log(std::max<double>(seen.error, kLeast));
}

double SeenTotal::usualError() const
{
    return errors == 0 ? -1 : std::exp(errorLogs / static_cast<double>(errors));
}

struct Recording::Impl {
    ~Impl()
    {
        source.reset();
        discardIfEmpty();
        recorder.reset();
        if (madeFile) {
            std::error_code ignored;
            std::filesystem::remove(*madeFile, ignored);
        }
    }
    /// A helper that never said hello leaves nothing behind.
    void discardIfEmpty()
    {
        if (!refused || summary.samples != 0) {
            madeFile.reset();
            return;
        }
        const auto removed = recorder->run(
            [id = summary.session](store::SessionStore &file) { return file.removeEmptySession(id); });
        removed.wait();
    }
    std::unique_ptr<store::Recorder> recorder;
    std::unique_ptr<source::HelperSource> source;
    std::function<void(const feature::FeatureFrame &)> onSample;
    std::uint64_t intervalNs = 0;
    std::optional<std::filesystem::path> madeFile; ///< by this recording
    bool refused = false;                          ///< the helper did not say hello
    EntityRoll roll;                               ///< the source's thread only

    mutable std::mutex mutex;
    Summary summary;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> times; ///< end and length of each sample
    LossLedger ledger;
};

Recording::Recording(std::unique_ptr<Impl> impl)
    : m_impl(std::move(impl))
{}
Recording::~Recording() = default;

base::Result<std::unique_ptr<Recording>>
Recording::start(const std::filesystem::path &file, const source::HelperOptions &options,
                 const std::string &command, std::function<void(const feature::FeatureFrame &)> onSample)
{
    STATESCAPE_CHECK(schema::check(options.plan));
    std::error_code ignored;
    const bool exists = std::filesystem::exists(file, ignored);
    STATESCAPE_TRY(auto store, store::SessionStore::open(file, exists ? store::OpenMode::ReadWrite
                                                                      : store::OpenMode::Create));
    auto impl = std::make_unique<Impl>();
    STATESCAPE_TRY(impl->summary.session,
                   store.beginSession(describeMachine(options.intervalNs, options.plan, command)));
    impl->recorder = std::make_unique<store::Recorder>(std::move(store));
    impl->onSample = std::move(onSample);
    impl->intervalNs = options.intervalNs;
    auto *self = impl.get();
    const auto sample = [self](feature::FeatureFrame frame) {
        self->roll.place(frame);
        {
            const std::lock_guard lock(self->mutex);
            if (self->summary.samples++ == 0)
                self->summary.firstNs = frame.timeNs - frame.durationNs;
            self->summary.lastNs = frame.timeNs;
            self->times.emplace_back(frame.timeNs, frame.durationNs);
            for (const auto &seen : frame.seen)
                self->summary.seen[seen.probe].add(seen);
        }
        if (self->onSample)
            self->onSample(frame);
        self->recorder->append(self->summary.session, std::move(frame));
    };
    const auto status = [self](const source::SourceStatus &next) {
        std::map<std::string, std::uint64_t> fresh;
        {
            const std::lock_guard lock(self->mutex);
            self->summary.status = next;
            fresh = self->ledger.grown(next);
        }
        if (!fresh.empty())
            self->recorder->run([id = self->summary.session, fresh](store::SessionStore &file) {
                return file.addLosses(id, fresh);
            });
    };
    auto started = source::HelperSource::start(options, {sample, status});
    if (!started) {
        // No helper, no recording: leave no empty file behind.
        impl->recorder.reset();
        if (!exists)
            std::filesystem::remove(file, ignored);
        return started.error();
    }
    impl->source = std::move(*started);
    if (!exists)
        impl->madeFile = file;
    return std::unique_ptr<Recording>(new Recording(std::move(impl)));
}

base::Result<wire::Hello> Recording::hello(std::uint64_t timeoutNs)
{
    if (!m_impl->source)
        return base::fail(base::Code::Disconnected, "the recording has been stopped", "start another one");
    auto hello = m_impl->source->hello(timeoutNs);
    if (!hello)
        m_impl->refused = true;
    return hello;
}

Recording::Summary Recording::summary() const
{
    const std::lock_guard lock(m_impl->mutex);
    Summary out = m_impl->summary;
    out.dropped = out.status.gaps + m_impl->recorder->dropped();
    return out;
}

base::Result<std::uint64_t> Recording::label(std::uint64_t fromNs, std::uint64_t toNs,
                                             schema::Polarity polarity, const std::string &className)
{
    std::vector<std::uint64_t> rows;
    {
        const std::lock_guard lock(m_impl->mutex);
        for (std::size_t i = 0; i < m_impl->times.size(); ++i) {
            const std::uint64_t middle = m_impl->times[i].first - m_impl->times[i].second / 2;
            if (middle >= fromNs && middle <= toNs)
                rows.push_back(i);
        }
    }
    const auto work = [&](store::SessionStore &file) -> base::Result<> {
        schema::Label after{polarity, 0};
        if (!className.empty()) {
            STATESCAPE_TRY(after.classId, file.classId(className));
        }
        STATESCAPE_TRY(const auto before, file.labels(m_impl->summary.session));
        store::Step step;
        step.what =
            "label " + std::to_string(rows.size()) + " samples " + std::string(schema::polarityKey(polarity));
        for (const auto row : rows)
            if (row < before.size())
                step.changes.push_back({row, before[row], after});
        return step.changes.empty() ? base::Result<>{} : file.applyStep(m_impl->summary.session, step);
    };
    STATESCAPE_CHECK(m_impl->recorder->run(work).get());
    return rows.size();
}

void Recording::stop()
{
    m_impl->source.reset();
}

base::Result<Recording::Summary> Recording::finish()
{
    stop();
    STATESCAPE_CHECK(m_impl->recorder->flush());
    return summary();
}

} // namespace statescape::session
