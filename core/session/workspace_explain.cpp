// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/explanation.h"
#include "core/session/workspace_impl.h"

#include <algorithm>

// Questions about samples: why some differ, which to look at next, which are alike.
namespace statescape::session {
namespace {
constexpr std::size_t kBlockRows = 65'536;

/// @return n x d standardised features of every row.
ml::Matrix standardised(const model::Projection &axes, const feature::SampleLog::View &samples)
{
    const auto d = axes.columns().size();
    ml::Matrix out(static_cast<Eigen::Index>(samples.rows()), static_cast<Eigen::Index>(d));
    for (std::size_t i = 0; i < samples.rows(); ++i)
        axes.standardise(samples.row(i), {out.row(static_cast<Eigen::Index>(i)).data(), d});
    return out;
}

ml::Matrix projected(const model::Projection &axes, const feature::SampleLog::View &samples)
{
    ml::Matrix out(static_cast<Eigen::Index>(samples.rows()), axes.components());
    for (std::size_t at = 0; at < samples.rows(); at += kBlockRows) {
        const std::size_t count = std::min(kBlockRows, samples.rows() - at);
        out.middleRows(static_cast<Eigen::Index>(at), static_cast<Eigen::Index>(count)) =
            axes.projectAll(samples.matrix(at, count));
    }
    return out;
}
} // namespace

base::Result<std::vector<model::Side>> Workspace::Impl::sidesOf(const feature::SampleLog::View &samples,
                                                                const Rows &chosen,
                                                                const Against &against) const
{
    using Kind = Against::Kind;
    const std::size_t n = samples.rows();
    std::vector<model::Side> sides(n,
                                   against.kind == Kind::Rest ? model::Side::Others : model::Side::LeftOut);
    if (against.kind == Kind::Saved) {
        store::SessionId id = 0;
        {
            const std::lock_guard lock(mutex);
            id = info.id;
        }
        STATESCAPE_TRY(const auto saved,
                       onStore<std::vector<store::SavedSelection>>(
                           [id](store::SessionStore &store) { return store.savedSelections(id); }));
        for (const auto &each : saved)
            if (each.name == against.name)
                for (const auto &run : each.rows)
                    for (std::uint64_t row = run.first;
                         row < std::min<std::uint64_t>(run.first + run.count, n); ++row)
                        sides[row] = model::Side::Others;
    } else if (against.kind != Kind::Rest) {
        const std::lock_guard lock(mutex);
        const auto isOther = [&](std::size_t i) {
            if (against.kind == Kind::State) {
                if (!model || i >= scores.size())
                    return false;
                const int cluster = scores[i].cluster;
                return cluster < 0 ? against.name == "unknown"
                                   : model->states()[static_cast<std::size_t>(cluster)].name == against.name;
            }
            if (i >= labels.size())
                return false;
            const schema::Label label = labels[i];
            return schema::polarityKey(label.polarity) == against.name ||
                   (label.classId != 0 && label.classId < classNames.size() &&
                    classNames[label.classId] == against.name);
        };
        for (std::size_t i = 0; i < n; ++i)
            if (isOther(i))
                sides[i] = model::Side::Others;
    }
    for (std::size_t i = 0; i < std::min(n, chosen->size()); ++i)
        if ((*chosen)[i] != 0)
            sides[i] = model::Side::Selected;
    return sides;
}

std::uint64_t Workspace::explain(Rows selected, Against against, std::function<void(Explanation)> done)
{
    auto *impl = m_impl.get();
    const std::uint64_t ticket = ++impl->ticket;
    feature::SampleLog::View samples;
    {
        const std::lock_guard lock(impl->mutex);
        if (impl->log)
            samples = impl->log->view();
    }
    impl->worker->submit(Worker::Kind::Explain,
                         [impl, ticket, samples, selected = std::move(selected), against = std::move(against),
                          done = std::move(done)](const std::stop_token &stop) {
                             auto out = describeSelection(samples, *selected);
                             out.ticket = ticket;
                             out.against = against;
                             if (out.samples != 0 && !stop.stop_requested()) {
                                 const auto sides = impl->sidesOf(samples, selected, against);
                                 if (sides)
                                     explainDifferences(samples, *sides, out, {stop, {}});
                                 else
                                     impl->report(sides.error().in("compare the selection"));
                             }
                             if (!stop.stop_requested() && ticket == impl->ticket)
                                 done(std::move(out));
                         });
    return ticket;
}

void Workspace::suggest(Ask what, std::function<void(base::Result<std::vector<model::Suggestion>>)> done)
{
    auto *impl = m_impl.get();
    impl->worker->submit(Worker::Kind::Suggest, [impl, what,
                                                 done = std::move(done)](const std::stop_token &stop) {
        std::shared_ptr<const Snapshot> now;
        std::set<std::uint64_t> skipped;
        {
            const std::lock_guard lock(impl->mutex);
            now = impl->published;
            skipped = impl->skipped;
        }
        if (!now->projection || now->samples.rows() == 0)
            return done(base::fail(base::Code::NotEnoughData, "there are too few samples to suggest any",
                                   "record some more"));
        const auto labels = now->labels->toVector();
        std::vector<model::Suggestion> found;
        const base::Progress progress{stop, {}};
        if (what == Ask::Uncertain) {
            if (!now->scores)
                return done(base::fail(base::Code::NotEnoughData, "nothing is uncertain without a model",
                                       "label a few samples and train (Ctrl+Return)"));
            const auto scores = now->scores->toVector();
            found = model::uncertainSamples(projected(*now->projection, now->samples), scores, labels, 200,
                                            progress);
        } else {
            if (std::none_of(labels.begin(), labels.end(), [](const auto &label) { return !label.empty(); }))
                return done(
                    base::fail(base::Code::NotEnoughData, "no sample has a label yet", "label some first"));
            found =
                model::suspectLabels(standardised(*now->projection, now->samples), labels, 200, 10, progress);
        }
        std::erase_if(found, [&](const model::Suggestion &each) { return skipped.contains(each.row); });
        if (!stop.stop_requested())
            done(std::move(found));
    });
}

void Workspace::grow(Rows seeds, double reach, std::function<void(base::Result<Rows>)> done)
{
    auto *impl = m_impl.get();
    impl->worker->submit(Worker::Kind::Grow, [impl, seeds = std::move(seeds), reach,
                                              done = std::move(done)](const std::stop_token &stop) {
        std::shared_ptr<const Snapshot> now;
        {
            const std::lock_guard lock(impl->mutex);
            now = impl->published;
        }
        if (!now->projection)
            return done(base::fail(base::Code::NotEnoughData, "there are too few samples to compare",
                                   "record some more"));
        std::vector<std::uint8_t> flags(*seeds);
        flags.resize(now->samples.rows(), 0);
        auto grown =
            model::growToNeighbours(standardised(*now->projection, now->samples), flags, reach, {stop, {}});
        if (!stop.stop_requested())
            done(Rows(std::make_shared<const std::vector<std::uint8_t>>(std::move(grown))));
    });
}

} // namespace statescape::session
