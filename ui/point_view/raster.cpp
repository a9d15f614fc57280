// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/raster.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace statescape::ui {
namespace {

constexpr std::uint32_t kSelectedKey = 128;
alignas(64) const std::uint32_t kEmptyTile[kTileCells] = {};

struct FreeDeleter {
    void operator()(void *p) const { std::free(p); }
};

std::uint32_t blend(std::uint32_t from, std::uint32_t to, double amount)
{
    std::uint32_t out = 0xff000000U;
    for (int shift = 0; shift < 24; shift += 8) {
        const double a = double((from >> shift) & 255U);
        const double b = double((to >> shift) & 255U);
        out |= std::uint32_t(a + (b - a) * amount + 0.5) << shift;
    }
    return out;
}

bool sameMark(const PointStyle &a, const PointStyle &b)
{
    return a.shape == b.shape && a.size == b.size;
}

} // namespace

struct Raster::Images {
    // calloc: pages nobody draws on are never made
    std::unique_ptr<void, FreeDeleter> memory;
    std::uint32_t *cells = nullptr;
    std::vector<std::uint8_t> dirty; ///< one a tile of every class image
    bool anyDirty = false;

    void allocate(std::size_t count)
    {
        memory.reset(std::calloc(count + 16, sizeof(std::uint32_t)));
        const auto address = reinterpret_cast<std::uintptr_t>(memory.get());
        cells = reinterpret_cast<std::uint32_t *>((address + 63) & ~std::uintptr_t(63));
        dirty.assign(count >> kTileShift, 0);
        anyDirty = false;
    }
};

Raster::Raster(WorkerPool &pool, Isa isa)
    : m_pool(pool)
    , m_kernels(kernelsFor(isa))
{
    for (int i = 0; i < 2; ++i) {
        m_images[i] = std::make_unique<Images>();
        m_scratch[i] = std::make_unique<DilationScratch>();
    }
}

Raster::~Raster() = default;

void Raster::resize(int width, int height, std::size_t classes)
{
    const auto tilesX = std::uint32_t((width + 2 * kMaxRadius + kTileWidth - 1) / kTileWidth);
    const auto tilesY = std::uint32_t((height + 2 * kMaxRadius + kTileHeight - 1) / kTileHeight);
    const std::uint32_t cells = (tilesX * tilesY + 1) * kTileCells;
    m_width = width;
    m_height = height;
    m_tilesX = tilesX;
    m_tilesY = tilesY;
    m_imageCells = cells;
    for (int i = 0; i < m_pool.threads(); ++i)
        if (m_images[i]->dirty.size() != (std::size_t(cells) * classes) >> kTileShift)
            m_images[i]->allocate(std::size_t(cells) * classes);
}

void Raster::makeClasses(const RasterStyle &style)
{
    const std::size_t count = std::clamp<std::size_t>(style.styles.size(), 1, kMaxStyles);
    const auto same =
        std::equal(m_classesFor.begin(), m_classesFor.end(), style.styles.begin(),
                   style.styles.begin() + std::ptrdiff_t(std::min(count, style.styles.size())), sameMark);
    if (same && m_classesScale == style.scale && !m_classes.empty())
        return;
    std::vector<PointStyle> styles(
        style.styles.begin(), style.styles.begin() + std::ptrdiff_t(std::min(count, style.styles.size())));
    m_classesFor = styles;
    m_classesScale = style.scale;
    if (styles.empty())
        styles.emplace_back();
    std::vector<std::size_t> firstOf(styles.size());
    m_classes.clear();
    for (std::size_t i = 0; i < styles.size(); ++i) {
        std::size_t j = 0;
        while (j < i && !sameMark(styles[i], styles[j]))
            ++j;
        firstOf[i] = j < i ? firstOf[j] : m_classes.size();
        if (j < i)
            continue;
        Class cls;
        cls.sprite = Sprite::make(styles[i].shape, styles[i].size * style.scale, 1.3 * style.scale);
        cls.radius = cls.sprite.radius;
        m_classes.push_back(cls);
        cls.outlined = true;
        cls.radius = cls.sprite.outlineRadius;
        m_classes.push_back(std::move(cls));
    }
    for (std::uint32_t raw = 0; raw < 256; ++raw) {
        const std::uint32_t s = raw < styles.size() ? raw : 0;
        m_offset[raw] = std::uint32_t(firstOf[s]);
        m_offset[raw + 256] = std::uint32_t(firstOf[s]) + 1;
        m_key[raw] = s;
        m_key[raw + 256] = s | kSelectedKey;
    }
}

