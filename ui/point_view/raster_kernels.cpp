// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/raster_kernels.h"

#include <algorithm>
#include <limits>

// One body, compiled three times: the wrappers at the end carry the target, the bodies are forced into them.
#define STATESCAPE_INLINE inline __attribute__((always_inline))

namespace statescape::ui {
namespace {

template <bool Perspective, bool HasZ, bool Slab>
STATESCAPE_INLINE void cellsBody(const Projection &p, const PointBlock &in, std::uint32_t tilesX,
                                 std::uint32_t trash, CellBlock &out)
{
    const float *__restrict xs = in.x;
    const float *__restrict ys = in.y;
    const float *__restrict zs = in.z;
    std::uint32_t *__restrict cells = out.cell.data();
    std::uint32_t *__restrict words = out.word.data();
    const Projection m = p;
    const float width = float(m.width + 2 * kMaxRadius);
    const float height = float(m.height + 2 * kMaxRadius);
    const float margin = kMaxRadius;
    const int n = in.count;
    for (int i = 0; i < n; ++i) {
        const float a = xs[i] - m.origin[0];
        const float b = ys[i] - m.origin[1];
        const float c = HasZ ? zs[i] - m.origin[2] : 0.0F - m.origin[2];
        float sx = ((m.x[0] * a + m.x[1] * b) + m.x[2] * c) + m.x[3];
        float sy = ((m.y[0] * a + m.y[1] * b) + m.y[2] * c) + m.y[3];
        bool ok = true;
        if (Perspective) {
            const float q = ((m.w[0] * a + m.w[1] * b) + m.w[2] * c) + m.w[3];
            ok = q > m.wMin;
            sx = sx / q;
            sy = sy / q;
        }
        float near = ((m.n[0] * a + m.n[1] * b) + m.n[2] * c) + m.n[3];
        const bool inSlab = Slab ? (near >= m.slabFar) & (near <= m.slabNear) : true;
        near = near < kNearest ? near : kNearest;
        near = near > kFarthest ? near : kFarthest;
        float fx = sx + margin;
        float fy = sy + margin;
        ok = ok & (fx >= 0.0F) & (fx < width) & (fy >= 0.0F) & (fy < height);
        fx = ok ? fx : 0.0F;
        fy = ok ? fy : 0.0F;
        const std::uint32_t ix = std::uint32_t(std::int32_t(fx));
        const std::uint32_t iy = std::uint32_t(std::int32_t(fy));
        const std::uint32_t tile = (iy / kTileHeight) * tilesX + ix / kTileWidth;
        const std::uint32_t cell = tile * kTileCells + (iy % kTileHeight) * kTileWidth + ix % kTileWidth;
        cells[i] = ok ? cell : trash;
        const std::uint32_t word = (std::uint32_t(std::int32_t(near)) >> 5) << kNearShift;
        words[i] = inSlab ? word : kContextWord;
    }
}

template <bool Perspective, bool HasZ, bool Slab>
STATESCAPE_INLINE void screenBody(const Projection &p, const PointBlock &in, ScreenBlock &out)
{
    const float *__restrict xs = in.x;
    const float *__restrict ys = in.y;
    const float *__restrict zs = in.z;
    float *__restrict ox = out.x.data();
    float *__restrict oy = out.y.data();
    const Projection m = p;
    const int n = in.count;
    for (int i = 0; i < n; ++i) {
        const float a = xs[i] - m.origin[0];
        const float b = ys[i] - m.origin[1];
        const float c = HasZ ? zs[i] - m.origin[2] : 0.0F - m.origin[2];
        float sx = ((m.x[0] * a + m.x[1] * b) + m.x[2] * c) + m.x[3];
        float sy = ((m.y[0] * a + m.y[1] * b) + m.y[2] * c) + m.y[3];
        bool ok = true;
        if (Perspective) {
            const float q = ((m.w[0] * a + m.w[1] * b) + m.w[2] * c) + m.w[3];
            ok = q > m.wMin;
            sx = sx / q;
            sy = sy / q;
        }
        if (Slab) {
            const float near = ((m.n[0] * a + m.n[1] * b) + m.n[2] * c) + m.n[3];
            ok = ok & (near >= m.slabFar) & (near <= m.slabNear);
        }
        const float most = std::numeric_limits<float>::max();
        ok = ok & (sx >= -most) & (sx <= most) & (sy >= -most) & (sy <= most);
        ox[i] = ok ? sx : std::numeric_limits<float>::quiet_NaN();
        oy[i] = ok ? sy : std::numeric_limits<float>::quiet_NaN();
    }
}

STATESCAPE_INLINE void cellsAny(const Projection &p, const PointBlock &in, std::uint32_t tilesX,
                                std::uint32_t trash, CellBlock &out)
{
    if (p.hasSlab()) {
        if (p.perspective)
            in.z ? cellsBody<true, true, true>(p, in, tilesX, trash, out)
                 : cellsBody<true, false, true>(p, in, tilesX, trash, out);
        else
            in.z ? cellsBody<false, true, true>(p, in, tilesX, trash, out)
                 : cellsBody<false, false, true>(p, in, tilesX, trash, out);
    } else if (p.perspective)
        in.z ? cellsBody<true, true, false>(p, in, tilesX, trash, out)
             : cellsBody<true, false, false>(p, in, tilesX, trash, out);
    else
        in.z ? cellsBody<false, true, false>(p, in, tilesX, trash, out)
             : cellsBody<false, false, false>(p, in, tilesX, trash, out);
}

STATESCAPE_INLINE void screenAny(const Projection &p, const PointBlock &in, ScreenBlock &out)
{
    if (p.hasSlab()) {
        if (p.perspective)
            in.z ? screenBody<true, true, true>(p, in, out) : screenBody<true, false, true>(p, in, out);
        else
            in.z ? screenBody<false, true, true>(p, in, out) : screenBody<false, false, true>(p, in, out);
    } else if (p.perspective)
        in.z ? screenBody<true, true, false>(p, in, out) : screenBody<true, false, false>(p, in, out);
    else
        in.z ? screenBody<false, true, false>(p, in, out) : screenBody<false, false, false>(p, in, out);
}

STATESCAPE_INLINE void maskBody(const MaskGrid &grid, const float *__restrict x, const float *__restrict y,
                                int count, std::int32_t *__restrict index)
{
    const MaskGrid g = grid;
    for (int i = 0; i < count; ++i) {
        float column = (x[i] - g.originX) * g.perX;
        float row = (y[i] - g.originY) * g.perY;
        // a point on the very edge may round to just below the first cell
        const bool in =
            (column > -0.5F) & (column < g.lastColumn + 1.0F) & (row > -0.5F) & (row < g.lastRow + 1.0F);
        column = in ? column : 0.0F;
        row = in ? row : 0.0F;
        column = column > 0.0F ? column : 0.0F;
        row = row > 0.0F ? row : 0.0F;
        const std::int32_t cell = ((std::int32_t(row) + 1) << 11) + std::int32_t(column) + 1;
        index[i] = in ? cell : 0;
    }
}

STATESCAPE_INLINE void gatherRow(std::uint32_t *__restrict to, const std::uint32_t *__restrict a,
                                 const std::uint32_t *__restrict b, int count)
{
    if (!b) {
        for (int i = 0; i < count; ++i)
            to[i] = a[i] & ~kManyBit;
        return;
    }
    for (int i = 0; i < count; ++i)
        to[i] = (a[i] > b[i] ? a[i] : b[i]) & ~kManyBit;
}

STATESCAPE_INLINE void gatherBody(DilationScratch &scratch, const std::uint32_t *const *first,
                                  const std::uint32_t *const *second, int radius)
{
    using S = DilationScratch;
    for (int y = -radius; y < kTileHeight + radius; ++y) {
        const int band = y < 0 ? 0 : (y < kTileHeight ? 1 : 2);
        const int row = ((y + kTileHeight) % kTileHeight) * kTileWidth;
        std::uint32_t *to = scratch.level[0].data() + (y + S::kMargin) * S::kStride + S::kMargin;
        const auto at = [&](const std::uint32_t *const *tiles, int column) {
            return tiles ? tiles[band * 3 + column] + row : nullptr;
        };
        const auto *left = at(second, 0);
        gatherRow(to - radius, at(first, 0) + kTileWidth - radius,
                  left ? left + kTileWidth - radius : nullptr, radius);
        gatherRow(to, at(first, 1), at(second, 1), kTileWidth);
        gatherRow(to + kTileWidth, at(first, 2), at(second, 2), radius);
    }
}

STATESCAPE_INLINE void maximise(std::uint32_t *__restrict to, const std::uint32_t *__restrict from)
{
    for (int x = 0; x < kTileWidth; ++x)
        to[x] = to[x] > from[x] ? to[x] : from[x];
}

STATESCAPE_INLINE void applySteps(const DilationScratch &scratch, const std::vector<SpriteStep> &steps, int y,
                                  std::uint32_t *row)
{
    using S = DilationScratch;
    for (const auto &s : steps)
        maximise(row,
                 scratch.level[s.level].data() + (y + s.dy + S::kMargin) * S::kStride + S::kMargin + s.x0);
}

STATESCAPE_INLINE void dilateBody(DilationScratch &scratch, const Sprite &sprite, bool outlined)
{
    using S = DilationScratch;
    const int radius = outlined ? sprite.outlineRadius : sprite.radius;
    for (int level = 1; level < sprite.levels; ++level) {
        const int step = 1 << (level - 1);
        const int count = kTileWidth + 2 * radius - (1 << level) + 1;
        for (int y = -radius; y < kTileHeight + radius; ++y) {
            const std::size_t at = std::size_t((y + S::kMargin) * S::kStride + S::kMargin - radius);
            const std::uint32_t *__restrict from = scratch.level[level - 1].data() + at;
            std::uint32_t *__restrict to = scratch.level[level].data() + at;
            for (int x = 0; x < count; ++x)
                to[x] = from[x] > from[x + step] ? from[x] : from[x + step];
        }
    }
    for (int y = 0; y < kTileHeight; ++y) {
        const int at = y * kTileWidth;
        applySteps(scratch, sprite.solidSteps, y, (outlined ? scratch.chosen : scratch.solid).data() + at);
        // an outlined mark needs no soft edge, and under one its shape would blur
        if (outlined)
            applySteps(scratch, sprite.outlineSteps, y, scratch.outline.data() + at);
        else
            applySteps(scratch, sprite.fringeSteps, y, scratch.fringe.data() + at);
    }
}

STATESCAPE_INLINE void outlineBody(DilationScratch &scratch)
{
    std::uint32_t *__restrict solid = scratch.solid.data();
    const std::uint32_t *__restrict chosen = scratch.chosen.data();
    const std::uint32_t *__restrict outline = scratch.outline.data();
    for (int i = 0; i < kTileCells; ++i) {
        const std::uint32_t reach = outline[i] > kOutlineReach ? outline[i] - kOutlineReach : 0U;
        const std::uint32_t ring = chosen[i] == 0 || chosen[i] < reach ? outline[i] : 0U;
        const std::uint32_t word = ring ? ring | keyBits(kOutlineKey) : 0U;
        const std::uint32_t body = solid[i] > chosen[i] ? solid[i] : chosen[i];
        solid[i] = body > word ? body : word;
    }
}

STATESCAPE_INLINE std::uint32_t colourOf(const std::uint32_t *lut, std::uint32_t word)
{
    return lut[std::int32_t((keyOf(word) << 6) | (word >> 26))];
}

/// 7/16 of the fringe's colour: about what a pixel on the edge of a disc is covered.
STATESCAPE_INLINE std::uint32_t mix(std::uint32_t below, std::uint32_t above)
{
    const std::uint32_t rb = (((below & 0xff00ffU) * 9 + (above & 0xff00ffU) * 7) >> 4) & 0xff00ffU;
    const std::uint32_t g = (((below & 0x00ff00U) * 9 + (above & 0x00ff00U) * 7) >> 4) & 0x00ff00U;
    return 0xff000000U | rb | g;
}

/// No branches: on the edge of a cloud every pixel would be guessed wrong.
STATESCAPE_INLINE std::uint32_t shadePixel(std::uint32_t s, std::uint32_t f, const std::uint32_t *lut,
                                           std::uint32_t out)
{
    const std::uint32_t body = colourOf(lut, s);
    const std::uint32_t below = s ? body : out;
    const std::uint32_t soft = mix(below, colourOf(lut, f));
    return f > s ? soft : below;
}

STATESCAPE_INLINE void shadeBody(const std::uint32_t *__restrict solid,
                                 const std::uint32_t *__restrict fringe, const std::uint32_t *__restrict lut,
                                 std::uint32_t *__restrict out, int count)
{
    constexpr int group = 16;
    int i = 0;
    for (; i + group <= count; i += group) {
        std::uint32_t any = 0;
        for (int k = i; k < i + group; ++k)
            any |= solid[k] | fringe[k];
        if (any == 0)
            continue;
        for (int k = i; k < i + group; ++k)
            out[k] = shadePixel(solid[k], fringe[k], lut, out[k]);
    }
    for (; i < count; ++i)
        out[i] = shadePixel(solid[i], fringe[i], lut, out[i]);
}

STATESCAPE_INLINE void crowdBody(const std::uint32_t *__restrict tile, std::uint32_t *__restrict seen)
{
    for (int i = 0; i < kTileCells; ++i) {
        const std::uint32_t here = tile[i] == 0 ? 0U : 1U + (tile[i] & kManyBit);
        const std::uint32_t sum = seen[i] + here;
        seen[i] = sum < 2 ? sum : 2U;
    }
}

STATESCAPE_INLINE float nearestBody(const ScreenBlock &screen, int count, float x, float y)
{
    constexpr int lanes = 32;
    float least[lanes];
    for (int k = 0; k < lanes; ++k)
        least[k] = std::numeric_limits<float>::infinity();
    const float *__restrict xs = screen.x.data();
    const float *__restrict ys = screen.y.data();
    int i = 0;
    for (; i + lanes <= count; i += lanes) {
        for (int k = 0; k < lanes; ++k) {
            const float dx = xs[i + k] - x;
            const float dy = ys[i + k] - y;
            const float square = dx * dx + dy * dy;
            least[k] = square < least[k] ? square : least[k];
        }
    }
    for (; i < count; ++i) {
        const float dx = xs[i] - x;
        const float dy = ys[i] - y;
        const float square = dx * dx + dy * dy;
        least[0] = square < least[0] ? square : least[0];
    }
    return *std::min_element(least, least + lanes);
}

STATESCAPE_INLINE bool anyWithinBody(const std::uint16_t *__restrict values, int count,
                                     const std::uint16_t *bases, int lines, std::uint16_t width)
{
    std::uint16_t any = 0;
    for (int line = 0; line < lines; ++line) {
        const std::uint16_t base = bases[line];
        for (int i = 0; i < count; ++i)
            any = std::uint16_t(any | (std::uint16_t(values[i] - base) <= width ? 1U : 0U));
    }
    return any != 0;
}

STATESCAPE_INLINE void rangeBody(const float *__restrict values, std::size_t count, float &low, float &high)
{
    constexpr std::size_t lanes = 32;
    const float most = std::numeric_limits<float>::max();
    float lows[lanes];
    float highs[lanes];
    for (std::size_t k = 0; k < lanes; ++k) {
        lows[k] = std::numeric_limits<float>::infinity();
        highs[k] = -lows[k];
    }
    std::size_t i = 0;
    for (; i + lanes <= count; i += lanes) {
        for (std::size_t k = 0; k < lanes; ++k) {
            const float v = values[i + k];
            lows[k] = ((v >= -most) & (v < lows[k])) ? v : lows[k];
            highs[k] = ((v <= most) & (v > highs[k])) ? v : highs[k];
        }
    }
    for (; i < count; ++i) {
        const float v = values[i];
        lows[0] = ((v >= -most) & (v < lows[0])) ? v : lows[0];
        highs[0] = ((v <= most) & (v > highs[0])) ? v : highs[0];
    }
    const float l = *std::min_element(lows, lows + lanes);
    const float h = *std::max_element(highs, highs + lanes);
    if (l <= h) {
        low = l;
        high = h;
    }
}

#define STATESCAPE_KERNELS(suffix, isaName, ...)                                                             \
    __VA_ARGS__ void cells##suffix(const Projection &p, const PointBlock &in, std::uint32_t tilesX,          \
                                   std::uint32_t trash, CellBlock &out)                                      \
    {                                                                                                        \
        cellsAny(p, in, tilesX, trash, out);                                                                 \
    }                                                                                                        \
    __VA_ARGS__ void screen##suffix(const Projection &p, const PointBlock &in, ScreenBlock &out)             \
    {                                                                                                        \
        screenAny(p, in, out);                                                                               \
    }                                                                                                        \
    __VA_ARGS__ void mask##suffix(const MaskGrid &g, const float *x, const float *y, int n,                  \
                                  std::int32_t *index)                                                       \
    {                                                                                                        \
        maskBody(g, x, y, n, index);                                                                         \
    }                                                                                                        \
    __VA_ARGS__ void gather##suffix(DilationScratch &s, const std::uint32_t *const *a,                       \
                                    const std::uint32_t *const *b, int radius)                               \
    {                                                                                                        \
        gatherBody(s, a, b, radius);                                                                         \
    }                                                                                                        \
    __VA_ARGS__ void dilate##suffix(DilationScratch &s, const Sprite &sprite, bool outlined)                 \
    {                                                                                                        \
        dilateBody(s, sprite, outlined);                                                                     \
    }                                                                                                        \
    __VA_ARGS__ void outline##suffix(DilationScratch &s)                                                     \
    {                                                                                                        \
        outlineBody(s);                                                                                      \
    }                                                                                                        \
    __VA_ARGS__ void shade##suffix(const std::uint32_t *s, const std::uint32_t *f, const std::uint32_t *lut, \
                                   std::uint32_t *out, int count)                                            \
    {                                                                                                        \
        shadeBody(s, f, lut, out, count);                                                                    \
    }                                                                                                        \
    __VA_ARGS__ void crowd##suffix(const std::uint32_t *tile, std::uint32_t *seen)                           \
    {                                                                                                        \
        crowdBody(tile, seen);                                                                               \
    }                                                                                                        \
    __VA_ARGS__ float nearest##suffix(const ScreenBlock &s, int count, float x, float y)                     \
    {                                                                                                        \
        return nearestBody(s, count, x, y);                                                                  \
    }                                                                                                        \
    __VA_ARGS__ bool anyWithin##suffix(const std::uint16_t *values, int count, const std::uint16_t *bases,   \
                                       int lines, std::uint16_t width)                                       \
    {                                                                                                        \
        return anyWithinBody(values, count, bases, lines, width);                                            \
    }                                                                                                        \
    __VA_ARGS__ void range##suffix(const float *v, std::size_t count, float &low, float &high)               \
    {                                                                                                        \
        rangeBody(v, count, low, high);                                                                      \
    }                                                                                                        \
    constexpr Kernels k##suffix{isaName,        cells##suffix,   screen##suffix,    mask##suffix,            \
                                gather##suffix, dilate##suffix,  outline##suffix,   shade##suffix,           \
                                crowd##suffix,  nearest##suffix, anyWithin##suffix, range##suffix};

