// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/model/model.h"
#include "core/model/projection.h"
#include "fuzz.h"

#include <cmath>
#include <limits>

using namespace statescape;

namespace {
/// A model that was let in must take any sample.
void use(const model::Model &model)
{
    const schema::Schema schema(model.features());
    const auto columns = model.bind(schema);
    if (!columns)
        return;
    for (const float value : {0.0F, -1e30F, 1e30F, std::numeric_limits<float>::quiet_NaN()}) {
        const std::vector<float> row(schema.size(), value);
        const auto score = model.score(row, *columns);
        fuzz::require(score.cluster >= -1 && score.cluster < static_cast<int>(model.states().size()),
                      "the answer is a state, or unknown");
        fuzz::require(score.confidence >= 0 && score.confidence <= 1, "confidence is a share");
        fuzz::require(score.abnormality >= 0 && score.abnormality <= 1, "abnormality is a share");
        std::vector<float> shares(model.states().size());
        model.memberships(row, *columns, shares);
        (void)model.explain(row, *columns);
    }
}
} // namespace

/// First byte: lowest bit chooses a projection of the picture instead of a model.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    fuzz::Choices choices(data, size);
    if ((choices.byte() & 1) != 0) {
        if (const auto projection = model::Projection::fromJson(choices.text()))
            fuzz::require(model::Projection::fromJson(projection->toJson()).has_value(),
                          "what was read is written so that it can be read");
        return 0;
    }
    const auto model = model::Model::fromJson(choices.text());
    if (!model) {
        fuzz::require(!model.error().message.empty(), "an error says what");
        return 0;
    }
    const auto text = model->toJson();
    const auto again = model::Model::fromJson(text);
    fuzz::require(again.has_value(), "what was read is written so that it can be read");
    fuzz::require(again->toJson() == text, "and says the same");
    use(*model);
    return 0;
}
