// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/density.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace statescape::ui {
namespace {

constexpr double kDensest = 0.995; // share of pixels below the top of the scale
constexpr double kLeastTop = 6;    // points a px: a few points are not a crowd
constexpr float kPerCount = 24;    // lifts single points: 1 blurred point is 0.14 in its middle
constexpr int kSampled = 4;

std::size_t bucketOf(std::uint32_t blurred)
{
    const int octave = std::bit_width(blurred) - 1;
    const std::uint32_t step = octave >= 3 ? (blurred >> (octave - 3)) & 7U : (blurred << (3 - octave)) & 7U;
    return std::size_t(octave) * 8 + step;
}

} // namespace

void Density::begin(std::size_t tiles)
{
    m_smooth.resize(tiles << kTileShift);
    m_touched.assign(tiles, 0);
    for (auto &histogram : m_histogram)
        histogram.fill(0);
}

void Density::smooth(int worker, std::size_t tile, const DensityTile &sources, DilationScratch &scratch)
{
    std::uint32_t *out = m_smooth.data() + (tile << kTileShift);
    m_kernels.blur(scratch, sources.counts[0], sources.counts[1], out);
    m_touched[tile] = 1;
    Histogram &histogram = m_histogram[std::size_t(worker)];
    for (int y = kSampled / 2; y < kTileHeight; y += kSampled)
        for (int x = kSampled / 2; x < kTileWidth; x += kSampled)
            if (const std::uint32_t s = out[y * kTileWidth + x])
                ++histogram[bucketOf(s)];
}

void Density::finish(bool dark, std::uint32_t hueShift, bool faded)
{
    std::uint64_t all = 0;
    Histogram sum = m_histogram[0];
    for (std::size_t i = 0; i < sum.size(); ++i) {
        sum[i] += m_histogram[1][i];
        all += sum[i];
    }
    const auto above = std::uint64_t(double(all) * (1 - kDensest));
    std::size_t top = sum.size();
    for (std::uint64_t seen = 0; top > 0;) {
        seen += sum[--top];
        if (seen > above)
            break;
    }
    const double densest =
        std::max(std::exp2(double(top / 8)) * (1 + double(top % 8 + 1) / 8) / kBlurUnit, kLeastTop);
    m_shade.perCount = kPerCount / float(kBlurUnit);
    m_shade.perLog = float(1 / std::log2(1 + kPerCount * densest));
    m_shade.opacity = faded ? 0.5F : 1.0F;
    for (float &extreme : m_shade.extreme)
        extreme = dark ? 255.0F : 20.0F;
    m_hueScale = float(std::uint32_t(1) << hueShift);
}

void Density::prepareHue(const DensityTile &sources, HueTile &hue) const
{
    // squares of this tile and two round it
    constexpr int wide = kHueWidth + 4;
    constexpr int high = kHueHeight + 4;
    float sums[high][wide][4];
    for (int y = 0; y < high; ++y) {
        const int band = y < 2 ? 0 : (y < kHueHeight + 2 ? 1 : 2);
        const int row = (y - 2 + kHueHeight) % kHueHeight;
        for (int x = 0; x < wide; ++x) {
            const int column = x < 2 ? 0 : (x < kHueWidth + 2 ? 1 : 2);
            const int at = row * kHueWidth + (x - 2 + kHueWidth) % kHueWidth;
            std::uint32_t total[4] = {};
            for (const auto &image : sources.hue)
                if (const HueSum *tile = image[band * 3 + column])
                    for (int c = 0; c < 4; ++c)
                        total[c] += tile[at].sum[c];
            for (int c = 0; c < 4; ++c)
                sums[y][x][c] = float(total[c]);
        }
    }
    float across[high][kHueWidth + 2][4];
    for (int y = 0; y < high; ++y)
        for (int x = 0; x < kHueWidth + 2; ++x)
            for (int c = 0; c < 4; ++c)
                across[y][x][c] = sums[y][x][c] + 2 * sums[y][x + 1][c] + sums[y][x + 2][c];
    for (int c = 0; c < 4; ++c) {
        const float scale = c < 3 ? m_hueScale : 1.0F;
        for (int y = 0; y < kHueHeight + 2; ++y)
            for (int x = 0; x < HueTile::kStride; ++x)
                hue.plane[c][y * HueTile::kStride + x] =
                    (across[y][x][c] + 2 * across[y + 1][x][c] + across[y + 2][x][c]) * scale;
    }
}

} // namespace statescape::ui
