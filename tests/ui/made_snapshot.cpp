// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/ui/made_snapshot.h"

namespace statescape::test {
namespace {

constexpr std::size_t kStock = 3 * Planted::kBlock * 8;

std::shared_ptr<const model::Model> train(const std::vector<feature::FeatureFrame> &frames)
{
    feature::SampleLog log(schema::Schema::builtin());
    std::vector<schema::Label> labels;
    std::vector<std::uint64_t> times;
    for (const auto &frame : frames) {
        labels.push_back(Planted::kindOf(log.rows()) == 2   ? schema::Label{schema::Polarity::Negative, 1}
                         : Planted::kindOf(log.rows()) == 1 ? schema::Label{schema::Polarity::Positive, 2}
                                                            : schema::Label{schema::Polarity::Positive, 0});
        times.push_back(frame.timeNs);
        log.append(frame);
    }
    const std::vector<std::string> names{"", "disk stall", "serving"};
    const ml::Matrix x = log.view().matrix();
    model::TrainingSet set{log.schema(), ml::MatrixView(x), labels, times, names};
    return std::make_shared<const model::Model>(model::Model::train(set, {}).value());
}

} // namespace

MadeSession::MadeSession(unsigned seed)
    : random(seed)
    , m_log(schema::Schema::builtin())
{
    for (std::size_t row = 0; row < kStock; ++row)
        m_frames.push_back(plantedFrame(row));
    m_model = train(m_frames);
}

model::Score MadeSession::scoreOf(std::size_t row)
{
    if (random() % m_runLength == 0)
        m_cluster = int(random() % (m_model->states().size() + 1)) - 1;
    model::Score score;
    score.cluster = m_cluster;
    score.abnormality = float(row % 997) / 997.0F;
    score.confidence = float(random() % 1000) / 1000.0F;
    return score;
}

void MadeSession::grow(std::size_t rows, bool gaps)
{
    for (std::size_t i = 0; i < rows; ++i) {
        const std::size_t row = m_log.rows();
        feature::FeatureFrame frame = m_frames[row % kStock];
        m_timeNs += Planted::kIntervalNs * (gaps && random() % 40 == 0 ? 10 : 1);
        frame.timeNs = m_timeNs;
        frame.values[0] = float(row % 1013) + float(random() % 100) / 100.0F;
        if (random() % 19 == 0)
            frame.values[1] = schema::missingValue(schema::Missing::NoEvents);
        m_log.append(std::move(frame));
        m_labels.push_back({});
        m_scores.push_back(scoreOf(row));
        m_x.push_back(float(random() % 1000) / 500.0F - 1.0F);
        m_y.push_back(float(random() % 1000) / 500.0F - 1.0F);
        m_z.push_back(float(random() % 1000) / 500.0F - 1.0F);
    }
}

void MadeSession::score(std::size_t length)
{
    m_runLength = length;
    base::Column<model::Score> scores;
    for (std::size_t row = 0; row < rows(); ++row)
        scores.push_back(scoreOf(row));
    m_scores = std::move(scores);
}

void MadeSession::label(std::size_t first, std::size_t count, schema::Label label)
{
    for (std::size_t row = first; row < std::min(rows(), first + count); ++row)
        m_labels.set(row, label);
}

std::shared_ptr<session::Snapshot> MadeSession::snapshot()
{
    static const auto kNames = std::make_shared<const std::vector<std::string>>(
        std::vector<std::string>{"", "disk stall", "serving"});
    auto s = std::make_shared<session::Snapshot>();
    s->generation = ++m_generation;
    s->anchor = {Planted::kStartNs, 1'700'000'000'000'000'000, ""};
    s->intervalNs = Planted::kIntervalNs;
    s->live = true;
    s->samples = m_log.view();
    s->labels = std::make_shared<const base::Column<schema::Label>::View>(m_labels.view());
    s->classNames = kNames;
    s->selection = std::make_shared<const std::vector<std::uint8_t>>();
    s->model = m_model;
    s->scores = std::make_shared<const base::Column<model::Score>::View>(m_scores.view());
    s->coordinates = std::make_shared<const session::Coordinates>(
        session::Coordinates{m_x.view(), m_y.view(), m_z.view()});
    return s;
}

} // namespace statescape::test
