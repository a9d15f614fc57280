// SPDX-FileCopyrightText: Statescape contributors
// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "ui/point_view/density.h"
#include "ui/point_view/draw_order.h"
#include "ui/point_view/eye_dome.h"
#include "ui/point_view/point_set.h"
#include "ui/point_view/projection.h"
#include "ui/point_view/raster_kernels.h"
#include "ui/point_view/row_blocks.h"
#include "ui/point_view/sprite.h"
#include "ui/point_view/worker_pool.h"

#include <memory>
#include <span>
#include <vector>

namespace statescape::ui {

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
    bool density = false; ///< how many points lie where, log scale, hue of the styles there; marks only for
                          ///< selected points
    DepthCue depthCue = DepthCue::None; ///< 3D only
    bool dark = true;
    std::uint32_t background = 0xff000000; ///< what fog fades to
    std::uint32_t outline = 0xffffffff;    ///< round selected points
    double scale = 1;                      ///< device px per logical px
    bool dimUnselected = false;            ///< fade what is not selected while something is
};

/// How much of a picture has been drawn.
struct DrawResult {
    std::size_t drawn = 0; ///< points looked at; points.size() - points.first when complete
    bool complete = true;
};

/// What a frame is drawn from; borrowed for the call.
struct RasterFrame {
    const Projection &projection;
    const PointSet &points;
    const RowMask *selected; ///< null or one byte a row; shorter: the rest is not selected
    const RasterStyle &style;
    std::uint64_t scene = 0; ///< see PointFrame
    double budgetMs = 0;     ///< 0 or less: until complete
};

/// Draws points into pixels.
///
/// Each point costs a transform and one compare into a depth image of its class (shape, size, selected); each
/// thread has images of its own. A sprite of constant depth drawn point by point gives the same pixels as the
/// maximum filter of that image with the sprite's shape, because a maximum of maxima is a maximum; the filter
/// costs per pixel however many points there are. What a word holds (raster_kernels.h) puts the higher style
/// on top at equal nearness, so the order of rows, the number of threads and the slices a picture was drawn
/// in cannot matter.
///
/// What bounds it: memory. A point is 14 bytes read in order, 1 ns at the 14 GB/s a core of a small server
/// gets (both together 21), and one read-modify-write at random in an image of 4 MB, 1.8 ns alone, since that
/// is twice the second cache. Measured on two such cores at 1280x800 with 3 px, depth and fog: 1M points 3
/// ms, 10M 20 ms, 100M 190 ms, that is 3.8 ns of a core a point against 2.8 for the two bounds one after the
/// other; a tenth of a 1M frame is the passes over the pixels. Prefetching and huge pages changed nothing. A
/// slice that samples (DrawOrder) costs twice as much a point, because each grain waits for its pages.
/// @thread one thread at a time; it uses the pool's helper beside the caller.
class Raster {
public:
    explicit Raster(WorkerPool &pool, Isa isa = bestIsa());
    ~Raster();
    Raster(const Raster &) = delete;
    Raster &operator=(const Raster &) = delete;

    /// Draws over what is in @p out. Out-of-table styles are drawn as style 0.
    DrawResult draw(const PixelBuffer &out, const RasterFrame &frame);
    /// See PointRenderer::crowding(). One pass over what the last picture touched.
    [[nodiscard]] double crowding() const;
    /// Points in the counts of the last density picture: those on it or less than kMaxRadius beside it.
    [[nodiscard]] std::uint64_t counted() const;

private:
    struct Images;
    struct Target;
    struct Class {
        Sprite sprite;
        bool outlined = false;
        int radius = 0;
    };
    struct Mark { ///< of a key: first cell of its class image, and its bits of the word
        std::uint32_t offset, bits;
    };
    struct Scene { ///< what the images hold
        std::uint64_t id = 0;
        DrawOrder order;       ///< of the rows there were when it began
        std::size_t pass = 0;  ///< passes of it that were drawn
        std::size_t chunk = 0; ///< places of chunks after these that were drawn
        std::size_t first = 0; ///< rows before are not drawn
        std::size_t seen = 0;  ///< rows appended since that were drawn end here
        std::size_t drawn = 0;
        bool anySelected = false;
        bool density = false;
        std::uint32_t hueShift = 0; ///< colours in hue sums lose so many bits
    };

    void setSize(int width, int height);
    bool makeClasses(const RasterStyle &style);
    void makeHues(const RasterStyle &style);
    void makeColours(const RasterStyle &style, bool anySelected);
    void begin(const RasterFrame &frame);
    void scatterAll(const RasterFrame &frame, bool fresh, double start);
    void scatterRows(const RasterFrame &frame, std::size_t first, std::size_t last);
    void scatterPasses(const RasterFrame &frame, std::size_t first, std::size_t last);
    void scatterChunks(const RasterFrame &frame, std::size_t first, std::size_t last);
    template <bool Slab, bool Density>
    void scatterRun(const Target &target, const RasterFrame &frame, std::size_t first, std::size_t last);
    void scatter(int thread, const RasterFrame &frame, std::size_t first, std::size_t last);

    void compose(const PixelBuffer &out, const RasterFrame &frame);
    void composeTile(int worker, int tx, int ty, const PixelBuffer &out, bool eyeDome);
    void composeDensityTile(int worker, int tx, int ty, const PixelBuffer &out);
    void smoothTile(int worker, int tx, int ty);
    bool gatherClasses(DilationScratch &scratch, int tx, int ty, std::size_t first, std::size_t last);
    template <class Row>
    void forRows(int tx, int ty, const PixelBuffer &out, Row &&row) const;
    void shadeTile(const DilationScratch &scratch, int tx, int ty, const PixelBuffer &out) const;
    bool neighbours(std::size_t image, int tx, int ty, const std::uint32_t *(*tiles)[9]) const;
    DensityTile densityTile(int tx, int ty, const std::uint32_t *(*tiles)[9]) const;
    [[nodiscard]] double now() const; ///< ms

    WorkerPool &m_pool;
    const Kernels &m_kernels;
    int m_width = 0, m_height = 0;
    std::uint32_t m_tilesX = 0, m_tilesY = 0;
    std::uint32_t m_imageCells = 0; ///< cells of one class image, trash tile included
    std::unique_ptr<Images> m_images[2];
    std::unique_ptr<DilationScratch> m_scratch[2];
    std::vector<Class> m_classes; ///< plain and outlined in turn; the last is the slab's context
    std::vector<std::pair<Shape, float>> m_classesFor; ///< what m_classes was made from
    double m_classesScale = 0;
    std::uint32_t m_classesCells = 0;
    std::vector<Mark> m_marks;           ///< by key
    std::vector<std::uint32_t> m_lut;    ///< [key][fog level]
    std::vector<std::uint32_t> m_lutFor; ///< what m_lut was made from
    std::vector<HueSum> m_hues;          ///< by style: what a point adds
    Density m_density;
    EyeDome m_eyeDome;
    Scene m_scene;
    double m_perRow = 3e-6;      ///< ms, as measured
    double m_perGrainRow = 5e-6; ///< ms a row drawn in passes
    double m_composing = 2;      ///< ms
};

} // namespace statescape::ui
