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

bool showsMap(const PictureAxes &axes)
{
    return std::any_of(axes.begin(), axes.end(),
                       [](const AxisSource &axis) { return axis.kind == AxisSource::Kind::Map; });
}

int mapComponents(const PictureAxes &axes)
{
    return std::find(axes.begin(), axes.end(), AxisSource{AxisSource::Kind::Map, 2}) != axes.end() ? 3 : 2;
}

void Places::push_back(const std::array<float, 3> &place)
{
    x.push_back(place[0]);
    y.push_back(place[1]);
    z.push_back(place[2]);
}

void Places::append(const std::array<std::vector<float>, 3> &places)
{
    x.append(places[0]);
    y.append(places[1]);
    z.append(places[2]);
}

float placeOn(const AxisSource &axis, const schema::Schema &schema, std::span<const float> row,
              std::span<const float> positions, const std::array<float, 3> &onMap)
{
    const auto index = static_cast<std::size_t>(axis.index);
    if (axis.kind == AxisSource::Kind::Map)
        return onMap[index];
    if (axis.kind == AxisSource::Kind::Component)
        return index < positions.size() ? positions[index] : 0.0F;
    return schema[index].log1p ? ml::signedLog1p(row[index]) : row[index];
}

bool placeInto(const model::Projection &axes, const PictureAxes &picture,
               const feature::SampleLog::View &samples, std::size_t first, Places &out,
               const std::stop_token &stop, const Coordinates &onMap)
{
    const std::array<const base::Column<float>::View *, 3> columns{&onMap.x, &onMap.y, &onMap.z};
    std::array<float, 3> there{};
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
                if (picture[a].kind == AxisSource::Kind::Map) {
                    const auto c = static_cast<std::size_t>(picture[a].index);
                    there[c] = (*columns[c])[at + i];
                }
                block[a][i] =
                    placeOn(picture[a], samples.schema(),
                            {dense.row(row).data(), static_cast<std::size_t>(dense.cols())},
                            {positions.row(row).data(), static_cast<std::size_t>(positions.cols())}, there);
            }
        }
        out.append(block);
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
