// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/raster_images.h"

#include <algorithm>

namespace statescape::ui {
namespace {

alignas(64) const std::uint32_t kEmptyTile[kTileCells] = {};

} // namespace

bool Raster::neighbours(std::size_t image, int tx, int ty, const std::uint32_t *(*tiles)[9]) const
{
    const std::size_t offset = (m_imageCells >> kTileShift) * image;
    bool any = false;
    for (int thread = 0; thread < 2; ++thread) {
        const Images &images = *m_images[thread];
        for (int i = 0; i < 9; ++i) {
            const int x = tx + i % 3 - 1;
            const int y = ty + i / 3 - 1;
            tiles[thread][i] = kEmptyTile;
            if (!images.anyDirty || x < 0 || y < 0 || x >= int(m_tilesX) || y >= int(m_tilesY))
                continue;
            const std::size_t tile = offset + std::size_t(y) * m_tilesX + std::size_t(x);
            if (!images.dirty[tile])
                continue;
            tiles[thread][i] = images.cells.data() + (tile << kTileShift);
            any = true;
        }
    }
    return any;
}

template <class Row>
void Raster::forRows(int tx, int ty, const PixelBuffer &out, Row &&row) const
{
    const int left = tx * kTileWidth - kMaxRadius;
    const int top = ty * kTileHeight - kMaxRadius;
    const int x0 = std::max(left, 0);
    const int x1 = std::min(left + kTileWidth, out.width);
    if (x0 >= x1)
        return;
    for (int y = std::max(top, 0); y < std::min(top + kTileHeight, out.height); ++y)
        row(x0, y, x0 - left, y - top, x1 - x0);
}

bool Raster::gatherClasses(DilationScratch &scratch, int tx, int ty, std::size_t first, std::size_t last)
{
    bool any = false;
    bool outlined = false;
    const bool second = m_images[1]->anyDirty;
    for (std::size_t c = first; c < last; ++c) {
        const std::uint32_t *tiles[2][9];
        if (!neighbours(c, tx, ty, tiles))
            continue;
        if (!any) {
            scratch.solid.fill(0);
            scratch.fringe.fill(0);
            any = true;
        }
        if (m_classes[c].outlined && !outlined) {
            scratch.chosen.fill(0);
            scratch.outline.fill(0);
            outlined = true;
        }
        m_kernels.gather(scratch, tiles[0], second ? tiles[1] : nullptr, m_classes[c].radius);
        m_kernels.dilate(scratch, m_classes[c].sprite, m_classes[c].outlined);
    }
    if (outlined)
        m_kernels.outline(scratch);
    return any;
}

void Raster::shadeTile(const DilationScratch &scratch, int tx, int ty, const PixelBuffer &out) const
{
    forRows(tx, ty, out, [&](int x, int y, int column, int row, int count) {
        const int at = row * kTileWidth + column;
        m_kernels.shade(scratch.solid.data() + at, scratch.fringe.data() + at, m_lut.data(),
                        out.pixels + std::ptrdiff_t(y) * out.stride + x, count);
    });
}

void Raster::composeTile(int worker, int tx, int ty, const PixelBuffer &out, bool eyeDome)
{
    DilationScratch &scratch = *m_scratch[worker];
    const bool any = gatherClasses(scratch, tx, ty, 0, m_classes.size());
    if (any)
        shadeTile(scratch, tx, ty, out);
    if (eyeDome)
        forRows(tx, ty, out, [&](int x, int y, int column, int row, int count) {
            m_eyeDome.put(x, y, any ? scratch.solid.data() + row * kTileWidth + column : nullptr, count);
        });
}

DensityTile Raster::densityTile(int tx, int ty, const std::uint32_t *(*tiles)[9]) const
{
    DensityTile out{{tiles[0], m_images[1]->anyDirty ? tiles[1] : nullptr}, {}};
    for (int thread = 0; thread < 2; ++thread) {
        for (int i = 0; i < 9; ++i) {
            const int at = (ty + i / 3 - 1) * int(m_tilesX) + tx + i % 3 - 1;
            out.hue[thread][i] = tiles[thread][i] == kEmptyTile
                                     ? nullptr
                                     : m_images[thread]->hue.data() + std::size_t(at) * kHueCells;
        }
    }
    return out;
}

void Raster::smoothTile(int worker, int tx, int ty)
{
    const std::size_t tile = std::size_t(ty) * m_tilesX + std::size_t(tx);
    const std::uint32_t *tiles[2][9];
    if (neighbours(m_classes.size(), tx, ty, tiles))
        m_density.smooth(worker, tile, densityTile(tx, ty, tiles), *m_scratch[worker]);
}

void Raster::composeDensityTile(int worker, int tx, int ty, const PixelBuffer &out)
{
    DilationScratch &scratch = *m_scratch[worker];
    const std::size_t context = m_classes.size() - 1;
    if (gatherClasses(scratch, tx, ty, context, context + 1))
        shadeTile(scratch, tx, ty, out);
    const std::size_t tile = std::size_t(ty) * m_tilesX + std::size_t(tx);
    if (m_density.touched(tile)) {
        const std::uint32_t *tiles[2][9];
        neighbours(m_classes.size(), tx, ty, tiles);
        HueTile hue;
        m_density.prepareHue(densityTile(tx, ty, tiles), hue);
        forRows(tx, ty, out, [&](int x, int y, int column, int row, int count) {
            m_density.shadeRow(tile, hue, row, column, out.pixels + std::ptrdiff_t(y) * out.stride + x,
                               count);
        });
    }
    if (gatherClasses(scratch, tx, ty, 0, context))
        shadeTile(scratch, tx, ty, out);
}

void Raster::compose(const PixelBuffer &out, const RasterFrame &frame)
{
    const int workers = frame.points.size() - m_scene.first > kSmallWork ? m_pool.threads() : 1;
    const auto each = [&](auto &&work) {
        const auto part = [&](int worker) {
            for (int ty = worker; ty < int(m_tilesY); ty += workers)
                for (int tx = 0; tx < int(m_tilesX); ++tx)
                    work(worker, tx, ty);
        };
        workers > 1 ? m_pool.run(part) : part(0);
    };
    if (m_scene.density) {
        m_density.begin(std::size_t(m_tilesX) * m_tilesY);
        each([&](int worker, int tx, int ty) { smoothTile(worker, tx, ty); });
        m_density.finish(frame.style.dark, m_scene.hueShift,
                         m_scene.anySelected && frame.style.dimUnselected);
        each([&](int worker, int tx, int ty) { composeDensityTile(worker, tx, ty, out); });
        return;
    }
    const bool eyeDome = frame.style.depthCue == DepthCue::EyeDome;
    if (eyeDome)
        m_eyeDome.begin(frame.projection, out.width, out.height);
    each([&](int worker, int tx, int ty) { composeTile(worker, tx, ty, out, eyeDome); });
    if (!eyeDome)
        return;
    const auto light = [&](int worker) {
        for (int y = worker * out.height / workers; y < (worker + 1) * out.height / workers; ++y)
            m_eyeDome.light(y, out.pixels + std::ptrdiff_t(y) * out.stride);
    };
    workers > 1 ? m_pool.run(light) : light(0);
}

double Raster::crowding() const
{
    std::size_t one = 0;
    std::size_t many = 0;
    std::vector<std::uint32_t> seen(kTileCells); // 0: none, 1: a point, 2: more
    const std::size_t perImage = m_imageCells >> kTileShift;
    for (std::size_t tile = 0; tile + 1 < perImage; ++tile) { // the last takes what lies off the picture
        bool any = false;
        for (std::size_t image = 0; image <= m_classes.size(); ++image) {
            const bool counts = image == m_classes.size();
            if (image + 1 == m_classes.size() || counts != m_scene.density)
                continue;
            for (const auto &images : m_images) {
                const std::size_t at = image * perImage + tile;
                if (!images->anyDirty || !images->dirty[at])
                    continue;
                if (!any)
                    std::fill(seen.begin(), seen.end(), 0U);
                any = true;
                const std::uint32_t *cells = images->cells.data() + (at << kTileShift);
                if (counts)
                    for (std::size_t i = 0; i < seen.size(); ++i)
                        seen[i] = std::min(seen[i] + std::min(cells[i], 2U), 2U);
                else
                    m_kernels.crowd(cells, seen.data());
            }
        }
        if (!any)
            continue;
        for (const std::uint32_t s : seen) {
            one += s != 0 ? 1 : 0;
            many += s > 1 ? 1 : 0;
        }
    }
    return one == 0 ? 0 : double(many) / double(one);
}

std::uint64_t Raster::counted() const
{
    std::uint64_t sum = 0;
    const std::size_t perImage = m_imageCells >> kTileShift;
    const std::size_t first = m_classes.size() * perImage;
    for (const auto &images : m_images) {
        for (std::size_t at = first; images->anyDirty && at + 1 < first + perImage; ++at) {
            if (!images->dirty[at])
                continue;
            const std::uint32_t *cells = images->cells.data() + (at << kTileShift);
            for (int i = 0; i < kTileCells; ++i)
                sum += cells[i];
        }
    }
    return m_scene.density ? sum : 0;
}

} // namespace statescape::ui
