// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/dataset.h"
#include "core/session/workspace_impl.h"

#include <algorithm>
#include <utility>

// Training, the model in use and what it says of every sample.
namespace statescape::session {
namespace {
constexpr std::size_t kBlockRows = 65'536; // bounds the dense copy while scoring

void scoreInto(const model::Model &model, std::span<const int> columns,
               const feature::SampleLog::View &samples, std::size_t first, base::Column<model::Score> &out)
{
    for (std::size_t at = first; at < samples.rows(); at += kBlockRows) {
        const auto block =
            model.scoreAll(samples.matrix(at, std::min(kBlockRows, samples.rows() - at)), columns);
        out.append(block);
    }
}
} // namespace

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
    base::Column<model::Score> fresh;
    scoreInto(*next, *columns, samples, 0, fresh);
    const std::lock_guard lock(mutex);
    scoreInto(*next, *columns, log->view(), samples.rows(), fresh);
    model = std::move(next);
    modelColumns = std::move(*columns);
    scores = std::move(fresh);
    alarm.emplace(alarmRule);
    const auto view = log->view();
    // Of the intervals that an alarm can be about, whole ones.
    const std::size_t atOnce = perEntityLocked() ? wire::kMaxEntities : 1;
    std::size_t tail =
        scores.size() -
        std::min(scores.size(), static_cast<std::size_t>(std::max(1, alarmRule.run)) * 4 * atOnce);
    while (tail > 0 && tail < scores.size() && view.timeNs(tail - 1) == view.timeNs(tail))
        --tail;
    for (std::size_t i = tail; i < scores.size(); ++i)
        alarm->add(view.timeNs(i), scores[i], *model, view.entity(i));
    updateOutlook();
}

void Workspace::Impl::dropModelLocked()
{
    model.reset();
    scores.clear();
    alarm.reset();
    outlook.reset();
}

base::Result<> Workspace::Impl::adoptModel(const store::ModelRef &ref)
{
    if (ref.name.empty()) {
        const std::lock_guard lock(mutex);
        dropModelLocked();
        return {};
    }
    STATESCAPE_TRY(const auto json,
                   onStore<std::string>([&](store::SessionStore &store) { return store.loadModel(ref); }));
    STATESCAPE_TRY(auto loaded, model::Model::fromJson(json));
    scoreEverything(std::make_shared<const model::Model>(std::move(loaded)));
    return {};
}

void Workspace::Impl::rememberModel(const std::string &what, const store::ModelRef &ref)
{
    store::Step step;
    step.kind = store::StepKind::UseModel;
    step.what = what;
    step.modelAfter = ref;
    {
        const std::lock_guard lock(mutex);
        step.modelBefore = std::exchange(modelRef, ref);
        if (readOnly || info.id == 0 || step.modelBefore == ref)
            return;
    }
    if (auto stored = storeStep(std::move(step), [] {}); !stored)
        report(stored.error().in("remember the model in use"));
}

/// What a training job learns from, as it was when the job began: memory behind the views of a TrainingSet.
struct Workspace::Impl::Lesson {
    ml::Matrix x;
    std::shared_ptr<const schema::Schema> schema;
    std::vector<schema::Label> labels;
    std::vector<std::uint64_t> times;
    std::vector<std::string> classNames;
    std::shared_ptr<const model::Model> previous;

    [[nodiscard]] model::TrainingSet set() const { return {schema, x, labels, times, classNames, previous}; }
};

base::Result<Workspace::Impl::Lesson> Workspace::Impl::lesson(model::TrainOptions &options)
{
    Lesson out;
    feature::SampleLog::View samples;
    base::Column<schema::Label>::View labelled;
    {
        const std::lock_guard lock(mutex);
        if (log)
            samples = log->view();
        labelled = labels.view();
        out.classNames = classNames;
        out.previous = model;
        options.intervalNs = info.intervalNs;
        options.source = file.filename().string() + " session " + std::to_string(info.id);
    }
    options.createdNs = base::realtimeNs();
    if (samples.rows() == 0)
        return base::fail(base::Code::NotEnoughData, "there are no samples to train on",
                          "record or open a session first");
    out.schema = samples.sharedSchema();
    out.x = samples.matrix();
    out.times.resize(samples.rows());
    for (std::size_t i = 0; i < out.times.size(); ++i)
        out.times[i] = samples.timeNs(i);
    out.labels = labelled.toVector();
    out.labels.resize(samples.rows());
    return out;
}

