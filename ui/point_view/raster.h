// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/point_set.h"
#include "ui/point_view/projection.h"
#include "ui/point_view/raster_kernels.h"
#include "ui/point_view/sprite.h"
#include "ui/point_view/worker_pool.h"

#include <memory>
#include <span>
#include <vector>

namespace statescape::ui {

/// Below this many points a second thread costs more than it gives.
inline constexpr std::size_t kSmallWork = 30000;

/// A picture to draw into: 0xffRRGGBB words, rows apart by stride words.
struct PixelBuffer {
    std::uint32_t *pixels;
    int width, height; ///< device px
    int stride;
};

/// What tells near from far in 3D.
enum class DepthCue : std::uint8_t { None, Fog, EyeDome };

/// Everything about a frame except where the points are.
struct RasterStyle {
    std::vector<PointStyle> styles; ///< at most kMaxStyles
    bool density = false; ///< how many points lie where, log scale, hue of the styles there; marks only for selected points
    DepthCue depthCue = DepthCue::None; ///< 3D only
    bool dark = true;
    std::uint32_t background = 0xff000000; ///< what fog fades to
    std::uint32_t outline = 0xffffffff;    ///< round selected points
    double scale = 1;                      ///< device px per logical px
    bool dimUnselected = false;            ///< fade what is not selected while something is
};

/// Draws points into pixels.
///
/// Each point costs a transform and one compare into a depth image of its class (shape, size, selected); each
/// thread has images of its own. A sprite of constant depth drawn point by point gives the same pixels as the
/// maximum filter of that image with the sprite's shape, because a maximum of maxima is a maximum; the filter
/// costs per pixel however many points there are. Nearness is in the upper 24 bits, selected and the style in
/// the lower 8, so at equal nearness the higher style lies on top and the order of rows and the number of
/// threads cannot matter.
///
/// What bounds it: memory. A point is 13 bytes read in order, about 1 ns at the 12 GB/s a core of a small
/// server gets, and one read-modify-write at random in an image of a few MB, which misses the first cache
/// nearly always. Measured on one such core at 1280x800: 2.7 ns a point in clusters, 5 ns spread over the
/// whole picture, of which the passes over the pixels are 1; so two to four times the bound of reading alone.
/// Prefetching and huge pages changed nothing.
/// @thread one thread at a time; it uses the pool's helper beside the caller.
class Raster {
public:
    explicit Raster(WorkerPool &pool, Isa isa = bestIsa());
    ~Raster();
    Raster(const Raster &) = delete;
    Raster &operator=(const Raster &) = delete;

    /// Draws over what is in @p out. @param selected null or one byte a row (shorter: the rest is not
    /// selected). Out-of-table styles are drawn as style 0.
    void draw(const PixelBuffer &out, const Projection &projection, const PointSet &points,
              const RowMask *selected, const RasterStyle &style);

private:
    struct Images;
    struct Class {
        Sprite sprite;
        bool outlined = false;
        int radius = 0;
    };

    void resize(int width, int height, std::size_t classes);
    void makeClasses(const RasterStyle &style);
    void makeColours(const RasterStyle &style, bool fog, bool anySelected);
    void clear(int thread);
    void scatter(int thread, std::size_t first, std::size_t last, const Projection &projection,
                 const PointSet &points, const RowMask *selected);
    void compose(int worker, int workers, int used, const PixelBuffer &out);
    void composeTile(DilationScratch &scratch, int tx, int ty, int used, const PixelBuffer &out);
    bool neighbours(std::size_t cls, int thread, int tx, int ty, const std::uint32_t **tiles) const;

    WorkerPool &m_pool;
    const Kernels &m_kernels;
    int m_width = 0, m_height = 0;
    std::uint32_t m_tilesX = 0, m_tilesY = 0;
    std::uint32_t m_imageCells = 0; ///< cells of one class image, trash tile included
    std::unique_ptr<Images> m_images[2];
    std::unique_ptr<DilationScratch> m_scratch[2];
    std::vector<Class> m_classes;
    std::vector<PointStyle> m_classesFor; ///< what m_classes was made from
    double m_classesScale = 0;
    std::uint32_t m_offset[512] = {}; ///< first cell of the class image, by style and 256 if selected
    std::uint32_t m_key[512] = {};    ///< low byte of the word, likewise
    std::vector<std::uint32_t> m_lut; ///< [key][fog level]
};

} // namespace statescape::ui
