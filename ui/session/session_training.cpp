// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/kit/text.h"
#include "ui/session/session_controller.h"

#include <utility>

// Training, comparing algorithms and taking a model into use.
namespace statescape::ui {

std::function<void(double, std::string_view)>
SessionController::progressTo(std::uint64_t job, void (SessionController::*signal)(double, const QString &))
{
    return [this, job, signal](double fraction, std::string_view stage) {
        QMetaObject::invokeMethod(
            this,
            [this, job, signal, fraction, text = qt(stage)] {
                if (job == m_job && (m_training || m_comparing))
                    Q_EMIT(this->*signal)(fraction, text);
            },
            Qt::QueuedConnection);
    };
}

void SessionController::endJobs(const QString &why)
{
    // A job that had not begun when it was cancelled never answers: nobody waits for it.
    ++m_job;
    if (std::exchange(m_training, false))
        Q_EMIT trainingFinished(false);
    if (std::exchange(m_comparing, false))
        Q_EMIT comparisonFinished(false, why);
}

void SessionController::train(const model::TrainOptions &options)
{
    if (!m_workspace)
        return;
    endJobs(tr("Stopped: a training was begun."));
    m_training = true;
    const std::uint64_t job = ++m_job;
    Q_EMIT trainingProgress(0, tr("starting"));
    m_workspace->train(options, progressTo(job, &SessionController::trainingProgress),
                       [this, job](base::Result<std::shared_ptr<const model::Model>> result) {
                           QMetaObject::invokeMethod(
                               this,
                               [this, job, result = std::move(result)] {
                                   if (job != m_job)
                                       return;
                                   m_training = false;
                                   refresh();
                                   if (!result && result.error().code != base::Code::Cancelled)
                                       Q_EMIT problem(result.error());
                                   Q_EMIT trainingFinished(result.has_value());
                               },
                               Qt::QueuedConnection);
                       });
}

void SessionController::cancelTraining()
{
    if (!m_workspace || !m_training)
        return;
    m_workspace->cancelTraining();
    endJobs({});
}

void SessionController::compareAlgorithms(model::TrainOptions options, std::vector<std::string> keys)
{
    if (!m_workspace)
        return;
    endJobs(tr("Stopped: another comparison was begun."));
    options.radius = 0;
    options.minSamples = 0;
    options.minClusterSize = 0;
    m_comparing = true;
    const std::uint64_t job = ++m_job;
    Q_EMIT comparisonProgress(0, tr("starting"));
    m_workspace->compareAlgorithms(
        std::move(options), std::move(keys), progressTo(job, &SessionController::comparisonProgress),
        [this, job](base::Result<std::shared_ptr<const std::vector<model::Compared>>> result) {
            QMetaObject::invokeMethod(
                this,
                [this, job, result = std::move(result)] {
                    if (job != m_job)
                        return;
                    m_comparing = false;
                    if (result)
                        m_comparison = *result;
                    Q_EMIT comparisonFinished(result.has_value(),
                                              result ? QString() : errorText(result.error()));
                },
                Qt::QueuedConnection);
        });
}

void SessionController::cancelComparison()
{
    if (!m_workspace || !m_comparing)
        return;
    m_workspace->cancelTraining();
    endJobs(tr("Stopped; the table is that of the comparison before."));
}

bool SessionController::adoptModel(const model::Model &model)
{
    if (!m_workspace)
        return false;
    const auto adopted = m_workspace->adopt(std::make_shared<const model::Model>(model));
    if (!adopted)
        Q_EMIT problem(adopted.error());
    refresh();
    if (adopted)
        Q_EMIT modelAdopted();
    return adopted.has_value();
}

} // namespace statescape::ui
