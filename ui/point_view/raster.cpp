// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/raster.h"

#include "ui/point_view/raster_images.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstring>
#include <map>

namespace statescape::ui {
namespace {

constexpr std::uint64_t kMostCells = std::uint64_t(1) << 31; // of all class images: an index is 32 bits
constexpr double kLeastSliceMs = 0.4;                        // less is not worth waking a thread
constexpr double kSpareMs = 0.3;                             // that a guess may be wrong by
alignas(64) const std::uint16_t kNoStyle[kBlock] = {};

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

Raster::Raster(WorkerPool &pool, Isa isa)
    : m_pool(pool)
    , m_kernels(kernelsFor(isa))
    , m_marks(kKeys)
    , m_lut(std::size_t(kFogLevels) * kKeys)
    , m_density(isa)
    , m_eyeDome(isa)
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

bool Raster::makeClasses(const RasterStyle &style)
{
    const std::size_t count = std::min(style.styles.size(), kMaxStyles);
    const auto sameMark = [](const auto &a, const PointStyle &b) {
        return a.first == b.shape && a.second == b.size;
    };
    if (m_classesFor.size() == count && m_classesScale == style.scale && m_classesCells == m_imageCells &&
        !m_classes.empty() &&
        std::equal(m_classesFor.begin(), m_classesFor.end(), style.styles.begin(), sameMark))
        return false;
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
        if ((known.size() * 2 + 2) * m_imageCells <= kMostCells || step > kMaxRadius)
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
        m_images[i]->allocate(m_imageCells >> kTileShift, m_classes.size() + 1);
    return true;
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

/// What one thread draws into, and how.
struct Raster::Target {
    std::uint32_t *cells;
    std::uint8_t *dirty;
    HueSum *hue;
    const Mark *marks;
    const HueSum *colours; ///< by style
    std::uint32_t context; ///< first cell of the images for rows outside of the slab and for counts
    std::uint32_t counts;

    void put(std::uint32_t at, std::uint32_t word) const
    {
        // No branch, and written so that the compiler makes none: whether a point is the nearest yet is a
        // coin toss, and a wrong guess costs more than everything else here.
        const std::uint32_t old = cells[at];
        const std::uint32_t keep = 0U - std::uint32_t(old > word);
        cells[at] = (word ^ ((old ^ word) & keep)) | std::uint32_t(old != 0);
        dirty[at >> kTileShift] = 1;
    }
    void count(std::uint32_t cell, std::uint32_t style) const
    {
        ++cells[counts + cell];
        dirty[(counts + cell) >> kTileShift] = 1;
        // a square's number from its pixel's: tile, row, column lose the two lowest bits of row and column
        const std::uint32_t square = ((cell >> kTileShift) * kHueCells) |
                                     (((cell >> 8) & (kHueHeight - 1)) * kHueWidth) |
                                     ((cell >> 2) & (kHueWidth - 1));
        for (int c = 0; c < 4; ++c)
            hue[square].sum[c] += colours[style].sum[c];
    }
    template <bool Slab, bool Density>
    void draw(std::uint32_t style, bool selected, std::uint32_t cell, std::uint32_t word) const
    {
        if (Slab && word == kContextWord)
            return put(context + cell, word);
        if (Density)
            count(cell, style);
        if (Density && !selected)
            return;
        const Mark mark = marks[style | (selected ? kSelectedKey : 0U)];
        put(mark.offset + cell, word | mark.bits);
    }
};

template <bool Slab, bool Density>
void Raster::scatterRun(const Target &target, const RasterFrame &frame, std::size_t first, std::size_t last)
{
    const PointSet &points = frame.points;
    const Target to = target;
    const std::uint32_t trash = m_imageCells - kTileCells;
    const std::size_t selectedRows = m_scene.anySelected ? frame.selected->size() : 0;
    CellBlock block;
    alignas(64) std::uint16_t padded[kBlock];
    while (first < last) {
        // blocks end where a block of a chunk ends, so that they never cross from one chunk to the next
        const std::size_t end = std::min(last, (first / kBlock + 1) * kBlock);
        const auto n = end - first;
        const PointBlock in{points.x.run(first).data(), points.y.run(first).data(),
                            points.z.empty() ? nullptr : points.z.run(first).data(), int(n)};
        m_kernels.toCells(frame.projection, in, m_tilesX, trash, block);
        const std::uint16_t *style = kNoStyle;
        if (end <= points.style.size()) {
            style = points.style.run(first).data();
        } else if (first < points.style.size()) {
            std::fill(std::begin(padded), std::end(padded), std::uint16_t(0));
            std::copy_n(points.style.run(first).data(), points.style.size() - first, padded);
            style = padded;
        }
        std::size_t i = 0;
        if (first < selectedRows) {
            const std::uint8_t *chosen = frame.selected->data() + first;
            for (const std::size_t known = std::min(selectedRows - first, n); i < known; ++i)
                to.draw<Slab, Density>(std::min<std::uint32_t>(style[i], kContextKey), chosen[i] != 0,
                                       block.cell[i], block.word[i]);
        }
        for (; i < n; ++i)
            to.draw<Slab, Density>(std::min<std::uint32_t>(style[i], kContextKey), false, block.cell[i],
                                   block.word[i]);
        first = end;
    }
}

void Raster::scatter(int thread, const RasterFrame &frame, std::size_t first, std::size_t last)
{
    if (first >= last)
        return;
    Images &images = *m_images[thread];
    images.anyDirty = true;
    const auto image = [this](std::size_t at) { return std::uint32_t(at) * m_imageCells; };
    const Target target{images.cells.data(),    images.dirty.data(), images.hue.data(),
                        m_marks.data(),         m_hues.data(),       image(m_classes.size() - 1),
                        image(m_classes.size())};
    if (frame.style.density)
        frame.projection.hasSlab() ? scatterRun<true, true>(target, frame, first, last)
                                   : scatterRun<false, true>(target, frame, first, last);
    else
        frame.projection.hasSlab() ? scatterRun<true, false>(target, frame, first, last)
                                   : scatterRun<false, false>(target, frame, first, last);
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
                const auto rows = order.grain(pass, stride);
                scatter(t, frame, rows.first, rows.last);
                drawn[t] += rows.last - rows.first;
            }
        }
    });
    m_scene.drawn += drawn[0] + drawn[1];
}

