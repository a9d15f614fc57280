// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/model.h"

#include "core/ml/parallel.h"
#include "core/model/model_data.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <numeric>

namespace statescape::model {
using base::Code;
using Index = Eigen::Index;

namespace {
/// Answers on another machine may differ by the last bits of its log1p and exp, and by no more.
constexpr float kGoldenTolerance = 1e-5F;
constexpr double kMostAbsent = 0.1;
constexpr std::size_t kBlockRows = 64;
constexpr std::size_t kChunkRows = 2048;
/// Fewer are done before another thread is awake.
constexpr std::size_t kLeastForThreads = 4096;

std::vector<float> &scratch(int size)
{
    thread_local std::vector<float> z;
    z.resize(static_cast<std::size_t>(size));
    return z;
}
} // namespace

struct Model::Data : ModelContent {
    explicit Data(ModelContent content)
        : ModelContent(std::move(content))
    {}
};

Score ModelContent::score(std::span<const float> row, std::span<const int> columns) const
{
    auto &z = scratch(preparer.size());
    const bool judgeable = preparer.apply(row, columns, z);
    return judge.score(z.data(), judgeable);
}

Model::Model(std::shared_ptr<const Data> data)
    : m_data(std::move(data))
{}

base::Result<Model> Model::train(const TrainingSet &set, const TrainOptions &options,
                                 const base::Progress &progress)
{
    STATESCAPE_TRY(ModelContent content, trainContent(set, options, progress));
    return Model(std::make_shared<const Data>(std::move(content)));
}

base::Result<> Model::verify() const
{
    std::vector<int> columns(static_cast<std::size_t>(m_data->preparer.size()));
    std::iota(columns.begin(), columns.end(), 0);
    for (std::size_t i = 0; i < m_data->golden.size(); ++i) {
        const auto &golden = m_data->golden[i];
        const Score score = m_data->score(golden.row, columns);
        const bool same = score.cluster == golden.score.cluster && score.polarity == golden.score.polarity &&
                          std::fabs(score.confidence - golden.score.confidence) <= kGoldenTolerance &&
                          std::fabs(score.abnormality - golden.score.abnormality) <= kGoldenTolerance;
        if (!same)
            return base::fail(Code::Mismatch,
                              fmt::format("model \"{}\" answers golden sample {} with state {} ({:.6f}, "
                                          "abnormality {:.6f}), trained as "
                                          "{} ({:.6f}, {:.6f})",
                                          m_data->name, i, score.cluster, score.confidence, score.abnormality,
                                          golden.score.cluster, golden.score.confidence,
                                          golden.score.abnormality),
                              "train the model again");
    }
    return {};
}

const std::string &Model::name() const
{
    return m_data->name;
}

const TrainOptions &Model::options() const
{
    return m_data->options;
}

const std::string &Model::algorithm() const
{
    return m_data->judge.report.algorithm;
}

const Choice &Model::choice() const
{
    return m_data->judge.report.choice;
}

std::uint32_t Model::lastStateId() const
{
    return m_data->lastId;
}

const std::vector<StateChange> &Model::changes() const
{
    return m_data->changes;
}

const std::vector<std::string> &Model::story() const
{
    return m_data->story;
}

double Model::fidelity() const
{
    return m_data->judge.report.fidelity;
}

std::uint64_t Model::noise() const
{
    return m_data->judge.report.noise;
}

const std::vector<schema::Feature> &Model::features() const
{
    return m_data->preparer.features();
}

const std::vector<State> &Model::states() const
{
    return m_data->judge.states;
}

const Quality &Model::quality() const
{
    return m_data->quality;
}

double Model::inertia() const
{
    return m_data->inertia;
}

double Model::silhouette() const
{
    return m_data->silhouette;
}

double Model::seconds() const
{
    return m_data->seconds;
}

schema::EntityKind Model::entityKind() const
{
    return m_data->entity;
}

std::uint64_t Model::schemaHash() const
{
    return m_data->schemaHash;
}

std::vector<double> Model::explainedVarianceRatio() const
{
    std::vector<double> out;
    for (Index c = 0; c < m_data->axes.variance.size(); ++c)
        out.push_back(m_data->axes.total > 0 ? m_data->axes.variance[c] / m_data->axes.total : 0);
    return out;
}

const std::vector<std::string> &Model::notes() const
{
    return m_data->notes;
}

double Model::unknownDistance() const
{
    return m_data->judge.unknownDistance;
}

base::Result<std::vector<int>> Model::bind(const schema::Schema &schema) const
{
    std::vector<int> columns = m_data->preparer.locate(schema);
    std::string missing;
    std::size_t absent = 0;
    for (std::size_t j = 0; j < columns.size(); ++j) {
        if (columns[j] >= 0)
            continue;
        const auto &feature = features()[j];
        if (const int other = schema.indexOf(feature); other >= 0)
            return base::fail(Code::Mismatch,
                              fmt::format("feature {} is in \"{}\" here, model \"{}\" was trained on \"{}\"",
                                          feature.key,
                                          base::unitKey(schema[static_cast<std::size_t>(other)].unit), name(),
                                          base::unitKey(feature.unit)));
        missing += (absent++ > 0 ? ", " : "") + feature.key;
    }
    if (static_cast<double>(absent) > kMostAbsent * static_cast<double>(columns.size()))
        return base::fail(Code::Mismatch,
                          fmt::format("{} of {} features of model \"{}\" are not in these samples: {}",
                                      absent, columns.size(), name(), missing),
                          "record with the probes the model was trained on, or train again");
    return columns;
}

Score Model::score(std::span<const float> row, std::span<const int> columns) const
{
    return m_data->score(row, columns);
}

std::vector<Score> Model::scoreAll(ml::MatrixView x, std::span<const int> columns, int threads) const
{
    const auto n = static_cast<std::size_t>(x.rows());
    const auto d = static_cast<std::size_t>(m_data->preparer.size());
    std::vector<Score> out(n);
    const auto work = [&](std::size_t chunk) {
        ml::Matrix z(static_cast<Index>(kBlockRows), static_cast<Index>(d));
        std::array<std::uint8_t, kBlockRows> judgeable{};
        const std::size_t end = std::min(n, (chunk + 1) * kChunkRows);
        for (std::size_t first = chunk * kChunkRows; first < end; first += kBlockRows) {
            const std::size_t count = std::min(kBlockRows, end - first);
            for (std::size_t i = 0; i < count; ++i) {
                const float *row = x.data() + static_cast<Index>(first + i) * x.outerStride();
                judgeable[i] = m_data->preparer.apply({row, static_cast<std::size_t>(x.cols())}, columns,
                                                      {z.row(static_cast<Index>(i)).data(), d})
                                   ? 1
                                   : 0;
            }
            m_data->judge.score(z.topRows(static_cast<Index>(count)), std::span(judgeable).first(count),
                                std::span(out).subspan(first, count));
        }
    };
    ml::forEachChunk((n + kChunkRows - 1) / kChunkRows, n < kLeastForThreads ? 1 : ml::threadCount(threads),
                     work);
    return out;
}

void Model::memberships(std::span<const float> row, std::span<const int> columns, std::span<float> out) const
{
    auto &z = scratch(m_data->preparer.size());
    if (m_data->preparer.apply(row, columns, z))
        m_data->judge.memberships(z.data(), out);
    else
        std::fill(out.begin(), out.end(), 0.0F);
}

ml::Matrix Model::project(ml::MatrixView x, std::span<const int> columns) const
{
    const auto &axes = m_data->axes;
    ml::Matrix out(x.rows(), axes.loadings.cols());
    auto &z = scratch(m_data->preparer.size());
    for (Index i = 0; i < x.rows(); ++i) {
        m_data->preparer.apply({x.data() + i * x.outerStride(), static_cast<std::size_t>(x.cols())}, columns,
                               z);
        axes.project(z, {out.row(i).data(), static_cast<std::size_t>(out.cols())});
    }
    return out;
}

std::vector<Contribution> Model::explain(std::span<const float> row, std::span<const int> columns) const
{
    auto &z = scratch(m_data->preparer.size());
    m_data->preparer.apply(row, columns, z);
    const int nearest = m_data->judge.nearestGood(z.data());
    std::vector<Contribution> out;
    for (int j = 0; j < m_data->preparer.size(); ++j)
        out.push_back(
            {j, static_cast<double>(z[static_cast<std::size_t>(j)]) - m_data->judge.centres(nearest, j)});
    std::stable_sort(out.begin(), out.end(),
                     [](const auto &a, const auto &b) { return std::fabs(a.sigma) > std::fabs(b.sigma); });
    return out;
}

std::string Model::toJson() const
{
    return toJsonText(*m_data);
}

base::Result<Model> Model::fromJson(std::string_view text)
{
    STATESCAPE_TRY(ModelContent content, contentFromJson(text));
    return Model(std::make_shared<const Data>(std::move(content)));
}

} // namespace statescape::model
