// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/session/entity_session.h"

#include "core/session/entity_roll.h"

#include <QtGlobal>

using namespace statescape;

namespace test {

feature::FeatureFrame frame(std::uint64_t second, std::uint64_t run, std::uint32_t number, std::uint64_t id,
                            const std::string &name, float cpu)
{
    feature::FeatureFrame out;
    out.timeNs = second * kSecond;
    out.durationNs = kSecond;
    out.about = std::make_shared<const feature::Subject>(feature::Subject{run, number, id, name});
    out.values.assign(schema::entityFeatures().size(), 1.0F);
    out.values[0] = cpu;
    out.values[6] = cpu * 40;
    return out;
}

/// Four processes a second; "hog" burns in every other minute.
base::Result<store::SessionId> record(store::SessionStore &file, int seconds)
{
    store::SessionInfo info;
    info.intervalNs = kSecond;
    info.schema = schema::entitySchema(schema::EntityKind::Process);
    STATESCAPE_TRY(const auto id, file.beginSession(info));
    session::EntityRoll roll;
    std::vector<feature::FeatureFrame> frames;
    for (int second = 1; second <= seconds; ++second)
        for (std::uint32_t n = 1; n <= 4; ++n) {
            const bool burns = n == 3 && second / 60 % 2 == 1;
            const float noise = static_cast<float>((second * 7 + static_cast<int>(n) * 3) % 11) * 0.1F;
            frames.push_back(frame(static_cast<std::uint64_t>(second), 1, n, 4000 + n,
                                   n == 3 ? "hog" : "daemon " + std::to_string(n),
                                   (burns ? 90.0F : 2.0F) + noise));
            frames.back().more = n != 4;
            roll.place(frames.back());
        }
    STATESCAPE_CHECK(file.append(id, frames));
    return id;
}

model::Model trained(const store::SessionStore &file, store::SessionId id)
{
    const auto log = file.load(id).value();
    const auto view = log->view();
    std::vector<schema::Label> labels;
    std::vector<std::uint64_t> times;
    for (std::size_t i = 0; i < view.rows(); ++i) {
        labels.push_back({view.at(i, 0) > 50 ? schema::Polarity::Negative : schema::Polarity::Positive, 0});
        times.push_back(view.timeNs(i));
    }
    const std::vector<std::string> classes{""};
    auto out = model::Model::train({view.sharedSchema(), view.matrix(), labels, times, classes}, {});
    if (!out)
        qFatal("%s", out.error().text().c_str());
    return std::move(*out);
}

} // namespace test