void Raster::scatterChunks(const RasterFrame &frame, std::size_t first, std::size_t last)
{
    const auto threads = std::size_t(m_pool.threads());
    std::size_t drawn[2] = {};
    m_pool.run([&](int t) {
        for (std::size_t place = first + std::size_t(t); place < last; place += threads) {
            m_scene.order.chunk(place, m_scene.pass, [&](std::size_t begin, std::size_t end) {
                scatter(t, frame, begin, end);
                drawn[t] += end - begin;
            });
        }
    });
    m_scene.drawn += drawn[0] + drawn[1];
}

/// So many bits less than 8 of a colour that sums over all points fit.
static std::uint32_t hueShiftFor(const PointSet &points)
{
    return std::uint32_t(std::max(int(std::bit_width(points.size())) - 24, 0));
}

void Raster::makeHues(const RasterStyle &style)
{
    m_hues.resize(kSelectedKey);
    for (std::size_t key = 0; key < m_hues.size(); ++key) {
        const std::uint32_t s = keyOf(m_marks[key].bits);
        const PointStyle mark = s < style.styles.size() ? style.styles[s] : PointStyle{};
        const std::uint32_t colour = style.dark ? mark.onDark : mark.onLight;
        m_hues[key] = {((colour >> 16) & 255U) >> m_scene.hueShift,
                       ((colour >> 8) & 255U) >> m_scene.hueShift, (colour & 255U) >> m_scene.hueShift, 1};
    }
}

void Raster::begin(const RasterFrame &frame)
{
    const PointSet &points = frame.points;
    m_scene = {};
    m_scene.id = frame.scene;
    m_scene.first = std::min(points.first, points.size());
    m_scene.seen = points.size();
    m_scene.order = DrawOrder(m_scene.first, m_scene.seen);
    m_scene.anySelected = frame.selected != nullptr && !frame.selected->empty() &&
                          std::memchr(frame.selected->data(), 1, frame.selected->size()) != nullptr;
    if (points.size() > kSmallWork && m_pool.threads() > 1) {
        m_pool.run([&](int t) { m_images[t]->clear(m_imageCells >> kTileShift); });
    } else {
        for (const auto &images : m_images)
            images->clear(m_imageCells >> kTileShift);
    }
    m_scene.density = frame.style.density;
    m_scene.hueShift = hueShiftFor(points);
    if (frame.style.density)
        makeHues(frame.style);
}