STATESCAPE_KERNELS(Baseline, "baseline")
#if defined(__x86_64__)
STATESCAPE_KERNELS(Avx2, "avx2", __attribute__((target("avx2"))))
#if defined(__clang__)
#define STATESCAPE_AVX512 "avx2,avx512f,avx512bw,avx512dq,avx512vl"
#else
#define STATESCAPE_AVX512 "avx2,avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512"
#endif
STATESCAPE_KERNELS(Avx512, "avx512", __attribute__((target(STATESCAPE_AVX512))))
#endif

} // namespace

bool isaAvailable(Isa isa)
{
#if defined(__x86_64__)
    if (isa == Isa::Avx2)
        return __builtin_cpu_supports("avx2");
    if (isa == Isa::Avx512)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#endif
    return isa == Isa::Baseline;
}

Isa bestIsa()
{
    return isaAvailable(Isa::Avx512) ? Isa::Avx512 : isaAvailable(Isa::Avx2) ? Isa::Avx2 : Isa::Baseline;
}

const Kernels &kernelsFor(Isa isa)
{
#if defined(__x86_64__)
    if (isa == Isa::Avx512)
        return kAvx512;
    if (isa == Isa::Avx2)
        return kAvx2;
#endif
    return kBaseline;
}

const Kernels &kernels()
{
    static const Kernels &best = kernelsFor(bestIsa());
    return best;
}

} // namespace statescape::ui
