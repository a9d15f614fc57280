// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/raster.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <map>

namespace statescape::ui {
namespace {

constexpr std::uint64_t kMostCells = std::uint64_t(1) << 31; // of all class images: an index is 32 bits
alignas(64) const std::uint32_t kEmptyTile[kTileCells] = {};
alignas(64) const std::uint16_t kNoStyle[kBlock] = {};

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

} // namespace

struct Raster::Images {
    // calloc: pages nobody draws on are never made
    std::unique_ptr<void, FreeDeleter> memory;
    std::uint32_t *cells = nullptr;
    std::vector<std::uint8_t> dirty; ///< one a tile of every class image
    bool anyDirty = false;

    void allocate(std::size_t count)
    {
        memory.reset();
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
    , m_marks(kKeys)
    , m_lut(std::size_t(kFogLevels) * kKeys)
{
    for (int i = 0; i < 2; ++i) {
        m_images[i] = std::make_unique<Images>();
        m_scratch[i] = std::make_unique<DilationScratch>();
    }
}

Raster::~Raster() = default;

double Raster::now() const
{
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

void Raster::setSize(int width, int height)
{
    m_tilesX = std::uint32_t((width + 2 * kMaxRadius + kTileWidth - 1) / kTileWidth);
    m_tilesY = std::uint32_t((height + 2 * kMaxRadius + kTileHeight - 1) / kTileHeight);
    m_imageCells = (m_tilesX * m_tilesY + 1) * kTileCells;
    m_width = width;
    m_height = height;
}

void Raster::makeClasses(const RasterStyle &style)
{
    const std::size_t count = std::min(style.styles.size(), kMaxStyles);
    const auto sameMark = [](const auto &a, const PointStyle &b) {
        return a.first == b.shape && a.second == b.size;
    };
    if (m_classesFor.size() == count && m_classesScale == style.scale && m_classesCells == m_imageCells &&
        !m_classes.empty() &&
        std::equal(m_classesFor.begin(), m_classesFor.end(), style.styles.begin(), sameMark))
        return;
    m_classesScale = style.scale;
    m_classesCells = m_imageCells;
    m_classesFor.clear();
    for (std::size_t i = 0; i < count; ++i)
        m_classesFor.emplace_back(style.styles[i].shape, style.styles[i].size);
    auto marks = m_classesFor;
    if (marks.empty())
        marks.emplace_back(PointStyle{}.shape, PointStyle{}.size);

    // So many sizes that their images would not fit are drawn in steps of 1, 2, 4 px.
    std::map<std::pair<Shape, double>, std::uint32_t> known;
    double step = 0;
    const auto sizeOf = [&](float size) {
        const double px = std::clamp(double(size) * style.scale, 0.0, 2.0 * kMaxRadius);
        return step == 0 ? px : std::max(std::round(px / step), 1.0) * step;
    };
    for (;; step = step == 0 ? 1 : step * 2) {
        known.clear();
        for (const auto &[shape, size] : marks)
            known.try_emplace({shape, sizeOf(size)}, 0);
        if ((known.size() * 2 + 1) * m_imageCells <= kMostCells || step > kMaxRadius)
            break;
    }
    m_classes.clear();
    for (auto &[mark, first] : known) {
        first = std::uint32_t(m_classes.size());
        Class cls;
        cls.sprite = Sprite::make(mark.first, mark.second, 1.3 * style.scale);
        cls.radius = cls.sprite.radius;
        m_classes.push_back(cls);
        cls.outlined = true;
        cls.radius = cls.sprite.outlineRadius;
        m_classes.push_back(std::move(cls));
    }
    Class context;
    context.sprite = Sprite::make(Shape::Dot, style.scale, 1);
    context.radius = context.sprite.radius;
    m_classes.push_back(std::move(context));

    for (std::uint32_t raw = 0; raw < kSelectedKey; ++raw) {
        const std::uint32_t s = raw < marks.size() ? raw : 0;
        const std::uint32_t cls = known.at({marks[s].first, sizeOf(marks[s].second)});
        m_marks[raw] = {cls * m_imageCells, keyBits(s)};
        m_marks[raw | kSelectedKey] = {(cls + 1) * m_imageCells, keyBits(s | kSelectedKey)};
    }
    for (int i = 0; i < m_pool.threads(); ++i)
        m_images[i]->allocate(m_imageCells * m_classes.size());
}

void Raster::makeColours(const RasterStyle &style, bool anySelected)
{
    const std::size_t count = std::max<std::size_t>(m_classesFor.size(), 1);
    const bool fog = style.depthCue == DepthCue::Fog && !style.density;
    std::vector<std::uint32_t> from{style.background, style.outline, std::uint32_t(fog),
                                    std::uint32_t(anySelected && style.dimUnselected)};
    for (std::size_t s = 0; s < count; ++s) {
        const PointStyle mark = s < style.styles.size() ? style.styles[s] : PointStyle{};
        const std::uint32_t colour = style.dark ? mark.onDark : mark.onLight;
        from.push_back(mark.dimmed ? blend(colour, style.background, 0.5) : colour | 0xff000000U);
    }
    if (from == m_lutFor)
        return;
    for (int level = 0; level < kFogLevels; ++level) {
        const double away = 1.0 - double(level) / (kFogLevels - 1);
        const double faded = fog ? 0.62 * away * away : 0;
        const auto at = [&](std::size_t key) -> std::uint32_t & {
            return m_lut[key * kFogLevels + std::size_t(level)];
        };
        for (std::size_t s = 0; s < count; ++s) {
            std::uint32_t colour = from[4 + s];
            at(s | kSelectedKey) = blend(colour, style.background, faded);
            if (anySelected && style.dimUnselected)
                colour = blend(colour, style.background, 0.45);
            at(s) = blend(colour, style.background, faded);
        }
        at(kOutlineKey) = blend(style.outline, style.background, faded * 0.5);
        at(kContextKey) = blend(style.outline, style.background, 0.82);
    }
    m_lutFor = std::move(from);
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

template <bool Slab>
void Raster::scatterRun(int thread, const RasterFrame &frame, std::size_t first, std::size_t last)
{
    Images &images = *m_images[thread];
    const PointSet &points = frame.points;
    std::uint32_t *cells = images.cells;
    std::uint8_t *dirty = images.dirty.data();
    const Mark *marks = m_marks.data();
    const std::uint32_t trash = m_imageCells - kTileCells;
    const Mark context{std::uint32_t(m_classes.size() - 1) * m_imageCells, 0};
    const std::size_t selectedRows = m_scene.anySelected ? frame.selected->size() : 0;
    const auto put = [&](std::uint32_t key, std::uint32_t cell, std::uint32_t word) {
        const Mark mark = Slab && word == kContextWord ? context : marks[key];
        const std::uint32_t at = mark.offset + cell;
        word |= mark.bits;
        // No branch: whether a point is the nearest yet is a coin toss, and a wrong guess costs more than two
        // stores.
        const std::uint32_t old = cells[at];
        cells[at] = (old > word ? old : word) | (old != 0 ? kManyBit : 0U);
        dirty[at >> kTileShift] = 1;
    };
    CellBlock block;
    alignas(64) std::uint16_t padded[kBlock];
    while (first < last) {
        // blocks end where a block of a chunk ends, so that they never cross from one chunk to the next
        const std::size_t end = std::min(last, (first / kBlock + 1) * kBlock);
        const int n = int(end - first);
        const PointBlock in{points.x.run(first).data(), points.y.run(first).data(),
                            points.z.empty() ? nullptr : points.z.run(first).data(), n};
        m_kernels.toCells(frame.projection, in, m_tilesX, trash, block);
        const std::uint16_t *style = kNoStyle;
        if (end <= points.style.size()) {
            style = points.style.run(first).data();
        } else if (first < points.style.size()) {
            std::fill(std::begin(padded), std::end(padded), std::uint16_t(0));
            std::copy_n(points.style.run(first).data(), points.style.size() - first, padded);
            style = padded;
        }
        if (first < selectedRows) {
            const std::uint8_t *chosen = frame.selected->data() + first;
            const auto known = int(std::min<std::size_t>(selectedRows - first, std::size_t(n)));
            for (int i = 0; i < known; ++i)
                put((std::min<std::uint32_t>(style[i], kContextKey)) | (chosen[i] != 0 ? kSelectedKey : 0U),
                    block.cell[std::size_t(i)], block.word[std::size_t(i)]);
            for (int i = known; i < n; ++i)
                put(std::min<std::uint32_t>(style[i], kContextKey), block.cell[std::size_t(i)],
                    block.word[std::size_t(i)]);
        } else {
            for (int i = 0; i < n; ++i)
                put(std::min<std::uint32_t>(style[i], kContextKey), block.cell[std::size_t(i)],
                    block.word[std::size_t(i)]);
        }
        first = end;
    }
}

void Raster::scatter(int thread, const RasterFrame &frame, std::size_t first, std::size_t last)
{
    if (first >= last)
        return;
    m_images[thread]->anyDirty = true;
    if (frame.projection.hasSlab())
        scatterRun<true>(thread, frame, first, last);
    else
        scatterRun<false>(thread, frame, first, last);
}

void Raster::scatterRows(const RasterFrame &frame, std::size_t first, std::size_t last)
{
    if (last - first <= kSmallWork || m_pool.threads() == 1) {
        scatter(0, frame, first, last);
    } else {
        const std::size_t middle = (first + (last - first) / 2) / kBlock * kBlock;
        m_pool.run(
            [&](int t) { t == 0 ? scatter(0, frame, first, middle) : scatter(1, frame, middle, last); });
    }
    m_scene.drawn += last - first;
}

void Raster::scatterPasses(const RasterFrame &frame, std::size_t first, std::size_t last)
{
    const DrawOrder &order = m_scene.order;
    const auto threads = std::size_t(m_pool.threads());
    std::size_t drawn[2] = {};
    m_pool.run([&](int t) {
        const std::size_t begin = order.strides() * std::size_t(t) / threads;
        const std::size_t end = order.strides() * (std::size_t(t) + 1) / threads;
        for (std::size_t pass = first; pass < last; ++pass) {
            for (std::size_t stride = begin; stride < end; ++stride) {
                const auto rows = order.rows(pass, stride);
                scatter(t, frame, rows.first, rows.last);
                drawn[t] += rows.last - rows.first;
            }
        }
    });
    m_scene.drawn += drawn[0] + drawn[1];
}

void Raster::begin(const RasterFrame &frame)
{
    const PointSet &points = frame.points;
    m_scene = {};
    m_scene.id = frame.scene;
    m_scene.first = std::min(points.first, points.size());
    m_scene.last = m_scene.seen = points.size();
    m_scene.order = DrawOrder(m_scene.first, m_scene.last);
    m_scene.anySelected = frame.selected != nullptr && !frame.selected->empty() &&
                          std::memchr(frame.selected->data(), 1, frame.selected->size()) != nullptr;
    if (points.size() > kSmallWork && m_pool.threads() > 1) {
        m_pool.run([this](int t) { clear(t); });
    } else {
        clear(0);
        clear(1);
    }
}

void Raster::scatterAll(const RasterFrame &frame, double start)
{
    const std::size_t rows = frame.points.size();
    const std::size_t passes = m_scene.order.passes();
    const double until = start + frame.budgetMs - m_composing;
    const bool endless = frame.budgetMs <= 0;
    const auto fitting = [&] {
        const double left = endless ? 1e9 : std::max(until - now(), 0.0);
        return std::max<std::size_t>(std::size_t(left / m_perPoint), kBlock);
    };
    const auto timed = [&](auto &&work) {
        const double before = now();
        const std::size_t had = m_scene.drawn;
        work();
        if (m_scene.drawn > had + kSmallWork)
            m_perPoint += 0.3 * ((now() - before) / double(m_scene.drawn - had) - m_perPoint);
    };
    if (m_scene.pass == 0 && passes > 0 && fitting() >= m_scene.last - m_scene.first) {
        timed([&] { scatterRows(frame, m_scene.first, m_scene.last); });
        m_scene.pass = passes;
    }
    bool begun = false;
    while (m_scene.pass < passes && (!begun || endless || now() < until)) {
        // half of what is left, so that a wrong guess does not overrun
        const std::size_t share =
            std::max<std::size_t>(fitting() / (endless ? 1 : 2) / m_scene.order.rowsPerPass(), 1);
        const std::size_t last = std::min(passes, m_scene.pass + share);
        timed([&] { scatterPasses(frame, m_scene.pass, last); });
        m_scene.pass = last;
        begun = true;
    }
    while (m_scene.seen < rows && (!begun || endless || now() < until)) {
        const std::size_t last = std::min(rows, m_scene.seen + fitting());
        timed([&] { scatterRows(frame, m_scene.seen, last); });
        m_scene.seen = last;
        begun = true;
    }
}

DrawResult Raster::draw(const PixelBuffer &out, const RasterFrame &frame)
{
    const double start = now();
    const bool resized = out.width != m_width || out.height != m_height;
    if (resized)
        setSize(out.width, out.height);
    makeClasses(frame.style);
    if (resized || frame.scene == 0 || frame.scene != m_scene.id || frame.points.first != m_scene.first ||
        frame.points.size() < m_scene.seen)
        begin(frame);
    scatterAll(frame, start);
    makeColours(frame.style, m_scene.anySelected);

    const double composing = now();
    if (frame.points.size() - m_scene.first > kSmallWork && m_pool.threads() > 1)
        m_pool.run([&](int t) { compose(t, 2, out); });
    else
        compose(0, 1, out);
    m_composing += 0.3 * (now() - composing - m_composing);
    return {m_scene.drawn, m_scene.pass == m_scene.order.passes() && m_scene.seen == frame.points.size()};
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

void Raster::composeTile(DilationScratch &scratch, int tx, int ty, const PixelBuffer &out)
{
    bool any = false;
    bool outlined = false;
    for (std::size_t c = 0; c < m_classes.size(); ++c) {
        const std::uint32_t *tiles[2][9];
        const bool second = m_images[1]->anyDirty;
        bool has = m_images[0]->anyDirty && neighbours(c, 0, tx, ty, tiles[0]);
        if (!m_images[0]->anyDirty)
            std::fill(std::begin(tiles[0]), std::end(tiles[0]), kEmptyTile);
        if (second)
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
        m_kernels.gather(scratch, tiles[0], second ? tiles[1] : nullptr, m_classes[c].radius);
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

void Raster::compose(int worker, int workers, const PixelBuffer &out)
{
    for (int ty = worker; ty < int(m_tilesY); ty += workers)
        for (int tx = 0; tx < int(m_tilesX); ++tx)
            composeTile(*m_scratch[worker], tx, ty, out);
}

double Raster::crowding() const
{
    std::size_t one = 0;
    std::size_t many = 0;
    std::vector<std::uint32_t> seen(kTileCells); // 1: a point, 2: more
    const std::size_t perClass = m_imageCells >> kTileShift;
    for (std::size_t tile = 0; tile + 1 < perClass; ++tile) {
        bool any = false;
        for (std::size_t at = tile; at < perClass * m_classes.size() - (m_classes.empty() ? 0 : perClass);
             at += perClass) {
            for (const auto &images : m_images) {
                if (!images->anyDirty || !images->dirty[at])
                    continue;
                if (!any)
                    std::fill(seen.begin(), seen.end(), 0U);
                any = true;
                m_kernels.crowd(images->cells + (at << kTileShift), seen.data());
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

} // namespace statescape::ui