void Raster::scatterAll(const RasterFrame &frame, bool fresh, double start)
{
    const bool endless = frame.budgetMs <= 0;
    const double until = start + frame.budgetMs - m_composing - kSpareMs;
    const DrawOrder &order = m_scene.order;
    /// Runs @p work(rows) with as many as fit the time left, until nothing is left or no time; at least once.
    const auto inSlices = [&](double &perRow, auto &&more, auto &&work) {
        for (bool begun = false; more(); begun = true) {
            const double left = until - now();
            if (begun && !endless && left < kLeastSliceMs)
                return false;
            const double fits = endless ? 1e15 : std::max(left, kLeastSliceMs) * 0.9 / perRow;
            const double before = now();
            const std::size_t had = m_scene.drawn;
            work(std::size_t(fits));
            if (m_scene.drawn > had + kSmallWork)
                perRow += 0.3 * ((now() - before) / double(m_scene.drawn - had) - perRow);
        }
        return true;
    };
    const auto allAtOnce = [&] {
        return endless || double(order.size()) * m_perRow <= until - now() || order.size() <= kSmallWork;
    };
    if (fresh && allAtOnce()) {
        const double before = now();
        scatterRows(frame, m_scene.first, m_scene.first + order.size());
        if (order.size() > kSmallWork)
            m_perRow += 0.3 * ((now() - before) / double(order.size()) - m_perRow);
        m_scene.chunk = order.chunkPlaces();
    } else if (fresh) {
        inSlices(
            m_perGrainRow, [&] { return m_scene.pass < order.passes(); },
            [&](std::size_t rows) {
                const std::size_t last = std::min(
                    order.passes(), m_scene.pass + std::max<std::size_t>(rows / order.rowsPerPass(), 1));
                scatterPasses(frame, m_scene.pass, last);
                m_scene.pass = last;
            });
        if (m_scene.pass == order.passes())
            m_scene.chunk = order.chunkPlaces();
        return;
    }
    const bool caughtUp = inSlices(
        m_perRow, [&] { return m_scene.seen < frame.points.size(); },
        [&](std::size_t rows) {
            const std::size_t last = m_scene.seen + std::min(frame.points.size() - m_scene.seen,
                                                             std::max<std::size_t>(rows, kBlock));
            scatterRows(frame, m_scene.seen, last);
            m_scene.seen = last;
        });
    if (!caughtUp)
        return;
    inSlices(
        m_perRow, [&] { return m_scene.chunk < order.chunkPlaces(); },
        [&](std::size_t rows) {
            const auto perPlace = double(order.size()) / double(order.chunkPlaces());
            const auto places =
                std::max<std::size_t>(std::size_t(double(rows) / perPlace), std::size_t(m_pool.threads()));
            const std::size_t last = m_scene.chunk + std::min(order.chunkPlaces() - m_scene.chunk, places);
            scatterChunks(frame, m_scene.chunk, last);
            m_scene.chunk = last;
        });
}

DrawResult Raster::draw(const PixelBuffer &out, const RasterFrame &frame)
{
    const double start = now();
    const bool resized = out.width != m_width || out.height != m_height;
    if (resized)
        setSize(out.width, out.height);
    const bool remade = makeClasses(frame.style);
    const bool fresh = resized || remade || frame.scene == 0 || frame.scene != m_scene.id ||
                       frame.points.first != m_scene.first || frame.points.size() < m_scene.seen ||
                       frame.style.density != m_scene.density ||
                       (m_scene.density && hueShiftFor(frame.points) != m_scene.hueShift);
    if (fresh)
        begin(frame);
    scatterAll(frame, fresh, start);
    makeColours(frame.style, m_scene.anySelected);
    const double composing = now();
    compose(out, frame);
    m_composing += 0.3 * (now() - composing - m_composing);
    return {m_scene.drawn,
            m_scene.chunk == m_scene.order.chunkPlaces() && m_scene.seen == frame.points.size()};
}

} // namespace statescape::ui
