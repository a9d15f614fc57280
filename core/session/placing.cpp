// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/session/placing.h"

#include "core/ml/scaler.h"

#include <algorithm>
#include <array>
#include <vector>

namespace statescape::session {
namespace {
constexpr std::size_t kBlockRows = 65'536; // bounds the dense copy
} // namespace

float placeOn(const AxisSource &axis, const schema::Schema &schema, std::span<const float> row,
              std::span<const float> positions)
{
    const auto index = static_cast<std::size_t>(axis.index);
    if (axis.kind == AxisSource::Kind::Component)
        return index < positions.size() ? positions[index] : 0.0F;
    return schema[index].log1p ? ml::signedLog1p(row[index]) : row[index];
}

bool placeInto(const model::Projection &axes, const PictureAxes &picture,
               const feature::SampleLog::View &samples, std::size_t first, Places &out,
               const std::stop_token &stop)
{
    std::array<std::vector<float>, 3> block;
    for (std::size_t at = first; at < samples.rows(); at += kBlockRows) {
        if (stop.stop_requested())
            return false;
        const auto dense = samples.matrix(at, std::min(kBlockRows, samples.rows() - at));
        const auto positions = axes.projectAll(dense);
        const auto count = static_cast<std::size_t>(dense.rows());
        for (std::size_t a = 0; a < 3; ++a) {
            block[a].resize(count);
            for (std::size_t i = 0; i < count; ++i) {
                const auto row = static_cast<Eigen::Index>(i);
                block[a][i] =
                    placeOn(picture[a], samples.schema(),
                            {dense.row(row).data(), static_cast<std::size_t>(dense.cols())},
                            {positions.row(row).data(), static_cast<std::size_t>(positions.cols())});
            }
        }
        out.x.append(block[0]);
        out.y.append(block[1]);
        out.z.append(block[2]);
    }
    return true;
}

Coordinates placeAll(const model::Projection &axes, const PictureAxes &picture,
                     const feature::SampleLog::View &samples)
{
    Places places;
    placeInto(axes, picture, samples, 0, places);
    return {places.x.view(), places.y.view(), places.z.view()};
}

} // namespace statescape::session