void Raster::makeColours(const RasterStyle &style, bool fog, bool anySelected)
{
    m_lut.resize(std::size_t(kFogLevels) * 256);
    const std::size_t count = std::max<std::size_t>(m_classesFor.size(), 1);
    for (int level = 0; level < kFogLevels; ++level) {
        const double away = 1.0 - double(level) / (kFogLevels - 1);
        const double faded = fog ? 0.62 * away * away : 0;
        const auto at = [&](std::size_t key) -> std::uint32_t & {
            return m_lut[key * kFogLevels + std::size_t(level)];
        };
        for (std::size_t s = 0; s < count; ++s) {
            const PointStyle mark = s < style.styles.size() ? style.styles[s] : PointStyle{};
            std::uint32_t colour = style.dark ? mark.onDark : mark.onLight;
            if (mark.dimmed)
                colour = blend(colour, style.background, 0.5);
            at(s | kSelectedKey) = blend(colour, style.background, faded);
            if (anySelected && style.dimUnselected)
                colour = blend(colour, style.background, 0.45);
            at(s) = blend(colour, style.background, faded);
        }
        at(kOutlineStyle) = blend(style.outline, style.background, faded * 0.5);
    }
}

void Raster::clear(int thread)
{
    Images &images = *m_images[thread];
    if (!images.anyDirty)
        return;
    for (std::size_t t = 0; t < images.dirty.size(); ++t) {
        if (images.dirty[t]) {
            std::memset(images.cells + (t << kTileShift), 0, kTileCells * sizeof(std::uint32_t));
            images.dirty[t] = 0;
        }
    }
    images.anyDirty = false;
}

void Raster::scatter(int thread, std::size_t first, std::size_t last, const Projection &projection,
                     const PointSet &points, const RowMask *selected)
{
    Images &images = *m_images[thread];
    images.anyDirty = true;
    std::uint32_t *cells = images.cells;
    std::uint8_t *dirty = images.dirty.data();
    const std::uint32_t trash = m_imageCells - kTileCells;
    const std::size_t selectedRows = selected ? selected->size() : 0;
    const auto put = [&](std::uint32_t at, std::uint32_t word) {
        // No branch: whether a point is the nearest yet is a coin toss, and a wrong guess costs more than two
        // stores.
        const std::uint32_t old = cells[at];
        cells[at] = old > word ? old : word;
        dirty[at >> kTileShift] = 1;
    };
    CellBlock block;
    for (std::size_t begin = first; begin < last; begin += kBlock) {
        const int n = int(std::min<std::size_t>(kBlock, last - begin));
        const PointBlock in{points.x.data() + begin, points.y.data() + begin,
                            points.z.empty() ? nullptr : points.z.data() + begin, n};
        m_kernels.toCells(projection, in, m_tilesX, trash, block);
        const std::uint8_t *style = points.style.empty() ? nullptr : points.style.data() + begin;
        if (begin < selectedRows) {
            const std::uint8_t *chosen = selected->data() + begin;
            const std::size_t known = selectedRows - begin;
            for (int i = 0; i < n; ++i) {
                const bool on = std::size_t(i) < known && chosen[i] != 0;
                const std::uint32_t key = (style ? style[i] : 0U) + (on ? 256U : 0U);
                put(m_offset[key] + block.cell[i], block.word[i] | m_key[key]);
            }
        } else if (style) {
            for (int i = 0; i < n; ++i)
                put(m_offset[style[i]] + block.cell[i], block.word[i] | m_key[style[i]]);
        } else {
            for (int i = 0; i < n; ++i)
                put(m_offset[0] + block.cell[i], block.word[i] | m_key[0]);
        }
    }
}

