// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/point_view/pixel_kernels.h"

#include <bit>

// One body, compiled three times, as in raster_kernels.cpp.
#define STATESCAPE_INLINE inline __attribute__((always_inline))

namespace statescape::ui {
namespace {

using S = DilationScratch;

constexpr int kReach = 2;         // of the blur
constexpr float kDarkening = 9;   // per log2 of depth
constexpr float kDarkest = 0.38F; // so that a colour is still told
constexpr float kFullHue = 0.62F; // of the logarithmic scale: here the hue is full
constexpr float kExtreme = 0.72F; // of the way from full hue to the extreme at the densest

/// Within 1e-5; the same operations in each version.
STATESCAPE_INLINE float log2Of(float value)
{
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const float exponent = float(std::int32_t(bits >> 23) - 127);
    const float m = std::bit_cast<float>((bits & 0x7fffffU) | 0x3f800000U) - 1.0F;
    // fitted to log2(1 + m) / m over 0..1, exact at both ends
    const float p =
        ((((-0.0260063F * m + 0.1233131F) * m - 0.2810022F) * m + 0.4600074F) * m - 0.7189352F) * m +
        1.4426233F;
    return exponent + m * p;
}

STATESCAPE_INLINE void blurBody(DilationScratch &scratch, const std::uint32_t *const *first,
                                const std::uint32_t *const *second, std::uint32_t *__restrict smooth)
{
    for (int y = -kReach; y < kTileHeight + kReach; ++y) {
        const int band = y < 0 ? 0 : (y < kTileHeight ? 1 : 2);
        const int row = ((y + kTileHeight) % kTileHeight) * kTileWidth;
        std::uint32_t *to = scratch.level[0].data() + (y + S::kMargin) * S::kStride + S::kMargin;
        const auto add = [&](std::uint32_t *__restrict at, int column, int from, int count) {
            const std::uint32_t *__restrict a = first[band * 3 + column] + row + from;
            const std::uint32_t *__restrict b = second ? second[band * 3 + column] + row + from : nullptr;
            for (int i = 0; i < count; ++i) {
                const std::uint32_t sum = a[i] + (b ? b[i] : 0U);
                at[i] = sum < kMostCount ? sum : kMostCount;
            }
        };
        add(to - kReach, 0, kTileWidth - kReach, kReach);
        add(to, 1, 0, kTileWidth);
        add(to + kTileWidth, 2, 0, kReach);
        const std::uint32_t *__restrict in = to;
        std::uint32_t *__restrict wide = scratch.level[1].data() + (y + S::kMargin) * S::kStride + S::kMargin;
        for (int x = 0; x < kTileWidth; ++x)
            wide[x] = in[x - 2] + in[x + 2] + 4 * (in[x - 1] + in[x + 1]) + 6 * in[x];
    }
    for (int y = 0; y < kTileHeight; ++y) {
        const std::uint32_t *__restrict in =
            scratch.level[1].data() + (y + S::kMargin) * S::kStride + S::kMargin;
        std::uint32_t *__restrict to = smooth + y * kTileWidth;
        constexpr int s = S::kStride;
        for (int x = 0; x < kTileWidth; ++x)
            to[x] = in[x - 2 * s] + in[x + 2 * s] + 4 * (in[x - s] + in[x + s]) + 6 * in[x];
    }
}

STATESCAPE_INLINE float towards(float from, float to, float share)
{
    return from + (to - from) * share;
}

/// The four planes between their squares' middles.
STATESCAPE_INLINE void spreadHue(const HueTile &hue, int y, float (*__restrict out)[kTileWidth])
{
    constexpr float share[4] = {0.625F, 0.875F, 0.125F, 0.375F};
    const int row = (y >> kHueShift) + ((y & 3) >> 1);
    for (int plane = 0; plane < 4; ++plane) {
        const float *__restrict above = hue.plane[plane] + row * HueTile::kStride;
        const float *__restrict below = above + HueTile::kStride;
        float line[HueTile::kStride];
        for (int i = 0; i < HueTile::kStride; ++i)
            line[i] = towards(above[i], below[i], share[y & 3]);
        for (int i = 0; i < kHueWidth; ++i) {
            out[plane][4 * i] = towards(line[i], line[i + 1], share[0]);
            out[plane][4 * i + 1] = towards(line[i], line[i + 1], share[1]);
            out[plane][4 * i + 2] = towards(line[i + 1], line[i + 2], share[2]);
            out[plane][4 * i + 3] = towards(line[i + 1], line[i + 2], share[3]);
        }
    }
}

STATESCAPE_INLINE std::uint32_t channel(std::uint32_t below, int shift, float hue, float extreme, float cover,
                                        float beyond)
{
    const float from = float(std::int32_t((below >> shift) & 255U));
    const float value = towards(towards(from, hue, cover), extreme, beyond);
    return std::uint32_t(std::int32_t(value + 0.5F)) << shift;
}

STATESCAPE_INLINE void densityBody(const DensityShade &shade, const std::uint32_t *__restrict smooth,
                                   const HueTile &hue, int y, int left, std::uint32_t *__restrict out,
                                   int count)
{
    std::uint32_t any = 0;
    for (int i = 0; i < count; ++i)
        any |= smooth[i];
    if (any == 0)
        return;
    alignas(64) float spread[4][kTileWidth];
    spreadHue(hue, y, spread);
    const DensityShade p = shade;
    for (int i = 0; i < count; ++i) {
        const std::uint32_t s = smooth[i];
        const float scale = log2Of(1.0F + float(std::int32_t(s)) * p.perCount) * p.perLog;
        const float t = scale < 1.0F ? scale : 1.0F;
        const float full = t * (1.0F / kFullHue);
        const float cover = (full < 1.0F ? full : 1.0F) * p.opacity;
        const float over = (t - kFullHue) * (kExtreme / (1.0F - kFullHue)) * p.opacity;
        const float beyond = over > 0.0F ? over : 0.0F;
        const float points = spread[3][left + i];
        const float per = 1.0F / (points > 1e-6F ? points : 1.0F);
        const float r = spread[0][left + i] * per;
        const float g = spread[1][left + i] * per;
        const float b = spread[2][left + i] * per;
        const std::uint32_t colour = 0xff000000U | channel(out[i], 16, r, p.extreme[0], cover, beyond) |
                                     channel(out[i], 8, g, p.extreme[1], cover, beyond) |
                                     channel(out[i], 0, b, p.extreme[2], cover, beyond);
        out[i] = s ? colour : out[i];
    }
}

STATESCAPE_INLINE void logDepthBody(const DepthScale &scale, const std::uint32_t *__restrict words,
                                    float *__restrict out, int count)
{
    const DepthScale p = scale;
    for (int i = 0; i < count; ++i) {
        const float depth = p.a - p.b * float(std::int32_t((words[i] >> kNearShift) << 5));
        const float value = log2Of(depth > 1e-6F ? depth : 1e-6F);
        out[i] = words[i] ? value : kNoDepth;
    }
}

STATESCAPE_INLINE float nearer(float own, float other)
{
    const float by = own - other;
    return by > 0.0F ? by : 0.0F;
}

STATESCAPE_INLINE void eyeDomeBody(const float *const *rows, std::uint32_t *__restrict out, int count)
{
    const float *__restrict up2 = rows[0];
    const float *__restrict up = rows[1];
    const float *__restrict own = rows[2];
    const float *__restrict down = rows[3];
    const float *__restrict down2 = rows[4];
    for (int i = 0; i < count; ++i) {
        const float d = own[i];
        const float close =
            (nearer(d, own[i - 1]) + nearer(d, own[i + 1])) + (nearer(d, up[i]) + nearer(d, down[i]));
        const float wide =
            (nearer(d, own[i - 2]) + nearer(d, own[i + 2])) + (nearer(d, up2[i]) + nearer(d, down2[i]));
        const float light = 1.0F / (1.0F + (close + wide * 0.5F) * (kDarkening / 6.0F));
        const float kept = d < kNoDepth ? (light > kDarkest ? light : kDarkest) : 1.0F;
        const auto share = std::uint32_t(std::int32_t(kept * 256.0F + 0.5F));
        const std::uint32_t rb = (((out[i] & 0xff00ffU) * share) >> 8) & 0xff00ffU;
        const std::uint32_t g = (((out[i] & 0x00ff00U) * share) >> 8) & 0x00ff00U;
        out[i] = 0xff000000U | rb | g;
    }
}

#define STATESCAPE_PIXEL_KERNELS(suffix, ...)                                                                \
    __VA_ARGS__ void blur##suffix(DilationScratch &scratch, const std::uint32_t *const *a,                   \
                                  const std::uint32_t *const *b, std::uint32_t *smooth)                      \
    {                                                                                                        \
        blurBody(scratch, a, b, smooth);                                                                     \
    }                                                                                                        \
    __VA_ARGS__ void density##suffix(const DensityShade &shade, const std::uint32_t *smooth,                 \
                                     const HueTile &hue, int y, int left, std::uint32_t *out, int count)     \
    {                                                                                                        \
        densityBody(shade, smooth, hue, y, left, out, count);                                                \
    }                                                                                                        \
    __VA_ARGS__ void logDepth##suffix(const DepthScale &scale, const std::uint32_t *words, float *out,       \
                                      int count)                                                             \
    {                                                                                                        \
        logDepthBody(scale, words, out, count);                                                              \
    }                                                                                                        \
    __VA_ARGS__ void eyeDome##suffix(const float *const *rows, std::uint32_t *out, int count)                \
    {                                                                                                        \
        eyeDomeBody(rows, out, count);                                                                       \
    }                                                                                                        \
    constexpr PixelKernels kPixels##suffix{blur##suffix, density##suffix, logDepth##suffix, eyeDome##suffix};

STATESCAPE_PIXEL_KERNELS(Baseline)
#if defined(__x86_64__)
STATESCAPE_PIXEL_KERNELS(Avx2, __attribute__((target("avx2"))))
#if defined(__clang__)
#define STATESCAPE_AVX512 "avx2,avx512f,avx512bw,avx512dq,avx512vl"
#else
#define STATESCAPE_AVX512 "avx2,avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512"
#endif
STATESCAPE_PIXEL_KERNELS(Avx512, __attribute__((target(STATESCAPE_AVX512))))
#endif

} // namespace

const PixelKernels &pixelKernelsFor(Isa isa)
{
#if defined(__x86_64__)
    if (isa == Isa::Avx512)
        return kPixelsAvx512;
    if (isa == Isa::Avx2)
        return kPixelsAvx2;
#else
    (void)isa;
#endif
    return kPixelsBaseline;
}

} // namespace statescape::ui
