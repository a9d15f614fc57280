// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/explanation.h"
#include "core/session/workspace_impl.h"

#include <algorithm>

namespace statescape::session {
namespace {
constexpr std::size_t kFitRows = 20'000;    // enough for 3 axes; more only costs time
constexpr std::size_t kBlockRows = 65'536;  // bounds the dense copy while projecting and scoring
constexpr std::size_t kDriftEveryRows = 40; // 10 s at the default interval

ml::Matrix thinned(const feature::SampleLog::View &samples)
{
    const std::size_t step = (samples.rows() + kFitRows - 1) / kFitRows;
    if (step <= 1)
        return samples.matrix();
    std::vector<std::uint32_t> rows;
    for (std::size_t i = 0; i < samples.rows(); i += step)
        rows.push_back(static_cast<std::uint32_t>(i));
    return samples.matrix(rows);
}

void projectInto(const model::Projection &axes, const feature::SampleLog::View &samples, std::size_t first,
                 Coordinates &out)
{
    for (std::size_t at = first; at < samples.rows(); at += kBlockRows) {
        const auto positions = axes.projectAll(samples.matrix(at, std::min(kBlockRows, samples.rows() - at)));
        const auto component = [&](Eigen::Index row, Eigen::Index c) {
            return c < positions.cols() ? positions(row, c) : 0.0F;
        };
        for (Eigen::Index i = 0; i < positions.rows(); ++i) {
            out.x.push_back(component(i, 0));
            out.y.push_back(component(i, 1));
            out.z.push_back(component(i, 2));
        }
    }
}

void scoreInto(const model::Model &model, std::span<const int> columns,
               const feature::SampleLog::View &samples, std::size_t first, std::vector<model::Score> &out)
{
    for (std::size_t at = first; at < samples.rows(); at += kBlockRows) {
        const auto block =
            model.scoreAll(samples.matrix(at, std::min(kBlockRows, samples.rows() - at)), columns);
        out.insert(out.end(), block.begin(), block.end());
    }
}
} // namespace

void Workspace::Impl::scheduleAxes(bool force)
{
    {
        const std::lock_guard lock(mutex);
        if (!log || log->rows() < 3)
            return;
        // Refits at doublings only: the picture settles instead of swimming. Between them the drift is
        // measured and shown.
        const bool grown = !projection || (!axesPinned && log->rows() >= 2 * axesRows && log->rows() >= 8);
        const bool check = log->rows() >= driftRows + std::max(kDriftEveryRows, log->rows() / 20);
        if (!force && !grown && !check)
            return;
        driftRows = log->rows();
        if (grown || force)
            axesRows = log->rows();
        force = force || grown;
    }
    worker->submit(Worker::Kind::Axes, [this, force](const std::stop_token &stop) { fitAxes(stop, force); });
}

void Workspace::Impl::fitAxes(const std::stop_token &stop, bool force)
{
    feature::SampleLog::View samples;
    std::shared_ptr<const model::Projection> previous;
    {
        const std::lock_guard lock(mutex);
        if (!log || log->rows() < 3)
            return;
        samples = log->view();
        previous = projection;
    }
    auto fitted = model::Projection::fit(samples.schema(), thinned(samples), 3, previous.get());
    if (!fitted || stop.stop_requested())
        return; // too few varying samples yet; the next one tries again
    if (force) {
        adoptAxes(std::make_shared<const model::Projection>(std::move(*fitted)),
                  samples.timeNs(samples.rows() - 1));
    } else {
        const std::lock_guard lock(mutex);
        if (projection)
            driftDegrees = fitted->driftDegrees(*projection);
    }
    publish();
}

void Workspace::Impl::adoptAxes(std::shared_ptr<const model::Projection> fitted, std::uint64_t fittedNs)
{
    feature::SampleLog::View samples;
    {
        const std::lock_guard lock(mutex);
        samples = log->view();
    }
    Coordinates positions;
    positions.x.reserve(samples.rows());
    positions.y.reserve(samples.rows());
    positions.z.reserve(samples.rows());
    projectInto(*fitted, samples, 0, positions);
    auto meanings = fitted->axes(samples.schema());
    const std::lock_guard lock(mutex);
    if (log->schema() != samples.sharedSchema() || log->rows() < samples.rows())
        return; // another session began meanwhile
    projectInto(*fitted, log->view(), samples.rows(), positions);
    projection = std::move(fitted);
    axes = std::move(meanings);
    axesFittedNs = fittedNs;
    driftDegrees = 0;
    coordinates = std::move(positions);
}

void Workspace::Impl::scoreEverything(std::shared_ptr<const model::Model> next)
{
    feature::SampleLog::View samples;
    {
        const std::lock_guard lock(mutex);
        if (!log)
            return;
        samples = log->view();
    }
    auto columns = next->bind(samples.schema());
    if (!columns) {
        report(columns.error().in("model " + next->name()));
        return;
    }
    std::vector<model::Score> fresh;
    fresh.reserve(samples.rows());
    scoreInto(*next, *columns, samples, 0, fresh);
    const std::lock_guard lock(mutex);
    scoreInto(*next, *columns, log->view(), samples.rows(), fresh);
    model = std::move(next);
    modelColumns = std::move(*columns);
    scores = std::move(fresh);
    alarm.emplace(alarmRule);
    const std::size_t tail =
        scores.size() - std::min(scores.size(), static_cast<std::size_t>(std::max(1, alarmRule.run)) * 4);
    for (std::size_t i = tail; i < scores.size(); ++i)
        alarm->add(log->view().timeNs(i), scores[i], *model);
    updateOutlook();
}

void Workspace::train(model::TrainOptions options, std::function<void(double, std::string_view)> progress,
                      std::function<void(base::Result<std::shared_ptr<const model::Model>>)> done)
{
    auto *impl = m_impl.get();
    impl->worker->submit(Worker::Kind::Train, [impl, options = std::move(options),
                                               progress = std::move(progress),
                                               done = std::move(done)](const std::stop_token &stop) mutable {
        feature::SampleLog::View samples;
        std::vector<schema::Label> labels;
        std::vector<std::string> classNames;
        {
            const std::lock_guard lock(impl->mutex);
            if (impl->log)
                samples = impl->log->view();
            labels = impl->labels;
            classNames = impl->classNames;
            options.intervalNs = impl->info.intervalNs;
            options.source = impl->file.filename().string() + " session " + std::to_string(impl->info.id);
        }
        options.createdNs = base::realtimeNs();
        if (samples.rows() == 0) {
            done(base::fail(base::Code::NotEnoughData, "there are no samples to train on",
                            "record or open a session first"));
            return;
        }
        const ml::Matrix x = samples.matrix();
        std::vector<std::uint64_t> times(samples.rows());
        for (std::size_t i = 0; i < times.size(); ++i)
            times[i] = samples.timeNs(i);
        labels.resize(samples.rows());
        auto trained = model::Model::train({samples.sharedSchema(), x, labels, times, classNames}, options,
                                           {stop, progress});
        if (!trained) {
            done(trained.error());
            return;
        }
        auto shared = std::make_shared<const model::Model>(std::move(*trained));
        store::ModelInfo info{shared->name(), options.algorithm, {}, options.createdNs, 0};
        for (const auto &state : shared->states())
            info.states.push_back(state.name);
        const auto json = std::make_shared<const std::string>(shared->toJson());
        auto saved =
            impl->recorder
                ->run([info, json](store::SessionStore &store) { return store.saveModel(info, *json); })
                .get();
        impl->scoreEverything(shared);
        impl->publish();
        if (!saved)
            impl->report(saved.error().in("save model " + info.name));
        done(shared);
    });
}

void Workspace::cancelTraining()
{
    m_impl->worker->cancel(Worker::Kind::Train);
}

base::Result<> Workspace::useModel(const std::string &name)
{
    if (name.empty()) {
        {
            const std::lock_guard lock(m_impl->mutex);
            m_impl->model.reset();
            m_impl->scores.clear();
            m_impl->alarm.reset();
            m_impl->outlook.reset();
        }
        m_impl->publish();
        return {};
    }
    STATESCAPE_TRY(const auto json, m_impl->onStore<std::string>(
                                        [&](store::SessionStore &store) { return store.loadModel(name); }));
    STATESCAPE_TRY(auto model, model::Model::fromJson(json));
    m_impl->scoreEverything(std::make_shared<const model::Model>(std::move(model)));
    m_impl->publish();
    return {};
}

void Workspace::setAlarmRule(const AlarmRule &rule)
{
    const std::lock_guard lock(m_impl->mutex);
    m_impl->alarmRule = rule;
    if (m_impl->model)
        m_impl->alarm.emplace(rule);
}

std::uint64_t Workspace::explain(std::shared_ptr<const std::vector<std::uint8_t>> selected,
                                 std::function<void(Explanation)> done)
{
    auto *impl = m_impl.get();
    const std::uint64_t ticket = ++impl->ticket;
    feature::SampleLog::View samples;
    {
        const std::lock_guard lock(impl->mutex);
        if (impl->log)
            samples = impl->log->view();
    }
    impl->worker->submit(Worker::Kind::Explain, [impl, ticket, samples, selected = std::move(selected),
                                                 done = std::move(done)](const std::stop_token &stop) {
        auto out = describeSelection(samples, *selected);
        out.ticket = ticket;
        if (out.samples != 0 && !stop.stop_requested())
            explainDifferences(samples, *selected, out);
        if (!stop.stop_requested() && ticket == impl->ticket)
            done(std::move(out));
    });
    return ticket;
}

void Workspace::refitAxes()
{
    m_impl->scheduleAxes(true);
}

void Workspace::setAxesPinned(bool pinned)
{
    {
        const std::lock_guard lock(m_impl->mutex);
        m_impl->axesPinned = pinned;
    }
    m_impl->publish();
}

} // namespace statescape::session