bool Raster::neighbours(std::size_t cls, int thread, int tx, int ty, const std::uint32_t **tiles) const
{
    const Images &images = *m_images[thread];
    const std::uint32_t offset = m_imageCells * std::uint32_t(cls);
    bool any = false;
    for (int dy = -1; dy <= 1; ++dy) {
        for (int dx = -1; dx <= 1; ++dx) {
            const int x = tx + dx;
            const int y = ty + dy;
            const std::uint32_t *tile = kEmptyTile;
            if (x >= 0 && y >= 0 && x < int(m_tilesX) && y < int(m_tilesY)) {
                const std::uint32_t cell =
                    offset + ((std::uint32_t(y) * m_tilesX + std::uint32_t(x)) << kTileShift);
                if (images.dirty[cell >> kTileShift]) {
                    tile = images.cells + cell;
                    any = true;
                }
            }
            tiles[(dy + 1) * 3 + dx + 1] = tile;
        }
    }
    return any;
}

void Raster::composeTile(DilationScratch &scratch, int tx, int ty, int used, const PixelBuffer &out)
{
    bool any = false;
    bool outlined = false;
    for (std::size_t c = 0; c < m_classes.size(); ++c) {
        const std::uint32_t *tiles[2][9];
        bool has = neighbours(c, 0, tx, ty, tiles[0]);
        if (used > 1)
            has = neighbours(c, 1, tx, ty, tiles[1]) || has;
        if (!has)
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
        m_kernels.gather(scratch, tiles[0], used > 1 ? tiles[1] : nullptr, m_classes[c].radius);
        m_kernels.dilate(scratch, m_classes[c].sprite, m_classes[c].outlined);
    }
    if (!any)
        return;
    if (outlined)
        m_kernels.outline(scratch);
    const int left = tx * kTileWidth - kMaxRadius;
    const int top = ty * kTileHeight - kMaxRadius;
    const int x0 = std::max(left, 0);
    const int x1 = std::min(left + kTileWidth, out.width);
    for (int y = std::max(top, 0); y < std::min(top + kTileHeight, out.height); ++y) {
        const int at = (y - top) * kTileWidth + x0 - left;
        m_kernels.shade(scratch.solid.data() + at, scratch.fringe.data() + at, m_lut.data(),
                        out.pixels + std::ptrdiff_t(y) * out.stride + x0, std::max(x1 - x0, 0));
    }
}

void Raster::compose(int worker, int workers, int used, const PixelBuffer &out)
{
    for (int ty = worker; ty < int(m_tilesY); ty += workers)
        for (int tx = 0; tx < int(m_tilesX); ++tx)
            composeTile(*m_scratch[worker], tx, ty, used, out);
}

void Raster::draw(const PixelBuffer &out, const Projection &projection, const PointSet &points,
                  const RowMask *selected, const RasterStyle &style)
{
    makeClasses(style);
    resize(out.width, out.height, m_classes.size());
    const bool anySelected =
        selected != nullptr && std::find(selected->begin(), selected->end(), 1) != selected->end();
    makeColours(style, projection.fog, anySelected);
    std::uint32_t offsets[512];
    std::copy(std::begin(m_offset), std::end(m_offset), offsets);
    for (auto &offset : m_offset)
        offset *= m_imageCells;

    const std::size_t n = points.size();
    const int used = n > kSmallWork ? m_pool.threads() : 1;
    const RowMask *chosen = anySelected ? selected : nullptr;
    if (used == 1) {
        clear(0);
        scatter(0, 0, n, projection, points, chosen);
        compose(0, 1, 1, out);
    } else {
        const std::size_t middle = n / 2;
        m_pool.run([&](int t) {
            clear(t);
            scatter(t, t == 0 ? 0 : middle, t == 0 ? middle : n, projection, points, chosen);
        });
        m_pool.run([&](int t) { compose(t, 2, 2, out); });
    }
    std::copy(std::begin(offsets), std::end(offsets), m_offset);
}

} // namespace statescape::ui