base::Result<store::ModelRef> Workspace::Impl::saveModel(const model::Model &trained) const
{
    const auto saved = infoOf(trained);
    const auto json = trained.toJson();
    STATESCAPE_TRY(const std::int64_t revision, onStore<std::int64_t>([&](store::SessionStore &store) {
                       return store.saveModel(saved, json);
                   }));
    return store::ModelRef{trained.name(), revision};
}

void Workspace::train(model::TrainOptions options, std::function<void(double, std::string_view)> progress,
                      std::function<void(base::Result<std::shared_ptr<const model::Model>>)> done)
{
    auto *impl = m_impl.get();
    impl->worker->submit(Worker::Kind::Train,
                         [impl, options = std::move(options), progress = std::move(progress),
                          done = std::move(done)](const std::stop_token &stop) mutable {
                             const auto lesson = impl->lesson(options);
                             if (!lesson) {
                                 done(lesson.error());
                                 return;
                             }
                             auto trained = model::Model::train(lesson->set(), options, {stop, progress});
                             if (!trained) {
                                 done(trained.error());
                                 return;
                             }
                             auto shared = std::make_shared<const model::Model>(std::move(*trained));
                             // A full disk takes the file's copy, not the model from the person who waited
                             // for it.
                             const auto saved = impl->saveModel(*shared);
                             impl->scoreEverything(shared);
                             impl->publish();
                             if (saved)
                                 impl->rememberModel("train " + shared->name(), *saved);
                             else
                                 impl->report(saved.error().in("save model " + shared->name()));
                             done(shared);
                         });
}

void Workspace::compareAlgorithms(
    model::TrainOptions options, std::vector<std::string> keys,
    std::function<void(double, std::string_view)> progress,
    std::function<void(base::Result<std::shared_ptr<const std::vector<model::Compared>>>)> done)
{
    auto *impl = m_impl.get();
    impl->worker->submit(Worker::Kind::Train, [impl, options = std::move(options), keys = std::move(keys),
                                               progress = std::move(progress),
                                               done = std::move(done)](const std::stop_token &stop) mutable {
        const auto lesson = impl->lesson(options);
        if (!lesson) {
            done(lesson.error());
            return;
        }
        auto table = model::compareAlgorithms(lesson->set(), options, keys, {stop, progress});
        if (table)
            done(std::make_shared<const std::vector<model::Compared>>(std::move(*table)));
        else
            done(table.error());
    });
}

base::Result<> Workspace::adopt(std::shared_ptr<const model::Model> model)
{
    if (!model)
        return base::fail(base::Code::InvalidArgument, "there is no model to adopt");
    feature::SampleLog::View samples;
    {
        const std::lock_guard lock(m_impl->mutex);
        if (m_impl->log)
            samples = m_impl->log->view();
    }
    if (samples.rows() == 0)
        return base::fail(base::Code::NotEnoughData, "there are no samples for a model to judge",
                          "record or open a session first");
    if (const auto fits = model->bind(samples.schema()); !fits)
        return fits.error().in("model " + model->name());
    auto saved = m_impl->saveModel(*model);
    if (!saved)
        return saved.error().in("save model " + model->name());
    m_impl->scoreEverything(model);
    m_impl->publish();
    m_impl->rememberModel("adopt " + model->name(), *saved);
    return {};
}

void Workspace::cancelTraining()
{
    m_impl->worker->cancel(Worker::Kind::Train);
}

base::Result<> Workspace::useModel(const std::string &name)
{
    store::ModelRef ref{name, 0};
    if (!name.empty()) {
        STATESCAPE_TRY(const auto known, models());
        for (const auto &each : known)
            if (each.name == name)
                ref.revision = each.revision;
    }
    STATESCAPE_CHECK(m_impl->adoptModel(ref));
    m_impl->publish();
    m_impl->rememberModel(name.empty() ? std::string("use no model") : "use model " + name, ref);
    return {};
}

void Workspace::setAlarmRule(const AlarmRule &rule)
{
    const std::lock_guard lock(m_impl->mutex);
    m_impl->alarmRule = rule;
    if (m_impl->model)
        m_impl->alarm.emplace(rule);
}

} // namespace statescape::session
